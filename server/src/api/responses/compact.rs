//! `/v1/responses/compact`: a conversation becomes a short account of it, with which another goes on.
//!
//! The model writes the account. Clients send it back as they got it, in an item of its own; it is
//! not encrypted, since they have everything that it was made from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::items;
use super::request::{before, input};
use super::resource::usage_of;
use crate::api::app::{App, ident, now};
use crate::api::ask::Ask;
use crate::api::body::Object;
use crate::api::chat::{MESSAGES, assemble};
use crate::api::error::ApiError;
use crate::api::fields::{Fields, Kind, check, may, must};
use crate::api::sampling::{Table, draw};
use crate::api::tools::Toolbox;
use crate::api::turn::Finish;
use crate::text::conversation::{Conversation, Message, Role};

/// Most tokens of an account.
const LONGEST: usize = 2048;
/// What the model is asked for.
const WISH: &str = "Give an account of this conversation to somebody who will continue it without \
                    having seen it: what is wanted, what was found and decided, names, numbers and \
                    open questions. Write the account and nothing else.";
/// What stands before an account, when it is kept and when it is read.
const MARK: &str = "kiln-account:";
const BEFORE: &str = "An account of the conversation so far:\n\n";

/// Fields of the body.
pub(crate) const FIELDS: Table = &[
    must("model", Kind::Text, "One of the names of /v1/models."),
    may(
        "input",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Object, 1, MESSAGES)]),
        "A text, or items.",
    ),
    may("instructions", Kind::Text, "What the system says first."),
    may("previous_response_id", Kind::Text, "The answer up to which there is something to tell."),
    may("prompt_cache_key", Kind::Text, "Accepted; changes nothing."),
];

/// Gives an account of a conversation.
pub(crate) async fn compact(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    check(FIELDS, &body.map, "")?;
    let fields = Fields(&body.map);
    app.name(fields.text("model"))?;
    let mut messages = before(&app, fields, None)?;
    if let Some(text) = fields.text("instructions") {
        messages.insert(0, Message::text(Role::System, text));
    }
    items::read(&input(&app, fields)?, &mut messages)?;
    if messages.is_empty() {
        return Err(ApiError::field("input", "there is nothing to give an account of"));
    }
    messages.push(Message::text(Role::User, WISH));
    let toolbox = Toolbox::new(Vec::new(), None, None)?;
    let conversation = assemble(
        &app,
        Conversation {
            messages,
            tools: Vec::new(),
            options: [("enable_thinking".to_owned(), false.into())].into(),
            add_generation_prompt: true,
        },
    )?;
    let prompt = app.render(conversation, body.bytes).await?;
    let room = app.engine.capacity().context.saturating_sub(prompt.tokens.len());
    let draw = draw(&app, fields, Some(room.clamp(1, LONGEST)))?;
    let turns = app.begin(Ask::of(prompt, &toolbox, draw, None)).await?;
    let (folded, usage) = turns.fold(1, "call_").await;
    let written = folded.first().filter(|of| !matches!(of.finish, Some(Finish::Failed(_))));
    let account = written.ok_or_else(ApiError::internal)?.text.trim();
    let item = json!({
        "type": "compaction", "id": ident("cmp_"), "encrypted_content": format!("{MARK}{account}"),
    });
    let whole = json!({
        "id": ident("resp_"), "object": "response.compaction", "created_at": now(),
        "output": [item], "usage": usage_of(usage),
    });
    Ok(Json(whole).into_response())
}

/// What the system says of a conversation in whose place an account stands.
pub(super) fn account(item: &Value) -> Option<String> {
    let account = item["encrypted_content"].as_str()?.strip_prefix(MARK)?;
    Some(format!("{BEFORE}{account}"))
}
