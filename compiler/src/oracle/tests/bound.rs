//! Tolerances derived from programs.

use super::recipes::{Fault, GatedNorm, Linear, Patch, Width};
use crate::dsl::build;
use crate::oracle::Bound;
use crate::prelude::*;
use crate::tile::Program;

const UNIT: f64 = 1.0 / 16777216.0;

fn gamma(roundings: f64) -> f64 {
    roundings * UNIT / (1.0 - roundings * UNIT)
}

fn linear() -> Program {
    let target = Target::builtin("x86-64-v4").unwrap();
    build(&Linear, &Patch { rows: 16, fault: Fault::None }, &target).unwrap()
}

#[test]
fn a_product_is_bounded_by_its_summed_axis_alone() {
    let bound = Bound::derive(&linear(), &[1000, 2000, 512]);
    assert_eq!(bound.relative, gamma(512.0 + 16.0));
    assert_eq!(bound.absolute, 528.0 * f64::from(f32::MIN_POSITIVE));
    assert_eq!(bound.with_slack(0.5).relative, gamma(528.0) + 0.5);
}

#[test]
fn outputs_may_round_once_more() {
    let bound = Bound { relative: 0.0, absolute: 0.0 };
    assert_eq!(bound.at(F32, 2.0, 2.0), 2.0 * UNIT);
    assert_eq!(bound.at(F16, -3.0, 9.0), 3.0 / 2048.0);
    assert_eq!(bound.at(BF16, 1.0, 1.0), 1.0 / 256.0);
    assert_eq!(bound.at(F16, 0.0, 0.0), 2f64.powi(-25));
    assert_eq!(bound.at(I32, 5.0, 9.0), 0.0);
}

#[test]
fn special_functions_widen_the_bound_and_the_stored_rounding_does_not() {
    let target = Target::builtin("x86-64-v4").unwrap();
    let program = build(&GatedNorm, &Width { width: 32 }, &target).unwrap();
    // Division, rsqrt, exp2, recip; the gain enters twice, beside the gate and through it.
    let bound = Bound::derive(&program, &[4, 96]);
    assert_eq!(bound.relative, 4.0 * gamma(96.0 + 16.0) + 6.0 * 16.0 * UNIT);
}

params! {
    /// Where sums are kept.
    struct Sum {
        narrow: [false, true] as bool,
    }
}

/// `y[m] = sum over k of f16(x[m, k])^2`.
struct Squares;

impl Recipe for Squares {
    type Params = Sum;

    fn name(&self) -> &'static str {
        "squares"
    }

    fn signature(&self, _: &Sum, _: &Target) -> Signature {
        Signature::new("squares", ["m", "k"]).input("x", F32, ["m", "k"]).output(
            "y",
            F32,
            ["m", "1"],
        )
    }

    fn admits(&self, _: &Sum, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Sum) {
        let [x, y] = k.args(["x", "y"]);
        let [row] = k.grid([k.tiles("m", 8)]);
        let dtype = if p.narrow { F16 } else { F32 };
        let sum = k.fold(k.steps(k.dim("k"), 16), k.zeros(dtype, [8, 1]), |step, sum| {
            let x = k.load(x.at((row * 8, step), [8, 16])).to(F16).to(F32);
            sum + (x * x).sum_over(2).to(dtype)
        });
        y.tile((row, 0), [8, 1]).store(sum.to(F32));
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        host.fill("y", |[m, _]| (0..x.cols).map(|k| x[[m, k]] * x[[m, k]]).sum());
    }

    fn default_params(&self, _: &Target) -> Sum {
        Sum { narrow: false }
    }
}

#[test]
fn narrow_roundings_count_once_each_and_in_every_pass_that_repeats_them() {
    let target = Target::builtin("x86-64-v4").unwrap();
    let derive = |narrow| {
        let program = build(&Squares, &Sum { narrow }, &target).unwrap();
        Bound::derive(&program, &[8, 64]).relative - gamma(80.0)
    };
    let half_ulp = 1.0 / 2048.0;
    assert!((derive(false) - 2.0 * half_ulp).abs() < 1e-12);
    let repeated = derive(true) / half_ulp;
    assert!((80.0..90.0).contains(&repeated), "{repeated}");
}

#[test]
fn magnitudes_that_count_passes_leave_the_roundings_of_one() {
    let target = Target::builtin("x86-64-v4").unwrap();
    let program = build(&Squares, &Sum { narrow: true }, &target).unwrap();
    let (all, one) = (Bound::derive(&program, &[8, 64]), Bound::of_a_pass(&program, &[8, 64]));
    let half_ulps = (one.relative - gamma(80.0)) * 2048.0;
    assert!((2.0..6.0).contains(&half_ulps), "{half_ulps}");
    assert!(one.relative < all.relative / 10.0);
    assert_eq!(one.absolute, all.absolute);
}
