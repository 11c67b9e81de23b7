//! Addresses in global memory: a uniform base of grid position and wave, one 32-bit lane offset,
//! and a constant.

use std::ops::Range;

use super::Lowering;
use super::access::{Access, pattern};
use super::edges::Edge;
use super::global::{Class, Stride, Window, block_bits};
use super::index::gcd;
use crate::lane::{Address, Binary, Elt, Pattern, Space, Value};
use crate::layout::{Coord, Layout};

impl Lowering<'_> {
    /// What the lane adds to the coordinate along an axis; none where lanes do not differ.
    pub(super) fn lane_coordinate(&mut self, layout: &Layout, axis: usize) -> Option<Value> {
        let mut sum = None;
        for (bit, coord) in layout.lane.iter().enumerate() {
            if let Some(coord) = coord.filter(|coord| coord.axis as usize == axis) {
                let part = self.lane_bit(bit as u32, 1 << coord.bit);
                sum = Some(self.plus(sum, part));
            }
        }
        sum
    }

    /// `weight` in lanes whose number has the bit set, else 0; `weight` is a power of two.
    pub(super) fn lane_bit(&mut self, bit: u32, weight: i64) -> Value {
        let lane = self.lane_id();
        let set = self.build.binary_const(Binary::And, lane, 1 << bit);
        self.shift(set, weight.trailing_zeros() as i64 - i64::from(bit))
    }

    /// `1 << to` in waves whose number has the bit set, else 0.
    pub(super) fn wave_bit(&mut self, bit: u32, to: u32) -> Value {
        let wave = self.wave_id();
        let set = self.build.binary_const(Binary::And, wave, 1 << bit);
        self.shift(set, i64::from(to) - i64::from(bit))
    }

    /// A value shifted left by a constant, or right where it is negative.
    pub(super) fn shift(&mut self, value: Value, by: i64) -> Value {
        if by < 0 {
            return self.build.binary_const(Binary::Shr, value, -by);
        }
        self.build.binary_const(Binary::Shl, value, by)
    }

    /// The sum of what there is so far and one more.
    pub(super) fn plus(&mut self, sum: Option<Value>, more: Value) -> Value {
        match sum {
            Some(sum) => self.build.binary(Binary::Add, sum, more),
            None => more,
        }
    }

    /// The address of an access of `width` bits; lane strides below `unit` bits are left out.
    pub(super) fn address(
        &mut self,
        window: &Window<'_>,
        access: &Access<Class>,
        width: u32,
        unit: i64,
    ) -> Address {
        let (rows, row_lane) = self.block_index(window, 0, access.class.row_block);
        let (cols, col_lane) = self.block_index(window, 1, access.class.col_block);
        let row_bytes = self.row_bytes(window);
        let block_bytes = block_bits(window.part) / 8;
        let wide = |this: &mut Self, value| this.build.cast(value, Elt::I64);
        let stride = wide(self, row_bytes);
        let rows = wide(self, rows);
        let down = self.build.binary(Binary::Mul, rows, stride);
        let across = wide(self, cols);
        let across = if block_bytes == 0 {
            let bits = self.build.binary_const(Binary::Mul, across, block_bits(window.part));
            self.build.binary_const(Binary::Shr, bits, 3)
        } else {
            self.build.binary_const(Binary::Mul, across, block_bytes)
        };
        let mut base = self.build.binary(Binary::Add, down, across);
        let (lanes, uniform, strides) = self.lane_offset(window, unit);
        let within = self.within_block(window);
        for part in [uniform, within].into_iter().flatten() {
            let part = wide(self, part);
            base = self.build.binary(Binary::Add, base, part);
        }
        let mut lane = lanes;
        if let Some(row) = row_lane {
            let bytes = self.build.splat(row_bytes, 1);
            let part = self.build.binary(Binary::Mul, row, bytes);
            lane = Some(self.plus(lane, part));
        }
        if let Some(col) = col_lane {
            let part = self.build.binary_const(Binary::Mul, col, block_bytes);
            lane = Some(self.plus(lane, part));
        }
        let mut strides = strides;
        if row_lane.is_some() || col_lane.is_some() {
            strides.push(None);
        }
        let at = pattern(&strides, i64::from(width) / 8);
        let lane = if at == Pattern::Broadcast { None } else { lane };
        let bytes = access.offset.div_euclid(i64::from(width.max(8))) * i64::from(width) / 8;
        let aligned = width.min(self.alignment(window).max(8)) / 8;
        let align = if unit > 0 { 4 } else { aligned.max(window.part.dtype.bits().div_ceil(8)) };
        Address {
            space: Space::Global(window.arg),
            base: Some(base),
            lane,
            offset: bytes as i32,
            align,
            pattern: at,
        }
    }

    /// Bytes from one row of blocks to the next (uniform I32).
    fn row_bytes(&mut self, window: &Window<'_>) -> Value {
        let cols = self.extent(window.part.extent[1]);
        let block = window.part.order.block()[1] as u32;
        let multiple = self.extent_multiple(window.part.extent[1]);
        let blocks = self.ceil_div(cols, block, multiple);
        let bits = self.build.binary_const(Binary::Mul, blocks, block_bits(window.part));
        self.build.binary_const(Binary::Shr, bits, 3)
    }

    /// Number of the block along an axis that an access lies in: uniform part and lane part, both
    /// clamped to the part where the edge asks for it.
    fn block_index(
        &mut self,
        window: &Window<'_>,
        axis: usize,
        constant: u32,
    ) -> (Value, Option<Value>) {
        let block = window.part.order.block()[axis] as u32;
        if self.bits_within_block(window, axis).is_none() {
            self.reject(format!(
                "`{}` is stored in blocks of {block} along this axis, but the tile starts anywhere",
                window.part.name
            ));
        }
        let origin = self.index(window.origin[axis]);
        let by = block.trailing_zeros().into();
        let origin = self.build.binary_const(Binary::Shr, origin, by);
        let mut uniform = self.build.binary_const(Binary::Add, origin, constant.into());
        for (bit, coord) in window.layout.wave.iter().enumerate() {
            if let Some(to) = coord.and_then(|coord| self.block_bit(window, axis, coord)) {
                let part = self.wave_bit(bit as u32, to);
                uniform = self.build.binary(Binary::Add, uniform, part);
            }
        }
        let mut lane = None;
        for (bit, coord) in window.layout.lane.iter().enumerate() {
            if let Some(to) = coord.and_then(|coord| self.block_bit(window, axis, coord)) {
                let part = self.lane_bit(bit as u32, 1 << to);
                lane = Some(self.plus(lane, part));
            }
        }
        if window.edges[axis] == Edge::Inside {
            return (uniform, lane);
        }
        self.clamp(window, axis, uniform, lane)
    }

    /// The bits of a window's first row or column that place it within a block of its part; none
    /// if it begins where a block does. `None` where it may reach from one block into the next.
    pub(super) fn bits_within_block(&self, window: &Window<'_>, axis: usize) -> Option<Range<u32>> {
        let block = window.part.order.block()[axis] as u64;
        let known = gcd(self.multiple(window.origin[axis]), block);
        let size = u64::from(window.layout.shape[axis + 1]);
        let whole = window.part.dtype.bits() >= 8 && size <= known;
        (known == block || whole).then(|| known.trailing_zeros()..block.trailing_zeros())
    }

    /// Bytes from the start of a block to a window that lies within it (uniform I32).
    fn within_block(&mut self, window: &Window<'_>) -> Option<Value> {
        let mut sum = None;
        for axis in [0, 1] {
            let bits = self.bits_within_block(window, axis).unwrap_or_default();
            let origin = self.index(window.origin[axis]);
            for bit in bits {
                let coord = Coord::new(axis + 1, bit as usize);
                let Stride::Constant(stride) = self.stride(window, coord) else { continue };
                let set = self.build.binary_const(Binary::And, origin, 1 << bit);
                let by = i64::from((stride / 8).trailing_zeros()) - i64::from(bit);
                let part = self.shift(set, by);
                sum = Some(self.plus(sum, part));
            }
        }
        sum
    }

    fn clamp(
        &mut self,
        window: &Window<'_>,
        axis: usize,
        uniform: Value,
        lane: Option<Value>,
    ) -> (Value, Option<Value>) {
        let block = window.part.order.block()[axis] as u32;
        let extent = self.extent(window.part.extent[axis]);
        let multiple = self.extent_multiple(window.part.extent[axis]);
        let blocks = self.ceil_div(extent, block, multiple);
        let last = self.build.binary_const(Binary::Sub, blocks, 1);
        let uniform = self.build.binary(Binary::Min, uniform, last);
        let lane = lane.map(|lane| {
            let room = self.build.binary(Binary::Sub, last, uniform);
            let room = self.build.splat(room, 1);
            self.build.binary(Binary::Min, lane, room)
        });
        (uniform, lane)
    }

    /// The bit of the block number that a coordinate bit stands for, where it is one along the
    /// axis whose blocks are counted at run time.
    fn block_bit(&self, window: &Window<'_>, axis: usize, coord: Coord) -> Option<u32> {
        match (axis, self.stride(window, coord)) {
            (0, Stride::Row(bit)) | (1, Stride::ColumnBlock(bit)) => Some(bit),
            _ => None,
        }
    }

    /// Byte offsets by lanes and by waves from constant strides, with the stride of every lane
    /// bit for the pattern; strides below `unit` bits count as none.
    fn lane_offset(
        &mut self,
        window: &Window<'_>,
        unit: i64,
    ) -> (Option<Value>, Option<Value>, Vec<Option<i64>>) {
        let mut lane = None;
        let mut strides = Vec::new();
        for (bit, coord) in window.layout.lane.iter().enumerate() {
            let stride = coord.map(|coord| self.stride(window, coord));
            strides.push(match stride {
                None => Some(0),
                Some(Stride::Constant(bits)) if bits >= unit.max(8) => {
                    let part = self.lane_bit(bit as u32, bits / 8);
                    lane = Some(self.plus(lane, part));
                    Some(bits / 8)
                }
                Some(Stride::Constant(_)) => Some(0),
                Some(_) => None,
            });
        }
        let mut uniform = None;
        for (bit, coord) in window.layout.wave.iter().enumerate() {
            if let Some(Stride::Constant(bits)) = coord.map(|coord| self.stride(window, coord)) {
                let part = self.wave_bit(bit as u32, (bits / 8).trailing_zeros());
                uniform = Some(self.plus(uniform, part));
            }
        }
        (lane, uniform, strides)
    }
}
