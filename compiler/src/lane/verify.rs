//! The laws of lane IR, checked.
//!
//! * Every value is defined once, before its uses, in its own or an enclosing block.
//! * A uniform value has one element; `i64` is always uniform.
//! * Every op has the operands and results that its documentation says, loops carry as many
//!   values of the same types in, around and out.
//! * Buffers are read and written as their arguments allow; addresses are uniform `i64` (global)
//!   or `i32` (local) plus an `i32` per lane; what is constant in them is aligned and in bounds.
//! * Matrix atoms exist in the target and get operands of their size.
//! * The kernarg block is packed in order; local buffers are disjoint and fit the target.

mod memory;
mod mma;
mod shape;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;

use super::{Block, Const, Elt, Inst, LaneKernel, Op, Ty, Value, print};
use crate::diagnose::Location;
use kiln_targets::{DType, Target};

/// Checks a kernel against the laws of lane IR and the facts of a target.
///
/// # Errors
/// Every violation, in program order: the instruction, why it is wrong, and its recipe line.
/// Types that cannot exist are reported alone.
pub fn verify(kernel: &LaneKernel, target: &Target) -> Result<(), Vec<String>> {
    shape::types(kernel)?;
    let mut verifier = Verifier {
        kernel,
        target,
        defined: vec![Definition::Never; kernel.types.len()],
        constants: HashMap::new(),
        problems: shape::problems(kernel, target),
    };
    verifier.block(&kernel.body);
    if verifier.problems.is_empty() { Ok(()) } else { Err(verifier.problems) }
}

/// Why an instruction is wrong.
type Law = Result<(), String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Definition {
    Never,
    InScope,
    OutOfScope,
}

struct Verifier<'k> {
    kernel: &'k LaneKernel,
    target: &'k Target,
    defined: Vec<Definition>,
    constants: HashMap<Value, Const>,
    problems: Vec<String>,
}

impl Verifier<'_> {
    /// Checks a block; what it defines goes out of scope at its end.
    fn block(&mut self, block: &Block) -> Vec<Value> {
        let mut own = Vec::new();
        for inst in &block.insts {
            self.inst(inst, &mut own);
        }
        own
    }

    fn inst(&mut self, inst: &Inst, own: &mut Vec<Value>) {
        let operands = operands(&inst.op);
        let law = self.all_in_scope(&operands).and_then(|()| self.results_known(inst));
        if let Err(why) = law.and_then(|()| self.op(inst)) {
            self.problem(inst, why);
        }
        self.nested(inst);
        if let (Op::Const(value), [result]) = (&inst.op, &inst.results[..]) {
            self.constants.insert(*result, *value);
        }
        for result in &inst.results {
            self.define(inst, *result);
            own.push(*result);
        }
    }

    /// Checks the blocks inside an instruction, and that they use what is in scope there.
    fn nested(&mut self, inst: &Inst) {
        match &inst.op {
            Op::Loop { induction, carried, body, yields, .. } => {
                let mut own = vec![*induction];
                own.extend(carried);
                own.iter().for_each(|value| self.define(inst, *value));
                own.extend(self.block(body));
                if let Err(why) = self.all_in_scope(yields) {
                    self.problem(inst, why);
                }
                self.leave(&own);
            }
            Op::If { then, .. } => {
                let own = self.block(then);
                self.leave(&own);
            }
            _ => {}
        }
    }

    fn define(&mut self, inst: &Inst, value: Value) {
        match self.defined.get_mut(value.0 as usize) {
            Some(definition) if *definition == Definition::Never => {
                *definition = Definition::InScope;
            }
            Some(_) => self.problem(inst, format!("{value} is defined twice")),
            None => self.problem(inst, format!("{value} has no type")),
        }
    }

    fn leave(&mut self, own: &[Value]) {
        for value in own {
            if let Some(definition) = self.defined.get_mut(value.0 as usize) {
                *definition = Definition::OutOfScope;
            }
        }
    }

    fn all_in_scope(&self, values: &[Value]) -> Law {
        values.iter().try_for_each(|value| match self.defined.get(value.0 as usize) {
            Some(Definition::InScope) => Ok(()),
            Some(Definition::OutOfScope) => {
                Err(format!("{value} is used outside the block that defines it"))
            }
            _ => Err(format!("{value} is used before it is defined")),
        })
    }

    fn results_known(&self, inst: &Inst) -> Law {
        let mut values = inst.results.clone();
        if let Op::Loop { induction, carried, yields, .. } = &inst.op {
            values.push(*induction);
            values.extend(carried.iter().chain(yields));
        }
        match values.iter().find(|value| value.0 as usize >= self.kernel.types.len()) {
            Some(value) => Err(format!("{value} has no type")),
            None => Ok(()),
        }
    }

    fn problem(&mut self, inst: &Inst, why: String) {
        let mut text = format!("`{}`: {why}", print::line(self.kernel, inst));
        if inst.location != Location::UNKNOWN {
            text.push_str(&format!(" (from {})", inst.location));
        }
        self.problems.push(text);
    }

    fn ty(&self, value: Value) -> Ty {
        self.kernel.ty(value)
    }

    /// The integer a value is known to be.
    fn known(&self, value: Value) -> Option<i64> {
        match self.constants.get(&value) {
            Some(Const::Int(known)) => Some(*known),
            _ => None,
        }
    }

    /// The type of the one result.
    fn result(&self, inst: &Inst) -> Result<Ty, String> {
        match inst.results[..] {
            [only] => Ok(self.ty(only)),
            _ => Err(format!("defines {} values, should define one", inst.results.len())),
        }
    }
}

/// Values an op uses outside its nested blocks.
pub(super) fn operands(op: &Op) -> Vec<Value> {
    match op {
        Op::Const(_) | Op::BlockId(_) | Op::WaveId | Op::LaneId | Op::Param(_) => vec![],
        Op::Barrier | Op::ScheduleFence => vec![],
        Op::Unary(_, a) | Op::Cast(a) | Op::Splat(a) | Op::Bitcast(a) | Op::FirstLane(a) => {
            vec![*a]
        }
        Op::Extract { of, .. } | Op::LaneXor { of, .. } => vec![*of],
        Op::Binary(_, a, b) | Op::Compare(_, a, b) => vec![*a, *b],
        Op::Fma(a, b, c) | Op::Select(a, b, c) | Op::Mma { a, b, c, .. } => vec![*a, *b, *c],
        Op::Concat(parts) => parts.clone(),
        Op::Prefetch(address) => address.base.iter().chain(&address.lane).copied().collect(),
        Op::Load { address, guard } => {
            address.base.iter().chain(&address.lane).chain(guard).copied().collect()
        }
        Op::Store { address, value, guard } => [*value]
            .iter()
            .chain(&address.base)
            .chain(&address.lane)
            .chain(guard)
            .copied()
            .collect(),
        Op::Loop { lower, upper, init, .. } => {
            [*lower, *upper].iter().chain(init).copied().collect()
        }
        Op::If { condition, .. } => vec![*condition],
    }
}

/// `Err(why())` unless the law holds.
fn require(holds: bool, why: impl FnOnce() -> String) -> Law {
    if holds { Ok(()) } else { Err(why()) }
}

/// The type of indices, dims and byte offsets into local memory.
const INDEX: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: true };
