//! Fields by which every API says how tokens are chosen.

use std::collections::BTreeMap;

use super::app::App;
use super::ask::Draw;
use super::error::ApiError;
use super::fields::{Field, Fields, Kind};
use kiln_runtime::sample::Sampling;

/// Texts that may end an answer.
const STOPS: usize = 16;
/// Most tokens that may be asked for.
const MOST: i64 = 1 << 40;

macro_rules! with_common {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            may("temperature", Kind::Num(0.0, 100.0), "Divides logits; 0 takes the likeliest token."),
            may("top_p", Kind::Num(0.0, 1.0), "Draw from the likeliest tokens that have this probability together."),
            may("top_k", Kind::Int(-1, 1 << 31), "Draw from so many of the likeliest tokens; 0 and -1 are all."),
            may("min_p", Kind::Num(0.0, 1.0), "Leave out tokens less likely than this share of the likeliest one."),
            may("presence_penalty", Kind::Num(-2.0, 2.0), "Subtracted from the logits of tokens that were written."),
            may("frequency_penalty", Kind::Num(-2.0, 2.0), "Subtracted from a token's logit for each time it was written."),
            may("repetition_penalty", Kind::Num(0.01, 100.0), "Divides logits of tokens that occur in prompt or answer."),
            may("logit_bias", Kind::Object, "Numbers from -100 to 100 that are added to the logits of tokens."),
            may("seed", Kind::Int(i64::MIN, i64::MAX), "The same seed and prompt give the same answer."),
            may("min_tokens", Kind::Int(0, 1 << 40), "Tokens to write before the answer may end."),
            may("stop_token_ids", Kind::List(&Kind::Int(0, u32::MAX as i64), 0, 64), "Tokens that end the answer."),
            may("ignore_eos", Kind::Bool, "Go on after tokens that end answers."),
            may("priority", Kind::Int(-1000, 1000), "Requests with a lower number are begun first."),
        ]
    };
}
pub(crate) use with_common;

/// The kind of `stop`.
pub(crate) const STOP: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text, 0, STOPS)]);

/// The kind of every limit of tokens.
pub(crate) const LIMIT: Kind = Kind::Int(1, MOST);

/// Fields that several APIs share and that `with_common` describes.
pub(crate) fn draw(app: &App, fields: Fields<'_>, most: Option<usize>) -> Result<Draw, ApiError> {
    let defaults = app.texts.defaults;
    let top_p = fields.num("top_p").unwrap_or(defaults.top_p);
    let sampling = Sampling {
        temperature: fields.num("temperature").unwrap_or(defaults.temperature),
        top_k: fields.int("top_k").map_or(defaults.top_k, |k| usize::try_from(k).unwrap_or(0)),
        // Zero is the likeliest token alone.
        top_p: if top_p > 0.0 { top_p } else { f32::MIN_POSITIVE },
        min_p: fields.num("min_p").unwrap_or(0.0),
        repetition: fields.num("repetition_penalty").unwrap_or(defaults.repetition),
        frequency: fields.num("frequency_penalty").unwrap_or(0.0),
        presence: fields.num("presence_penalty").unwrap_or(0.0),
        bias: bias(app, fields)?,
        seed: fields.int("seed").unwrap_or(0) as u64,
    };
    let least = fields.size("min_tokens").unwrap_or(0);
    if most.is_some_and(|most| least > most) {
        return Err(ApiError::field("min_tokens", format!("{least} is more than the most tokens")));
    }
    let ids = fields.list("stop_token_ids").unwrap_or_default();
    let ids = ids.iter().filter_map(|id| u32::try_from(id.as_u64()?).ok());
    Ok(Draw {
        sampling,
        seeded: fields.value("seed").is_some(),
        most,
        least,
        choices: 1,
        stop: Vec::new(),
        stop_tokens: ids.collect(),
        endless: fields.flag("ignore_eos").unwrap_or(false),
        logprobs: None,
        priority: fields.int("priority").unwrap_or(0) as i32,
    })
}

/// The texts that end an answer.
pub(crate) fn stops(fields: Fields<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    let stops: Vec<String> = match (fields.text(name), fields.list(name)) {
        (Some(one), _) => vec![one.to_owned()],
        (_, Some(list)) => list.iter().filter_map(|s| s.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    match stops.iter().any(String::is_empty) {
        true => Err(ApiError::field(name, "an empty text ends nothing")),
        false => Ok(stops),
    }
}

fn bias(app: &App, fields: Fields<'_>) -> Result<BTreeMap<u32, f32>, ApiError> {
    let Some(Fields(map)) = fields.object("logit_bias") else { return Ok(BTreeMap::new()) };
    if map.len() > 1024 {
        return Err(ApiError::field("logit_bias", "more than 1024 tokens"));
    }
    let vocabulary = app.texts.tokenizer.vocabulary();
    let read = map.iter().map(|(id, by)| {
        let id: u32 = id.parse().ok().filter(|id| *id < vocabulary)?;
        let by = by.as_f64().filter(|by| (-100.0..=100.0).contains(by))?;
        // The ends of the range forbid and demand.
        Some((id, if by <= -100.0 { f32::NEG_INFINITY } else { by as f32 }))
    });
    let why =
        || ApiError::field("logit_bias", "expected ids of tokens with numbers from -100 to 100");
    read.map(|pair| pair.ok_or_else(why)).collect()
}

/// Fields that some clients send and that change nothing here are not listed in any table.
pub(crate) type Table = &'static [Field];
