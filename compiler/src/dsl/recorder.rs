//! The program under construction, with the mistakes found so far.
//!
//! A wrong op adds a diagnostic and yields [`POISON`]; an op that is given poison yields poison
//! without another word. So one build reports every independent mistake once.

use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Id, Node, Op, Program, Region, Type, typing};
use std::collections::BTreeSet;

/// The product of a wrong op. It has no node.
pub(super) const POISON: Id = Id(u32::MAX);

/// Appends values to the innermost open region.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) program: Program,
    open: Vec<Open>,
    /// The region that each value belongs to.
    homes: Vec<u32>,
    regions: u32,
    mistakes: Vec<Diagnostic>,
    /// Parts that a store was recorded for, even a wrong one.
    written: BTreeSet<usize>,
}

/// A region that still grows.
#[derive(Debug)]
struct Open {
    number: u32,
    region: Region,
}

impl Recorder {
    pub(super) fn new(program: Program, mistakes: Vec<Diagnostic>) -> Recorder {
        let open = vec![Open { number: 0, region: Region::default() }];
        let written = BTreeSet::new();
        Recorder { program, open, homes: Vec::new(), regions: 1, mistakes, written }
    }

    /// Type of a value; nothing for poison.
    pub(super) fn ty(&self, id: Id) -> Type {
        if id == POISON { Type::None } else { self.program.ty(id) }
    }

    /// Appends an op. `declared` is its type as far as operands do not determine it.
    pub(super) fn record(&mut self, op: Op, declared: Type, location: Location) -> Id {
        let operands = op.operands();
        if operands.contains(&POISON) {
            return POISON;
        }
        if !operands.iter().all(|id| self.visible(*id)) {
            self.report(escaped(location));
            return POISON;
        }
        match typing::type_of(&self.program, &op, declared) {
            Ok(ty) => self.append(Node { op, ty, location }),
            Err(mistake) => {
                self.report(Diagnostic { location, ..mistake });
                POISON
            }
        }
    }

    /// Adds a mistake, unless the same one was found at the same line before.
    pub(super) fn report(&mut self, mistake: Diagnostic) {
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// Notes that the recipe stores to a part.
    pub(super) fn wrote(&mut self, part: usize) {
        self.written.insert(part);
    }

    /// Whether the recipe stores to a part.
    pub(super) fn writes(&self, part: usize) -> bool {
        self.written.contains(&part)
    }

    /// Opens the region of a loop or condition.
    pub(super) fn open(&mut self) {
        self.open.push(Open { number: self.regions, region: Region::default() });
        self.regions += 1;
    }

    /// A value that the innermost region is given on entry.
    pub(super) fn param(&mut self, ty: Type, location: Location) -> Id {
        let id = self.place(Node { op: Op::Bound, ty, location });
        self.innermost().region.params.push(id);
        id
    }

    /// Closes the innermost region and makes it the body of `owner`.
    pub(super) fn close(&mut self, owner: Id, yields: Vec<Id>) {
        let mut region = self.open.pop().expect("a region should be open").region;
        region.yields = yields;
        if owner == POISON {
            return;
        }
        match &mut self.program.nodes[owner.0 as usize].op {
            Op::Fold { body, .. } | Op::When { body, .. } => *body = region,
            _ => unreachable!("only loops and conditions should own regions"),
        }
    }

    /// Whether a value, not poison, may be used in the innermost region.
    pub(super) fn visible(&self, id: Id) -> bool {
        let home = self.homes[id.0 as usize];
        self.open.iter().any(|open| open.number == home)
    }

    /// The finished program, or every mistake.
    pub(super) fn finish(mut self) -> Result<Program, Vec<Diagnostic>> {
        self.program.body = self.open.pop().expect("the outermost region should be open").region;
        if self.mistakes.is_empty() { Ok(self.program) } else { Err(self.mistakes) }
    }

    fn append(&mut self, node: Node) -> Id {
        let id = self.place(node);
        self.innermost().region.values.push(id);
        id
    }

    fn place(&mut self, node: Node) -> Id {
        let home = self.innermost().number;
        self.program.nodes.push(node);
        self.homes.push(home);
        Id(self.homes.len() as u32 - 1)
    }

    fn innermost(&mut self) -> &mut Open {
        self.open.last_mut().expect("the outermost region should be open")
    }
}

/// The complaint about a value used after its region ended.
pub(super) fn escaped(location: Location) -> Diagnostic {
    Diagnostic::new(location, "a value made inside a loop or condition is used after its end")
        .note("carry it: give the loop a starting value, return the new one from the closure")
}
