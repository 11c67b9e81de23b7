//! What `/v1/messages` is asked.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::api::app::App;
use crate::api::ask::Ask;
use crate::api::body::Object;
use crate::api::chat::{MESSAGES, assemble, options};
use crate::api::error::ApiError;
use crate::api::fields::{Field, Fields, Kind, check, may, must};
use crate::api::picture;
use crate::api::sampling::{LIMIT, Table, draw, stops};
use crate::api::tools::{self, Choice, Toolbox, tool};
use crate::text::conversation::{Conversation, Message, Part, Picture, Role, Tool, ToolCall};
use crate::text::grammar::Shape;

const BLOCKS: Kind = Kind::Either(&[
    Kind::Text,
    Kind::List(&Kind::Record(&[must("type", Kind::Text, "What it is.")]), 0, 4096),
]);

const MESSAGE: &[Field] = &[
    must("role", Kind::Choice(&["user", "assistant", "system"]), "Who speaks."),
    must("content", BLOCKS, "What is said."),
];

const TOOL: Kind = Kind::Record(&[
    may("type", Kind::Choice(&["custom"]), "Only functions of the client are tools."),
    must("name", Kind::Text, "Letters, digits, `_`, `.` and `-`."),
    may("description", Kind::Text, "What it does."),
    must("input_schema", Kind::Object, "A JSON schema of its arguments."),
    may("strict", Kind::Bool, "Whether arguments obey the schema without exception."),
]);

const CHOICE: Kind = Kind::Record(&[
    must("type", Kind::Choice(&["auto", "any", "tool", "none"]), "Whether to call."),
    may("name", Kind::Text, "The tool of a choice of type tool."),
    may("disable_parallel_tool_use", Kind::Bool, "Whether there may be one call at most."),
]);

const THINKING: Kind = Kind::Record(&[
    must("type", Kind::Choice(&["enabled", "disabled", "adaptive"]), "Whether to reason."),
    may("budget_tokens", Kind::Int(1024, 1 << 40), "Less than max_tokens."),
]);

const OUTPUT: Kind = Kind::Record(&[
    may(
        "format",
        Kind::Record(&[
            must("type", Kind::Choice(&["json_schema"]), "The form."),
            must("schema", Kind::Object, "The schema."),
        ]),
        "The form of the answer.",
    ),
    may("effort", Kind::Text, "Accepted; changes nothing."),
]);

macro_rules! with_conversation {
    ($($own:expr),* $(,)?) => {
        &[
            must("messages", Kind::List(&Kind::Record(MESSAGE), 1, MESSAGES), "The conversation."),
            may("model", Kind::Text, "One of the names of /v1/models."),
            may("system", BLOCKS, "What the system says."),
            may("tools", Kind::List(&TOOL, 0, tools::MOST), "Functions that may be called."),
            may("tool_choice", CHOICE, "Which of them are to be called."),
            may("thinking", THINKING, "Whether to reason; the model does unless told."),
            may("chat_template_kwargs", Kind::Object, "enable_thinking, preserve_thinking."),
            $($own,)*
        ]
    };
}

/// Fields of `/v1/messages/count_tokens`.
pub(crate) const COUNT: Table = with_conversation![];

/// Fields of `/v1/messages`.
pub(crate) const FIELDS: Table = with_conversation![
    must("max_tokens", LIMIT, "Most tokens to write."),
    may("stream", Kind::Bool, "Send the answer as it is written."),
    may("stop_sequences", Kind::List(&Kind::Text, 0, 16), "Texts that end the answer."),
    may("output_config", OUTPUT, "The form of the answer."),
    may("metadata", Kind::Object, "Accepted; changes nothing."),
    may("temperature", Kind::Num(0.0, 1.0), "Divides logits; 0 takes the likeliest token."),
    may("top_p", Kind::Num(0.0, 1.0), "Draw from the likeliest tokens of this probability."),
    may("top_k", Kind::Int(0, 1 << 31), "Draw from so many of the likeliest tokens; 0 is all."),
];

/// A request that was understood.
pub(super) struct Request {
    pub(super) model: String,
    pub(super) ask: Ask,
    pub(super) stream: bool,
    pub(super) shows_reasoning: bool,
}

impl Request {
    pub(super) async fn read(
        app: &Arc<App>,
        body: &Object,
        table: Table,
    ) -> Result<Self, ApiError> {
        check(table, &body.map, "")?;
        let fields = Fields(&body.map);
        let model = app.name(fields.text("model"))?;
        let toolbox = toolbox(fields)?;
        let format = fields.object("output_config").and_then(|config| config.object("format"));
        let form = format.and_then(|format| format.value("schema").cloned()).map(Shape::Schema);
        let shape = toolbox.shape(form)?;
        let most = fields.size("max_tokens");
        let mut options = options(fields, None)?;
        if let Some(thinking) = fields.object("thinking") {
            let budget = thinking.size("budget_tokens");
            if budget.zip(most).is_some_and(|(budget, most)| budget >= most) {
                let why = "it has to be less than max_tokens";
                return Err(ApiError::field("thinking.budget_tokens", why));
            }
            let on = thinking.text("type") != Some("disabled");
            options.insert("enable_thinking".into(), on.into());
        }
        let conversation = assemble(
            app,
            Conversation {
                messages: messages(fields)?,
                tools: toolbox.offered(),
                options,
                add_generation_prompt: true,
            },
        )?;
        let prompt = app.render(conversation, body.bytes).await?;
        let mut draw = draw(app, fields, most)?;
        draw.stop = stops(fields, "stop_sequences")?;
        Ok(Self {
            model,
            ask: Ask::of(prompt, &toolbox, draw, shape),
            stream: fields.flag("stream").unwrap_or(false),
            shows_reasoning: true,
        })
    }
}

fn toolbox(fields: Fields<'_>) -> Result<Toolbox, ApiError> {
    let list = fields.list("tools").unwrap_or_default();
    let maps = list.iter().filter_map(Value::as_object);
    let tools: Vec<Tool> = maps.map(|map| tool(Fields(map), "input_schema")).collect();
    let given = fields.object("tool_choice");
    let choice = given.map(|choice| match choice.text("type") {
        Some("any") => Choice::Required,
        Some("tool") => Choice::Named(choice.text("name").unwrap_or_default().to_owned()),
        Some("none") => Choice::None,
        _ => Choice::Auto,
    });
    let single = given.and_then(|choice| choice.flag("disable_parallel_tool_use"));
    Toolbox::new(tools, choice, single.map(|single| !single))
}

fn messages(fields: Fields<'_>) -> Result<Vec<Message>, ApiError> {
    let mut messages = Vec::new();
    if let Some(system) = fields.value("system") {
        let mut message = Message::text(Role::System, "");
        message.parts = blocks(system, "system")?.parts;
        messages.push(message);
    }
    for (at, value) in fields.list("messages").unwrap_or_default().iter().enumerate() {
        let path = format!("messages[{at}]");
        let read = blocks(&value["content"], &path)?;
        let role = match value["role"].as_str() {
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            _ => Role::User,
        };
        // Results stand before what the user says about them.
        let alone = read.results.is_empty() || !read.parts.is_empty();
        messages.extend(read.results);
        if alone {
            let mut message = Message::text(role, "");
            (message.parts, message.reasoning) = (read.parts, read.reasoning);
            message.tool_calls = read.calls;
            messages.push(message);
        }
    }
    Ok(messages)
}

/// What the blocks of a message hold.
#[derive(Default)]
struct Blocks {
    parts: Vec<Part>,
    reasoning: Option<String>,
    calls: Vec<ToolCall>,
    results: Vec<Message>,
}

fn blocks(content: &Value, path: &str) -> Result<Blocks, ApiError> {
    let mut read = Blocks::default();
    if let Some(text) = content.as_str() {
        read.parts.push(Part::Text(text.to_owned()));
    }
    for block in content.as_array().into_iter().flatten() {
        match block["type"].as_str().unwrap_or_default() {
            "text" => read.parts.push(Part::Text(string(&block["text"]))),
            "thinking" => {
                read.reasoning.get_or_insert_default().push_str(&string(&block["thinking"]));
            }
            // Nothing was ever redacted here.
            "redacted_thinking" => {}
            "tool_use" => read.calls.push(ToolCall {
                id: string(&block["id"]),
                name: string(&block["name"]),
                arguments: block["input"].as_object().cloned().unwrap_or_else(Map::new),
            }),
            "tool_result" => {
                let inner = blocks(&block["content"], path)?;
                let mut message = Message::text(Role::Tool, "");
                message.parts = inner.parts;
                message.tool_call_id = Some(string(&block["tool_use_id"]));
                read.results.push(message);
            }
            "image" => read.parts.push(Part::Picture(picture(&block["source"], path)?)),
            other => {
                let other: String = other.chars().take(40).collect();
                let why = format!("blocks of type {other:?} are not understood");
                return Err(ApiError::field(path, why));
            }
        }
    }
    Ok(read)
}

fn picture(source: &Value, path: &str) -> Result<Picture, ApiError> {
    match (source["type"].as_str(), source["data"].as_str()) {
        (Some("base64"), Some(data)) => picture::of_base64(data, path),
        _ => Err(ApiError::field(path, "images are taken in base64 only")),
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
