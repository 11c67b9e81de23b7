//! Movement between lanes, and between lanes and uniform values.

use super::emitter::{Emitter, Held};
use super::types::{Form, Prim, Val};
use crate::lane::{Elt, Ty, Value};

/// DPP control of `row_xmask`, to which the mask is added.
const ROW_XMASK: u32 = 0x160;

impl<'c> Emitter<'c, '_> {
    /// A uniform value in every element of every lane.
    pub(super) fn splat(&mut self, a: Value, ty: Ty) -> Held<'c> {
        let value = self.uniform(a);
        let word = self.repeat(value, ty.elt);
        let width = self.lift(word.form.prim).width;
        let register = self.code.splat(word, width);
        Held::lanes(vec![register; ty.registers() as usize])
    }

    /// A uniform number as a scalar register, repeated in it where it is narrower.
    fn repeat(&mut self, value: Val<'c>, elt: Elt) -> Val<'c> {
        let bits = value.form.prim.bits();
        if bits >= 32 || elt == Elt::Pred {
            return value;
        }
        let integer = match bits {
            16 => self.code.bitcast(value, Form::scalar(Prim::I16)),
            _ => value,
        };
        let mut word = self.code.convert("arith.extui", integer, Prim::I32);
        let mut filled = bits;
        while filled < 32 {
            let copy = self.code.shift("arith.shli", word, filled);
            word = self.code.or(word, copy);
            filled *= 2;
        }
        word
    }

    /// The value of lane 0, which every wave has: control flow is uniform.
    pub(super) fn first_lane(&mut self, a: Value) -> Held<'c> {
        let ty = self.ty(a);
        let register = self.single(a);
        let word = match ty.elt {
            Elt::Pred => self.code.convert("arith.extui", register, Prim::I32),
            _ => register,
        };
        let first = match self.host() {
            true => self.code.element(word, 0),
            false => {
                let name = format!("llvm.amdgcn.readfirstlane.{}", word.form.mangled());
                self.code.call(&name, &[word], word.form)
            }
        };
        Held::Uniform(self.low_bits(first, Prim::uniform(ty.elt)))
    }

    /// The low bits of a scalar register as a narrower scalar.
    fn low_bits(&mut self, word: Val<'c>, prim: Prim) -> Val<'c> {
        if word.form.prim == prim {
            return word;
        }
        let integer = if prim.is_float() { Prim::I16 } else { prim };
        let low = self.code.convert("arith.trunci", word, integer);
        self.code.bitcast(low, Form::scalar(prim))
    }

    /// The value of lane `lane ^ mask`.
    pub(super) fn lane_xor(&mut self, of: Value, mask: u32) -> Held<'c> {
        let truths = self.ty(of).elt == Elt::Pred;
        let mut moved = Vec::new();
        for reg in self.regs(of) {
            let register = self.reg(reg);
            moved.push(match (mask, truths) {
                (0, _) => register,
                (_, false) => self.exchange(register, mask),
                (_, true) => {
                    let word = self.code.convert("arith.extui", register, Prim::I32);
                    let word = self.exchange(word, mask);
                    self.code.convert("arith.trunci", word, Prim::I1)
                }
            });
        }
        Held::lanes(moved)
    }

    fn exchange(&mut self, register: Val<'c>, mask: u32) -> Val<'c> {
        if self.host() {
            let picks: Vec<u32> = (0..self.kernel.lanes).map(|lane| lane ^ mask).collect();
            return self.code.pick(register, &picks);
        }
        let word = self.code.bitcast(register, Form::scalar(Prim::I32));
        let moved = if mask < 16 { self.within_row(word, mask) } else { self.across(word, mask) };
        self.code.bitcast(moved, register.form)
    }

    /// Exchange within rows of 16 lanes. Every source lane is active, so what an inactive one
    /// would give is left open.
    fn within_row(&mut self, word: Val<'c>, mask: u32) -> Val<'c> {
        let (index, truth) = (Form::scalar(Prim::I32), Form::scalar(Prim::I1));
        let old = self.code.poison(index);
        let control = self.code.int(index, (ROW_XMASK + mask).into());
        let all = self.code.int(index, 0xf);
        let bound = self.code.int(truth, 1);
        let operands = [old, word, control, all, all, bound];
        self.code.call("llvm.amdgcn.update.dpp.i32", &operands, index)
    }

    /// Exchange between the two rows: lane `i` of a row takes lane `i ^ (mask & 15)` of the other.
    fn across(&mut self, word: Val<'c>, mask: u32) -> Val<'c> {
        let (index, truth) = (Form::scalar(Prim::I32), Form::scalar(Prim::I1));
        let select = |lanes: std::ops::Range<u64>| {
            lanes.rev().fold(0u64, |bits, lane| bits << 4 | lane ^ u64::from(mask & 15)) as i64
        };
        let low = self.code.int(index, select(0..8));
        let high = self.code.int(index, select(8..16));
        let old = self.code.poison(index);
        let off = self.code.int(truth, 0);
        let operands = [old, word, low, high, off, off];
        self.code.call("llvm.amdgcn.permlanex16.i32", &operands, index)
    }
}
