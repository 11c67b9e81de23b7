//! Reductions: over registers, then lanes, then waves.

use std::collections::BTreeMap;

use super::Lowering;
use super::scope::{ChunkKey, LayoutId};
use crate::lane::{Address, Binary, Op as LaneOp, Pattern, Space, Value};
use crate::layout::Layout;
use crate::tile::{Id, Reduction};

impl Lowering<'_> {
    /// Reduces a tile along an axis and binds all chunks of the result in its anchored layout.
    pub(super) fn reduce(&mut self, id: Id, op: Reduction, axis: usize, of: Id) {
        let source = self.layouts.preferred(of);
        let result = self.layouts.anchored(id).expect("a reduction should be anchored").clone();
        let source_id = self.scopes.intern(source.clone());
        let result_id = self.scopes.intern(result.clone());
        let op = combine(op);
        let mut flat = self.reduce_registers(&source, source_id, &result, axis, of, op);
        for (bit, coord) in source.lane.iter().enumerate() {
            if coord.is_some_and(|coord| coord.axis as usize == axis) {
                flat = flat.into_iter().map(|sum| self.across_lanes(sum, 1 << bit, op)).collect();
            }
        }
        let waves: u32 = source
            .wave
            .iter()
            .enumerate()
            .filter(|(_, coord)| coord.is_some_and(|coord| coord.axis as usize == axis))
            .map(|(bit, _)| 1 << bit)
            .sum();
        if waves != 0 {
            flat = self.across_waves(flat, waves, op);
        }
        let elements = result.chunk_elements() as usize;
        for (number, parts) in flat.chunks(elements).enumerate() {
            let value = self.build.concat(parts.to_vec());
            let number = number as u32;
            let key = ChunkKey { id, at: [0, 0], layout: result_id, number, access: false };
            self.scopes.bind_chunk(key, value);
        }
    }

    /// One value per element of the result, over the elements that the lane holds itself.
    fn reduce_registers(
        &mut self,
        source: &Layout,
        number: LayoutId,
        result: &Layout,
        axis: usize,
        of: Id,
        op: Binary,
    ) -> Vec<Value> {
        let mut sums: BTreeMap<(u32, u32), Value> = BTreeMap::new();
        for chunk in 0..source.chunks() {
            let whole = self.chunk(of, [0, 0], number, chunk);
            for element in 0..source.chunk_elements() {
                let mut at = source.coordinates(chunk, element);
                at[axis] = 0;
                let place = result.find(at);
                let value = self.build.extract(whole, element, 1);
                let sum = match sums.get(&place) {
                    Some(sum) => self.build.binary(op, *sum, value),
                    None => value,
                };
                sums.insert(place, sum);
            }
        }
        sums.into_values().collect()
    }

    fn across_lanes(&mut self, value: Value, mask: u32, op: Binary) -> Value {
        let ty = self.build.ty(value);
        let other = self.build.push(LaneOp::LaneXor { of: value, mask }, ty);
        self.build.binary(op, value, other)
    }

    /// Combines values over the waves whose numbers differ in `mask`, through workgroup memory.
    fn across_waves(&mut self, values: Vec<Value>, mask: u32, op: Binary) -> Vec<Value> {
        let lanes = self.target.lanes;
        let row = lanes * 4;
        let stride = row * values.len() as u32;
        let bytes = stride * self.program.waves.count();
        let local = self.new_local(format!("exchange {}", self.locals.len()), bytes);
        let wave = self.wave_id();
        let lane = self.lane_bytes();
        let address = |base: Value, number: usize| Address {
            space: Space::Local(local),
            base: Some(base),
            lane: Some(lane),
            offset: (number as u32 * row) as i32,
            align: 4,
            pattern: Pattern::Contiguous,
        };
        self.barrier();
        let own = self.build.binary_const(Binary::Mul, wave, stride.into());
        for (number, value) in values.iter().enumerate() {
            self.build.store(address(own, number), *value, None);
        }
        self.barrier();
        let others = self.build.binary_const(Binary::And, wave, i64::from(!mask & 0xff));
        let peers: Vec<u32> = (0..=mask).filter(|peer| peer & !mask == 0).collect();
        let bases: Vec<Value> = peers
            .iter()
            .map(|peer| {
                let peer = self.build.binary_const(Binary::Or, others, (*peer).into());
                self.build.binary_const(Binary::Mul, peer, stride.into())
            })
            .collect();
        let ty = self.build.ty(values[0]);
        (0..values.len())
            .map(|number| {
                let mut parts = bases.iter().map(|base| address(*base, number)).collect::<Vec<_>>();
                let first = self.build.load(parts.remove(0), None, ty);
                parts.into_iter().fold(first, |sum, address| {
                    let value = self.build.load(address, None, ty);
                    self.build.binary(op, sum, value)
                })
            })
            .collect()
    }

    fn lane_bytes(&mut self) -> Value {
        let lane = self.lane_id();
        self.build.binary_const(Binary::Shl, lane, 2)
    }
}

fn combine(op: Reduction) -> Binary {
    match op {
        Reduction::Sum => Binary::Add,
        Reduction::Max => Binary::Max,
        Reduction::Min => Binary::Min,
    }
}
