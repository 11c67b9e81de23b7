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
    /// atom. One that continues a running sum, of which a reduction needs all before something
    /// else can begin, or, of integers, whose rows and columns a host would both have to read
    /// again, is done whole, the contracted axis outermost, so that operands are needed one step at
    /// a time and independent atoms follow each other.
    pub(super) fn product_chunk(&mut self, key: ChunkKey, a: Id, b: Id, acc: Id) -> Value {
        let constant = matches!(self.program.node(acc).op, Op::Full(_));
        let kept = self.uses.users(key.id).len() > 1 && self.is_reduced(key.id);
        let product = Product::of(self, key, a, b);
        let shares = self.layouts.dtype(key.id) == Some(DType::I32) && product.shares();
        let partial = constant && if is_host(self.target) { !shares } else { !kept };
        if partial {
            let start = self.chunk(acc, [0, 0], key.layout, key.number);
            return (0..product.steps())
                .fold(start, |sum, step| product.multiply(self, key.number, step, sum));
        }
        let chunks = product.layouts.c.chunks();
        let start = (0..chunks).map(|number| self.chunk(acc, [0, 0], key.layout, number));
        let mut sums: Vec<Value> = start.collect();
        let mut stream = product.stream(self);
        for step in 0..product.steps() {
            if let Some(stream) = &mut stream {
                stream.start(self, step);
            }
            for number in 0..chunks {
                sums[number as usize] = product.multiply(self, number, step, sums[number as usize]);
            }
            if stream.is_some() {
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

/// What a streamed product loads from global memory.
struct Stream {
    /// The accesses of each step.
    accesses: Vec<Vec<(Demand, u32)>>,
    /// How many steps ahead they are made.
    ahead: u32,
    /// Steps whose accesses have been made.
    started: usize,
}

impl Stream {
    /// Starts the loads of all steps that are due at one.
    fn start(&mut self, lowering: &mut Lowering<'_>, step: u32) {
        let due = self.accesses.len().min((step + self.ahead + 1) as usize);
        for (demand, number) in self.accesses[self.started..due].iter().flatten() {
            lowering.load_access(*demand, *number);
        }
        self.started = due;
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

    /// Whether each operand meets more than one of the other's, so that it pays to have all.
    fn shares(&self) -> bool {
        let sums = &self.layouts.c;
        [1, 2].iter().all(|axis| {
            let chunked = sums.chunk.iter().any(|coord| coord.axis as usize == *axis);
            chunked || sums.repetitions()[*axis] > 1
        })
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

    /// What the product streams, if it does.
    fn stream(&self, lowering: &mut Lowering<'_>) -> Option<Stream> {
        if is_host(lowering.target) || lowering.recorder.is_some() {
            return None;
        }
        let accesses = self.accesses(lowering);
        let registers = |(demand, number): &(Demand, u32)| {
            let bits = lowering.layouts.dtype(demand.load).map_or(32, DType::bits);
            let plan = lowering.load_plan(*demand);
            (plan.accesses[*number as usize].count * bits).div_ceil(32)
        };
        let each: Vec<u32> = accesses.iter().flatten().map(registers).collect();
        let total: u32 = each.iter().sum();
        let most = total.div_ceil(self.steps()).max(1);
        let ahead = (AHEAD_REGISTERS / most).max(1);
        (total > MOST_REGISTERS).then_some(Stream { accesses, ahead, started: 0 })
    }

    /// The accesses of global memory that each step makes, found by trying.
    fn accesses(&self, lowering: &mut Lowering<'_>) -> Vec<Vec<(Demand, u32)>> {
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
        starts.zip(&ends).map(|(start, end)| all[*start..*end].to_vec()).collect()
    }
}

/// First contracted coordinate of an atom step; chunk bits of an operand are all of that axis.
fn contracted(layout: &Layout, step: u32) -> u32 {
    layout.chunk.iter().enumerate().map(|(i, coord)| (step >> i & 1) << coord.bit).sum()
}
