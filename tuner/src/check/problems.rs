//! Problems on which candidates are tried.

use std::collections::BTreeMap;

use crate::pipeline::Point;
use crate::workers::Trial;

/// Rows of an accuracy trial.
const ROWS: u64 = 8;

/// Least columns of an accuracy trial.
const COLUMNS: u64 = 32;

/// Rows of a table in an accuracy trial: which of them are taken says nothing of accuracy.
const TABLE: u64 = 64;

/// Problems at which nothing divides and every kind of number occurs: rows beyond one tile by
/// one, fewer rows than a tile, a second tile of columns cut short, short and longer sums.
pub fn ragged(point: &Point) -> Vec<Trial> {
    let shapes = [
        ("random", [1, 1, 3]),
        ("extremes", [17, 2, 1]),
        ("nan_in_padding", [0, 2, 2]),
        ("zeros", [2, 1, 1]),
        ("denormals", [3, 1, 2]),
    ];
    let trial = |(seed, (case, [m, n, k])): (usize, (&str, [u64; 3]))| {
        let size = |(dim, multiple): (&String, u64)| {
            let tile = tile(point, dim);
            let size = match dim.as_str() {
                // Zero stands for one row more than a tile.
                "m" if m == 0 => tile + 1,
                "m" => m,
                "n" if n > 1 => tile.next_multiple_of(multiple) + multiple,
                "n" => multiple,
                _ => k * multiple,
            };
            (dim.clone(), size.next_multiple_of(multiple))
        };
        let dims = point.program.dims.iter().zip(multiples(point)).map(size).collect();
        Trial { dims, case: case.to_owned(), seed: seed as u64 + 1 }
    };
    shapes.into_iter().enumerate().map(trial).collect()
}

/// Data shaped like a model's, with the depth of the sum that the fixed dims give.
pub fn accuracy(point: &Point, fixed: &BTreeMap<String, u64>) -> Trial {
    let size = |(dim, multiple): (&String, u64)| {
        let size = match dim.as_str() {
            "m" => ROWS,
            "n" => COLUMNS,
            "v" => TABLE,
            _ => fixed.get(dim).copied().unwrap_or(multiple),
        };
        (dim.clone(), size.next_multiple_of(multiple))
    };
    let dims = point.program.dims.iter().zip(multiples(point)).map(size).collect();
    Trial { dims, case: "random".to_owned(), seed: 1 }
}

fn multiples(point: &Point) -> impl Iterator<Item = u64> {
    point.program.multiples.iter().map(|multiple| u64::from(*multiple))
}

/// Elements of a dim that one workgroup covers; 1 where the grid does not divide it.
fn tile(point: &Point, dim: &str) -> u64 {
    let number = point.program.dims.iter().position(|known| known == dim);
    let along = |extent: &&kiln_compiler::tile::Extent| {
        extent.dim.map(|dim| dim as usize) == number && number.is_some()
    };
    point.program.grid.iter().find(along).map_or(1, |extent| u64::from(extent.div))
}
