//! Plain matrices quantised when they are loaded: to bytes with a scale for each row, or to nibbles with
//! a scale and a zero point for each group of columns.
//!
//! * Bytes: `w = scale * q`, where `scale` is a 127th of the row's largest magnitude and `q` is rounded
//!   to the nearest: an error of at most half a scale. Rows of zeros have a scale of zero.
//! * Nibbles: [`AwqTensor::quantise`], with scales in bf16, in the format of packed checkpoints.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::slice::ChunksMut;
use std::sync::Mutex;
use std::thread;

use kiln_cache::operations::Precision;
use kiln_targets::{AwqTensor, DType, Format, read_element};
use serde_json::json;

use super::assemble::Held;
use super::header::{length, written};
use super::shard::{Shard, Tensor};
use crate::{Error, Result};

/// Columns that share a scale and a zero point.
const GROUP: usize = 32;

/// Where arrays begin in the file.
const ALIGNMENT: usize = 8;

/// Rows that are quantised at a time: those whose zero points share words.
const ROWS: usize = 8;

/// The memory of an array, block after block.
type Chunks<'b> = ChunksMut<'b, u8>;

/// An array that takes the place of a matrix, with others.
struct Array {
    /// Number of the matrix.
    matrix: usize,
    name: String,
    element: &'static str,
    /// Bytes of an element.
    width: usize,
    shape: [usize; 2],
    /// Rows of it for [`ROWS`] rows of the matrix.
    block: usize,
}

impl Array {
    fn bytes(&self, rows: usize) -> usize {
        rows * self.shape[1] * self.width
    }
}

/// The tensors of a matrix `[rows, columns]` of that name, in a shard of that number.
pub(super) fn held(shard: usize, name: &str, shape: [usize; 2], to: Precision) -> Held {
    let place = |part: &str| (shard, format!("{name}.{part}"));
    let (quants, scales) = (place("quants"), place("scales"));
    match to {
        Precision::Int4 => {
            let (format, zeros) = (format(), Some(place("zeros")));
            Held::Packed { format, shape, quants, scales, zeros }
        }
        _ => Held::Rows { quants, scales },
    }
}

/// Rows and columns of a matrix.
pub(super) fn shape(matrix: &Tensor<'_>) -> [usize; 2] {
    match matrix.shape() {
        [] => [1, 1],
        [rows, rest @ ..] => [*rows, rest.iter().product()],
    }
}

/// A file in memory with the arrays of some matrices of floats, named after them; [`made`] makes it when
/// it is needed.
///
/// # Errors
/// If the rows of a matrix are no whole number of groups.
pub(super) fn quantised(of: &Shard, matrices: &[Tensor<'_>], to: Precision) -> Result<Shard> {
    let (header, _, size) = outline(matrices, to)?;
    Shard::later(of, &header, size)
}

/// The bytes of that file.
///
/// # Errors
/// If a matrix holds what is no number, or its rows are no whole number of groups.
pub(super) fn made(matrices: &[Tensor<'_>], to: Precision) -> Result<Vec<u8>> {
    let (mut bytes, arrays, size) = outline(matrices, to)?;
    let start = bytes.len();
    bytes.resize(size, 0);
    let mut rest = &mut bytes[start..];
    let mut places: BTreeMap<&str, Chunks<'_>> = BTreeMap::new();
    for array in &arrays {
        let (own, after) = rest.split_at_mut(array.bytes(array.shape[0]));
        places.insert(&array.name, own.chunks_mut(array.bytes(array.block).max(1)));
        rest = after;
    }
    for (number, matrix) in matrices.iter().enumerate() {
        // The names of a matrix's arrays are sorted as its format's parts are.
        let own = arrays.iter().filter(|array| array.matrix == number);
        let named: BTreeSet<&str> = own.map(|array| array.name.as_str()).collect();
        fill(matrix, named.iter().filter_map(|name| places.remove(name)).collect(), to)?;
    }
    Ok(bytes)
}

/// The file's header, its arrays in the order in which they lie, and its size.
fn outline(matrices: &[Tensor<'_>], to: Precision) -> Result<(Vec<u8>, Vec<Array>, usize)> {
    let numbered = matrices.iter().enumerate();
    let all = numbered.map(|(at, matrix)| arrays(at, matrix, to)).collect::<Result<Vec<_>>>()?;
    let mut arrays: Vec<Array> = all.into_iter().flatten().collect();
    // Wide elements come first, so that all are aligned.
    arrays.sort_by_key(|array| Reverse(array.width));
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for array in &arrays {
        let start = end;
        end += array.bytes(array.shape[0]);
        let places = json!([start, end]);
        let entry = json!({ "dtype": array.element, "shape": array.shape, "data_offsets": places });
        header.insert(array.name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let start = length(&header).next_multiple_of(ALIGNMENT);
    let header = written(header, start);
    let size = header.len() + end;
    Ok((header, arrays, size))
}

/// The arrays of a matrix: quants, scales and zero points, which is the order of their names.
fn arrays(number: usize, matrix: &Tensor<'_>, to: Precision) -> Result<Vec<Array>> {
    let [rows, columns] = shape(matrix);
    let array = |name: &str, element, width, shape: [usize; 2], block| {
        let name = format!("{}.{name}", matrix.name());
        Array { matrix: number, name, element, width, shape, block }
    };
    if to != Precision::Int4 {
        let quants = array("quants", "I8", 1, [rows, columns], ROWS);
        return Ok(vec![quants, array("scales", "F32", 4, [rows, 1], ROWS)]);
    }
    if !columns.is_multiple_of(GROUP) {
        let why = format!("rows of {columns} are no whole number of groups of {GROUP} columns");
        return Err(fail(matrix, format!("{why}, so that it cannot be quantised to int4")));
    }
    let groups = columns / GROUP;
    Ok(vec![
        array("quants", "I32", 4, [rows, columns / 8], ROWS),
        array("scales", "BF16", 2, [rows, groups], ROWS),
        array("zeros", "I32", 4, [rows.div_ceil(8), groups], 1),
    ])
}

/// Quantises a matrix into its arrays, block by block, on every processor.
fn fill(matrix: &Tensor<'_>, mut parts: Vec<Chunks<'_>>, to: Precision) -> Result<()> {
    let [rows, columns] = shape(matrix);
    let blocks: Vec<(usize, Vec<&mut [u8]>)> = (0..rows)
        .step_by(ROWS)
        .map(|first| (first, parts.iter_mut().filter_map(Iterator::next).collect()))
        .collect();
    let queue = Mutex::new(blocks.into_iter());
    let work = || -> Result<()> {
        loop {
            let next = queue.lock().map_or(None, |mut queue| queue.next());
            let Some((first, parts)) = next else { return Ok(()) };
            let numbers = numbers(matrix, first..rows.min(first + ROWS), columns)?;
            let found = match to {
                Precision::Int4 => packed(&numbers, columns).map_err(|why| fail(matrix, why))?,
                _ => scaled(&numbers, columns),
            };
            parts.into_iter().zip(found).for_each(|(own, found)| own.copy_from_slice(&found));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut ended = workers.into_iter().map(|worker| worker.join());
        let failed = || Err(fail(matrix, "quantising it was cut short"));
        ended.try_for_each(|ended| ended.unwrap_or_else(|_| failed()))
    })
}

/// The numbers of some rows.
fn numbers(matrix: &Tensor<'_>, rows: Range<usize>, columns: usize) -> Result<Vec<f32>> {
    let dtype = matrix.element().float().unwrap_or(DType::F32);
    let number = |at| dtype.decode(read_element(matrix.bytes(), dtype, at));
    let numbers: Vec<f32> = (rows.start * columns..rows.end * columns).map(number).collect();
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(at) => {
            let row = rows.start + at / columns;
            let why = format!("row {row} has what is no number; it cannot be quantised");
            Err(fail(matrix, why))
        }
        None => Ok(numbers),
    }
}

/// Bytes and scales of rows.
fn scaled(numbers: &[f32], columns: usize) -> Vec<Vec<u8>> {
    let (mut quants, mut scales) = (Vec::with_capacity(numbers.len()), Vec::new());
    for row in numbers.chunks(columns) {
        let largest = row.iter().fold(0f32, |largest, number| largest.max(number.abs()));
        let scale = largest / 127.0;
        scales.extend(scale.to_le_bytes());
        let turned = if scale > 0.0 { 1.0 / f64::from(scale) } else { 0.0 };
        let quant = |number: &f32| (f64::from(*number) * turned).round_ties_even() as i8 as u8;
        quants.extend(row.iter().map(quant));
    }
    vec![quants, scales]
}

/// Nibbles, scales and zero points of rows, as packed checkpoints store them.
fn packed(numbers: &[f32], columns: usize) -> std::result::Result<Vec<Vec<u8>>, String> {
    let shape = [numbers.len() / columns, columns];
    let tensor = AwqTensor::quantise(numbers, shape, GROUP, true, DType::BF16);
    let parts = tensor.and_then(|tensor| tensor.to_parts(format(), DType::BF16));
    parts.map_err(|error| error.to_string())
}

fn format() -> &'static Format {
    Format::builtin("awq_g32_asym").expect("the format should be built in")
}

fn fail(matrix: &Tensor<'_>, why: impl Into<String>) -> Error {
    Error::model(matrix.path(), super::header::tensor(matrix.name()), why)
}
