//! Element-wise operations and conversions.

use super::super::super::print::{
    UNARY, binary_symbol, compare_symbol, dtype_constant, shape_text, word,
};
use super::super::super::{Binary, Compare, Elem, Id, Shape, Type, Unary};
use super::shapes::{joined, mismatch, sized};
use super::{Rules, Typed, error, fault};
use crate::diagnose::Diagnostic;
use kiln_targets::DType;

impl Rules<'_> {
    pub(super) fn unary(&self, op: Unary, a: Id) -> Typed {
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

    pub(super) fn binary(&self, op: Binary, a: Id, b: Id) -> Typed {
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

    pub(super) fn fma(&self, a: Id, b: Id, c: Id) -> Typed {
        let (_, product) = self.broadcast(|a, b| format!("fma({a}, {b}, c)"), a, b)?;
        let (elem, shape) = self.broadcast(|b, c| format!("fma(a, {b}, {c})"), b, c)?;
        if elem != Elem::Num(DType::F32) {
            return Err(error(format!("fma needs tiles of f32, not {elem}"))
                .note("convert all of them with .to(F32)"));
        }
        match joined(product, shape) {
            Ok(shape) => sized(shape).map(|()| Type::Tile(elem, shape)),
            Err(axis) => {
                let (product, sum) = (shape_text(product), shape_text(shape));
                Err(error(format!("a {product} product does not broadcast to a {sum} sum"))
                    .note(mismatch(axis, self.program.shape(a), self.program.shape(c))))
            }
        }
    }

    pub(super) fn compare(&self, op: Compare, a: Id, b: Id) -> Typed {
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
    pub(super) fn broadcast(
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

    pub(super) fn select(&self, condition: Id, a: Id, b: Id) -> Typed {
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

    pub(super) fn cast(&self, a: Id) -> Typed {
        let (_, shape) = self.number(a)?;
        match self.declared()? {
            (_, declared) if declared == shape => Ok(self.declared),
            _ => fault("a conversion keeps its shape"),
        }
    }
}

/// Refuses 4-bit numbers, and unsigned ones where an operation would read them as signed.
pub(super) fn arithmetic(
    text: &str,
    dtype: DType,
    bitwise: bool,
    signed: bool,
) -> Result<(), Diagnostic> {
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
