//! Powers, logarithms and reciprocals in `f32`.
//!
//! * On a GPU each is one transcendental instruction, within 1 ulp by its documentation:
//!   `v_exp_f32`, `v_log_f32`, `v_rsq_f32`, `v_rcp_f32`. Denormal operands and results count as
//!   zero there.
//! * On a host `exp2` and `log2` are polynomials in vector code, within 2 ulp, and reciprocals are
//!   divisions; infinities, zeros, NaN and denormals are exact.

use super::emitter::Emitter;
use super::types::{Prim, Val};
use crate::lane::Compare;

/// 2^f on [-1/2, 1/2]: Taylor coefficients `ln(2)^i / i!` from degree 7 down to 0. The remainder,
/// `ln(2)^8 / 8! / 2^8`, is below 6e-9.
const EXP2: [f64; 8] = [
    1.525_273_380_405_984e-5,
    1.540_353_039_338_161e-4,
    1.333_355_814_642_844_3e-3,
    9.618_129_107_628_477e-3,
    5.550_410_866_482_158e-2,
    2.402_265_069_591_007e-1,
    std::f64::consts::LN_2,
    1.0,
];

/// `(ln(1 + f) - f + f^2 / 2) / f^3` on [sqrt(1/2) - 1, sqrt(2) - 1], highest degree first.
/// Source: S. Moshier, Cephes mathematical library, `logf`.
const LN: [f64; 9] = [
    7.037_683_629_2e-2,
    -1.151_461_031e-1,
    1.167_699_874e-1,
    -1.242_014_084_6e-1,
    1.424_932_278_7e-1,
    -1.666_805_766_5e-1,
    2.000_071_476_5e-1,
    -2.499_999_399_3e-1,
    3.333_333_117_4e-1,
];

/// Adding this rounds an `f32` below 2^22 in magnitude to an integer, in the low bits of the sum.
const ROUND: f64 = 12_582_912.0;

impl<'c> Emitter<'c, '_> {
    pub(super) fn exp2(&mut self, x: Val<'c>) -> Val<'c> {
        if self.host() { self.exp2_host(x) } else { self.instruction("exp2", x) }
    }

    pub(super) fn log2(&mut self, x: Val<'c>) -> Val<'c> {
        if self.host() { self.log2_host(x) } else { self.instruction("log", x) }
    }

    pub(super) fn rsqrt(&mut self, x: Val<'c>) -> Val<'c> {
        if !self.host() {
            return self.instruction("rsq", x);
        }
        let root = self.code.same("llvm.intr.sqrt", &[x]);
        self.recip(root)
    }

    pub(super) fn recip(&mut self, x: Val<'c>) -> Val<'c> {
        if !self.host() {
            return self.instruction("rcp", x);
        }
        let one = self.code.float(x.form, 1.0);
        self.code.same("arith.divf", &[one, x])
    }

    fn instruction(&mut self, name: &str, x: Val<'c>) -> Val<'c> {
        self.code.call(&format!("llvm.amdgcn.{name}.f32"), &[x], x.form)
    }

    /// `2^x = 2^n * 2^f` with `n` the nearest integer; `2^n` is applied in two factors so that
    /// overflow and gradual underflow come out of the multiplications.
    fn exp2_host(&mut self, x: Val<'c>) -> Val<'c> {
        let x = self.at_most(x, 130.0);
        let x = self.at_least(x, -152.0);
        let round = self.code.float(x.form, ROUND);
        let shifted = self.code.same("arith.addf", &[x, round]);
        let whole = self.code.same("arith.subf", &[shifted, round]);
        let fraction = self.code.same("arith.subf", &[x, whole]);
        let power = self.polynomial(fraction, &EXP2);
        let n = self.code.bitcast(shifted, x.form.of(Prim::I32));
        let n = self.code.add_const(n, -i64::from((ROUND as f32).to_bits()));
        let half = self.code.shift("arith.shrsi", n, 1);
        let rest = self.code.same("arith.subi", &[n, half]);
        let (half, rest) = (self.power_of_two(half), self.power_of_two(rest));
        let scaled = self.code.same("arith.mulf", &[power, half]);
        self.code.same("arith.mulf", &[scaled, rest])
    }

    /// `min(x, bound)` that keeps NaN.
    fn at_most(&mut self, x: Val<'c>, bound: f64) -> Val<'c> {
        let bound = self.code.float(x.form, bound);
        let beyond = self.code.compare(Compare::Gt, x, bound);
        self.code.select(beyond, bound, x)
    }

    /// `max(x, bound)` that keeps NaN.
    fn at_least(&mut self, x: Val<'c>, bound: f64) -> Val<'c> {
        let bound = self.code.float(x.form, bound);
        let beyond = self.code.compare(Compare::Lt, x, bound);
        self.code.select(beyond, bound, x)
    }

    /// `2^n` as a float, for `n` of a normal number.
    fn power_of_two(&mut self, n: Val<'c>) -> Val<'c> {
        let biased = self.code.add_const(n, 127);
        let bits = self.code.shift("arith.shli", biased, 23);
        self.code.bitcast(bits, n.form.of(Prim::F32))
    }

    /// Horner's scheme with fused steps.
    fn polynomial(&mut self, x: Val<'c>, coefficients: &[f64]) -> Val<'c> {
        let mut sum = self.code.float(x.form, coefficients[0]);
        for coefficient in &coefficients[1..] {
            let coefficient = self.code.float(x.form, *coefficient);
            sum = self.code.same("llvm.intr.fma", &[sum, x, coefficient]);
        }
        sum
    }

    /// `log2(x) = e + log2(m)` with `m` in [sqrt(1/2), sqrt(2)); denormals are scaled up first.
    fn log2_host(&mut self, x: Val<'c>) -> Val<'c> {
        let (scaled, shift) = self.without_denormals(x);
        let bits = self.code.bitcast(scaled, x.form.of(Prim::I32));
        // The offset moves the octave to begin at sqrt(1/2): 0x3f3504f3 is its bit pattern.
        let offset = self.code.add_const(bits, -0x3f35_04f3);
        let exponent = self.code.shift("arith.shrsi", offset, 23);
        let mantissa = self.code.and_const(offset, 0x007f_ffff);
        let mantissa = self.code.add_const(mantissa, 0x3f35_04f3);
        let mantissa = self.code.bitcast(mantissa, x.form);
        let exponent = self.code.convert("arith.sitofp", exponent, Prim::F32);
        let exponent = self.code.same("arith.subf", &[exponent, shift]);
        let log = self.log2_mantissa(mantissa, exponent);
        self.log2_special(x, log)
    }

    /// The operand, times 2^25 where it is denormal, and the 25 to take away then.
    fn without_denormals(&mut self, x: Val<'c>) -> (Val<'c>, Val<'c>) {
        let smallest = self.code.float(x.form, f64::from(f32::MIN_POSITIVE));
        let tiny = self.code.compare(Compare::Lt, x, smallest);
        let scale = self.code.float(x.form, 33_554_432.0);
        let larger = self.code.same("arith.mulf", &[x, scale]);
        let (shift, none) = (self.code.float(x.form, 25.0), self.code.zero(x.form));
        (self.code.select(tiny, larger, x), self.code.select(tiny, shift, none))
    }

    /// `e + log2(m)`: the natural logarithm as a leading `f` and a correction, each multiplied by
    /// `log2(e) = 1 + (log2(e) - 1)` without rounding the leading part.
    fn log2_mantissa(&mut self, m: Val<'c>, exponent: Val<'c>) -> Val<'c> {
        let one = self.code.float(m.form, 1.0);
        let f = self.code.same("arith.subf", &[m, one]);
        let tail = self.polynomial(f, &LN);
        let square = self.code.same("arith.mulf", &[f, f]);
        let cube = self.code.same("arith.mulf", &[f, square]);
        let tail = self.code.same("arith.mulf", &[tail, cube]);
        let minus_half = self.code.float(m.form, -0.5);
        let correction = self.code.same("llvm.intr.fma", &[minus_half, square, tail]);
        let excess = self.code.float(m.form, std::f64::consts::LOG2_E - 1.0);
        let small = self.code.same("arith.mulf", &[correction, excess]);
        let small = self.code.same("llvm.intr.fma", &[f, excess, small]);
        let small = self.code.same("arith.addf", &[small, correction]);
        let fraction = self.code.same("arith.addf", &[small, f]);
        self.code.same("arith.addf", &[fraction, exponent])
    }

    /// Zero to minus infinity, negative to NaN, infinity and NaN to themselves.
    fn log2_special(&mut self, x: Val<'c>, log: Val<'c>) -> Val<'c> {
        let zero = self.code.zero(x.form);
        let infinity = self.code.float(x.form, f64::INFINITY);
        let finite = self.code.compare(Compare::Lt, x, infinity);
        let log = self.code.select(finite, log, x);
        let negative = self.code.compare(Compare::Lt, x, zero);
        let nan = self.code.float(x.form, f64::NAN);
        let log = self.code.select(negative, nan, log);
        let nothing = self.code.compare(Compare::Eq, x, zero);
        let bottom = self.code.float(x.form, f64::NEG_INFINITY);
        self.code.select(nothing, bottom, log)
    }
}
