//! Values: conversions, narrow arithmetic, NaN, reductions and rearrangements.

use super::build::{Build, apply};
use super::{buffers, contents, dims, image, message, noise};
use crate::interpret::run;
use crate::tile::{Binary, Compare, Id, Op, Reduction, Unary};
use kiln_targets::DType;

/// Applies one conversion of a `1 x n` tile.
fn cast(values: &[f32], from: DType, to: DType) -> Vec<f32> {
    map(values, from, to, |b, x, shape| b.tile(Op::Cast(x), to, shape))
}

fn map(
    values: &[f32],
    from: DType,
    to: DType,
    make: impl FnOnce(&mut Build, Id, [u32; 3]) -> Id,
) -> Vec<f32> {
    let n = values.len() as u32;
    let program = apply(from, [1, n], to, [1, n], |b, x| make(b, x, [1, 1, n]));
    let mut parts = buffers([
        ("x", image("", [1, values.len()], from, |_, col| values[col])),
        ("y", image("", [1, values.len()], to, |_, _| 0.0)),
    ]);
    run(&program, &dims([]), &mut parts).unwrap();
    contents(parts.get("y").unwrap(), "", [1, values.len()], to)
}

#[test]
fn floats_become_integers_toward_zero_and_saturate() {
    use DType::{F32, I4, I8, I32, U8};
    let inf = f32::INFINITY;
    let x = [1.9, -1.9, 127.5, 128.0, -128.9, -129.0, 1e20, -inf, f32::NAN, 255.9, 256.0];
    assert_eq!(cast(&x, F32, I8), [1., -1., 127., 127., -128., -128., 127., -128., 0., 127., 127.]);
    assert_eq!(cast(&x, F32, U8), [1., 0., 127., 128., 0., 0., 255., 0., 0., 255., 255.]);
    assert_eq!(cast(&[7.9, 8.0, -8.9], F32, I4), [7., 7., -8.]);
    let wide = cast(&[inf, -inf, 2147483520.0], F32, I32);
    assert_eq!(wide, [2147483648.0, -2147483648.0, 2147483520.0]);
}

#[test]
fn integers_are_extended_by_the_source_and_truncated_by_the_target() {
    use DType::{F16, F32, I4, I8, I32, U4, U8};
    assert_eq!(cast(&[-1., -128., 127.], I8, U8), [255., 128., 127.]);
    assert_eq!(cast(&[255., 128.], U8, I8), [-1., -128.]);
    assert_eq!(cast(&[255., 128.], U8, I32), [255., 128.]);
    assert_eq!(cast(&[-8., 7., -1.], I4, I32), [-8., 7., -1.]);
    assert_eq!(cast(&[15., 8.], U4, I8), [15., 8.]);
    assert_eq!(cast(&[300., -9., 2147483648.0], I32, U4), [12., 7., 15.]);
    assert_eq!(cast(&[16777217.0], I32, F32), [16777216.0]);
    assert_eq!(cast(&[2049., 2051., 70000.], I32, F16), [2048., 2052., f32::INFINITY]);
}

#[test]
fn floats_are_rounded_to_nearest_even() {
    use DType::{BF16, F16, F32};
    let x = [2049., 2051., 65519.9, 65520., 3e-8, 2e-8, -0.0];
    let inf = f32::INFINITY;
    assert_eq!(cast(&x, F32, F16), [2048., 2052., 65504., inf, 5.9604645e-8, 0., 0.]);
    assert_eq!(cast(&[257., 259., 3.4e38], F32, BF16), [256., 260., inf]);
    assert!(cast(&[f32::NAN], F32, F16)[0].is_nan());
}

#[test]
fn narrow_arithmetic_wraps_and_rounds_after_every_operation() {
    let doubled = |b: &mut Build, x, _| b.binary(Binary::Add, x, x);
    assert_eq!(map(&[100., -100.], DType::I8, DType::I8, doubled), [-56., 56.]);
    assert_eq!(map(&[200.], DType::U8, DType::U8, doubled), [144.]);
    let there_and_back = |b: &mut Build, x, shape| {
        let large = b.full(2048.0, DType::F16, shape);
        let sum = b.binary(Binary::Add, x, large);
        b.binary(Binary::Sub, sum, large)
    };
    assert_eq!(map(&[1., 3.], DType::F16, DType::F16, there_and_back), [0., 4.]);
    let negated = |b: &mut Build, x, shape| b.tile(Op::Unary(Unary::Neg, x), DType::I8, shape);
    assert_eq!(map(&[-128., 5.], DType::I8, DType::I8, negated), [-128., -5.]);
}

#[test]
fn shifts_work_on_the_width_of_the_type() {
    let shifted = |op| {
        move |b: &mut Build, x, shape| {
            let by = b.full(4.0, DType::I32, shape);
            b.binary(op, x, by)
        }
    };
    let run = |op, x| map(&[x], DType::I32, DType::I32, shifted(op))[0];
    assert_eq!(run(Binary::Shl, 5.), 80.);
    assert_eq!(run(Binary::Sar, -1.), -1.);
    assert_eq!(run(Binary::Shr, -16.), 268435455f32);
}

#[test]
fn undefined_integer_operations_are_errors_with_a_place() {
    for (op, value, expected) in [
        (Binary::Div, 0.0, "division by zero"),
        (Binary::Rem, 0.0, "division by zero"),
        (Binary::Shl, 32.0, "shift of a 32-bit integer by 32"),
        (Binary::Sar, -1.0, "shift of a 32-bit integer by -1"),
    ] {
        let program = apply(DType::I32, [1, 1], DType::I32, [1, 1], |b, x| {
            let other = b.full(value, DType::I32, [1, 1, 1]);
            b.binary(op, x, other)
        });
        let part = || image("", [1, 1], DType::I32, |_, _| 1.0);
        let text = message(&program, &dims([]), &mut buffers([("x", part()), ("y", part())]));
        assert_eq!(text, format!("{expected}\n  test.rs:7, in workgroup [0, 0, 0]"));
    }
}

#[test]
fn minimum_and_maximum_prefer_the_number_to_a_nan() {
    let nan = f32::NAN;
    for (op, expected) in [(Binary::Min, 1.0), (Binary::Max, 2.0)] {
        let against = |value| {
            move |b: &mut Build, x, shape| {
                let other = b.full(value, DType::F32, shape);
                b.binary(op, x, other)
            }
        };
        let with_two = map(&[1., nan], DType::F32, DType::F32, against(2.0));
        assert_eq!(with_two, [expected, 2.0]);
        let with_nan = map(&[1., nan], DType::F32, DType::F32, against(f64::NAN));
        assert_eq!(with_nan[0], 1.0);
        assert!(with_nan[1].is_nan());
    }
}

#[test]
fn only_inequality_holds_for_a_nan() {
    for (op, expected) in [
        (Compare::Eq, [0., 1., 0.]),
        (Compare::Ne, [1., 0., 1.]),
        (Compare::Lt, [1., 0., 0.]),
        (Compare::Le, [1., 1., 0.]),
        (Compare::Gt, [0., 0., 0.]),
        (Compare::Ge, [0., 1., 0.]),
    ] {
        let found = map(&[1., 2., f32::NAN], DType::F32, DType::F32, |b, x, shape| {
            let [two, yes, no] = [2.0, 1.0, 0.0].map(|v| b.full(v, DType::F32, [1, 1, 1]));
            let mask = b.mask(Op::Compare(op, x, two), shape);
            b.tile(Op::Select(mask, yes, no), DType::F32, shape)
        });
        assert_eq!(found, expected, "{op:?}");
    }
}

#[test]
fn fused_products_and_sums_round_once() {
    let close = 1.0 + f32::EPSILON;
    let found = map(&[close, -2.0, f32::NAN], DType::F32, DType::F32, |b, x, shape| {
        let minus = b.full(-1.0, DType::F32, [1, 1, 1]);
        b.tile(Op::Fma(x, x, minus), DType::F32, shape)
    });
    let exact = f64::from(close) * f64::from(close) - 1.0;
    assert_eq!(found[..2], [exact as f32, 3.0]);
    assert!(found[2].is_nan());
}

#[test]
fn masks_combine_and_complement() {
    let found = map(&[0., 1., 2., 3.], DType::I32, DType::I32, |b, x, shape| {
        let [one, three, yes] = [1.0, 3.0, 9.0].map(|v| b.full(v, DType::I32, [1, 1, 1]));
        let low = b.mask(Op::Compare(Compare::Le, x, one), shape);
        let high = b.mask(Op::Compare(Compare::Eq, x, three), shape);
        let either = b.mask(Op::Binary(Binary::Or, low, high), shape);
        let neither = b.mask(Op::Unary(Unary::Not, either), shape);
        b.tile(Op::Select(neither, yes, x), DType::I32, shape)
    });
    assert_eq!(found, [0., 1., 9., 3.]);
}

#[test]
fn reductions_follow_their_axis() {
    let sum = |axis: usize, of: fn(f32, f32) -> f32, op| {
        let mut shape = [1, 3, 4];
        shape[axis] = 1;
        let size = [shape[1] as usize, shape[2] as usize];
        let program = apply(DType::I32, [3, 4], DType::I32, [shape[1], shape[2]], |b, x| {
            b.tile(Op::Reduce(op, axis as u32, x), DType::I32, shape)
        });
        let mut parts = buffers([
            ("x", image("", [3, 4], DType::I32, noise)),
            ("y", image("", size, DType::I32, |_, _| 0.0)),
        ]);
        run(&program, &dims([]), &mut parts).unwrap();
        let found = contents(parts.get("y").unwrap(), "", size, DType::I32);
        let line = |at: usize| -> Vec<f32> {
            match axis {
                1 => (0..3).map(|row| noise(row, at)).collect(),
                _ => (0..4).map(|col| noise(at, col)).collect(),
            }
        };
        for (at, value) in found.into_iter().enumerate() {
            assert_eq!(Some(value), line(at).into_iter().reduce(of));
        }
    };
    for axis in [1, 2] {
        sum(axis, |x, y| x + y, Reduction::Sum);
        sum(axis, f32::max, Reduction::Max);
        sum(axis, f32::min, Reduction::Min);
    }
}

#[test]
fn float_reductions_skip_nans_and_narrow_sums_round_once() {
    let reduced = |op, dtype, values: &[f32]| {
        let n = values.len() as u32;
        let program = apply(dtype, [1, n], dtype, [1, 1], |b, x| {
            b.tile(Op::Reduce(op, 2, x), dtype, [1, 1, 1])
        });
        let mut parts = buffers([
            ("x", image("", [1, values.len()], dtype, |_, col| values[col])),
            ("y", image("", [1, 1], dtype, |_, _| 0.0)),
        ]);
        run(&program, &dims([]), &mut parts).unwrap();
        contents(parts.get("y").unwrap(), "", [1, 1], dtype)[0]
    };
    assert_eq!(reduced(Reduction::Max, DType::F32, &[f32::NAN, -3., 2.]), 2.);
    assert_eq!(reduced(Reduction::Min, DType::F32, &[-3., f32::NAN, 2.]), -3.);
    assert_eq!(reduced(Reduction::Sum, DType::F16, &[2048., 1., 1., 1.]), 2052.);
    assert!(reduced(Reduction::Sum, DType::F32, &[1., f32::NAN]).is_nan());
}

#[test]
fn slices_hold_ranges_of_columns_and_reduce_or_join_back() {
    let value = |row: usize, col: usize| (10 * row + col) as f32;
    let check = |cols: u32, make: &dyn Fn(&mut Build, Id) -> Id, expected: [f32; 6]| {
        let program = apply(DType::I32, [2, 6], DType::I32, [2, cols], |b, x| {
            let slices = b.tile(Op::Slices(x), DType::I32, [2, 2, 3]);
            make(b, slices)
        });
        let size = [2, cols as usize];
        let mut parts = buffers([
            ("x", image("", [2, 6], DType::I32, value)),
            ("y", image("", size, DType::I32, |_, _| 0.0)),
        ]);
        run(&program, &dims([]), &mut parts).unwrap();
        let found = contents(parts.get("y").unwrap(), "", size, DType::I32);
        assert_eq!(found[..6], expected);
    };
    let sum = |b: &mut Build, x| b.tile(Op::Reduce(Reduction::Sum, 0, x), DType::I32, [1, 2, 3]);
    check(3, &sum, [3., 5., 7., 23., 25., 27.]);
    let join = |b: &mut Build, x| {
        let lifted = b.tile(Op::Iota(0), DType::I32, [2, 1, 1]);
        let hundred = b.full(100.0, DType::I32, [1, 1, 1]);
        let lifted = b.binary(Binary::Mul, lifted, hundred);
        let moved = b.tile(Op::Binary(Binary::Add, x, lifted), DType::I32, [2, 2, 3]);
        b.tile(Op::Join(moved), DType::I32, [1, 2, 6])
    };
    check(6, &join, [0., 1., 2., 103., 104., 105.]);
}

#[test]
fn coordinates_broadcast_across_rows_and_columns() {
    let program = apply(DType::I32, [1, 1], DType::I32, [3, 4], |b, _| {
        let row = b.tile(Op::Iota(1), DType::I32, [1, 3, 1]);
        let col = b.tile(Op::Iota(2), DType::I32, [1, 1, 4]);
        let ten = b.full(10.0, DType::I32, [1, 1, 1]);
        let tens = b.binary(Binary::Mul, row, ten);
        b.tile(Op::Binary(Binary::Add, tens, col), DType::I32, [1, 3, 4])
    });
    let mut parts = buffers([
        ("x", image("", [1, 1], DType::I32, |_, _| 0.0)),
        ("y", image("", [3, 4], DType::I32, |_, _| 0.0)),
    ]);
    run(&program, &dims([]), &mut parts).unwrap();
    let expected: Vec<f32> = (0..12).map(|at| (at / 4 * 10 + at % 4) as f32).collect();
    assert_eq!(contents(parts.get("y").unwrap(), "", [3, 4], DType::I32), expected);
}
