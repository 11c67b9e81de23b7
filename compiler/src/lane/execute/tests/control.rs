use super::*;
use crate::lane::{Block, Compare, Const};

/// A loop that carries values of the types of `init`.
fn repeat(
    bench: &mut Bench,
    range: [i64; 2],
    step: u32,
    init: Vec<Value>,
    body: impl FnOnce(&mut Bench, Value, &[Value]) -> Vec<Value>,
) -> Vec<Value> {
    let [lower, upper] = range.map(|bound| bench.b.index(bound));
    let types: Vec<Ty> = init.iter().map(|value| bench.b.ty(*value)).collect();
    let induction = bench.b.fresh(I32);
    let carried: Vec<Value> = types.iter().map(|ty| bench.b.fresh(*ty)).collect();
    bench.b.open();
    let yields = body(bench, induction, &carried);
    let body = bench.b.close();
    let results: Vec<Value> = types.iter().map(|ty| bench.b.fresh(*ty)).collect();
    let op = Op::Loop { lower, upper, step, induction, init, carried, body, yields };
    bench.b.insert(op, results.clone());
    results
}

#[test]
fn a_loop_carries_values_around_all_at_once() {
    let mut bench = Bench::new(1);
    let ty = Ty::lane(DType::I32, 1);
    let (a, b) = (bench.b.constant(Const::Int(1), ty), bench.b.constant(Const::Int(2), ty));
    let sum = bench.b.constant(Const::Int(0), ty);
    let ends = repeat(&mut bench, [3, 10], 3, vec![a, b, sum], |bench, at, carried| {
        let at = bench.b.splat(at, 1);
        let sum = bench.b.binary(Binary::Add, carried[2], at);
        vec![carried[1], carried[0], sum]
    });
    let joined = bench.b.concat(ends);
    bench.store(joined);
    assert_eq!(bench.words(&[])[..3], [2, 1, 3 + 6 + 9]);
}

#[test]
fn an_empty_range_yields_what_was_carried_in() {
    let mut bench = Bench::new(1);
    let start = bench.b.constant(Const::Int(5), Ty::lane(DType::I32, 1));
    let ends = repeat(&mut bench, [4, 4], 1, vec![start], |_, _, carried| carried.to_vec());
    bench.store(ends[0]);
    assert_eq!(bench.words(&[])[0], 5);
}

#[test]
fn values_around_a_loop_outlive_its_passes() {
    let mut bench = Bench::new(1);
    let kept = bench.load(X, Ty::lane(DType::I32, 1));
    let start = bench.b.constant(Const::Int(0), Ty::lane(DType::I32, 1));
    let ends = repeat(&mut bench, [0, 3], 1, vec![start], |bench, _, carried| {
        let twice = bench.b.binary(Binary::Add, kept, kept);
        vec![bench.b.binary(Binary::Add, carried[0], twice)]
    });
    bench.store(ends[0]);
    let y = bench.words(&(0..32).collect::<Vec<u32>>());
    (0..32).for_each(|lane| assert_eq!(y[lane], 6 * lane as u32));
}

fn when(bench: &mut Bench, condition: Value, then: impl FnOnce(&mut Bench)) {
    bench.b.open();
    then(bench);
    let then: Block = bench.b.close();
    bench.b.insert(Op::If { condition, then }, Vec::new());
}

#[test]
fn every_workgroup_of_the_grid_sees_its_own_place_and_the_arguments() {
    let mut bench = Bench::new(1);
    let [x, y] = [0, 1].map(|axis| bench.b.push(Op::BlockId(axis), I32));
    let m = bench.b.push(Op::Param(M), I32);
    let row = bench.b.binary_const(Binary::Mul, y, 2);
    let group = bench.b.binary(Binary::Add, row, x);
    let value = bench.b.binary(Binary::Add, group, m);
    let value = bench.b.splat(value, 1);
    let scale = bench.b.push(Op::Param(S), Ty::uniform(Elt::Num(DType::F32)));
    let scale = bench.b.splat(scale, 1);
    let float = bench.b.cast(value, Elt::Num(DType::F32));
    let value = bench.b.binary(Binary::Mul, float, scale);
    let base = bench.b.binary_const(Binary::Mul, group, 128);
    let base = bench.b.cast(base, Elt::I64);
    let address = Address { base: Some(base), ..bench.dense(Space::Global(Y), 4) };
    bench.b.store(address, value, None);
    let y = words(&bench.run_grid([2, 2, 1], &[], &[]).unwrap());
    (0..128).for_each(|at| assert_eq!(f32::from_bits(y[at]), (7 + at / 32) as f32 / 2.0));
}

#[test]
fn a_block_is_skipped_where_its_condition_is_false() {
    for (bound, expected) in [(7, 9), (6, 0)] {
        let mut bench = Bench::new(2);
        let (m, bound) = (bench.b.push(Op::Param(M), I32), bench.b.index(bound));
        let condition = bench.b.compare(Compare::Le, m, bound);
        when(&mut bench, condition, |bench| {
            let nine = bench.b.constant(Const::Int(9), Ty::lane(DType::I32, 1));
            bench.store(nine);
        });
        assert_eq!(bench.words(&[])[..64], [expected; 64]);
    }
}

#[test]
fn waves_that_part_are_a_fault() {
    let mut bench = Bench::new(2);
    let (wave, zero) = (bench.b.push(Op::WaveId, I32), bench.b.index(0));
    let condition = bench.b.compare(Compare::Eq, wave, zero);
    when(&mut bench, condition, |bench| bench.b.insert(Op::Barrier, Vec::new()));
    says(&bench.fault(), &["control flow differs", "wave 1", "recipe.rs:1"]);
}

#[test]
fn uniform_division_is_unsigned_and_wide_numbers_keep_all_bits() {
    let mut bench = Bench::new(1);
    let minus = bench.b.index(-2);
    let two = bench.b.push(Op::Const(Const::Int(2)), I32);
    let half = bench.b.push(Op::Binary(Binary::Div, minus, two), I32);
    let wide = bench.b.push(Op::Cast(minus), I64);
    let by = bench.b.constant(Const::Int(3 << 32), I64);
    let product = bench.b.push(Op::Binary(Binary::Mul, wide, by), I64);
    let down = bench.b.constant(Const::Int(32), I64);
    let product = bench.b.push(Op::Binary(Binary::Sar, product, down), I64);
    let product = bench.b.push(Op::Cast(product), I32);
    let parts = [half, product].map(|value| bench.b.splat(value, 1));
    let joined = bench.b.concat(parts.to_vec());
    bench.store(joined);
    assert_eq!(bench.words(&[])[..2], [0x7fff_ffff, -6i32 as u32]);
}

#[test]
fn a_program_that_breaks_a_law_is_refused_before_it_runs() {
    let mut bench = Bench::new(1);
    bench.b.push(Op::LaneId, Ty::lane(DType::F32, 1));
    says(&bench.fault(), &["breaks the laws", "lane_id"]);
}
