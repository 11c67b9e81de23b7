//! Bounds-checked access to ELF files: symbols by name, bytes by address.

use object::elf::{FileHeader64, SHF_ALLOC, SHF_WRITE};
use object::read::elf::{ElfFile64, FileHeader as _, SectionHeader as _};
use object::{LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _, SymbolSection};

use super::ObjectError;

/// A parsed 64-bit little-endian ELF file.
pub(super) type Elf<'d> = ElfFile64<'d, LittleEndian>;

/// A symbol defined in a file.
pub(super) struct Symbol {
    /// Address in a linked file, offset in its section in a relocatable one.
    pub(super) address: u64,
    /// Bytes, 0 where unknown.
    pub(super) size: u64,
    /// Index of its section.
    pub(super) section: object::SectionIndex,
}

/// Reads the headers of a file.
pub(super) fn parse(bytes: &[u8]) -> Result<Elf<'_>, ObjectError> {
    let elf = Elf::parse(bytes).map_err(ObjectError::malformed)?;
    let header: &FileHeader64<LittleEndian> = elf.elf_header();
    if header.is_little_endian() { Ok(elf) } else { Err(ObjectError::malformed("big-endian")) }
}

/// The machine a file was made for (`EM_*`).
pub(super) fn machine(elf: &Elf<'_>) -> u16 {
    elf.elf_header().e_machine(LittleEndian)
}

/// A symbol defined under a name, in the static or else in the dynamic table.
pub(super) fn symbol(elf: &Elf<'_>, name: &str) -> Option<Symbol> {
    elf.symbols().chain(elf.dynamic_symbols()).find_map(|symbol| {
        let SymbolSection::Section(section) = symbol.section() else { return None };
        let (address, size) = (symbol.address(), symbol.size());
        (symbol.name() == Ok(name)).then_some(Symbol { address, size, section })
    })
}

/// Names of symbols that a file needs from elsewhere, sorted.
pub(super) fn undefined(elf: &Elf<'_>) -> Vec<String> {
    let needed = elf.symbols().chain(elf.dynamic_symbols()).filter(|symbol| symbol.is_undefined());
    let mut names: Vec<String> = needed
        .map(|symbol| String::from_utf8_lossy(symbol.name_bytes().unwrap_or(b"?")).into_owned())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Names of sections whose memory stays writable after loading, sorted.
pub(super) fn writable(elf: &Elf<'_>) -> Vec<String> {
    let writable = u64::from(SHF_ALLOC | SHF_WRITE);
    let mut names: Vec<String> = elf
        .sections()
        .filter(|section| {
            let header = section.elf_section_header();
            header.sh_flags(LittleEndian) & writable == writable && section.size() > 0
        })
        .map(|section| String::from_utf8_lossy(section.name_bytes().unwrap_or(b"?")).into_owned())
        .filter(|name| !LINKER_OWN.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// Sections that the linker adds to every shared object; read-only once loaded.
const LINKER_OWN: [&str; 2] = [".dynamic", ".relro_padding"];

/// Bytes of a symbol; to the end of its section where its size is unknown.
pub(super) fn code<'d>(elf: &Elf<'d>, symbol: &Symbol) -> Result<&'d [u8], ObjectError> {
    let section = elf.section_by_index(symbol.section).map_err(ObjectError::malformed)?;
    let data = section.data().map_err(ObjectError::malformed)?;
    let outside = || ObjectError::malformed("a symbol reaches outside its section");
    let start = symbol.address.checked_sub(section.address()).ok_or_else(outside)?;
    let start = usize::try_from(start).map_err(|_| outside())?;
    let rest = data.get(start..).ok_or_else(outside)?;
    match usize::try_from(symbol.size) {
        Ok(0) => Ok(rest),
        Ok(size) => rest.get(..size).ok_or_else(outside),
        Err(_) => Err(outside()),
    }
}
