//! Matrix products, atom by atom.

use super::Lowering;
use super::scope::{ChunkKey, LayoutId};
use crate::lane::{Op as LaneOp, Value};
use crate::layout::{Layout, MatrixLayouts};
use crate::tile::{Id, Op};
use kiln_targets::DType;

impl Lowering<'_> {
    /// A chunk of a product: one atom's result, summed over the contracted axis.
    ///
    /// A product that starts from a constant is a partial sum whose consumer wants it atom by
    /// atom. One that continues a running sum is done whole, the contracted axis outermost, so
    /// that operands are needed one step at a time and independent atoms follow each other.
    pub(super) fn product_chunk(&mut self, key: ChunkKey, a: Id, b: Id, acc: Id) -> Value {
        let partial = matches!(self.program.node(acc).op, Op::Full(_));
        let product = Product::of(self, key, a, b);
        if partial {
            let start = self.chunk(acc, [0, 0], key.layout, key.number);
            return (0..product.steps())
                .fold(start, |sum, step| product.multiply(self, key.number, step, sum));
        }
        let chunks = product.layouts.c.chunks();
        let start = (0..chunks).map(|number| self.chunk(acc, [0, 0], key.layout, number));
        let mut sums: Vec<Value> = start.collect();
        for step in 0..product.steps() {
            for number in 0..chunks {
                sums[number as usize] = product.multiply(self, number, step, sums[number as usize]);
            }
        }
        for (number, sum) in sums.iter().enumerate() {
            self.scopes.bind_chunk(ChunkKey { number: number as u32, ..key }, *sum);
        }
        sums[key.number as usize]
    }
}

/// A product with its layouts.
struct Product {
    atom: String,
    layouts: MatrixLayouts,
    operands: [(Id, LayoutId, bool); 2],
}

impl Product {
    fn of(lowering: &mut Lowering<'_>, key: ChunkKey, a: Id, b: Id) -> Product {
        let (atom, layouts) = lowering.layouts.product(key.id).clone();
        let signed = |id: Id| lowering.layouts.dtype(id).is_some_and(DType::is_signed);
        let (a_signed, b_signed) = (signed(a), signed(b));
        let left = lowering.scopes.intern(layouts.a.clone());
        let right = lowering.scopes.intern(layouts.b.clone());
        Product { atom, layouts, operands: [(a, left, a_signed), (b, right, b_signed)] }
    }

    /// Atoms along the contracted axis.
    fn steps(&self) -> u32 {
        1 << self.layouts.a.chunk.len()
    }

    /// `sum` plus the product of one atom step.
    fn multiply(&self, lowering: &mut Lowering<'_>, number: u32, step: u32, sum: Value) -> Value {
        let [slice, row, col] = self.layouts.c.coordinates(number, 0);
        let (left, _) = self.layouts.a.find([slice, row, contracted(&self.layouts.a, step)]);
        let (right, _) = self.layouts.b.find([slice, contracted(&self.layouts.b, step), col]);
        let [(a, a_layout, a_signed), (b, b_layout, b_signed)] = self.operands;
        let a = lowering.chunk(a, [0, 0], a_layout, left);
        let b = lowering.chunk(b, [0, 0], b_layout, right);
        let ty = lowering.build.ty(sum);
        let atom = self.atom.clone();
        lowering.build.push(LaneOp::Mma { atom, a, b, c: sum, a_signed, b_signed }, ty)
    }
}

/// First contracted coordinate of an atom step; chunk bits of an operand are all of that axis.
fn contracted(layout: &Layout, step: u32) -> u32 {
    layout.chunk.iter().enumerate().map(|(i, coord)| (step >> i & 1) << coord.bit).sum()
}
