//! Pictures in requests. The vision tower is not served, so that none is unpacked or kept: the model
//! is told in words that one was there, or the request is refused.

use imagesize::ImageType;

use super::error::ApiError;
use crate::text::conversation::{Conversation, Part, Picture};

/// Most pixels of a picture.
const PIXELS: usize = 1 << 26;

/// Most pictures of a conversation.
const MOST: usize = 256;

/// What becomes of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pictures {
    /// The model is told that there was one, and that it cannot see it
    #[default]
    Told,
    /// The request is refused with status 400
    Refused,
}

/// A picture by its address.
///
/// # Errors
/// Any address that does not hold the picture itself, and what is no picture.
pub(super) fn of_url(url: &str, path: &str) -> Result<Picture, ApiError> {
    let Some(rest) = url.strip_prefix("data:") else {
        return Err(ApiError::field(path, "images are taken as data: URLs only"));
    };
    let data = rest.split_once(";base64,").filter(|(media, _)| media.starts_with("image/"));
    match data {
        Some((_, data)) => of_base64(data, path),
        None => Err(ApiError::field(path, "an image is data:image/FORMAT;base64,DATA")),
    }
}

/// A picture by its file in base64.
///
/// # Errors
/// What is no picture, and pictures that are too large.
pub(super) fn of_base64(text: &str, path: &str) -> Result<Picture, ApiError> {
    let bytes = base64(text).ok_or_else(|| ApiError::field(path, "an image is not base64"))?;
    let known = imagesize::image_type(&bytes).ok().and_then(name);
    let size = imagesize::blob_size(&bytes).ok();
    let (Some(format), Some(size)) = (known, size) else {
        return Err(ApiError::field(path, "an image is neither PNG nor JPEG nor WebP nor GIF"));
    };
    if size.width.checked_mul(size.height).is_none_or(|pixels| pixels > PIXELS) {
        let (width, height) = (size.width, size.height);
        let why = format!("an image of {width}x{height} pixels; {PIXELS} are the most");
        return Err(ApiError::field(path, why));
    }
    Ok(Picture { format, size: [size.width, size.height] })
}

fn name(of: ImageType) -> Option<&'static str> {
    match of {
        ImageType::Png => Some("PNG"),
        ImageType::Jpeg => Some("JPEG"),
        ImageType::Webp => Some("WebP"),
        ImageType::Gif => Some("GIF"),
        _ => None,
    }
}

/// Puts words in the place of pictures.
///
/// # Errors
/// Where pictures are refused, and where there are very many.
pub(super) fn settle(conversation: &mut Conversation, pictures: Pictures) -> Result<(), ApiError> {
    let parts = conversation.messages.iter_mut().flat_map(|message| &mut message.parts);
    let mut count = 0;
    for part in parts {
        let Part::Picture(picture) = part else { continue };
        if pictures == Pictures::Refused {
            let why = "this model is served without its vision tower; send text only";
            return Err(ApiError::bad(why).coded("unsupported_image"));
        }
        count += 1;
        if count > MOST {
            return Err(ApiError::bad(format!("a conversation has at most {MOST} images")));
        }
        *part = Part::Text(words(picture));
    }
    Ok(())
}

/// What the model is told of a picture.
fn words(Picture { format, size: [width, height] }: &Picture) -> String {
    format!(
        "[Here was a {format} picture of {width}x{height} pixels. You were not shown it: this server \
         handles text only. Say so where it matters, and do not guess what the picture shows.]"
    )
}

/// The bytes of a text in base64.
fn base64(text: &str) -> Option<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::conversation::{Message, Role};

    /// One pixel.
    const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

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
    fn only_pictures_that_come_along_are_taken() {
        let one = Picture { format: "GIF", size: [1, 1] };
        assert_eq!(of_url(&format!("data:image/gif;base64,{GIF}"), "p"), Ok(one.clone()));
        assert_eq!(of_base64(GIF, "p"), Ok(one));
        for url in [
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "data:text/html;base64,TQ==",
            "data:image/png,x",
            "data:image/png;base64,TWFu",
            "data:image/svg+xml;base64,PHN2Zy8+",
            "",
        ] {
            assert!(of_url(url, "p").is_err(), "{url}");
        }
    }

    #[test]
    fn the_model_is_told_of_pictures_wherever_they_are_or_they_are_refused() {
        let picture = || Part::Picture(Picture { format: "PNG", size: [640, 480] });
        let told = |count: usize, pictures: Pictures| {
            let mut message = Message::text(Role::User, "What is this?");
            message.parts.extend((0..count).map(|_| picture()));
            let messages = vec![message];
            let mut conversation = Conversation { messages, ..Conversation::default() };
            settle(&mut conversation, pictures).map(|()| conversation.messages.remove(0).parts)
        };
        let parts = told(2, Pictures::Told).expect("pictures are told of");
        let [Part::Text(asked), Part::Text(one), Part::Text(two)] = &parts[..] else {
            panic!("{parts:?}")
        };
        assert_eq!(asked, "What is this?");
        assert!(one == two && one.contains("PNG picture of 640x480 pixels"), "{one}");
        assert!(told(MOST, Pictures::Told).is_ok());
        assert!(told(MOST + 1, Pictures::Told).is_err());
        assert!(told(0, Pictures::Refused).is_ok());
        let refused = told(1, Pictures::Refused).expect_err("a picture");
        assert!(refused.message().contains("vision tower"), "{refused:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_picture_or_an_error(
            head in prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"GIF89a", b"RIFF", b""]),
            rest in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let bits: Vec<u8> =
                head.iter().chain(&rest).flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
            let digit = |six: &[u8]| six.iter().fold(0, |held, bit| held << 1 | bit) << (6 - six.len());
            let text: String = bits.chunks(6).map(|six| char::from(DIGITS[usize::from(digit(six))])).collect();
            prop_assert_eq!(base64(&text), Some([head, &rest[..]].concat()));
            if let Ok(picture) = of_base64(&text, "p") {
                prop_assert!(picture.size[0] * picture.size[1] <= PIXELS);
            }
        }
    }
}
