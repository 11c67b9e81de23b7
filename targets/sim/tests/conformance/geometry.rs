//! Grids and groups of three dimensions, groups that do not fill their waves, and LDS by launch.

use crate::corpus::compile;
use crate::engine::{Session, Shape};

/// Grids and groups, one of which fills no wave, and one of which leaves part of the last.
const SHAPES: [([u32; 3], [u32; 3]); 6] = [
    ([1, 1, 1], [1, 1, 1]),
    ([3, 1, 1], [33, 1, 1]),
    ([2, 3, 1], [5, 3, 1]),
    ([1, 2, 3], [4, 4, 2]),
    ([3, 2, 2], [7, 3, 3]),
    ([2, 1, 4], [1, 2, 31]),
];

#[test]
fn every_work_item_knows_its_place_in_three_dimensions() {
    for level in ["0", "1", "3"] {
        let (_, object) = compile("geometry.c", level);
        let session = Session::load(&object);
        for (grid, block) in SHAPES {
            let expected = places(grid, block);
            let out = session.allocate(4 * expected.len());
            let shape = Shape { grid, block, dynamic_lds: 0 };
            let kernel = "places_in_three_dimensions";
            session.launch(kernel, shape, &out.to_le_bytes()).unwrap();
            let got = words(&session.read(out, 4 * expected.len()));
            let wrong = got.chunks(4).zip(expected.chunks(4)).position(|(got, want)| got != want);
            if let Some(at) = wrong {
                let (got, want) = (&got[4 * at..][..4], &expected[4 * at..][..4]);
                panic!("-O{level}, {grid:?} of {block:?}, item {at}: {got:x?}, expected {want:x?}");
            }
        }
    }
}

/// What the kernel writes: places in the group and the grid, the group's size, the lanes of the wave.
fn places(grid: [u32; 3], block: [u32; 3]) -> Vec<u32> {
    let pack = |[x, y, z]: [u32; 3]| x | y << 8 | z << 16;
    let unfold = |at: u32, [x, y, _]: [u32; 3]| [at % x, at / x % y, at / x / y];
    let (groups, items): (u32, u32) = (grid.iter().product(), block.iter().product());
    let mut words = Vec::new();
    for group in 0..groups {
        for item in 0..items {
            let lanes = (items - item / 32 * 32).min(32);
            let (place, of) = (pack(unfold(item, block)), pack(unfold(group, grid)));
            words.extend([place, of, pack(block), lanes]);
        }
    }
    words
}

#[test]
fn lds_may_be_as_large_as_the_launch_says() {
    for level in ["0", "1", "3"] {
        let (_, object) = compile("geometry.c", level);
        let session = Session::load(&object);
        for count in [1u32, 17, 64] {
            let out = session.allocate(4 * count as usize);
            let numbers: Vec<u8> = (0..count).flat_map(|i| (i * i + 7).to_le_bytes()).collect();
            session.write(out, &numbers);
            let shape = Shape { grid: [1, 1, 1], block: [count, 1, 1], dynamic_lds: 4 * count };
            session.launch("reversed_through_dynamic_lds", shape, &out.to_le_bytes()).unwrap();
            let got = words(&session.read(out, 4 * count as usize));
            let expected: Vec<u32> = (0..count).rev().map(|i| i * i + 7).collect();
            assert_eq!(got, expected, "-O{level}, {count} words");
        }
        let shape = Shape { grid: [1, 1, 1], block: [64, 1, 1], dynamic_lds: 4 * 63 };
        let out = session.allocate(256);
        let outcome = session.launch("reversed_through_dynamic_lds", shape, &out.to_le_bytes());
        let fault = outcome.expect_err("one word too few should be noticed");
        assert!(fault.contains("LDS"), "{fault}");
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(word).collect()
}
