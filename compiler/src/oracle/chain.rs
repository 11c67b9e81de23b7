//! The longest chain of roundings of a program, other than those of its sums.

use super::bound::half_ulp;
use crate::tile::{Binary, Elem, Id, Op, Program, Region, Type, Unary};
use kiln_targets::DType;

/// What happens to a value on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Chain {
    /// Sum of half ulps of roundings to f16 and bf16.
    pub(super) narrow: f64,
    /// Number of special functions.
    pub(super) special: f64,
}

/// The worst of everything a program stores; loops make at most `passes` passes. The rounding of
/// a stored value to its own type does not count.
pub(super) fn worst(program: &Program, passes: f64) -> Chain {
    let at = vec![Chain::default(); program.nodes.len()];
    let mut chains = Chains { program, at, passes, stored: Chain::default() };
    chains.region(&program.body);
    chains.stored
}

impl Chain {
    fn max(self, other: Chain) -> Chain {
        self.zip(other, f64::max)
    }

    fn plus(self, other: Chain) -> Chain {
        self.zip(other, |a, b| a + b)
    }

    fn zip(self, other: Chain, f: fn(f64, f64) -> f64) -> Chain {
        Chain { narrow: f(self.narrow, other.narrow), special: f(self.special, other.special) }
    }
}

struct Chains<'p> {
    program: &'p Program,
    at: Vec<Chain>,
    passes: f64,
    stored: Chain,
}

impl Chains<'_> {
    fn region(&mut self, region: &Region) {
        for &id in &region.values {
            self.at[id.0 as usize] = self.chain(id);
        }
    }

    fn of(&self, id: Id) -> Chain {
        self.at[id.0 as usize]
    }

    fn longest(&self, ids: &[Id]) -> Chain {
        ids.iter().fold(Chain::default(), |worst, id| worst.max(self.of(*id)))
    }

    fn chain(&mut self, id: Id) -> Chain {
        let program = self.program;
        match &program.node(id).op {
            Op::Fold { init, body, .. } => self.fold(init, body),
            Op::When { body, .. } => {
                self.region(body);
                Chain::default()
            }
            Op::Store { value, .. } => {
                let last = Chain { narrow: rounding(program, *value), special: 0.0 };
                let before = self.of(*value).zip(last, |all, last| (all - last).max(0.0));
                self.stored = self.stored.max(before);
                Chain::default()
            }
            Op::Bound => self.of(id),
            Op::Result(fold, _) => self.of(*fold),
            Op::Binary(Binary::Mul | Binary::Div, a, b) | Op::Mma { a, b, .. } => {
                self.of(*a).plus(self.of(*b)).plus(own(program, id))
            }
            Op::Fma(a, b, c) => self.of(*a).plus(self.of(*b)).max(self.of(*c)),
            op => self.longest(&operands(op)).plus(own(program, id)),
        }
    }

    /// Goes through the body twice: what the second pass adds, every further pass may add.
    fn fold(&mut self, init: &[Id], body: &Region) -> Chain {
        let start = self.longest(init);
        let mut pass = |carried: Chain| {
            body.params.iter().for_each(|param| self.at[param.0 as usize] = carried);
            self.region(body);
            self.longest(&body.yields)
        };
        let first = pass(start);
        let second = pass(first.max(start));
        let growth = second.zip(first, |second, first| (second - first).max(0.0));
        let passes = self.passes;
        let all = Chain { narrow: growth.narrow * passes, special: growth.special * passes };
        start.max(first).plus(all)
    }
}

/// Half an ulp of a value of a narrow float type, relative to it; otherwise 0.
fn rounding(program: &Program, id: Id) -> f64 {
    match program.elem(id) {
        Some(Elem::Num(dtype @ (DType::F16 | DType::BF16))) => half_ulp(dtype, 1.0),
        _ => 0.0,
    }
}

/// What an operation itself adds.
fn own(program: &Program, id: Id) -> Chain {
    let op = &program.node(id).op;
    let rounds = match op {
        Op::Unary(op, _) => !matches!(op, Unary::Neg | Unary::Abs),
        Op::Binary(op, ..) => !matches!(op, Binary::Min | Binary::Max),
        Op::Cast(_) | Op::Reduce(..) => true,
        _ => false,
    };
    let float = matches!(program.ty(id), Type::Tile(Elem::Num(dtype), _) if dtype.is_float());
    let special = matches!(
        op,
        Op::Unary(Unary::Exp2 | Unary::Log2 | Unary::Rsqrt | Unary::Recip, _)
            | Op::Binary(Binary::Div, ..)
    );
    Chain {
        narrow: if rounds { rounding(program, id) } else { 0.0 },
        special: if special && float { 1.0 } else { 0.0 },
    }
}

fn operands(op: &Op) -> Vec<Id> {
    match op {
        Op::Share(a)
        | Op::Read { shared: a, .. }
        | Op::Unary(_, a)
        | Op::Cast(a)
        | Op::Transpose(a)
        | Op::Slices(a)
        | Op::Join(a)
        | Op::Window { of: a, .. }
        | Op::Reduce(_, _, a) => vec![*a],
        Op::Binary(_, a, b) | Op::Compare(_, a, b) | Op::Select(_, a, b) => vec![*a, *b],
        _ => Vec::new(),
    }
}
