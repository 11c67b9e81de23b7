//! Matrix products, atom by atom.
//!
//! On a GPU a product whose operands come from global memory without being shared, and would take
//! more than [`MOST_REGISTERS`], is *streamed*: the loads of a step are started a few steps before
//! its atoms, as far ahead as [`AHEAD_REGISTERS`] hold them, and fences keep the code generator
//! from starting them all at once.

use super::access::Demand;
use super::scope::{ChunkKey, LayoutId};
use super::{Lowering, is_host};
use crate::lane::{Op as LaneOp, Value};
use crate::layout::{Layout, MatrixLayouts};
use crate::tile::{Id, Op};
use kiln_targets::DType;

/// Registers of a lane that the loads of a product may take together.
const MOST_REGISTERS: u32 = 96;

/// Registers of a lane that loads of steps to come may take where together they would take more.
const AHEAD_REGISTERS: u32 = 32;

impl Lowering<'_> {
    /// A chunk of a product: one atom's result, summed over the contracted axis.
    ///
    /// A product that starts from a constant is a partial sum whose consumer wants it atom by
    /// atom. One that continues a running sum, or of which a reduction needs all before something
    /// else can begin, is done whole, the contracted axis outermost, so that operands are needed
    /// one step at a time and independent atoms follow each other.
    pub(super) fn product_chunk(&mut self, key: ChunkKey, a: Id, b: Id, acc: Id) -> Value {
        let constant = matches!(self.program.node(acc).op, Op::Full(_));
        let kept = self.uses.users(key.id).len() > 1 && self.is_reduced(key.id);
        let partial = constant && (is_host(self.target) || !kept);
        let product = Product::of(self, key, a, b);
        if partial {
            let start = self.chunk(acc, [0, 0], key.layout, key.number);
            return (0..product.steps())
                .fold(start, |sum, step| product.multiply(self, key.number, step, sum));
        }
        let chunks = product.layouts.c.chunks();
        let start = (0..chunks).map(|number| self.chunk(acc, [0, 0], key.layout, number));
        let mut sums: Vec<Value> = start.collect();
        let loads = product.loads(self);
        let mut started = 0;
        for step in 0..product.steps() {
            let ahead = loads.ahead.map_or(step, |ahead| step + ahead);
            while loads.ahead.is_some() && started <= ahead.min(product.steps() - 1) {
                for (demand, number) in &loads.accesses[started as usize] {
                    self.load_access(*demand, *number);
                }
                started += 1;
            }
            for number in 0..chunks {
                sums[number as usize] = product.multiply(self, number, step, sums[number as usize]);
            }
            if loads.ahead.is_some() {
                self.build.insert(LaneOp::ScheduleFence, Vec::new());
            }
        }
        for (number, sum) in sums.iter().enumerate() {
            self.scopes.bind_chunk(ChunkKey { number: number as u32, ..key }, *sum);
        }
        sums[key.number as usize]
    }

    /// Whether a reduction is made of a tile, or of something element-wise of its shape.
    fn is_reduced(&self, id: Id) -> bool {
        let shape = self.program.shape(id);
        self.uses.users(id).iter().any(|user| match self.program.node(*user).op {
            Op::Reduce(..) => true,
            Op::Unary(..) | Op::Binary(..) | Op::Fma(..) | Op::Select(..) => {
                self.program.shape(*user) == shape && self.is_reduced(*user)
            }
            _ => false,
        })
    }
}

/// What a product loads from global memory in each step.
struct Loads {
    accesses: Vec<Vec<(Demand, u32)>>,
    /// How many steps ahead; none where the product is not streamed.
    ahead: Option<u32>,
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
        let [a, b] = self.factors(lowering, number, step);
        let [(_, _, a_signed), (_, _, b_signed)] = self.operands;
        let ty = lowering.build.ty(sum);
        let atom = self.atom.clone();
        lowering.build.push(LaneOp::Mma { atom, a, b, c: sum, a_signed, b_signed }, ty)
    }

    /// The operands of one atom step.
    fn factors(&self, lowering: &mut Lowering<'_>, number: u32, step: u32) -> [Value; 2] {
        let [slice, row, col] = self.layouts.c.coordinates(number, 0);
        let (left, _) = self.layouts.a.find([slice, row, contracted(&self.layouts.a, step)]);
        let (right, _) = self.layouts.b.find([slice, contracted(&self.layouts.b, step), col]);
        let [(a, a_layout, _), (b, b_layout, _)] = self.operands;
        [lowering.chunk(a, [0, 0], a_layout, left), lowering.chunk(b, [0, 0], b_layout, right)]
    }

    /// The accesses of global memory that each step makes, found by trying.
    fn loads(&self, lowering: &mut Lowering<'_>) -> Loads {
        if is_host(lowering.target) || lowering.recorder.is_some() {
            return Loads { accesses: Vec::new(), ahead: None };
        }
        lowering.wave_id();
        lowering.lane_id();
        let (chunks, mut ends) = (self.layouts.c.chunks(), Vec::new());
        let all = lowering.tried(|lowering| {
            for step in 0..self.steps() {
                for number in 0..chunks {
                    self.factors(lowering, number, step);
                }
                ends.push(lowering.recorder.as_ref().map_or(0, Vec::len));
            }
        });
        let starts = std::iter::once(&0).chain(&ends);
        let accesses: Vec<Vec<(Demand, u32)>> =
            starts.zip(&ends).map(|(start, end)| all[*start..*end].to_vec()).collect();
        let mut registers = |of: &Vec<(Demand, u32)>| -> u32 {
            let register = |(demand, number): &(Demand, u32)| {
                let bits = lowering.layouts.dtype(demand.load).map_or(32, DType::bits);
                let plan = lowering.load_plan(*demand);
                (plan.accesses[*number as usize].count * bits).div_ceil(32)
            };
            of.iter().map(register).sum()
        };
        let each: Vec<u32> = accesses.iter().map(&mut registers).collect();
        let most = each.iter().copied().max().unwrap_or(0);
        let streamed = each.iter().sum::<u32>() > MOST_REGISTERS;
        let ahead = streamed.then(|| (AHEAD_REGISTERS / most).max(1));
        Loads { accesses, ahead }
    }
}

/// First contracted coordinate of an atom step; chunk bits of an operand are all of that axis.
fn contracted(layout: &Layout, step: u32) -> u32 {
    layout.chunk.iter().enumerate().map(|(i, coord)| (step >> i & 1) << coord.bit).sum()
}
