//! Operations that move elements without computing.

use super::elements::{place, storage};
use super::group::Group;
use super::wide;
use crate::lane::{Elt, Op, Ty, Value};

impl Group<'_, '_> {
    pub(super) fn rearrange(&self, op: &Op, ty: Ty, out: &mut [u32]) {
        match op {
            Op::Splat(a) => self.splat(*a, ty, out),
            Op::Extract { of, start } => {
                out.fill(0);
                self.copy(*of, *start, out, ty, 0);
            }
            Op::Concat(parts) => {
                out.fill(0);
                let mut to = 0;
                for part in parts {
                    to += self.copy(*part, 0, out, ty, to);
                }
            }
            Op::Bitcast(a) => out.copy_from_slice(self.file(*a)),
            Op::LaneXor { of, mask } => {
                let words = self.file(*of);
                out.iter_mut().enumerate().for_each(|(at, to)| *to = words[at ^ *mask as usize]);
            }
            Op::FirstLane(a) => {
                let words = self.file(*a).iter().step_by(self.lanes);
                out.iter_mut().zip(words).for_each(|(to, word)| *to = *word);
            }
            _ => unreachable!("only rearranging operations should come here"),
        }
    }

    fn splat(&self, a: Value, ty: Ty, out: &mut [u32]) {
        let held = self.held(a);
        let bits = storage(ty);
        for (at, to) in out.iter_mut().enumerate() {
            let wave = at / self.lanes % self.waves;
            let element = match ty.elt {
                Elt::I64 => wide::read(held.words, wave) as u32,
                _ => held.words[wave] & (u32::MAX >> (32 - bits)),
            };
            *to = (0..32 / bits).fold(0, |word, copy| word | element << (copy * bits));
        }
    }

    /// Copies elements from `start` on to elements from `to` on, as many as there are in both;
    /// returns how many.
    fn copy(&self, of: Value, start: u32, out: &mut [u32], ty: Ty, to: u32) -> u32 {
        let held = self.held(of);
        let (width, bits) = (self.width(ty), storage(ty));
        let count = (held.ty.count - start).min(ty.count - to);
        for element in 0..count {
            let (from, down) = place(held.ty, start + element);
            let (into, up) = place(ty, to + element);
            let source = &held.words[from * width..(from + 1) * width];
            let row = &mut out[into * width..(into + 1) * width];
            let mask = u32::MAX >> (32 - bits);
            row.iter_mut().zip(source).for_each(|(to, word)| *to |= (word >> down & mask) << up);
        }
        count
    }
}
