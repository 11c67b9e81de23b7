//! Moves: selection, exchange between lanes and with scalar registers, indexed registers.

use crate::machine::Wave;
use crate::machine::lanes::{LANES, Lanes, pick};
use crate::machine::step::{Exec, Source, Step};
use crate::machine::wave::M0;

/// The moves.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_mov_b32" | "v_mov_b16" => op!(|a| a),
        "v_cndmask_b32" | "v_cndmask_b16" => exec!(|w, s| w.select(s)),
        "v_readfirstlane_b32" => exec!(|w, s| {
            let value = w.scalar32(s.src[0]);
            w.set_sgpr(usize::from(s.sdst), value);
        }),
        "v_readlane_b32" => exec!(|w, s| {
            let lane = w.scalar32(s.src[1]) % LANES as u32;
            let value = match s.src[0] {
                Source::Vector(n) => w.vgprs[usize::from(n)].0[lane as usize],
                other => w.scalar32(other),
            };
            w.set_sgpr(usize::from(s.sdst), value);
        }),
        "v_writelane_b32" => exec!(|w, s| {
            let (value, lane) = (w.scalar32(s.src[0]), w.scalar32(s.src[1]) % LANES as u32);
            w.vgprs[usize::from(s.dst)].0[lane as usize] = value;
        }),
        "v_swap_b32" => exec!(|w, s| {
            if let Source::Vector(other) = s.src[0] {
                w.swap(s.dst, other);
            }
        }),
        "v_swap_b16" => exec!(|w, s| w.swap_halves(s)),
        // Wave32 has no other half to exchange with.
        "v_permlane64_b32" => exec!(|_w, _s| ()),
        "v_permlane16_b32" => exec!(|w, s| w.permute_rows(s, 0)),
        "v_permlanex16_b32" => exec!(|w, s| w.permute_rows(s, 16)),
        "v_movreld_b32" => exec!(|w, s| {
            let (_, to) = w.indexed(s, 0, w.sgprs[M0]);
            let value = w.value(s, 0, false);
            w.move_to(to, value);
        }),
        "v_movrels_b32" => exec!(|w, s| {
            let (from, to) = w.indexed(s, w.sgprs[M0], 0);
            w.move_to(to, w.vgprs[usize::from(from)]);
        }),
        "v_movrelsd_b32" => exec!(|w, s| {
            let (from, to) = w.indexed(s, w.sgprs[M0], w.sgprs[M0]);
            w.move_to(to, w.vgprs[usize::from(from)]);
        }),
        "v_movrelsd_2_b32" => exec!(|w, s| {
            let m0 = w.sgprs[M0];
            let (from, to) = w.indexed(s, m0 & 0x3ff, m0 >> 16 & 0x3ff);
            w.move_to(to, w.vgprs[usize::from(from)]);
        }),
        "v_swaprel_b32" => exec!(|w, s| {
            let m0 = w.sgprs[M0];
            let (from, to) = w.indexed(s, m0 & 0x3ff, m0 >> 16 & 0x3ff);
            w.swap(to, from);
        }),
        _ => return None,
    })
}

impl Wave {
    #[inline(always)]
    fn select(&mut self, s: &Step) {
        let special = self.special(s);
        let (x, y);
        let a = fetch!(self, s, 0, special, x);
        let b = fetch!(self, s, 1, special, y);
        let condition = self.scalar32(s.src[2]);
        let out = Lanes::from_fn(|i| pick(condition, i, b.0[i], a.0[i]));
        self.put(s, out, special);
    }

    fn swap(&mut self, a: u8, b: u8) {
        let (exec, x, y) = (self.exec(), self.vgprs[usize::from(a)], self.vgprs[usize::from(b)]);
        self.vgprs[usize::from(a)].blend(&y, exec);
        self.vgprs[usize::from(b)].blend(&x, exec);
    }

    fn swap_halves(&mut self, s: &Step) {
        let (other, other_high) = match s.src[0] {
            Source::Vector(n) => (usize::from(n), false),
            Source::VectorHigh(n) => (usize::from(n), true),
            _ => return,
        };
        let exec = self.exec();
        let shift = |high: bool| if high { 16 } else { 0 };
        let (to, from) = (shift(s.high), shift(other_high));
        for lane in crate::machine::lanes::active(exec) {
            let x = self.vgprs[usize::from(s.dst)].0[lane] >> to & 0xffff;
            let y = self.vgprs[other].0[lane] >> from & 0xffff;
            let put = |word: &mut u32, value: u32, shift: u32| {
                *word = *word & !(0xffff << shift) | value << shift;
            };
            put(&mut self.vgprs[usize::from(s.dst)].0[lane], y, to);
            put(&mut self.vgprs[other].0[lane], x, from);
        }
    }

    /// Source and destination registers, moved by the given amounts. One that is moved out of the file
    /// becomes `v0` (RDNA3 ISA, "VGPR Indexing").
    fn indexed(&self, s: &Step, source: u32, destination: u32) -> (u8, u8) {
        let moved = |register: u8, by: u32| {
            u32::from(register).checked_add(by).and_then(|r| u8::try_from(r).ok()).unwrap_or(0)
        };
        let from = match s.src[0] {
            Source::Vector(n) => moved(n, source),
            _ => 0,
        };
        (from, moved(s.dst, destination))
    }

    fn move_to(&mut self, register: u8, value: Lanes) {
        let exec = self.exec();
        self.vgprs[usize::from(register)].blend(&value, exec);
    }

    /// Gathers within rows of 16 lanes (`flip` 0) or from the other row (`flip` 16). OP_SEL bit 0 fetches
    /// inactive lanes; bit 1 makes lanes with an inactive source read zero instead of keeping their
    /// destination.
    fn permute_rows(&mut self, s: &Step, flip: usize) {
        let exec = self.exec();
        let selectors =
            u64::from(self.scalar32(s.src[1])) | u64::from(self.scalar32(s.src[2])) << 32;
        let source = self.value(s, 0, false);
        let from = |i: usize| (i & 16 ^ flip) | (selectors >> (4 * (i & 15)) & 15) as usize;
        let (fetch_inactive, zero) = (s.inst.mods.op_sel & 1 != 0, s.inst.mods.op_sel & 2 != 0);
        let valid = Lanes::mask_of(|i| fetch_inactive || exec >> from(i) & 1 == 1);
        let out = Lanes::from_fn(|i| pick(valid, i, source.0[from(i)], 0));
        let mask = if zero { exec } else { exec & valid };
        self.vgprs[usize::from(s.dst)].blend(&out, mask);
    }
}
