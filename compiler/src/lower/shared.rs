//! Tiles in workgroup memory.
//!
//! A shared tile lies row by row. Within a row, columns keep the order in which the tile's memory
//! source has them, so that wide accesses stay wide. On a GPU, 16-byte columns are exchanged with
//! row bits (an F2-linear swizzle, see [`EXCHANGED`]), so that eight neighbouring lanes touch every
//! bank exactly once whether they take one column of eight rows, two of four, four of two or eight
//! of one.

use std::collections::HashMap;

use super::access::{Access, Demand, Limits, Plan, group, pattern};
use super::scope::ChunkKey;
use super::{Lowering, is_host};
use crate::lane::{Address, Binary, Const, Local, Pattern, Space, Ty, Value};
use crate::layout::Layout;
use crate::tile::Id;
use kiln_targets::DType;

/// Where the shared tiles of a program are.
#[derive(Debug, Default)]
pub(super) struct SharedTiles {
    places: HashMap<Id, Place>,
}

impl SharedTiles {
    /// Whether a fold has given the tile its memory and writes it.
    pub(super) fn is_placed(&self, share: Id) -> bool {
        self.places.contains_key(&share)
    }
}

/// How far workgroup memory is in use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// End of the buffers in use.
    pub(super) end: u32,
    /// End of what was in use and is not.
    freed: u32,
}

/// Memory of one shared tile.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Local buffer.
    local: u32,
    /// First byte in it.
    offset: u32,
    /// Uniform offset of the current stage, if there are several.
    stage: Option<Value>,
    map: Map,
}

/// Address map of a shared tile.
#[derive(Clone, Debug)]
struct Map {
    bits: u32,
    row_bits: u32,
    /// Column bits from the lowest address bit up.
    columns: Vec<u8>,
    /// Row bits from `shift` are exchanged into the lowest `width` bits of the 16-byte column.
    shift: u32,
    width: u32,
}

/// Bits of the unit that swizzling moves.
const UNIT: u32 = 128;

/// What each row bit adds, by exclusive or, to the 16-byte column, by the number of column bits.
///
/// Three bits select one of the eight 16-byte columns that the banks hold side by side. Lanes that
/// take columns rising from any of the two lowest, then rows, add vectors to them that must be
/// independent: `{r0, r1, r2}`, `{c0, r0, r1}`, `{c1, r0, r1}`, `{c0, c1, r0}`, `{c0, c1, c2}`.
const EXCHANGED: [&[u32]; 4] = [&[], &[0b1], &[0b11, 0b01], &[0b100, 0b011, 0b001]];

impl Map {
    /// Address in bits of an element; XOR-linear in the bits of row and column.
    fn address(&self, row: u32, col: u32) -> u32 {
        let mut within = 0;
        for (position, bit) in self.columns.iter().enumerate() {
            within |= (col >> bit & 1) << position;
        }
        let exchanged = EXCHANGED[self.width as usize].iter().enumerate();
        let set = exchanged.filter(|(i, _)| row >> (self.shift as usize + i) & 1 == 1);
        let swizzle = set.fold(0, |sum, (_, column)| sum ^ column);
        row * self.row_bits + ((within * self.bits) ^ (swizzle * UNIT))
    }
}

/// What addresses of elements may differ in besides a constant: the part of the constant address
/// that meets the lanes' bits and must be combined by exclusive or.
pub(super) type Class = u32;

impl Lowering<'_> {
    /// Bytes that a shared tile takes.
    pub(super) fn shared_bytes(&mut self, share: Id) -> u32 {
        let map = self.map(share);
        let rows = self.program.shape(share)[1];
        (rows * map.row_bits / 8).next_multiple_of(64)
    }

    fn map(&mut self, share: Id) -> Map {
        let [_, _, cols] = self.program.shape(share);
        let bits = self.layouts.dtype(share).map_or(32, DType::bits);
        if !cols.is_power_of_two() || cols * bits < 8 {
            self.reject(format!("a shared tile has {cols} columns; it takes a power of two"));
        }
        let count = cols.trailing_zeros() as u8;
        let order = self.layouts.order(share).into_iter();
        let mut columns: Vec<u8> = order
            .filter(|coord| coord.axis == 2 && coord.bit < count)
            .map(|coord| coord.bit)
            .collect();
        columns.extend((0..count).filter(|bit| !columns.contains(bit)).collect::<Vec<_>>());
        let row_bits = cols * bits;
        let units = (row_bits / UNIT).max(1);
        let width = if is_host(self.target) { 0 } else { units.trailing_zeros().min(3) };
        Map { bits, row_bits, columns, shift: 3 - units.trailing_zeros().min(3), width }
    }

    /// Gives a shared tile its memory.
    pub(super) fn place_shared(
        &mut self,
        share: Id,
        local: u32,
        offset: u32,
        stage: Option<Value>,
    ) {
        let map = self.map(share);
        self.shared.places.insert(share, Place { local, offset, stage, map });
    }

    /// A new local buffer behind those that are in use; its number.
    ///
    /// Buffers of a fold are free after it, and others take their place. Whoever writes to a buffer
    /// that [`Lowering::is_reused`] makes the waves meet before.
    pub(super) fn new_local(&mut self, name: String, bytes: u32) -> u32 {
        let offset = self.room.end.next_multiple_of(64);
        self.room.end = offset + bytes;
        self.locals.push(Local { name, bytes, offset });
        self.locals.len() as u32 - 1
    }

    /// Frees the buffers made since `end` was the end of those in use.
    pub(super) fn free_locals(&mut self, end: u32) {
        self.room.freed = self.room.freed.max(self.room.end);
        self.room.end = end;
    }

    /// Whether waves may still read what a buffer held before it was made.
    pub(super) fn is_reused(&self, local: u32) -> bool {
        self.locals[local as usize].offset < self.room.freed
    }

    /// Writes a tile to its workgroup memory.
    pub(super) fn write_shared(&mut self, share: Id, of: Id) {
        let layout = self.layouts.preferred(of);
        let number = self.scopes.intern(layout.clone());
        let place = self.shared.places[&share].clone();
        self.write_place(&place, &layout, |this, chunk| this.chunk(of, [0, 0], number, chunk));
    }

    /// Writes all chunks of a layout to a place.
    pub(super) fn write_place(
        &mut self,
        place: &Place,
        layout: &Layout,
        mut chunk: impl FnMut(&mut Self, u32) -> Value,
    ) {
        let plan = self.shared_plan(place, layout, [0, 0]);
        let guard = self.single_copy(layout, None);
        for (number, access) in plan.accesses.iter().enumerate() {
            let value = self.gather(&plan, number as u32, layout.chunk_elements(), &mut chunk);
            let address = self.shared_address(place, layout, access);
            self.build.store(address, value, guard);
        }
    }

    /// Memory for a tile that changes its layout; the same for every change in a block.
    pub(super) fn spill_place(&mut self, id: Id) -> Place {
        let bytes = self.shared_bytes(id);
        let local = self.new_local(format!("conversion {}", id.0), bytes);
        let map = self.map(id);
        Place { local, offset: 0, stage: None, map }
    }

    /// A chunk read back from a place.
    pub(super) fn read_place(&mut self, key: ChunkKey, place: &Place, layout: &Layout) -> Value {
        let plan = self.shared_plan(place, layout, key.at);
        let dtype = self.layouts.dtype(key.id).unwrap_or(DType::I32);
        self.of_accesses(key, &plan, |this, number| {
            let access = &plan.accesses[number as usize];
            let address = this.shared_address(place, layout, access);
            this.build.load(address, None, Ty::lane(dtype, access.count))
        })
    }

    /// One access of a read of a shared tile, made when first needed.
    pub(super) fn read_access(&mut self, key: ChunkKey, shared: Id, at: [u32; 2]) -> Value {
        if let Some(value) = self.scopes.chunk(key) {
            return value;
        }
        let layout = self.scopes.layout(key.layout);
        let plan = self.read_plan(Demand { load: shared, at, layout: key.layout });
        let place = self.shared.places[&shared].clone();
        let access = &plan.accesses[key.number as usize];
        let address = self.shared_address(&place, &layout, access);
        let dtype = self.layouts.dtype(shared).unwrap_or(DType::I32);
        let value = self.build.load(address, None, Ty::lane(dtype, access.count));
        self.scopes.bind_chunk(key, value);
        value
    }

    /// Groups the elements of a window of a shared tile into accesses.
    pub(super) fn plan_read(&self, demand: Demand) -> Plan<Class> {
        let layout = self.scopes.layout(demand.layout);
        self.shared_plan(&self.shared.places[&demand.load], &layout, demand.at)
    }

    fn shared_plan(&self, place: &Place, layout: &Layout, at: [u32; 2]) -> Plan<Class> {
        let map = &place.map;
        let varying = varying_bits(map, layout);
        let elements: Vec<(Class, i64)> = (0..layout.chunks())
            .flat_map(|chunk| (0..layout.chunk_elements()).map(move |e| (chunk, e)))
            .map(|(chunk, element)| {
                let [_, row, col] = layout.coordinates(chunk, element);
                let address = map.address(row + at[0], col + at[1]);
                (address & varying, i64::from(address & !varying))
            })
            .collect();
        let lanes = layout.lane.iter().chain(&layout.wave).flatten();
        let strides = lanes.map(|coord| address_bit(map, *coord));
        let alignment = strides.fold(1 << 10, |all: u32, bits| all.min(lowest(bits)));
        let widest = if is_host(self.target) { 32 } else { self.target.max_load_bytes * 8 };
        group(&elements, Limits { bits: map.bits, widest: widest.max(map.bits), alignment })
    }

    fn shared_address(
        &mut self,
        place: &Place,
        layout: &Layout,
        access: &Access<Class>,
    ) -> Address {
        let map = &place.map;
        let width = access.count * map.bits;
        if width < 8 {
            self.reject("elements below a byte are read from workgroup memory one by one");
        }
        let mut lane = None;
        let mut strides = Vec::new();
        for (bit, coord) in layout.lane.iter().enumerate() {
            let add = coord.map_or(0, |coord| address_bit(map, coord) / 8);
            strides.push(Some(i64::from(add)));
            if add != 0 {
                let part = self.spread(bit as u32, add, false);
                lane = Some(self.xor(lane, part));
            }
        }
        for (bit, coord) in layout.wave.iter().enumerate() {
            let add = coord.map_or(0, |coord| address_bit(map, coord) / 8);
            if add != 0 {
                let part = self.spread(bit as u32, add, true);
                lane = Some(self.xor(lane, part));
                strides.push(None);
            }
        }
        if access.class != 0 {
            let class = i64::from(access.class / 8);
            let class = self.build.constant(Const::Int(class), Ty::lane(DType::I32, 1));
            lane = Some(self.xor(lane, class));
            strides.push(None);
        }
        let pattern = pattern(&strides, i64::from(width) / 8);
        let lane = if pattern == Pattern::Broadcast { None } else { lane };
        Address {
            space: Space::Local(place.local),
            base: place.stage,
            lane,
            offset: (place.offset as i64 + access.offset / 8) as i32,
            align: (width / 8).clamp(1, 16),
            pattern,
        }
    }

    /// The bytes `add` in lanes (or waves) whose number has the bit set, else 0.
    fn spread(&mut self, bit: u32, add: u32, wave: bool) -> Value {
        let mut sum = None;
        for to in (0..32).filter(|to| add >> to & 1 == 1) {
            let part = if wave {
                let part = self.wave_bit(bit, to);
                self.build.splat(part, 1)
            } else {
                self.lane_bit(bit, 1 << to)
            };
            sum = Some(self.xor(sum, part));
        }
        sum.expect("an address bit should add something")
    }

    fn xor(&mut self, sum: Option<Value>, more: Value) -> Value {
        match sum {
            Some(sum) => self.build.binary(Binary::Xor, sum, more),
            None => more,
        }
    }
}

/// The address bits that a coordinate bit flips.
fn address_bit(map: &Map, coord: crate::layout::Coord) -> u32 {
    match coord.axis {
        1 => map.address(1 << coord.bit, 0),
        _ => map.address(0, 1 << coord.bit),
    }
}

/// The address bits that differ between lanes or waves.
fn varying_bits(map: &Map, layout: &Layout) -> u32 {
    let coords = layout.lane.iter().chain(&layout.wave).flatten();
    coords.fold(0, |all, coord| all | address_bit(map, *coord))
}

fn lowest(bits: u32) -> u32 {
    if bits == 0 { 1 << 10 } else { 1 << bits.trailing_zeros() }
}

#[cfg(test)]
mod tests {
    use super::{Map, UNIT};

    /// Which of the eight 16-byte columns of the banks an address lies in.
    fn slot(map: &Map, row: u32, unit: u32) -> u32 {
        map.address(row, unit * UNIT / map.bits) / UNIT % 8
    }

    #[test]
    fn eight_lanes_along_rows_or_columns_touch_every_bank_once() {
        for units in [1, 2, 4, 8, 16, 32_u32] {
            let width = units.trailing_zeros().min(3);
            let columns = (0..(units * UNIT / 16).trailing_zeros() as u8).collect();
            let row_bits = units * UNIT;
            let map = Map { bits: 16, row_bits, columns, shift: 3 - width, width };
            for (first, count) in [(0, 0), (0, 1), (1, 1), (0, 2), (0, 3)] {
                if first + count > units.trailing_zeros() {
                    continue;
                }
                let at = |lane: u32| (lane >> count, (lane & ((1 << count) - 1)) << first);
                let mut slots: Vec<u32> =
                    (0..8).map(at).map(|(row, unit)| slot(&map, row, unit)).collect();
                slots.sort_unstable();
                assert_eq!(slots, [0, 1, 2, 3, 4, 5, 6, 7], "{units} {first} {count}");
            }
        }
    }
}
