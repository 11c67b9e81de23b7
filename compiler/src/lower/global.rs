//! Loads and stores of tiles in global memory.
//!
//! A part lies in memory as blocks of its order; within a block every coordinate bit adds a
//! constant, between blocks a column block adds the block's size and a row block a run-time
//! stride. Waves and grid positions go into the uniform base, lanes into one 32-bit offset.

use kiln_targets::{Axis, DType};

use super::access::{Access, Demand, Limits, Plan, group};
use super::edges::Edge;
use super::index::gcd;
use super::scope::ChunkKey;
use super::{Lowering, is_host};
use crate::diagnose::Diagnostic;
use crate::lane::{Address, Binary, Compare, Const, Elt, Op as LaneOp, Pattern, Ty, Unary, Value};
use crate::layout::{Coord, Layout};
use crate::tile::{Id, Op, Part, Role};

/// What addresses of elements may differ in besides a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// Constant row block (its stride is known at run time only).
    pub(super) row_block: u32,
    /// Constant column block where it is clamped, else 0.
    pub(super) col_block: u32,
    /// Constant coordinates, in units of the guard, where validity is checked, else 0.
    pub(super) guard: [u32; 2],
}

/// A window of a part as a layout sees it.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) arg: u32,
    pub(super) part: &'a Part,
    pub(super) origin: [Id; 2],
    pub(super) at: [u32; 2],
    pub(super) layout: &'a Layout,
    pub(super) edges: [Edge; 2],
    /// Rows from this one on are not stored.
    pub(super) until: Option<Id>,
}

impl<'p> Lowering<'p> {
    /// One access of a demanded load, made when first needed.
    pub(super) fn load_access(&mut self, demand: Demand, number: u32) -> Value {
        let Demand { load, at, layout } = demand;
        let key = ChunkKey { id: load, at, layout, number, access: true };
        if let Some(value) = self.scopes.chunk(key) {
            return value;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.push((demand, number));
        }
        self.refuse_stale(load);
        let plan = self.load_plan(demand);
        let layout = self.scopes.layout(layout);
        let edges = self.load_edges(load);
        let window = self.load_window(demand, &layout, edges);
        let access = &plan.accesses[number as usize];
        let value = match self.scopes.chunk(started(key)) {
            Some(word) => self.nibble(&window, access, word),
            None => self.emit_load(&window, access, self.fill(load)),
        };
        self.scopes.bind_chunk(key, value);
        value
    }

    /// Starts one access of a demanded load, which [`Lowering::load_access`] will find: of an element
    /// below a byte the word that it lies in, so that nobody waits for it to be unpacked.
    pub(super) fn start_access(&mut self, demand: Demand, number: u32) {
        let Demand { load, at, layout } = demand;
        let key = ChunkKey { id: load, at, layout, number, access: true };
        if !self.is_below_byte(demand, number) {
            self.load_access(demand, number);
            return;
        }
        let plan = self.load_plan(demand);
        let access = &plan.accesses[number as usize];
        let layout = self.scopes.layout(layout);
        let edges = self.load_edges(load);
        let window = self.load_window(demand, &layout, edges);
        let guard = self.guard(&window, access);
        let word = self.nibble_word(&window, access, guard);
        self.scopes.bind_chunk(started(key), word);
    }

    /// Whether an access is of an element below a byte.
    pub(super) fn is_below_byte(&mut self, demand: Demand, number: u32) -> bool {
        let bits = self.layouts.dtype(demand.load).map_or(32, DType::bits);
        self.load_plan(demand).accesses[number as usize].count * bits < 8
    }

    /// Refuses a load that would follow a store it comes before: values are made when they are
    /// first used, and the argument's memory has changed by then.
    fn refuse_stale(&mut self, load: Id) {
        let Op::Load { arg, .. } = self.program.node(load).op else { return };
        let part = &self.program.parts[arg as usize];
        if part.role == Role::InOut && self.stored.get(&arg).is_some_and(|store| load < *store) {
            let message =
                format!("`{}` is stored before a value loaded from it is used", part.name);
            let location = self.program.node(load).location;
            let note = "use the loaded value first, or store after its last use";
            self.wrong.push(Diagnostic::new(location, message).note(note));
        }
    }

    /// Groups the elements of a demanded load into accesses.
    pub(super) fn plan_load(&mut self, demand: Demand) -> Plan<Class> {
        let layout = self.scopes.layout(demand.layout);
        let edges = self.load_edges(demand.load);
        self.plan(&self.load_window(demand, &layout, edges))
    }

    fn fill(&self, load: Id) -> f64 {
        match self.program.node(load).op {
            Op::Load { fill, .. } => fill,
            _ => 0.0,
        }
    }

    fn load_window<'a>(&self, demand: Demand, layout: &'a Layout, edges: [Edge; 2]) -> Window<'a>
    where
        'p: 'a,
    {
        let Demand { load, at, .. } = demand;
        let Op::Load { arg, at: origin, .. } = self.program.node(load).op else {
            unreachable!("only loads are demanded from memory")
        };
        let part = &self.program.parts[arg as usize];
        Window { arg, part, origin, at, layout, edges, until: None }
    }

    /// Stores a tile in the layout that it has or that suits the memory.
    pub(super) fn store(&mut self, arg: u32, (origin, until): ([Id; 2], Option<Id>), value: Id) {
        let layout = self.store_layout(arg, value);
        let number = self.scopes.intern(layout.clone());
        let part = &self.program.parts[arg as usize];
        let shape = self.program.shape(value);
        let edges = [1, 2].map(|axis| {
            let inside = self.stays_inside(origin[axis - 1], shape[axis], part.extent[axis - 1]);
            let cut = axis == 1 && until.is_some();
            if inside && !cut { Edge::Inside } else { Edge::Guarded }
        });
        let window = Window { arg, part, origin, at: [0, 0], layout: &layout, edges, until };
        let plan = self.plan(&window);
        let elements = layout.chunk_elements();
        let data: Vec<Value> = (0..plan.accesses.len())
            .map(|access| {
                self.gather(&plan, access as u32, elements, |this, chunk| {
                    this.chunk(value, [0, 0], number, chunk)
                })
            })
            .collect();
        if edges == [Edge::Inside; 2] {
            return self.store_all(&window, &plan, &data);
        }
        let inside = self.is_inside(&window, shape);
        let not = self.build.unary(Unary::Not, inside);
        let free = Window { edges: [Edge::Inside; 2], ..window };
        self.when_uniform(inside, |this| this.store_all(&free, &plan, &data));
        self.when_uniform(not, |this| this.store_all(&window, &plan, &data));
    }

    /// Stores the data of all accesses of a window.
    fn store_all(&mut self, window: &Window<'_>, plan: &Plan<Class>, data: &[Value]) {
        for (access, data) in plan.accesses.iter().zip(data) {
            self.emit_store(window, access, *data);
        }
    }

    fn store_layout(&self, arg: u32, value: Id) -> Layout {
        match self.layouts.known(value) {
            Some(layout) => layout,
            None => self.layouts.for_store(value, arg),
        }
    }

    fn plan(&self, window: &Window<'_>) -> Plan<Class> {
        let layout = window.layout;
        let elements: Vec<(Class, i64)> = (0..layout.chunks())
            .flat_map(|chunk| (0..layout.chunk_elements()).map(move |e| (chunk, e)))
            .map(|(chunk, element)| self.element(window, layout.coordinates(chunk, element)))
            .collect();
        let bits = window.part.dtype.bits();
        let widest = if is_host(self.target) { 32 } else { self.target.max_load_bytes * 8 };
        let alignment = self.alignment(window);
        group(&elements, Limits { bits, widest: widest.max(bits), alignment })
    }

    /// Class and constant address of the element at the given coordinates of lane 0, wave 0.
    fn element(&self, window: &Window<'_>, coordinates: [u32; 3]) -> (Class, i64) {
        let block = window.part.order.block().map(|size| size as u32);
        let at = [coordinates[1] + window.at[0], coordinates[2] + window.at[1]];
        let mut offset = 0;
        for (position, (axis, bit)) in window.part.order.bits().iter().enumerate() {
            offset += i64::from(at[axis.index()] >> bit & 1) << position;
        }
        let clamped = window.edges[1] == Edge::Unobserved;
        let col_block = at[1] / block[1];
        if !clamped {
            offset += i64::from(col_block) * i64::from(block[0] * block[1]);
        }
        let guard = [0, 1].map(|axis| match window.edges[axis] {
            Edge::Guarded => at[axis] / self.guard_unit(window, axis),
            _ => 0,
        });
        let col_block = if clamped { col_block } else { 0 };
        let class = Class { row_block: at[0] / block[0], col_block, guard };
        (class, offset * i64::from(window.part.dtype.bits()))
    }

    /// Elements along an axis that are inside or outside together.
    pub(super) fn guard_unit(&self, window: &Window<'_>, axis: usize) -> u32 {
        let extent = self.extent_multiple(window.part.extent[axis]);
        let multiple = gcd(extent, self.multiple(window.origin[axis]));
        1 << multiple.trailing_zeros().min(8)
    }

    /// Bits that addresses of the window are multiples of, apart from constants.
    pub(super) fn alignment(&self, window: &Window<'_>) -> u32 {
        let bits = u64::from(window.part.dtype.bits());
        let [rows, cols] = window.part.order.block().map(|size| size as u64);
        let block_bits = rows * cols * bits;
        let columns = self.extent_multiple(window.part.extent[1]);
        let blocks = |multiple: u64| match multiple.is_multiple_of(cols) {
            true => multiple / cols * block_bits,
            false => block_bits,
        };
        let mut all = gcd(blocks(columns), blocks(self.multiple(window.origin[1])));
        let within = |axis: usize| {
            let bits = self.bits_within_block(window, axis).unwrap_or_default();
            bits.map(move |bit| Coord::new(axis + 1, bit as usize))
        };
        let within: Vec<Coord> = within(0).chain(within(1)).collect();
        for coord in window.layout.lane.iter().chain(&window.layout.wave).flatten().chain(&within) {
            match self.stride(window, *coord) {
                Stride::Constant(stride) => all = gcd(all, stride as u64),
                Stride::ColumnBlock(_) => all = gcd(all, block_bits),
                // Rows are apart by whole rows, which count already.
                Stride::Row(_) => {}
            }
        }
        1 << all.trailing_zeros().min(7)
    }

    /// What a coordinate bit adds to the address.
    pub(super) fn stride(&self, window: &Window<'_>, coord: Coord) -> Stride {
        let bits = i64::from(window.part.dtype.bits());
        let [rows, cols] = window.part.order.block().map(|size| size as u32);
        let axis = coord.axis as usize - 1;
        let wanted = if axis == 0 { Axis::ROWS } else { Axis::COLS };
        let inner = [rows, cols][axis].trailing_zeros();
        let bit = u32::from(coord.bit);
        if bit >= inner {
            return match axis {
                0 => Stride::Row(bit - inner),
                _ if window.edges[1] == Edge::Unobserved => Stride::ColumnBlock(bit - inner),
                _ => Stride::Constant((i64::from(rows * cols) << (bit - inner)) * bits),
            };
        }
        let find = |(of, index): &(Axis, u32)| *of == wanted && *index == bit;
        let position = window.part.order.bits().iter().position(find);
        Stride::Constant(bits << position.expect("an order should list every bit of its block"))
    }

    fn emit_load(&mut self, window: &Window<'_>, access: &Access<Class>, fill: f64) -> Value {
        let dtype = window.part.dtype;
        let guard = self.guard(window, access);
        if access.count * dtype.bits() < 8 {
            return self.load_nibble(window, access, guard);
        }
        let address = self.address(window, access, access.count * dtype.bits(), 0);
        let ty = Ty::lane(dtype, access.count);
        let value = self.build.load(address, guard, ty);
        self.ask_ahead(address, access.count * dtype.bits());
        match guard {
            Some(guard) if fill != 0.0 => self.fill_outside(value, guard, fill),
            _ => value,
        }
    }

    /// On a host, asks for what a stream of whole registers will load some time later.
    fn ask_ahead(&mut self, address: Address, width: u32) {
        let ahead = self.program.ahead as i32;
        let whole = address.pattern == Pattern::Contiguous && width >= 16;
        if ahead > 0 && whole && is_host(self.target) && self.recorder.is_none() {
            let offset = address.offset + ahead;
            self.build.insert(LaneOp::Prefetch(Address { offset, ..address }), Vec::new());
        }
    }

    fn fill_outside(&mut self, value: Value, guard: Value, fill: f64) -> Value {
        let ty = self.build.ty(value);
        let constant = match ty.elt {
            Elt::Num(dtype) if dtype.is_float() => Const::Float(fill),
            _ => Const::Int(fill as i64),
        };
        let outside = self.build.constant(constant, ty);
        // One guard serves all elements of an access.
        let inside = match ty.count {
            1 => guard,
            count => self.build.concat(vec![guard; count as usize]),
        };
        self.build.push(LaneOp::Select(inside, value, outside), ty)
    }

    /// An element below a byte: its 32-bit word, shifted and masked.
    fn load_nibble(
        &mut self,
        window: &Window<'_>,
        access: &Access<Class>,
        guard: Option<Value>,
    ) -> Value {
        let word = self.nibble_word(window, access, guard);
        self.nibble(window, access, word)
    }

    /// The word in which an element below a byte lies.
    fn nibble_word(
        &mut self,
        window: &Window<'_>,
        access: &Access<Class>,
        guard: Option<Value>,
    ) -> Value {
        let address = self.address(window, access, 32, 32);
        self.build.load(address, guard, Ty::lane(DType::I32, 1))
    }

    /// An element below a byte out of its word.
    fn nibble(&mut self, window: &Window<'_>, access: &Access<Class>, word: Value) -> Value {
        let bits = window.part.dtype.bits();
        let constant = access.offset.rem_euclid(32);
        let mut shift = self.build.constant(Const::Int(constant), Ty::lane(DType::I32, 1));
        for (bit, coord) in window.layout.lane.iter().enumerate() {
            let Some(coord) = coord else { continue };
            if let Stride::Constant(stride) = self.stride(window, *coord)
                && stride < 32
            {
                let part = self.lane_bit(bit as u32, stride);
                shift = self.build.binary(Binary::Add, shift, part);
            }
        }
        let word = self.build.binary(Binary::Shr, word, shift);
        let word = self.build.binary_const(Binary::And, word, (1 << bits) - 1);
        self.build.bitcast(word, Ty::lane(window.part.dtype, 1))
    }

    fn emit_store(&mut self, window: &Window<'_>, access: &Access<Class>, value: Value) {
        let bits = window.part.dtype.bits();
        if access.count * bits < 8 {
            self.reject(format!(
                "cannot store single {}-bit elements of `{}`: neighbours share a byte",
                bits, window.part.name
            ));
            return;
        }
        let guard = self.guard(window, access);
        let guard = self.single_copy(window.layout, guard);
        let address = self.address(window, access, access.count * bits, 0);
        self.build.store(address, value, guard);
    }

    /// Narrows a guard to one of the waves that hold copies of the same elements.
    pub(super) fn single_copy(&mut self, layout: &Layout, guard: Option<Value>) -> Option<Value> {
        let copies: i64 =
            layout.wave.iter().enumerate().map(|(i, bit)| i64::from(bit.is_none()) << i).sum();
        if copies == 0 {
            return guard;
        }
        let wave = self.wave_id();
        let copy = self.build.binary_const(Binary::And, wave, copies);
        let zero = self.build.index(0);
        let first = self.build.compare(Compare::Eq, copy, zero);
        Some(self.both(guard, first))
    }
}

/// What a coordinate bit adds to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stride {
    /// A constant, in bits.
    Constant(i64),
    /// `1 << bit` row blocks.
    Row(u32),
    /// `1 << bit` column blocks of a clamped axis.
    ColumnBlock(u32),
}

/// The key of the word of an element below a byte, of which [`ChunkKey`] names the access.
fn started(key: ChunkKey) -> ChunkKey {
    ChunkKey { number: key.number | 1 << 31, ..key }
}

pub(super) fn block_bits(part: &Part) -> i64 {
    let [rows, cols] = part.order.block();
    (rows * cols) as i64 * i64::from(part.dtype.bits())
}
