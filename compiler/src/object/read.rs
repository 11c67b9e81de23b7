//! Reading of linked AMDGPU code objects.

use std::ops::Range;

use object::{Object as _, ObjectSection as _};
use sha2::{Digest as _, Sha256};

use super::descriptor::DESCRIPTOR_BYTES;
use super::elf::{self, Elf};
use super::{Descriptor, Metadata, ObjectError, note};

/// What a linked AMDGPU code object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuObject {
    /// Target as the note names it, `amdgcn-amd-amdhsa--gfx1151`.
    pub target: String,
    /// Kernels in the order of the note.
    pub kernels: Vec<KernelInfo>,
}

/// One kernel of a code object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelInfo {
    /// Resources and arguments as the note states them.
    pub metadata: Metadata,
    /// What the hardware is told.
    pub descriptor: Descriptor,
    /// Address of the entry point in the file's address space.
    pub entry: u64,
    /// Address of the kernel's function symbol.
    pub function: u64,
    /// Addresses of the section that holds the function.
    pub text: Range<u64>,
    /// Machine code of the function.
    pub code: Vec<u8>,
    /// SHA-256 of `code`, in hexadecimal.
    pub isa_hash: String,
}

impl GpuObject {
    /// The kernel of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn kernel(&self, name: &str) -> Result<&KernelInfo, ObjectError> {
        let found = self.kernels.iter().find(|kernel| kernel.metadata.name == name);
        found.ok_or_else(|| ObjectError::NoSymbol(name.to_owned()))
    }
}

/// Reads a linked AMDGPU code object.
///
/// # Errors
/// If it is not one, or contradicts itself so that a kernel cannot be found.
pub fn read_gpu(bytes: &[u8]) -> Result<GpuObject, ObjectError> {
    let elf = elf::parse(bytes)?;
    if elf::machine(&elf) != object::elf::EM_AMDGPU {
        return Err(ObjectError::malformed("not made for an AMD GPU"));
    }
    let (target, rows) = note::read(&elf)?;
    let kernels = rows.into_iter().map(|row| kernel(&elf, row)).collect::<Result<_, _>>()?;
    Ok(GpuObject { target, kernels })
}

fn kernel(elf: &Elf<'_>, metadata: Metadata) -> Result<KernelInfo, ObjectError> {
    let lookup =
        |name: &str| elf::symbol(elf, name).ok_or_else(|| ObjectError::NoSymbol(name.to_owned()));
    let place = lookup(&metadata.symbol)?;
    let whole = elf::Symbol { size: DESCRIPTOR_BYTES, ..place };
    let descriptor = Descriptor::decode(elf::code(elf, &whole)?)?;
    let entry = place.address.checked_add_signed(descriptor.entry_offset);
    let entry = entry.ok_or_else(|| ObjectError::malformed("an entry point wraps around"))?;
    let function = lookup(&metadata.name)?;
    let section = elf.section_by_index(function.section).map_err(ObjectError::malformed)?;
    let end = section.address().checked_add(section.size());
    let end = end.ok_or_else(|| ObjectError::malformed("a section wraps around"))?;
    let code = elf::code(elf, &function)?.to_vec();
    Ok(KernelInfo {
        metadata,
        descriptor,
        entry,
        function: function.address,
        text: section.address()..end,
        isa_hash: isa_hash(&code),
        code,
    })
}

/// SHA-256 of machine code, in hexadecimal.
pub(super) fn isa_hash(code: &[u8]) -> String {
    hex::encode(Sha256::digest(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::object::{ArgInfo, host::read_host, samples};

    #[test]
    fn a_linked_kernel_is_read_as_it_was_declared() {
        let object = read_gpu(&samples::gpu_linked()).unwrap();
        assert_eq!(object.target, "amdgcn-amd-amdhsa--gfx1151");
        let kernel = object.kernel("scale").unwrap();
        let Metadata { vgprs, sgprs, lds_bytes, scratch_bytes, .. } = kernel.metadata;
        assert_eq!((vgprs, sgprs, lds_bytes, scratch_bytes), (20, 12, 1024, 0));
        assert_eq!((kernel.metadata.vgpr_spills, kernel.metadata.sgpr_spills), (0, 3));
        assert_eq!((kernel.metadata.wavefront_size, kernel.metadata.kernarg_bytes), (32, 20));
        assert_eq!(kernel.metadata.max_flat_workgroup_size, 128);
        let arg = |offset, size, kind: &str| ArgInfo { offset, size, value_kind: kind.into() };
        let buffers = [arg(0, 8, "global_buffer"), arg(8, 8, "global_buffer")];
        assert_eq!(kernel.metadata.args[..2], buffers);
        assert_eq!(kernel.metadata.args[2..], [arg(16, 4, "by_value")]);
        assert_eq!(kernel.descriptor.vgprs(), 24);
        assert_eq!(kernel.descriptor.workgroup_ids(), [true, true, false]);
        assert_eq!((kernel.entry, kernel.entry % 256), (kernel.function, 0));
        assert!(kernel.text.contains(&kernel.entry));
        assert_eq!(kernel.code.len(), samples::GPU_CODE_BYTES);
        assert_eq!(kernel.isa_hash, isa_hash(&kernel.code));
        assert!(object.kernel("other").is_err());
    }

    #[test]
    fn the_readers_answer_2000_mutated_files_without_panicking() {
        let files = [samples::gpu_linked(), samples::host_linked(samples::HOST_LEAF)];
        let cuts = prop::option::weighted(0.2, any::<prop::sample::Index>());
        let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24);
        let splice = any::<[prop::sample::Index; 3]>();
        let config =
            ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() };
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(Default::default()),
        );
        let refused = std::cell::Cell::new(0);
        runner
            .run(
                &(0..2usize, cuts, flips, splice, any::<bool>()),
                |(which, cut, flips, at, join)| {
                    let mut bytes = files[which].clone();
                    for (index, value) in flips {
                        // Half of the mutations hit the headers, where they matter most.
                        let reach = if value % 2 == 0 { 1600 } else { bytes.len() };
                        let place = index.index(reach.min(bytes.len()));
                        bytes[place] = value;
                    }
                    if join {
                        let [from, to, length] = at.map(|index| index.index(bytes.len()));
                        let length = length.min(bytes.len() - from.max(to));
                        bytes.copy_within(from..from + length, to);
                    }
                    bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
                    let gpu = read_gpu(&bytes);
                    let host = read_host(&bytes, "leaf");
                    refused.set(refused.get() + usize::from(gpu.is_err() && host.is_err()));
                    Ok(())
                },
            )
            .unwrap();
        let refused = refused.get();
        assert!((200..2000).contains(&refused), "{refused} of 2000 files were refused");
    }
}
