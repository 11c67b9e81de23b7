//! What a recipe's reference sees: logical matrices in f64, after dequantisation.

use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

/// A dense matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Elements in row-major order.
    pub data: Vec<f64>,
}

impl Matrix {
    /// The matrix with these elements in row-major order.
    ///
    /// # Panics
    /// If there are not `rows * cols` of them.
    pub fn new(rows: usize, cols: usize, data: Vec<f64>) -> Matrix {
        assert_eq!(data.len(), rows * cols, "a matrix should have rows * cols elements");
        Matrix { rows, cols, data }
    }

    /// The matrix whose elements are a function of their row and column.
    pub fn from_fn(rows: usize, cols: usize, mut element: impl FnMut([usize; 2]) -> f64) -> Matrix {
        let places = (0..rows).flat_map(|row| (0..cols).map(move |col| [row, col]));
        let data = places.map(&mut element).collect();
        Matrix { rows, cols, data }
    }
}

impl Index<[usize; 2]> for Matrix {
    type Output = f64;

    /// The element at `[row, col]`.
    ///
    /// # Panics
    /// If it lies outside.
    #[inline]
    fn index(&self, [row, col]: [usize; 2]) -> &f64 {
        assert!(col < self.cols, "column {col} should be below {}", self.cols);
        &self.data[row * self.cols + col]
    }
}

/// The named tensors of one call of a reference.
///
/// A reference and its signature belong together, so asking for a name that is not there panics,
/// with the names that are.
#[derive(Clone, Debug, Default)]
pub struct Host {
    dims: BTreeMap<String, usize>,
    inputs: BTreeMap<String, Arc<Matrix>>,
    /// The numbers themselves, where the inputs are their magnitudes.
    numbers: Option<BTreeMap<String, Arc<Matrix>>>,
    extents: BTreeMap<String, [usize; 2]>,
    outputs: BTreeMap<String, Matrix>,
}

impl Host {
    /// The run-time dims and the inputs (also the old contents of arguments that are read and
    /// written) of one call.
    pub fn new(dims: BTreeMap<String, usize>, inputs: BTreeMap<String, Arc<Matrix>>) -> Host {
        Host { dims, inputs, ..Host::default() }
    }

    /// Says that the inputs are magnitudes, of these numbers.
    #[must_use]
    pub fn magnitudes_of(self, numbers: BTreeMap<String, Arc<Matrix>>) -> Host {
        Host { numbers: Some(numbers), ..self }
    }

    /// Whether the reference is run on magnitudes, to find those that meet in each output. Sums
    /// and products need not ask. A function that is neither asks, and bounds from
    /// [`Host::number`] what an error of one rounding in each operand makes of its result.
    pub fn is_bounding(&self) -> bool {
        self.numbers.is_some()
    }

    /// An input's numbers themselves, also where the reference is run on magnitudes.
    ///
    /// # Panics
    /// If there is no such input.
    #[track_caller]
    pub fn number(&self, name: &str) -> Arc<Matrix> {
        Arc::clone(named("input", name, self.numbers.as_ref().unwrap_or(&self.inputs)))
    }

    /// Adds an output of the given rows and columns, for the reference to fill.
    #[must_use]
    pub fn with_output(mut self, name: &str, extent: [usize; 2]) -> Host {
        self.extents.insert(name.to_owned(), extent);
        self
    }

    /// An input as real numbers, whatever format it is stored in.
    ///
    /// # Panics
    /// If there is no such input.
    #[track_caller]
    pub fn dequantized(&self, name: &str) -> Arc<Matrix> {
        Arc::clone(named("input", name, &self.inputs))
    }

    /// A plainly stored input, or the old contents of an argument that is read and written.
    ///
    /// # Panics
    /// If there is no such input.
    #[track_caller]
    pub fn input(&self, name: &str) -> Arc<Matrix> {
        self.dequantized(name)
    }

    /// An input of one element.
    ///
    /// # Panics
    /// If there is no such input, or it has no elements.
    #[track_caller]
    pub fn scalar(&self, name: &str) -> f64 {
        self.dequantized(name)[[0, 0]]
    }

    /// The value of a run-time dim.
    ///
    /// # Panics
    /// If there is no such dim.
    #[track_caller]
    pub fn dim(&self, name: &str) -> usize {
        *named("dim", name, &self.dims)
    }

    /// Defines every element of an output by its row and column.
    ///
    /// # Panics
    /// If there is no such output.
    #[track_caller]
    pub fn fill(&mut self, name: &str, element: impl FnMut([usize; 2]) -> f64) {
        let [rows, cols] = *named("output", name, &self.extents);
        self.outputs.insert(name.to_owned(), Matrix::from_fn(rows, cols, element));
    }

    /// The outputs filled so far.
    pub fn into_outputs(self) -> BTreeMap<String, Matrix> {
        self.outputs
    }
}

#[track_caller]
fn named<'m, T>(what: &str, name: &str, all: &'m BTreeMap<String, T>) -> &'m T {
    all.get(name).unwrap_or_else(|| {
        let known: Vec<&str> = all.keys().map(String::as_str).collect();
        panic!("there is no {what} `{name}`; there are: {}", known.join(", "))
    })
}
