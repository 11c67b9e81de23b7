//! The work that any kernel for an operation must do.

use kiln_cache::vocabulary::{Dims, Dtype, Operation};
use kiln_targets::Format;
use serde::{Deserialize, Serialize};

use super::{Arithmetic, Ceilings, Resource};
use crate::{Error, Result};

/// The least traffic and arithmetic of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Bytes of every operand, each read or written once, in the smallest format offered.
    pub bytes: f64,
    /// Operations of the matrix product, a multiply-add counting as two; 0 where there is none.
    pub ops: f64,
}

/// The shortest time a device allows for a problem, in microseconds, without launch cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roof {
    /// The shortest time.
    pub time_us: f64,
    /// What it is decided by: memory or matrix arithmetic.
    pub bound: Resource,
}

impl Roof {
    /// Share of the roofline that a time reaches; 1.0 is all of it, and more is a finding about
    /// the ceilings.
    pub fn share(&self, time_us: f64) -> f64 {
        self.time_us / time_us
    }
}

impl Problem {
    /// Whether the work of an operation is known from its name and dims alone.
    pub fn knows(operation: &Operation) -> bool {
        Request { operation, dims: &Dims::new() }.work().is_some()
    }

    /// The problem of an operation at the given dims, fixed and free together.
    ///
    /// Activations of a linear layer count one byte an element, the smallest format that passes
    /// the default accuracy floor.
    ///
    /// # Errors
    /// If the operation is unknown, or an attribute or dim is missing or makes no sense.
    pub fn of(operation: &Operation, dims: &Dims) -> Result<Self> {
        let unknown = || format!("'{}' is unknown", operation.name);
        let work = Request { operation, dims }.work();
        work.unwrap_or_else(|| Err(Error::invalid(operation.to_string(), unknown())))
    }

    /// The roofline of the problem; `None` where the memory's rate or, for a product, every
    /// matrix rate is unknown.
    pub fn roof(&self, ceilings: &Ceilings) -> Option<Roof> {
        let memory = self.bytes / ceilings.memory?;
        let compute = if self.ops == 0.0 { 0.0 } else { self.ops / best_peak(ceilings)? };
        let bound = if compute > memory { Resource::Mma } else { Resource::Memory };
        Some(Roof { time_us: memory.max(compute) * 1e6, bound })
    }

    /// Operations per byte, the abscissa of a roofline chart.
    pub fn intensity(&self) -> f64 {
        self.ops / self.bytes
    }
}

/// The fastest rate at which products of 4-bit weights and 8-bit activations can be computed
/// exactly: on 8-bit atoms, on 4-bit atoms in two passes, or on wider ones.
fn best_peak(ceilings: &Ceilings) -> Option<f64> {
    let rate = |(class, peak): (&Arithmetic, &f64)| match class {
        Arithmetic::I4 => peak / 2.0,
        _ => *peak,
    };
    ceilings.peaks.iter().map(rate).max_by(f64::total_cmp)
}

/// An operation at given dims.
pub(super) struct Request<'a> {
    operation: &'a Operation,
    dims: &'a Dims,
}

impl Request<'_> {
    /// The work of the operation; `None` where its name says nothing.
    fn work(&self) -> Option<Result<Problem>> {
        Some(match self.operation.name.as_str() {
            "linear_q4" => self.linear_q4(),
            "linear" => self.linear(),
            "act_quant" => self.quantisation(),
            "rms_norm" => self.norm(2),
            "add_norm" => self.norm(4),
            "add_norm_quant" => self.seam(),
            "embedding" => self.embedding(),
            "argmax" => self.largest(),
            "top_k_split" => self.largest_of_spans(),
            "top_k_merge" => self.largest_of_found(),
            name => return self.linear_attention(name).or_else(|| self.attention(name)),
        })
    }

    fn linear_q4(&self) -> Result<Problem> {
        let weights = match self.attribute("asymmetric").unwrap_or("true") {
            "false" => "awq_g32_sym",
            _ => "awq_g32_asym",
        };
        let x = if self.attribute("x").is_some() { self.scalar("x")? } else { 1 };
        self.product(weights, x)
    }

    fn linear(&self) -> Result<Problem> {
        let weights =
            self.attribute("weight").ok_or_else(|| self.missing("attribute", "weight"))?;
        self.product(weights, self.scalar("act")?)
    }

    /// A linear layer with weights in a format and activations of so many bytes an element.
    fn product(&self, weights: &str, x: u64) -> Result<Problem> {
        let [m, n, k] = [self.dim("m")?, self.dim("n")?, self.dim("k")?];
        let out = self.scalar("out")?;
        let (rows, extra) = match self.attribute("epilogue").unwrap_or("none") {
            "silu_mul" => (2 * n, 0),
            "residual" => (n, m * n * out),
            "bias" => (n, n * 4),
            _ => (n, 0),
        };
        let weights = Format::builtin(weights)?.bytes([rows as usize, k as usize]);
        let bytes = weights as f64 + (m * k * x + m * n * out + extra) as f64;
        Ok(Problem { bytes, ops: 2.0 * m as f64 * rows as f64 * k as f64 })
    }

    fn quantisation(&self) -> Result<Problem> {
        let [m, k] = [self.dim("m")?, self.dim("k")?];
        let to = self.attribute("to").ok_or_else(|| self.missing("attribute", "to"))?;
        let written = Format::builtin(to)?.bytes([m as usize, k as usize]);
        Ok(Problem { bytes: (m * k * self.scalar("from")?) as f64 + written as f64, ops: 0.0 })
    }

    /// A norm that reads and writes so many arrays.
    fn norm(&self, arrays: u64) -> Result<Problem> {
        let [m, k] = [self.dim("m")?, self.dim("k")?];
        let bytes = arrays * m * k * self.scalar("dtype")? + k * self.scalar("weight")?;
        Ok(Problem { bytes: bytes as f64, ops: 0.0 })
    }

    /// The residual is bf16, read and written.
    fn seam(&self) -> Result<Problem> {
        let [m, k] = [self.dim("m")?, self.dim("k")?];
        let to = self.attribute("to").ok_or_else(|| self.missing("attribute", "to"))?;
        let written = Format::builtin(to)?.bytes([m as usize, k as usize]) as u64;
        let bytes = 3 * 2 * m * k + k * self.scalar("weight")? + written;
        Ok(Problem { bytes: bytes as f64, ops: 0.0 })
    }

    /// The rows that are asked for, and their numbers.
    fn embedding(&self) -> Result<Problem> {
        let [m, k] = [self.dim("m")?, self.dim("k")?];
        let row = k * (self.scalar("table")? + self.scalar("out")?) + 4;
        Ok(Problem { bytes: (m * row) as f64, ops: 0.0 })
    }

    /// Every number of each row, and places, and values where there are several; numbers are f32
    /// unless the operation says otherwise.
    fn largest(&self) -> Result<Problem> {
        let [m, v] = [self.dim("m")?, self.dim("v")?];
        Ok(Problem { bytes: (m * (v * self.number()? + 4)) as f64, ops: 0.0 })
    }

    fn largest_of_spans(&self) -> Result<Problem> {
        let [m, v, w] = [self.dim("m")?, self.dim("v")?, self.dim("w")?];
        let found = w * self.whole("count")? * 8;
        Ok(Problem { bytes: (m * (v * self.number()? + found)) as f64, ops: 0.0 })
    }

    fn largest_of_found(&self) -> Result<Problem> {
        let [m, w] = [self.dim("m")?, self.dim("w")?];
        Ok(Problem { bytes: (m * (w + 1) * self.whole("count")? * 8) as f64, ops: 0.0 })
    }

    /// Bytes of a number of a row that is searched.
    fn number(&self) -> Result<u64> {
        if self.attribute("dtype").is_some() { self.scalar("dtype") } else { Ok(4) }
    }

    /// An attribute that counts something.
    pub(super) fn whole(&self, name: &str) -> Result<u64> {
        let text = self.attribute(name).ok_or_else(|| self.missing("attribute", name))?;
        match text.parse::<u32>() {
            Ok(count) if count > 0 => Ok(count.into()),
            _ => Err(self.mistaken(name, text, "a whole number above 0")),
        }
    }

    pub(super) fn mistaken(&self, name: &str, found: &str, expected: &str) -> Error {
        let why = format!("attribute {name} is {found}; expected {expected}");
        Error::invalid(self.operation_text(), why)
    }

    /// A dim; limited so that products of three of them with small factors cannot overflow.
    pub(super) fn dim(&self, name: &str) -> Result<u64> {
        let size = *self.dims.get(name).ok_or_else(|| self.missing("dim", name))?;
        match size {
            1..=0xff_ffff => Ok(size),
            _ => {
                let why = format!("dim {name} is {size}; expected 1 to 16777215");
                Err(Error::invalid(self.operation.to_string(), why))
            }
        }
    }

    /// Bytes of the number type that an attribute names.
    pub(super) fn scalar(&self, name: &str) -> Result<u64> {
        let text = self.attribute(name).ok_or_else(|| self.missing("attribute", name))?;
        Ok(text.parse::<Dtype>()?.bytes() as u64)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.operation.attributes.get(name).map(String::as_str)
    }

    /// The operation, for messages.
    pub(super) fn operation_text(&self) -> String {
        self.operation.to_string()
    }

    pub(super) fn missing(&self, kind: &str, name: &str) -> Error {
        Error::invalid(self.operation.to_string(), format!("it needs the {kind} {name}"))
    }
}

#[cfg(test)]
mod tests {
    use kiln_targets::Target;

    use super::*;

    fn operation(name: &str, attributes: &[(&str, &str)]) -> Operation {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let attributes = attributes.iter().map(own).collect();
        Operation { name: name.into(), attributes, dims: Dims::new() }
    }

    fn dims(sizes: &[(&str, u64)]) -> Dims {
        sizes.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect()
    }

    #[test]
    fn a_fused_gate_reads_twice_as_many_weight_rows_as_it_writes_columns() {
        let silu = operation("linear_q4", &[("epilogue", "silu_mul"), ("out", "bf16")]);
        let problem = Problem::of(&silu, &dims(&[("m", 1), ("n", 17408), ("k", 5120)])).unwrap();
        // Both projections' tensors as in the checkpoint, the row of activations, the result.
        assert_eq!(problem.bytes, f64::from(2 * 51_527_680 + 5120 + 2 * 17408));
        assert_eq!(problem.ops, 2.0 * 34816.0 * 5120.0);
    }

    #[test]
    fn one_row_is_bound_by_memory_and_many_by_matrix_arithmetic() {
        let ceilings = Ceilings::stated(&Target::builtin("gfx1151").unwrap());
        let plain = operation("linear_q4", &[("out", "f16")]);
        let roof = |m| {
            let dims = dims(&[("m", m), ("n", 34816), ("k", 5120)]);
            Problem::of(&plain, &dims).unwrap().roof(&ceilings).unwrap()
        };
        let one = roof(1);
        assert_eq!(one.bound, Resource::Memory);
        assert!((one.time_us - 427.9).abs() < 0.2, "{one:?}");
        assert!((one.share(2.0 * one.time_us) - 0.5).abs() < 1e-12);
        let many = roof(2048);
        assert_eq!(many.bound, Resource::Mma);
        // 2 x 2048 x 34816 x 5120 at 59.4 T/s.
        assert!((many.time_us / 12_293.0 - 1.0).abs() < 1e-3, "{many:?}");
    }

    #[test]
    fn norms_and_quantisation_only_move_bytes() {
        let norm = operation("rms_norm", &[("dtype", "bf16"), ("weight", "f32")]);
        let sizes = dims(&[("m", 3), ("k", 256)]);
        let problem = Problem::of(&norm, &sizes).unwrap();
        assert_eq!(problem, Problem { bytes: f64::from(2 * 3 * 256 * 2 + 256 * 4), ops: 0.0 });
        let added = Operation { name: "add_norm".into(), ..norm };
        let problem = Problem::of(&added, &sizes).unwrap();
        assert_eq!(problem.bytes, f64::from(4 * 3 * 256 * 2 + 256 * 4));
        let quant = operation("act_quant", &[("from", "f32"), ("to", "f16")]);
        let problem = Problem::of(&quant, &sizes).unwrap();
        assert_eq!(problem.bytes, f64::from(3 * 256 * 4 + 3 * 256 * 2));
        let seam = operation("add_norm_quant", &[("to", "q8x128"), ("weight", "bf16")]);
        let problem = Problem::of(&seam, &sizes).unwrap();
        let written = 3 * (256 + 2 * 4 + 8 * 4);
        assert_eq!(problem.bytes, f64::from(3 * 3 * 256 * 2 + 256 * 2 + written));
    }

    #[test]
    fn embeddings_read_rows_and_searches_read_everything() {
        let embedding = operation("embedding", &[("table", "bf16"), ("out", "f32")]);
        let problem = Problem::of(&embedding, &dims(&[("m", 3), ("k", 64), ("v", 1000)])).unwrap();
        assert_eq!(problem.bytes, f64::from(3 * (64 * 2 + 64 * 4 + 4)));
        let sizes = dims(&[("m", 2), ("v", 1000)]);
        let problem = Problem::of(&operation("argmax", &[]), &sizes).unwrap();
        assert_eq!(problem.bytes, f64::from(2 * (4000 + 4)));
        let sizes = dims(&[("m", 2), ("v", 1000), ("w", 3)]);
        let split = operation("top_k_split", &[("count", "64"), ("dtype", "bf16")]);
        assert_eq!(Problem::of(&split, &sizes).unwrap().bytes, f64::from(2 * (2000 + 3 * 64 * 8)));
        let merge = operation("top_k_merge", &[("count", "64")]);
        assert_eq!(Problem::of(&merge, &sizes).unwrap().bytes, f64::from(2 * 4 * 64 * 8));
        assert!(Problem::of(&operation("top_k_split", &[]), &sizes).is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let plain = operation("linear_q4", &[]);
        let sizes = dims(&[("m", 1), ("n", 16), ("k", 32)]);
        let error = Problem::of(&plain, &sizes).unwrap_err().to_string();
        assert!(error.contains("attribute out"), "{error}");
        let error = Problem::of(&plain, &dims(&[("m", 1)])).unwrap_err().to_string();
        assert!(error.contains("dim n"), "{error}");
        let huge = dims(&[("m", u64::MAX), ("n", 1), ("k", 1)]);
        assert!(Problem::of(&plain, &huge).is_err());
        assert!(Problem::of(&operation("sort", &[]), &sizes).is_err());
    }
}
