//! Laws of linear attention's states, bit by bit: a row's result does not depend on the rows after
//! it, on other sequences, or on where a sequence is cut into launches, committing the first rows
//! of many equals having run only those, and moving a state on by them on the way to the next rows
//! equals committing them first.
//!
//! On host code for every number of rows up to 32; on lane code and on simulated machine code of
//! gfx1151 for some.

use std::collections::BTreeMap;

use kiln_compiler::compile::compile;
use kiln_compiler::interpret::{Buffer, Buffers, extent};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Executor, LaneCode, Launch};
use kiln_compiler::tile::{Part, Program, Role};
use kiln_recipes::catalogue::{Attributes, recipes};
use kiln_targets::{DType, Target};
use kiln_tests::host_code::HostCode;
use kiln_tuner::check::SimulatedCode;

/// Rows of a launch at most.
const ROWS: u64 = 32;

/// Slots of states.
const SLOTS: u64 = 3;

/// A segment: first row, rows, slot, past.
type Segment = [i32; 4];

/// What executes kernels.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Machine {
    Host,
    Lanes,
    Simulator,
}

/// Linear attention with small heads; three value heads share a key head.
#[derive(Clone, Copy)]
struct Layer {
    act: &'static str,
    key: u32,
    value: u32,
}

const LAYERS: [Layer; 2] =
    [Layer { act: "bf16", key: 16, value: 32 }, Layer { act: "f32", key: 128, value: 16 }];

/// A compiled kernel of an operation at its default point, or at the last one admitted.
struct Kernel {
    program: Program,
    code: Box<dyn Executor>,
}

impl Kernel {
    fn new(machine: Machine, layer: Layer, operation: &str, more: &[(&str, &str)]) -> Kernel {
        let target = match machine {
            Machine::Host => Target::native_host_name().expect("this processor has a target"),
            _ => "gfx1151",
        };
        let target = Target::builtin(target).expect("the target should be built in");
        let sizes = [("key_head", layer.key), ("value_head", layer.value)];
        let sizes = sizes.map(|(name, size)| (name.to_owned(), size.to_string()));
        let texts = [("act", layer.act), ("key_heads", "1"), ("value_heads", "3")];
        let texts = texts.iter().chain(more).map(|(name, of)| ((*name).into(), (*of).into()));
        let attributes: Attributes = texts.chain(sizes).collect();
        let all = recipes(operation, &attributes).expect("the operation should have recipes");
        // Kernels that move states on use another point of the search space than those before.
        let moves = operation.ends_with("commit") || more.contains(&("state", "move"));
        let candidate = match moves {
            false => all[0].default_candidate(&target),
            true => {
                let admitted = all[0].candidates().filter(|of| of.admits(&target).is_ok());
                admitted.last().expect("a point should be admitted")
            }
        };
        let program = candidate.build(&target).expect("the kernel should build");
        let code: Box<dyn Executor> = match machine {
            Machine::Lanes => {
                let kernel = lower(&program, &target).expect("the kernel should lower");
                Box::new(LaneCode::new(kernel, &target).expect("lane code should be valid"))
            }
            _ => {
                let compiled = compile(&program, &target, &[]).expect("it should compile");
                match machine {
                    Machine::Host => Box::new(HostCode::new(compiled).expect("a host device")),
                    _ => {
                        Box::new(SimulatedCode::new(&compiled.linked, &target).expect("an object"))
                    }
                }
            }
        };
        Kernel { program, code }
    }

    /// Runs `rows` rows. Inputs that are not given hold the same numbers as in every launch, row
    /// by row; outputs are returned by name.
    fn run(&mut self, rows: u64, segments: &[Segment], given: &Memory) -> Memory {
        let segments: Vec<u8> =
            segments.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        let mut sizes = Vec::new();
        let mut dims = BTreeMap::new();
        for (dim, multiple) in self.program.dims.iter().zip(&self.program.multiples) {
            let size = match dim.as_str() {
                "m" => rows,
                "b" => segments.len() as u64 / 16,
                "s" => SLOTS,
                _ => u64::from(*multiple),
            };
            sizes.push(size as i64);
            dims.insert(dim.clone(), size);
        }
        let mut buffers = Buffers::new();
        for part in &self.program.parts {
            let bytes = match (part.name.as_str(), part.role) {
                ("segments", _) => segments.clone(),
                (name, Role::Input | Role::InOut) if given.contains_key(name) => {
                    let mut bytes = given[name].clone();
                    bytes.truncate(volume(part, &sizes));
                    bytes
                }
                (_, Role::Output) => vec![0; volume(part, &sizes)],
                _ => numbers(part, volume(part, &sizes)),
            };
            buffers.insert(&part.name, Buffer::guarded(&bytes));
        }
        let launch = Launch { program: &self.program, dims: &dims };
        self.code.run(launch, &mut buffers).expect("the kernel should run");
        let written = self.program.parts.iter().filter(|part| part.role != Role::Input);
        let contents = |part: &Part| buffers.get(&part.name).expect("a part").bytes().to_vec();
        written.map(|part| (part.name.clone(), contents(part))).collect()
    }
}

/// Contents of arguments by name.
type Memory = BTreeMap<String, Vec<u8>>;

fn volume(part: &Part, sizes: &[i64]) -> usize {
    let [rows, cols] = part.extent.map(|of| extent(of, sizes) as usize);
    rows * cols * part.dtype.bits() as usize / 8
}

/// Numbers between -0.25 and 0.25 that depend on the argument and the place in it alone.
fn numbers(part: &Part, bytes: usize) -> Vec<u8> {
    let seed = part.name.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31) ^ u32::from(byte));
    let width = part.dtype.bits() / 8;
    let number = |at: usize| {
        let mixed = (at as u32).wrapping_mul(2_654_435_761).wrapping_add(seed);
        let mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        let value = ((mixed ^ mixed >> 13) % 4001) as f32 / 8000.0 - 0.25;
        part.dtype.encode(value).to_le_bytes().into_iter().take(width as usize)
    };
    (0..bytes / width as usize).flat_map(number).collect()
}

/// The bytes of some rows of a matrix that has `rows` of them.
fn part(memory: &[u8], rows: u64, from: u64, count: u64) -> &[u8] {
    let row = memory.len() / rows as usize;
    &memory[from as usize * row..(from + count) as usize * row]
}

fn with(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.to_vec())
}

fn operation(name: &'static str) -> (&'static str, &'static [(&'static str, &'static str)]) {
    match name {
        "conv1d" | "conv_commit" => (name, &[("taps", "4")]),
        _ => (name, &[]),
    }
}

fn kernel(machine: Machine, layer: Layer, name: &'static str, state: &'static str) -> Kernel {
    let (name, more) = operation(name);
    Kernel::new(machine, layer, name, &[more, &[("state", state)]].concat())
}

/// All pairs of counts that a machine has time for.
fn counts(machine: Machine) -> Vec<(u64, u64)> {
    let all = (1..=ROWS).flat_map(|rows| (0..=rows).map(move |kept| (rows, kept)));
    match machine {
        Machine::Host => all.collect(),
        _ => vec![(1, 0), (1, 1), (5, 2), (8, 8), (32, 1), (32, 17)],
    }
}

fn check_commits(machine: Machine, rule: &'static str, commit: &'static str) {
    for layer in LAYERS {
        let mut keep = kernel(machine, layer, rule, "keep");
        let mut update = kernel(machine, layer, rule, "update");
        let (name, more) = operation(commit);
        let mut commit = Kernel::new(machine, layer, name, more);
        for (rows, kept) in counts(machine) {
            for past in [0, 9] {
                let mut given = keep.run(rows, &[[0, rows as i32, 1, past]], &Memory::new());
                if rule == "delta" {
                    // The rule's keys are those of the same rows; only changes are handed on.
                    given.retain(|name, _| name == "deltas");
                } else {
                    given.clear();
                }
                let first = [[0, kept as i32, 1, past]];
                let committed = commit.run(rows, &first, &given);
                let alone = update.run(rows, &first, &Memory::new());
                assert!(
                    committed["state"] == alone["state"],
                    "{machine:?}: {kept} of {rows} rows after {past}, keys of {}",
                    layer.key
                );
            }
        }
    }
}

/// What moves a state on and then takes rows through it, beside the two kernels that do so one after
/// the other.
struct Moves {
    keep: Kernel,
    commit: Kernel,
    moved: Kernel,
    /// Inputs of the rows before, which differ from those of the rows after, by the names that
    /// both kernels of these rows have for them.
    before: Memory,
}

impl Moves {
    fn new(machine: Machine, layer: Layer) -> Moves {
        let moved = kernel(machine, layer, "delta", "move");
        let input = |name: &str| {
            let part = moved.program.parts.iter().find(|part| part.name == format!("old_{name}"));
            let part = part.expect("the rows before should be an input");
            with(name, &numbers(part, volume(part, &[])))
        };
        let before = ["qkv", "ab"].map(input).into();
        let keep = kernel(machine, layer, "delta", "keep");
        let commit = Kernel::new(machine, layer, "delta_commit", &[]);
        Moves { keep, commit, moved, before }
    }

    /// Keeps the rows `verified`, moves states on by those `accepted`, and takes the rows `next`
    /// through them: in one kernel and in two, whose results are returned.
    fn run(&mut self, verified: &[Segment], accepted: &[Segment], next: &[Segment]) -> [Memory; 2] {
        let count = |of: &[Segment]| of.iter().map(|of| of[1] as u64).sum();
        let (rows, more): (u64, u64) = (count(verified), count(next));
        let mut before = self.before.clone();
        let kept = self.keep.run(rows, verified, &before);
        let mut deltas = kept["deltas"].clone();
        before.insert("deltas".into(), deltas.clone());
        let mut apart = self.commit.run(rows, accepted, &before);
        let given = [with("state", &apart["state"])].into();
        apart.append(&mut self.keep.run(more, next, &given));
        // Numbers of rows that were not there are no numbers at all.
        deltas.resize(deltas.len() / rows as usize * ROWS as usize, 0xff);
        before.insert("deltas".into(), deltas);
        let mut old: Memory =
            before.iter().map(|(name, bytes)| with(&format!("old_{name}"), bytes)).collect();
        let table = accepted.iter().flatten().flat_map(|number| number.to_le_bytes());
        old.insert("old_segments".into(), table.collect());
        [self.moved.run(more, next, &old), apart]
    }
}

fn check_moves(machine: Machine) {
    for layer in LAYERS {
        let mut moves = Moves::new(machine, layer);
        for (rows, kept) in counts(machine) {
            // Every number of rows comes after some number of rows.
            let next = (7 * rows + 3 * kept) as i32 % ROWS as i32 + 1;
            for past in [0, 9] {
                let [verified, accepted] = [rows, kept].map(|count| [[0, count as i32, 1, past]]);
                let after = [[0, next, 1, past + kept as i32]];
                let [together, apart] = moves.run(&verified, &accepted, &after);
                assert!(
                    together == apart,
                    "{machine:?}: {kept} of {rows} rows after {past}, then {next}, keys of {}",
                    layer.key
                );
            }
        }
        for (rows, kept) in [(20, [20, 3]), (5, [0, 27]), (31, [17, 0]), (1, [1, 30])] {
            let rest = ROWS as i32 - rows;
            let table =
                |[first, second]: [i32; 2]| [[rows, second, 0, 3], [0, 0, 2, 0], [0, first, 1, 0]];
            let after = [[9, 4, 0, 8], [0, 9, 2, 6], [13, 1, 1, 1]];
            let [together, apart] = moves.run(&table([rows, rest]), &table(kept), &after);
            assert!(together == apart, "{machine:?}: {kept:?} of {rows} and {rest} rows");
            // Alone the same becomes of a state as in company.
            let own = |rows: i32| [[0, rows, 1, 0]];
            let [alone, _] = moves.run(&own(rows), &own(kept[0]), &[[0, 14, 1, 1]]);
            let state = |memory: &Memory| part(&memory["state"], SLOTS, 1, 1).to_vec();
            assert!(state(&alone) == state(&together), "{machine:?}: {kept:?} of {rows} rows");
        }
    }
}

/// A state is not moved on by a launch in which its segment has no rows.
fn check_rests(machine: Machine) {
    for layer in LAYERS {
        let mut moves = Moves::new(machine, layer);
        let verified = [[0, 6, 1, 9], [6, 2, 0, 4]];
        let [moved, _] = moves.run(&verified, &verified, &[[0, 0, 1, 15], [0, 3, 0, 6]]);
        let [both, _] = moves.run(&verified, &verified, &[[0, 1, 1, 15], [1, 3, 0, 6]]);
        let [first, all] = [&moved, &both].map(|memory| &memory["state"]);
        let state = |memory: &[u8], slot| part(memory, SLOTS, slot, 1).to_vec();
        assert_eq!(state(first, 0), state(all, 0), "{machine:?}");
        assert_ne!(state(first, 1), state(all, 1), "{machine:?}");
        let still = moves.commit.run(1, &[[0, 0, 1, 9]], &Memory::new());
        assert_eq!(state(first, 1), state(&still["state"], 1), "{machine:?}");
    }
}

fn check_company(machine: Machine, rule: &'static str) {
    for layer in LAYERS {
        for state in ["keep", "update"] {
            let mut rule = kernel(machine, layer, rule, state);
            let all = rule.run(ROWS, &[[0, ROWS as i32, 1, 9]], &Memory::new());
            for rows in [1, 2, 7, 16, 31] {
                let fewer = rule.run(rows, &[[0, rows as i32, 1, 9]], &Memory::new());
                for name in ["y", "deltas"].into_iter().filter(|name| fewer.contains_key(*name)) {
                    let first = part(&all[name], ROWS, 0, rows);
                    assert!(fewer[name] == first, "{machine:?}: {name} of {rows} rows");
                }
                let rest = (ROWS - rows) as i32;
                let segments = [[rows as i32, rest, 0, 3], [0, 0, 2, 5], [0, rows as i32, 1, 9]];
                let together = rule.run(ROWS, &segments, &Memory::new());
                for name in ["y", "deltas"].into_iter().filter(|name| fewer.contains_key(*name)) {
                    let first = part(&together[name], ROWS, 0, rows);
                    assert!(fewer[name] == first, "{machine:?}: {name} of {rows} rows in company");
                }
                if state == "update" {
                    let states = |memory: &Memory| part(&memory["state"], SLOTS, 1, 2).to_vec();
                    assert!(states(&fewer) == states(&together), "{machine:?}: {rows} rows");
                }
            }
        }
    }
}

/// Runs a sequence at once and in two launches, cut at every place that a machine has time for.
fn check_cuts(machine: Machine, rule: &'static str) {
    let cuts = match machine {
        Machine::Host => (1..ROWS).collect(),
        _ => vec![1, 15, 16, 17, 31],
    };
    for layer in LAYERS {
        let mut rule = kernel(machine, layer, rule, "update");
        for past in [0, 9] {
            let whole = rule.run(ROWS, &[[0, ROWS as i32, 1, past]], &Memory::new());
            for cut in &cuts {
                let count = *cut as i32;
                let first = rule.run(*cut, &[[0, count, 1, past]], &Memory::new());
                let given = [with("state", &first["state"])].into();
                let rest = [[count, ROWS as i32 - count, 1, past + count]];
                let second = rule.run(ROWS, &rest, &given);
                let rows = |memory: &Memory| part(&memory["y"], ROWS, *cut, ROWS - cut).to_vec();
                assert!(rows(&second) == rows(&whole), "{machine:?}: y cut at {cut} after {past}");
                assert!(
                    first["y"] == part(&whole["y"], ROWS, 0, *cut),
                    "{machine:?}: y before a cut at {cut} after {past}"
                );
                assert!(
                    second["state"] == whole["state"],
                    "{machine:?}: the state, cut at {cut} after {past}"
                );
            }
        }
    }
}

/// Keeping a state or moving it on: the results are the same.
fn check_keeping(machine: Machine, rule: &'static str) {
    for layer in LAYERS {
        let mut results = ["keep", "update"].map(|state| {
            let mut rule = kernel(machine, layer, rule, state);
            rule.run(ROWS, &[[0, ROWS as i32, 1, 9]], &Memory::new())
        });
        let [kept, updated] = results.each_mut().map(|memory| memory.remove("y"));
        assert!(kept.is_some() && kept == updated, "{machine:?}: keys of {}", layer.key);
    }
}

fn check_beginnings(machine: Machine, rule: &'static str) {
    for layer in LAYERS {
        for state in ["keep", "update"] {
            let mut rule = kernel(machine, layer, rule, state);
            let held = rule.program.parts.iter().find(|part| part.name == "state");
            let dtype = held.expect("the rule should have a state").dtype;
            let sizes: Vec<i64> = rule.program.dims.iter().map(|_| SLOTS as i64).collect();
            let bytes = volume(held.expect("the rule should have a state"), &sizes);
            let filled = |value: f32| -> Memory {
                let width = dtype.bits() as usize / 8;
                let number = dtype.encode(value).to_le_bytes();
                let all = number[..width].iter().copied().cycle().take(bytes);
                [with("state", &all.collect::<Vec<u8>>())].into()
            };
            let results = [f32::NAN, 0.0, 5.0].map(|old| {
                let mut results = rule.run(4, &[[0, 4, 1, 0]], &filled(old));
                let state = results.remove("state");
                (results, state.map(|state| part(&state, SLOTS, 1, 1).to_vec()))
            });
            assert!(results[0] == results[1] && results[0] == results[2], "{machine:?}");
            assert!(dtype.is_float() && results[0].0["y"].iter().any(|byte| *byte != 0));
            let words = results[0].0["y"].as_chunks().0.iter();
            let y = words.map(|word| DType::F32.decode(u32::from_le_bytes(*word)));
            assert!(y.into_iter().all(f32::is_finite), "{machine:?}");
        }
    }
}

#[test]
fn committing_the_first_rows_equals_having_run_only_those_on_host_code() {
    check_commits(Machine::Host, "delta", "delta_commit");
    check_commits(Machine::Host, "conv1d", "conv_commit");
}

#[test]
fn committing_the_first_rows_equals_having_run_only_those_on_a_gpu() {
    for machine in [Machine::Lanes, Machine::Simulator] {
        check_commits(machine, "delta", "delta_commit");
        check_commits(machine, "conv1d", "conv_commit");
    }
}

#[test]
fn moving_states_on_before_more_rows_equals_committing_first_on_host_code() {
    check_moves(Machine::Host);
    check_rests(Machine::Host);
}

#[test]
fn moving_states_on_before_more_rows_equals_committing_first_on_a_gpu() {
    for machine in [Machine::Lanes, Machine::Simulator] {
        check_moves(machine);
        check_rests(machine);
    }
}

#[test]
fn a_row_is_the_same_bits_whatever_its_company() {
    for machine in [Machine::Host, Machine::Lanes, Machine::Simulator] {
        check_company(machine, "delta");
        check_company(machine, "conv1d");
    }
}

#[test]
fn a_sequence_cut_into_two_launches_is_the_same_bits_as_one() {
    for machine in [Machine::Host, Machine::Lanes, Machine::Simulator] {
        check_cuts(machine, "delta");
        check_cuts(machine, "conv1d");
    }
}

#[test]
fn a_row_is_the_same_bits_whether_its_state_is_kept_or_moved_on() {
    for machine in [Machine::Host, Machine::Lanes, Machine::Simulator] {
        check_keeping(machine, "delta");
        check_keeping(machine, "conv1d");
    }
}

#[test]
fn a_beginning_ignores_what_its_slot_holds() {
    for machine in [Machine::Host, Machine::Lanes, Machine::Simulator] {
        check_beginnings(machine, "delta");
        check_beginnings(machine, "conv1d");
    }
}
