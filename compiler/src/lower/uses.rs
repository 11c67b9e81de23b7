//! Who uses what, and which fold carries which value where.

use std::collections::HashMap;

use crate::tile::{Id, Op, Program, Region};

/// Users of every value of a program.
#[derive(Debug, Default)]
pub(super) struct Uses {
    users: HashMap<Id, Vec<Id>>,
    /// Where a value goes when a fold takes it: carried values inside, results after.
    flows: HashMap<Id, Vec<Id>>,
}

impl Uses {
    /// Collects the uses in a program.
    pub(super) fn of(program: &Program) -> Uses {
        let mut uses = Uses::default();
        uses.region(program, &program.body);
        uses
    }

    /// Ops that take the value as an operand.
    pub(super) fn users(&self, id: Id) -> &[Id] {
        self.users.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Values that this one becomes by being carried through a fold.
    pub(super) fn flows(&self, id: Id) -> &[Id] {
        self.flows.get(&id).map_or(&[], Vec::as_slice)
    }

    fn region(&mut self, program: &Program, region: &Region) {
        for id in &region.values {
            let op = &program.node(*id).op;
            for operand in operands(op) {
                self.users.entry(operand).or_default().push(*id);
            }
            match op {
                Op::Fold { init, body, .. } => {
                    self.region(program, body);
                    for (place, start) in init.iter().enumerate() {
                        self.flow(*start, body.params[place + 1]);
                        self.flow(body.yields[place], body.params[place + 1]);
                    }
                }
                Op::When { body, .. } => self.region(program, body),
                Op::Result(fold, place) => {
                    if let Op::Fold { init, body, .. } = &program.node(*fold).op {
                        self.flow(body.yields[*place as usize], *id);
                        self.flow(init[*place as usize], *id);
                    }
                }
                _ => {}
            }
        }
    }

    fn flow(&mut self, from: Id, to: Id) {
        self.flows.entry(from).or_default().push(to);
    }
}

/// The operands of an op outside its regions, in order.
pub(super) fn operands(op: &Op) -> Vec<Id> {
    match op {
        Op::Index(_) | Op::Dim(_) | Op::Grid(_) | Op::Bound | Op::Full(_) | Op::Iota(_) => vec![],
        Op::IndexOp(_, a, b) | Op::IndexCompare(_, a, b) => vec![*a, *b],
        Op::Binary(_, a, b) | Op::Compare(_, a, b) => vec![*a, *b],
        Op::Load { at, .. } => at.to_vec(),
        Op::Store { at, value, .. } => vec![at[0], at[1], *value],
        Op::Share(of) | Op::Read { shared: of, .. } | Op::Window { of, .. } => vec![*of],
        Op::Splat(of) | Op::Unary(_, of) | Op::Cast(of) | Op::Transpose(of) => vec![*of],
        Op::Slices(of) | Op::Join(of) | Op::Reduce(_, _, of) | Op::Result(of, _) => vec![*of],
        Op::Select(a, b, c) => vec![*a, *b, *c],
        Op::Mma { a, b, acc } => vec![*a, *b, *acc],
        Op::Fold { lower, upper, .. } => vec![*lower, *upper],
        Op::When { condition, .. } => vec![*condition],
    }
}
