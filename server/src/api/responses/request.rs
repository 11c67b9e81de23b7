//! What `/v1/responses` is asked.

use std::sync::Arc;

use serde_json::{Value, json};

use super::items;
use super::store::Stored;
use crate::api::app::{App, ident, now};
use crate::api::ask::Ask;
use crate::api::body::Object;
use crate::api::chat::{EFFORTS, MESSAGES, assemble, options};
use crate::api::error::ApiError;
use crate::api::fields::{Fields, Kind, check, may, must};
use crate::api::sampling::{LIMIT, STOP, Table, draw, stops, with_common};
use crate::api::tools::{self, Toolbox, choice, tool};
use crate::text::conversation::{Conversation, Message, Role, Tool};

const TOOL: Kind = Kind::Record(&[
    must("type", Kind::Choice(&["function"]), "Only functions are tools."),
    must("name", Kind::Text, "Letters, digits, `_`, `.` and `-`."),
    may("description", Kind::Text, "What it does."),
    may("parameters", Kind::Object, "A JSON schema of its arguments."),
    may("strict", Kind::Bool, "Whether arguments obey the schema without exception."),
]);

const CHOICE: Kind = Kind::Either(&[
    Kind::Choice(&["none", "auto", "required"]),
    Kind::Record(&[
        must("type", Kind::Choice(&["function"]), "Only functions are tools."),
        must("name", Kind::Text, "The function."),
    ]),
]);

const TEXT: Kind = Kind::Record(&[
    may(
        "format",
        Kind::Record(&[
            must("type", Kind::Choice(&["text", "json_object", "json_schema"]), "The form."),
            may("name", Kind::Text, "A name for the schema."),
            may("description", Kind::Text, "What it is for."),
            may("schema", Kind::Any, "The schema of a json_schema."),
            may("strict", Kind::Bool, "Schemas always hold without exception."),
        ]),
        "The form of the answer.",
    ),
    may("verbosity", Kind::Choice(&["low", "medium", "high"]), "Accepted; changes nothing."),
]);

const REASONING: Kind = Kind::Record(&[
    may("effort", Kind::Choice(EFFORTS), "`none` turns the reasoning off."),
    may("summary", Kind::Text, "Accepted; there are no summaries."),
    may("generate_summary", Kind::Text, "Accepted; there are no summaries."),
]);

/// Fields of the body.
pub(crate) const FIELDS: Table = with_common![
    must(
        "input",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Object, 1, MESSAGES)]),
        "A text, or items.",
    ),
    may("model", Kind::Text, "One of the names of /v1/models."),
    may("stream", Kind::Bool, "Send the answer as it is written."),
    may("instructions", Kind::Text, "What the system says first."),
    may("previous_response_id", Kind::Text, "The answer that is followed."),
    may("max_output_tokens", LIMIT, "Most tokens to write."),
    may("max_tool_calls", Kind::Int(1, 1 << 20), "Accepted; there are no built-in tools."),
    may("tools", Kind::List(&TOOL, 0, tools::MOST), "Functions that may be called."),
    may("tool_choice", CHOICE, "Which of them are to be called."),
    may("parallel_tool_calls", Kind::Bool, "Whether there may be more than one call."),
    may("text", TEXT, "The form of the answer."),
    may("structured_outputs", Kind::Object, "Forms as vLLM names them: json, regex, choice."),
    may("reasoning", REASONING, "Whether to reason."),
    may(
        "include",
        Kind::List(&Kind::Text, 0, 32),
        "message.output_text.logprobs sends probabilities."
    ),
    may("top_logprobs", Kind::Int(0, 20), "Alternatives to send with each token."),
    may("stop", STOP, "Texts that end the answer."),
    may("store", Kind::Bool, "Whether the answer can be followed later; it can unless told."),
    may("background", Kind::Bool, "Not understood: answers are written while somebody waits."),
    may("metadata", Kind::Object, "Sent back as it is."),
    may("truncation", Kind::Choice(&["auto", "disabled"]), "Accepted; nothing is cut off."),
    may("user", Kind::Text, "Sent back as it is."),
    may("service_tier", Kind::Text, "Accepted; changes nothing."),
    may("safety_identifier", Kind::Text, "Sent back as it is."),
    may("prompt_cache_key", Kind::Text, "Sent back as it is."),
    may("chat_template_kwargs", Kind::Object, "enable_thinking, preserve_thinking, add_vision_id."),
    may("include_reasoning", Kind::Bool, "Whether the reasoning is sent."),
];

/// A request that was understood.
pub(super) struct Request {
    pub(super) id: String,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) ask: Ask,
    pub(super) stream: bool,
    pub(super) store: bool,
    pub(super) shows_reasoning: bool,
    /// The conversation without instructions.
    pub(super) messages: Vec<Message>,
    /// The items of this request, with names.
    pub(super) input: Vec<Value>,
    /// All tools, those not offered included.
    pub(super) tools: Vec<Tool>,
    /// The body.
    pub(super) given: serde_json::Map<String, Value>,
}

impl Request {
    pub(super) async fn read(app: &Arc<App>, body: &Object) -> Result<Self, ApiError> {
        Self::read_after(app, body, None).await
    }

    /// Reads a request that may follow an answer that only its connection remembers.
    pub(super) async fn read_after(
        app: &Arc<App>,
        body: &Object,
        last: Option<&Stored>,
    ) -> Result<Self, ApiError> {
        check(FIELDS, &body.map, "")?;
        let fields = Fields(&body.map);
        let model = app.name(fields.text("model"))?;
        if fields.flag("background") == Some(true) {
            let why = "answers are written while somebody waits for them";
            return Err(ApiError::field("background", why));
        }
        let toolbox =
            Toolbox::new(listed(fields), choice(fields), fields.flag("parallel_tool_calls"))?;
        let format = fields.object("text").and_then(|text| text.object("format"));
        let form = format.map(|format| tools::form(format, "text.format")).transpose()?;
        let shape = toolbox.shape(form.flatten().or(tools::guided(fields)?))?;
        let input = input(app, fields)?;
        let mut messages = before(app, fields, last)?;
        items::read(&input, &mut messages)?;
        let conversation = conversation(app, fields, &toolbox, messages.clone())?;
        let prompt = app.render(conversation, body.bytes).await?;
        let mut draw = draw(app, fields, fields.size("max_output_tokens"))?;
        draw.stop = stops(fields, "stop")?;
        draw.logprobs = probable(fields);
        Ok(Self {
            id: ident("resp_"),
            created: now(),
            model,
            ask: Ask::of(prompt, &toolbox, draw, shape),
            stream: fields.flag("stream").unwrap_or(false),
            store: fields.flag("store").unwrap_or(true),
            shows_reasoning: fields.flag("include_reasoning").unwrap_or(true),
            messages,
            input,
            tools: toolbox.tools,
            given: body.map.clone(),
        })
    }
}

fn listed(fields: Fields<'_>) -> Vec<Tool> {
    let list = fields.list("tools").unwrap_or_default();
    let maps = list.iter().filter_map(Value::as_object);
    maps.map(|map| tool(Fields(map), "parameters")).collect()
}

/// The items of the request; each has a name, by which it is listed later. Those that are only
/// named are looked up.
pub(super) fn input(app: &App, fields: Fields<'_>) -> Result<Vec<Value>, ApiError> {
    if let Some(text) = fields.text("input") {
        let content = json!([{"type": "input_text", "text": text}]);
        return Ok(vec![json!({
            "id": ident("msg_"), "type": "message", "role": "user", "content": content,
        })]);
    }
    let mut items = fields.list("input").unwrap_or_default().to_vec();
    for (at, item) in items.iter_mut().enumerate() {
        if item["type"] == "item_reference" {
            let name = item["id"].as_str().unwrap_or_default();
            *item = app.store.item(name).ok_or_else(|| {
                let name: String = name.chars().take(80).collect();
                let why = format!("Item with id {name:?} not found; it is kept with its answer");
                ApiError::missing(why).at(&format!("input[{at}].id"))
            })?;
        }
        if item["id"].is_null() {
            item["id"] = json!(ident("msg_"));
        }
    }
    Ok(items)
}

/// The conversation that the request follows.
pub(super) fn before(
    app: &App,
    fields: Fields<'_>,
    last: Option<&Stored>,
) -> Result<Vec<Message>, ApiError> {
    let Some(id) = fields.text("previous_response_id") else { return Ok(Vec::new()) };
    if let Some(last) = last.filter(|last| last.response["id"] == id) {
        return Ok(last.messages.clone());
    }
    match app.store.get(id) {
        Some(stored) => Ok(stored.messages.clone()),
        None => {
            let unknown = super::unknown(id).at("previous_response_id");
            Err(unknown.coded("previous_response_not_found"))
        }
    }
}

fn conversation(
    app: &App,
    fields: Fields<'_>,
    toolbox: &Toolbox,
    mut messages: Vec<Message>,
) -> Result<Conversation, ApiError> {
    if let Some(text) = fields.text("instructions") {
        messages.insert(0, Message::text(Role::System, text));
    }
    let effort = fields.object("reasoning").and_then(|reasoning| reasoning.text("effort"));
    let options = options(fields, effort)?;
    let tools = toolbox.offered();
    assemble(app, Conversation { messages, tools, options, add_generation_prompt: true })
}

fn probable(fields: Fields<'_>) -> Option<usize> {
    let wanted = "message.output_text.logprobs";
    let include = fields.list("include").unwrap_or_default();
    let top = fields.size("top_logprobs").unwrap_or(0);
    (top > 0 || include.iter().any(|name| name == wanted)).then_some(top)
}
