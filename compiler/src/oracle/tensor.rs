//! One argument's contents: the numbers stored in each part, and what they mean.

use super::Case;
use super::random::Random;
use crate::dsl::{Argument, Matrix};
use kiln_targets::{AwqTensor, DType, Error, Q8Tensor, SUM_SPAN, Scheme, split};

/// Contents of an argument with logical rows and columns.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    /// The numbers stored, row-major, for each part of the argument.
    pub(super) stored: Vec<Vec<f64>>,
    /// The real numbers that they represent.
    pub(super) values: Matrix,
    /// For each value, the sum of the magnitudes it is a difference of.
    pub(super) magnitudes: Matrix,
    /// The values before quantisation, for activations that were.
    pub(super) originals: Option<Matrix>,
}

impl Tensor {
    /// Given whole numbers, row by row.
    ///
    /// # Errors
    /// If the argument does not hold integers, or another number of them.
    pub(super) fn structured(
        argument: &Argument,
        shape: [usize; 2],
        integers: Vec<i32>,
    ) -> Result<Tensor, Error> {
        let name = &argument.name;
        if integers.len() != area(shape) {
            let (given, needed) = (integers.len(), area(shape));
            return Err(Error::Data(format!("`{name}` has {needed} elements, not {given}")));
        }
        if argument.parts.iter().any(|part| part.dtype != DType::I32) {
            return Err(Error::Data(format!("`{name}` is given integers but holds none of I32")));
        }
        let values = matrix(shape, integers.into_iter().map(f64::from).collect());
        let magnitudes = absolute(&values);
        Ok(Tensor { stored: vec![values.data.clone()], magnitudes, originals: None, values })
    }

    /// The same scaled down until no magnitude exceeds a limit, if it is plainly stored floats.
    pub(super) fn within(mut self, argument: &Argument, limit: f64) -> Tensor {
        let dtype = argument.parts[0].dtype;
        let peak = self.values.data.iter().fold(0.0, |peak: f64, value| peak.max(value.abs()));
        if argument.format.scheme != Scheme::Plain || !dtype.is_float() || peak <= limit {
            return self;
        }
        let scaled = |value: &f64| {
            let bits = dtype.encode((value * (limit / peak)) as f32);
            f64::from(dtype.decode(bits))
        };
        self.values.data = self.values.data.iter().map(scaled).collect();
        self.magnitudes = absolute(&self.values);
        self.stored = vec![self.values.data.clone()];
        self
    }

    /// Contents for a case, the same for every format of the same scheme; `below` is the end of
    /// the places that integers count, if they do.
    ///
    /// # Errors
    /// If the argument's format cannot hold them.
    pub(super) fn generate(
        argument: &Argument,
        (shape, below): ([usize; 2], Option<i64>),
        case: Case,
        seed: u64,
    ) -> Result<Tensor, Error> {
        let mut random = Random::new(seed, &argument.name);
        let dtype = |part: usize| argument.parts[part].dtype;
        match argument.format.scheme {
            Scheme::Plain if let Some(below) = below => Ok(places(shape, below, case, &mut random)),
            Scheme::Plain => Ok(plain(dtype(0), shape, case, &mut random)),
            Scheme::GroupedNibbles { group, asymmetric } => {
                nibbles(shape, (group, asymmetric), dtype(1), case, &mut random)
            }
            Scheme::Blocks { block, planes } => blocks(shape, (block, planes), case, &mut random),
            Scheme::Rows => rows(shape, case, &mut random),
        }
    }
}

/// Whole numbers that are places below an end.
fn places(shape: [usize; 2], below: i64, case: Case, random: &mut Random) -> Tensor {
    let last = (below - 1).max(0);
    let values = match case {
        Case::Zeros => vec![0.0; area(shape)],
        Case::Extremes => fill(shape, || random.pick(&[0.0, last as f64])),
        _ => fill(shape, || random.whole((0, last)) as f64),
    };
    let values = matrix(shape, values);
    let magnitudes = absolute(&values);
    Tensor { stored: vec![values.data.clone()], magnitudes, originals: None, values }
}

fn plain(dtype: DType, shape: [usize; 2], case: Case, random: &mut Random) -> Tensor {
    let exact = |value: f64| f64::from(dtype.decode(dtype.encode(value as f32)));
    let values: Vec<f64> = match (dtype.range(), case) {
        (_, Case::Zeros) => vec![0.0; area(shape)],
        (Some((low, high)), Case::Extremes) => {
            fill(shape, || random.pick(&[low as f64, -1.0, 0.0, high as f64]))
        }
        (Some((low, high)), _) => {
            // Wide integers stay small enough for sums of them to be exact in f32.
            let range = (low.max(-4096), high.min(4096));
            fill(shape, || random.whole(range) as f64)
        }
        (None, Case::Extremes) => {
            let large = if dtype == DType::F16 { 65504.0 } else { 2f64.powi(40) };
            fill(shape, || random.pick(&[large, -large, 1.0, -1.0, 0.0]))
        }
        (None, Case::Denormals) => {
            let tiny = if dtype == DType::F16 { 2f64.powi(-20) } else { 2f64.powi(-131) };
            fill(shape, || random.normal() * tiny)
        }
        (None, Case::Random | Case::NanInPadding) => activations(shape, random),
    };
    let values = matrix(shape, values.into_iter().map(exact).collect());
    let magnitudes = absolute(&values);
    Tensor { stored: vec![values.data.clone()], magnitudes, originals: None, values }
}

fn nibbles(
    shape: [usize; 2],
    (group, asymmetric): (usize, bool),
    scale_type: DType,
    case: Case,
    random: &mut Random,
) -> Result<Tensor, Error> {
    let groups = shape[0] * shape[1].div_ceil(group);
    let tensor = match case {
        Case::Extremes => AwqTensor {
            shape,
            group,
            quants: (0..area(shape)).map(|_| random.pick(&[0, 15])).collect(),
            scales: (0..groups).map(|_| random.pick(&[0.0, 0.015625, -1.0, 8.0])).collect(),
            zeros: asymmetric.then(|| (0..groups).map(|_| random.pick(&[0, 15])).collect()),
        },
        _ => {
            let tiny = if scale_type == DType::F16 { 2f64.powi(-19) } else { 2f64.powi(-127) };
            let deviation = match case {
                Case::Zeros => 0.0,
                Case::Denormals => tiny,
                _ => 0.02,
            };
            let weights = fill(shape, || random.normal() * deviation);
            AwqTensor::quantise(&narrow(&weights), shape, group, asymmetric, scale_type)?
        }
    };
    let combined = |combine: fn(f64, f64) -> f64| {
        Matrix::from_fn(shape[0], shape[1], |[row, col]| {
            let at = row * tensor.groups() + col / group;
            let zero = tensor.zeros.as_ref().map_or(8, |zeros| zeros[at]);
            let quant = tensor.quants[row * shape[1] + col];
            combine(f64::from(quant), f64::from(zero)) * f64::from(tensor.scales[at])
        })
    };
    let values = combined(|quant, zero| quant - zero);
    let magnitudes = absolute(&combined(|quant, zero| quant + zero));
    let mut stored = vec![wide(&tensor.quants), wide(&tensor.scales)];
    stored.extend(tensor.zeros.as_deref().map(wide));
    Ok(Tensor { stored, magnitudes, originals: None, values })
}

/// Bytes with a scale for each row: blocks as long as rows, without their sums.
fn rows(shape: [usize; 2], case: Case, random: &mut Random) -> Result<Tensor, Error> {
    let mut tensor = blocks(shape, (shape[1].max(1), false), case, random)?;
    tensor.stored.pop();
    Ok(Tensor { originals: None, ..tensor })
}

fn blocks(
    shape: [usize; 2],
    (block, planes): (usize, bool),
    case: Case,
    random: &mut Random,
) -> Result<Tensor, Error> {
    let (tensor, originals) = match case {
        Case::Extremes => (extreme_blocks(shape, block, random), None),
        _ => {
            let mut originals = activations(shape, random);
            let scale = match case {
                Case::Zeros => 0.0,
                Case::Denormals => 2f64.powi(-126),
                _ => 1.0,
            };
            originals.iter_mut().for_each(|value| *value = f64::from((*value * scale) as f32));
            let tensor = Q8Tensor::quantise(&narrow(&originals), shape, block)?;
            (tensor, Some(matrix(shape, originals)))
        }
    };
    let scales = shape[1].div_ceil(block);
    let values = Matrix::from_fn(shape[0], shape[1], |[row, col]| {
        let scale = tensor.scales[row * scales + col / block];
        f64::from(tensor.quants[row * shape[1] + col]) * f64::from(scale)
    });
    let mut stored = match planes {
        false => vec![wide(&tensor.quants)],
        true => {
            let (high, low): (Vec<i8>, Vec<u8>) =
                tensor.quants.iter().map(|quant| split(*quant)).unzip();
            vec![wide(&high), wide(&low)]
        }
    };
    stored.extend([wide(&tensor.scales), wide(&tensor.sums)]);
    let magnitudes = absolute(&values);
    Ok(Tensor { stored, magnitudes, originals, values })
}

fn extreme_blocks(shape: [usize; 2], block: usize, random: &mut Random) -> Q8Tensor {
    let quants: Vec<i8> = (0..area(shape)).map(|_| random.pick(&[127, -127, 127, 0])).collect();
    let scales = shape[0] * shape[1].div_ceil(block);
    let spans = quants.chunks(shape[1].max(1)).flat_map(|row| row.chunks(SUM_SPAN));
    let sums = spans.map(|span| span.iter().copied().map(i16::from).sum()).collect();
    let scales = (0..scales).map(|_| random.pick(&[0.0, 2f32.powi(-10), 1.0, 128.0])).collect();
    Q8Tensor { shape, block, quants, scales, sums }
}

/// N(0, 1), and one column in about 64 sixteen times larger.
fn activations(shape: [usize; 2], random: &mut Random) -> Vec<f64> {
    let gains: Vec<f64> =
        (0..shape[1]).map(|_| if random.uniform() < 1.0 / 64.0 { 16.0 } else { 1.0 }).collect();
    let places = 0..area(shape);
    places.map(|at| f64::from((random.normal() * gains[at % shape[1]]) as f32)).collect()
}

fn fill(shape: [usize; 2], mut value: impl FnMut() -> f64) -> Vec<f64> {
    (0..area(shape)).map(|_| value()).collect()
}

fn matrix([rows, cols]: [usize; 2], data: Vec<f64>) -> Matrix {
    Matrix::new(rows, cols, data)
}

/// The same matrix without signs.
pub(super) fn absolute(of: &Matrix) -> Matrix {
    Matrix::new(of.rows, of.cols, of.data.iter().map(|value| value.abs()).collect())
}

fn area(shape: [usize; 2]) -> usize {
    shape[0] * shape[1]
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

fn wide<T: Copy + Into<f64>>(values: &[T]) -> Vec<f64> {
    values.iter().map(|value| (*value).into()).collect()
}
