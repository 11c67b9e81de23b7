//! Element-wise arithmetic.
//!
//! Which floats are rounded is decided here and nowhere else, so that a program computes the same
//! whatever surrounds it: a product that is used once, by a sum or a difference of its shape, is
//! fused with it; everything else is rounded.

use super::Lowering;
use super::scope::ChunkKey;
use crate::lane::{Binary, Unary, Value};
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
        if matches!(op, Binary::Add | Binary::Sub) {
            if let Some([x, y]) = self.fusable(key.id, b) {
                let [x, y] = [self.operand(key, x), self.operand(key, y)];
                let x = if op == Binary::Sub { self.negated(x) } else { x };
                let a = self.operand(key, a);
                return self.build.fma(x, y, a);
            }
            if let Some([x, y]) = self.fusable(key.id, a) {
                let [x, y] = [self.operand(key, x), self.operand(key, y)];
                let b = self.operand(key, b);
                let b = if op == Binary::Sub { self.negated(b) } else { b };
                return self.build.fma(x, y, b);
            }
        }
        let a = self.operand(key, a);
        let b = self.operand(key, b);
        self.build.binary(op, a, b)
    }

    fn negated(&mut self, value: Value) -> Value {
        self.build.unary(Unary::Neg, value)
    }

    /// The factors of an operand that is a product of floats with no other use and the shape of
    /// its user.
    fn fusable(&self, user: Id, id: Id) -> Option<[Id; 2]> {
        let Op::Binary(Binary::Mul, x, y) = self.program.node(id).op else { return None };
        let float = matches!(self.layouts.dtype(id), Some(DType::F32 | DType::F16));
        let once = self.uses.users(id).len() == 1 && self.uses.flows(id).is_empty();
        let whole = self.program.shape(id) == self.program.shape(user);
        (float && once && whole).then_some([x, y])
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
