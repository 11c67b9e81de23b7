//! Layout inference: linear in the size of the program, no solver.
//!
//! Matrix products pin their operands and results. Reductions and loop-carried values follow from
//! what they are made of. Everything else (loads, constants, arithmetic on them) is free: lowering
//! produces it in whatever layout its consumer demands. These *anchored* layouts are found first;
//! where a product or a reduction has no anchored operand, the memory order of the loads decides.

use std::collections::{HashMap, HashSet};

use kiln_targets::{DType, Target};

use super::coalesce::tile_bits;
use super::matrix::{natural_rows, rows_in_registers};
use super::{Coord, Layout, MatrixLayouts, coalesced, matrix};
use crate::diagnose::Diagnostic;
use crate::tile::{Elem, Id, Op, Program, Region, Type, Uses};

/// The anchored layouts of a program on a target.
#[derive(Debug)]
pub struct Layouts<'p> {
    program: &'p Program,
    target: &'p Target,
    anchored: HashMap<Id, Layout>,
    products: HashMap<Id, (String, MatrixLayouts)>,
}

impl<'p> Layouts<'p> {
    /// Infers the layouts; reports every product that no atom of the target can do.
    pub fn infer(program: &'p Program, target: &'p Target) -> Result<Self, Vec<Diagnostic>> {
        let anchored = HashMap::new();
        let mut layouts = Layouts { program, target, anchored, products: HashMap::new() };
        layouts.pin_products(&Uses::of(program))?;
        while layouts.follow_all(&program.body) || layouts.fall_back(&program.body) {}
        Ok(layouts)
    }

    /// Atom and operand layouts of a product.
    pub fn product(&self, mma: Id) -> &(String, MatrixLayouts) {
        &self.products[&mma]
    }

    /// The anchored layout of a product, reduction or carried value.
    pub fn anchored(&self, id: Id) -> Option<&Layout> {
        self.anchored.get(&id)
    }

    /// The layout a tile has because something it is made of is anchored.
    pub fn known(&self, id: Id) -> Option<Layout> {
        if let Some(layout) = self.anchored.get(&id) {
            return Some(layout.clone());
        }
        let slices = self.program.shape(id)[0];
        match &self.program.node(id).op {
            Op::Transpose(of) => self.known(*of).map(|layout| layout.transposed()),
            Op::Slices(of) => self.known(*of).map(|layout| layout.split(slices)),
            Op::Join(of) => self.known(*of).map(|layout| layout.joined()),
            op => self.same_shape_operands(id, op).find_map(|operand| self.known(operand)),
        }
    }

    /// The layout a tile takes when nobody demands another one.
    pub fn preferred(&self, id: Id) -> Layout {
        if let Some(layout) = self.known(id) {
            return layout;
        }
        let bits = self.memory_bits(id).unwrap_or(32);
        let shape = self.program.shape(id);
        coalesced(shape, &self.order(id), bits, self.target, self.program.waves)
    }

    /// The layout in which a free tile is stored to an argument: as its loads lie in memory, or
    /// else as the argument does.
    pub fn for_store(&self, id: Id, arg: u32) -> Layout {
        let order = self.order(id);
        if !order.is_empty() || self.memory_bits(id).is_some() {
            return self.preferred(id);
        }
        let part = &self.program.parts[arg as usize];
        let order = self.part_order(arg);
        let bits = part.dtype.bits();
        coalesced(self.program.shape(id), &order, bits, self.target, self.program.waves)
    }

    /// The coordinate bits of a tile in the order in which they rise in memory, lowest first, as
    /// far as the loads in it tell; casts that unpack nibbles permute it.
    pub fn order(&self, id: Id) -> Vec<Coord> {
        let node = self.program.node(id);
        let shape = self.program.shape(id);
        let rename = |order: Vec<Coord>, f: &dyn Fn(Coord) -> Coord| -> Vec<Coord> {
            order.into_iter().map(f).collect()
        };
        match &node.op {
            Op::Load { arg, .. } => tile_bits(shape, &self.part_order(*arg)),
            Op::Read { shared, .. } => self.order(*shared),
            Op::Share(of) | Op::Window { of, .. } => self.order(*of),
            Op::Transpose(of) => rename(self.order(*of), &|coord| match coord.axis {
                0 => coord,
                axis => Coord { axis: 3 - axis, ..coord },
            }),
            Op::Slices(of) => {
                let low = shape[2].trailing_zeros() as u8;
                rename(self.order(*of), &|coord| match coord.axis {
                    2 if coord.bit >= low => Coord { axis: 0, bit: coord.bit - low },
                    _ => coord,
                })
            }
            Op::Join(of) => {
                let low = self.program.shape(*of)[2].trailing_zeros() as u8;
                rename(self.order(*of), &|coord| match coord.axis {
                    0 => Coord { axis: 2, bit: coord.bit + low },
                    _ => coord,
                })
            }
            Op::Cast(of) => unpacked_order(self.order(*of), self.dtype(*of), self.dtype(id)),
            op => {
                let orders = self.same_shape_operands(id, op).map(|operand| self.order(operand));
                orders.max_by_key(Vec::len).unwrap_or_default()
            }
        }
    }

    /// Number type of a tile, if it is one of numbers.
    pub fn dtype(&self, id: Id) -> Option<DType> {
        match self.program.elem(id) {
            Some(Elem::Num(dtype)) => Some(dtype),
            _ => None,
        }
    }

    fn part_order(&self, arg: u32) -> Vec<Coord> {
        let bits = self.program.parts[arg as usize].order.bits();
        bits.iter().map(|(axis, bit)| Coord::new(axis.index() + 1, *bit as usize)).collect()
    }

    /// Bits of an element where the tile comes from memory: the widest load decides.
    fn memory_bits(&self, id: Id) -> Option<u32> {
        match &self.program.node(id).op {
            Op::Load { .. } | Op::Read { .. } => self.dtype(id).map(DType::bits),
            Op::Slices(of) | Op::Join(of) | Op::Transpose(of) | Op::Window { of, .. } => {
                self.memory_bits(*of)
            }
            op => self.same_shape_operands(id, op).filter_map(|of| self.memory_bits(of)).max(),
        }
    }

    /// Tile operands of an element-wise op that have the shape of its result.
    fn same_shape_operands(&self, id: Id, op: &Op) -> impl Iterator<Item = Id> + use<> {
        let operands = match op {
            Op::Unary(_, a) | Op::Cast(a) => vec![*a],
            Op::Binary(_, a, b) | Op::Compare(_, a, b) => vec![*a, *b],
            Op::Fma(a, b, c) | Op::Select(c, a, b) => vec![*a, *b, *c],
            _ => Vec::new(),
        };
        let shape = self.program.shape(id);
        let fits: Vec<Id> =
            operands.into_iter().filter(|operand| self.program.shape(*operand) == shape).collect();
        fits.into_iter()
    }

    fn pin_products(&mut self, uses: &Uses) -> Result<(), Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        for index in 0..self.program.nodes.len() {
            let id = Id(index as u32);
            if let Op::Mma { a, b, .. } = self.program.node(id).op {
                match self.pin_product(id, [a, b], uses) {
                    Ok((atom, layouts)) => {
                        self.anchored.insert(id, layouts.c.clone());
                        self.products.insert(id, (atom, layouts));
                    }
                    Err(why) => wrong.push(Diagnostic::new(self.program.node(id).location, why)),
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn pin_product(
        &self,
        id: Id,
        [a, b]: [Id; 2],
        uses: &Uses,
    ) -> Result<(String, MatrixLayouts), String> {
        let (Some(left), Some(right), Some(sum)) = (self.dtype(a), self.dtype(b), self.dtype(id))
        else {
            return Err("a matrix product takes tiles of numbers".into());
        };
        let shape = self.program.shape(id);
        let depth = self.program.shape(a)[2];
        let order = self.contraction_order(a, b, depth);
        let mut refusals = Vec::new();
        for atom in self.target.atoms_for(left, right, sum) {
            let rows = match self.has_free_rows(id, a, uses) {
                true => rows_in_registers(atom),
                false => natural_rows(atom),
            };
            match matrix(atom, shape, depth, self.program.waves, &order, &rows) {
                Ok(layouts) => return Ok((atom.name.clone(), layouts)),
                Err(why) => refusals.push(why),
            }
        }
        let target = &self.target.name;
        match refusals.pop() {
            Some(why) => Err(why),
            None => Err(format!("{target} has no matrix atom for {left} x {right} -> {sum}")),
        }
    }

    /// Whether the rows of a product are better numbered along the registers of a lane: where its
    /// result is transposed, neighbours then are moved together. A left operand in workgroup memory
    /// keeps its rows, by whose numbers the banks are arranged.
    fn has_free_rows(&self, id: Id, a: Id, uses: &Uses) -> bool {
        !self.is_read(a) && self.is_transposed(id, uses, &mut HashSet::new())
    }

    /// Whether a tile is read from workgroup memory.
    fn is_read(&self, id: Id) -> bool {
        match &self.program.node(id).op {
            Op::Read { .. } => true,
            Op::Transpose(of) | Op::Slices(of) | Op::Join(of) | Op::Window { of, .. } => {
                self.is_read(*of)
            }
            op => self.same_shape_operands(id, op).any(|of| self.is_read(of)),
        }
    }

    /// Whether a tile, or something element-wise that it goes into, is transposed.
    fn is_transposed(&self, id: Id, uses: &Uses, seen: &mut HashSet<Id>) -> bool {
        let shape = self.program.shape(id);
        let next = uses.users(id).iter().chain(uses.flows(id));
        seen.insert(id)
            && next.into_iter().any(|user| match self.program.node(*user).op {
                Op::Transpose(_) => true,
                Op::Slices(_) | Op::Join(_) => self.is_transposed(*user, uses, seen),
                Op::Store { .. } | Op::Share(_) | Op::Fold { .. } => false,
                _ => self.program.shape(*user) == shape && self.is_transposed(*user, uses, seen),
            })
    }

    /// The order in which the contracted axis is taken: as the packed operand lies in memory.
    fn contraction_order(&self, a: Id, b: Id, depth: u32) -> Vec<u8> {
        let of = |id: Id, axis: u8| -> Vec<u8> {
            let order = self.order(id).into_iter();
            order.filter(|coord| coord.axis == axis).map(|coord| coord.bit).collect()
        };
        let listed = if self.is_packed(a) && !self.is_packed(b) { of(a, 2) } else { of(b, 1) };
        let bits = depth.trailing_zeros() as u8;
        let mut order: Vec<u8> = listed.into_iter().filter(|bit| *bit < bits).collect();
        order.extend((0..bits).filter(|bit| !order.contains(bit)).collect::<Vec<_>>());
        order
    }

    /// Whether a tile is made from elements narrower than a byte.
    fn is_packed(&self, id: Id) -> bool {
        let narrow = self.dtype(id).is_some_and(|dtype| dtype.bits() < 8);
        narrow
            || match &self.program.node(id).op {
                Op::Read { shared: of, .. }
                | Op::Window { of, .. }
                | Op::Share(of)
                | Op::Slices(of)
                | Op::Join(of)
                | Op::Transpose(of) => self.is_packed(*of),
                op => {
                    let operands = self.same_shape_operands(id, op);
                    operands.into_iter().any(|operand| self.is_packed(operand))
                }
            }
    }

    /// Anchors reductions and carried values whose makings are known; true if any was new.
    fn follow_all(&mut self, region: &'p Region) -> bool {
        let mut changed = false;
        for id in &region.values {
            match &self.program.node(*id).op {
                Op::Reduce(_, _, of) => {
                    let layout = self.known(*of).map(|layout| layout.project(self.shape(*id)));
                    changed |= self.anchor(*id, layout);
                }
                Op::Result(fold, index) => {
                    if let Op::Fold { body, .. } = &self.program.node(*fold).op {
                        let carried = body.params[*index as usize + 1];
                        changed |= self.anchor(*id, self.known(carried));
                    }
                }
                Op::Fold { init, body, .. } => {
                    changed |= self.follow_all(body);
                    for (place, start) in init.iter().enumerate() {
                        let next = self.known(body.yields[place]).or_else(|| self.known(*start));
                        changed |= self.anchor(body.params[place + 1], next);
                    }
                }
                Op::When { body, .. } => changed |= self.follow_all(body),
                _ => {}
            }
        }
        changed
    }

    /// Anchors the first reduction or carried value that is still open by its preference.
    fn fall_back(&mut self, region: &'p Region) -> bool {
        for id in &region.values {
            let done = match &self.program.node(*id).op {
                Op::Reduce(_, _, of) if !self.anchored.contains_key(id) => {
                    let layout = self.preferred(*of).project(self.shape(*id));
                    self.anchor(*id, Some(layout))
                }
                Op::Fold { body, .. } => self.fall_back(body) || self.fall_back_carried(body),
                Op::When { body, .. } => self.fall_back(body),
                _ => false,
            };
            if done {
                return true;
            }
        }
        false
    }

    fn fall_back_carried(&mut self, body: &'p Region) -> bool {
        let open = |id: &Id| {
            matches!(self.program.ty(*id), Type::Tile(..)) && !self.anchored.contains_key(id)
        };
        let Some(place) = body.params.iter().position(open) else { return false };
        let layout = self.preferred(body.yields[place - 1]);
        self.anchor(body.params[place], Some(layout))
    }

    fn anchor(&mut self, id: Id, layout: Option<Layout>) -> bool {
        match layout {
            Some(layout) if !self.anchored.contains_key(&id) => {
                self.anchored.insert(id, layout);
                true
            }
            _ => false,
        }
    }

    fn shape(&self, id: Id) -> [u32; 3] {
        self.program.shape(id)
    }
}

/// Unpacking nibbles with masks and shifts yields them in another order than they were packed.
///
/// To bytes: `word & 0x0f0f0f0f` holds nibbles 0, 2, 4, 6 and `word >> 4 & 0x0f0f0f0f` the rest, so
/// nibble bit 0 selects the word and bits 1, 2 the byte. To f16: `word & 0x000f000f` holds nibbles
/// 0 and 4, so nibble bit 2 selects the half and bits 0, 1 the word.
fn unpacked_order(mut order: Vec<Coord>, from: Option<DType>, to: Option<DType>) -> Vec<Coord> {
    if from.is_none_or(|dtype| dtype.bits() != 4) || order.len() < 3 {
        return order;
    }
    match to {
        Some(DType::I8 | DType::U8) => order[..3].rotate_left(1),
        Some(DType::F16) => order[..3].rotate_right(1),
        _ => {}
    }
    order
}
