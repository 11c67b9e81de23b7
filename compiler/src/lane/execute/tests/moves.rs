use super::*;
use crate::lane::Const;

fn nibbles() -> Vec<u32> {
    (0..LANES as u32).map(|lane| 0x7654_3210 ^ (lane * 0x0101_0101)).collect()
}

#[test]
fn elements_are_taken_and_joined_across_registers() {
    let mut bench = Bench::new(1);
    let all = bench.load(X, Ty::lane(DType::U4, 8));
    let low = bench.b.extract(all, 0, 3);
    let high = bench.b.extract(all, 3, 5);
    let swapped = bench.b.concat(vec![high, low]);
    bench.store(swapped);
    let x = nibbles();
    let y = bench.words(&x);
    x.iter().zip(y).for_each(|(x, y)| assert_eq!(y, x.rotate_right(12)));
}

#[test]
fn lanes_are_exchanged_within_their_wave() {
    let mut bench = Bench::new(2);
    let value = bench.load(X, Ty::lane(DType::I32, 1));
    let other = bench.b.push(Op::LaneXor { of: value, mask: 17 }, Ty::lane(DType::I32, 1));
    bench.store(other);
    let x: Vec<u32> = (100..164).collect();
    let y = bench.words(&x);
    (0..64).for_each(|at| assert_eq!(y[at], x[at ^ 17]));
}

#[test]
fn the_first_lane_of_each_wave_becomes_uniform() {
    let mut bench = Bench::new(2);
    let value = bench.load(X, Ty::lane(DType::I32, 1));
    let first = bench.b.push(Op::FirstLane(value), I32);
    let all = bench.b.splat(first, 1);
    bench.store(all);
    let x: Vec<u32> = (100..164).collect();
    let y = bench.words(&x);
    (0..64).for_each(|at| assert_eq!(y[at], x[at / 32 * 32]));
}

#[test]
fn a_splat_fills_every_packed_element() {
    let mut bench = Bench::new(1);
    let m = bench.b.push(Op::Param(M), I32);
    let byte = bench.b.cast(m, Elt::Num(DType::U8));
    let four = bench.b.push(Op::Splat(byte), Ty::lane(DType::U8, 4));
    bench.store(four);
    assert_eq!(bench.words(&[])[..LANES], [0x0707_0707; LANES]);
}

#[test]
fn the_same_bits_are_seen_as_another_type() {
    let mut bench = Bench::new(1);
    let value = bench.load(X, Ty::lane(DType::I32, 1));
    let bytes = bench.b.bitcast(value, Ty::lane(DType::I8, 4));
    let one = bench.b.constant(Const::Int(1), Ty::lane(DType::I8, 4));
    let next = bench.b.binary(Binary::Add, bytes, one);
    bench.store(next);
    assert_eq!(bench.words(&[0xff7f_00ff; LANES])[0], 0x0080_0100);
}

#[test]
fn bits_beyond_the_last_element_are_spoiled() {
    let mut bench = Bench::new(1);
    let bytes = bench.load(X, Ty::lane(DType::U8, 1));
    let word = bench.b.push(Op::Bitcast(bytes), Ty::lane(DType::I32, 1));
    bench.store(word);
    assert_eq!(bench.words(&[0; LANES])[..LANES], [0xa5a5_a500; LANES]);
}

#[test]
fn a_uniform_condition_chooses_for_its_wave() {
    let mut bench = Bench::new(2);
    let wave = bench.b.push(Op::WaveId, I32);
    let zero = bench.b.index(0);
    let first = bench.b.compare(crate::lane::Compare::Eq, wave, zero);
    let ty = Ty::lane(DType::U8, 4);
    let a = bench.b.constant(Const::Int(1), ty);
    let b = bench.b.constant(Const::Int(2), ty);
    let chosen = bench.b.push(Op::Select(first, a, b), ty);
    bench.store(chosen);
    let y = bench.words(&[]);
    assert_eq!((y[0], y[31], y[32], y[63]), (0x0101_0101, 0x0101_0101, 0x0202_0202, 0x0202_0202));
}
