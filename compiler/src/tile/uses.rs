//! Who uses what, and which fold carries which value where.

use std::collections::HashMap;

use super::{Id, Op, Program, Region};

/// Users of every value of a program.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    users: HashMap<Id, Vec<Id>>,
    /// Where a value goes when a fold takes it: carried values inside, results after.
    flows: HashMap<Id, Vec<Id>>,
}

impl Uses {
    /// Collects the uses in a program.
    pub(crate) fn of(program: &Program) -> Uses {
        let mut uses = Uses::default();
        uses.region(program, &program.body);
        uses
    }

    /// Ops that take the value as an operand.
    pub(crate) fn users(&self, id: Id) -> &[Id] {
        self.users.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Values that this one becomes by being carried through a fold.
    pub(crate) fn flows(&self, id: Id) -> &[Id] {
        self.flows.get(&id).map_or(&[], Vec::as_slice)
    }

    fn region(&mut self, program: &Program, region: &Region) {
        for id in &region.values {
            let op = &program.node(*id).op;
            let read = match op {
                // What a fold starts from flows into its carried values, below.
                Op::Fold { lower, upper, .. } => vec![*lower, *upper],
                op => op.operands(),
            };
            for operand in read {
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
