//! The file as a loader sees it: segments placed in an image, dynamic relocations, symbols.

use std::ops::RangeInclusive;

use object::elf::{EM_AMDGPU, PF_W, PF_X, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSymbol as _, RelocationFlags, RelocationTarget};

use super::ObjectError;

pub(super) type Elf<'d> = ElfFile64<'d, LittleEndian>;

/// Most bytes of an image. Objects of hundreds of kernels have a few megabytes.
const MOST_IMAGE: u64 = 256 << 20;

/// `ELFOSABI_AMDGPU_HSA`.
const OS_ABI_HSA: u8 = 64;

/// `ELFABIVERSION_AMDGPU_HSA_V4` to `..._V6`.
const ABI_VERSIONS: RangeInclusive<u8> = 2..=4;

/// A part of the image with its own rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First byte, counted from the start of the image.
    pub address: u64,
    /// Bytes.
    pub size: u64,
    /// Whether kernels may write it.
    pub writable: bool,
    /// Whether it holds code.
    pub executable: bool,
}

/// A function or variable of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// First byte, counted from the start of the image.
    pub address: u64,
    /// Bytes; 0 where unknown.
    pub size: u64,
    /// Whether it is code; otherwise it is data.
    pub is_function: bool,
}

/// A place in the image whose value depends on where the image is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Relocation {
    /// The place, counted from the start of the image.
    pub(super) address: u64,
    /// Bytes of the value: 4 or 8.
    pub(super) size: u8,
    /// What the value is counted from.
    pub(super) from: From,
    /// Bits to drop from the right of the value.
    pub(super) shift: u8,
    /// The value before the base is added, as an offset into the image.
    pub(super) value: u64,
}

/// What a relocated value is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Zero: the value is an address.
    Zero,
    /// The place itself: the value is a distance and does not depend on the base.
    Place,
}

/// Reads the headers, and refuses what is no linked code object for HSA.
pub(super) fn parse(bytes: &[u8]) -> Result<Elf<'_>, ObjectError> {
    let elf = Elf::parse(bytes).map_err(ObjectError::malformed)?;
    let header = elf.elf_header();
    if !header.is_little_endian() || header.e_machine(LittleEndian) != EM_AMDGPU {
        return Err(ObjectError::malformed("not made for AMDGPU"));
    }
    if header.e_ident().os_abi != OS_ABI_HSA {
        return Err(ObjectError::unsupported("made for another system than HSA"));
    }
    if !ABI_VERSIONS.contains(&header.e_ident().abi_version) {
        return Err(ObjectError::unsupported("its version is not 4, 5 or 6"));
    }
    Ok(elf)
}

/// The image before relocation, and its segments.
pub(super) fn load(elf: &Elf<'_>) -> Result<(Vec<u8>, Vec<Segment>), ObjectError> {
    let data = elf.data();
    let headers =
        elf.elf_header().program_headers(LittleEndian, data).map_err(ObjectError::malformed)?;
    let loads = || headers.iter().filter(|header| header.p_type(LittleEndian) == PT_LOAD);
    let mut end = 0;
    for header in loads() {
        let (address, size) = (header.p_vaddr(LittleEndian), header.p_memsz(LittleEndian));
        let stop = address.checked_add(size).filter(|stop| *stop <= MOST_IMAGE);
        end = end.max(stop.ok_or_else(|| {
            ObjectError::unsupported("a segment reaches beyond 256 MiB of memory")
        })?);
    }
    if end == 0 {
        return Err(ObjectError::malformed("nothing to load; is it linked?"));
    }
    let (mut image, mut segments) = (vec![0; end as usize], Vec::new());
    for header in loads() {
        let bytes = header.data(LittleEndian, data);
        let bytes = bytes.map_err(|()| ObjectError::malformed("a segment is cut short"))?;
        let (address, size) = (header.p_vaddr(LittleEndian), header.p_memsz(LittleEndian));
        if bytes.len() as u64 > size {
            return Err(ObjectError::malformed("a segment has more bytes than memory"));
        }
        image[address as usize..][..bytes.len()].copy_from_slice(bytes);
        let flags = header.p_flags(LittleEndian);
        let (writable, executable) = (flags & PF_W != 0, flags & PF_X != 0);
        segments.push(Segment { address, size, writable, executable });
    }
    Ok((image, segments))
}

/// The functions and variables that the file defines, in the order of addresses.
pub(super) fn symbols(elf: &Elf<'_>) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = elf
        .symbols()
        .chain(elf.dynamic_symbols())
        .filter(|symbol| symbol.is_definition())
        .filter_map(|symbol| {
            Some(Symbol {
                name: symbol.name().ok()?.to_owned(),
                address: symbol.address(),
                size: symbol.size(),
                is_function: symbol.kind() == object::SymbolKind::Text,
            })
        })
        .collect();
    symbols.sort_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
    symbols.dedup();
    symbols
}

/// The dynamic relocations.
pub(super) fn relocations(elf: &Elf<'_>, image: usize) -> Result<Vec<Relocation>, ObjectError> {
    let Some(relocations) = elf.dynamic_relocations() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (address, relocation) in relocations {
        let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
        let (size, from, shift) = kind(r_type)?;
        let end = address.checked_add(u64::from(size));
        if end.is_none_or(|end| end > image as u64) {
            return Err(ObjectError::malformed("a relocation lies outside the image"));
        }
        let target = match relocation.target() {
            RelocationTarget::Symbol(index) => {
                let symbol = elf
                    .dynamic_symbol_table()
                    .and_then(|table| {
                        object::ObjectSymbolTable::symbol_by_index(&table, index).ok()
                    })
                    .ok_or_else(|| ObjectError::malformed("a relocation names no symbol"))?;
                if symbol.is_undefined() {
                    let name = String::from_utf8_lossy(symbol.name_bytes().unwrap_or(b"?"));
                    return Err(ObjectError::unsupported(format!(
                        "`{name}` is defined elsewhere; link it in"
                    )));
                }
                symbol.address()
            }
            _ => 0,
        };
        let value = target.wrapping_add_signed(relocation.addend());
        found.push(Relocation { address, size, from, shift, value });
    }
    Ok(found)
}

/// Size, origin and shift of a type of relocation (LLVM "User Guide for AMDGPU Backend",
/// relocation records).
fn kind(r_type: u32) -> Result<(u8, From, u8), ObjectError> {
    Ok(match r_type {
        1 | 6 => (4, From::Zero, 0),
        2 => (4, From::Zero, 32),
        3 | 13 => (8, From::Zero, 0),
        4 | 10 => (4, From::Place, 0),
        5 => (8, From::Place, 0),
        11 => (4, From::Place, 32),
        _ => return Err(ObjectError::unsupported(format!("relocation of type {r_type}"))),
    })
}
