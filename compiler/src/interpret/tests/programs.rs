//! Whole kernels.

use super::build::Build;
use super::{buffers, contents, dims, image, noise};
use crate::interpret::run;
use crate::tile::{Binary, Elem, Op, Program, Reduction, Role, Type, Unary};
use kiln_targets::DType;

/// `y[m, n] = sum over k of x[m, k] * w[n, k]` in tiles of 16 x 16 x 32, through shared memory.
fn gemm(input: DType, acc: DType, order: &str) -> Program {
    let mut b = Build::new();
    let (m, n, k) = (b.dim("m"), b.dim("n"), b.dim("k"));
    let x = b.part("x", input, [m, k], "", Role::Input);
    let w = b.part("w", input, [n, k], order, Role::Input);
    let y = b.part("y", acc, [m, n], "", Role::Output);
    let (row, col) = (b.grid(m, 16), b.grid(n, 16));
    let (zero, depth) = (b.full(0.0, acc, [1, 16, 16]), b.size(2));
    let sum = b.fold(depth, 32, &[zero], |b, step, carried| {
        let (x, w) = (b.load(x, [row, step], [16, 32]), b.load(w, [col, step], [16, 32]));
        let shared = b.op(Op::Share(w), Type::Shared(input, [1, 16, 32]));
        let w = b.tile(Op::Read { shared, at: [0, 0] }, input, [1, 16, 32]);
        let w = b.transpose(w);
        vec![b.mma(x, w, carried[0])]
    });
    b.store(y, [row, col], sum[0]);
    b.finish()
}

fn check_gemm([m, n, k]: [usize; 3], input: DType, acc: DType, order: &str) {
    let program = gemm(input, acc, order);
    let value = |row, col| input.decode(input.encode(noise(row, col)));
    let mut parts = buffers([
        ("x", image("", [m, k], input, value)),
        ("w", image(order, [n, k], input, |row, col| value(row + 5, col))),
        ("y", image("", [m, n], acc, |_, _| 7.0)),
    ]);
    let sizes = dims([("m", m as u64), ("n", n as u64), ("k", k as u64)]);
    run(&program, &sizes, &mut parts).unwrap();
    let y = contents(parts.get("y").unwrap(), "", [m, n], acc);
    for (at, found) in y.iter().enumerate() {
        let (i, j) = (at / n, at % n);
        let expected: f32 = (0..k).map(|p| value(i, p) * value(j + 5, p)).sum();
        assert_eq!(*found, expected, "{m} x {n} x {k} of {input}, element {i}, {j}");
    }
    assert!(parts.iter().all(|(_, buffer)| buffer.first_trespass().is_none()));
}

#[test]
fn integer_products_equal_plain_loops_at_every_ragged_size() {
    for size in [1, 15, 16, 17, 31, 33] {
        check_gemm([size, 33 - size / 2, size + 7], DType::I8, DType::I32, "");
    }
}

#[test]
fn products_read_weights_in_any_memory_order() {
    for order in ["k0 k1 k2 n0 n1 n2 n3 k3 k4", "n0 n1 k0 n2", "k0 n0"] {
        check_gemm([17, 31, 33], DType::I8, DType::I32, order);
        check_gemm([3, 17, 64], DType::I4, DType::I32, order);
        check_gemm([3, 17, 64], DType::U4, DType::I32, order);
        check_gemm([15, 1, 31], DType::F16, DType::F32, order);
        check_gemm([16, 16, 32], DType::BF16, DType::F32, order);
    }
}

#[test]
fn integer_products_wrap_at_32_bits() {
    let mut b = Build::new();
    let one = Build::fixed(1);
    let y = b.part("y", DType::I32, [one, one], "", Role::Output);
    let (x, w) = (b.full(-128.0, DType::I8, [1, 1, 8]), b.full(127.0, DType::I8, [1, 8, 1]));
    let acc = b.full(f64::from(i32::MIN), DType::I32, [1, 1, 1]);
    let (sum, zero) = (b.mma(x, w, acc), b.index(0));
    b.store(y, [zero; 2], sum);
    let mut parts = buffers([("y", image("", [1, 1], DType::I32, |_, _| 0.0))]);
    run(&b.finish(), &dims([]), &mut parts).unwrap();
    let bytes = parts.get("y").unwrap().bytes().try_into().unwrap();
    assert_eq!(i32::from_le_bytes(bytes), i32::MIN.wrapping_sub(8 * 128 * 127));
}

/// Softmax of each row of `x [m, k]` in one pass over 8 columns at a time: the running maximum
/// and the running norm are both carried.
#[test]
fn a_fold_carries_two_values_through_an_online_softmax_norm() {
    let (m, k) = (5, 29);
    let mut b = Build::new();
    let (rows, cols) = (b.dim("m"), b.dim("k"));
    let x = b.part("x", DType::F32, [rows, cols], "", Role::Input);
    let y = b.part("y", DType::F32, [rows, Build::fixed(2)], "", Role::Output);
    let row = b.grid(rows, 4);
    let column = [1, 4, 1];
    let floor = b.full(-1e30, DType::F32, column);
    let (none, depth) = (b.full(0.0, DType::F32, column), b.size(1));
    let ends = b.fold(depth, 8, &[floor, none], |b, step, carried| {
        let fill = f64::NEG_INFINITY;
        let x = b.tile(Op::Load { arg: x, at: [row, step], fill }, DType::F32, [1, 4, 8]);
        let top = b.tile(Op::Reduce(Reduction::Max, 2, x), DType::F32, column);
        let peak = b.binary(Binary::Max, carried[0], top);
        let change = b.binary(Binary::Sub, carried[0], peak);
        let decay = b.tile(Op::Unary(Unary::Exp2, change), DType::F32, column);
        let lowered = b.binary(Binary::Sub, x, peak);
        let weights = b.tile(Op::Unary(Unary::Exp2, lowered), DType::F32, [1, 4, 8]);
        let sum = b.tile(Op::Reduce(Reduction::Sum, 2, weights), DType::F32, column);
        let kept = b.binary(Binary::Mul, carried[1], decay);
        vec![peak, b.binary(Binary::Add, kept, sum)]
    });
    let (first, second) = (b.index(0), b.index(1));
    b.store(y, [row, first], ends[0]);
    b.store(y, [row, second], ends[1]);
    let mut parts = buffers([
        ("x", image("", [m, k], DType::F32, noise)),
        ("y", image("", [m, 2], DType::F32, |_, _| f32::NAN)),
    ]);
    run(&b.finish(), &dims([("m", m as u64), ("k", k as u64)]), &mut parts).unwrap();
    let y = contents(parts.get("y").unwrap(), "", [m, 2], DType::F32);
    for i in 0..m {
        let peak = (0..k).map(|j| noise(i, j)).fold(f32::MIN, f32::max);
        let norm: f32 = (0..k).map(|j| (noise(i, j) - peak).exp2()).sum();
        assert_eq!(y[2 * i], peak);
        assert!((y[2 * i + 1] - norm).abs() < 1e-5, "{} is not {norm}", y[2 * i + 1]);
    }
}

#[test]
fn a_fold_without_passes_yields_its_start_and_nested_folds_see_outer_indices() {
    let mut b = Build::new();
    let (size, n) = (b.dim("n"), Build::fixed(1));
    let y = b.part("y", DType::I32, [n, Build::fixed(2)], "", Role::Output);
    let _ = size;
    let (start, upper) = (b.full(3.0, DType::I32, [1, 1, 1]), b.size(0));
    let sum = b.fold(upper, 2, &[start], |b, i, outer| {
        b.fold(upper, 3, outer, |b, j, inner| {
            let pair = b.op(Op::IndexOp(crate::tile::IndexOp::Mul, i, j), Type::Index);
            let tile = b.tile(Op::Splat(pair), DType::I32, [1, 1, 1]);
            vec![b.binary(Binary::Add, inner[0], tile)]
        })
    });
    let zero = b.index(0);
    b.store(y, [zero; 2], sum[0]);
    let program = b.finish();
    for (n, expected) in [(0, 3), (1, 3), (7, 3 + (2 + 4 + 6) * (3 + 6))] {
        let mut parts = buffers([("y", image("", [1, 2], DType::I32, |_, _| -1.0))]);
        run(&program, &dims([("n", n)]), &mut parts).unwrap();
        let y = contents(parts.get("y").unwrap(), "", [1, 2], DType::I32);
        assert_eq!(y, [expected as f32, -1.0], "n = {n}");
    }
}

#[test]
fn a_guarded_region_runs_only_where_its_condition_holds() {
    let mut b = Build::new();
    let n = b.dim("n");
    let y = b.part("y", DType::I32, [Build::fixed(1), n], "", Role::Output);
    let (at, zero, limit) = (b.grid(n, 1), b.index(0), b.index(2));
    let small = b.op(Op::IndexCompare(crate::tile::Compare::Lt, at, limit), Type::Condition);
    b.when(small, |b| {
        let tile = b.op(Op::Splat(at), Type::Tile(Elem::Num(DType::I32), [1, 1, 1]));
        b.store(y, [zero, at], tile);
    });
    let mut parts = buffers([("y", image("", [1, 4], DType::I32, |_, _| -1.0))]);
    run(&b.finish(), &dims([("n", 4)]), &mut parts).unwrap();
    assert_eq!(contents(parts.get("y").unwrap(), "", [1, 4], DType::I32), [0., 1., -1., -1.]);
}
