//! Pulling chunks of tiles.

use super::access::{Demand, Plan};
use super::scope::{ChunkKey, LayoutId};
use super::{Lowering, region::Located};
use crate::lane::{Const, Elt, Op as LaneOp, Ty, Value};
use crate::layout::Layout;
use crate::tile::{Elem, Id, Op, Shape};
use kiln_targets::DType;

impl Lowering<'_> {
    /// Chunk `number` of the window of a tile that starts at `at` and has the layout's shape.
    pub(super) fn chunk(&mut self, id: Id, at: [u32; 2], layout: LayoutId, number: u32) -> Value {
        let key = ChunkKey { id, at, layout, number, access: false };
        if let Some(value) = self.scopes.chunk(key) {
            return value;
        }
        let outer = self.locate(id);
        let value = self.make_chunk(key);
        self.build.location = outer;
        self.scopes.bind_chunk(key, value);
        value
    }

    fn make_chunk(&mut self, key: ChunkKey) -> Value {
        let ChunkKey { id, at, layout, number, .. } = key;
        let program = self.program;
        if let Some(anchored) = self.layouts.anchored(id).cloned() {
            return self.anchored_chunk(key, anchored);
        }
        match &program.node(id).op {
            Op::Load { .. } => self.loaded_chunk(key),
            Op::Read { shared, at: from } => {
                self.read_chunk(key, *shared, [from[0] + at[0], from[1] + at[1]])
            }
            Op::Full(value) => self.full_chunk(id, layout, *value),
            Op::Splat(index) => {
                let index = self.index(*index);
                let count = self.scopes.layout(layout).chunk_elements();
                self.build.splat(index, count)
            }
            Op::Iota(axis) => self.iota_chunk(key, *axis as usize),
            Op::Unary(op, of) => {
                let of = self.chunk(*of, at, layout, number);
                self.build.unary(*op, of)
            }
            Op::Binary(op, a, b) => self.binary_chunk(key, *op, *a, *b),
            Op::Fma(a, b, c) => {
                let [a, b, c] = [a, b, c].map(|of| self.operand(key, *of));
                self.build.fma(a, b, c)
            }
            Op::Compare(op, a, b) => {
                let (a, b) = (self.operand(key, *a), self.operand(key, *b));
                self.build.compare(*op, a, b)
            }
            Op::Select(c, a, b) => {
                let c = self.operand(key, *c);
                let (a, b) = (self.operand(key, *a), self.operand(key, *b));
                let ty = self.build.ty(a);
                self.build.push(LaneOp::Select(c, a, b), ty)
            }
            Op::Cast(of) => self.cast_chunk(key, *of),
            Op::Transpose(of) => {
                let inner = self.scopes.layout(layout).transposed();
                self.renamed(key, *of, [at[1], at[0]], inner, |[s, r, c]| [s, c, r])
            }
            Op::Slices(of) => self.split_chunk(key, *of),
            Op::Join(of) => self.joined_chunk(key, *of),
            Op::Window { of, at: from } => {
                self.chunk(*of, [from[0] + at[0], from[1] + at[1]], layout, number)
            }
            other => unreachable!("{other:?} should not be a free tile"),
        }
    }

    /// A chunk of an operand under other coordinates, in a layout with the same register bits.
    pub(super) fn renamed(
        &mut self,
        key: ChunkKey,
        of: Id,
        at: [u32; 2],
        inner: Layout,
        rename: impl Fn(Shape) -> Shape,
    ) -> Value {
        let outer = self.scopes.layout(key.layout);
        let (number, _) = inner.find(rename(outer.coordinates(key.number, 0)));
        let inner = self.scopes.intern(inner);
        self.chunk(of, at, inner, number)
    }

    fn split_chunk(&mut self, key: ChunkKey, of: Id) -> Value {
        let outer = self.scopes.layout(key.layout);
        if key.at != [0, 0] || outer.shape != self.program.shape(key.id) {
            self.reject("a window of a tile seen in slices: take the window first");
        }
        let cols = outer.shape[2];
        self.renamed(key, of, [0, 0], outer.joined(), |[s, r, c]| [0, r, s * cols + c])
    }

    fn joined_chunk(&mut self, key: ChunkKey, of: Id) -> Value {
        let outer = self.scopes.layout(key.layout);
        let [slices, _, cols] = self.program.shape(of);
        if key.at != [0, 0] || !cols.is_power_of_two() {
            self.reject("only whole tiles with a power of two of columns are joined");
        }
        self.renamed(key, of, [0, 0], outer.split(slices), |[_, r, c]| [c / cols, r, c % cols])
    }

    /// A chunk of a tile whose layout is fixed: as it is, renumbered, or converted.
    fn anchored_chunk(&mut self, key: ChunkKey, anchored: Layout) -> Value {
        let wanted = self.scopes.layout(key.layout);
        let own = self.scopes.intern(anchored.clone());
        if own == key.layout && key.at == [0, 0] {
            return self.own_chunk(key.id, own, key.number);
        }
        if !same_holders(&anchored, &wanted) {
            return self.converted_chunk(key, &anchored);
        }
        let elements: Vec<(u32, u32)> = (0..wanted.chunk_elements())
            .map(|element| {
                let [s, r, c] = wanted.coordinates(key.number, element);
                anchored.find([s, r + key.at[0], c + key.at[1]])
            })
            .collect();
        let parts = elements.into_iter().map(|(chunk, element)| {
            let whole = self.own_chunk(key.id, own, chunk);
            self.build.extract(whole, element, 1)
        });
        let parts = parts.collect();
        self.build.concat(parts)
    }

    /// A chunk of an anchored tile in its own layout.
    pub(super) fn own_chunk(&mut self, id: Id, layout: LayoutId, number: u32) -> Value {
        let key = ChunkKey { id, at: [0, 0], layout, number, access: false };
        if let Some(value) = self.scopes.chunk(key) {
            return value;
        }
        let program = self.program;
        match &program.node(id).op {
            Op::Mma { a, b, acc } => self.product_chunk(key, *a, *b, *acc),
            Op::Reduce(op, axis, of) => {
                self.reduce(id, *op, *axis as usize, *of);
                self.scopes.chunk(key).expect("a reduction should define all its chunks")
            }
            other => unreachable!("{other:?} should have been bound by its fold"),
        }
    }

    /// The chunk of an operand that an element-wise op needs for a chunk of its result, repeated
    /// along the axes where the operand has size 1.
    pub(super) fn operand(&mut self, key: ChunkKey, of: Id) -> Value {
        let outer = self.scopes.layout(key.layout);
        let own = self.program.shape(of);
        let whole = self.program.shape(key.id);
        let narrow = |axis: usize| own[axis] == 1 && whole[axis] != 1;
        if !(0..3).any(narrow) {
            return self.chunk(of, key.at, key.layout, key.number);
        }
        let shape = [0, 1, 2].map(|axis| if narrow(axis) { 1 } else { outer.shape[axis] });
        let at = [1, 2].map(|axis| if narrow(axis) { 0 } else { key.at[axis - 1] });
        let inner = outer.project(shape);
        let places: Vec<(u32, u32)> = (0..outer.chunk_elements())
            .map(|element| {
                let full = outer.coordinates(key.number, element);
                inner.find([0, 1, 2].map(|axis| if narrow(axis) { 0 } else { full[axis] }))
            })
            .collect();
        let number = self.scopes.intern(inner);
        self.assemble(&places, |this, chunk| this.chunk(of, at, number, chunk))
    }

    /// A lane value made of (chunk, element) places.
    pub(super) fn assemble(
        &mut self,
        places: &[(u32, u32)],
        mut chunk: impl FnMut(&mut Self, u32) -> Value,
    ) -> Value {
        let mut parts = Vec::new();
        let mut rest = places;
        while let Some((number, start)) = rest.first().copied() {
            let run = rest
                .iter()
                .zip(start..)
                .take_while(|((chunk, element), expected)| *chunk == number && element == expected);
            let length = run.count();
            let whole = chunk(self, number);
            parts.push(self.build.extract(whole, start, length as u32));
            rest = &rest[length..];
        }
        self.build.concat(parts)
    }

    fn loaded_chunk(&mut self, key: ChunkKey) -> Value {
        let demand = Demand { load: key.id, at: key.at, layout: key.layout };
        let plan = self.load_plan(demand);
        self.of_accesses(key, &plan, |this, access| this.load_access(demand, access))
    }

    fn read_chunk(&mut self, key: ChunkKey, shared: Id, at: [u32; 2]) -> Value {
        let plan = self.read_plan(Demand { load: shared, at, layout: key.layout });
        self.of_accesses(key, &plan, |this, number| {
            this.read_access(ChunkKey { number, access: true, ..key }, shared, at)
        })
    }

    pub(super) fn of_accesses<C>(
        &mut self,
        key: ChunkKey,
        plan: &Plan<C>,
        access: impl FnMut(&mut Self, u32) -> Value,
    ) -> Value {
        let count = self.scopes.layout(key.layout).chunk_elements();
        let places = &plan.places[(key.number * count) as usize..][..count as usize];
        self.assemble(places, access)
    }

    /// The elements of one access, gathered from chunks.
    pub(super) fn gather<C>(
        &mut self,
        plan: &Plan<C>,
        access: u32,
        chunk_elements: u32,
        chunk: impl FnMut(&mut Self, u32) -> Value,
    ) -> Value {
        let place = |element: &u32| (element / chunk_elements, element % chunk_elements);
        let elements = &plan.accesses[access as usize].elements;
        let places: Vec<(u32, u32)> = elements.iter().map(place).collect();
        self.assemble(&places, chunk)
    }

    fn full_chunk(&mut self, id: Id, layout: LayoutId, value: f64) -> Value {
        let ty = self.chunk_type(id, layout);
        let constant = match ty.elt {
            Elt::Pred => Const::Pred(value != 0.0),
            Elt::Num(dtype) if dtype.is_float() => Const::Float(value),
            _ => Const::Int(value as i64),
        };
        self.build.constant(constant, ty)
    }

    fn iota_chunk(&mut self, key: ChunkKey, axis: usize) -> Value {
        let layout = self.scopes.layout(key.layout);
        let start = if axis == 0 { 0 } else { key.at[axis - 1] };
        let lane = self.lane_coordinate(&layout, axis);
        let mut wave = None;
        for (bit, coord) in layout.wave.iter().enumerate() {
            if let Some(coord) = coord.filter(|coord| coord.axis as usize == axis) {
                let part = self.wave_bit(bit as u32, coord.bit.into());
                wave = Some(self.plus(wave, part));
            }
        }
        let parts = (0..layout.chunk_elements()).map(|element| {
            let own = layout.coordinates(key.number, element)[axis] + start;
            let mut sum = self.build.constant(Const::Int(own.into()), Ty::lane(DType::I32, 1));
            if let Some(lane) = lane {
                sum = self.plus(Some(sum), lane);
            }
            if let Some(wave) = wave {
                let wave = self.build.splat(wave, 1);
                sum = self.plus(Some(sum), wave);
            }
            sum
        });
        let parts = parts.collect();
        self.build.concat(parts)
    }

    /// Type of a chunk of a tile.
    pub(super) fn chunk_type(&self, id: Id, layout: LayoutId) -> Ty {
        let count = self.scopes.layout(layout).chunk_elements();
        match self.program.elem(id) {
            Some(Elem::Num(dtype)) => Ty::lane(dtype, count),
            _ => Ty::lane_pred(count),
        }
    }
}

/// Whether every lane and wave holds the same elements under both layouts.
fn same_holders(a: &Layout, b: &Layout) -> bool {
    a.lane == b.lane && a.wave == b.wave
}
