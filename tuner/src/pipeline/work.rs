//! The work of one workgroup, read off a tile program.

use std::collections::BTreeMap;

use kiln_compiler::interpret::extent;
use kiln_compiler::tile::{Elem, Id, IndexOp, Op, Program, Region, Role, Type};
use kiln_targets::{DType, Order};

/// Registers of a wave besides those for sums, products and tiles under way.
const OTHER_REGISTERS: f64 = 40.0;

/// What one workgroup does at one set of dims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// Multiply-adds by the types of left operand, right operand and sum.
    pub products: BTreeMap<[&'static str; 3], f64>,
    /// Bytes read from and written to memory: of rows that lie apart, lines that are reached into
    /// count whole, because they are fetched once more for their rest.
    pub global_bytes: f64,
    /// Passes through the innermost loop that has most of them.
    pub passes: f64,
    /// Bytes of workgroup memory that the program asks for.
    pub shared_bytes: f64,
    /// Elements carried through loops, at most, plus the largest product.
    carried: f64,
    /// Bytes that pass through registers on their way to workgroup memory in one step.
    staged_bytes: f64,
}

impl Work {
    /// Walks a program with these values of its dims, for a memory with lines of so many bytes.
    pub fn of(program: &Program, dims: &[i64], line: u32) -> Self {
        let (bound, work) = (BTreeMap::new(), Self::default());
        let mut walk = Walk { program, dims, line: f64::from(line), bound, work };
        walk.region(&program.body, 1.0, 1);
        walk.work
    }

    /// All multiply-adds.
    pub fn total_products(&self) -> f64 {
        self.products.values().sum()
    }

    /// An estimate of the registers of a wave, before there is code.
    pub fn registers(&self, program: &Program, lanes: u32) -> u32 {
        let spread = f64::from(lanes * program.waves.count().max(1));
        ((self.carried + self.staged_bytes / 4.0) / spread + OTHER_REGISTERS) as u32
    }
}

/// Bytes of every operand of a launch, each byte once.
pub fn operand_bytes(program: &Program, dims: &[i64]) -> BTreeMap<String, u64> {
    let bytes = |part: &kiln_compiler::tile::Part| {
        let shape = part.extent.map(|of| extent(of, dims).max(0) as usize);
        let once = part.order.bytes(shape, part.dtype) as u64;
        (part.name.clone(), if part.role == Role::InOut { 2 * once } else { once })
    };
    program.parts.iter().map(bytes).collect()
}

struct Walk<'p> {
    program: &'p Program,
    dims: &'p [i64],
    /// Bytes of a line of memory.
    line: f64,
    /// First values of loop indices.
    bound: BTreeMap<Id, i64>,
    work: Work,
}

impl Walk<'_> {
    fn region(&mut self, region: &Region, times: f64, stages: u32) {
        self.work.passes = self.work.passes.max(times);
        for &id in &region.values {
            self.value(id, times, stages);
        }
    }

    fn value(&mut self, id: Id, times: f64, stages: u32) {
        let program = self.program;
        match &program.node(id).op {
            Op::Load { arg, .. } => self.moved(*arg, id, times),
            Op::Store { arg, value, .. } => self.moved(*arg, *value, times),
            Op::Share(of) => {
                self.work.staged_bytes += self.bytes(*of);
                self.work.shared_bytes += self.bytes(*of) * f64::from(stages);
            }
            Op::Mma { a, b, acc } => self.product([*a, *b, *acc], times),
            Op::Fold { lower, upper, step, stages, init, body } => {
                let (first, end) = (self.index(*lower), self.index(*upper));
                let trips = ((end - first).max(0) as f64 / f64::from(*step)).ceil();
                if let Some(&index) = body.params.first() {
                    self.bound.insert(index, first);
                }
                let carried: f64 = init.iter().map(|value| self.elements(*value)).sum();
                self.work.carried = self.work.carried.max(carried);
                self.region(body, times * trips, *stages);
            }
            Op::When { body, .. } => self.region(body, times, stages),
            _ => {}
        }
    }

    fn moved(&mut self, arg: u32, tile: Id, times: f64) {
        let part = &self.program.parts[arg as usize];
        let [slices, rows, cols] = self.program.shape(tile).map(f64::from);
        let row = cols * f64::from(part.dtype.bits()) / 8.0;
        let apart =
            part.order == Order::row_major() && extent(part.extent[1], self.dims) as f64 > cols;
        let row = if apart { (row / self.line).ceil() * self.line } else { row };
        self.work.global_bytes += slices * rows * row * times;
    }

    fn product(&mut self, operands: [Id; 3], times: f64) {
        let [slices, rows, depth] = self.program.shape(operands[0]);
        let cols = self.program.shape(operands[1])[2];
        let each = [slices, rows, depth, cols].map(f64::from).iter().product::<f64>();
        let types = operands.map(|id| match self.program.elem(id) {
            Some(Elem::Num(dtype)) => dtype.name(),
            _ => "bool",
        });
        *self.work.products.entry(types).or_insert(0.0) += each * times;
        let sums = self.elements(operands[2]);
        if types[2] == DType::I32.name() {
            // An integer sum lives beside the float sum it is scaled into.
            self.work.carried = self.work.carried.max(2.0 * sums);
        }
    }

    fn elements(&self, id: Id) -> f64 {
        match self.program.ty(id) {
            Type::Tile(..) | Type::Shared(..) => {
                self.program.shape(id).map(f64::from).iter().product()
            }
            _ => 0.0,
        }
    }

    fn bytes(&self, id: Id) -> f64 {
        let bits = match self.program.elem(id) {
            Some(Elem::Num(dtype)) => dtype.bits(),
            _ => 1,
        };
        self.elements(id) * f64::from(bits) / 8.0
    }

    /// An index at the first passes of the loops around it, in the first workgroup.
    fn index(&self, id: Id) -> i64 {
        match &self.program.node(id).op {
            Op::Index(value) => *value,
            Op::Dim(dim) => self.dims.get(*dim as usize).copied().unwrap_or(0),
            Op::Bound => self.bound.get(&id).copied().unwrap_or(0),
            Op::IndexOp(op, a, b) => {
                let (a, b) = (self.index(*a), self.index(*b));
                match op {
                    IndexOp::Add => a + b,
                    IndexOp::Sub => a - b,
                    IndexOp::Mul => a * b,
                    IndexOp::Div => a.checked_div(b).unwrap_or(0),
                    IndexOp::Rem => a.checked_rem(b).unwrap_or(0),
                    IndexOp::Min => a.min(b),
                    IndexOp::Max => a.max(b),
                }
            }
            _ => 0,
        }
    }
}
