//! Removal of barriers that separate nothing.
//!
//! Lowering places a barrier wherever workgroup memory is about to be written or has been written.
//! Taken together there are too many: of two that lie between an access and the next one that must
//! not meet it, one is enough. A barrier goes if without it no access can meet another to the same
//! bytes, one of them a write, with no barrier between, in this or the next pass of a loop.
//!
//! Buffers are taken as wholes, and writes to one as one: waves write to different parts of it.
//! Where that alone shows accesses that meet (stages of a fold, which take turns), nothing is known
//! and all barriers stay.

use std::collections::{BTreeSet, HashSet};

use crate::lane::{Block, Local, Op, Space};

/// Removes barriers from a kernel's body.
pub(super) fn remove_idle(body: &mut Block, locals: &[Local]) {
    let mut walk = Walk { locals, removed: HashSet::new(), number: 0, met: false };
    if walk.meets(body) {
        return;
    }
    for barrier in 0..walk.number {
        walk.removed.insert(barrier);
        if walk.meets(body) {
            walk.removed.remove(&barrier);
        }
    }
    drop_numbered(body, &walk.removed, &mut 0);
}

/// A walk over a body in the order of execution; barriers are numbered as they stand in it.
struct Walk<'k> {
    locals: &'k [Local],
    /// Barriers taken as absent.
    removed: HashSet<u32>,
    number: u32,
    met: bool,
}

/// Accesses since the last barrier: the buffer, and whether it was written.
type Open = BTreeSet<(u32, bool)>;

impl Walk<'_> {
    /// Whether accesses meet.
    fn meets(&mut self, body: &Block) -> bool {
        (self.number, self.met) = (0, false);
        self.block(body, &mut Open::new());
        self.met
    }

    fn block(&mut self, block: &Block, open: &mut Open) {
        for inst in &block.insts {
            match &inst.op {
                Op::Barrier => {
                    if !self.removed.contains(&self.number) {
                        open.clear();
                    }
                    self.number += 1;
                }
                Op::Load { address, .. } => self.access(address.space, false, open),
                Op::Store { address, .. } => self.access(address.space, true, open),
                Op::Loop { body, .. } => {
                    // The second pass meets what the first one left.
                    let first = self.number;
                    for _ in 0..2 {
                        self.number = first;
                        self.maybe(body, open);
                    }
                }
                Op::If { then, .. } => self.maybe(then, open),
                _ => {}
            }
        }
    }

    /// A block that may be left out.
    fn maybe(&mut self, block: &Block, open: &mut Open) {
        let before = open.clone();
        self.block(block, open);
        open.extend(before);
    }

    fn access(&mut self, space: Space, write: bool, open: &mut Open) {
        let Space::Local(buffer) = space else { return };
        self.met |= open.iter().any(|(other, written)| {
            let apart = if *other == buffer { write == *written } else { !write && !written };
            !apart && self.overlap(buffer, *other)
        });
        open.insert((buffer, write));
    }

    fn overlap(&self, one: u32, other: u32) -> bool {
        let bytes = |buffer: u32| {
            let Local { offset, bytes, .. } = self.locals[buffer as usize];
            offset..offset + bytes
        };
        let (one, other) = (bytes(one), bytes(other));
        one.start < other.end && other.start < one.end
    }
}

fn drop_numbered(block: &mut Block, removed: &HashSet<u32>, number: &mut u32) {
    block.insts.retain_mut(|inst| match &mut inst.op {
        Op::Barrier => {
            *number += 1;
            !removed.contains(&(*number - 1))
        }
        Op::Loop { body: inner, .. } | Op::If { then: inner, .. } => {
            drop_numbered(inner, removed, number);
            true
        }
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Address, Builder, Pattern, Ty, Value};
    use kiln_targets::DType;

    /// Code in which `S` and `L` store to and load from the first buffer, `s` and `l` the second,
    /// `|` is a barrier, and `(..)` a loop.
    fn block(text: &str) -> Block {
        let mut build = Builder::default();
        let value = build.fresh(Ty::lane(DType::F32, 1));
        for letter in text.chars() {
            let buffer = u32::from(letter.is_lowercase());
            let address = Address {
                space: Space::Local(buffer),
                base: None,
                lane: None,
                offset: 0,
                align: 4,
                pattern: Pattern::Broadcast,
            };
            match letter {
                'S' | 's' => build.store(address, value, None),
                'L' | 'l' => {
                    build.load(address, None, Ty::lane(DType::F32, 1));
                }
                '|' => build.insert(Op::Barrier, Vec::new()),
                '(' => build.open(),
                _ => {
                    let body = build.close();
                    build.insert(endless(value, body), Vec::new());
                }
            }
        }
        build.finish().0
    }

    fn endless(value: Value, body: Block) -> Op {
        let (lower, upper, induction) = (value, value, value);
        let (init, carried, yields) = (Vec::new(), Vec::new(), Vec::new());
        Op::Loop { lower, upper, step: 1, induction, init, carried, body, yields }
    }

    fn text(block: &Block) -> String {
        let letter = |op: &Op| match op {
            Op::Barrier => "|".to_owned(),
            Op::Load { address, .. } if address.space == Space::Local(0) => "L".to_owned(),
            Op::Load { .. } => "l".to_owned(),
            Op::Store { address, .. } if address.space == Space::Local(0) => "S".to_owned(),
            Op::Store { .. } => "s".to_owned(),
            Op::Loop { body, .. } => format!("({})", text(body)),
            _ => String::new(),
        };
        block.insts.iter().map(|inst| letter(&inst.op)).collect()
    }

    #[track_caller]
    fn check(offset: u32, before: &str, after: &str) {
        let local = |offset| Local { name: "x".into(), bytes: 64, offset };
        let mut body = block(before);
        remove_idle(&mut body, &[local(0), local(offset)]);
        assert_eq!(text(&body), after, "{before}");
    }

    #[test]
    fn of_barriers_between_the_same_accesses_one_stays() {
        check(64, "S||L", "S|L");
        check(64, "|S|L|", "S|L");
        check(64, "S|S|L", "SS|L");
        check(64, "S|s|L|l", "Ss|Ll");
    }

    #[test]
    fn barriers_of_a_loop_also_keep_its_passes_apart() {
        check(64, "(|S|L)", "(|S|L)");
        check(64, "(|S|L|s|l)", "(S|Ls|l)");
    }

    #[test]
    fn buffers_that_lie_over_each_other_are_one() {
        check(0, "S|L|s|l", "S|L|s|l");
        check(64, "S|L|s|l", "S|Ls|l");
    }

    #[test]
    fn all_barriers_stay_where_accesses_meet_anyway() {
        check(64, "(S|L)||", "(S|L)||");
    }
}
