//! Messages on a pipe: a little-endian u32 length, then that many bytes of JSON.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest message in bytes; a longer one is a sign of a confused peer.
pub const FRAME_LIMIT: usize = 64 << 20;

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The pipe broke, or the peer ended inside a message.
    #[error("the connection to the device process broke: {0}")]
    Io(#[from] io::Error),
    /// The length exceeds [`FRAME_LIMIT`].
    #[error("a message of {0} bytes exceeds the limit of {FRAME_LIMIT} bytes")]
    TooLong(u64),
    /// The bytes are not a message of this protocol.
    #[error("a message could not be understood: {0}; are both programs of the same version?")]
    Malformed(#[from] serde_json::Error),
}

/// Reads one message; `None` when the peer closed the pipe between messages.
///
/// # Errors
/// If the pipe breaks inside a message, the message is too long or is not understood.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>, FrameError> {
    let Some(length) = read_length(from)? else {
        return Ok(None);
    };
    if length as usize > FRAME_LIMIT {
        return Err(FrameError::TooLong(u64::from(length)));
    }
    let mut body = Vec::new();
    from.by_ref().take(u64::from(length)).read_to_end(&mut body)?;
    if body.len() != length as usize {
        return Err(ended_early().into());
    }
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one message and flushes.
///
/// # Errors
/// If the pipe breaks or the message is too long; nothing of a message too long is written.
pub fn write_frame<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), FrameError> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    if length > FRAME_LIMIT {
        return Err(FrameError::TooLong(length as u64));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    to.write_all(&frame)?;
    Ok(to.flush()?)
}

/// The length in front of a message, or `None` at a clean end of the stream.
fn read_length(from: &mut impl Read) -> io::Result<Option<u32>> {
    let mut bytes = Vec::with_capacity(4);
    from.by_ref().take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(bytes) {
        Ok(bytes) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(partial) if partial.is_empty() => Ok(None),
        Err(_) => Err(ended_early()),
    }
}

fn ended_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it ended inside a message")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clean_end_is_not_an_error_but_an_end_inside_a_message_is() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &"hello").unwrap();
        write_frame(&mut bytes, &"again").unwrap();
        let mut whole = bytes.as_slice();
        assert_eq!(read_frame::<String>(&mut whole).unwrap().unwrap(), "hello");
        assert_eq!(read_frame::<String>(&mut whole).unwrap().unwrap(), "again");
        assert!(read_frame::<String>(&mut whole).unwrap().is_none());
        for cut in 1..bytes.len() / 2 {
            let error = read_frame::<String>(&mut &bytes[..cut]).unwrap_err();
            assert!(error.to_string().contains("inside a message"), "{error}");
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
        let mut bytes = &u32::MAX.to_le_bytes()[..];
        let error = read_frame::<String>(&mut bytes).unwrap_err();
        assert!(matches!(error, FrameError::TooLong(_)));
        let long = "x".repeat(FRAME_LIMIT);
        let mut out = Vec::new();
        assert!(matches!(write_frame(&mut out, &long), Err(FrameError::TooLong(_))));
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_passes_unchanged(messages in proptest::collection::vec(".*", 0..5)) {
            let mut bytes = Vec::new();
            for message in &messages {
                write_frame(&mut bytes, message).unwrap();
            }
            let mut from = bytes.as_slice();
            for message in &messages {
                prop_assert_eq!(&read_frame::<String>(&mut from).unwrap().unwrap(), message);
            }
            prop_assert!(read_frame::<String>(&mut from).unwrap().is_none());
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            let _ = read_frame::<super::super::Request>(&mut bytes.as_slice());
        }
    }
}
