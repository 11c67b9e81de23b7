//! The instructions met so far, with their facts.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::isa::Inst;

use super::facts::Facts;

/// A hash table keyed by addresses or page numbers.
pub(super) type ByNumber<V> = HashMap<u64, V, BuildHasherDefault<NumberHasher>>;

/// Spreads numbers that differ in their low bits. Keys come from the simulator, not from an adversary's choice of
/// collisions: at worst a kernel is watched slowly.
#[derive(Debug, Default, Clone)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Facts in the order in which their instructions were first met, so that the next one is usually the next in line.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    list: Vec<Arc<Facts>>,
    places: ByNumber<u32>,
}

impl Known {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The place of the instruction at `pc`, which may well be `hint`.
    #[inline]
    pub(super) fn find(&self, pc: u64, hint: usize) -> Option<usize> {
        if self.list.get(hint).is_some_and(|facts| facts.pc == pc) {
            return Some(hint);
        }
        self.places.get(&pc).map(|place| *place as usize)
    }

    /// The facts at a place that [`Known::find`] or [`Known::meet`] gave.
    #[inline]
    pub(super) fn at(&self, place: usize) -> Option<&Facts> {
        self.list.get(place).map(|facts| &**facts)
    }

    /// The facts of the instruction at `pc`.
    pub(super) fn get(&self, pc: u64) -> Option<&Facts> {
        self.find(pc, usize::MAX).and_then(|place| self.at(place))
    }

    /// Adds an instruction, and gives its place.
    pub(super) fn meet(&mut self, pc: u64, inst: &Inst) -> usize {
        let place = self.list.len();
        self.list.push(Arc::new(Facts::new(pc, inst)));
        self.places.insert(pc, place as u32);
        place
    }
}
