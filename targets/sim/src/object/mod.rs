//! The HSA code object: segments, kernel descriptors, argument metadata.
//!
//! A file is read the way a loader does it: program headers place bytes in an image, the metadata
//! note names the kernels, and a kernel's descriptor says how its waves start. Every offset and size
//! in the file is checked; nothing in it makes the reader panic, loop, or allocate more than the
//! documented bounds.

mod descriptor;
mod elf;
mod error;
mod kernel;
mod note;

use std::collections::HashMap;
use std::ops::Range;

pub use descriptor::{Denormals, Descriptor, Round, UserSgpr};
pub use elf::{Segment, Symbol};
pub use error::ObjectError;
pub use kernel::{Arg, ArgKind, KernelInfo};

/// A linked code object for HSA (version 4 to 6), ready to be placed in memory.
#[derive(Clone, Debug)]
pub struct CodeObject {
    target: String,
    image: Vec<u8>,
    segments: Vec<Segment>,
    symbols: Vec<Symbol>,
    kernels: Vec<KernelInfo>,
    relocations: Vec<elf::Relocation>,
}

impl CodeObject {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is damaged, not linked, not made for AMDGPU and HSA, needs symbols of other objects, or
    /// would take more than 256 MiB of memory.
    pub fn parse(bytes: &[u8]) -> Result<CodeObject, ObjectError> {
        let file = elf::parse(bytes)?;
        let (image, segments) = elf::load(&file)?;
        let symbols = elf::symbols(&file);
        let relocations = elf::relocations(&file, image.len())?;
        let (target, metadata) = note::read(&file)?;
        let mut object =
            CodeObject { target, image, segments, symbols, kernels: Vec::new(), relocations };
        let places: HashMap<&str, u64> =
            object.symbols.iter().map(|symbol| (symbol.name.as_str(), symbol.address)).collect();
        let kernels = metadata.into_iter().map(|row| {
            let place = places.get(row.symbol.as_str()).copied();
            object.kernel(row, place)
        });
        object.kernels = kernels.collect::<Result<_, _>>()?;
        Ok(object)
    }

    /// The target that the file was compiled for, such as `amdgcn-amd-amdhsa--gfx1151`; empty if the
    /// metadata does not say.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The kernels, in the order of the metadata.
    #[must_use]
    pub fn kernels(&self) -> &[KernelInfo] {
        &self.kernels
    }

    /// The kernel of a name.
    #[must_use]
    pub fn kernel_named(&self, name: &str) -> Option<&KernelInfo> {
        self.kernels.iter().find(|kernel| kernel.name == name)
    }

    /// The bytes in memory as if the image were loaded at address zero.
    #[must_use]
    pub fn image(&self) -> &[u8] {
        &self.image
    }

    /// The bytes in memory when the image is loaded at `base`.
    #[must_use]
    pub fn image_at(&self, base: u64) -> Vec<u8> {
        let mut image = self.image.clone();
        for relocation in &self.relocations {
            let value = match relocation.from {
                elf::From::Zero => relocation.value.wrapping_add(base),
                elf::From::Place => relocation.value.wrapping_sub(relocation.address),
            };
            let bytes = (value >> relocation.shift).to_le_bytes();
            let (at, size) = (relocation.address as usize, usize::from(relocation.size));
            image[at..at + size].copy_from_slice(&bytes[..size]);
        }
        image
    }

    /// The parts of the image with their rights.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The functions and variables, in the order of addresses.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Where code is in the image: one range for each executable segment.
    pub fn code(&self) -> impl Iterator<Item = Range<usize>> {
        let executable = self.segments.iter().filter(|segment| segment.executable);
        executable
            .map(|segment| segment.address as usize..(segment.address + segment.size) as usize)
    }

    fn kernel(&self, row: note::Metadata, place: Option<u64>) -> Result<KernelInfo, ObjectError> {
        let missing = |what| ObjectError::malformed(format!("kernel `{}`: {what}", row.name));
        let address = place.ok_or_else(|| missing("its descriptor has no symbol"))?;
        let bytes = usize::try_from(address).ok().and_then(|at| self.image.get(at..));
        let descriptor = Descriptor::decode(bytes.ok_or_else(|| missing("no descriptor"))?)?;
        let entry = address.wrapping_add_signed(descriptor.entry_offset);
        let is_code = |code: Range<usize>| code.contains(&(entry as usize));
        if entry % 4 != 0 || !self.code().any(is_code) {
            return Err(missing("its first instruction is outside the code"));
        }
        Ok(KernelInfo {
            descriptor_address: address,
            entry,
            kernarg_size: row.kernarg_size.max(descriptor.kernarg_size),
            kernarg_align: row.kernarg_align,
            group_segment: descriptor.group_segment,
            private_segment: descriptor.private_segment,
            max_flat_workgroup_size: row.max_flat_workgroup_size,
            required_workgroup_size: row.required_workgroup_size,
            uniform_workgroup_size: row.uniform_workgroup_size,
            vgprs: row.vgprs,
            sgprs: row.sgprs,
            wave32: descriptor.is_wave32(),
            descriptor,
            name: row.name,
            symbol: row.symbol,
            args: row.args,
        })
    }
}
