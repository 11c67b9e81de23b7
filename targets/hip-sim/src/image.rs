//! Finding the code object in an image that a program hands over by its address alone.
//!
//! An image is an ELF file or one of clang's offload bundles, which holds ELF files for several chips. Its
//! size follows from its own headers.

use crate::error::{Error, Result};

const BUNDLE: &[u8] = b"__CLANG_OFFLOAD_BUNDLE__";
const COMPRESSED: &[u8] = b"CCOB";
const ELF: &[u8] = b"\x7fELF\x02\x01";
/// Bytes of the header of a 64-bit ELF file.
const ELF_HEADER: usize = 64;
/// Most entries of a bundle, and most bytes of the name of one.
const MOST_ENTRIES: u64 = 1024;
const LONGEST_NAME: u64 = 4096;

/// Bytes at an offset into the image, so many of them.
pub(crate) type Read<'r> = &'r dyn Fn(usize, usize) -> Result<Vec<u8>>;

/// The ELF file for a chip.
///
/// # Errors
/// If the image is of another kind, or a bundle without code for the chip.
pub(crate) fn code_object(read: Read<'_>, cpu: &str) -> Result<Vec<u8>> {
    let start = read(0, ELF.len())?;
    if start == ELF {
        return read(0, elf_size(read)?);
    }
    if start.starts_with(COMPRESSED) {
        return Err(Error::NotSupported);
    }
    if !BUNDLE.starts_with(&start) || read(0, BUNDLE.len())? != BUNDLE {
        return Err(Error::InvalidImage);
    }
    from_bundle(read, cpu)
}

/// Where the last of an ELF file's headers and contents ends.
fn elf_size(read: Read<'_>) -> Result<usize> {
    let header = read(0, ELF_HEADER)?;
    let half = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let [programs, sections] = [0x20, 0x28].map(|at| word(&header, at));
    let table = |start: u64, entry: usize, count: usize| {
        start.checked_add(half(entry) * half(count)).ok_or(Error::InvalidImage)
    };
    let mut end = table(programs, 0x36, 0x38)?.max(table(sections, 0x3a, 0x3c)?);
    for index in 0..half(0x38) {
        let at = programs + index * half(0x36);
        let segment = read(at as usize, 0x38)?;
        let last = word(&segment, 8).checked_add(word(&segment, 0x20));
        end = end.max(last.ok_or(Error::InvalidImage)?);
    }
    usize::try_from(end).map_err(|_| Error::InvalidImage)
}

/// The entry of a bundle whose name ends in the chip's, as `hipv4-amdgcn-amd-amdhsa--gfx1151` does.
fn from_bundle(read: Read<'_>, cpu: &str) -> Result<Vec<u8>> {
    let count = word(&read(BUNDLE.len(), 8)?, 0);
    let mut at = BUNDLE.len() + 8;
    for _ in 0..count.min(MOST_ENTRIES) {
        let entry = read(at, 24)?;
        let [offset, size, name] = [0, 8, 16].map(|at| word(&entry, at));
        if name > LONGEST_NAME {
            return Err(Error::InvalidImage);
        }
        let name = read(at + 24, name as usize)?;
        at += 24 + name.len();
        let name = String::from_utf8_lossy(&name);
        let chip = name.rsplit("--").next().and_then(|chip| chip.split(':').next());
        if name.starts_with("hip") && chip == Some(cpu) {
            return read(offset as usize, size as usize);
        }
    }
    Err(Error::NoBinaryForGpu)
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(image: &[u8], cpu: &str) -> Result<Vec<u8>> {
        let read = |at: usize, count: usize| {
            let end = at.checked_add(count).ok_or(Error::InvalidImage)?;
            image.get(at..end).map(<[u8]>::to_vec).ok_or(Error::InvalidImage)
        };
        code_object(&read, cpu)
    }

    fn elf(size: u64) -> Vec<u8> {
        let mut file = vec![0; size as usize];
        file[..6].copy_from_slice(ELF);
        file[0x20..0x28].copy_from_slice(&64u64.to_le_bytes());
        file[0x36..0x3a].copy_from_slice(&[0x38, 0, 1, 0]);
        file[64 + 8..64 + 16].copy_from_slice(&(size - 20).to_le_bytes());
        file[64 + 0x20..64 + 0x28].copy_from_slice(&20u64.to_le_bytes());
        file
    }

    fn bundle(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let header: usize = 32 + entries.iter().map(|(name, _)| 24 + name.len()).sum::<usize>();
        let (mut bytes, mut contents) = (BUNDLE.to_vec(), Vec::new());
        bytes.extend((entries.len() as u64).to_le_bytes());
        for (name, content) in entries {
            let words = [header + contents.len(), content.len(), name.len()];
            bytes.extend(words.iter().flat_map(|word| (*word as u64).to_le_bytes()));
            bytes.extend(name.as_bytes());
            contents.extend(*content);
        }
        [bytes, contents].concat()
    }

    #[test]
    fn the_size_of_an_elf_file_follows_from_its_headers() {
        let file = elf(200);
        let longer = [file.clone(), vec![7; 50]].concat();
        assert_eq!(find(&longer, "gfx1151"), Ok(file));
    }

    #[test]
    fn a_bundle_gives_the_entry_of_the_chip() {
        let [host, own, other] = [b"host".as_slice(), b"own", b"other"];
        let bundle = bundle(&[
            ("host-x86_64-unknown-linux-gnu--", host),
            ("hipv4-amdgcn-amd-amdhsa--gfx1100", other),
            ("hipv4-amdgcn-amd-amdhsa--gfx1151:xnack-", own),
        ]);
        assert_eq!(find(&bundle, "gfx1151"), Ok(own.to_vec()));
        assert_eq!(find(&bundle, "gfx1100"), Ok(other.to_vec()));
        assert_eq!(find(&bundle, "gfx115"), Err(Error::NoBinaryForGpu));
    }

    #[test]
    fn other_images_are_refused() {
        assert_eq!(find(b"no such thing at all", "gfx1151"), Err(Error::InvalidImage));
        assert_eq!(find(b"CCOB compressed", "gfx1151"), Err(Error::NotSupported));
        assert_eq!(find(b"__CLANG_OFFLOAD_BUNDLE", "gfx1151"), Err(Error::InvalidImage));
        let mut wild = bundle(&[("hipv4-amdgcn-amd-amdhsa--gfx1151", b"x")]);
        wild[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(find(&wild, "gfx1151"), Err(Error::InvalidImage));
    }
}
