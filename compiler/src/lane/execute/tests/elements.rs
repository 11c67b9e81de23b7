use super::*;
use crate::lane::{Compare, Const, Unary};
use kiln_targets::DType::{BF16, F16, F32, I4, I8, U4, U8};

/// Elements of each lane: whole registers of every type.
const COUNT: u32 = 8;

/// What an operation makes of one element of `x` and one of `z`, everywhere.
fn made(dtype: DType, x: u32, z: u32, op: impl FnOnce(&mut Builder, Value, Value) -> Value) -> u32 {
    let mut bench = Bench::new(1);
    let ty = Ty::lane(dtype, COUNT);
    let (a, b) = (bench.load(X, ty), bench.load(Z, ty));
    let mut made = op(&mut bench.b, a, b);
    if bench.b.ty(made).elt == Elt::Pred {
        let flag = Ty::lane(DType::I32, COUNT);
        let [yes, no] = [1, 0].map(|value| bench.b.constant(Const::Int(value), flag));
        made = bench.b.push(Op::Select(made, yes, no), flag);
    }
    let Elt::Num(to) = bench.b.ty(made).elt else { panic!("an operation should make numbers") };
    bench.store(made);
    let all = |dtype: DType, bits: u32| {
        let (per, bits) = (32 / dtype.bits(), bits & dtype.mask());
        let word = (0..per).fold(0, |word, at| word | bits << (at * dtype.bits()));
        vec![word; LANES * dtype.bits() as usize / 4]
    };
    let y = words(&bench.run(&bytes(&all(dtype, x)), &bytes(&all(dtype, z))).unwrap());
    let expected = all(to, y[0]);
    assert_eq!(y[..expected.len()], expected);
    y[0] & to.mask()
}

fn binary(dtype: DType, op: Binary, x: u32, z: u32) -> u32 {
    made(dtype, x, z, |b, x, z| b.push(Op::Binary(op, x, z), b.ty(x)))
}

fn unary(dtype: DType, op: Unary, x: u32) -> u32 {
    made(dtype, x, 0, |b, x, _| b.unary(op, x))
}

fn cast(from: DType, to: DType, x: u32) -> u32 {
    made(from, x, 0, |b, x, _| b.cast(x, Elt::Num(to)))
}

#[test]
fn integers_wrap_to_their_type_and_shift_by_their_sign() {
    assert_eq!(binary(I8, Binary::Add, 127, 1), 0x80);
    assert_eq!(binary(U4, Binary::Mul, 15, 15), 1);
    assert_eq!(binary(DType::I32, Binary::Sub, 0x8000_0000, 1), 0x7fff_ffff);
    assert_eq!(binary(DType::I32, Binary::Div, -7i32 as u32, 2), -3i32 as u32);
    assert_eq!(binary(DType::I32, Binary::Rem, -7i32 as u32, 2), -1i32 as u32);
    assert_eq!(binary(I4, Binary::Min, 0xf, 1), 0xf);
    assert_eq!(binary(U4, Binary::Min, 0xf, 1), 1);
    assert_eq!(binary(I8, Binary::Shr, 0x80, 3), 0x10);
    assert_eq!(binary(I8, Binary::Sar, 0x80, 3), 0xf0);
    assert_eq!(binary(U8, Binary::Shl, 0xff, 4), 0xf0);
    assert_eq!(binary(U8, Binary::Xor, 0xf0, 0xff), 0x0f);
    assert_eq!(unary(I8, Unary::Not, 0x0f), 0xf0);
    assert_eq!(unary(I8, Unary::Abs, 0x80), 0x80);
}

#[test]
fn floats_round_after_every_operation_and_prefer_numbers_to_nan() {
    let third = (1.0f32 / 3.0).to_bits();
    assert_eq!(binary(F32, Binary::Div, 1f32.to_bits(), 3f32.to_bits()), third);
    assert_eq!(binary(F32, Binary::Max, f32::NAN.to_bits(), 2f32.to_bits()), 2f32.to_bits());
    assert_eq!(binary(F32, Binary::Min, 2f32.to_bits(), f32::NAN.to_bits()), 2f32.to_bits());
    let (one, tiny) = (BF16.encode(1.0), BF16.encode(1.0 / 512.0));
    assert_eq!(binary(BF16, Binary::Add, one, tiny), one);
    assert_eq!(binary(F16, Binary::Mul, F16.encode(300.0), F16.encode(300.0)), 0x7c00);
    assert_eq!(unary(F32, Unary::Exp2, (-1f32).to_bits()), 0.5f32.to_bits());
    assert_eq!(unary(F32, Unary::Log2, 8f32.to_bits()), 3f32.to_bits());
    assert_eq!(unary(F32, Unary::Rsqrt, 16f32.to_bits()), 0.25f32.to_bits());
    assert_eq!(unary(F32, Unary::Recip, 0f32.to_bits()), f32::INFINITY.to_bits());
    assert_eq!(unary(F16, Unary::RoundEven, F16.encode(2.5)), F16.encode(2.0));
    assert_eq!(unary(BF16, Unary::Neg, BF16.encode(2.0)), BF16.encode(-2.0));
}

#[test]
fn fused_products_are_rounded_once() {
    let fma = |dtype: DType, x: f32, z: f32| {
        made(dtype, dtype.encode(x), dtype.encode(z), |b, x, z| b.fma(x, x, z))
    };
    let x = 1.0 + f32::EPSILON;
    assert_eq!(fma(F32, x, -1.0), x.mul_add(x, -1.0).to_bits());
    // 1 + 2^-11 lies between two halves: what is lost of the product decides.
    let x = F16.decode(F16.encode(1.0)) / 64.0;
    let z = 1.0 + F16.decode(0x1400);
    assert_eq!(fma(F16, x, z), F16.encode(x * x + z));
    let (small, tie) = (F16.encode(2f32.powi(-12)), F16.encode(2f32.powi(-11)));
    let sum = made(F16, small, tie, |b, x, z| {
        let one = b.constant(Const::Float(1.0), b.ty(x));
        let close = b.push(Op::Binary(Binary::Add, one, x), b.ty(x));
        b.fma(close, z, one)
    });
    assert_eq!(sum, F16.encode(1.0));
    let above = made(F16, small, tie, |b, x, z| {
        let one = b.constant(Const::Float(1.0), b.ty(x));
        let scale = b.constant(Const::Float(1.0 + 2f64.powi(-10)), b.ty(x));
        b.fma(scale, z, one)
    });
    assert_eq!(above, F16.encode(1.0 + 2f32.powi(-10)));
}

#[test]
fn comparisons_are_signed_and_false_for_nan_but_for_unequal() {
    let compare = |dtype, op, x, z| made(dtype, x, z, |b, x, z| b.compare(op, x, z));
    assert_eq!(compare(DType::I32, Compare::Lt, -1i32 as u32, 0), 1);
    assert_eq!(compare(U8, Compare::Gt, 0xff, 0), 1);
    assert_eq!(compare(I4, Compare::Ge, 0xf, 0), 0);
    let nan = f32::NAN.to_bits();
    let floats = |op| compare(F32, op, nan, nan);
    assert_eq!([Compare::Eq, Compare::Le, Compare::Ne].map(floats), [0, 0, 1]);
}

#[test]
fn conversions_saturate_round_to_even_and_keep_the_sign_of_their_source() {
    assert_eq!(cast(F32, I8, 300f32.to_bits()), 127);
    assert_eq!(cast(F32, DType::I32, f32::NAN.to_bits()), 0);
    assert_eq!(cast(F32, DType::I32, (-1e20f32).to_bits()), i32::MIN as u32);
    assert_eq!(cast(F32, I8, (-1.9f32).to_bits()), 0xff);
    assert_eq!(cast(F32, U8, (-1.9f32).to_bits()), 0);
    assert_eq!(cast(I4, I8, 0xf), 0xff);
    assert_eq!(cast(U4, I8, 0xf), 0x0f);
    assert_eq!(cast(U4, F16, 15), F16.encode(15.0));
    assert_eq!(cast(DType::I32, U4, 0x123), 3);
    assert_eq!(cast(F32, BF16, 0x3f80_8000), 0x3f80);
    assert_eq!(cast(F32, BF16, 0x3f81_8000), 0x3f82);
    assert_eq!(cast(DType::I32, F16, 2049), F16.encode(2048.0));
}

#[test]
fn what_hardware_leaves_undefined_is_a_fault_of_the_lane() {
    for (op, dtype) in [(Binary::Div, DType::I32), (Binary::Shl, I8), (Binary::Shr, DType::I32)] {
        let mut bench = Bench::new(2);
        let lane = bench.lanes(1);
        let (value, by) = match op {
            Binary::Div => (lane, lane),
            _ => {
                let far = bench.b.constant(Const::Int(dtype.bits().into()), Ty::lane(dtype, 4));
                (far, far)
            }
        };
        let ty = bench.b.ty(value);
        bench.b.push(Op::Binary(op, value, by), ty);
        says(&bench.fault(), &["wave 0, lane 0", "recipe.rs:1", "of i"]);
    }
}
