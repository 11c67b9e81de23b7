//! Where values live: one word file for each value, reused once a value is no longer needed.

use std::collections::HashMap;

use crate::lane::verify::operands;
use crate::lane::{Block, Elt, Inst, LaneKernel, Op, Value};

/// The word file of every value.
///
/// Word `r * width + p` of a file is register `r` at position `p`: lane `p % lanes` of wave
/// `p / lanes`, or wave `p` for a uniform value. A 64-bit integer takes two registers.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    of: Vec<usize>,
    words: Vec<usize>,
}

impl Slots {
    /// Assigns files to all values of a kernel.
    pub(super) fn assign(kernel: &LaneKernel) -> Slots {
        let slots = Slots { of: vec![0; kernel.types.len()], words: Vec::new() };
        let mut assigner = Assigner { kernel, slots, free: HashMap::new() };
        assigner.block(&kernel.body, &[]);
        assigner.slots
    }

    /// The file of a value.
    pub(super) fn of(&self, value: Value) -> usize {
        self.of[value.0 as usize]
    }

    /// Empty files.
    pub(super) fn files(&self) -> Vec<Vec<u32>> {
        self.words.iter().map(|words| vec![0; *words]).collect()
    }
}

struct Assigner<'k> {
    kernel: &'k LaneKernel,
    slots: Slots,
    free: HashMap<usize, Vec<usize>>,
}

impl Assigner<'_> {
    fn block(&mut self, block: &Block, yields: &[Value]) {
        let end = block.insts.len();
        let mut last = HashMap::new();
        for (at, inst) in block.insts.iter().enumerate() {
            uses(inst, &mut |value| {
                last.insert(value, at);
            });
        }
        last.extend(yields.iter().map(|value| (*value, end)));
        let mut ending = vec![Vec::new(); end + 1];
        for (at, inst) in block.insts.iter().enumerate() {
            for result in &inst.results {
                self.take(*result);
                ending[last.get(result).copied().unwrap_or(at)].push(*result);
            }
            self.nested(inst);
            ending[at].iter().for_each(|value| self.release(*value));
        }
        ending[end].iter().for_each(|value| self.release(*value));
    }

    fn nested(&mut self, inst: &Inst) {
        match &inst.op {
            Op::Loop { induction, carried, body, yields, .. } => {
                let own = || carried.iter().chain([induction]);
                own().for_each(|value| self.take(*value));
                self.block(body, yields);
                own().for_each(|value| self.release(*value));
            }
            Op::If { then, .. } => self.block(then, &[]),
            _ => {}
        }
    }

    fn take(&mut self, value: Value) {
        let words = words(self.kernel, value);
        let free = self.free.get_mut(&words).and_then(Vec::pop);
        self.slots.of[value.0 as usize] = free.unwrap_or_else(|| {
            self.slots.words.push(words);
            self.slots.words.len() - 1
        });
    }

    fn release(&mut self, value: Value) {
        let words = words(self.kernel, value);
        self.free.entry(words).or_default().push(self.slots.of(value));
    }
}

/// Words of the file of a value.
fn words(kernel: &LaneKernel, value: Value) -> usize {
    let ty = kernel.ty(value);
    let registers = if ty.elt == Elt::I64 { 2 } else { ty.registers() };
    let lanes = if ty.uniform { 1 } else { kernel.lanes };
    (registers * lanes * kernel.waves) as usize
}

/// Every value that an instruction uses, nested blocks included.
fn uses(inst: &Inst, see: &mut impl FnMut(Value)) {
    operands(&inst.op).into_iter().for_each(&mut *see);
    let nested = match &inst.op {
        Op::Loop { body, yields, .. } => {
            yields.iter().copied().for_each(&mut *see);
            body
        }
        Op::If { then, .. } => then,
        _ => return,
    };
    for inst in &nested.insts {
        uses(inst, &mut *see);
    }
}
