//! Weights in f32.

use kiln_runtime::weights::Weight;
use kiln_targets::{AwqTensor, Format, read_element};

/// A matrix `[rows, columns]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The elements.
    pub values: Vec<f32>,
    /// Columns in whose blocks a vector is rounded to 8 bits before it is multiplied; `None` where it
    /// is taken as it is.
    pub block: Option<usize>,
}

impl Matrix {
    /// A checkpoint's weight; packed ones are dequantised.
    ///
    /// # Panics
    /// If a packed weight does not have the sizes of its format, which the loader checks.
    pub fn of(weight: &Weight<'_>) -> Self {
        let shape @ [rows, columns] = weight.shape();
        let values = match weight {
            Weight::Plain(_) => {
                let source = weight.part("values").expect("plain weights should have values");
                let bits = |at| read_element(source.tensor.bytes(), source.dtype, at);
                (0..rows * columns).map(|at| source.dtype.decode(bits(at))).collect()
            }
            Weight::Packed(_) => dequantised(weight, shape),
            Weight::Rows(_) => scaled(weight, shape),
        };
        Self { rows, columns, values, block: None }
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// `y[n] = sum_k W[n, k] x[k]`.
    pub fn times(&self, x: &[f32]) -> Vec<f32> {
        let rounded = self.block.map(|block| rounded(x, block));
        let x = rounded.as_deref().unwrap_or(x);
        (0..self.rows).map(|row| dot(self.row(row), x)).collect()
    }
}

/// Numbers as bytes would hold them that stand for `-127..=127` times `largest / 127` in each block.
fn rounded(x: &[f32], block: usize) -> Vec<f32> {
    let of_block = |x: &[f32]| -> Vec<f32> {
        let scale = x.iter().fold(0f32, |largest, x| largest.max(x.abs())) / 127.0;
        let steps =
            |x: &f32| if scale == 0.0 { 0.0 } else { (x / scale).round_ties_even() * scale };
        x.iter().map(steps).collect()
    };
    x.chunks(block).flat_map(of_block).collect()
}

/// `sum_k a[k] b[k]`.
///
/// # Panics
/// If the lengths differ.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors should have one length");
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
}

fn scaled(weight: &Weight<'_>, [rows, columns]: [usize; 2]) -> Vec<f32> {
    let number = |name: &str, at: usize| {
        let source = weight.part(name).expect("bytes should have scales");
        source.dtype.decode(read_element(source.tensor.bytes(), source.dtype, at))
    };
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    all.map(|(row, column)| number("quants", row * columns + column) * number("scales", row))
        .collect()
}

fn dequantised(weight: &Weight<'_>, shape: [usize; 2]) -> Vec<f32> {
    let format = Format::builtin(weight.format()).expect("the format should be built in");
    let part = |name: &str| weight.part(name).expect("packed weights should have every part");
    let parts: Vec<Vec<u8>> =
        format.parts.iter().map(|of| part(&of.name).tensor.bytes().to_vec()).collect();
    let tensor = AwqTensor::from_parts(format, &parts, shape, part("scales").dtype);
    tensor.expect("a checked weight should have the sizes of its format").dequantise()
}
