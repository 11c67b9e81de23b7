//! Contents of messages.

use serde_json::Value;

use super::error::ApiError;
use super::fields::{Field, Kind, may, must};
use crate::text::conversation::{ImageData, Part};

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
/// Parts of an unknown kind, and images that are not there.
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
            image(url.as_str().unwrap_or_default(), path).map(Part::Image)
        }
        other => {
            let other: String = other.chars().take(40).collect();
            Err(ApiError::field(path, format!("parts of type {other:?} are not understood")))
        }
    }
}

/// An image by its address.
fn image(url: &str, path: &str) -> Result<ImageData, ApiError> {
    let Some(rest) = url.strip_prefix("data:") else {
        let why = "images are taken as data: URLs only";
        return Err(ApiError::field(path, why));
    };
    let read = rest.split_once(',').and_then(|(head, data)| {
        let media = head.strip_suffix(";base64")?;
        Some(ImageData::Inline { media: media.to_owned(), bytes: base64(data)? })
    });
    let why = || ApiError::field(path, "an image is data:MEDIA;base64,DATA");
    read.filter(
        |image| matches!(image, ImageData::Inline { media, .. } if media.starts_with("image/")),
    )
    .ok_or_else(why)
}

/// The bytes of a text in base64.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0u32);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\r' | b'\n' => continue,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// Whether a conversation shows pictures.
pub(crate) fn has_images(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Image(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("TQ==", b"M"),
            ("TWE", b"Ma"),
            ("TWFu", b"Man"),
            ("-_8=", b"\xfb\xff"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(base64("T*"), None);
    }

    #[test]
    fn only_images_that_come_along_are_taken() {
        let of = |url: &str| {
            parts(Some(&json!([{"type": "image_url", "image_url": {"url": url}}])), "p")
        };
        assert!(of("data:image/png;base64,TWFu").is_ok_and(|parts| has_images(&parts)));
        for url in [
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "data:text/html;base64,TQ==",
            "data:image/png,x",
            "",
        ] {
            assert!(of(url).is_err(), "{url}");
        }
    }
}
