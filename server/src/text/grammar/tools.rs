//! Calls of tools in the form in which the checkpoint writes them.

use serde_json::Value;

use super::super::TextError;
use super::super::conversation::Tool;
use super::super::output::{Parameter, resolve};
use super::super::tokenizer::Tokenizer;
use super::lark::{control, json_value, literal};

/// What ends a value.
const END: &str = "\n</parameter>\n";

/// Rules that all calls share: a value of any text, a parameter of any name, and text that begins
/// no call.
const SHARED: &str = r#"
text[suffix="\n</parameter>\n"]: /(?s:.*)/
any_parameter: "<parameter=" /[^<>\n]{1,64}/ ">\n" text
SPEECH: /(?s:.*)/ & ~/(?s:.*)<function=(?s:.*)/
"#;

pub(super) fn grammar(
    tools: &[Tool],
    required: bool,
    named: Option<&str>,
    parallel: bool,
    tokenizer: &Tokenizer,
) -> Result<String, TextError> {
    let callable: Vec<&Tool> =
        tools.iter().filter(|tool| named.is_none_or(|name| tool.name == name)).collect();
    if callable.is_empty() {
        let text = match named {
            Some(name) => format!("there is no tool '{}' to call", shown(name)),
            None => "there are no tools to call".into(),
        };
        return Err(TextError::Request(text));
    }
    let mut rules = String::new();
    for (at, tool) in callable.iter().enumerate() {
        rules += &function(at, tool)?;
    }
    let functions: Vec<String> = (0..callable.len()).map(|at| format!("function_{at}")).collect();
    let (open, close) = (control(tokenizer, "<tool_call>")?, control(tokenizer, "</tool_call>")?);
    let more = if parallel && named.is_none() { r#" ("\n" call)*"# } else { "" };
    let calls = format!("calls: call{more}\n");
    let call =
        format!("call: {open} \"\\n\" ({}) \"</function>\\n\" {close}\n", functions.join(" | "));
    let body = if required || named.is_some() { "body: calls\n" } else { "body: SPEECH calls?\n" };
    Ok([body, &calls, &call, &rules, SHARED].concat())
}

/// The rules of one function, from its opening tag to before its closing one.
fn function(at: usize, tool: &Tool) -> Result<String, TextError> {
    let open = literal(&format!("<function={}>\n", name(&tool.name)?));
    if !tool.strict {
        return Ok(format!("function_{at}: {open} any_parameter*\n"));
    }
    let root = &tool.parameters;
    let schema = resolve(root, root);
    if ["anyOf", "oneOf", "allOf"].iter().any(|key| schema.get(key).is_some()) {
        return Err(unsupported(tool, "alternatives at the top of its schema"));
    }
    let empty = serde_json::Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(missing) = required.iter().find(|name| !properties.contains_key(**name)) {
        let what = format!("a required parameter '{}' without a schema", shown(missing));
        return Err(unsupported(tool, &what));
    }
    let (mut line, mut rules) = (format!("function_{at}: {open}"), String::new());
    for (number, (key, inner)) in properties.iter().enumerate() {
        let rule = format!("parameter_{at}_{number}");
        line += &format!(" {rule}{}", if required.contains(&key.as_str()) { "" } else { "?" });
        let open = literal(&format!("<parameter={}>\n", name(key)?));
        rules += &format!("{rule}: {open} {}\n", value(tool, key, inner)?);
    }
    Ok(line + "\n" + &rules)
}

/// The rule of one value, with the tag that ends it.
fn value(tool: &Tool, key: &str, schema: &Value) -> Result<String, TextError> {
    let root = &tool.parameters;
    let inner = resolve(root, schema);
    let parameter = Parameter::of(Some(tool), key);
    let listed: Vec<&Value> = match (&inner["enum"], inner.get("const")) {
        (_, Some(one)) => vec![one],
        (Value::Array(list), None) => list.iter().collect(),
        _ => Vec::new(),
    };
    if !listed.is_empty() {
        return choice(tool, key, &parameter, &listed);
    }
    if parameter.allows_text() {
        let bounds = ["pattern", "format", "minLength", "maxLength"];
        if let Some(bound) = bounds.iter().find(|bound| inner.get(bound).is_some()) {
            let what = format!("'{bound}' of the text '{}'", shown(key));
            return Err(unsupported(tool, &what));
        }
        return Ok("text".into());
    }
    let mut schema = inner.clone();
    for definitions in ["$defs", "definitions"] {
        if let Some(all) = root.get(definitions)
            && schema.is_object()
        {
            schema[definitions] = all.clone();
        }
    }
    Ok(format!("{} {}", json_value(&schema)?, literal(END)))
}

/// One of the values that an enumeration lists: strings as they are, others as JSON.
fn choice(
    tool: &Tool,
    key: &str,
    parameter: &Parameter<'_>,
    listed: &[&Value],
) -> Result<String, TextError> {
    let mut texts = Vec::new();
    for value in listed {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // A text that a parser would read as something else cannot be asked for.
        let read = parameter.value(&text);
        if text.contains("</parameter>") || text.contains("<parameter=") || read != **value {
            let what = format!("a value that '{}' lists", shown(key));
            return Err(unsupported(tool, &what));
        }
        texts.push(literal(&(text + END)));
    }
    Ok(format!("({})", texts.join(" | ")))
}

/// A name that can stand in a tag.
fn name(name: &str) -> Result<&str, TextError> {
    let fits = !name.is_empty() && name.trim() == name && !name.contains(['<', '>', '\n']);
    fits.then_some(name).ok_or_else(|| {
        let shown = shown(name);
        TextError::Request(format!("'{shown}' cannot be the name of a tool or of a parameter"))
    })
}

fn unsupported(tool: &Tool, what: &str) -> TextError {
    let name = shown(&tool.name);
    TextError::Request(format!("the tool '{name}' cannot be strict: {what} is not supported"))
}

fn shown(name: &str) -> String {
    name.escape_debug().take(40).collect()
}
