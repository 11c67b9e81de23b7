//! Contents of messages.

use serde_json::Value;

use super::error::ApiError;
use super::fields::{Field, Kind, may, must};
use super::picture;
use crate::text::conversation::Part;

/// Most parts of a message.
const PARTS: usize = 1024;

const PART: &[Field] = &[
    must("type", Kind::Text, "text, image_url, input_text, output_text, input_image or refusal."),
    may("text", Kind::Text, "The text."),
    may("refusal", Kind::Text, "The text of a refusal."),
    may("image_url", Kind::Either(&[Kind::Text, Kind::Object]), "An address, or {url}."),
];

/// A content: a text or parts.
pub(crate) const CONTENT: Kind =
    Kind::Either(&[Kind::Text, Kind::List(&Kind::Record(PART), 0, PARTS)]);

/// Reads a content that was checked.
///
/// # Errors
/// Parts of an unknown kind, and pictures that are none.
pub(crate) fn parts(content: Option<&Value>, path: &str) -> Result<Vec<Part>, ApiError> {
    match content {
        Some(Value::String(text)) => Ok(vec![Part::Text(text.clone())]),
        Some(Value::Array(list)) => list.iter().map(|part| read(part, path)).collect(),
        _ => Ok(Vec::new()),
    }
}

fn read(part: &Value, path: &str) -> Result<Part, ApiError> {
    let text = |name: &str| match part[name].as_str() {
        Some(text) => Ok(Part::Text(text.to_owned())),
        None => Err(ApiError::field(path, format!("a part has no {name}"))),
    };
    match part["type"].as_str().unwrap_or_default() {
        "text" | "input_text" | "output_text" => text("text"),
        "refusal" => text("refusal"),
        "image_url" | "input_image" => {
            let url = part["image_url"].get("url").unwrap_or(&part["image_url"]);
            picture::of_url(url.as_str().unwrap_or_default(), path).map(Part::Picture)
        }
        other => {
            let other: String = other.chars().take(40).collect();
            Err(ApiError::field(path, format!("parts of type {other:?} are not understood")))
        }
    }
}
