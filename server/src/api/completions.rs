//! `/v1/completions`: texts that are continued.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::app::{App, ident, now};
use super::ask::Ask;
use super::body::Object;
use super::chat::{FINGERPRINT, usage_of};
use super::error::ApiError;
use super::fields::{Fields, Kind, check, may, must};
use super::fold::Folded;
use super::sampling::{LIMIT, STOP, Table, draw, stops, with_common};
use super::sse::{Sink, stream};
use super::tools;
use super::turn::{Finish, Turns, Usage};
use crate::engine::Token;
use crate::text::output::Event;

/// Most prompts of one request.
const PROMPTS: usize = 64;
const ID: Kind = Kind::Int(0, u32::MAX as i64);
const IDS: Kind = Kind::List(&ID, 1, 1 << 22);

/// Fields of the body.
pub(crate) const FIELDS: Table = with_common![
    must(
        "prompt",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Either(&[Kind::Text, ID, IDS]), 1, 1 << 22)]),
        "A text, texts, tokens, or lists of tokens.",
    ),
    may("model", Kind::Text, "One of the names of /v1/models."),
    may("stream", Kind::Bool, "Send the text as it is written."),
    may(
        "stream_options",
        Kind::Record(&[may("include_usage", Kind::Bool, "Say at the end what it cost.")]),
        "How to send it.",
    ),
    may("max_tokens", LIMIT, "Most tokens to write; what the context leaves without it."),
    may("n", Kind::Int(1, 16), "Texts to write for each prompt."),
    may("best_of", Kind::Int(1, 16), "Has to be n."),
    may("echo", Kind::Bool, "Begin each text with its prompt."),
    may("suffix", Kind::Text, "Not understood: texts are written from left to right."),
    may("stop", STOP, "Texts that end the text."),
    may("logprobs", Kind::Int(0, 20), "Send probabilities of tokens, with so many alternatives."),
    may("response_format", super::chat::FORMAT, "The form of the text."),
    may("structured_outputs", Kind::Object, "Forms as vLLM names them: json, regex, choice."),
];

struct Request {
    model: String,
    asks: Vec<Ask>,
    /// What each text begins with.
    echoes: Vec<String>,
    choices: usize,
    includes_usage: bool,
    probable: bool,
}

/// Continues texts.
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    check(FIELDS, &body.map, "")?;
    let fields = Fields(&body.map);
    let request = read(&app, fields).await?;
    let mut all = Vec::new();
    for ask in &request.asks {
        all.push(app.begin(ask.clone()).await?);
    }
    if fields.flag("stream").unwrap_or(false) {
        return Ok(stream(move |sink| write(app, request, all, sink)));
    }
    let (mut listed, mut cost) = (Vec::new(), Usage::default());
    for (turns, echo) in all.into_iter().zip(&request.echoes) {
        let (folded, usage) = turns.fold(request.choices, "").await;
        cost = cost + usage;
        for of in folded {
            if let Some(Finish::Failed(_)) = of.finish {
                return Err(ApiError::internal());
            }
            listed.push(whole(&app, &request, listed.len(), echo, &of));
        }
    }
    let mut body = head(&request, &ident("cmpl-"), now());
    body.insert("choices".into(), listed.into());
    body.insert("usage".into(), usage_of(cost));
    Ok(Json(body).into_response())
}

async fn read(app: &Arc<App>, fields: Fields<'_>) -> Result<Request, ApiError> {
    let model = app.name(fields.text("model"))?;
    if fields.text("suffix").is_some_and(|suffix| !suffix.is_empty()) {
        return Err(ApiError::field("suffix", "texts are written from left to right only"));
    }
    if fields.value("stream_options").is_some() && fields.flag("stream") != Some(true) {
        return Err(ApiError::field("stream_options", "they are for streams only"));
    }
    let choices = fields.size("n").unwrap_or(1);
    if fields.size("best_of").is_some_and(|best| best != choices) {
        return Err(ApiError::field("best_of", "it has to be n"));
    }
    let prompts = prompts(app, fields).await?;
    let form = fields.object("response_format");
    let form = form.map(|format| tools::form(format, "response_format")).transpose()?.flatten();
    let shape = form.or(tools::guided(fields)?);
    let mut draw = draw(app, fields, fields.size("max_tokens"))?;
    draw.choices = choices;
    draw.stop = stops(fields, "stop")?;
    draw.logprobs = fields.size("logprobs");
    let echo = fields.flag("echo").unwrap_or(false);
    let tokenizer = &app.texts.tokenizer;
    let echoed = |ids: &Vec<u32>| if echo { tokenizer.decode(ids, true) } else { String::new() };
    let echoes = prompts.iter().map(echoed).collect();
    let ask = |prompt| Ask {
        prompt,
        opens_reasoning: false,
        tools: Vec::new(),
        parallel: true,
        draw: draw.clone(),
        shape: shape.clone(),
        plain: true,
    };
    Ok(Request {
        model,
        asks: prompts.into_iter().map(ask).collect(),
        echoes,
        choices,
        includes_usage: fields
            .object("stream_options")
            .is_some_and(|options| options.flag("include_usage") == Some(true)),
        probable: draw.logprobs.is_some(),
    })
}

async fn prompts(app: &Arc<App>, fields: Fields<'_>) -> Result<Vec<Vec<u32>>, ApiError> {
    if let Some(text) = fields.text("prompt") {
        return Ok(vec![app.encode(text.to_owned()).await?]);
    }
    let list = fields.list("prompt").unwrap_or_default();
    if list.iter().all(Value::is_number) {
        return Ok(vec![tokens(app, list, "prompt")?]);
    }
    if list.len() > PROMPTS {
        let why = format!("{} prompts; at most {PROMPTS} are taken", list.len());
        return Err(ApiError::field("prompt", why));
    }
    let mut prompts = Vec::new();
    for one in list {
        prompts.push(match one {
            Value::String(text) => app.encode(text.clone()).await?,
            Value::Array(ids) => tokens(app, ids, "prompt")?,
            _ => return Err(ApiError::field("prompt", "texts and tokens are mixed")),
        });
    }
    Ok(prompts)
}

/// Tokens of a request.
///
/// # Errors
/// Ids that the vocabulary does not have.
pub(crate) fn tokens(app: &App, ids: &[Value], path: &str) -> Result<Vec<u32>, ApiError> {
    let vocabulary = app.texts.tokenizer.vocabulary();
    let known = |id: &Value| {
        let id = super::fields::integer(id).and_then(|id| u32::try_from(id).ok());
        id.filter(|id| *id < vocabulary)
    };
    let why = || ApiError::field(path, format!("the vocabulary has {vocabulary} tokens, from 0"));
    ids.iter().map(|id| known(id).ok_or_else(why)).collect()
}

fn head(request: &Request, id: &str, created: u64) -> Map<String, Value> {
    let head = json!({
        "id": id,
        "object": "text_completion",
        "created": created,
        "model": request.model,
        "system_fingerprint": FINGERPRINT,
    });
    match head {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn reason(finish: Option<&Finish>) -> Value {
    match finish {
        None => Value::Null,
        Some(Finish::Length) => json!("length"),
        Some(_) => json!("stop"),
    }
}

fn whole(app: &App, request: &Request, index: usize, echo: &str, of: &Folded) -> Value {
    let probable = request.probable.then(|| probable(app, echo.len(), &of.tokens));
    json!({
        "index": index,
        "text": format!("{echo}{}", of.text),
        "logprobs": probable,
        "finish_reason": reason(of.finish.as_ref()),
    })
}

/// Probabilities in the form of this API; `offset` is the length of the text before.
fn probable(app: &App, mut offset: usize, tokens: &[Token]) -> Value {
    let text = |id: u32| {
        String::from_utf8_lossy(app.texts.tokenizer.bytes(id).unwrap_or_default()).into_owned()
    };
    let (mut texts, mut chosen, mut tops, mut offsets) = (vec![], vec![], vec![], vec![]);
    for token in tokens {
        let Some(of) = &token.logprobs else { continue };
        offsets.push(offset);
        offset += text(token.id).len();
        texts.push(text(token.id));
        chosen.push(of.chosen);
        tops.push(of.top.iter().map(|(id, log)| (text(*id), json!(log))).collect::<Map<_, _>>());
    }
    json!({
        "tokens": texts, "token_logprobs": chosen, "top_logprobs": tops, "text_offset": offsets,
    })
}

async fn write(app: Arc<App>, request: Request, all: Vec<Turns>, sink: Sink) {
    let (id, created) = (ident("cmpl-"), now());
    let mut cost = Usage::default();
    // One prompt after the other: all of them are being written meanwhile.
    for (at, mut turns) in all.into_iter().enumerate() {
        let mut lengths = vec![request.echoes[at].len(); request.choices];
        if !request.echoes[at].is_empty() {
            for choice in 0..request.choices {
                let index = at * request.choices + choice;
                send(
                    &request,
                    (&id, created),
                    &sink,
                    json!({
                        "index": index, "text": request.echoes[at], "logprobs": null,
                        "finish_reason": null,
                    }),
                );
            }
        }
        while let Some((choice, step)) = sink.step(&mut turns, app.settings.keep_alive).await {
            if let Some(Finish::Failed(why)) = &step.finish {
                sink.data(&json!({"error": {
                    "message": why, "type": "server_error", "param": null, "code": null,
                }}));
                return sink.done();
            }
            let text: String = step.events.iter().map(said).collect();
            let probable = (request.probable && !step.tokens.is_empty())
                .then(|| probable(&app, lengths[choice], &step.tokens));
            lengths[choice] += text.len();
            if text.is_empty() && step.finish.is_none() && probable.is_none() {
                continue;
            }
            send(
                &request,
                (&id, created),
                &sink,
                json!({
                    "index": at * request.choices + choice, "text": text, "logprobs": probable,
                    "finish_reason": reason(step.finish.as_ref()),
                }),
            );
        }
        cost = cost + turns.usage();
    }
    if request.includes_usage {
        let mut last = head(&request, &id, created);
        last.insert("choices".into(), json!([]));
        last.insert("usage".into(), usage_of(cost));
        sink.data(&last);
    }
    sink.done();
}

fn said(event: &Event) -> &str {
    match event {
        Event::Text(text) | Event::Reasoning(text) => text,
        _ => "",
    }
}

fn send(request: &Request, (id, created): (&str, u64), sink: &Sink, choice: Value) {
    let mut chunk = head(request, id, created);
    chunk.insert("choices".into(), json!([choice]));
    if request.includes_usage {
        chunk.insert("usage".into(), Value::Null);
    }
    sink.data(&chunk);
}
