//! Sizes of what the operations read and write.
//!
//! A bundle says of each buffer argument how many rows and columns it has for which dims, how many
//! bits an element takes, and in which order the elements lie. That is all it takes: names mean
//! nothing here.

use kiln_cache::vocabulary::{Arg, ArgKind, Dims};
use kiln_targets::Order;

use crate::{Error, Result};

/// Rows and columns of a buffer argument for the dims (fixed and free) of a request, in elements.
///
/// # Errors
/// If the argument is no buffer, a dim is missing, or a size is too large.
pub fn shape(arg: &Arg, dims: &Dims) -> Result<[usize; 2]> {
    let ArgKind::Buffer { shape, .. } = &arg.kind else {
        return Err(fail(arg, "it is not a buffer"));
    };
    let [rows, columns] = shape.each_ref().map(|of| of.product(dims));
    let [rows, columns] = [rows, columns].map(|of| of.map_err(|why| fail(arg, &why.to_string())));
    let (rows, columns) = (rows?, columns?);
    match (usize::try_from(rows), usize::try_from(columns)) {
        // The 256th part of the address space leaves room for padding and for elements of any size.
        (Ok(r), Ok(c)) if r.checked_mul(c).is_some_and(|all| all <= usize::MAX >> 8) => Ok([r, c]),
        _ => Err(fail(arg, &format!("{rows} by {columns} elements are too many"))),
    }
}

/// Bytes that a buffer argument takes for the dims of a request.
///
/// # Errors
/// As [`shape`], or if the memory order is unknown.
pub fn bytes(arg: &Arg, dims: &Dims) -> Result<u64> {
    let shape = shape(arg, dims)?;
    let ArgKind::Buffer { bits, order, .. } = &arg.kind else {
        return Err(fail(arg, "it is not a buffer"));
    };
    let order = match order.as_str() {
        "row_major" => Order::row_major(),
        text => Order::parse(text).map_err(|why| fail(arg, &why.to_string()))?,
    };
    let bits = u128::from(*bits) * order.elements(shape) as u128;
    u64::try_from(bits.div_ceil(8)).map_err(|_| fail(arg, "it has too many bytes"))
}

fn fail(arg: &Arg, why: &str) -> Error {
    Error::request(format!("argument {}: {why}", arg.name))
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::{Access, Dtype, Extent, Factor};

    use super::*;

    fn arg(bits: u32, shape: [Extent; 2], order: &str) -> Arg {
        let kind = ArgKind::Buffer {
            format: "any".into(),
            part: "any".into(),
            dtype: Dtype::U8,
            bits,
            shape,
            order: order.into(),
            access: Access::In,
        };
        Arg { name: "anything".into(), kind, offset: 0, size: 8 }
    }

    fn by(dim: &str, by: u64) -> Extent {
        Extent::ceil_div(dim, by)
    }

    fn dims() -> Dims {
        [("m".into(), 3), ("n".into(), 1024), ("k".into(), 5120)].into()
    }

    #[test]
    fn parts_of_a_weight_have_the_sizes_of_the_checkpoint() {
        let size = |bits, group, order| {
            bytes(&arg(bits, [by("n", 1), by("k", group)], order), &dims()).unwrap()
        };
        let (quants, scales) = (size(4, 1, "row_major"), size(16, 32, "row_major"));
        let zeros = size(4, 32, "n0 n1 n2");
        assert_eq!((quants, scales, zeros), (1024 * 2560, 1024 * 320, 1024 * 80));
        assert_eq!(size(32, 32, "row_major"), 2 * scales);
    }

    #[test]
    fn gate_and_value_double_the_rows() {
        let twice = Extent(vec![Factor::Const(2), Factor::CeilDiv { dim: "n".into(), by: 1 }]);
        assert_eq!(
            shape(&arg(16, [twice, by("k", 1)], "row_major"), &dims()).unwrap(),
            [2048, 5120]
        );
    }

    #[test]
    fn memory_orders_hold_whole_blocks() {
        let three_rows = arg(8, [by("m", 1), by("k", 1)], "n0 n1 n2");
        assert_eq!(bytes(&three_rows, &dims()).unwrap(), 8 * 5120);
    }

    #[test]
    fn what_is_unknown_or_too_large_is_named() {
        let error = |arg: &Arg, dims: &Dims| bytes(arg, dims).unwrap_err().to_string();
        let plain = arg(8, [by("m", 1), by("k", 1)], "row_major");
        assert!(error(&plain, &Dims::new()).contains("argument anything"));
        assert!(error(&plain, &Dims::new()).contains("dim m is unknown"));
        let huge: Dims = [("m".into(), u64::MAX), ("k".into(), 1)].into();
        assert!(error(&plain, &huge).contains("too many"));
        let huge: Dims = [("m".into(), u64::MAX), ("k".into(), 2)].into();
        assert!(error(&plain, &huge).contains("too many"));
        assert!(error(&arg(8, [by("m", 1), by("k", 1)], "z9"), &dims()).contains("z9"));
        let dim = Arg { kind: ArgKind::Dim, ..plain };
        assert!(bytes(&dim, &dims()).is_err());
    }
}
