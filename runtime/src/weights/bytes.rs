//! Plain matrices quantised to bytes, each row with a scale of its own.
//!
//! `w = scale * q`, where `scale` is a 127th of the row's largest magnitude and `q` is rounded to the
//! nearest: an error of at most half a scale. Rows of zeros have a scale of zero.

use std::path::Path;

use kiln_targets::read_element;
use serde_json::json;

use super::shard::{Shard, Tensor};
use crate::Result;

/// Names of the tensors that take the place of one.
pub(super) fn names(name: &str) -> [String; 2] {
    [format!("{name}.quants"), format!("{name}.scales")]
}

/// A file in memory with the bytes `[rows, columns]` and scales `[rows, 1]` of some matrices of
/// floats, named after them.
///
/// # Errors
/// If a matrix holds what is no number.
pub(super) fn quantised(path: &Path, matrices: &[Tensor<'_>]) -> Result<Shard> {
    let mut header = serde_json::Map::new();
    let (mut scales, mut bytes) = (Vec::new(), Vec::new());
    for matrix in matrices {
        let [quants, scale] = names(matrix.name());
        let rows = matrix.shape()[0];
        let begins = [scales.len(), bytes.len()];
        rows_of(matrix, &mut scales, &mut bytes)?;
        let place = |begin: usize, end: usize| json!([begin, end]);
        let of = |dtype, shape: &[usize], place| json!({ "dtype": dtype, "shape": shape, "data_offsets": place });
        header.insert(scale, of("F32", &[rows, 1], place(begins[0], scales.len())));
        header.insert(quants, of("I8", matrix.shape(), place(begins[1], bytes.len())));
    }
    // Bytes come after all scales, which have to be aligned.
    for (name, entry) in &mut header {
        if name.ends_with(".quants") {
            let shifted = entry["data_offsets"].as_array().map(|of| {
                of.iter().map(|at| at.as_u64().unwrap_or(0) + scales.len() as u64).collect()
            });
            let shifted: Vec<u64> = shifted.unwrap_or_default();
            entry["data_offsets"] = json!(shifted);
        }
    }
    let mut text = serde_json::Value::Object(header).to_string();
    text += &" ".repeat(text.len().next_multiple_of(8) - text.len());
    let length = (text.len() as u64).to_le_bytes();
    Shard::from_bytes(path, [&length, text.as_bytes(), &scales, &bytes].concat())
}

fn rows_of(matrix: &Tensor<'_>, scales: &mut Vec<u8>, bytes: &mut Vec<u8>) -> Result<()> {
    let dtype = matrix.element().float().unwrap_or(kiln_targets::DType::F32);
    let columns: usize = matrix.shape()[1..].iter().product();
    for row in 0..matrix.shape()[0] {
        let number = |at| dtype.decode(read_element(matrix.bytes(), dtype, row * columns + at));
        let numbers: Vec<f32> = (0..columns).map(number).collect();
        let largest = numbers.iter().fold(0f32, |largest, number| largest.max(number.abs()));
        if numbers.iter().any(|number| !number.is_finite()) {
            let place = super::header::tensor(matrix.name());
            let why = format!("row {row} has what is no number; it cannot be quantised");
            return Err(crate::Error::model(matrix.path(), place, why));
        }
        let scale = largest / 127.0;
        scales.extend(scale.to_le_bytes());
        let turned = if scale > 0.0 { 1.0 / f64::from(scale) } else { 0.0 };
        let quant = |number: f32| (f64::from(number) * turned).round_ties_even() as i8 as u8;
        bytes.extend(numbers.into_iter().map(quant));
    }
    Ok(())
}
