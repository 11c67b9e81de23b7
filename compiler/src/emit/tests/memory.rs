//! Loads and stores of a host, in every pattern and width, guarded and not.

use kiln_targets::{DType, Target};

use super::elementwise::Bits;
use super::kernels::{Sketch, broadcast};
use super::run::{Given, host_targets, run};
use crate::lane::{Address, ArgKind, Binary, Compare, Const, Pattern, Space, Ty, Value};

const WIDTHS: [u32; 6] = [1, 2, 4, 6, 12, 16];

/// Byte offset of each lane for a pattern, as the laws define it.
fn offset(pattern: Pattern, width: u32, lane: u32) -> u32 {
    match pattern {
        Pattern::Broadcast => 0,
        Pattern::Contiguous => lane * width,
        Pattern::Periodic { period } => lane % period * width,
        Pattern::Repeated { repeat } => lane / repeat * width,
        Pattern::Scattered => (lane * 5 % 64) * width,
    }
}

/// The same in a kernel.
fn address(s: &mut Sketch, space: Space, pattern: Pattern, width: u32) -> Address {
    let align = 1 << width.trailing_zeros();
    let lane = s.lane_id();
    let lane = match pattern {
        Pattern::Broadcast => return broadcast(space, None, 0, align),
        Pattern::Contiguous => lane,
        Pattern::Periodic { period } => s.b.binary_const(Binary::And, lane, period as i64 - 1),
        Pattern::Repeated { repeat } => {
            s.b.binary_const(Binary::Shr, lane, repeat.trailing_zeros().into())
        }
        Pattern::Scattered => {
            let five = s.b.binary_const(Binary::Mul, lane, 5);
            s.b.binary_const(Binary::And, five, 63)
        }
    };
    let lane = Some(s.b.binary_const(Binary::Mul, lane, width.into()));
    Address { space, base: None, lane, offset: 0, align, pattern }
}

/// A guard that holds in lanes below a bound.
fn below(s: &mut Sketch, bound: i64) -> Value {
    let lane = s.lane_id();
    let bound = s.constant(Const::Int(bound), Ty::lane(DType::I32, 1));
    s.b.compare(Compare::Lt, lane, bound)
}

fn every_case(check: impl Fn(&str, Pattern, u32, Option<u32>)) {
    // Targets of equal lanes differ in atoms only.
    for target in host_targets().into_iter().filter(|target| !target.ends_with("novnni")) {
        let lanes = Target::builtin(target).unwrap().lanes;
        for width in WIDTHS {
            let patterns = [
                Pattern::Broadcast,
                Pattern::Contiguous,
                Pattern::Periodic { period: 4 },
                Pattern::Repeated { repeat: 2 },
                Pattern::Scattered,
            ];
            for pattern in patterns {
                for bound in [None, Some(lanes - 3)] {
                    check(target, pattern, width, bound);
                }
            }
        }
    }
}

/// Copies through registers from one pattern to scattered or contiguous places, and back.
#[test]
fn loads_read_what_their_pattern_says() {
    every_case(|target, pattern, width, bound| {
        let mut s = Sketch::new(target, &[ArgKind::Input, ArgKind::Output]);
        let lanes = s.lanes();
        let guard = bound.map(|bound| below(&mut s, bound.into()));
        let from = address(&mut s, Space::Global(0), pattern, width);
        let value = s.b.load(from, guard, Ty::lane(DType::U8, width));
        let to = address(&mut s, Space::Global(1), Pattern::Contiguous, width);
        s.b.store(to, value, None);
        let mut input = Bits(5).bytes((64 * width) as usize);
        let mut output = vec![0xee; (lanes * width) as usize];
        let mut given = [Given::Buffer(&mut input), Given::Buffer(&mut output)];
        run(s, &mut given, [0; 3]);
        for lane in 0..lanes {
            for byte in 0..width {
                let open = bound.is_none_or(|bound| lane < bound);
                let read = input[(offset(pattern, width, lane) + byte) as usize];
                let got = output[(lane * width + byte) as usize];
                let want = if open { read } else { 0 };
                assert_eq!(got, want, "{target} {pattern:?} {width} {bound:?} lane {lane}");
            }
        }
    });
}

#[test]
fn stores_write_what_their_pattern_says_and_nothing_else() {
    every_case(|target, pattern, width, bound| {
        let mut s = Sketch::new(target, &[ArgKind::Input, ArgKind::Output]);
        let lanes = s.lanes();
        let guard = bound.map(|bound| below(&mut s, bound.into()));
        // Lanes that write one place hold one value.
        let from = address(&mut s, Space::Global(0), pattern, width);
        let value = s.b.load(from, None, Ty::lane(DType::U8, width));
        let to = address(&mut s, Space::Global(1), pattern, width);
        s.b.store(to, value, guard);
        let mut input = Bits(6).bytes((64 * width) as usize);
        let mut output = vec![0xee; (64 * width) as usize];
        let mut given = [Given::Buffer(&mut input), Given::Buffer(&mut output)];
        run(s, &mut given, [0; 3]);
        let mut want = vec![0xee; output.len()];
        for lane in (0..lanes).filter(|lane| bound.is_none_or(|bound| *lane < bound)) {
            let at = offset(pattern, width, lane) as usize;
            let span = at..at + width as usize;
            want[span.clone()].copy_from_slice(&input[span]);
        }
        assert_eq!(output, want, "{target} {pattern:?} {width} {bound:?}");
    });
}
