//! The largest numbers of rows that no random input has: ties, infinities, NaN, short rows.

use std::collections::BTreeMap;

use kiln_compiler::interpret::{Buffer, Buffers};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Executor, Interpreter, LaneCode, Launch};
use kiln_recipes::catalogue::recipes;
use kiln_targets::Target;

/// Columns of a span in these tests, on which one step of any workgroup fits.
const SPAN: u64 = 1024;

/// What an operation writes for one row of the sizes given, as words by part, in the interpreter
/// and as lane code.
fn found(
    operation: &str,
    (count, sizes): (&str, &[(&str, u64)]),
    inputs: &[(&str, Vec<u32>)],
) -> BTreeMap<String, Vec<u32>> {
    let target = Target::builtin("gfx1151").expect("the target should be built in");
    let attributes = [("count", count.to_owned()), ("span", SPAN.to_string())];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    let all = recipes(operation, &attributes).expect("the operation should have a recipe");
    let program = all[0].default_candidate(&target).build(&target).expect("it should build");
    let kernel = lower(&program, &target).expect("it should lower");
    let lanes = LaneCode::new(kernel, &target).expect("its lane code should be valid");
    let dims = sizes.iter().map(|(name, size)| ((*name).to_owned(), *size));
    let dims: BTreeMap<String, u64> = dims.chain([("m".to_owned(), 1)]).collect();
    let run = |executor: &mut dyn Executor| -> BTreeMap<String, Vec<u32>> {
        let mut buffers = Buffers::new();
        for (name, words) in inputs {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            buffers.insert(*name, Buffer::guarded(&bytes));
        }
        let is_input = |name: &str| inputs.iter().any(|(input, _)| *input == name);
        for part in program.parts.iter().filter(|part| !is_input(&part.name)) {
            let extent = &part.extent[1];
            let of = extent.dim.map_or(1, |dim| dims[&program.dims[dim as usize]]);
            let columns = of as usize * extent.mul as usize;
            buffers.insert(&part.name, Buffer::guarded(&vec![0x77; 4 * columns]));
        }
        executor
            .run(Launch { program: &program, dims: &dims }, &mut buffers)
            .expect("it should run");
        let words = |buffer: &Buffer| {
            let words = buffer.bytes().as_chunks::<4>().0.iter();
            words.map(|word| u32::from_le_bytes(*word)).collect()
        };
        let written = buffers.iter().filter(|(name, _)| !is_input(name));
        written.map(|(name, buffer)| (name.to_owned(), words(buffer))).collect()
    };
    let interpreted = run(&mut Interpreter);
    assert_eq!(interpreted, run(&mut { lanes }));
    interpreted
}

fn bits(row: &[f32]) -> Vec<u32> {
    row.iter().map(|x| x.to_bits()).collect()
}

fn argmax(row: &[f32]) -> i32 {
    let sizes = [("v", row.len() as u64)];
    found("argmax", ("1", &sizes), &[("x", bits(row))])["y"][0] as i32
}

/// The largest numbers of a row, by spans and then of all.
fn top(count: &str, row: &[f32]) -> (Vec<i32>, Vec<f32>) {
    let v = row.len() as u64;
    let w = v.div_ceil(SPAN);
    let spans = found("top_k_split", (count, &[("v", v), ("w", w)]), &[("x", bits(row))]);
    let inputs = [("found", spans["values"].clone()), ("found_places", spans["places"].clone())];
    let found = found("top_k_merge", (count, &[("w", w)]), &inputs);
    let places = found["places"].iter().map(|place| *place as i32).collect();
    (places, found["values"].iter().map(|value| f32::from_bits(*value)).collect())
}

const INF: f32 = f32::INFINITY;

#[test]
fn the_lowest_place_wins_among_equal_numbers() {
    assert_eq!(argmax(&[1.0, 7.0, 7.0, 7.0, 2.0]), 1);
    assert_eq!(argmax(&[0.0; 2000]), 0);
    assert_eq!(argmax(&[-0.0, 0.0]), 0, "zeros are equal");
    let (places, values) = top("3", &[5.0, 6.0, 5.0, 5.0]);
    assert_eq!((places, values), (vec![1, 0, 2], vec![6.0, 5.0, 5.0]));
    let mut row = vec![-1.0; 2500];
    for place in [2400, 1500, 1400, 20] {
        row[place] = 3.0;
    }
    row[1023] = 8.0;
    let (places, values) = top("4", &row);
    assert_eq!((places, values), (vec![1023, 20, 1400, 1500], vec![8.0, 3.0, 3.0, 3.0]));
}

#[test]
fn infinities_are_numbers() {
    assert_eq!(argmax(&[-INF; 300]), 0);
    assert_eq!(argmax(&[-INF, -INF, -1e30]), 2);
    let (places, values) = top("3", &[-INF, INF, -INF]);
    assert_eq!((places, values), (vec![1, 0, 2], vec![INF, -INF, -INF]));
}

#[test]
fn a_row_with_a_nan_has_no_largest_number() {
    let mut row = vec![1.0; 1500];
    row[1400] = f32::NAN;
    assert_eq!(argmax(&row), -1);
    let (places, values) = top("2", &row);
    assert_eq!(places, [-1, -1]);
    assert!(values.iter().all(|value| value.is_nan()), "{values:?}");
}

#[test]
fn a_row_that_is_too_short_ends_in_places_of_minus_one() {
    let (places, values) = top("4", &[3.0, 9.0]);
    assert_eq!((places, values), (vec![1, 0, -1, -1], vec![9.0, 3.0, -INF, -INF]));
}
