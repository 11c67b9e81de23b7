//! Lanes, rearrangement, atoms and control flow of a host.

use kiln_targets::{DType, Target};

use super::elementwise::Bits;
use super::kernels::{INDEX, Sketch};
use super::run::{Given, host_targets, run, words};
use crate::lane::{Address, ArgKind, Binary, Compare, Const, Elt, Op, Pattern, Space, Ty, Value};

const WORD: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: false };

/// Runs a kernel that stores one word per lane, on inputs of random bytes.
fn stored(target: &str, dims: &[i32], build: impl Fn(&mut Sketch) -> Value) -> (Vec<u8>, Vec<u32>) {
    let mut args = vec![ArgKind::Input, ArgKind::Output];
    args.resize(2 + dims.len(), ArgKind::Dim);
    let mut s = Sketch::new(target, &args).local(1024);
    let lanes = s.lanes();
    let value = build(&mut s);
    let count = s.b.ty(value).registers();
    let place = s.contiguous(Space::Global(1), 4 * count);
    s.b.store(place, value, None);
    let mut input = Bits(11).bytes(4096);
    let mut output = vec![0; (4 * lanes * count) as usize];
    let mut given = vec![Given::Buffer(&mut input), Given::Buffer(&mut output)];
    given.extend(dims.iter().map(|dim| Given::Dim(*dim)));
    run(s, &mut given, [3, 4, 5]);
    (input, words(&output))
}

/// The first `count` registers of every lane of the input.
fn loaded(s: &mut Sketch, ty: Ty) -> Value {
    let place = s.contiguous(Space::Global(0), 4 * ty.registers());
    s.b.load(place, None, ty)
}

#[test]
fn lanes_exchange_by_any_mask() {
    for target in host_targets() {
        let lanes = Target::builtin(target).unwrap().lanes;
        for mask in 0..lanes {
            let (input, output) = stored(target, &[], |s| {
                let value = loaded(s, WORD);
                s.b.push(Op::LaneXor { of: value, mask }, WORD)
            });
            let input = words(&input);
            for lane in 0..lanes {
                assert_eq!(output[lane as usize], input[(lane ^ mask) as usize], "{target} {mask}");
            }
        }
    }
}

#[test]
fn extracts_and_concats_keep_element_order() {
    for target in host_targets() {
        let ty = Ty::lane(DType::I8, 16);
        let (input, output) = stored(target, &[], |s| {
            let value = loaded(s, ty);
            let parts = [(5, 3), (0, 2), (13, 3)].map(|(at, count)| s.b.extract(value, at, count));
            s.b.concat(parts.to_vec())
        });
        for (lane, pair) in output.chunks(2).enumerate() {
            let source = &input[16 * lane..16 * lane + 16];
            let want = [&source[5..8], &source[0..2], &source[13..16]].concat();
            let got: Vec<u8> = pair.iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(got, want, "{target} lane {lane}");
        }
    }
}

#[test]
fn uniform_values_come_from_lanes_params_and_blocks() {
    for target in host_targets() {
        let (input, output) = stored(target, &[1000], |s| {
            let value = loaded(s, WORD);
            let first = s.b.push(Op::FirstLane(value), INDEX);
            let dim = s.dim(2);
            let block = s.block_id(1);
            let sum = s.b.binary(Binary::Add, first, dim);
            let sum = s.b.binary(Binary::Add, sum, block);
            s.b.splat(sum, 1)
        });
        let want = words(&input)[0].wrapping_add(1004);
        assert!(output.iter().all(|word| *word == want), "{target}");
    }
}

#[test]
fn scalars_reach_the_kernel() {
    for target in host_targets() {
        let mut s = Sketch::new(target, &[ArgKind::Output, ArgKind::Dim, ArgKind::Scalar]);
        let scalar = s.b.push(Op::Param(2), Ty::uniform(Elt::Num(DType::F32)));
        let value = s.b.splat(scalar, 1);
        let place = s.contiguous(Space::Global(0), 4);
        s.b.store(place, value, None);
        let mut output = vec![0; 4 * Target::builtin(target).unwrap().lanes as usize];
        let mut given = [Given::Buffer(&mut output), Given::Dim(1), Given::Scalar(2.5)];
        run(s, &mut given, [0; 3]);
        assert!(words(&output).iter().all(|word| *word == 2.5f32.to_bits()), "{target}");
    }
}

#[test]
fn loops_carry_values_and_conditions_skip_stores() {
    for (target, trips) in host_targets().into_iter().flat_map(|t| [0, 1, 5].map(|n| (t, n))) {
        let (_, output) = stored(target, &[trips], |s| {
            let (lower, upper, lane) = (s.b.index(0), s.dim(2), s.lane_id());
            let (induction, inside) = (s.b.fresh(INDEX), s.b.fresh(WORD));
            let result = s.b.fresh(WORD);
            let slot = s.contiguous(Space::Local(0), 4);
            let seven = s.constant(Const::Int(7), WORD);
            s.b.store(slot, seven, None);
            s.b.open();
            let step = s.b.splat(induction, 1);
            let next = s.b.binary(Binary::Add, inside, step);
            let two = s.b.index(2);
            let condition = s.b.compare(Compare::Eq, induction, two);
            s.b.open();
            s.b.store(slot, next, None);
            let then = s.b.close();
            s.b.insert(Op::If { condition, then }, vec![]);
            let body = s.b.close();
            let op = Op::Loop {
                lower,
                upper,
                step: 1,
                induction,
                init: vec![lane],
                carried: vec![inside],
                body,
                yields: vec![next],
            };
            s.b.insert(op, vec![result]);
            let kept = s.b.load(slot, None, WORD);
            let kept = s.b.binary_const(Binary::Shl, kept, 16);
            s.b.binary(Binary::Or, kept, result)
        });
        for (lane, word) in (0u32..).zip(output) {
            let sum: u32 = (0..trips as u32).sum();
            let kept = if trips > 2 { lane + 3 } else { 7 };
            assert_eq!(word, kept << 16 | (lane + sum), "{target} {trips}");
        }
    }
}

#[test]
fn atoms_multiply_as_their_rows_say() {
    for target in host_targets() {
        for atom in Target::builtin(target).unwrap().atoms {
            let (a, b, c) = (atom.a.dtypes[0], atom.b.dtypes[0], atom.c.dtypes[0]);
            if a.is_float() {
                continue;
            }
            let operand = |dtype: DType| Ty::lane(dtype, 32 / dtype.bits());
            let (input, output) = stored(target, &[], |s| {
                let lane = s.lane_bytes(4);
                let mut load = |buffer: i32, ty: Ty| {
                    let address = Address {
                        space: Space::Global(0),
                        base: None,
                        lane: Some(lane),
                        offset: 256 * buffer,
                        align: 4,
                        pattern: Pattern::Contiguous,
                    };
                    s.b.load(address, None, ty)
                };
                let (x, y, z) = (load(0, operand(a)), load(1, operand(b)), load(2, operand(c)));
                // Every lane of `a` holds the same row.
                let same = s.b.bitcast(x, WORD);
                let same = s.b.push(Op::FirstLane(same), INDEX);
                let same = s.b.splat(same, 1);
                let x = s.b.bitcast(same, operand(a));
                let op = Op::Mma {
                    atom: atom.name.clone(),
                    a: x,
                    b: y,
                    c: z,
                    a_signed: a.is_signed(),
                    b_signed: b.is_signed(),
                };
                s.b.push(op, operand(c))
            });
            let word = |buffer: usize, lane: usize| words(&input)[64 * buffer + lane];
            for (lane, got) in output.iter().enumerate() {
                let mut sum = word(2, lane) as i32;
                for k in 0..32 / a.bits() {
                    let x = a.decode_int(word(0, 0) >> (k * a.bits()) & a.mask());
                    let y = b.decode_int(word(1, lane) >> (k * b.bits()) & b.mask());
                    sum = sum.wrapping_add((x * y) as i32);
                }
                assert_eq!(*got as i32, sum, "{target} {} lane {lane}", atom.name);
            }
        }
    }
}
