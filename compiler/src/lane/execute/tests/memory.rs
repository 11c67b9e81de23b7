use super::*;
use crate::lane::{Compare, Const};

const WORD: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: false };

fn tile() -> Space {
    Space::Local(0)
}

/// Lane number below a bound.
fn below(bench: &mut Bench, bound: i64) -> Value {
    let lane = bench.lanes(1);
    let bound = bench.b.constant(Const::Int(bound), WORD);
    bench.b.compare(Compare::Lt, lane, bound)
}

#[test]
fn lanes_under_a_false_guard_touch_nothing_and_load_zero() {
    let mut bench = Bench::new(1);
    let guard = below(&mut bench, 5);
    let from = bench.dense(Space::Global(X), 4);
    let value = bench.b.load(from, Some(guard), WORD);
    bench.store(value);
    let y = bench.words(&[3; 5]);
    assert_eq!((y[..5].to_vec(), y[5..32].to_vec()), (vec![3; 5], vec![0; 27]));
}

#[test]
fn a_byte_beyond_a_part_is_out_of_bounds_for_loads_and_stores() {
    for store in [false, true] {
        let mut bench = Bench::new(4);
        let to = bench.dense(Space::Global(if store { Y } else { X }), 16);
        let to = Address { offset: 4096 - 2048 + 4, align: 4, ..to };
        bench.line(9);
        match store {
            false => {
                bench.b.load(to, None, Ty::lane(DType::U8, 16));
            }
            true => {
                let value = bench.b.constant(Const::Int(0), Ty::lane(DType::U8, 16));
                bench.b.store(to, value, None);
            }
        }
        let name = if store { "`y`" } else { "`x`" };
        says(&bench.fault(), &["bytes 4084..4100", name, "wave 3, lane 31", "recipe.rs:9"]);
    }
}

#[test]
fn a_byte_before_a_part_is_out_of_bounds() {
    let mut bench = Bench::new(1);
    let from = Address { offset: -4, ..bench.dense(Space::Global(X), 4) };
    bench.b.load(from, None, WORD);
    says(&bench.fault(), &["bytes -4..0 of `x`", "lane 0"]);
}

#[test]
fn unaligned_and_off_pattern_addresses_are_faults() {
    let mut bench = Bench::new(1);
    let from = Address { offset: 4, align: 8, ..bench.dense(Space::Global(X), 8) };
    bench.b.load(from, None, Ty::lane(DType::I32, 2));
    says(&bench.fault(), &["byte 4 is not aligned to 8"]);
    let mut bench = Bench::new(1);
    let from =
        Address { pattern: Pattern::Repeated { repeat: 2 }, ..bench.dense(Space::Global(X), 4) };
    bench.b.load(from, None, WORD);
    says(&bench.fault(), &["4 bytes off the pattern", "lane 1"]);
}

#[test]
fn workgroup_memory_has_no_contents_before_the_first_write() {
    let mut bench = Bench::new(1);
    let at = bench.dense(tile(), 4);
    bench.b.load(at, None, WORD);
    says(&bench.fault(), &["byte 0 of `tile` was never written"]);
    let mut bench = Bench::new(1);
    let at = bench.dense(tile(), 4);
    let group = bench.b.push(Op::BlockId(0), I32);
    let zero = bench.b.index(0);
    let first = bench.b.compare(Compare::Eq, group, zero);
    let value = bench.b.constant(Const::Int(1), WORD);
    bench.b.store(at, value, Some(first));
    bench.b.load(at, None, WORD);
    let error = bench.run_grid([2, 1, 1], &[], &[]).unwrap_err().to_string();
    says(&error, &["was never written", "workgroup (1, 0, 0)"]);
}

/// Every wave writes its row of the tile; after a barrier, or not, all read the row of wave 0.
fn exchange(barrier: bool) -> Bench {
    let mut bench = Bench::new(2);
    let value = bench.load(X, WORD);
    let at = bench.dense(tile(), 4);
    bench.line(2);
    bench.b.store(at, value, None);
    if barrier {
        bench.b.insert(Op::Barrier, Vec::new());
    }
    bench.line(3);
    let read = bench.b.load(Address { base: None, ..at }, None, WORD);
    bench.store(read);
    bench
}

#[test]
fn waves_see_each_others_writes_after_a_barrier() {
    let y = exchange(true).words(&(0..64).collect::<Vec<u32>>());
    (0..64).for_each(|at| assert_eq!(y[at] as usize, at % 32));
}

#[test]
fn a_read_of_another_waves_write_without_a_barrier_is_a_race() {
    let text = exchange(false).fault();
    says(&text, &["written by wave 0 at recipe.rs:2", "no barrier", "wave 1", "from recipe.rs:3"]);
}

#[test]
fn a_write_over_what_another_wave_still_reads_is_a_race() {
    let mut bench = exchange(true);
    let at = bench.dense(tile(), 4);
    let value = bench.b.constant(Const::Int(1), WORD);
    bench.line(4);
    bench.b.store(at, value, None);
    says(&bench.fault(), &["read by wave 1 at recipe.rs:3", "wave 0", "from recipe.rs:4"]);
}

/// Both waves write one row, some of several values, by one or two instructions.
fn overlap(value: impl Fn(&mut Bench) -> Value, stores: usize) -> Result<Vec<u8>, ExecuteError> {
    let mut bench = Bench::new(2);
    let at = Address { base: None, ..bench.dense(tile(), 4) };
    let value = value(&mut bench);
    (0..stores).for_each(|_| bench.b.store(at, value, None));
    bench.run(&[], &[])
}

#[test]
fn two_waves_writing_one_byte_are_a_race_unless_they_write_it_together() {
    let one = |bench: &mut Bench| bench.b.constant(Const::Int(1), WORD);
    let own = |bench: &mut Bench| {
        let wave = bench.b.push(Op::WaveId, I32);
        bench.b.splat(wave, 1)
    };
    assert!(overlap(one, 1).is_ok());
    for text in [overlap(own, 1), overlap(one, 2)].map(|made| made.unwrap_err().to_string()) {
        says(&text, &["written by wave", "no barrier between"]);
    }
}

#[test]
fn lanes_of_one_store_may_share_a_byte_only_with_one_value() {
    for same in [true, false] {
        let mut bench = Bench::new(1);
        let value = if same { bench.b.constant(Const::Int(1), WORD) } else { bench.lanes(1) };
        let at = Address {
            space: tile(),
            base: None,
            lane: None,
            offset: 8,
            align: 4,
            pattern: Pattern::Broadcast,
        };
        bench.b.store(at, value, None);
        match same {
            true => assert!(bench.run(&[], &[]).is_ok()),
            false => says(&bench.fault(), &["byte 8 of `tile` gets different values", "lane 1"]),
        }
    }
}

#[test]
fn waves_neither_read_nor_change_what_another_wrote_to_global_memory() {
    let row = |bench: &mut Bench| Address { base: None, ..bench.dense(Space::Global(Y), 4) };
    let mut bench = Bench::new(2);
    let at = row(&mut bench);
    let wave = bench.b.push(Op::WaveId, I32);
    let value = bench.b.splat(wave, 1);
    bench.b.store(at, value, None);
    says(&bench.fault(), &["byte 0 of `y` has another value by another wave", "wave 1"]);
    let mut bench = Bench::new(2);
    let value = bench.b.constant(Const::Int(1), WORD);
    bench.store(value);
    let at = row(&mut bench);
    bench.b.load(at, None, WORD);
    says(&bench.fault(), &["byte 0 of `y` was written by another wave", "wave 1"]);
}

#[test]
fn a_uniform_load_serves_its_wave() {
    let mut bench = Bench::new(2);
    let wave = bench.b.push(Op::WaveId, I32);
    let base = bench.b.binary_const(Binary::Mul, wave, 4);
    let base = bench.b.cast(base, Elt::I64);
    let pattern = Pattern::Broadcast;
    let space = Space::Global(X);
    let at = Address { space, base: Some(base), lane: None, offset: 4, align: 4, pattern };
    let value = bench.b.load(at, None, I32);
    let value = bench.b.splat(value, 1);
    bench.store(value);
    let y = bench.words(&[1, 2, 3]);
    assert_eq!((y[0], y[32]), (2, 3));
}

#[test]
fn a_call_gives_every_argument() {
    let machine = LaneMachine::new(Bench::new(1).kernel(), &target()).unwrap();
    let (dims, scalars) = (BTreeMap::new(), BTreeMap::new());
    let call = Call { grid: [1; 3], dims: &dims, scalars: &scalars };
    let error = machine.execute(call, &mut Buffers::new()).unwrap_err().to_string();
    says(&error, &["`probe` cannot be called", "`m` has no value"]);
}
