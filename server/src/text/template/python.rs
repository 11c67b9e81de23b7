//! What templates written for Jinja2 expect of Python.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, Rest, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::number::float;

/// No value that is written as JSON is nested more deeply.
const DEEPEST: usize = 200;

/// Replaces what differs between this engine and Jinja2.
pub(super) fn install(environment: &mut Environment<'static>) {
    environment.set_unknown_method_callback(method);
    environment.add_filter("tojson", |value: Value, options: Kwargs| {
        options.assert_all_used()?;
        let mut text = String::new();
        json(&value, &mut text, 0)?;
        Ok::<_, Error>(text)
    });
    environment.add_filter("string", |value: Value| match value.kind() {
        ValueKind::String => value,
        _ => Value::from(written(&value)),
    });
    environment.add_filter("trim", |text: Value, letters: Option<String>| {
        let text = text.as_str().map_or_else(|| written(&text), str::to_owned);
        strip(&text, letters.as_deref(), true, true).to_owned()
    });
    environment.set_formatter(|out, _, value| {
        let wrote = match value.kind() {
            ValueKind::Undefined => Ok(()),
            ValueKind::String => out.write_str(value.as_str().unwrap_or_default()),
            _ => out.write_str(&written(value)),
        };
        wrote.map_err(|_| Error::from(ErrorKind::WriteFailure))
    });
}

/// `str()` of a value.
fn written(value: &Value) -> String {
    match value.kind() {
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.into(),
        ValueKind::None => "None".into(),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float)
        }
        _ => value.to_string(),
    }
}

/// Methods of strings whose blanks are Python's; all others are the library's.
fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        let (start, end) = match name {
            "strip" => (true, true),
            "lstrip" => (true, false),
            "rstrip" => (false, true),
            "split" if arguments.is_empty() => {
                let words = text.split(is_space).filter(|word| !word.is_empty());
                return Ok(words.map(Value::from).collect::<Vec<_>>().into());
            }
            _ => return unknown_method_callback(state, value, name, arguments),
        };
        let (letters, Rest(more)): (Option<&str>, Rest<Value>) = from_args(arguments)?;
        if !more.is_empty() {
            return Err(Error::from(ErrorKind::TooManyArguments));
        }
        return Ok(strip(text, letters, start, end).into());
    }
    unknown_method_callback(state, value, name, arguments)
}

fn strip<'t>(text: &'t str, letters: Option<&str>, start: bool, end: bool) -> &'t str {
    let drop = |c: char| letters.map_or_else(|| is_space(c), |letters| letters.contains(c));
    let text = if start { text.trim_start_matches(drop) } else { text };
    if end { text.trim_end_matches(drop) } else { text }
}

/// Python counts the separators U+001C to U+001F as blanks, Unicode does not.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `json.dumps(value, ensure_ascii=False)`.
fn json(value: &Value, text: &mut String, depth: usize) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::new(ErrorKind::InvalidOperation, why));
    if depth > DEEPEST {
        return refuse("the value is nested too deeply to be written as JSON".into());
    }
    match value.kind() {
        ValueKind::None => text.push_str("null"),
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if value.is_integer() => text.push_str(&value.to_string()),
        ValueKind::Number => match f64::try_from(value.clone())? {
            number if number.is_nan() => text.push_str("NaN"),
            number if number.is_infinite() && number < 0.0 => text.push_str("-Infinity"),
            number if number.is_infinite() => text.push_str("Infinity"),
            number => text.push_str(&float(number)),
        },
        ValueKind::String => quoted(value.as_str().unwrap_or_default(), text),
        ValueKind::Map => {
            text.push('{');
            for (at, key) in value.try_iter()?.enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                let name = key.as_str().map_or_else(|| written(&key), str::to_owned);
                quoted(&name, text);
                text.push_str(": ");
                json(&value.get_item(&key)?, text, depth + 1)?;
            }
            text.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            for (at, inner) in value.try_iter()?.enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                json(&inner, text, depth + 1)?;
            }
            text.push(']');
        }
        kind => return refuse(format!("a value of kind {kind} cannot be written as JSON")),
    }
    Ok(())
}

fn quoted(letters: &str, text: &mut String) {
    text.push('"');
    for c in letters.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c if c < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
