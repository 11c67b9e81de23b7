//! Random valid programs: random ops, of which those that the typing rules admit are kept.

use crate::diagnose::Location;
use crate::tile::print::{BINARY, COMPARE, INDEX, REDUCTION, UNARY};
use crate::tile::typing::type_of;
use crate::tile::{Elem, Extent, Id, Node, Op, Part, Program, Region, Role, Shape, Type, Waves};
use kiln_targets::DType;

/// A small deterministic generator of numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// The valid program of a seed, numbered in program order.
pub(crate) fn program(seed: u64) -> Program {
    let mut grower = Grower { random: Random::new(seed), program: header(), scopes: vec![vec![]] };
    let zero = grower.force(Op::Index(0), Type::Index);
    let mut values = vec![zero];
    values.extend(grower.values(40, 0));
    for (arg, dtype) in [(2, DType::F32), (3, DType::I32)] {
        let tile = grower.force(Op::Full(0.0), Type::Tile(Elem::Num(dtype), [1, 4, 4]));
        let store = Op::Store { arg, at: [zero, zero], until: None, value: tile };
        values.extend([tile, grower.force(store, Type::None)]);
    }
    grower.program.body.values = values;
    grower.program
}

/// The values an op reads, to be renamed.
pub(crate) fn operands_mut(op: &mut Op) -> Vec<&mut Id> {
    match op {
        Op::Share(a)
        | Op::Splat(a)
        | Op::Element(a)
        | Op::Unary(_, a)
        | Op::Cast(a)
        | Op::Transpose(a)
        | Op::Slices(a)
        | Op::Join(a)
        | Op::Reduce(_, _, a)
        | Op::Result(a, _)
        | Op::Read { shared: a, .. }
        | Op::Window { of: a, .. }
        | Op::When { condition: a, .. } => vec![a],
        Op::IndexOp(_, a, b)
        | Op::IndexCompare(_, a, b)
        | Op::Binary(_, a, b)
        | Op::Compare(_, a, b) => vec![a, b],
        Op::Fma(a, b, c) | Op::Select(a, b, c) | Op::Mma { a, b, acc: c } => vec![a, b, c],
        Op::Load { at: [a, b], .. } => vec![a, b],
        Op::Store { at: [a, b], until, value, .. } => {
            until.iter_mut().chain([a, b, value]).collect()
        }
        Op::Fold { lower, upper, init, .. } => [lower, upper].into_iter().chain(init).collect(),
        _ => Vec::new(),
    }
}

struct Grower {
    random: Random,
    program: Program,
    /// Values that can be used, region by region.
    scopes: Vec<Vec<Id>>,
}

impl Grower {
    /// Up to `count` values, nested ones among them.
    fn values(&mut self, count: usize, depth: usize) -> Vec<Id> {
        let mut values = Vec::new();
        for _ in 0..count * 8 {
            if values.len() >= count {
                break;
            }
            let (op, declared) = self.candidate();
            match type_of(&self.program, &op, declared) {
                Ok(_) if matches!(op, Op::Fold { .. } | Op::When { .. }) && depth > 1 => {}
                Ok(ty) => self.keep(op, ty, depth, &mut values),
                Err(_) => {}
            }
        }
        values
    }

    fn keep(&mut self, op: Op, ty: Type, depth: usize, values: &mut Vec<Id>) {
        let carried = match &op {
            Op::Fold { init, .. } => Some(init.iter().map(|id| self.program.ty(*id)).collect()),
            Op::When { .. } => Some(Vec::new()),
            _ => None,
        };
        let when = matches!(op, Op::When { .. });
        let id = self.force(op, ty);
        values.push(id);
        let Some(carried) = carried else { return };
        self.region(id, &carried, when, depth);
        for (number, ty) in (0..).zip(carried) {
            values.push(self.force(Op::Result(id, number), ty));
        }
    }

    fn region(&mut self, owner: Id, carried: &[Type], when: bool, depth: usize) {
        self.scopes.push(Vec::new());
        let index = if when { None } else { Some(Type::Index) };
        let types: Vec<Type> = index.into_iter().chain(carried.iter().copied()).collect();
        let params: Vec<Id> = types.into_iter().map(|ty| self.force(Op::Bound, ty)).collect();
        let values = self.values(8, depth + 1);
        let yields = carried.iter().map(|ty| self.like(*ty)).collect();
        self.scopes.pop();
        let region = Region { params, values, yields };
        if let Op::Fold { body, .. } | Op::When { body, .. } =
            &mut self.program.nodes[owner.0 as usize].op
        {
            *body = region;
        }
    }

    fn force(&mut self, op: Op, ty: Type) -> Id {
        let id = Id(self.program.nodes.len() as u32);
        let usable = ty != Type::None;
        self.program.nodes.push(Node { op, ty, location: Location::UNKNOWN });
        if usable {
            self.scopes.last_mut().unwrap().push(id);
        }
        id
    }

    /// Some value that can be used here, of any type.
    fn any(&mut self) -> Id {
        let all: Vec<Id> = self.scopes.iter().flatten().copied().collect();
        self.random.of(&all)
    }

    fn like(&mut self, ty: Type) -> Id {
        let all = self.scopes.iter().flatten().copied();
        let alike: Vec<Id> = all.filter(|id| self.program.ty(*id) == ty).collect();
        self.random.of(&alike)
    }

    fn index(&mut self) -> Id {
        self.like(Type::Index)
    }

    /// Often a value of the same type as `id`.
    fn partner(&mut self, id: Id) -> Id {
        if self.random.below(4) == 0 { self.any() } else { self.like(self.program.ty(id)) }
    }

    fn shape(&mut self) -> Shape {
        let sizes = [1, 2, 4, 16, 33];
        [self.random.of(&[1, 1, 1, 2]), self.random.of(&sizes), self.random.of(&sizes)]
    }

    fn declared(&mut self) -> Type {
        let dtype = self.random.of(&DType::ALL);
        Type::Tile(Elem::Num(dtype), self.shape())
    }

    /// An op that may or may not be valid, and its type as far as it must be said.
    fn candidate(&mut self) -> (Op, Type) {
        let (a, number) = (self.any(), self.random.below(28));
        let counted = Type::Tile(Elem::Num(DType::I32), self.shape());
        let same = self.program.shape(a);
        match number {
            0 if self.random.below(3) == 0 => (Op::Element(a), Type::Index),
            0 => (Op::Index(self.random.below(99) as i64 - 50), Type::Index),
            1 => (Op::Dim(self.random.below(3) as u32), Type::Index),
            2 => (Op::Grid(self.random.below(2) as u32), Type::Index),
            3 => (Op::Splat(a), counted),
            4 => (Op::Iota(self.random.below(4) as u32), counted),
            5..9 => (Op::Full(self.random.of(&[0.0, -0.0, 1.0, -1.5, 7.0, 1e9])), self.declared()),
            9 => (Op::Share(a), Type::None),
            10 => (Op::Transpose(a), Type::None),
            11 => (Op::Slices(a), Type::Tile(Elem::Bool, [2, 1, 1])),
            12 => (Op::Join(a), Type::None),
            13 => (Op::Unary(self.random.of(&UNARY).0, a), Type::None),
            14 => (
                Op::Reduce(self.random.of(&REDUCTION).0, self.random.below(3) as u32, a),
                Type::None,
            ),
            15 => (Op::Cast(a), Type::Tile(Elem::Num(self.random.of(&DType::ALL)), same)),
            16 => (self.mma(), Type::None),
            17..20 => self.memory(),
            20 => (Op::When { condition: a, body: Region::default() }, Type::None),
            21 => (self.fold(), Type::None),
            _ => (self.combination(a), Type::None),
        }
    }

    fn combination(&mut self, a: Id) -> Op {
        let b = self.partner(a);
        match self.random.below(6) {
            0 => Op::IndexOp(self.random.of(&INDEX).0, self.index(), self.index()),
            1 => Op::IndexCompare(self.random.of(&COMPARE).0, self.index(), self.index()),
            2 => Op::Compare(self.random.of(&COMPARE).0, a, b),
            3 => Op::Select(self.any(), a, b),
            4 => Op::Fma(self.any(), a, b),
            _ => Op::Binary(self.random.of(&BINARY).0, a, b),
        }
    }

    fn memory(&mut self) -> (Op, Type) {
        let (arg, at) = (self.random.below(4) as u32, [self.index(), self.index()]);
        let place = [self.random.below(3) as u32, self.random.below(3) as u32];
        let (of, [_, rows, cols]) = (self.any(), self.shape());
        let dtype = self.program.parts[arg as usize].dtype;
        match self.random.below(4) {
            0 => {
                let until = (self.random.below(2) == 0).then(|| self.index());
                (Op::Store { arg, at, until, value: of }, Type::None)
            }
            1 => {
                let all = self.scopes.iter().flatten().copied();
                let is_shared = |id: &Id| matches!(self.program.ty(*id), Type::Shared(..));
                let shared = all.rev().find(is_shared).unwrap_or(of);
                let elem = self.program.elem(shared).unwrap_or(Elem::Bool);
                (Op::Read { shared, at: place }, Type::Tile(elem, [1, rows, cols]))
            }
            2 => (Op::Window { of, at: place }, Type::Tile(Elem::Num(dtype), [1, rows, cols])),
            _ => {
                let fill = self.random.of(&[0.0, 3.0, f64::NEG_INFINITY]);
                (Op::Load { arg, at, fill }, Type::Tile(Elem::Num(dtype), [1, rows, cols]))
            }
        }
    }

    /// A product of operands that are there by chance.
    fn mma(&mut self) -> Op {
        let a = self.any();
        let (b, acc) = (self.partner(a), self.any());
        Op::Mma { a, b, acc }
    }

    fn fold(&mut self) -> Op {
        Op::Fold {
            lower: self.index(),
            upper: self.index(),
            step: self.random.below(64) as u32,
            stages: self.random.below(3) as u32,
            init: (0..self.random.below(3)).map(|_| self.any()).collect(),
            body: Region::default(),
        }
    }
}

fn header() -> Program {
    let by = |dim, mul, div| Extent { dim: Some(dim), mul, div };
    let part = |name: &str, role, dtype, extent, order: &str| {
        let order = order.parse().unwrap();
        Part { name: name.to_owned(), dtype, extent, order, role }
    };
    Program {
        name: "random".to_owned(),
        dims: ["m", "n", "k"].map(str::to_owned).to_vec(),
        multiples: vec![1, 16, 32],
        parts: vec![
            part("x", Role::Input, DType::F16, [by(0, 1, 1), by(2, 1, 1)], ""),
            part("w.quants", Role::Input, DType::U4, [by(1, 2, 1), by(2, 1, 32)], "k0 k1 n0 k2"),
            part(
                "y",
                Role::Output,
                DType::F32,
                [by(0, 3, 2), Extent { dim: None, mul: 7, div: 2 }],
                "",
            ),
            part("z", Role::InOut, DType::I32, [by(0, 1, 1), by(1, 1, 1)], "n0"),
        ],
        grid: vec![by(0, 1, 16), Extent { dim: None, mul: 3, div: 1 }],
        waves: Waves { slices: 1, rows: 4, cols: 2 },
        ahead: 2048,
        nodes: Vec::new(),
        body: Region::default(),
    }
}
