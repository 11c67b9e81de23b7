//! A file that says what it is: `kiln <kind> <version> <sha256>` and a line end, then the body.

use crate::hash::Digest;

/// Version of every file of the store.
pub(super) const VERSION: u32 = 1;

/// The file for a body.
pub(super) fn seal(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("kiln {kind} {VERSION} {}\n", Digest::of(body));
    [head.as_bytes(), body].concat()
}

/// The body of a file, and its digest; otherwise what is wrong with the file.
pub(super) fn unseal<'a>(kind: &str, file: &'a [u8]) -> Result<(&'a [u8], Digest), String> {
    let end = file.iter().take(128).position(|&byte| byte == b'\n').ok_or("it has no head")?;
    let head = std::str::from_utf8(&file[..end]).map_err(|_| "its head is not text")?;
    let body = &file[end + 1..];
    let words: Vec<&str> = head.split(' ').collect();
    let ["kiln", found, version, digest] = words[..] else {
        return Err("its head is not that of a cache file".into());
    };
    if found != kind {
        return Err(format!("it is of kind '{}', not '{kind}'", found.escape_debug()));
    }
    if version != VERSION.to_string() {
        return Err(format!("it has version {}, not {VERSION}", version.escape_debug()));
    }
    let actual = Digest::of(body);
    if digest != actual.to_string() {
        return Err("it does not match its checksum".into());
    }
    Ok((body, actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_opens_and_any_flipped_bit_or_cut_is_noticed() {
        let file = seal("object", b"\x7fELF and so on");
        assert_eq!(unseal("object", &file).unwrap().0, b"\x7fELF and so on");
        assert!(unseal("artifact", &file).is_err());
        for bit in 0..file.len() * 8 {
            let mut bad = file.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal("object", &bad).is_err(), "bit {bit}");
        }
        for end in 0..file.len() {
            assert!(unseal("object", &file[..end]).is_err(), "cut at {end}");
        }
    }
}
