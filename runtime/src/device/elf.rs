//! Whether bytes are a whole shared object for a machine.
//!
//! The system's loader trusts what it maps; a truncated file would kill the process when a page
//! beyond its end is touched. What can be told from the header is told here, in words.

/// Size of an ELF64 header.
const HEADER: usize = 64;
/// `e_type` of a relocatable file.
const RELOCATABLE: u16 = 1;
/// `e_type` of a shared object.
const SHARED: u16 = 3;
/// `e_machine` of x86-64.
pub(super) const X86_64: u16 = 62;
/// `e_machine` of AMD GPUs.
pub(super) const AMDGPU: u16 = 224;

/// Checks the identification, type, machine and length of a shared object.
pub(super) fn check_shared_object(bytes: &[u8], machine: u16) -> Result<(), String> {
    if bytes.len() < HEADER || bytes[..4] != *b"\x7fELF" {
        return Err("it is not an ELF file".to_owned());
    }
    if bytes[4] != 2 || bytes[5] != 1 {
        return Err("it is not a 64-bit little-endian ELF file".to_owned());
    }
    match half(bytes, 16) {
        SHARED => {}
        RELOCATABLE => return Err("it is not linked: a shared object is needed".to_owned()),
        other => return Err(format!("it is not a shared object (ELF type {other})")),
    }
    let found = half(bytes, 18);
    if found != machine {
        return Err(format!("it is for another processor (ELF machine {found})"));
    }
    let programs = table_end(bytes, 32, half(bytes, 54), half(bytes, 56));
    let sections = table_end(bytes, 40, half(bytes, 58), half(bytes, 60));
    let segments = (0..usize::from(half(bytes, 56))).map(|index| segment_end(bytes, index));
    let ends = [programs, sections].into_iter().map(Some).chain(segments);
    match ends.map(|end| end.unwrap_or(u64::MAX)).max() {
        Some(end) if end > bytes.len() as u64 => Err("it is cut off or damaged".to_owned()),
        _ => Ok(()),
    }
}

/// End of a header table whose offset stands at `at`.
fn table_end(bytes: &[u8], at: usize, entry: u16, count: u16) -> u64 {
    word(bytes, at).saturating_add(u64::from(entry) * u64::from(count))
}

/// End of a segment's bytes in the file; `None` if its header lies outside the file.
fn segment_end(bytes: &[u8], index: usize) -> Option<u64> {
    let table = usize::try_from(word(bytes, 32)).ok()?;
    let header = table.checked_add(index * usize::from(half(bytes, 54)))?;
    bytes.get(header..header.checked_add(40)?)?;
    word(bytes, header + 8).checked_add(word(bytes, header + 32))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let field: [u8; 8] = bytes[at..at + 8].try_into().expect("eight bytes should be eight bytes");
    u64::from_le_bytes(field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header with one segment of 16 bytes behind it.
    fn minimal() -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56 + 16];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16] = 3;
        bytes[18] = 62;
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64 + 8] = 120;
        bytes[64 + 32] = 16;
        bytes
    }

    #[test]
    fn whole_shared_objects_pass_and_every_truncation_is_noticed() {
        let whole = minimal();
        assert_eq!(check_shared_object(&whole, X86_64), Ok(()));
        for cut in 0..whole.len() {
            assert!(check_shared_object(&whole[..cut], X86_64).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let changed = |at: usize, to: u8| {
            let mut bytes = minimal();
            bytes[at] = to;
            check_shared_object(&bytes, X86_64).unwrap_err()
        };
        assert!(changed(0, 0).contains("not an ELF"));
        assert!(changed(4, 1).contains("64-bit"));
        assert!(changed(16, 1).contains("not linked"));
        assert!(changed(16, 2).contains("not a shared object"));
        assert!(changed(18, 224).contains("another processor"));
    }

    proptest! {
        #[test]
        fn any_header_is_judged_without_panic(
            fields in proptest::collection::vec(any::<u8>(), 44),
            rest in proptest::collection::vec(any::<u8>(), 0..256),
        ) {
            let _ = check_shared_object(&[&minimal()[..20], &fields, &rest].concat(), X86_64);
            let _ = check_shared_object(&rest, AMDGPU);
        }
    }
}
