//! A minimal way to write tile programs down.

use crate::diagnose::Location;
use crate::tile::{
    Binary, Elem, Extent, Id, IndexOp, Node, Op, Part, Program, Region, Role, Shape, Type, Waves,
};
use kiln_targets::{DType, Order};

/// A program under construction.
pub(super) struct Build {
    program: Program,
    open: Vec<Region>,
}

impl Build {
    pub(super) fn new() -> Build {
        let program = Program {
            name: "test".to_owned(),
            dims: Vec::new(),
            multiples: Vec::new(),
            parts: Vec::new(),
            grid: Vec::new(),
            waves: Waves { slices: 1, rows: 1, cols: 1 },
            ahead: 0,
            nodes: Vec::new(),
            body: Region::default(),
        };
        Build { program, open: vec![Region::default()] }
    }

    pub(super) fn finish(mut self) -> Program {
        self.program.body = self.open.pop().unwrap();
        self.program
    }

    /// A dim; as an extent.
    pub(super) fn dim(&mut self, name: &str) -> Extent {
        self.program.dims.push(name.to_owned());
        self.program.multiples.push(1);
        Extent { dim: Some(self.program.dims.len() as u32 - 1), mul: 1, div: 1 }
    }

    /// A constant extent.
    pub(super) fn fixed(size: u32) -> Extent {
        Extent { dim: None, mul: size, div: 1 }
    }

    pub(super) fn part(
        &mut self,
        name: &str,
        dtype: DType,
        extent: [Extent; 2],
        order: &str,
        role: Role,
    ) -> u32 {
        let order = Order::parse(order).unwrap();
        self.program.parts.push(Part { name: name.to_owned(), dtype, extent, order, role });
        self.program.parts.len() as u32 - 1
    }

    /// A grid axis of `ceil(extent / by)` workgroups; the workgroup's first element along it.
    pub(super) fn grid(&mut self, of: Extent, by: u32) -> Id {
        self.program.grid.push(Extent { div: of.div * by, ..of });
        let axis = self.op(Op::Grid(self.program.grid.len() as u32 - 1), Type::Index);
        let by = self.index(i64::from(by));
        self.op(Op::IndexOp(IndexOp::Mul, axis, by), Type::Index)
    }

    pub(super) fn op(&mut self, op: Op, ty: Type) -> Id {
        self.program.nodes.push(Node { op, ty, location: Location { file: "test.rs", line: 7 } });
        let id = Id(self.program.nodes.len() as u32 - 1);
        self.open.last_mut().unwrap().values.push(id);
        id
    }

    pub(super) fn tile(&mut self, op: Op, dtype: DType, shape: Shape) -> Id {
        self.op(op, Type::Tile(Elem::Num(dtype), shape))
    }

    pub(super) fn mask(&mut self, op: Op, shape: Shape) -> Id {
        self.op(op, Type::Tile(Elem::Bool, shape))
    }

    pub(super) fn index(&mut self, value: i64) -> Id {
        self.op(Op::Index(value), Type::Index)
    }

    pub(super) fn size(&mut self, dim: u32) -> Id {
        self.op(Op::Dim(dim), Type::Index)
    }

    pub(super) fn load(&mut self, arg: u32, at: [Id; 2], [rows, cols]: [u32; 2]) -> Id {
        let dtype = self.program.parts[arg as usize].dtype;
        self.tile(Op::Load { arg, at, fill: 0.0 }, dtype, [1, rows, cols])
    }

    pub(super) fn store(&mut self, arg: u32, at: [Id; 2], value: Id) {
        self.op(Op::Store { arg, at, until: None, value }, Type::None);
    }

    pub(super) fn full(&mut self, value: f64, dtype: DType, shape: Shape) -> Id {
        self.tile(Op::Full(value), dtype, shape)
    }

    pub(super) fn transpose(&mut self, of: Id) -> Id {
        let [slices, rows, cols] = self.program.shape(of);
        let Some(Elem::Num(dtype)) = self.program.elem(of) else { panic!("a mask") };
        self.tile(Op::Transpose(of), dtype, [slices, cols, rows])
    }

    /// A binary operation whose first operand has the result's type.
    pub(super) fn binary(&mut self, op: Binary, a: Id, b: Id) -> Id {
        let ty = self.program.ty(a);
        self.op(Op::Binary(op, a, b), ty)
    }

    pub(super) fn mma(&mut self, a: Id, b: Id, acc: Id) -> Id {
        let ty = self.program.ty(acc);
        self.op(Op::Mma { a, b, acc }, ty)
    }

    /// A fold from 0 to `upper`; `body` receives the index and the carried values.
    pub(super) fn fold(
        &mut self,
        upper: Id,
        step: u32,
        init: &[Id],
        body: impl FnOnce(&mut Build, Id, &[Id]) -> Vec<Id>,
    ) -> Vec<Id> {
        let lower = self.index(0);
        self.open.push(Region::default());
        let index = self.op(Op::Bound, Type::Index);
        let types: Vec<Type> = init.iter().map(|id| self.program.ty(*id)).collect();
        let carried: Vec<Id> = types.iter().map(|ty| self.op(Op::Bound, *ty)).collect();
        let yields = body(self, index, &carried);
        let mut region = self.open.pop().unwrap();
        region.values.drain(..=init.len());
        region.params = [vec![index], carried].concat();
        region.yields = yields;
        let init = init.to_vec();
        let fold =
            self.op(Op::Fold { lower, upper, step, stages: 1, init, body: region }, Type::None);
        (0..).zip(types).map(|(number, ty)| self.op(Op::Result(fold, number), ty)).collect()
    }

    pub(super) fn when(&mut self, condition: Id, body: impl FnOnce(&mut Build)) {
        self.open.push(Region::default());
        body(self);
        let body = self.open.pop().unwrap();
        self.op(Op::When { condition, body }, Type::None);
    }
}

/// A program that applies `make` to a tile of `[1, rows, cols]` and stores what it returns.
pub(super) fn apply(
    from: DType,
    [rows, cols]: [u32; 2],
    to: DType,
    [out_rows, out_cols]: [u32; 2],
    make: impl FnOnce(&mut Build, Id) -> Id,
) -> Program {
    let mut b = Build::new();
    let [m, k, i, j] = [rows, cols, out_rows, out_cols].map(Build::fixed);
    let x = b.part("x", from, [m, k], "", Role::Input);
    let y = b.part("y", to, [i, j], "", Role::Output);
    let zero = b.index(0);
    let tile = b.load(x, [zero; 2], [rows, cols]);
    let made = make(&mut b, tile);
    b.store(y, [zero; 2], made);
    b.finish()
}
