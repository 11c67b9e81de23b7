//! One launch: which kernel, over which grid, with which argument block.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::{Arg, ArgKind, Dims, Kernarg, KernelEntry};

use super::{BufferId, KernelId};
use crate::{Error, Result};

/// Most bytes of an argument block; real ones have tens.
const BLOCK_LIMIT: usize = 4096;

/// A place in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The buffer.
    pub buffer: BufferId,
    /// Bytes from its start.
    pub plus: u64,
}

impl Pointer {
    /// Refuses a place outside its buffer of so many bytes; the end is a place as well.
    pub(super) fn inside(self, bytes: u64) -> Result<()> {
        if self.plus <= bytes {
            return Ok(());
        }
        let why = format!("a pointer to byte {} of a buffer of {bytes} bytes", self.plus);
        Err(Error::request(why))
    }
}

impl From<BufferId> for Pointer {
    /// The start of a buffer.
    fn from(buffer: BufferId) -> Self {
        Self { buffer, plus: 0 }
    }
}

/// What a request brings along: where each operand lies and the value of each scalar, by the
/// name of the kernel's argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operands {
    /// Buffers.
    pub buffers: BTreeMap<String, Pointer>,
    /// Float scalars.
    pub scalars: BTreeMap<String, f32>,
}

/// An argument block whose pointers are places in buffers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    bytes: Vec<u8>,
    pointers: Vec<(usize, Pointer)>,
}

impl Arguments {
    /// A block with the given pointers at the given byte offsets.
    ///
    /// # Errors
    /// If the block is too long, or a pointer is misaligned or not inside it.
    pub fn new(bytes: Vec<u8>, pointers: Vec<(usize, Pointer)>) -> Result<Self> {
        if bytes.len() > BLOCK_LIMIT {
            let size = bytes.len();
            let why = format!("an argument block of {size} bytes exceeds {BLOCK_LIMIT}");
            return Err(Error::request(why));
        }
        let outside =
            |at: usize| !at.is_multiple_of(8) || at.checked_add(8).is_none_or(|e| e > bytes.len());
        if let Some((at, _)) = pointers.iter().find(|(at, _)| outside(*at)) {
            let size = bytes.len();
            return Err(Error::request(format!(
                "a pointer at byte {at} is misaligned or outside the argument block of {size} bytes"
            )));
        }
        Ok(Self { bytes, pointers })
    }

    /// The block of a kernel for these dims and operands.
    ///
    /// # Errors
    /// Names the argument that is missing or does not fit.
    pub fn lay_out(kernarg: &Kernarg, dims: &Dims, operands: &Operands) -> Result<Self> {
        let mut bytes = vec![0; (kernarg.size as usize).min(BLOCK_LIMIT + 1)];
        let mut pointers = Vec::new();
        for arg in &kernarg.args {
            let at = arg.offset as usize;
            let value = match arg.kind {
                ArgKind::Buffer { .. } => {
                    pointers.push((at, *named(&operands.buffers, arg, "buffer")?));
                    continue;
                }
                ArgKind::Dim => dim(dims, arg)?.to_le_bytes(),
                ArgKind::F32 => named(&operands.scalars, arg, "scalar")?.to_le_bytes(),
            };
            match bytes.get_mut(at..at + 4) {
                Some(place) => place.copy_from_slice(&value),
                None => return Err(unfit(arg, "lies outside the argument block")),
            }
        }
        Self::new(bytes, pointers)
    }

    /// The block; the bytes of pointers mean nothing.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The pointers, with their byte offsets in the block.
    pub fn pointers(&self) -> &[(usize, Pointer)] {
        &self.pointers
    }

    /// Sets the dim at a byte offset of the block.
    ///
    /// # Errors
    /// If it does not lie inside the block, or is more than kernels can count.
    pub(crate) fn set_dim(&mut self, at: usize, size: u64) -> Result<()> {
        let counted = i32::try_from(size).ok();
        match (self.bytes.get_mut(at..at.saturating_add(4)), counted) {
            (Some(place), Some(size)) => {
                place.copy_from_slice(&size.to_le_bytes());
                Ok(())
            }
            _ => Err(Error::request(format!("a dim of {size} does not fit its argument block"))),
        }
    }

    /// Moves the pointer at a byte offset of the block on by some bytes.
    pub(crate) fn shift(&mut self, at: usize, bytes: u64) {
        for (_, pointer) in self.pointers.iter_mut().filter(|(place, _)| *place == at) {
            pointer.plus += bytes;
        }
    }

    /// The block with every pointer replaced by an address.
    pub(super) fn resolve(
        &self,
        mut address: impl FnMut(Pointer) -> Result<u64>,
        block: &mut Vec<u8>,
    ) -> Result<()> {
        block.clear();
        block.extend_from_slice(&self.bytes);
        for (at, pointer) in &self.pointers {
            block[*at..at + 8].copy_from_slice(&address(*pointer)?.to_le_bytes());
        }
        Ok(())
    }

    /// The same block with some buffers exchanged for others.
    pub fn with_buffers(&self, exchange: impl Fn(BufferId) -> BufferId) -> Self {
        let mut copy = self.clone();
        for (_, pointer) in &mut copy.pointers {
            pointer.buffer = exchange(pointer.buffer);
        }
        copy
    }
}

/// A kernel with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The kernel.
    pub kernel: KernelId,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// Threads of a workgroup; 1 on the host.
    pub threads: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// The argument block.
    pub arguments: Arguments,
}

impl Launch {
    /// Number of workgroups.
    pub(super) fn workgroups(&self) -> Result<u64> {
        let [x, y, z] = self.grid.map(u64::from);
        let groups = x.checked_mul(y).and_then(|plane| plane.checked_mul(z)).unwrap_or(0);
        match groups {
            0 => Err(Error::request(format!(
                "a grid of {x} x {y} x {z} workgroups is empty or too large"
            ))),
            groups => Ok(groups),
        }
    }

    /// The launch of a bundle's kernel for these dims (fixed and free) and operands.
    ///
    /// # Errors
    /// If a dim or operand is missing, or the grid is empty or too large.
    pub fn of(
        entry: &KernelEntry,
        kernel: KernelId,
        dims: &Dims,
        operands: &Operands,
    ) -> Result<Self> {
        Ok(Self {
            kernel,
            grid: entry.launch(dims)?,
            threads: entry.threads,
            lds_bytes: entry.lds_bytes,
            arguments: Arguments::lay_out(&entry.kernarg, dims, operands)?,
        })
    }
}

fn named<'v, V>(values: &'v BTreeMap<String, V>, arg: &Arg, noun: &str) -> Result<&'v V> {
    values.get(&arg.name).ok_or_else(|| unfit(arg, &format!("has no {noun}")))
}

fn dim(dims: &Dims, arg: &Arg) -> Result<i32> {
    let size = dims.get(&arg.name).ok_or_else(|| unfit(arg, "is a dim that is not given"))?;
    i32::try_from(*size).map_err(|_| unfit(arg, &format!("is {size}, more than kernels can count")))
}

fn unfit(arg: &Arg, why: &str) -> Error {
    Error::request(format!("argument {} {why}", arg.name))
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::{Access, Dtype, Extent};

    use super::*;

    fn buffer() -> ArgKind {
        ArgKind::Buffer {
            format: "f32".into(),
            part: "values".into(),
            dtype: Dtype::F32,
            bits: 32,
            shape: [Extent::ceil_div("m", 1), Extent::constant(4)],
            order: "row_major".into(),
            access: Access::In,
        }
    }

    fn kernarg() -> Kernarg {
        Kernarg::lay_out([
            ("x".to_owned(), buffer()),
            ("y".to_owned(), buffer()),
            ("m".to_owned(), ArgKind::Dim),
            ("eps".to_owned(), ArgKind::F32),
        ])
    }

    fn operands() -> Operands {
        Operands {
            buffers: [
                ("x".to_owned(), BufferId(1).into()),
                ("y".to_owned(), Pointer { buffer: BufferId(2), plus: 64 }),
            ]
            .into(),
            scalars: [("eps".to_owned(), 0.5)].into(),
        }
    }

    #[test]
    fn a_block_holds_addresses_dims_and_scalars_in_their_places() {
        let dims = [("m".to_owned(), 33)].into();
        let arguments = Arguments::lay_out(&kernarg(), &dims, &operands()).unwrap();
        let mut block = Vec::new();
        let address = |at: Pointer| Ok(u64::from(at.buffer.0) * 0x1000 + at.plus);
        arguments.resolve(address, &mut block).unwrap();
        let mut expected = Vec::new();
        expected.extend(0x1000u64.to_le_bytes());
        expected.extend(0x2040u64.to_le_bytes());
        expected.extend(33i32.to_le_bytes());
        expected.extend(0.5f32.to_le_bytes());
        assert_eq!(block, expected);
        let moved = arguments.with_buffers(|id| if id.0 == 1 { BufferId(7) } else { id });
        moved.resolve(address, &mut block).unwrap();
        assert_eq!(block[..8], 0x7000u64.to_le_bytes());
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_named() {
        let dims: Dims = [("m".to_owned(), 1)].into();
        let error = |dims: &Dims, operands: &Operands| {
            Arguments::lay_out(&kernarg(), dims, operands).unwrap_err().to_string()
        };
        assert!(error(&Dims::new(), &operands()).contains("argument m"));
        assert!(error(&[("m".into(), 1 << 31)].into(), &operands()).contains("more than"));
        let mut without = operands();
        without.buffers.remove("x");
        assert!(error(&dims, &without).contains("argument x has no buffer"));
        without = operands();
        without.scalars.clear();
        assert!(error(&dims, &without).contains("argument eps has no scalar"));
    }

    #[test]
    fn pointers_outside_the_block_are_refused() {
        let place = Pointer::from(BufferId(0));
        for at in [1, 4, 9, 16, usize::MAX - 7, usize::MAX] {
            assert!(Arguments::new(vec![0; 16], vec![(at, place)]).is_err(), "{at}");
        }
        assert!(Arguments::new(vec![0; 16], vec![(8, place)]).is_ok());
        assert!(Arguments::new(vec![0; BLOCK_LIMIT + 1], Vec::new()).is_err());
    }
}
