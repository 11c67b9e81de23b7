//! Grouped 4-bit weights: reference quantisation and the checkpoint's packing.

use crate::packed::{expect_len, load, store};
use crate::{DType, Error, Format, Scheme};

/// A weight matrix `[n, k]` of unsigned nibbles in groups along `k`:
/// `w[n, k] = (quants[n, k] - zeros[n, g]) * scales[n, g]` with `g = k / group`.
///
/// Everything is row-major and unpacked: one nibble a byte.
#[derive(Debug, Clone, PartialEq)]
pub struct AwqTensor {
    /// Rows (`n`) and columns (`k`).
    pub shape: [usize; 2],
    /// Columns that share a scale and a zero point.
    pub group: usize,
    /// `[n, k]`, each 0 to 15.
    pub quants: Vec<u8>,
    /// `[n, ceil(k / group)]`.
    pub scales: Vec<f32>,
    /// `[n, ceil(k / group)]`, each 0 to 15. `None` if symmetric: every zero point is 8.
    pub zeros: Option<Vec<u8>>,
}

impl AwqTensor {
    /// Quantises a row-major matrix, each group to the range of its values.
    ///
    /// Asymmetric: the range is widened to contain 0, `scale = (high - low) / 15` and
    /// `zero = round(-low / scale)`. Symmetric: `scale = largest magnitude / 7.5`. The scale is
    /// rounded to `scale_type` first; then `quant = round(w / scale) + zero`, clamped to 0..=15.
    /// Rounding is to nearest even. A scale of 0 gives quants equal to the zero point.
    ///
    /// # Errors
    /// If `weights` does not have the shape's size, or a value or scale is not finite.
    pub fn quantise(
        weights: &[f32],
        shape: [usize; 2],
        group: usize,
        asymmetric: bool,
        scale_type: DType,
    ) -> Result<Self, Error> {
        expect_len("weights", weights.len(), shape[0] * shape[1])?;
        let mut tensor = Self {
            shape,
            group,
            quants: Vec::with_capacity(weights.len()),
            scales: Vec::new(),
            zeros: asymmetric.then(Vec::new),
        };
        for values in weights.chunks(shape[1].max(1)).flat_map(|row| row.chunks(group)) {
            let (scale, zero) = group_scale(values, asymmetric, scale_type)?;
            tensor.scales.push(scale);
            if let Some(zeros) = &mut tensor.zeros {
                zeros.push(zero);
            }
            tensor.quants.extend(values.iter().map(|value| quantise_value(*value, scale, zero)));
        }
        Ok(tensor)
    }

    /// The real numbers represented, row-major.
    pub fn dequantise(&self) -> Vec<f32> {
        let [_, cols] = self.shape;
        let value = |(at, quant): (usize, &u8)| {
            let group = at / cols * self.groups() + at % cols / self.group;
            let zero = self.zeros.as_ref().map_or(8, |zeros| zeros[group]);
            (f32::from(*quant) - f32::from(zero)) * self.scales[group]
        };
        self.quants.iter().enumerate().map(value).collect()
    }

    /// Groups in a row.
    pub fn groups(&self) -> usize {
        self.shape[1].div_ceil(self.group)
    }

    /// The stored bytes of each part, in a format's part order and default memory orders, with
    /// scales as `scale_type`. Read as little-endian `i32`, quants and zeros are the checkpoint's
    /// `weight_packed` and `weight_zero_point`.
    ///
    /// # Errors
    /// If the format's scheme, group or symmetry is not the tensor's.
    pub fn to_parts(&self, format: &Format, scale_type: DType) -> Result<Vec<Vec<u8>>, Error> {
        let asymmetric = self.zeros.is_some();
        if format.scheme != (Scheme::GroupedNibbles { group: self.group, asymmetric }) {
            return Err(Error::Data(format!(
                "format {format} does not hold nibbles in groups of {}, {}",
                self.group,
                if asymmetric { "asymmetric" } else { "symmetric" }
            )));
        }
        let groups = [self.shape[0], self.groups()];
        let scales: Vec<u32> = self.scales.iter().map(|scale| scale_type.encode(*scale)).collect();
        let nibbles =
            |values: &[u8]| -> Vec<u32> { values.iter().copied().map(u32::from).collect() };
        let order = |part: usize| &format.parts[part].order;
        let mut parts = vec![
            store(&nibbles(&self.quants), order(0), self.shape, DType::U4),
            store(&scales, order(1), groups, scale_type),
        ];
        if let Some(zeros) = &self.zeros {
            parts.push(store(&nibbles(zeros), order(2), groups, DType::U4));
        }
        Ok(parts)
    }

    /// The inverse of [`to_parts`](Self::to_parts).
    ///
    /// # Errors
    /// If the format is of another scheme, or a part has the wrong size.
    pub fn from_parts(
        format: &Format,
        parts: &[Vec<u8>],
        shape: [usize; 2],
        scale_type: DType,
    ) -> Result<Self, Error> {
        let Scheme::GroupedNibbles { group, .. } = format.scheme else {
            return Err(Error::Data(format!("format {format} does not hold grouped nibbles")));
        };
        expect_len("parts", parts.len(), format.parts.len())?;
        let read = |at: usize, dtype| {
            let part = &format.parts[at];
            load(&parts[at], &part.order, part.shape(shape), dtype, &part.name)
        };
        let nibbles = |at| -> Result<Vec<u8>, Error> {
            Ok(read(at, DType::U4)?.into_iter().map(|bits| bits as u8).collect())
        };
        let scales = read(1, scale_type)?;
        Ok(Self {
            shape,
            group,
            quants: nibbles(0)?,
            scales: scales.into_iter().map(|bits| scale_type.decode(bits)).collect(),
            zeros: if parts.len() > 2 { Some(nibbles(2)?) } else { None },
        })
    }
}

fn group_scale(values: &[f32], asymmetric: bool, scale_type: DType) -> Result<(f32, u8), Error> {
    if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
        return Err(Error::Data(format!("weights to quantise must be finite, found {bad}")));
    }
    let low = values.iter().copied().fold(0f32, f32::min);
    let high = values.iter().copied().fold(0f32, f32::max);
    let exact = if asymmetric { high / 15.0 - low / 15.0 } else { high.max(-low) / 7.5 };
    let scale = scale_type.decode(scale_type.encode(exact));
    if !scale.is_finite() {
        return Err(Error::Data(format!("the scale {exact} does not fit in {scale_type}")));
    }
    let zero = match asymmetric {
        true if scale > 0.0 => (-low / scale).round_ties_even().clamp(0.0, 15.0) as u8,
        true => 0,
        false => 8,
    };
    Ok((scale, zero))
}

fn quantise_value(value: f32, scale: f32, zero: u8) -> u8 {
    if scale == 0.0 {
        return zero;
    }
    ((value / scale).round_ties_even() + f32::from(zero)).clamp(0.0, 15.0) as u8
}
