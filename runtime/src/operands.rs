//! Shapes and sizes of what the operations read and write.
//!
//! An argument of a kernel is called like its operand (`y`) or like a part of it (`w.quants`).
//! Operands are called the same in every operation; `width` stands for n, or for k where an
//! operation has no n:
//!
//! | operand | rows | columns |
//! |---|---|---|
//! | `x`, `q` | m | k |
//! | `w` | n, twice that where gate and value are multiplied (`silu_mul`); 1 without n | k |
//! | `y`, `residual` | m | width |
//! | `bias` | 1 | width |

use kiln_cache::vocabulary::{ArgKind, Dims, Operation};
use kiln_targets::{DType, Format, Order, Part};

use crate::{Error, Result};

/// The operand that an argument belongs to.
pub fn operand_of(argument: &str) -> &str {
    argument.split('.').next().unwrap_or(argument)
}

/// Rows of the weights for each column of the output.
pub fn weight_rows(operation: &Operation) -> u64 {
    let epilogue = operation.attributes.get("epilogue");
    if epilogue.is_some_and(|epilogue| epilogue == "silu_mul") { 2 } else { 1 }
}

/// Logical rows and columns of an argument's operand, for the dims (fixed and free) of a request.
///
/// # Errors
/// If the operand is not in the table above, a dim is missing, or a size is too large.
pub fn shape(operation: &Operation, argument: &str, dims: &Dims) -> Result<[usize; 2]> {
    let name = operand_of(argument);
    let fail = |why: String| Error::request(format!("operand {name} of {operation}: {why}"));
    let dim = |dim: &str| match dims.get(dim) {
        Some(size) => Ok(*size),
        None => Err(fail(format!("dim {dim} is not given"))),
    };
    let width = if dims.contains_key("n") { "n" } else { "k" };
    let [rows, columns] = match name {
        "x" | "q" => [dim("m")?, dim("k")?],
        "w" if width == "n" => [dim("n")?.saturating_mul(weight_rows(operation)), dim("k")?],
        "w" => [1, dim("k")?],
        "y" | "residual" => [dim("m")?, dim(width)?],
        "bias" => [1, dim(width)?],
        _ => return Err(fail("its shape is not known".to_owned())),
    };
    match (usize::try_from(rows), usize::try_from(columns)) {
        (Ok(rows), Ok(columns)) if rows.checked_mul(columns).is_some() => Ok([rows, columns]),
        _ => Err(fail(format!("{rows} by {columns} elements are too many"))),
    }
}

/// How an argument's array lies in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The number format of the operand.
    pub format: &'static Format,
    /// The part of the format that the array holds.
    pub part: &'static Part,
    /// Element type; nibbles count as such, however many the kernel loads at once.
    pub dtype: DType,
    /// How elements follow one another.
    pub order: Order,
}

impl Layout {
    /// The layout that a kernel declares for an argument.
    ///
    /// # Errors
    /// If the argument is no buffer, or its format, part or order is unknown.
    pub fn of(kind: &ArgKind) -> Result<Self> {
        let ArgKind::Buffer { format, part, dtype, order, .. } = kind else {
            return Err(Error::request("the argument is not a buffer"));
        };
        let fail = |error: kiln_targets::Error| Error::request(error.to_string());
        let format = Format::builtin(format).map_err(fail)?;
        let part = format.part(part).map_err(fail)?;
        let stored = part.dtypes.iter().find(|stored| stored.name() == dtype.name()).copied();
        let order = match order.as_str() {
            "row_major" => Order::row_major(),
            text => Order::parse(text).map_err(fail)?,
        };
        Ok(Self { format, part, dtype: stored.unwrap_or(part.dtype()), order })
    }

    /// Bytes of the array for an operand of the logical shape.
    pub fn bytes(&self, shape: [usize; 2]) -> u64 {
        self.order.bytes(self.part.shape(shape), self.dtype) as u64
    }
}

/// Bytes that an argument takes for an operand of the logical shape.
///
/// # Errors
/// As [`Layout::of`].
pub fn bytes(kind: &ArgKind, shape: [usize; 2]) -> Result<u64> {
    Ok(Layout::of(kind)?.bytes(shape))
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::{Access, Dtype};

    use super::*;

    fn buffer(format: &str, part: &str, dtype: Dtype, order: &str) -> ArgKind {
        ArgKind::Buffer {
            format: format.into(),
            part: part.into(),
            dtype,
            order: order.into(),
            access: Access::In,
        }
    }

    fn operation(name: &str, epilogue: &str) -> Operation {
        let attributes = [("epilogue".to_owned(), epilogue.to_owned())].into();
        Operation { name: name.into(), attributes, dims: Dims::new() }
    }

    #[test]
    fn parts_of_a_weight_have_the_sizes_of_the_checkpoint() {
        let linear = operation("linear_q4", "none");
        let dims = [("m".into(), 3), ("n".into(), 1024), ("k".into(), 5120)].into();
        let weight = shape(&linear, "w.quants", &dims).unwrap();
        assert_eq!(weight, [1024, 5120]);
        let size = |part, dtype, order| bytes(&buffer("awq_g32_asym", part, dtype, order), weight);
        let quants = size("quants", Dtype::U32, "row_major").unwrap();
        let scales = size("scales", Dtype::Bf16, "row_major").unwrap();
        let zeros = size("zeros", Dtype::U8, "n0 n1 n2").unwrap();
        assert_eq!(quants + scales + zeros, 3_031_040);
        assert_eq!(size("scales", Dtype::F32, "row_major").unwrap(), 2 * scales);
        assert_eq!(shape(&linear, "bias", &dims).unwrap(), [1, 1024]);
        let outputs = shape(&linear, "y", &dims).unwrap();
        let plain = buffer("f16", "values", Dtype::F16, "row_major");
        assert_eq!(bytes(&plain, outputs).unwrap(), 2 * 3 * 1024);
    }

    #[test]
    fn gate_and_value_double_the_weights_and_not_the_output() {
        let dims = [("m".into(), 3), ("n".into(), 64), ("k".into(), 32)].into();
        let gated = operation("linear_q4", "silu_mul");
        assert_eq!(shape(&gated, "w.scales", &dims).unwrap(), [128, 32]);
        assert_eq!(shape(&gated, "y", &dims).unwrap(), [3, 64]);
    }

    #[test]
    fn operations_without_n_are_as_wide_as_their_input() {
        let dims = [("m".into(), 3), ("k".into(), 32)].into();
        let norm = operation("rms_norm", "none");
        assert_eq!(shape(&norm, "w", &dims).unwrap(), [1, 32]);
        for operand in ["x", "y", "q.scales", "residual"] {
            assert_eq!(shape(&norm, operand, &dims).unwrap(), [3, 32], "{operand}");
        }
    }

    #[test]
    fn what_is_unknown_or_too_large_is_named() {
        let norm = operation("rms_norm", "none");
        let error = |argument, dims: &Dims| shape(&norm, argument, dims).unwrap_err().to_string();
        assert!(error("gamma", &Dims::new()).starts_with("operand gamma of rms_norm"));
        assert!(error("x.values", &Dims::new()).contains("dim m is not given"));
        let huge = [("m".into(), u64::MAX), ("k".into(), 2)].into();
        assert!(error("x", &huge).contains("too many"));
        let kind = buffer("q9", "values", Dtype::I8, "row_major");
        assert!(bytes(&kind, [1, 1]).unwrap_err().to_string().contains("q9"));
        assert!(bytes(&ArgKind::Dim, [1, 1]).is_err());
    }
}
