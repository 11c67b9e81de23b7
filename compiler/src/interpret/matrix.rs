//! A part bound to its memory image: clipped loads and stores in the part's memory order.

use super::RunError;
use super::arith::{float_constant, int_constant, wrap};
use super::tile::{Data, Tile};
use crate::tile::{Part, Role};
use half::{bf16, f16};
use kiln_targets::{DType, read_element, write_element};
use std::ops::Range;

/// Most elements of a part: far more than fits in memory, and far from overflow.
const MAX_ELEMENTS: usize = 1 << 40;

/// A logical matrix in memory. An element's address is the sum of one term for its row and one
/// for its column.
pub(super) struct Matrix<'b> {
    name: String,
    dtype: DType,
    role: Role,
    rows: Vec<usize>,
    cols: Vec<usize>,
    bytes: &'b mut [u8],
    /// For each element (for each byte, if elements are smaller): one more than the workgroup
    /// that wrote it last, or 0.
    writers: Vec<u32>,
}

impl<'b> Matrix<'b> {
    /// Binds a part with these logical extents to its image.
    pub(super) fn bind(
        part: &Part,
        extent: [usize; 2],
        bytes: &'b mut [u8],
    ) -> Result<Matrix<'b>, RunError> {
        let (name, dtype, order) = (part.name.clone(), part.dtype, &part.order);
        let [rows, cols] = extent;
        if rows.checked_mul(cols).is_none_or(|area| area > MAX_ELEMENTS) {
            return Err(RunError::setup(format!("part `{name}` ({rows} x {cols}) is too large")));
        }
        let needed = order.bytes(extent, dtype);
        if bytes.len() < needed {
            return Err(RunError::setup(format!(
                "part `{name}` ({rows} x {cols} of {dtype}) takes {needed} bytes; its buffer has {}",
                bytes.len()
            )));
        }
        let writers = match part.role {
            Role::Input => 0,
            Role::Output | Role::InOut => order.elements(extent),
        };
        Ok(Matrix {
            name,
            dtype,
            role: part.role,
            rows: (0..extent[0]).map(|row| order.address(row, 0, extent[1])).collect(),
            cols: (0..extent[1]).map(|col| order.address(0, col, extent[1])).collect(),
            bytes,
            writers: vec![0; writers],
        })
    }

    /// The tile of `size` rows and columns from `at`; outside the extent, `fill`.
    pub(super) fn load(
        &self,
        at: [i64; 2],
        size: [u32; 2],
        fill: f64,
        group: u32,
    ) -> Result<Tile, String> {
        if self.role == Role::Output {
            return Err(format!("`{}` is an output and cannot be read", self.name));
        }
        self.check_readable(at, size, group)?;
        let shape = [1, size[0], size[1]];
        let (ints, floats) = (int_constant(fill, self.dtype), float_constant(fill, self.dtype));
        let bytes = &*self.bytes;
        let data = match self.dtype {
            DType::F32 => {
                Data::Float(self.gather(at, size, floats, |i| {
                    f32::from_bits(read_element(bytes, DType::F32, i))
                }))
            }
            DType::F16 => Data::Float(self.gather(at, size, floats, |i| {
                f16::from_bits(read_element(bytes, DType::F16, i) as u16).to_f32()
            })),
            DType::BF16 => Data::Float(self.gather(at, size, floats, |i| {
                bf16::from_bits(read_element(bytes, DType::BF16, i) as u16).to_f32()
            })),
            dtype => Data::Int(
                self.gather(at, size, ints, |i| wrap(read_element(bytes, dtype, i) as i32, dtype)),
            ),
        };
        Ok(Tile { shape, data })
    }

    /// Stores a tile of one slice from `at`; what lies outside the extent is dropped.
    pub(super) fn store(
        &mut self,
        (at, until): ([i64; 2], i64),
        tile: &Tile,
        group: u32,
    ) -> Result<(), String> {
        if self.role == Role::Input {
            return Err(format!("`{}` is an input and cannot be written", self.name));
        }
        let size = [tile.shape[1], tile.shape[2]];
        if tile.shape[0] != 1 {
            return Err(format!("a tile of {} slices cannot be stored", tile.shape[0]));
        }
        let dtype = self.dtype;
        match &tile.data {
            Data::Int(data) if dtype.is_integer() => {
                self.scatter((at, until), size, data, group, |value| value as u32 & dtype.mask())
            }
            Data::Float(data) if dtype.is_float() => {
                self.scatter((at, until), size, data, group, |value| dtype.encode(value))
            }
            _ => Err(format!("`{}` holds {dtype}, which {} are not", self.name, tile.kind())),
        }
    }

    /// Where a tile overlaps the matrix: ranges within the tile.
    fn overlap(&self, at: [i64; 2], size: [u32; 2]) -> [Range<usize>; 2] {
        [(0, self.rows.len()), (1, self.cols.len())].map(|(axis, extent)| {
            let bound = |end: i64| end.clamp(0, i64::from(size[axis])) as usize;
            let (start, end) = (bound(-at[axis]), bound(extent as i64 - at[axis]));
            start..end.max(start)
        })
    }

    /// For every row of the overlap: where it starts in the tile, its address term, and the
    /// address terms of its columns.
    fn overlap_rows(
        &self,
        at: [i64; 2],
        size: [u32; 2],
    ) -> impl Iterator<Item = (usize, usize, &[usize])> {
        let [rows, cols] = self.overlap(at, size);
        let place = move |axis: usize, within: usize| (at[axis] + within as i64) as usize;
        let terms = match cols.is_empty() {
            true => &[][..],
            false => &self.cols[place(1, cols.start)..][..cols.len()],
        };
        rows.map(move |row| (row * size[1] as usize + cols.start, self.rows[place(0, row)], terms))
    }

    fn gather<T: Copy>(
        &self,
        at: [i64; 2],
        size: [u32; 2],
        fill: T,
        get: impl Fn(usize) -> T,
    ) -> Vec<T> {
        let mut out = vec![fill; size[0] as usize * size[1] as usize];
        for (start, row, cols) in self.overlap_rows(at, size) {
            for (value, col) in out[start..].iter_mut().zip(cols) {
                *value = get(row + col);
            }
        }
        out
    }

    fn scatter<T: Copy>(
        &mut self,
        (at, until): ([i64; 2], i64),
        size: [u32; 2],
        data: &[T],
        group: u32,
        encode: impl Fn(T) -> u32,
    ) -> Result<(), String> {
        let kept = (until - at[0]).clamp(0, size[0].into()) as u32;
        let places: Vec<(usize, usize)> = self
            .overlap_rows(at, [kept, size[1]])
            .flat_map(|(start, row, cols)| {
                cols.iter().enumerate().map(move |(i, col)| (start + i, row + col))
            })
            .collect();
        for (from, to) in places {
            let bits = encode(data[from]);
            self.claim(to, bits, group)?;
            write_element(self.bytes, self.dtype, to, bits);
        }
        Ok(())
    }

    /// Records that a workgroup writes an element.
    fn claim(&mut self, address: usize, bits: u32, group: u32) -> Result<(), String> {
        let small = self.dtype.bits() < 8;
        let writer = &mut self.writers[if small { address / 2 } else { address }];
        let other = *writer != 0 && *writer != group + 1;
        *writer = group + 1;
        if other && (small || read_element(self.bytes, self.dtype, address) != bits) {
            return Err(format!(
                "two workgroups write different values to the same place of `{}`",
                self.name
            ));
        }
        Ok(())
    }

    /// Fails if another workgroup has written an element of the tile.
    fn check_readable(&self, at: [i64; 2], size: [u32; 2], group: u32) -> Result<(), String> {
        if self.role != Role::InOut {
            return Ok(());
        }
        let per_writer = if self.dtype.bits() < 8 { 2 } else { 1 };
        let foreign = |writer: u32| writer != 0 && writer != group + 1;
        for (_, row, cols) in self.overlap_rows(at, size) {
            if cols.iter().any(|col| foreign(self.writers[(row + col) / per_writer])) {
                let name = &self.name;
                return Err(format!("`{name}` is read where another workgroup has written"));
            }
        }
        Ok(())
    }
}
