//! A launch's operands as numbers.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::{Dims, Operation};

/// A matrix of numbers, row-major.
#[derive(Clone, Debug, Default)]
pub(super) struct Array {
    pub(super) columns: usize,
    pub(super) values: Vec<f64>,
}

impl Array {
    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(super) fn at(&self, row: usize, column: usize) -> usize {
        self.row(row)[column] as usize
    }
}

/// What one launch computes with.
#[derive(Debug)]
pub(super) struct Launch<'o> {
    pub(super) operation: &'o Operation,
    pub(super) dims: Dims,
    pub(super) arrays: BTreeMap<String, Array>,
}

/// Rows of one sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) first: usize,
    pub(super) rows: usize,
    pub(super) slot: usize,
    pub(super) past: usize,
}

impl Launch<'_> {
    /// A dim or an attribute that is a number.
    pub(super) fn size(&self, name: &str) -> usize {
        let attribute = || self.operation.attributes.get(name).and_then(|text| text.parse().ok());
        let found = self.dims.get(name).map(|size| *size as usize).or_else(attribute);
        found.unwrap_or_else(|| panic!("{} has no size {name}", self.operation))
    }

    pub(super) fn number(&self, name: &str) -> f64 {
        self.operation.attributes[name].parse().expect("the attribute should be a number")
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.operation.attributes.get(name).is_some_and(|of| of == value)
    }

    pub(super) fn input(&self, name: &str) -> &Array {
        &self.arrays[name]
    }

    /// Takes an array out, to be changed and put back.
    pub(super) fn take(&mut self, name: &str) -> Array {
        std::mem::take(self.arrays.get_mut(name).expect("the operation should have the array"))
    }

    pub(super) fn put(&mut self, name: &str, array: Array) {
        self.arrays.insert(name.to_owned(), array);
    }

    pub(super) fn segments(&self) -> Vec<Segment> {
        self.segments_of("segments")
    }

    /// The segments of a table of that name.
    pub(super) fn segments_of(&self, name: &str) -> Vec<Segment> {
        let table = self.input(name);
        let row = |row: usize| Segment {
            first: table.at(row, 0),
            rows: table.at(row, 1),
            slot: table.at(row, 2),
            past: table.at(row, 3),
        };
        (0..self.size("b")).map(row).collect()
    }
}
