//! Shapes: broadcasting, sizes and windows.

use super::super::super::Shape;
use super::super::super::print::shape_text;
use super::error;
use crate::diagnose::Diagnostic;

/// Most elements of one tile.
const MAX_ELEMENTS: u64 = 1 << 24;

/// The broadcast of two shapes, or the first axis that disagrees.
pub(super) fn joined(a: Shape, b: Shape) -> Result<Shape, usize> {
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

/// Says how an axis disagrees and whether exchanging rows and columns would help.
pub(super) fn mismatch(axis: usize, a: Shape, b: Shape) -> String {
    let (name, x, y) = (["slices", "rows", "columns"][axis], a[axis], b[axis]);
    let fixed = [a[0], a[2], a[1]];
    let hint = if joined(fixed, b).is_ok() { "; did you mean .transposed()?" } else { "" };
    format!("{x} {name} against {y}: sizes agree, or one of them is 1{hint}")
}

/// Refuses tiles of several slices where memory has none.
pub(super) fn one_slice(what: &str, shape: Shape) -> Result<(), Diagnostic> {
    if shape[0] == 1 {
        return Ok(());
    }
    Err(error(format!("a tile of {} slices cannot be {what}", shape[0]))
        .note("reduce over axis 0 first"))
}

/// Refuses windows that are not within a tile.
pub(super) fn inside(
    what: &str,
    at: [u32; 2],
    size: [u32; 2],
    whole: Shape,
) -> Result<(), Diagnostic> {
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
pub(super) fn sized(shape: Shape) -> Result<(), Diagnostic> {
    let elements: u64 = shape.iter().fold(1, |all, size| all.saturating_mul(u64::from(*size)));
    match elements {
        0 => Err(error(format!("a {} tile has no elements", shape_text(shape)))
            .note("every size is at least 1")),
        1..=MAX_ELEMENTS => Ok(()),
        _ => Err(error(format!("a {} tile is too large", shape_text(shape)))
            .note(format!("a tile has at most {MAX_ELEMENTS} elements"))),
    }
}
