//! Element-wise operations and conversions of a host, against plain evaluation.

use half::{bf16, f16};
use kiln_targets::{DType, Target};

use super::kernels::Sketch;
use super::run::{Given, bytes, floats, host_targets, run};
use crate::lane::{ArgKind, Binary, Builder, Compare, Const, Elt, Op, Space, Ty, Unary, Value};

/// A generator of bits: xorshift with a fixed seed.
pub(super) struct Bits(pub(super) u64);

impl Bits {
    pub(super) fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    /// Random bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// An operation built into a kernel.
type Build<'t> = &'t dyn Fn(&mut Builder, &[Value]) -> Value;
/// Its evaluation on floats.
type FloatPlain<'t> = &'t dyn Fn(&[f64]) -> f64;
/// Its evaluation on integers.
type IntPlain<'t> = &'t dyn Fn(i64, i64) -> i64;

/// Applies operations to lane values of `COUNT` elements, whole buffers at a time: one kernel with
/// a result buffer for each.
fn apply(
    target: &str,
    dtypes: &[DType],
    inputs: &[Vec<u8>],
    ops: &[(DType, Build)],
) -> Vec<Vec<u8>> {
    let mut args = vec![ArgKind::Input; dtypes.len()];
    args.resize(dtypes.len() + ops.len(), ArgKind::Output);
    let mut s = Sketch::new(target, &args);
    let lanes = s.lanes();
    let mut values = vec![];
    for (at, dtype) in (0..).zip(dtypes) {
        let place = s.contiguous(Space::Global(at), COUNT * dtype.bits() / 8);
        values.push(s.b.load(place, None, Ty::lane(*dtype, COUNT)));
    }
    for (at, (to, op)) in ops.iter().enumerate() {
        let result = op(&mut s.b, &values);
        let space = Space::Global((dtypes.len() + at) as u32);
        let place = s.contiguous(space, COUNT * to.bits() / 8);
        s.b.store(place, result, None);
    }
    let size = |to: &DType| (lanes * COUNT * to.bits() / 8) as usize;
    let mut inputs: Vec<Vec<u8>> = inputs.to_vec();
    let mut outputs: Vec<Vec<u8>> = ops.iter().map(|(to, _)| vec![0xee; size(to)]).collect();
    let mut given: Vec<Given> =
        inputs.iter_mut().chain(&mut outputs).map(|b| Given::Buffer(b)).collect();
    run(s, &mut given, [0; 3]);
    outputs
}

/// Elements of every lane in these tests.
const COUNT: u32 = 8;

/// Elements of a whole buffer.
fn elements(target: &str) -> usize {
    (Target::builtin(target).unwrap().lanes * COUNT) as usize
}

/// Element `at` of packed memory, as raw bits.
fn element(buffer: &[u8], dtype: DType, at: usize) -> u32 {
    let bit = at * dtype.bits() as usize;
    let mut word = [0; 4];
    let span = &buffer[bit / 8..(bit + dtype.bits() as usize).div_ceil(8)];
    word[..span.len()].copy_from_slice(span);
    u32::from_le_bytes(word) >> (bit % 8) & dtype.mask()
}

/// Random numbers of a type, floats of moderate size and special ones among them.
fn random(dtype: DType, elements: usize, bits: &mut Bits) -> Vec<u8> {
    const SPECIAL: [f32; 8] =
        [0.0, -0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40, -65504.0];
    if !dtype.is_float() {
        return bits.bytes(dtype.bytes(elements));
    }
    let mut number = |_| match bits.next() {
        pick if pick % 11 == 0 => SPECIAL[pick as usize / 11 % 8],
        pick => (pick as i32 as f32) * 2f32.powi(pick as i32 % 12 - 31),
    };
    let numbers: Vec<f32> = (0..elements).map(&mut number).collect();
    numbers
        .iter()
        .flat_map(|n| dtype.encode(*n).to_le_bytes()[..dtype.bits() as usize / 8].to_vec())
        .collect()
}

/// Checks operations on one type, on every host, against evaluations in `f64`.
fn check_floats(dtype: DType, operands: usize, ops: &[(Build, FloatPlain)]) {
    for target in host_targets() {
        let mut bits = Bits(0x9e37_79b9_7f4a_7c15);
        let inputs: Vec<_> =
            (0..operands).map(|_| random(dtype, elements(target), &mut bits)).collect();
        let built: Vec<(DType, Build)> = ops.iter().map(|(op, _)| (dtype, *op)).collect();
        let outputs = apply(target, &vec![dtype; operands], &inputs, &built);
        for (which, (output, (_, plain))) in outputs.iter().zip(ops).enumerate() {
            for at in 0..elements(target) {
                let x: Vec<f64> =
                    inputs.iter().map(|i| f64::from(dtype.decode(element(i, dtype, at)))).collect();
                let got = dtype.decode(element(output, dtype, at));
                let want = rounded(dtype, plain(&x));
                let same = got.is_nan() && want.is_nan() || got == want;
                assert!(same, "{target} {dtype} {which}: {x:?} gave {got}, should be {want}");
            }
        }
    }
}

fn rounded(dtype: DType, exact: f64) -> f32 {
    match dtype {
        DType::F32 => exact as f32,
        DType::F16 => f16::from_f64(exact).to_f32(),
        _ => bf16::from_f64(exact).to_f32(),
    }
}

fn binary(op: Binary) -> impl Fn(&mut Builder, &[Value]) -> Value {
    move |b, x| b.binary(op, x[0], x[1])
}

fn unary(op: Unary) -> impl Fn(&mut Builder, &[Value]) -> Value {
    move |b, x| b.unary(op, x[0])
}

#[test]
fn float_arithmetic_rounds_once() {
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        check_floats(
            dtype,
            2,
            &[
                (&binary(Binary::Add), &|x| x[0] + x[1]),
                (&binary(Binary::Sub), &|x| x[0] - x[1]),
                (&binary(Binary::Mul), &|x| x[0] * x[1]),
                (&binary(Binary::Div), &|x| x[0] / x[1]),
                (&binary(Binary::Min), &|x| x[0].min(x[1])),
                (&binary(Binary::Max), &|x| x[0].max(x[1])),
                (&unary(Unary::Neg), &|x| -x[0]),
                (&unary(Unary::Abs), &|x| x[0].abs()),
                (&unary(Unary::RoundEven), &|x| x[0].round_ties_even()),
            ],
        );
    }
    let fused = |x: &[f64]| f64::from((x[0] as f32).mul_add(x[1] as f32, x[2] as f32));
    check_floats(DType::F32, 3, &[(&|b, x| b.fma(x[0], x[1], x[2]), &fused)]);
}

/// Checks operations on integers, on every host.
fn check_ints(dtype: DType, ops: &[(Build, IntPlain)]) {
    for target in host_targets() {
        let mut bits = Bits(0x0123_4567_89ab_cdef);
        let mut inputs: Vec<_> =
            (0..2).map(|_| random(dtype, elements(target), &mut bits)).collect();
        // No division by zero, nor one that overflows.
        inputs[1].iter_mut().for_each(|byte| *byte = (*byte & 0x33) | 0x11);
        let built: Vec<(DType, Build)> = ops.iter().map(|(op, _)| (dtype, *op)).collect();
        let outputs = apply(target, &[dtype, dtype], &inputs, &built);
        for (which, (output, (_, plain))) in outputs.iter().zip(ops).enumerate() {
            for at in 0..elements(target) {
                let [a, b] = [0, 1].map(|i| dtype.decode_int(element(&inputs[i], dtype, at)));
                let want = dtype.encode_int(plain(a, b));
                assert_eq!(element(output, dtype, at), want, "{target} {dtype} {which}: {a}, {b}");
            }
        }
    }
}

const INTEGERS: [DType; 6] = [DType::I32, DType::I16, DType::I8, DType::U8, DType::I4, DType::U4];

#[test]
fn integer_arithmetic_wraps_in_every_width() {
    for dtype in INTEGERS {
        check_ints(
            dtype,
            &[
                (&binary(Binary::Add), &|a, b| a + b),
                (&binary(Binary::Sub), &|a, b| a - b),
                (&binary(Binary::Mul), &|a, b| a.wrapping_mul(b)),
                (&binary(Binary::Div), &|a, b| a / b),
                (&binary(Binary::Rem), &|a, b| a % b),
                (&binary(Binary::Min), &|a, b| a.min(b)),
                (&binary(Binary::Max), &|a, b| a.max(b)),
                (&binary(Binary::And), &|a, b| a & b),
                (&binary(Binary::Or), &|a, b| a | b),
                (&binary(Binary::Xor), &|a, b| a ^ b),
                (&unary(Unary::Neg), &|a, _| -a),
                (&unary(Unary::Abs), &|a, _| a.abs()),
                (&unary(Unary::Not), &|a, _| !a),
            ],
        );
    }
}

/// A shift of the first operand by three.
fn fixed(op: Binary) -> impl Fn(&mut Builder, &[Value]) -> Value {
    move |b, x| {
        let ty = b.ty(x[0]);
        let three = b.constant(Const::Int(3), ty);
        b.push(Op::Binary(op, x[0], three), ty)
    }
}

/// A shift of the first operand by the low bits of the second.
fn varying(op: Binary) -> impl Fn(&mut Builder, &[Value]) -> Value {
    move |b, x| {
        let ty = b.ty(x[0]);
        let three = b.constant(Const::Int(3), ty);
        let by = b.binary(Binary::And, x[1], three);
        b.binary(op, x[0], by)
    }
}

#[test]
fn shifts_by_constants_and_by_values_agree() {
    for dtype in INTEGERS {
        let spare = 64 - dtype.bits();
        let pattern = move |a: i64| a & i64::from(dtype.mask());
        let signed = move |a: i64| a << spare >> spare;
        check_ints(
            dtype,
            &[
                (&fixed(Binary::Shl), &|a, _| a << 3),
                (&fixed(Binary::Shr), &move |a, _| pattern(a) >> 3),
                (&fixed(Binary::Sar), &move |a, _| signed(a) >> 3),
                (&varying(Binary::Shl), &|a, b| a << (b & 3)),
                (&varying(Binary::Shr), &move |a, b| pattern(a) >> (b & 3)),
                (&varying(Binary::Sar), &move |a, b| signed(a) >> (b & 3)),
            ],
        );
    }
}

type Truth = fn(f32, f32) -> bool;

const COMPARISONS: [(Compare, Truth); 6] = [
    (Compare::Eq, |a, b| a == b),
    (Compare::Ne, |a, b| a != b),
    (Compare::Lt, |a, b| a < b),
    (Compare::Le, |a, b| a <= b),
    (Compare::Gt, |a, b| a > b),
    (Compare::Ge, |a, b| a >= b),
];

/// The first operand where the comparison holds, else the second.
fn chosen(op: Compare) -> impl Fn(&mut Builder, &[Value]) -> Value {
    move |b, x| {
        let truth = b.compare(op, x[0], x[1]);
        let ty = b.ty(x[0]);
        b.push(Op::Select(truth, x[0], x[1]), ty)
    }
}

#[test]
fn comparisons_choose_element_by_element() {
    for (target, dtype) in host_targets().into_iter().flat_map(|t| DType::ALL.map(|d| (t, d))) {
        // Integers as wide as an f32's mantissa are compared exactly by the evaluation.
        let mut bits = Bits(7);
        let mut inputs: Vec<_> =
            (0..2).map(|_| random(dtype, elements(target), &mut bits)).collect();
        if dtype == DType::I32 {
            inputs.iter_mut().flatten().skip(3).step_by(4).for_each(|byte| *byte = 0);
        }
        let builds: Vec<_> = COMPARISONS.iter().map(|(op, _)| chosen(*op)).collect();
        let ops: Vec<(DType, Build)> = builds.iter().map(|op| (dtype, op as Build)).collect();
        let outputs = apply(target, &[dtype, dtype], &inputs, &ops);
        for (output, (op, plain)) in outputs.iter().zip(COMPARISONS) {
            for at in 0..elements(target) {
                let [a, b] = [0, 1].map(|i| element(&inputs[i], dtype, at));
                let want = if plain(dtype.decode(a), dtype.decode(b)) { a } else { b };
                assert_eq!(element(output, dtype, at), want, "{dtype} {op:?} {a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn conversions_between_all_types_round_and_saturate() {
    for (target, from) in host_targets().into_iter().flat_map(|t| DType::ALL.map(|d| (t, d))) {
        let mut bits = Bits(99);
        let input = random(from, elements(target), &mut bits);
        let casts =
            DType::ALL.map(|to| move |b: &mut Builder, x: &[Value]| b.cast(x[0], Elt::Num(to)));
        let ops: Vec<(DType, Build)> =
            DType::ALL.iter().zip(&casts).map(|(to, op)| (*to, op as Build)).collect();
        let outputs = apply(target, &[from], std::slice::from_ref(&input), &ops);
        for (to, output) in DType::ALL.into_iter().zip(outputs) {
            for at in 0..elements(target) {
                let bits = element(&input, from, at);
                let (got, want) = (element(&output, to, at), converted(from, to, bits));
                let nan = to.is_float() && to.decode(got).is_nan() && to.decode(want).is_nan();
                assert!(
                    nan || got == want,
                    "{target} {from} {bits:#x} to {to}: {got:#x}, not {want:#x}"
                );
            }
        }
    }
}

fn converted(from: DType, to: DType, bits: u32) -> u32 {
    match (from.is_float(), to.is_float()) {
        (true, true) => to.encode(from.decode(bits)),
        (false, true) => to.encode(from.decode_int(bits) as f32),
        (false, false) => to.encode_int(from.decode_int(bits)),
        (true, false) => {
            let (low, high) = to.range().unwrap();
            to.encode_int((from.decode(bits).trunc() as i64).clamp(low, high))
        }
    }
}

/// Distance in units of the last place of the exact value.
fn ulps(got: f32, exact: f64) -> f64 {
    let near = exact as f32;
    if got == near || got.is_nan() && near.is_nan() {
        return 0.0;
    }
    let ulp = f64::from(near.abs().max(f32::MIN_POSITIVE).next_up())
        - f64::from(near.abs().max(f32::MIN_POSITIVE));
    (f64::from(got) - exact).abs() / ulp
}

/// Operation, exact function, and the range tested.
type Approximation = (Unary, fn(f64) -> f64, f32, f32);

const APPROXIMATIONS: [Approximation; 4] = [
    (Unary::Exp2, f64::exp2, -155.0, 135.0),
    (Unary::Log2, f64::log2, 0.0, 9.0),
    (Unary::Rsqrt, |x| 1.0 / x.sqrt(), 0.0, 1e6),
    (Unary::Recip, |x| 1.0 / x, -1e3, 1e3),
];

const SPECIAL: [f32; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    0.5,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    1e-40,
    1e-45,
    3e38,
    128.0,
    -126.0,
];

#[test]
fn approximations_stay_within_two_units_of_the_last_place() {
    for (target, (op, plain, low, high)) in
        host_targets().into_iter().flat_map(|t| APPROXIMATIONS.map(|a| (t, a)))
    {
        let mut bits = Bits(0xfeed);
        let count = 24 * elements(target) / COUNT as usize;
        let span = high - low;
        let mut x: Vec<f32> =
            (0..count).map(|_| low + span * (bits.next() as f32 / u32::MAX as f32)).collect();
        x[..SPECIAL.len()].copy_from_slice(&SPECIAL);
        for part in x.chunks(elements(target)) {
            let input = bytes(part, f32::to_le_bytes);
            let outputs = apply(target, &[DType::F32], &[input], &[(DType::F32, &unary(op))]);
            for (x, got) in part.iter().zip(floats(&outputs[0])) {
                let off = ulps(got, plain(f64::from(*x)));
                assert!(off <= 2.0, "{target} {op:?}({x}) = {got}, {off} ulp off");
            }
        }
    }
}
