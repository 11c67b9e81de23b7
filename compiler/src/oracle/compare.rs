//! Comparison of an output's memory with the reference.

use super::Bound;
use super::inputs::untouched;
use crate::dsl::Matrix;
use crate::interpret::Buffer;
use crate::tile::Part;
use kiln_targets::{DType, read_element};

/// How closely an output agrees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Largest difference.
    pub max_abs: f64,
    /// Largest difference relative to the reference's value, over values that are not 0.
    pub max_rel: f64,
    /// Root of the summed squares of differences over that of the reference's values.
    pub rms_rel: f64,
}

/// How an output disagrees.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// An element has the wrong value.
    #[error(
        "`{part}`[{}, {}] is {got}, expected {expected} within {bound:.3e} ({wrong} of {elements} \
         elements are wrong)", at[0], at[1]
    )]
    Wrong {
        /// Part of the output.
        part: String,
        /// Row and column of the worst element.
        at: [usize; 2],
        /// The reference's value.
        expected: f64,
        /// The value found.
        got: f64,
        /// The difference allowed.
        bound: f64,
        /// Wrong elements.
        wrong: usize,
        /// All elements.
        elements: usize,
    },
    /// An element still holds what it held before the kernel ran.
    #[error(
        "`{part}`[{}, {}] was not written ({unwritten} of {elements} elements)", at[0], at[1]
    )]
    Unwritten {
        /// Part of the output.
        part: String,
        /// Row and column of the first such element.
        at: [usize; 2],
        /// Such elements.
        unwritten: usize,
        /// All elements.
        elements: usize,
    },
    /// Memory outside the output's elements was written.
    #[error("a write outside `{part}`, at byte {byte} of its buffer")]
    Outside {
        /// Nearest part.
        part: String,
        /// Offset from the start of its buffer, which may be negative.
        byte: i64,
    },
    /// The buffer is too small to hold the part.
    #[error("the buffer of `{part}` has {bytes} bytes, too few for it")]
    Short {
        /// Part of the output.
        part: String,
        /// Bytes it has.
        bytes: usize,
    },
}

/// One output to compare: a part, what it should hold and the magnitudes that met there.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// Name, type and memory order.
    pub part: &'a Part,
    /// The reference's values.
    pub expected: &'a Matrix,
    /// The reference's values, run on magnitudes.
    pub magnitudes: &'a Matrix,
}

/// Compares an output's memory with the reference.
///
/// Floats may differ by [`Bound::at`], and overflow to infinity where the reference may. An
/// integer must equal the reference's value; where that is not a whole number, it must be within
/// a half and the bound of it, so that a reference may leave rounding to the kernel.
///
/// # Errors
/// The worst disagreement: a write outside before an element not written before a wrong value.
pub fn compare(actual: &Buffer, output: Output<'_>, bound: Bound) -> Result<Agreement, Mismatch> {
    let Output { part, expected, .. } = output;
    let shape = [expected.rows, expected.cols];
    let name = || part.name.clone();
    if actual.bytes().len() < part.order.bytes(shape, part.dtype) {
        return Err(Mismatch::Short { part: name(), bytes: actual.bytes().len() });
    }
    if let Some(byte) = trespass(actual, part, shape) {
        return Err(Mismatch::Outside { part: name(), byte });
    }
    let (elements, fill) = (shape[0] * shape[1], pattern(part.dtype));
    let found = read(actual, part, shape);
    let checked: Vec<Element> =
        (0..elements).map(|at| element(output, bound, at, found[at])).collect();
    let unwritten = |at: &usize| found[*at].0 == fill && checked[*at].excess > 0.0;
    let count = (0..elements).filter(unwritten).count();
    if let Some(first) = (0..elements).find(unwritten) {
        let at = [first / shape[1], first % shape[1]];
        return Err(Mismatch::Unwritten { part: name(), at, unwritten: count, elements });
    }
    let wrong = checked.iter().filter(|element| element.excess > 0.0).count();
    let worst = (0..elements).max_by(|a, b| checked[*a].excess.total_cmp(&checked[*b].excess));
    match worst {
        Some(worst) if wrong > 0 => Err(Mismatch::Wrong {
            part: name(),
            at: [worst / shape[1], worst % shape[1]],
            expected: expected.data[worst],
            got: found[worst].1,
            bound: checked[worst].bound,
            wrong,
            elements,
        }),
        _ => Ok(agreement(&found, &expected.data)),
    }
}

/// Root of the summed squares of differences over that of the reference's values; 0 if both are.
pub fn relative_rms(actual: &[f64], reference: &[f64]) -> f64 {
    let pairs = || actual.iter().zip(reference).filter(|(_, of)| of.is_finite());
    let error: f64 = pairs().map(|(is, of)| (is - of) * (is - of)).sum();
    let size: f64 = pairs().map(|(_, of)| of * of).sum();
    if error == 0.0 { 0.0 } else { (error / size).sqrt() }
}

/// Bits and value of every element, row-major.
fn read(buffer: &Buffer, part: &Part, shape: [usize; 2]) -> Vec<(u32, f64)> {
    let value = |bits| match part.dtype.is_float() {
        true => f64::from(part.dtype.decode(bits)),
        false => part.dtype.decode_int(bits) as f64,
    };
    places(part, shape)
        .map(|address| read_element(buffer.bytes(), part.dtype, address))
        .map(|bits| (bits, value(bits)))
        .collect()
}

/// Where every element of a part lies, row-major.
fn places(part: &Part, shape: [usize; 2]) -> impl Iterator<Item = usize> {
    let [rows, columns] = part.order.offsets(shape);
    (0..shape[0] * shape[1]).map(move |at| rows[at / shape[1]] + columns[at % shape[1]])
}

/// The values of every element of a part, row-major.
pub(super) fn values(buffer: &Buffer, part: &Part, shape: [usize; 2]) -> Vec<f64> {
    read(buffer, part, shape).into_iter().map(|(_, value)| value).collect()
}

/// One element's verdict.
struct Element {
    /// By how many times the allowed difference is exceeded; not above 0 if it is not.
    excess: f64,
    bound: f64,
}

fn element(output: Output<'_>, bound: Bound, at: usize, (_, got): (u32, f64)) -> Element {
    let (expected, magnitude) = (output.expected.data[at], output.magnitudes.data[at]);
    let dtype = output.part.dtype;
    let allowed = match dtype.is_integer() {
        true if expected.fract() == 0.0 => 0.0,
        true => 0.5 + bound.at(dtype, expected, magnitude),
        false => bound.at(dtype, expected, magnitude),
    };
    let same = got == expected || (got.is_nan() && expected.is_nan());
    let overflow = got.is_infinite()
        && got.signum() == expected.signum()
        && expected.abs() + allowed > largest(dtype);
    let error = (got - expected).abs();
    let close = allowed.is_finite() && error <= allowed;
    let excess = match same || overflow || close {
        true => 0.0,
        // A NaN or an infinity is worse than any number.
        false if !error.is_finite() => f64::INFINITY,
        false => error / allowed.max(f64::MIN_POSITIVE),
    };
    Element { excess, bound: allowed }
}

/// Largest finite number of a type.
fn largest(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => f64::from(f32::MAX),
        DType::F16 => half::f16::MAX.to_f64(),
        DType::BF16 => half::bf16::MAX.to_f64(),
        _ => f64::INFINITY,
    }
}

fn agreement(found: &[(u32, f64)], expected: &[f64]) -> Agreement {
    let actual: Vec<f64> = found.iter().map(|(_, value)| *value).collect();
    let mut agreement =
        Agreement { rms_rel: relative_rms(&actual, expected), ..Agreement::default() };
    for (is, of) in actual.iter().zip(expected).filter(|(is, of)| (*is - *of).is_finite()) {
        let error = (is - of).abs();
        agreement.max_abs = agreement.max_abs.max(error);
        if *of != 0.0 {
            agreement.max_rel = agreement.max_rel.max(error / of.abs());
        }
    }
    agreement
}

/// Bits of an element that nothing was written to.
fn pattern(dtype: DType) -> u32 {
    u32::from_le_bytes([untouched(dtype); 4]) & dtype.mask()
}

/// First byte outside the elements of an output that does not hold what it held before.
fn trespass(buffer: &Buffer, part: &Part, shape: [usize; 2]) -> Option<i64> {
    if let Some(byte) = buffer.first_trespass() {
        return Some(byte);
    }
    let dtype = part.dtype;
    let total = buffer.bytes().len() * 8 / dtype.bits() as usize;
    if total == shape[0] * shape[1] {
        return None;
    }
    let mut inside = vec![false; total];
    places(part, shape).for_each(|at| inside[at] = true);
    let written = |at: &usize| read_element(buffer.bytes(), dtype, *at) != pattern(dtype);
    let at = (0..total).filter(|at| !inside[*at]).find(written)?;
    Some((at * dtype.bits() as usize / 8) as i64)
}
