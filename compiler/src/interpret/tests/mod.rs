//! Hand-written tile programs against plain loops.

mod build;
mod elements;
mod memory;
mod programs;

use super::{Buffer, Buffers, run};
use crate::tile::Program;
use kiln_targets::{DType, Order, read_element, write_element};
use std::collections::BTreeMap;

/// A memory image whose padding holds ones, with `value(row, col)` elsewhere.
fn image(
    order: &str,
    [rows, cols]: [usize; 2],
    dtype: DType,
    value: impl Fn(usize, usize) -> f32,
) -> Buffer {
    let order = Order::parse(order).unwrap();
    let mut bytes = vec![0xff; order.bytes([rows, cols], dtype)];
    for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
        let bits = dtype.encode(value(row, col));
        write_element(&mut bytes, dtype, order.address(row, col, cols), bits);
    }
    Buffer::guarded(&bytes)
}

/// The elements of an image, row-major.
fn contents(buffer: &Buffer, order: &str, [rows, cols]: [usize; 2], dtype: DType) -> Vec<f32> {
    let order = Order::parse(order).unwrap();
    let read = |row, col| read_element(buffer.bytes(), dtype, order.address(row, col, cols));
    let places = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
    places.map(|(row, col)| dtype.decode(read(row, col))).collect()
}

fn buffers<const N: usize>(parts: [(&str, Buffer); N]) -> Buffers {
    let mut buffers = Buffers::new();
    parts.into_iter().for_each(|(name, buffer)| buffers.insert(name, buffer));
    buffers
}

fn dims<const N: usize>(values: [(&str, u64); N]) -> BTreeMap<String, u64> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn message(program: &Program, sizes: &BTreeMap<String, u64>, buffers: &mut Buffers) -> String {
    run(program, sizes, buffers).unwrap_err().to_string()
}

/// Small whole numbers of either sign without pattern.
fn noise(row: usize, col: usize) -> f32 {
    ((row * 31 + col * 17 + row * col * 7) % 23) as f32 - 11.0
}
