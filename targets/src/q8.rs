//! Signed bytes in blocks or whole rows: reference quantisation, sums and nibble planes.

use crate::packed::{expect_len, load, store};
use crate::{DType, Error, Format, Scheme};

/// Columns covered by each stored sum.
pub const SUM_SPAN: usize = 32;

/// Numbers `[m, k]` as signed bytes with one scale for each block along `k`, which may be all of it:
/// `x[m, k] = quants[m, k] * scales[m, k / block]`. All row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Q8Tensor {
    /// Rows (`m`) and columns (`k`).
    pub shape: [usize; 2],
    /// Columns that share a scale.
    pub block: usize,
    /// `[m, k]`, each -127 to 127.
    pub quants: Vec<i8>,
    /// `[m, ceil(k / block)]`.
    pub scales: Vec<f32>,
    /// `[m, ceil(k / 32)]`: the sum of each 32 quants.
    pub sums: Vec<i16>,
}

impl Q8Tensor {
    /// Quantises a row-major matrix.
    ///
    /// `scale = largest magnitude / 127`, `quant = x / scale` rounded to nearest even and clamped
    /// to -127..=127. If the scale is 0 (a block of zeros, or of values so small that the
    /// division underflows) the quants are 0. A block that contains a NaN has a NaN scale; one
    /// that contains an infinity and no NaN has an infinite scale; in both cases its quants are
    /// 0, so that everything computed from the block becomes NaN instead of a plausible number.
    ///
    /// # Errors
    /// If `values` does not have the shape's size.
    pub fn quantise(values: &[f32], shape: [usize; 2], block: usize) -> Result<Self, Error> {
        expect_len("values", values.len(), shape[0] * shape[1])?;
        let rows = || values.chunks(shape[1].max(1));
        let scales: Vec<f32> = rows().flat_map(|row| row.chunks(block).map(block_scale)).collect();
        let blocks = rows().flat_map(|row| row.chunks(block)).zip(&scales);
        let quants: Vec<i8> = blocks
            .flat_map(|(values, scale)| values.iter().map(|value| quantise_value(*value, *scale)))
            .collect();
        let sums = sums_of(&quants, shape);
        Ok(Self { shape, block, quants, scales, sums })
    }

    /// The real numbers represented, row-major.
    pub fn dequantise(&self) -> Vec<f32> {
        let [_, cols] = self.shape;
        let blocks = cols.div_ceil(self.block);
        let scale = |at: usize| self.scales[at / cols * blocks + at % cols / self.block];
        let value = |(at, quant): (usize, &i8)| f32::from(*quant) * scale(at);
        self.quants.iter().enumerate().map(value).collect()
    }

    /// The stored bytes of each part, in a format's part order and default memory orders.
    ///
    /// # Errors
    /// If the format's scheme or block is not the tensor's.
    pub fn to_parts(&self, format: &Format) -> Result<Vec<Vec<u8>>, Error> {
        let planes = match format.scheme {
            Scheme::Blocks { block, planes } if block == self.block => planes,
            Scheme::Rows if self.block == self.shape[1].max(1) => false,
            _ => {
                let block = self.block;
                return Err(Error::Data(format!(
                    "format {format} does not hold bytes in blocks of {block}"
                )));
            }
        };
        let scales = self.scales.iter().map(|scale| scale.to_bits()).collect();
        let sums = self.sums.iter().map(|sum| f32::from(*sum).to_bits()).collect();
        let (hi, lo): (Vec<u32>, Vec<u32>) = self
            .quants
            .iter()
            .map(|quant| split(*quant))
            .map(|(h, l)| (h as u32, l as u32))
            .unzip();
        let values: Vec<Vec<u32>> = if planes {
            vec![hi, lo, scales, sums]
        } else {
            vec![self.quants.iter().map(|quant| *quant as u8 as u32).collect(), scales, sums]
        };
        let stored = format.parts.iter().zip(values).map(|(part, values)| {
            store(&values, &part.order, part.shape(self.shape), part.dtype())
        });
        Ok(stored.collect())
    }

    /// The inverse of [`to_parts`](Self::to_parts). Sums are taken as stored.
    ///
    /// # Errors
    /// If the format is of another scheme, or a part has the wrong size.
    pub fn from_parts(
        format: &Format,
        parts: &[Vec<u8>],
        shape: [usize; 2],
    ) -> Result<Self, Error> {
        let (block, planes) = match format.scheme {
            Scheme::Blocks { block, planes } => (block, planes),
            Scheme::Rows => (shape[1].max(1), false),
            _ => return Err(Error::Data(format!("format {format} does not hold scaled bytes"))),
        };
        expect_len("parts", parts.len(), format.parts.len())?;
        let read = |at: usize| {
            let part = &format.parts[at];
            load(&parts[at], &part.order, part.shape(shape), part.dtype(), &part.name)
        };
        let (quants, next): (Vec<i8>, usize) = if planes {
            let (hi, lo) = (read(0)?, read(1)?);
            let joined = hi.into_iter().zip(lo);
            (joined.map(|(hi, lo)| join(DType::I4.decode_int(hi) as i8, lo as u8)).collect(), 2)
        } else {
            (read(0)?.into_iter().map(|bits| bits as u8 as i8).collect(), 1)
        };
        let scales = read(next)?.into_iter().map(f32::from_bits).collect();
        let sums = match format.scheme {
            Scheme::Rows => sums_of(&quants, shape),
            _ => read(next + 1)?.into_iter().map(|bits| f32::from_bits(bits) as i16).collect(),
        };
        Ok(Self { shape, block, quants, scales, sums })
    }
}

/// Splits a byte into nibbles with `quant = 16 * hi + lo`, `hi` signed and `lo` unsigned.
pub const fn split(quant: i8) -> (i8, u8) {
    (quant >> 4, quant as u8 & 15)
}

/// The inverse of [`split`].
pub const fn join(hi: i8, lo: u8) -> i8 {
    (hi << 4) | lo as i8
}

fn block_scale(values: &[f32]) -> f32 {
    // Magnitudes compare as integers, where NaN is above infinity.
    let magnitude = values.iter().map(|value| value.abs().to_bits()).max().unwrap_or(0);
    f32::from_bits(magnitude) / 127.0
}

fn quantise_value(value: f32, scale: f32) -> i8 {
    if scale == 0.0 || !scale.is_finite() {
        return 0;
    }
    (value / scale).round_ties_even().clamp(-127.0, 127.0) as i8
}

fn sums_of(quants: &[i8], shape: [usize; 2]) -> Vec<i16> {
    let spans = quants.chunks(shape[1].max(1)).flat_map(|row| row.chunks(SUM_SPAN));
    spans.map(|span| span.iter().copied().map(i16::from).sum()).collect()
}
