//! Tile IR: what a recipe says, free of layouts, waves and addresses.
//!
//! Laws of this level:
//! * A tile is an immutable value of shape `[slices, rows, cols]`; most tiles have one slice.
//! * Element-wise operands agree in every axis or have size 1 there, which broadcasts.
//! * A load outside an argument's logical extent yields its fill value; a store outside writes
//!   nothing. Edges are therefore never the author's business.
//! * Indices are uniform across the workgroup by construction, so control flow cannot diverge.
//! * Shared tiles live in workgroup memory; writing and reading them is ordered by the compiler.
//! * Values are defined once, before use, in their own region or one around it.

mod hash;
mod parse;
mod print;
mod uses;
mod verify;

pub use hash::digest;
pub use parse::parse;
pub use print::{print, print_located};
pub use verify::verify;

pub(crate) use parse::{is_name, parse_extent};
pub(crate) use print::dtype_constant;
pub(crate) use uses::Uses;
pub(crate) use verify::typing;

use crate::diagnose::Location;
use kiln_targets::{DType, Order};

/// Identifies a value of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

/// Slices, rows and columns of a tile.
pub type Shape = [u32; 3];

/// Element type of a tile: a number or a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// A number.
    Num(DType),
    /// A truth value.
    Bool,
}

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A uniform integer.
    Index,
    /// A uniform truth value.
    Condition,
    /// A tile in registers.
    Tile(Elem, Shape),
    /// A tile in workgroup memory.
    Shared(DType, Shape),
    /// The product of an op that only acts ([`Op::Store`], [`Op::When`]), or of a wrong one.
    None,
}

/// Binary operations on indices; division rounds toward zero and divisors are positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexOp {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// Remainder.
    Rem,
    /// Smaller one.
    Min,
    /// Larger one.
    Max,
}

/// Reductions along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Sum; integers exact, floats in any order.
    Sum,
    /// Maximum.
    Max,
    /// Minimum.
    Min,
}

pub use crate::lane::{Binary, Compare, Unary};

/// The operations of tile IR.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant index.
    Index(i64),
    /// The run-time value of dim `.0` of the program.
    Dim(u32),
    /// Index of this workgroup along grid axis `.0`.
    Grid(u32),
    /// Index arithmetic.
    IndexOp(IndexOp, Id, Id),
    /// Comparison of two indices.
    IndexCompare(Compare, Id, Id),
    /// The only element of an I32 tile as an index; a negative number counts as 0.
    Element(Id),
    /// A value defined by the enclosing [`Op::Fold`]: its induction index or a carried value.
    Bound,
    /// A tile of `shape[1] x shape[2]` elements of an argument part, from row `at[0]`, column
    /// `at[1]` of its logical matrix; outside its extent, `fill`.
    Load {
        /// Argument part.
        arg: u32,
        /// First row and column.
        at: [Id; 2],
        /// Value outside the argument's extent.
        fill: f64,
    },
    /// Stores a tile of one slice at row `at[0]`, column `at[1]`; outside the extent nothing.
    Store {
        /// Argument part.
        arg: u32,
        /// First row and column.
        at: [Id; 2],
        /// Rows of the argument from this one on are left alone.
        until: Option<Id>,
        /// The tile.
        value: Id,
    },
    /// Puts a tile of one slice into workgroup memory.
    Share(Id),
    /// Reads a window of a shared tile from row `at[0]`, column `at[1]`.
    Read {
        /// The shared tile.
        shared: Id,
        /// First row and column of the window.
        at: [u32; 2],
    },
    /// Every element the same number.
    Full(f64),
    /// Every element the uniform index (an I32 tile).
    Splat(Id),
    /// Every element its own coordinate along axis `.0` (0 slices, 1 rows, 2 cols; an I32 tile).
    Iota(u32),
    /// Element-wise operation.
    Unary(Unary, Id),
    /// Element-wise operation with broadcasting.
    Binary(Binary, Id, Id),
    /// `a * b + c` of F32, rounded once, with broadcasting.
    Fma(Id, Id, Id),
    /// Element-wise comparison with broadcasting.
    Compare(Compare, Id, Id),
    /// `condition ? a : b` with broadcasting.
    Select(Id, Id, Id),
    /// Number conversion (rounding as [`crate::lane::Op::Cast`] says).
    Cast(Id),
    /// Rows and columns exchanged.
    Transpose(Id),
    /// `[1, r, c]` seen as `[s, r, c / s]`: slice `i` holds columns `i * c / s ..`.
    Slices(Id),
    /// `[s, r, c]` seen as `[1, r, s * c]`: the inverse of [`Op::Slices`].
    Join(Id),
    /// The sub-tile of the result's rows and columns from row `at[0]`, column `at[1]`.
    Window {
        /// The tile.
        of: Id,
        /// First row and column.
        at: [u32; 2],
    },
    /// `acc[s, i, j] + sum over k of a[s, i, k] * b[s, k, j]`; integer products are exact and
    /// wrap at 32 bits, float products accumulate in f32 in any order.
    Mma {
        /// Left operand `[s, i, k]`.
        a: Id,
        /// Right operand `[s, k, j]`.
        b: Id,
        /// Accumulator `[s, i, j]`, I32 or F32.
        acc: Id,
    },
    /// Reduction along an axis (0, 1 or 2), which becomes size 1.
    Reduce(Reduction, u32, Id),
    /// Runs the region for `index` from `lower` below `upper` by `step`; region parameters are
    /// the index and the carried values, its yields the next carried values. The results are read
    /// by [`Op::Result`].
    Fold {
        /// First index.
        lower: Id,
        /// End, exclusive.
        upper: Id,
        /// Increment.
        step: u32,
        /// Buffers per shared tile of the body (1 or 2).
        stages: u32,
        /// Carried values at the start.
        init: Vec<Id>,
        /// The body.
        body: Region,
    },
    /// Carried value number `.1` at the end of a fold.
    Result(Id, u32),
    /// Runs the region where the condition holds.
    When {
        /// The condition.
        condition: Id,
        /// The body; yields nothing.
        body: Region,
    },
}

/// A nested list of values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// [`Op::Bound`] values: the index, then the carried values.
    pub params: Vec<Id>,
    /// Values in program order.
    pub values: Vec<Id>,
    /// Next carried values.
    pub yields: Vec<Id>,
}

/// A value: its op, type and origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// How it is made.
    pub op: Op,
    /// Its type.
    pub ty: Type,
    /// The recipe line that made it.
    pub location: Location,
}

/// Whether a kernel reads or writes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Read.
    Input,
    /// Written.
    Output,
    /// Read, then written.
    InOut,
}

/// `ceil(dim * mul / div)`, where an absent dim counts as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Number of a dim of the program.
    pub dim: Option<u32>,
    /// Factor, positive.
    pub mul: u32,
    /// Divisor, positive.
    pub div: u32,
}

/// One part of an argument: a matrix in global memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Name, as `w.scales` or `y`.
    pub name: String,
    /// Element type in memory.
    pub dtype: DType,
    /// Logical rows and columns.
    pub extent: [Extent; 2],
    /// Memory order; the buffer holds whole blocks of it.
    pub order: Order,
    /// Whether it is read or written.
    pub role: Role,
}

/// How the waves of a workgroup divide the result of a matrix product. Powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waves {
    /// Waves along slices.
    pub slices: u32,
    /// Waves along rows.
    pub rows: u32,
    /// Waves along columns.
    pub cols: u32,
}

impl Waves {
    /// Waves in the workgroup.
    pub fn count(&self) -> u32 {
        self.slices * self.rows * self.cols
    }
}

/// A kernel as a tile program.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Symbol of the kernel.
    pub name: String,
    /// Names of the run-time dims.
    pub dims: Vec<String>,
    /// Known divisors of the dims (1 where nothing is known).
    pub multiples: Vec<u32>,
    /// Argument parts in ABI order.
    pub parts: Vec<Part>,
    /// Workgroups along each grid axis, fastest first.
    pub grid: Vec<Extent>,
    /// Division of work between waves.
    pub waves: Waves,
    /// Bytes by which a host asks for streamed memory ahead of its use; 0 for not at all.
    pub ahead: u32,
    /// Arena of values.
    pub nodes: Vec<Node>,
    /// The program.
    pub body: Region,
}

impl Program {
    /// A value's node.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A value's type.
    pub fn ty(&self, id: Id) -> Type {
        self.node(id).ty
    }

    /// Shape of a tile or shared tile; `[1, 1, 1]` for anything else.
    pub fn shape(&self, id: Id) -> Shape {
        match self.ty(id) {
            Type::Tile(_, shape) | Type::Shared(_, shape) => shape,
            _ => [1, 1, 1],
        }
    }

    /// Element type of a tile.
    pub fn elem(&self, id: Id) -> Option<Elem> {
        match self.ty(id) {
            Type::Tile(elem, _) => Some(elem),
            Type::Shared(dtype, _) => Some(Elem::Num(dtype)),
            _ => None,
        }
    }
}
