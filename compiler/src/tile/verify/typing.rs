//! The typing rules of tile IR: what an op needs and what it makes.
//!
//! * The recording DSL and the verifier both ask here, so that they cannot disagree.
//! * A number's type is never changed silently: operands agree or an author converts.
//! * Element-wise arithmetic needs at least 8 bits; 4-bit numbers are loaded, stored, shared,
//!   reshaped, combined bitwise, converted and multiplied.
//! * Comparing, dividing, minimum and maximum treat integers as signed, so unsigned operands are
//!   refused there.
//! * A value outside a type's range is refused where it is written.

use super::super::print::{UNARY, binary_symbol, compare_symbol, dtype_constant, shape_text, word};
use super::super::{
    Binary, Compare, Elem, Id, IndexOp, Op, Program, Reduction, Role, Shape, Type, Unary,
};
use crate::diagnose::{Diagnostic, Location};
use kiln_targets::DType;

/// Most elements of one tile.
const MAX_ELEMENTS: u64 = 1 << 24;

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
        Op::Bound => Ok(declared),
        Op::Load { arg, at, fill } => rules.load(arg, at, fill),
        Op::Store { arg, at, value } => rules.store(arg, at, value),
        Op::Share(tile) => rules.share(tile),
        Op::Read { shared, at } => rules.read(shared, at),
        Op::Full(value) => rules.full(value),
        Op::Splat(index) => rules.indices(&[index]).and_then(|()| rules.counted()),
        Op::Iota(axis) => rules.axis(axis).and_then(|()| rules.counted()),
        Op::Unary(op, a) => rules.unary(op, a),
        Op::Binary(op, a, b) => rules.binary(op, a, b),
        Op::Compare(op, a, b) => rules.compare(op, a, b),
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

/// Whether every number of `dtype` arithmetic can hold `value` (floats: without overflow).
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
            Err(_) => fault(format!("{value} does not fit an index, which has 32 bits")),
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
                fault(format!("an index is divided by {divisor}; divisors are positive"))
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

    fn axis(&self, axis: u32) -> Result<(), Diagnostic> {
        if axis < 3 {
            return Ok(());
        }
        Err(error(format!("a tile has no axis {axis}"))
            .note("axis 0 counts slices, axis 1 rows and axis 2 columns"))
    }

    fn load(&self, arg: u32, at: [Id; 2], fill: f64) -> Typed {
        let part = self.part(arg)?;
        let (name, dtype) = (&part.name, part.dtype);
        if part.role == Role::Output {
            return Err(error(format!("`{name}` is an output and cannot be read"))
                .note("declare it with .inout(..) to read what it holds before the kernel runs"));
        }
        self.indices(&at)?;
        representable(fill, dtype)?;
        match self.declared()? {
            (loaded, [1, _, _]) if loaded == dtype => Ok(self.declared),
            _ => fault(format!("`{name}` is loaded as {dtype} tiles of one slice")),
        }
    }

    fn store(&self, arg: u32, at: [Id; 2], value: Id) -> Typed {
        let part = self.part(arg)?;
        let (name, dtype) = (&part.name, part.dtype);
        if part.role == Role::Input {
            return Err(error(format!("`{name}` is an input and cannot be written"))
                .note("declare it with .output(..) or .inout(..)"));
        }
        self.indices(&at)?;
        let (stored, shape) = self.number(value)?;
        one_slice("stored", shape)?;
        if stored == dtype {
            return Ok(Type::None);
        }
        Err(error(format!("`{name}` holds {dtype} and cannot take {stored}"))
            .note(format!("convert the tile with .to({})", dtype_constant(dtype))))
    }

    fn part(&self, arg: u32) -> Result<&super::super::Part, Diagnostic> {
        let parts = &self.program.parts;
        parts.get(arg as usize).ok_or_else(|| {
            error(format!("there is no argument {arg}: the kernel has {}", parts.len()))
        })
    }

    fn share(&self, tile: Id) -> Typed {
        let (dtype, shape) = self.number(tile)?;
        one_slice("shared", shape)?;
        Ok(Type::Shared(dtype, shape))
    }

    fn read(&self, shared: Id, at: [u32; 2]) -> Typed {
        let Type::Shared(dtype, whole) = self.program.ty(shared) else {
            let other = self.program.ty(shared);
            return fault(format!("a shared tile is needed here, not {other}"));
        };
        match self.declared()? {
            (read, [1, rows, cols]) if read == dtype => {
                inside("shared tile", at, [rows, cols], whole).map(|()| self.declared)
            }
            _ => fault(format!("a shared tile of {dtype} is read as {dtype} tiles of one slice")),
        }
    }

    fn full(&self, value: f64) -> Typed {
        let (dtype, _) = self.declared()?;
        representable(value, dtype).map(|()| self.declared)
    }

    fn unary(&self, op: Unary, a: Id) -> Typed {
        let (elem, shape) = self.tile(a)?;
        let name = word(&UNARY, op);
        let allowed = match (op, elem) {
            (Unary::Not, Elem::Bool) => true,
            (Unary::Not, Elem::Num(dtype)) => dtype.is_integer(),
            (_, Elem::Bool) => return fault(format!("{name} needs numbers, not truth values")),
            (Unary::Neg | Unary::Abs, Elem::Num(dtype)) => dtype.is_signed() && dtype.bits() > 4,
            (Unary::RoundEven, Elem::Num(dtype)) => dtype.is_float(),
            (_, Elem::Num(dtype)) => dtype == DType::F32,
        };
        match (allowed, elem) {
            (false, Elem::Num(dtype)) => {
                Err(error(format!("{name} does not take {dtype}")).note(unary_remedy(op)))
            }
            _ => Ok(Type::Tile(elem, shape)),
        }
    }

    fn binary(&self, op: Binary, a: Id, b: Id) -> Typed {
        let text = |a: &str, b: &str| binary_symbol(op, a, b);
        let (elem, shape) = self.broadcast(text, a, b)?;
        let bitwise = matches!(op, Binary::And | Binary::Or | Binary::Xor);
        let shift = matches!(op, Binary::Shl | Binary::Shr | Binary::Sar);
        let signed = matches!(op, Binary::Div | Binary::Rem | Binary::Min | Binary::Max);
        let Elem::Num(dtype) = elem else {
            if bitwise {
                return Ok(Type::Tile(elem, shape));
            }
            return fault(format!("{} needs numbers, not truth values", text("a", "b")));
        };
        let whole = bitwise || shift || op == Binary::Rem;
        if whole && dtype.is_float() {
            return Err(error(format!("{} needs integers, not {dtype}", text("a", "b")))
                .note("convert both sides with .to(I32)"));
        }
        arithmetic(&text("a", "b"), dtype, bitwise, signed)?;
        Ok(Type::Tile(elem, shape))
    }

    fn compare(&self, op: Compare, a: Id, b: Id) -> Typed {
        let text = |a: &str, b: &str| format!("{a} {} {b}", compare_symbol(op));
        let (elem, shape) = self.broadcast(text, a, b)?;
        let Elem::Num(dtype) = elem else {
            return Err(
                error("truth values are not compared").note("combine masks with &, | and !")
            );
        };
        let ordering = !matches!(op, Compare::Eq | Compare::Ne);
        arithmetic(&text("a", "b"), dtype, false, ordering)?;
        Ok(Type::Tile(Elem::Bool, shape))
    }

    /// Common element type and broadcast shape of two tiles.
    fn broadcast(
        &self,
        text: impl Fn(&str, &str) -> String,
        a: Id,
        b: Id,
    ) -> Result<(Elem, Shape), Diagnostic> {
        let ((a_elem, a_shape), (b_elem, b_shape)) = (self.tile(a)?, self.tile(b)?);
        if a_elem != b_elem {
            let both = text(&a_elem.to_string(), &b_elem.to_string());
            return Err(
                error(format!("element types differ: {both}")).note(conversion(a_elem, b_elem))
            );
        }
        match joined(a_shape, b_shape) {
            Ok(shape) => sized(shape).map(|()| (a_elem, shape)),
            Err(axis) => {
                let both = text(&shape_text(a_shape), &shape_text(b_shape));
                Err(error(format!("shapes do not broadcast: {both}"))
                    .note(mismatch(axis, a_shape, b_shape)))
            }
        }
    }

    fn select(&self, condition: Id, a: Id, b: Id) -> Typed {
        let (mask, mask_shape) = self.tile(condition)?;
        if mask != Elem::Bool {
            return fault(format!("a mask is needed to select, not a tile of {mask}"));
        }
        let (elem, shape) = self.broadcast(|a, b| format!("select({a}, {b})"), a, b)?;
        match joined(mask_shape, shape) {
            Ok(shape) => sized(shape).map(|()| Type::Tile(elem, shape)),
            Err(axis) => {
                let (mask, tile) = (shape_text(mask_shape), shape_text(shape));
                Err(error(format!("a {mask} mask does not broadcast to a {tile} tile"))
                    .note(mismatch(axis, mask_shape, shape)))
            }
        }
    }

    fn cast(&self, a: Id) -> Typed {
        let (_, shape) = self.number(a)?;
        match self.declared()? {
            (_, declared) if declared == shape => Ok(self.declared),
            _ => fault("a conversion keeps its shape"),
        }
    }

    fn slices(&self, a: Id) -> Typed {
        let (dtype, shape) = self.number(a)?;
        one_slice("sliced", shape)?;
        let Type::Tile(_, [count, ..]) = self.declared else {
            return fault(format!("slicing makes a tile, not {}", self.declared));
        };
        let [_, rows, cols] = shape;
        if !count.is_power_of_two() || cols % count != 0 {
            return Err(error(format!("{cols} columns do not fall into {count} slices"))
                .note("the number of slices is a power of two that divides the columns"));
        }
        Ok(Type::Tile(Elem::Num(dtype), [count, rows, cols / count]))
    }

    fn window(&self, of: Id, at: [u32; 2]) -> Typed {
        let (dtype, whole) = self.number(of)?;
        let (_, [_, rows, cols]) = self.declared()?;
        inside("tile", at, [rows, cols], whole)?;
        Ok(Type::Tile(Elem::Num(dtype), [whole[0], rows, cols]))
    }

    fn mma(&self, a: Id, b: Id, acc: Id) -> Typed {
        let ((a, a_shape), (b, b_shape)) = (self.number(a)?, self.number(b)?);
        let (c, c_shape) = self.number(acc)?;
        let Some(product) = product_of(a, b) else {
            return Err(error(format!("a matrix product does not take {a} x {b}"))
                .note("both sides are 4-bit integers, 8-bit integers, f16, bf16 or f32"));
        };
        if c != product {
            return Err(error(format!("{a} x {b} accumulates in {product}, not {c}"))
                .note(format!("start from k.zeros({}, ..)", dtype_constant(product))));
        }
        let ([s, i, k], [t, l, j]) = (a_shape, b_shape);
        if (s, k) == (t, l) && c_shape == [s, i, j] {
            return Ok(Type::Tile(Elem::Num(c), c_shape));
        }
        let [a, b, c] = [a_shape, b_shape, c_shape].map(shape_text);
        Err(error(format!("shapes do not multiply: {a} x {b} into {c}"))
            .note("columns of the left side equal rows of the right side; the sum has the rows of the left and the columns of the right")
            .note(".transposed() exchanges rows and columns"))
    }

    fn reduce(&self, op: Reduction, axis: u32, a: Id) -> Typed {
        let (dtype, mut shape) = self.number(a)?;
        self.axis(axis)?;
        let name = format!("{}_over", format!("{op:?}").to_lowercase());
        arithmetic(&name, dtype, false, op != Reduction::Sum)?;
        shape[axis as usize] = 1;
        Ok(Type::Tile(Elem::Num(dtype), shape))
    }

    fn fold(&self, ends: [Id; 2], [step, stages]: [u32; 2], init: &[Id]) -> Typed {
        self.indices(&ends)?;
        if step == 0 || i32::try_from(step).is_err() {
            return fault(format!("a loop cannot advance by {step}"));
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

/// The accumulator's type in a product of two number types.
fn product_of(a: DType, b: DType) -> Option<DType> {
    use DType::{BF16, F16, F32, I4, I8, I32, U4, U8};
    match (a, b) {
        (U4 | I4, U4 | I4) | (U8 | I8, U8 | I8) => Some(I32),
        (F16, F16) | (BF16, BF16) | (F32, F32) => Some(F32),
        _ => None,
    }
}

fn arithmetic(text: &str, dtype: DType, bitwise: bool, signed: bool) -> Result<(), Diagnostic> {
    let narrow = dtype.bits() < 8 && !bitwise;
    if narrow || (signed && !dtype.is_signed()) {
        return Err(error(format!("{text} does not take {dtype}"))
            .note("convert the tile with .to(I32) first"));
    }
    Ok(())
}

fn unary_remedy(op: Unary) -> &'static str {
    match op {
        Unary::Not => "convert the tile with .to(I32) first",
        Unary::Neg | Unary::Abs => {
            "it needs a signed type of 8 bits or more; convert with .to(I32)"
        }
        _ => "convert the tile with .to(F32) first",
    }
}

fn conversion(a: Elem, b: Elem) -> String {
    match (a, b) {
        (Elem::Num(a), Elem::Num(b)) => {
            let (a, b) = (dtype_constant(a), dtype_constant(b));
            format!("convert one side with .to({a}) or .to({b})")
        }
        _ => "a mask turns into numbers with mask.select(a, b)".to_owned(),
    }
}

/// The broadcast of two shapes, or the first axis that disagrees.
fn joined(a: Shape, b: Shape) -> Result<Shape, usize> {
    let mut shape = a;
    for axis in 0..3 {
        shape[axis] = match (a[axis], b[axis]) {
            (1, size) | (size, 1) => size,
            (one, other) if one == other => one,
            _ => return Err(axis),
        };
    }
    Ok(shape)
}

fn mismatch(axis: usize, a: Shape, b: Shape) -> String {
    let (name, x, y) = (["slices", "rows", "columns"][axis], a[axis], b[axis]);
    let fixed = [a[0], a[2], a[1]];
    let hint = if joined(fixed, b).is_ok() { "; did you mean .transposed()?" } else { "" };
    format!("{x} {name} against {y}: sizes agree, or one of them is 1{hint}")
}

fn one_slice(what: &str, shape: Shape) -> Result<(), Diagnostic> {
    if shape[0] == 1 {
        return Ok(());
    }
    Err(error(format!("a tile of {} slices cannot be {what}", shape[0]))
        .note("reduce over axis 0 first"))
}

fn inside(what: &str, at: [u32; 2], size: [u32; 2], whole: Shape) -> Result<(), Diagnostic> {
    let fits =
        |axis: usize| at[axis].checked_add(size[axis]).is_some_and(|end| end <= whole[axis + 1]);
    if fits(0) && fits(1) {
        return Ok(());
    }
    let whole = shape_text(whole);
    Err(error(format!("the window {size:?} at {at:?} reaches outside the {whole} {what}"))
        .note("both its first element and its end lie within the tile"))
}

/// Refuses empty and absurdly large tiles.
fn sized(shape: Shape) -> Result<(), Diagnostic> {
    let elements: u64 = shape.iter().fold(1, |all, size| all.saturating_mul(u64::from(*size)));
    match elements {
        0 => Err(error(format!("a {} tile has no elements", shape_text(shape)))),
        1..=MAX_ELEMENTS => Ok(()),
        _ => Err(error(format!("a {} tile is too large", shape_text(shape)))
            .note(format!("a tile has at most {MAX_ELEMENTS} elements"))),
    }
}

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Location::UNKNOWN, message)
}

fn fault<T>(message: impl Into<String>) -> Result<T, Diagnostic> {
    Err(error(message))
}
