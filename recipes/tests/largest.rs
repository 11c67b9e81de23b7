//! The largest numbers of rows that no random input has: ties, infinities, NaN, short rows.

use std::collections::BTreeMap;

use kiln_compiler::interpret::{Buffer, Buffers};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Executor, Interpreter, LaneCode, Launch};
use kiln_recipes::catalogue::recipes;
use kiln_targets::Target;

/// What an operation writes for one row, as words by part, in the interpreter and as lane code.
fn found(operation: &str, count: &str, row: &[f32]) -> BTreeMap<String, Vec<u32>> {
    let target = Target::builtin("gfx1151").expect("the target should be built in");
    let attributes = [("count".to_owned(), count.to_owned())].into();
    let all = recipes(operation, &attributes).expect("the operation should have a recipe");
    let program = all[0].default_candidate(&target).build(&target).expect("it should build");
    let kernel = lower(&program, &target).expect("it should lower");
    let lanes = LaneCode::new(kernel, &target).expect("its lane code should be valid");
    let dims = BTreeMap::from([("m".to_owned(), 1), ("v".to_owned(), row.len() as u64)]);
    let run = |executor: &mut dyn Executor| -> BTreeMap<String, Vec<u32>> {
        let mut buffers = Buffers::new();
        let x: Vec<u8> = row.iter().flat_map(|x| x.to_le_bytes()).collect();
        buffers.insert("x", Buffer::guarded(&x));
        for part in program.parts.iter().filter(|part| part.name != "x") {
            buffers
                .insert(&part.name, Buffer::guarded(&vec![0x77; 4 * part.extent[1].mul as usize]));
        }
        executor
            .run(Launch { program: &program, dims: &dims }, &mut buffers)
            .expect("it should run");
        let words = |buffer: &Buffer| {
            let words = buffer.bytes().as_chunks::<4>().0.iter();
            words.map(|word| u32::from_le_bytes(*word)).collect()
        };
        let written = buffers.iter().filter(|(name, _)| *name != "x");
        written.map(|(name, buffer)| (name.to_owned(), words(buffer))).collect()
    };
    let interpreted = run(&mut Interpreter);
    assert_eq!(interpreted, run(&mut { lanes }));
    interpreted
}

fn argmax(row: &[f32]) -> i32 {
    found("argmax", "1", row)["y"][0] as i32
}

fn top(count: &str, row: &[f32]) -> (Vec<i32>, Vec<f32>) {
    let found = found("top_k", count, row);
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
