//! Everything a launch of one kernel needs, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Dims, Dtype, Extent};
use crate::hash::Digest;
use crate::{Error, Result};

/// Which way a buffer's contents travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read only.
    In,
    /// Written only.
    Out,
    /// Read and written.
    InOut,
}

/// What one argument is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ArgKind {
    /// An 8-byte device pointer.
    Buffer {
        /// The number format the operand is stored in: `q8x128`, `awq_g32_asym`, `f16`.
        format: String,
        /// Which of the format's arrays this is: `values`, `scales`, `sums`.
        part: String,
        /// Scalar type in memory.
        dtype: Dtype,
        /// Bits of an element; where they are fewer than the scalar's, a scalar holds several.
        bits: u32,
        /// Rows and columns of the array, in elements.
        shape: [Extent; 2],
        /// The declared memory order of the array: `row_major` or a named repacking.
        order: String,
        /// Read, written or both.
        access: Access,
    },
    /// A dim as a 4-byte signed integer; the argument's name is the dim's name.
    Dim,
    /// A 4-byte float.
    F32,
}

impl ArgKind {
    /// Size in the argument block, in bytes.
    pub fn bytes(&self) -> u32 {
        match self {
            Self::Buffer { .. } => 8,
            Self::Dim | Self::F32 => 4,
        }
    }

    /// Elements fill scalars without rest, and no extent is zero whatever the dims.
    fn validate(&self) -> Result<()> {
        let Self::Buffer { dtype, bits, shape, .. } = self else { return Ok(()) };
        let scalar = 8 * dtype.bytes() as u32;
        if *bits == 0 || !scalar.is_multiple_of(*bits) {
            let why = format!("elements of {bits} bits do not fill scalars of {scalar}");
            return Err(Error::invalid("shape", why));
        }
        shape.iter().try_for_each(Extent::validate)
    }
}

/// One argument and its place in the argument block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// Name, unique within the kernel.
    pub name: String,
    /// What it is.
    pub kind: ArgKind,
    /// Byte offset in the argument block; a multiple of `size`.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
}

/// The layout of a kernel's argument block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernarg {
    /// The arguments in signature order.
    pub args: Vec<Arg>,
    /// Size of the block in bytes.
    pub size: u32,
}

impl Kernarg {
    /// Lays arguments out in signature order with natural alignment.
    pub fn lay_out(args: impl IntoIterator<Item = (String, ArgKind)>) -> Self {
        let mut block = Self::default();
        for (name, kind) in args {
            let size = kind.bytes();
            let offset = block.size.next_multiple_of(size);
            block.size = offset + size;
            block.args.push(Arg { name, kind, offset, size });
        }
        block
    }

    /// The argument called `name`.
    pub fn arg(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.name == name)
    }

    /// Unique names, natural sizes and alignment, ascending without overlap, inside the block.
    fn validate(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        let mut end = 0u32;
        for arg in &self.args {
            let fail = |why: &str| Err(Error::invalid(format!("argument {}", arg.name), why));
            if !names.insert(&arg.name) {
                return fail("the name is used twice");
            }
            if arg.size != arg.kind.bytes() {
                return fail("its size is not that of its kind");
            }
            if let Err(error) = arg.kind.validate() {
                return fail(&error.to_string());
            }
            if arg.offset % arg.size != 0 || arg.offset < end {
                return fail("its offset is misaligned or overlaps the argument before it");
            }
            match arg.offset.checked_add(arg.size) {
                Some(next) if next <= self.size => end = next,
                _ => return fail("it lies outside the argument block"),
            }
        }
        Ok(())
    }
}

/// What the built code says of itself. On the host register counts are those of the target's
/// vector and general registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statics {
    /// Vector registers.
    pub vgprs: u32,
    /// Scalar registers.
    pub sgprs: u32,
    /// Static local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// Registers spilled to memory.
    pub spills: u32,
    /// Scratch memory per lane, in bytes.
    pub scratch_bytes: u32,
    /// Size of the machine code, in bytes.
    pub code_bytes: u32,
    /// Digest of the machine code: what a measurement hangs on.
    pub isa_hash: Digest,
}

/// One kernel of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelEntry {
    /// Name, unique within the bundle; rules refer to it.
    pub name: String,
    /// The recipe it was built from.
    pub recipe: String,
    /// The chosen point of the recipe's search space.
    pub params: BTreeMap<String, Value>,
    /// Index of the code object that holds it.
    pub object: u32,
    /// Symbol in the code object.
    pub symbol: String,
    /// Workgroup size in threads (lanes times waves); 1 on the host.
    pub threads: u32,
    /// Workgroups along x, y and z.
    pub geometry: [Extent; 3],
    /// The argument block.
    pub kernarg: Kernarg,
    /// Local memory a launch must provide, in bytes.
    pub lds_bytes: u32,
    /// What the code says of itself.
    pub statics: Statics,
}

impl KernelEntry {
    /// The grid for the given dims (fixed and free together), in workgroups.
    ///
    /// # Errors
    /// If a dim is unknown, or an extent is zero or too large.
    pub fn launch(&self, dims: &Dims) -> Result<[u32; 3]> {
        let [x, y, z] = &self.geometry;
        Ok([x.eval(dims)?, y.eval(dims)?, z.eval(dims)?])
    }

    /// The dims a launch needs: those of the geometry and of the arguments with their shapes.
    pub fn dims(&self) -> BTreeSet<&str> {
        let mut dims: BTreeSet<&str> = self.geometry.iter().flat_map(Extent::dims).collect();
        for arg in &self.kernarg.args {
            match &arg.kind {
                ArgKind::Dim => drop(dims.insert(&arg.name)),
                ArgKind::Buffer { shape, .. } => dims.extend(shape.iter().flat_map(Extent::dims)),
                ArgKind::F32 => {}
            }
        }
        dims
    }

    /// Checks what can be checked of one kernel alone.
    ///
    /// # Errors
    /// Names the kernel, the item and the broken rule.
    pub fn validate(&self) -> Result<()> {
        let fail = |why: String| Err(Error::invalid(format!("kernel {}", self.name), why));
        if self.name.is_empty() || self.symbol.is_empty() {
            return fail("its name or symbol is empty".into());
        }
        if self.threads == 0 {
            return fail("its workgroup has no threads".into());
        }
        if self.lds_bytes < self.statics.lds_bytes {
            return fail("it declares less local memory than its code uses".into());
        }
        let parts = self.geometry.iter().map(Extent::validate);
        match parts.chain([self.kernarg.validate()]).find_map(Result::err) {
            Some(error) => fail(error.to_string()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Kernarg {
        let buffer = ArgKind::Buffer {
            format: "f16".into(),
            part: "values".into(),
            dtype: Dtype::F16,
            bits: 16,
            shape: [Extent::ceil_div("m", 1), Extent::ceil_div("k", 1)],
            order: "row_major".into(),
            access: Access::In,
        };
        Kernarg::lay_out([
            ("x".into(), buffer.clone()),
            ("m".into(), ArgKind::Dim),
            ("y".into(), buffer),
            ("eps".into(), ArgKind::F32),
        ])
    }

    #[test]
    fn arguments_are_laid_out_with_natural_alignment() {
        let offsets: Vec<u32> = block().args.iter().map(|arg| arg.offset).collect();
        assert_eq!((offsets, block().size), (vec![0, 8, 16, 24], 28));
        block().validate().unwrap();
        assert_eq!(block().arg("y").unwrap().offset, 16);
    }

    #[test]
    fn a_block_with_any_wrong_offset_size_or_name_is_refused() {
        type Spoil = fn(&mut Kernarg);
        let shape = |b: &mut Kernarg, bits: u32, by: u64| {
            if let ArgKind::Buffer { bits: of, shape, .. } = &mut b.args[0].kind {
                *of = bits;
                shape[1] = Extent::ceil_div("k", by);
            }
        };
        for (expect, bits, by) in [("5 bits", 5, 1), ("0 bits", 0, 1), ("zero", 4, 0)] {
            let mut bad = block();
            shape(&mut bad, bits, by);
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
        let spoil: [(&str, Spoil); 6] = [
            ("outside", |b| b.size = 27),
            ("outside", |b| b.args[3].offset = u32::MAX - 3),
            ("misaligned", |b| b.args[1].offset = 10),
            ("overlaps", |b| b.args[1].offset = 4),
            ("size", |b| b.args[1].size = 8),
            ("twice", |b| b.args[1].name = "x".into()),
        ];
        for (expect, spoil) in spoil {
            let mut bad = block();
            spoil(&mut bad);
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
