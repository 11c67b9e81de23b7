//! `/tokenize` and `/detokenize`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::app::App;
use super::body::Object;
use super::chat::conversation;
use super::completions::tokens;
use super::error::ApiError;
use super::fields::{Fields, Kind, check, may, must};
use super::sampling::Table;
use super::tools::{Toolbox, chat_tools};

/// Fields of `/tokenize`.
pub(crate) const TOKENIZE: Table = &[
    may("prompt", Kind::Text, "A text; or else messages."),
    may("messages", Kind::List(&Kind::Object, 1, 1 << 16), "A conversation, as for a chat."),
    may("tools", Kind::List(&super::tools::CHAT_TOOL, 0, super::tools::MOST), "Functions."),
    may("model", Kind::Text, "One of the names of /v1/models."),
    may("add_generation_prompt", Kind::Bool, "Whether the prompt ends where an answer begins."),
    may("add_special_tokens", Kind::Bool, "Accepted; this model begins texts with none."),
    may("return_token_strs", Kind::Bool, "Send what each token writes."),
    may("chat_template_kwargs", Kind::Object, "enable_thinking, preserve_thinking, add_vision_id."),
];

/// Fields of `/detokenize`.
pub(crate) const DETOKENIZE: Table = &[
    must("tokens", Kind::List(&Kind::Int(0, u32::MAX as i64), 0, 1 << 22), "Tokens."),
    may("model", Kind::Text, "One of the names of /v1/models."),
];

/// The tokens of a text or of a conversation.
pub(crate) async fn tokenize(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    check(TOKENIZE, &body.map, "")?;
    let fields = Fields(&body.map);
    app.name(fields.text("model"))?;
    let tokens = match (fields.text("prompt"), fields.value("messages")) {
        (Some(text), None) => app.encode(text.to_owned()).await?,
        (None, Some(_)) => {
            check(super::chat::FIELDS, &body.map, "")?;
            let toolbox = Toolbox::new(chat_tools(fields), None, None)?;
            app.render(conversation(&app, fields, &toolbox)?, body.bytes).await?.tokens
        }
        _ => return Err(ApiError::bad("send a prompt or messages, and not both")),
    };
    let strings = fields.flag("return_token_strs").unwrap_or(false).then(|| {
        let text = |id: &u32| {
            let bytes = app.texts.tokenizer.bytes(*id).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        };
        tokens.iter().map(text).collect::<Vec<String>>()
    });
    let answer = json!({
        "count": tokens.len(),
        "max_model_len": app.engine.capacity().context,
        "tokens": tokens,
        "token_strs": strings,
    });
    Ok(Json(answer).into_response())
}

/// The text of tokens.
pub(crate) async fn detokenize(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    check(DETOKENIZE, &body.map, "")?;
    let fields = Fields(&body.map);
    app.name(fields.text("model"))?;
    let listed: &[Value] = fields.list("tokens").unwrap_or_default();
    let ids = tokens(&app, listed, "tokens")?;
    Ok(Json(json!({"prompt": app.texts.tokenizer.decode(&ids, false)})).into_response())
}
