//! The typing rules of tile IR: what an op needs and what it makes.
//!
//! * The recording DSL and the verifier both ask here, so that they cannot disagree.
//! * A number's type is never changed silently: operands agree or an author converts.
//! * Element-wise arithmetic needs at least 8 bits; 4-bit numbers are loaded, stored, shared,
//!   reshaped, combined bitwise, converted and multiplied.
//! * Comparing, dividing, minimum and maximum treat integers as signed, so unsigned operands are
//!   refused there.
//! * A value outside a type's range is refused where it is written.

mod elements;
mod memory;
mod product;
mod shapes;

use super::super::{Elem, Id, IndexOp, Op, Program, Shape, Type};
use crate::diagnose::{Diagnostic, Location};
use kiln_targets::DType;
use shapes::sized;

/// The type of what `op` makes from values of `program`, or what is wrong with it.
///
/// `declared` supplies what operands do not determine: the shape of a load, the number type of a
/// conversion. The diagnostic has no location yet.
pub(crate) fn type_of(program: &Program, op: &Op, declared: Type) -> Result<Type, Diagnostic> {
    let rules = Rules { program, declared };
    match *op {
        Op::Index(value) => rules.constant(value),
        Op::Dim(dim) => rules.numbered("dim", dim, program.dims.len()),
        Op::Grid(axis) => rules.numbered("grid axis", axis, program.grid.len()),
        Op::IndexOp(op, a, b) => rules.index_op(op, a, b),
        Op::IndexCompare(_, a, b) => rules.indices(&[a, b]).map(|()| Type::Condition),
        Op::Element(tile) => rules.element(tile),
        Op::Bound => Ok(declared),
        Op::Load { arg, at, fill } => rules.load(arg, at, fill),
        Op::Store { arg, at, until, value } => rules.store(arg, (at, until), value),
        Op::Share(tile) => rules.share(tile),
        Op::Read { shared, at } => rules.read(shared, at),
        Op::Full(value) => rules.full(value),
        Op::Splat(index) => rules.indices(&[index]).and_then(|()| rules.counted()),
        Op::Iota(axis) => rules.axis(axis).and_then(|()| rules.counted()),
        Op::Unary(op, a) => rules.unary(op, a),
        Op::Binary(op, a, b) => rules.binary(op, a, b),
        Op::Compare(op, a, b) => rules.compare(op, a, b),
        Op::Fma(a, b, c) => rules.fma(a, b, c),
        Op::Select(condition, a, b) => rules.select(condition, a, b),
        Op::Cast(a) => rules.cast(a),
        Op::Transpose(a) => {
            rules.number(a).map(|(dtype, [s, r, c])| Type::Tile(Elem::Num(dtype), [s, c, r]))
        }
        Op::Slices(a) => rules.slices(a),
        Op::Join(a) => {
            rules.number(a).map(|(dtype, [s, r, c])| Type::Tile(Elem::Num(dtype), [1, r, s * c]))
        }
        Op::Window { of, at } => rules.window(of, at),
        Op::Mma { a, b, acc } => rules.mma(a, b, acc),
        Op::Reduce(op, axis, a) => rules.reduce(op, axis, a),
        Op::Fold { lower, upper, step, stages, ref init, .. } => {
            rules.fold([lower, upper], [step, stages], init)
        }
        Op::Result(fold, number) => rules.result(fold, number),
        Op::When { condition, .. } => match program.ty(condition) {
            Type::Condition => Ok(Type::None),
            other => fault(format!("a condition is needed here, not {other}")),
        },
    }
}

/// Checks that a type can hold a number: integers exactly, floats without overflow.
pub(crate) fn representable(value: f64, dtype: DType) -> Result<(), Diagnostic> {
    let fits = match dtype.range() {
        Some((low, high)) => value.fract() == 0.0 && (low as f64..=high as f64).contains(&value),
        None => !value.is_finite() || dtype.decode(dtype.encode(value as f32)).is_finite(),
    };
    match (fits, dtype.range()) {
        (true, _) => Ok(()),
        (false, Some((low, high))) => Err(error(format!("{value} is not a number of {dtype}"))
            .note(format!("{dtype} holds the whole numbers {low} to {high}"))),
        (false, None) => Err(error(format!("{value} overflows {dtype}"))
            .note("use a smaller number, or convert the tile to F32 first")),
    }
}

struct Rules<'p> {
    program: &'p Program,
    declared: Type,
}

type Typed = Result<Type, Diagnostic>;

impl Rules<'_> {
    fn constant(&self, value: i64) -> Typed {
        match i32::try_from(value) {
            Ok(_) => Ok(Type::Index),
            Err(_) => Err(error(format!("{value} does not fit an index, which has 32 bits"))
                .note("indices count elements, rows or columns, not bytes")),
        }
    }

    fn numbered(&self, what: &str, number: u32, count: usize) -> Typed {
        if (number as usize) < count {
            return Ok(Type::Index);
        }
        fault(format!("there is no {what} {number}: the kernel has {count}"))
    }

    fn indices(&self, ids: &[Id]) -> Result<(), Diagnostic> {
        match ids.iter().map(|id| self.program.ty(*id)).find(|ty| *ty != Type::Index) {
            None => Ok(()),
            Some(other) => Err(error(format!("an index is needed here, not {other}"))),
        }
    }

    fn index_op(&self, op: IndexOp, a: Id, b: Id) -> Typed {
        self.indices(&[a, b])?;
        let divides = matches!(op, IndexOp::Div | IndexOp::Rem);
        match self.program.node(b).op {
            Op::Index(divisor) if divides && divisor <= 0 => {
                Err(error(format!("an index is divided by {divisor}"))
                    .note("divisors of indices are positive"))
            }
            _ => Ok(Type::Index),
        }
    }

    /// Number type and shape of a register tile that holds numbers.
    fn number(&self, id: Id) -> Result<(DType, Shape), Diagnostic> {
        match self.program.ty(id) {
            Type::Tile(Elem::Num(dtype), shape) => Ok((dtype, shape)),
            other => Err(error(format!("a tile of numbers is needed here, not {other}"))),
        }
    }

    fn tile(&self, id: Id) -> Result<(Elem, Shape), Diagnostic> {
        match self.program.ty(id) {
            Type::Tile(elem, shape) => Ok((elem, shape)),
            other => Err(error(format!("a tile is needed here, not {other}"))),
        }
    }

    /// The declared type, which must be a tile of numbers of sensible size.
    fn declared(&self) -> Result<(DType, Shape), Diagnostic> {
        let Type::Tile(Elem::Num(dtype), shape) = self.declared else {
            return Err(error(format!("this makes a tile of numbers, not {}", self.declared)));
        };
        sized(shape).map(|()| (dtype, shape))
    }

    fn counted(&self) -> Typed {
        match self.declared()? {
            (DType::I32, _) => Ok(self.declared),
            (other, _) => fault(format!("coordinates are i32 numbers, not {other}")),
        }
    }

    fn element(&self, tile: Id) -> Typed {
        match self.number(tile)? {
            (DType::I32, [1, 1, 1]) => Ok(Type::Index),
            (dtype, [slices, rows, cols]) => {
                Err(error(format!("a tile of {slices} x {rows} x {cols} {dtype} is no index"))
                    .note("an index is made of a single i32: load a [1, 1] window or reduce"))
            }
        }
    }

    fn axis(&self, axis: u32) -> Result<(), Diagnostic> {
        if axis < 3 {
            return Ok(());
        }
        Err(error(format!("a tile has no axis {axis}"))
            .note("axis 0 counts slices, axis 1 rows and axis 2 columns"))
    }

    fn full(&self, value: f64) -> Typed {
        let (dtype, _) = self.declared()?;
        representable(value, dtype).map(|()| self.declared)
    }

    fn fold(&self, ends: [Id; 2], [step, stages]: [u32; 2], init: &[Id]) -> Typed {
        self.indices(&ends)?;
        if step == 0 || i32::try_from(step).is_err() {
            return Err(error(format!("a loop cannot advance by {step}"))
                .note("each step is at least 1 element and fits an index"));
        }
        if !(1..=2).contains(&stages) {
            return Err(error(format!("a loop cannot have {stages} stages"))
                .note("1 waits for each staged tile, 2 fetches the next one meanwhile"));
        }
        init.iter().try_for_each(|id| self.number(*id).map(|_| ())).map(|()| Type::None)
    }

    fn result(&self, fold: Id, number: u32) -> Typed {
        let Op::Fold { init, .. } = &self.program.node(fold).op else {
            return fault("only a loop has results");
        };
        match init.get(number as usize) {
            Some(id) => Ok(self.program.ty(*id)),
            None => fault(format!("the loop carries {} values; there is no {number}", init.len())),
        }
    }
}

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Location::UNKNOWN, message)
}

fn fault<T>(message: impl Into<String>) -> Result<T, Diagnostic> {
    Err(error(message))
}
