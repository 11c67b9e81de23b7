//! What `/v1/chat/completions` is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::api::app::App;
use crate::api::ask::Ask;
use crate::api::body::Object;
use crate::api::content::{CONTENT, parts};
use crate::api::error::ApiError;
use crate::api::fields::{Field, Fields, Kind, check, may, must};
use crate::api::picture;
use crate::api::sampling::{LIMIT, STOP, Table, draw, stops, with_common};
use crate::api::tools::{
    self, CHAT_CALL, CHAT_CHOICE, CHAT_TOOL, Choice, Toolbox, chat_call, chat_tools, choice,
};
use crate::text::conversation::{Conversation, Message, Part, Role};

/// Most messages of a conversation.
pub(crate) const MESSAGES: usize = 1 << 16;
/// Most answers to one request.
pub(crate) const CHOICES: i64 = 16;
/// Efforts, of which `none` turns the reasoning off and the others leave it on.
pub(crate) const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh"];

const MESSAGE: &[Field] = &[
    must(
        "role",
        Kind::Choice(&["system", "developer", "user", "assistant", "tool"]),
        "Who speaks.",
    ),
    may("content", CONTENT, "What is said."),
    may("reasoning", Kind::Text, "What an assistant thought before it spoke."),
    may("reasoning_content", Kind::Text, "Another name for reasoning."),
    may("tool_calls", Kind::List(&CHAT_CALL, 0, tools::MOST), "The calls that an assistant made."),
    may("tool_call_id", Kind::Text, "The call whose result this is."),
];

/// The form of an answer.
pub(crate) const FORMAT: Kind = Kind::Record(&[
    must("type", Kind::Choice(&["text", "json_object", "json_schema"]), "The form."),
    may(
        "json_schema",
        Kind::Record(&[
            may("name", Kind::Text, "A name for it."),
            may("description", Kind::Text, "What it is for."),
            may("schema", Kind::Any, "The schema."),
            may("strict", Kind::Bool, "Schemas always hold without exception."),
        ]),
        "The schema of a json_schema.",
    ),
]);

/// Fields of the body.
pub(crate) const FIELDS: Table = with_common![
    must("messages", Kind::List(&Kind::Record(MESSAGE), 1, MESSAGES), "The conversation."),
    may("model", Kind::Text, "One of the names of /v1/models."),
    may("stream", Kind::Bool, "Send the answer as it is written."),
    may(
        "stream_options",
        Kind::Record(&[
            may("include_usage", Kind::Bool, "Say at the end what it cost."),
            may("continuous_usage_stats", Kind::Bool, "Say with every piece what it cost so far."),
        ]),
        "How to send it.",
    ),
    may("max_tokens", LIMIT, "Most tokens to write."),
    may("max_completion_tokens", LIMIT, "Another name for max_tokens, which it overrides."),
    may("n", Kind::Int(1, CHOICES), "Answers to write."),
    may("stop", STOP, "Texts that end the answer."),
    may("logprobs", Kind::Bool, "Send probabilities of tokens."),
    may("top_logprobs", Kind::Int(0, 20), "Alternatives to send with each token."),
    may("tools", Kind::List(&CHAT_TOOL, 1, tools::MOST), "Functions that may be called."),
    may("tool_choice", CHAT_CHOICE, "Which of them are to be called."),
    may("parallel_tool_calls", Kind::Bool, "Whether there may be more than one call."),
    may("response_format", FORMAT, "The form of the answer."),
    may("structured_outputs", Kind::Object, "Forms as vLLM names them: json, regex, choice."),
    may("chat_template_kwargs", Kind::Object, "enable_thinking, preserve_thinking, add_vision_id."),
    may("reasoning_effort", Kind::Choice(EFFORTS), "`none` turns the reasoning off."),
    may("include_reasoning", Kind::Bool, "Whether the reasoning is sent."),
    may("add_generation_prompt", Kind::Bool, "Whether the prompt ends where an answer begins."),
];

/// A request that was understood.
pub(super) struct Request {
    pub(super) model: String,
    pub(super) ask: Ask,
    pub(super) stream: bool,
    pub(super) includes_usage: bool,
    pub(super) continuous_usage: bool,
    pub(super) shows_reasoning: bool,
    /// Whether one function had to be called.
    pub(super) forced: bool,
}

impl Request {
    pub(super) async fn read(app: &Arc<App>, body: &Object) -> Result<Self, ApiError> {
        check(FIELDS, &body.map, "")?;
        let fields = Fields(&body.map);
        let model = app.name(fields.text("model"))?;
        let stream = fields.flag("stream").unwrap_or(false);
        let options = fields.object("stream_options");
        if options.is_some() && !stream {
            return Err(ApiError::field("stream_options", "they are for streams only"));
        }
        let option = |name: &str| options.and_then(|options| options.flag(name)).unwrap_or(false);
        let parallel = fields.flag("parallel_tool_calls");
        let toolbox = Toolbox::new(chat_tools(fields), choice(fields), parallel)?;
        let format = fields.object("response_format");
        let form = format.map(|format| tools::form(format, "response_format")).transpose()?;
        let form = match (form.flatten(), tools::guided(fields)?) {
            (Some(_), Some(_)) => {
                return Err(ApiError::field("response_format", "more than one form of the answer"));
            }
            (form, guided) => form.or(guided),
        };
        let shape = toolbox.shape(form)?;
        let conversation = conversation(app, fields, &toolbox)?;
        let prompt = app.render(conversation, body.bytes).await?;
        let most = fields.size("max_completion_tokens").or_else(|| fields.size("max_tokens"));
        let mut draw = draw(app, fields, most)?;
        draw.choices = fields.size("n").unwrap_or(1);
        draw.stop = stops(fields, "stop")?;
        draw.logprobs = probable(fields)?;
        Ok(Self {
            model,
            ask: Ask::of(prompt, &toolbox, draw, shape),
            stream,
            includes_usage: option("include_usage"),
            continuous_usage: option("continuous_usage_stats"),
            shows_reasoning: fields.flag("include_reasoning").unwrap_or(true),
            forced: matches!(toolbox.choice, Choice::Named(_)),
        })
    }
}

fn probable(fields: Fields<'_>) -> Result<Option<usize>, ApiError> {
    match (fields.flag("logprobs").unwrap_or(false), fields.size("top_logprobs")) {
        (true, top) => Ok(Some(top.unwrap_or(0))),
        (false, None | Some(0)) => Ok(None),
        (false, Some(_)) => Err(ApiError::field("top_logprobs", "they need logprobs: true")),
    }
}

/// The conversation of a body that was checked.
pub(crate) fn conversation(
    app: &App,
    fields: Fields<'_>,
    toolbox: &Toolbox,
) -> Result<Conversation, ApiError> {
    let mut messages = Vec::new();
    for (at, value) in fields.list("messages").unwrap_or_default().iter().enumerate() {
        let Some(map) = value.as_object() else { continue };
        messages.push(message(Fields(map), &format!("messages[{at}]"))?);
    }
    let effort = fields.text("reasoning_effort");
    let options = options(fields, effort)?;
    let add_generation_prompt = fields.flag("add_generation_prompt").unwrap_or(true);
    let tools = toolbox.offered();
    assemble(app, Conversation { messages, tools, options, add_generation_prompt })
}

/// Options of the template: those of the request, and the effort's.
pub(crate) fn options(
    fields: Fields<'_>,
    effort: Option<&str>,
) -> Result<BTreeMap<String, Value>, ApiError> {
    let given = fields.object("chat_template_kwargs").map(|Fields(map)| map);
    let mut options: BTreeMap<String, Value> =
        given.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    if options.get("enable_thinking").is_some_and(|value| !value.is_boolean()) {
        return Err(ApiError::field(
            "chat_template_kwargs.enable_thinking",
            "expected true or false",
        ));
    }
    if effort == Some("none") {
        options.entry("enable_thinking".into()).or_insert(false.into());
    }
    Ok(options)
}

/// Puts everything that the system says in front, as templates demand, and words in the place of
/// pictures.
///
/// # Errors
/// Pictures, where they are refused.
pub(crate) fn assemble(
    app: &App,
    mut conversation: Conversation,
) -> Result<Conversation, ApiError> {
    picture::settle(&mut conversation, app.settings.pictures)?;
    let (system, mut others): (Vec<Message>, Vec<Message>) = conversation
        .messages
        .into_iter()
        .partition(|message| matches!(message.role, Role::System | Role::Developer));
    let said: Vec<String> = system.iter().map(text).filter(|text| !text.is_empty()).collect();
    if !said.is_empty() {
        others.insert(0, Message::text(Role::System, said.join("\n\n")));
    }
    conversation.messages = others;
    Ok(conversation)
}

fn text(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Picture(_) => None,
    });
    texts.collect()
}

fn message(fields: Fields<'_>, path: &str) -> Result<Message, ApiError> {
    let role = match fields.text("role") {
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        Some("assistant") => Role::Assistant,
        Some("tool") => Role::Tool,
        _ => Role::User,
    };
    let content = fields.value("content");
    if content.is_none() && role != Role::Assistant {
        return Err(ApiError::field(&format!("{path}.content"), "it is missing"));
    }
    let mut calls = Vec::new();
    for call in fields.list("tool_calls").unwrap_or_default() {
        calls.push(chat_call(call, &format!("{path}.tool_calls"))?);
    }
    let reasoning = fields.text("reasoning").or_else(|| fields.text("reasoning_content"));
    Ok(Message {
        role,
        parts: parts(content, &format!("{path}.content"))?,
        reasoning: reasoning.map(str::to_owned),
        tool_calls: calls,
        tool_call_id: fields.text("tool_call_id").map(str::to_owned),
    })
}
