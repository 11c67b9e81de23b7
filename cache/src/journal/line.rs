//! One line: `{"v":1,"crc":"9ae0daaf","event":{...}}`.

use serde::Serialize;
use serde::de::DeserializeOwned;

const HEAD: &[u8] = br#"{"v":1,"crc":""#;
const MIDDLE: &[u8] = br#"","event":"#;

/// The line for an event, with its line end.
pub(super) fn encode(event: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let event = serde_json::to_vec(event)?;
    let crc = format!("{:08x}", crc32fast::hash(&event));
    Ok([HEAD, crc.as_bytes(), MIDDLE, &event, b"}\n"].concat())
}

/// The event of a line without its line end.
pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let Some(rest) = line.strip_prefix(HEAD) else {
        return Err("it is not a journal line of version 1".into());
    };
    let (crc, rest) = rest.split_at_checked(8).ok_or("it ends early")?;
    let event = rest.strip_prefix(MIDDLE).and_then(|rest| rest.strip_suffix(b"}"));
    let event = event.ok_or("it ends early")?;
    if format!("{:08x}", crc32fast::hash(event)).as_bytes() != crc {
        return Err("it does not match its checksum".into());
    }
    serde_json::from_slice(event).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_the_published_crc() {
        let line = encode(&"123456789").unwrap();
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["event"], "123456789");
        let crc = format!("{:08x}", crc32fast::hash(b"\"123456789\""));
        assert_eq!(value["crc"], crc);
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let line = encode(&["x", "longer text"]).unwrap();
        let line = &line[..line.len() - 1];
        assert!(decode::<Vec<String>>(line).is_ok());
        for bit in 0..line.len() * 8 {
            let mut bad = line.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode::<Vec<String>>(&bad).is_err(), "bit {bit}");
        }
    }
}
