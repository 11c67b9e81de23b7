//! Tiles in workgroup memory.

use super::{Kernel, Tile};
use crate::tile::{Id, Op, Shape, Type};
use kiln_targets::DType;
use std::fmt;

/// A tile that every wave can read. The compiler chooses its place, buffers and swizzle, and
/// orders writing before reading.
#[derive(Clone, Copy)]
pub struct Staged<'k> {
    kernel: &'k Kernel,
    id: Id,
}

impl<'k> Staged<'k> {
    pub(super) fn new(kernel: &'k Kernel, id: Id) -> Staged<'k> {
        Staged { kernel, id }
    }

    /// Slices (always 1), rows and columns.
    pub fn shape(self) -> Shape {
        self.parts().1
    }

    /// The `[rows, cols]` window from row and column `at`, in registers.
    #[track_caller]
    #[must_use]
    pub fn read(self, at: [u32; 2], [rows, cols]: [u32; 2]) -> Tile<'k> {
        let (dtype, _) = self.parts();
        self.kernel.make(Op::Read { shared: self.id, at }, dtype, [1, rows, cols])
    }

    /// All of it, in registers.
    #[track_caller]
    #[must_use]
    pub fn load(self) -> Tile<'k> {
        let [_, rows, cols] = self.shape();
        self.read([0, 0], [rows, cols])
    }

    /// Columns `number * width ..` of `width`, in registers.
    #[track_caller]
    #[must_use]
    pub fn group(self, number: u32, width: u32) -> Tile<'k> {
        let [_, rows, _] = self.shape();
        self.read([0, number.saturating_mul(width)], [rows, width])
    }

    fn parts(self) -> (DType, Shape) {
        match self.kernel.ty(self.id) {
            Type::Shared(dtype, shape) => (dtype, shape),
            _ => (DType::F32, [1, 1, 1]),
        }
    }
}

impl fmt::Debug for Staged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kernel.ty(self.id))
    }
}
