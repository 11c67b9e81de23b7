//! Names and extents, as signatures and program texts write them.

use super::super::Extent;

/// Reads `n`, `2*n`, `k/32`, `2*n/32` or `4`, where a quotient is rounded up.
pub(crate) fn parse_extent(text: &str, dims: &[String]) -> Result<Extent, String> {
    let (product, div) = match text.split_once('/') {
        Some((product, div)) => (product, positive(div)?),
        None => (text, 1),
    };
    let (mul, name) = match product.split_once('*') {
        Some((mul, name)) => (positive(mul)?, name.trim()),
        None => match product.trim() {
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                return Ok(Extent { dim: None, mul: positive(number)?, div });
            }
            name => (1, name),
        },
    };
    match dims.iter().position(|dim| dim == name) {
        Some(dim) => Ok(Extent { dim: Some(dim as u32), mul, div }),
        None => Err(format!("there is no dim `{name}`, only {}", dims.join(", "))),
    }
}

/// Whether a kernel, dim or argument may have this name.
pub(crate) fn is_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(letters)
}

fn positive(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{}` is not a positive number", text.trim())),
    }
}
