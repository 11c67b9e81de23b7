//! Shapes and sizes of what the operations read and write.
//!
//! An argument of a kernel is called like its operand (`y`) or like a part of it (`w.quants`).

use kiln_cache::vocabulary::{ArgKind, Dims, Operation};
use kiln_targets::{Format, Order};

use crate::{Error, Result};

/// Rows and columns of an operand, as names of dims; `1` is one row.
type Shape = [&'static str; 2];

/// Operands of each operation.
const OPERANDS: &[(&str, &[(&str, Shape)])] = &[
    (
        "linear_q4",
        &[
            ("w", ["n", "k"]),
            ("x", ["m", "k"]),
            ("bias", ["1", "n"]),
            ("residual", ["m", "n"]),
            ("y", ["m", "n"]),
        ],
    ),
    ("act_quant", &[("x", ["m", "k"]), ("y", ["m", "k"])]),
    (
        "rms_norm",
        &[("x", ["m", "k"]), ("weight", ["1", "k"]), ("w", ["1", "k"]), ("y", ["m", "k"])],
    ),
];

/// The operand that an argument belongs to.
pub fn operand_of(argument: &str) -> &str {
    argument.split('.').next().unwrap_or(argument)
}

/// Logical rows and columns of an argument's operand. An epilogue that halves the output leaves
/// the shape larger than needed, never smaller.
///
/// # Errors
/// If the operation or the operand is not known here, or a dim is missing.
pub fn shape(operation: &Operation, argument: &str, dims: &Dims) -> Result<[usize; 2]> {
    let name = operand_of(argument);
    let known = OPERANDS.iter().find(|(operation_name, _)| *operation_name == operation.name);
    let known = known.and_then(|(_, operands)| operands.iter().find(|(known, _)| *known == name));
    let Some((_, shape)) = known else {
        return Err(Error::request(format!("operand {name} of {} is unknown", operation.name)));
    };
    let size = |dim: &str| match dims.get(dim) {
        _ if dim == "1" => Ok(1),
        Some(size) => usize::try_from(*size).map_err(|error| Error::request(error.to_string())),
        None => Err(Error::request(format!("dim {dim} of operand {name} is not given"))),
    };
    Ok([size(shape[0])?, size(shape[1])?])
}

/// Bytes that an argument takes for an operand of the logical shape.
///
/// # Errors
/// If the argument is no buffer, or its format, part or order is unknown.
pub fn bytes(kind: &ArgKind, shape: [usize; 2]) -> Result<u64> {
    let ArgKind::Buffer { format, part, dtype, order, .. } = kind else {
        return Err(Error::request("the argument is not a buffer"));
    };
    let fail = |error: kiln_targets::Error| Error::request(error.to_string());
    let part = Format::builtin(format).and_then(|format| format.part(part)).map_err(fail)?;
    let stored = part.dtypes.iter().find(|stored| stored.name() == dtype.name()).copied();
    let order = match order.as_str() {
        "row_major" => Order::row_major(),
        text => Order::parse(text).map_err(fail)?,
    };
    Ok(order.bytes(part.shape(shape), stored.unwrap_or(part.dtype())) as u64)
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

    #[test]
    fn parts_of_a_weight_have_the_sizes_of_the_checkpoint() {
        let operation = Operation { name: "linear_q4".into(), ..Default::default() };
        let dims = [("m".into(), 3), ("n".into(), 1024), ("k".into(), 5120)].into();
        let weight = shape(&operation, "w.quants", &dims).unwrap();
        assert_eq!(weight, [1024, 5120]);
        let size = |part, dtype, order| bytes(&buffer("awq_g32_asym", part, dtype, order), weight);
        let quants = size("quants", Dtype::U32, "row_major").unwrap();
        let scales = size("scales", Dtype::Bf16, "row_major").unwrap();
        let zeros = size("zeros", Dtype::U8, "n0 n1 n2").unwrap();
        assert_eq!(quants + scales + zeros, 3_031_040);
        assert_eq!(size("scales", Dtype::F32, "row_major").unwrap(), 2 * scales);
        assert_eq!(shape(&operation, "bias", &dims).unwrap(), [1, 1024]);
        let outputs = shape(&operation, "y", &dims).unwrap();
        let plain = buffer("f16", "values", Dtype::F16, "row_major");
        assert_eq!(bytes(&plain, outputs).unwrap(), 2 * 3 * 1024);
    }

    #[test]
    fn what_is_unknown_is_named() {
        let operation = Operation { name: "rms_norm".into(), ..Default::default() };
        let error = |argument| shape(&operation, argument, &Dims::new()).unwrap_err().to_string();
        assert!(error("bias").contains("operand bias of rms_norm"));
        assert!(error("x.values").contains("dim m of operand x"));
        let kind = buffer("q9", "values", Dtype::I8, "row_major");
        assert!(bytes(&kind, [1, 1]).unwrap_err().to_string().contains("q9"));
        assert!(bytes(&ArgKind::Dim, [1, 1]).is_err());
    }
}
