//! Shapes as grammars in the notation of llguidance, a dialect of Lark.

use llguidance::regex_to_lark;
use serde_json::{Value, json};

use super::super::TextError;
use super::super::tokenizer::Tokenizer;
use super::Shape;
use super::tools;

/// Schemas and expressions that are longer than this are refused, in bytes.
const LONGEST: usize = 256 << 10;

/// Schemas that are nested more deeply than this are refused.
const DEEPEST: usize = 64;

/// Blanks between the parts of a JSON value: one, or a new line with its indent. Without a bound, a
/// model can write blanks for ever.
const BLANKS: &str = r"( |\n {0,40})?";

/// The grammar of an answer.
pub(super) fn grammar(
    shape: &Shape,
    opens_reasoning: bool,
    tokenizer: &Tokenizer,
) -> Result<String, TextError> {
    let body = match shape {
        Shape::AnyJson => format!("body: {}\n", json_value(&json!({ "type": "object" }), false)?),
        Shape::Schema(schema) => format!("body: {}\n", json_value(schema, false)?),
        Shape::Regex(regex) => {
            bounded("the regular expression", regex.len())?;
            format!("body: /{}/\n", regex_to_lark(regex, ""))
        }
        Shape::Choice(texts) => {
            bounded("the choice", texts.iter().map(String::len).sum())?;
            let texts: Vec<String> = texts.iter().map(|text| literal(text)).collect();
            if texts.is_empty() {
                return Err(TextError::Request("there is nothing to choose from".into()));
            }
            format!("body: {}\n", texts.join(" | "))
        }
        Shape::Tools { tools, required, named, parallel } => {
            tools::grammar(tools, *required, named.as_deref(), *parallel, tokenizer)?
        }
    };
    let start = if opens_reasoning {
        let end = control(tokenizer, "</think>")?;
        format!("start: reasoning {end} GAP body\nreasoning: /(?s:.*)/\nGAP: /\\n{{0,2}}/\n")
    } else {
        "start: body\n".into()
    };
    Ok(start + &body)
}

/// The rule for a control token.
pub(super) fn control(tokenizer: &Tokenizer, name: &str) -> Result<String, TextError> {
    let missing = || TextError::Request(format!("the model's vocabulary has no {name}"));
    Ok(format!("<[{}]>", tokenizer.special(name).ok_or_else(missing)?))
}

/// The rule for a fixed text.
pub(super) fn literal(text: &str) -> String {
    Value::from(text).to_string()
}

/// The rule for a JSON value of a schema. Keywords that cannot be enforced are left out where the rule
/// is `lenient`, and else refused.
pub(super) fn json_value(schema: &Value, lenient: bool) -> Result<String, TextError> {
    if depth(schema, 0) > DEEPEST {
        let text = format!("the schema is nested more deeply than {DEEPEST} levels");
        return Err(TextError::TooCostly(text));
    }
    let mut schema = match schema {
        Value::Bool(true) => json!({}),
        Value::Object(_) => schema.clone(),
        _ => return Err(TextError::Request("a JSON schema is an object".into())),
    };
    schema["x-guidance"] = json!({ "whitespace_pattern": BLANKS, "lenient": lenient });
    let text = schema.to_string();
    bounded("the schema", text.len())?;
    Ok(format!("%json {text}"))
}

fn bounded(what: &str, length: usize) -> Result<(), TextError> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(TextError::TooCostly(format!("{what} has {length} bytes; the most is {LONGEST}")))
}

fn depth(value: &Value, above: usize) -> usize {
    let inner = |value: &Value| depth(value, above + 1);
    match value {
        Value::Array(list) if above <= DEEPEST => list.iter().map(inner).max(),
        Value::Object(map) if above <= DEEPEST => map.values().map(inner).max(),
        _ => None,
    }
    .unwrap_or(above)
}
