//! Words of the text form, the same for printing, parsing and messages.

use super::super::{Binary, Compare, Elem, Extent, IndexOp, Reduction, Role, Shape, Type, Unary};
use kiln_targets::DType;
use std::fmt;

/// Element-wise operations on one operand.
pub(in super::super) const UNARY: [(Unary, &str); 8] = [
    (Unary::Neg, "neg"),
    (Unary::Abs, "abs"),
    (Unary::Exp2, "exp2"),
    (Unary::Log2, "log2"),
    (Unary::Rsqrt, "rsqrt"),
    (Unary::Recip, "recip"),
    (Unary::RoundEven, "round_even"),
    (Unary::Not, "not"),
];

/// Element-wise operations on two operands.
pub(in super::super) const BINARY: [(Binary, &str); 13] = [
    (Binary::Add, "add"),
    (Binary::Sub, "sub"),
    (Binary::Mul, "mul"),
    (Binary::Div, "div"),
    (Binary::Rem, "rem"),
    (Binary::Min, "min"),
    (Binary::Max, "max"),
    (Binary::And, "and"),
    (Binary::Or, "or"),
    (Binary::Xor, "xor"),
    (Binary::Shl, "shl"),
    (Binary::Shr, "shr"),
    (Binary::Sar, "sar"),
];

/// Operations on indices.
pub(in super::super) const INDEX: [(IndexOp, &str); 7] = [
    (IndexOp::Add, "add"),
    (IndexOp::Sub, "sub"),
    (IndexOp::Mul, "mul"),
    (IndexOp::Div, "div"),
    (IndexOp::Rem, "rem"),
    (IndexOp::Min, "min"),
    (IndexOp::Max, "max"),
];

/// Comparisons of indices and of tiles.
pub(in super::super) const COMPARE: [(Compare, &str); 6] = [
    (Compare::Eq, "eq"),
    (Compare::Ne, "ne"),
    (Compare::Lt, "lt"),
    (Compare::Le, "le"),
    (Compare::Gt, "gt"),
    (Compare::Ge, "ge"),
];

/// Reductions.
pub(in super::super) const REDUCTION: [(Reduction, &str); 3] =
    [(Reduction::Sum, "sum"), (Reduction::Max, "max"), (Reduction::Min, "min")];

/// Roles of argument parts.
pub(in super::super) const ROLE: [(Role, &str); 3] =
    [(Role::Input, "input"), (Role::Output, "output"), (Role::InOut, "inout")];

/// The word of an operation.
pub(crate) fn word<T: PartialEq + Copy>(table: &[(T, &'static str)], op: T) -> &'static str {
    let found = table.iter().find(|(known, _)| *known == op);
    found.expect("every operation should be in its table").1
}

/// An operation between two operands as an author writes it.
pub(crate) fn binary_symbol(op: Binary, a: &str, b: &str) -> String {
    match op {
        Binary::Add => format!("{a} + {b}"),
        Binary::Sub => format!("{a} - {b}"),
        Binary::Mul => format!("{a} * {b}"),
        Binary::Div => format!("{a} / {b}"),
        Binary::Rem => format!("{a} % {b}"),
        _ => format!("{}({a}, {b})", word(&BINARY, op)),
    }
}

/// A comparison as an author writes it in mathematics.
pub(crate) fn compare_symbol(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
    }
}

/// The name of a number type in a recipe: `F32`.
pub(crate) fn dtype_constant(dtype: DType) -> String {
    dtype.name().to_uppercase()
}

/// `[rows, cols]`, or `[slices, rows, cols]` where there are several slices.
pub(crate) fn shape_text(shape: Shape) -> String {
    match shape {
        [1, rows, cols] => format!("[{rows}, {cols}]"),
        [slices, rows, cols] => format!("[{slices}, {rows}, {cols}]"),
    }
}

/// `2*n/32`: a product divided, rounding up.
pub(crate) fn extent_text(extent: Extent, dims: &[String]) -> String {
    let Extent { dim, mul, div } = extent;
    let name = dim.map(|dim| dims.get(dim as usize).map_or("?", String::as_str));
    let product = match (name, mul) {
        (Some(name), 1) => name.to_owned(),
        (Some(name), _) => format!("{mul}*{name}"),
        (None, _) => mul.to_string(),
    };
    if div == 1 { product } else { format!("{product}/{div}") }
}

impl fmt::Display for Elem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Elem::Num(dtype) => f.write_str(dtype.name()),
            Elem::Bool => f.write_str("bool"),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Index => f.write_str("index"),
            Type::Condition => f.write_str("condition"),
            Type::Tile(elem, shape) => write!(f, "{elem}{}", shape_text(*shape)),
            Type::Shared(dtype, shape) => write!(f, "shared {dtype}{}", shape_text(*shape)),
            Type::None => f.write_str("nothing"),
        }
    }
}
