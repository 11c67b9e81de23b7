//! Reading of x86-64 objects, relocatable or shared.

use super::{ObjectError, elf, read};

/// What a host object holds for one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInfo {
    /// The function.
    pub symbol: String,
    /// Machine code of the function.
    pub code: Vec<u8>,
    /// SHA-256 of `code`, in hexadecimal. Only a shared object has final code: relocatable code
    /// refers to its constants by relocations that are not part of it.
    pub isa_hash: String,
    /// Symbols that the file needs from elsewhere, sorted.
    pub undefined: Vec<String>,
    /// Sections that stay writable once loaded, sorted.
    pub writable: Vec<String>,
}

/// Reads a function of an x86-64 ELF object.
///
/// # Errors
/// If the file is not such an object or does not define the function.
pub fn read_host(bytes: &[u8], symbol: &str) -> Result<HostInfo, ObjectError> {
    let elf = elf::parse(bytes)?;
    if elf::machine(&elf) != object::elf::EM_X86_64 {
        return Err(ObjectError::malformed("not made for x86-64"));
    }
    let place = elf::symbol(&elf, symbol);
    let place = place.ok_or_else(|| ObjectError::NoSymbol(symbol.to_owned()))?;
    let code = elf::code(&elf, &place)?.to_vec();
    Ok(HostInfo {
        symbol: symbol.to_owned(),
        isa_hash: read::isa_hash(&code),
        code,
        undefined: elf::undefined(&elf),
        writable: elf::writable(&elf),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::samples;

    #[test]
    fn a_leaf_function_needs_nothing_and_writes_no_globals() {
        let relocatable = samples::host_relocatable(samples::HOST_LEAF);
        for bytes in [relocatable, samples::host_linked(samples::HOST_LEAF)] {
            let info = read_host(&bytes, "leaf").unwrap();
            assert_eq!(info.code, [0x8d, 0x47, 0x01, 0xc3], "lea 1(%rdi), %eax; ret");
            assert!(info.undefined.is_empty() && info.writable.is_empty(), "{info:?}");
        }
    }

    #[test]
    fn calls_out_and_writable_data_are_named() {
        let info = read_host(&samples::host_relocatable(samples::HOST_CALLER), "leaf").unwrap();
        assert_eq!(info.undefined, ["memcpy"]);
        assert_eq!(info.writable, [".bss", ".data"]);
        let error = read_host(&samples::host_linked(samples::HOST_LEAF), "none").unwrap_err();
        assert_eq!(error.to_string(), "the code object has no function `none`");
        assert!(read_host(&samples::gpu_linked(), "leaf").is_err());
    }
}
