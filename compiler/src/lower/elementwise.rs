//! Element-wise arithmetic.

use super::Lowering;
use super::scope::ChunkKey;
use crate::lane::{Binary, Value};
use crate::tile::{Id, Op};
use kiln_targets::DType;

impl Lowering<'_> {
    /// A chunk of an element-wise operation on two tiles.
    pub(super) fn binary_chunk(&mut self, key: ChunkKey, op: Binary, a: Id, b: Id) -> Value {
        if op == Binary::Sub && self.is_nibbles_to_f16(a) {
            let less = self.operand(key, b);
            if let Some(value) = self.nibbles_minus(key, a, less) {
                return value;
            }
        }
        let a = self.operand(key, a);
        let b = self.operand(key, b);
        self.build.binary(op, a, b)
    }

    /// Whether a tile is unsigned nibbles converted to f16.
    fn is_nibbles_to_f16(&self, id: Id) -> bool {
        match self.program.node(id).op {
            Op::Cast(of) => {
                self.layouts.dtype(of) == Some(DType::U4)
                    && self.layouts.dtype(id) == Some(DType::F16)
            }
            _ => false,
        }
    }
}
