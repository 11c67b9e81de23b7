//! The shapes that operations come in: how values are fetched, looped over and stored.

use crate::isa::Ty;
use crate::machine::Wave;
use crate::machine::float::{F32, Round, narrow, narrow_halves, widen_halves};
use crate::machine::lanes::{LANES, Lanes};
use crate::machine::step::{Source, Step};

/// Fetches a source: by reference where it is a plain register, into `$place` otherwise.
macro_rules! fetch {
    ($wave:expr, $step:expr, $index:expr, $special:expr, $place:ident) => {
        match $step.src[$index] {
            Source::Vector(n) if !$special => &$wave.vgprs[usize::from(n)],
            Source::Scalar(n) if !$special => {
                $place = $crate::machine::lanes::Lanes::splat($wave.sgprs[usize::from(n & 127)]);
                &$place
            }
            Source::Constant(value) if !$special => {
                $place = $crate::machine::lanes::Lanes::splat(value as u32);
                &$place
            }
            _ => {
                $place = $wave.value($step, $index, $special);
                &$place
            }
        }
    };
}

/// Runs an operation on 32-bit values, of as many sources as its closure has arguments.
macro_rules! map {
    ($w:ident, $s:ident, |$a:ident| $e:expr) => {
        $w.map1($s, |$a: u32| -> u32 { $e })
    };
    ($w:ident, $s:ident, |$a:ident, $b:ident| $e:expr) => {
        $w.map2($s, |$a: u32, $b: u32| -> u32 { $e })
    };
    ($w:ident, $s:ident, |$a:ident, $b:ident, $c:ident| $e:expr) => {
        $w.map3($s, |$a: u32, $b: u32, $c: u32| -> u32 { $e })
    };
}

/// A function on a wave and a step.
macro_rules! exec {
    (|$w:ident, $s:ident| $e:expr) => {{
        fn run($w: &mut $crate::machine::Wave, $s: &$crate::machine::step::Step) {
            $e
        }
        run as $crate::machine::step::Exec
    }};
}

/// An operation on 32-bit values.
macro_rules! op {
    (|$($a:ident),+| $e:expr) => { exec!(|w, s| map!(w, s, |$($a),+| $e)) };
}

/// Runs an operation on f32, to f32.
macro_rules! map32 {
    ($w:ident, $s:ident, |$($a:ident),+| $e:expr) => {
        map!($w, $s, |$($a),+| {
            $(let $a = f32::from_bits($a);)+
            let result: f32 = $e;
            result.to_bits()
        })
    };
}

/// An operation on f32, to f32.
macro_rules! op32 {
    (|$($a:ident),+| $e:expr) => { exec!(|w, s| map32!(w, s, |$($a),+| $e)) };
}

/// An operation on f32 whose result depends on the rounding mode: for the usual one, and for any.
macro_rules! round32 {
    (|$($a:ident),+| $fast:expr, |$r:ident| $exact:expr) => {
        exec!(|w, s| match w.mode().round32() {
            $crate::machine::float::Round::Nearest => map32!(w, s, |$($a),+| $fast),
            $r => map32!(w, s, |$($a),+| $exact),
        })
    };
}

/// An operation on f16, computed and given in f32, and rounded to f16.
macro_rules! op16 {
    (|$($a:ident),+| $e:expr) => {
        op!(|$($a),+| {
            $(let $a = $crate::machine::float::f16_to_f32($a);)+
            let result: f32 = $e;
            $crate::machine::float::f32_to_f16(result)
        })
    };
}

/// An operation on the bits of f16 whose result depends on the rounding mode.
macro_rules! round16 {
    (|$($a:ident),+| $fast:expr, |$r:ident| $exact:expr) => {
        exec!(|w, s| match w.mode().round16_64() {
            $crate::machine::float::Round::Nearest => map!(w, s, |$($a),+| $fast),
            $r => map!(w, s, |$($a),+| $exact),
        })
    };
}

/// An operation on both halves of registers, each in the low half of a word.
macro_rules! pair {
    (|$($a:ident),+| $e:expr) => {
        op!(|$($a),+| {
            let low = { $(let $a = $a & 0xffff;)+ $e };
            let high = { $(let $a = $a >> 16;)+ $e };
            low & 0xffff | high << 16
        })
    };
}

/// A packed operation on f16: in f32 for the usual rounding mode, and on bits for any.
macro_rules! halves {
    (|$($a:ident),+| $fast:expr, |$r:ident| $exact:expr) => {
        exec!(|w, s| match w.mode().round16_64() {
            $crate::machine::float::Round::Nearest => {
                w.halves3(s, |[$($a),+, ..]: [f32; 4]| -> f32 { $fast });
            }
            $r => map!(w, s, |$($a),+| {
                let low = { $(let $a = $a & 0xffff;)+ $exact };
                let high = { $(let $a = $a >> 16;)+ $exact };
                low & 0xffff | high << 16
            }),
        })
    };
}

/// An operation on values of up to 64 bits.
macro_rules! wide {
    (|$a:ident, $b:ident, $c:ident| $e:expr) => {
        exec!(|w, s| w.wide(s, |$a: u64, $b: u64, $c: u64| -> u64 { $e }))
    };
    (|$a:ident, $b:ident| $e:expr) => {
        wide!(|$a, $b, _unused| $e)
    };
    (|$a:ident| $e:expr) => {
        wide!(|$a, _other, _unused| $e)
    };
}

/// An operation on f64, to f64.
macro_rules! op64 {
    (|$($a:ident),+| $e:expr) => {
        wide!(|$($a),+| {
            $(let $a = f64::from_bits($a);)+
            let result: f64 = $e;
            result.to_bits()
        })
    };
}

/// An operation on f64 in the current rounding mode.
macro_rules! round64 {
    (|$a:ident, $b:ident, $c:ident, $r:ident| $e:expr) => {
        exec!(|w, s| {
            let $r = w.mode().round16_64();
            w.wide(s, |$a: u64, $b: u64, $c: u64| {
                let ($a, $b, $c) = (f64::from_bits($a), f64::from_bits($b), f64::from_bits($c));
                let result: f64 = $e;
                result.to_bits()
            })
        })
    };
}

impl Wave {
    #[inline(always)]
    pub(in crate::machine) fn map1(&mut self, s: &Step, f: impl Fn(u32) -> u32) {
        let special = self.special(s);
        let x;
        let a = fetch!(self, s, 0, special, x);
        let out = Lanes::from_fn(|i| f(a.0[i]));
        self.put(s, out, special);
    }

    #[inline(always)]
    pub(in crate::machine) fn map2(&mut self, s: &Step, f: impl Fn(u32, u32) -> u32) {
        let special = self.special(s);
        let (x, y);
        let a = fetch!(self, s, 0, special, x);
        let b = fetch!(self, s, 1, special, y);
        let out = Lanes::from_fn(|i| f(a.0[i], b.0[i]));
        self.put(s, out, special);
    }

    #[inline(always)]
    pub(in crate::machine) fn map3(&mut self, s: &Step, f: impl Fn(u32, u32, u32) -> u32) {
        let special = self.special(s);
        let (x, y, z);
        let a = fetch!(self, s, 0, special, x);
        let b = fetch!(self, s, 1, special, y);
        let c = fetch!(self, s, 2, special, z);
        let out = Lanes::from_fn(|i| f(a.0[i], b.0[i], c.0[i]));
        self.put(s, out, special);
    }

    /// An operation on both f16 of up to three sources; `f` gets them as f32, and a zero.
    #[inline(always)]
    pub(in crate::machine) fn halves3(&mut self, s: &Step, f: impl Fn([f32; 4]) -> f32) {
        let special = self.special(s);
        let (x, y, z);
        let a = widen_halves(fetch!(self, s, 0, special, x));
        let b = widen_halves(fetch!(self, s, 1, special, y));
        let c = widen_halves(fetch!(self, s, 2, special, z));
        let mut sums = [0.0; 2 * LANES];
        for i in 0..2 * LANES {
            sums[i] = f([a[i], b[i], c[i], 0.0]);
        }
        self.put(s, narrow_halves(&sums), special);
    }

    /// Compares and writes the mask of lanes for which `f` holds.
    #[inline(always)]
    pub(in crate::machine) fn test2(&mut self, s: &Step, f: impl Fn(u32, u32) -> bool) {
        let special = self.special(s);
        let (x, y);
        let a = fetch!(self, s, 0, special, x);
        let b = fetch!(self, s, 1, special, y);
        let mask = Lanes::mask_of(|i| f(a.0[i], b.0[i]));
        self.set_mask(s, mask, special);
    }

    /// The same for 64-bit values.
    #[inline(always)]
    pub(in crate::machine) fn wide_test(&mut self, s: &Step, f: impl Fn(u64, u64) -> bool) {
        let special = self.special(s);
        let (a, b) = (self.value64(s, 0, special), self.value64(s, 1, special));
        let mask = Lanes::mask_of(|i| f(a[i], b[i]));
        self.set_mask(s, mask, special);
    }

    #[inline(always)]
    pub(in crate::machine) fn wide(&mut self, s: &Step, f: impl Fn(u64, u64, u64) -> u64) {
        let special = self.special(s);
        let a = self.value64(s, 0, special);
        let b = self.value64(s, 1, special);
        let c = self.value64(s, 2, special);
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = f(a[i], b[i], c[i]);
        }
        self.put64(s, out, special);
    }

    /// A source of at most 32 bits, ready to use.
    #[inline(never)]
    pub(in crate::machine) fn value(&self, s: &Step, index: usize, special: bool) -> Lanes {
        let mut lanes = match s.src[index] {
            Source::Vector(n) | Source::VectorHigh(n) => self.vgprs[usize::from(n)],
            other => Lanes::splat(self.scalar32(other)),
        };
        if special {
            if let (0, Some(exchange)) = (index, &s.exchange) {
                lanes = exchange.apply(&lanes, self.exec());
            }
            self.modify(s, index, &mut lanes);
        }
        lanes
    }

    /// A source of up to 64 bits, ready to use; narrower ones are zero-extended.
    #[inline(always)]
    pub(in crate::machine) fn value64(
        &self,
        s: &Step,
        index: usize,
        special: bool,
    ) -> [u64; LANES] {
        let mut out = [0; LANES];
        if s.src_ty[index].dwords() < 2 {
            let low = self.value(s, index, special);
            for i in 0..LANES {
                out[i] = u64::from(low.0[i]);
            }
            return out;
        }
        match s.src[index] {
            Source::Vector(n) | Source::VectorHigh(n) => {
                let low = &self.vgprs[usize::from(n)];
                let high = &self.vgprs[usize::from(n.wrapping_add(1))];
                for i in 0..LANES {
                    out[i] = u64::from(low.0[i]) | u64::from(high.0[i]) << 32;
                }
            }
            other => out = [self.scalar64(other); LANES],
        }
        if special {
            self.modify64(s, index, &mut out);
        }
        out
    }

    /// Stores a result of at most 32 bits.
    #[inline(always)]
    pub(in crate::machine) fn put(&mut self, s: &Step, out: Lanes, special: bool) {
        if special {
            self.put_special(s, out);
            return;
        }
        let exec = self.exec();
        let to = &mut self.vgprs[usize::from(s.dst)];
        if s.half {
            let merged = Lanes::from_fn(|i| to.0[i] & 0xffff_0000 | out.0[i] & 0xffff);
            to.blend(&merged, exec);
        } else {
            to.blend(&out, exec);
        }
    }

    #[inline(never)]
    fn put_special(&mut self, s: &Step, mut out: Lanes) {
        match s.dst_ty {
            _ if !s.inst.mods.clamp && !self.has_unusual_mode() => {}
            Ty::F32 => out.0.iter_mut().for_each(|x| *x = self.output32(s, *x)),
            Ty::F16 => out.0.iter_mut().for_each(|x| *x = self.output16(s, *x & 0xffff)),
            Ty::V2F16 => out.0.iter_mut().for_each(|x| {
                *x = self.output16(s, *x & 0xffff) | self.output16(s, *x >> 16) << 16;
            }),
            _ => {}
        }
        let (mask, to) = (self.mask, &mut self.vgprs[usize::from(s.dst)]);
        if s.half {
            let (shift, keep) = if s.high { (16, 0xffff) } else { (0, 0xffff_0000) };
            let old = *to;
            out = Lanes::from_fn(|i| old.0[i] & keep | (out.0[i] & 0xffff) << shift);
        }
        to.blend(&out, mask);
    }

    /// Stores a result of 64 bits, or its low half where the destination is narrower.
    #[inline(always)]
    pub(in crate::machine) fn put64(&mut self, s: &Step, mut out: [u64; LANES], special: bool) {
        if s.dst_ty.dwords() < 2 {
            self.put(s, Lanes::from_fn(|i| out[i] as u32), special);
            return;
        }
        let mut mask = self.exec();
        if special {
            mask = self.mask;
            if s.dst_ty == Ty::F64 {
                out.iter_mut().for_each(|x| *x = self.output64(s, *x));
            }
        }
        let (low, high) =
            (Lanes::from_fn(|i| out[i] as u32), Lanes::from_fn(|i| (out[i] >> 32) as u32));
        self.vgprs[usize::from(s.dst)].blend(&low, mask);
        self.vgprs[usize::from(s.dst.wrapping_add(1))].blend(&high, mask);
    }
}

/// An f64 as f32 in a rounding mode.
pub(super) fn to_f32(x: f64, round: Round) -> f32 {
    f32::from_bits(narrow(x, F32, round))
}
