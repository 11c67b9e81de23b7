//! Any format, from real numbers to stored bytes and back.

use crate::packed::{expect_len, load, store};
use crate::{AwqTensor, Error, Format, Q8Tensor, Scheme};

impl Format {
    /// Quantises a row-major matrix by the format's reference rule and stores every part in its
    /// default dtype and memory order.
    ///
    /// # Errors
    /// If `values` does not have the shape's size, or the scheme cannot represent a value.
    pub fn encode(&self, values: &[f32], shape: [usize; 2]) -> Result<Vec<Vec<u8>>, Error> {
        match self.scheme {
            Scheme::Plain => {
                expect_len("values", values.len(), shape[0] * shape[1])?;
                let part = &self.parts[0];
                let bits: Vec<u32> =
                    values.iter().map(|value| part.dtype().encode(*value)).collect();
                Ok(vec![store(&bits, &part.order, shape, part.dtype())])
            }
            Scheme::GroupedNibbles { group, asymmetric } => {
                let scale_type = self.parts[1].dtype();
                AwqTensor::quantise(values, shape, group, asymmetric, scale_type)?
                    .to_parts(self, scale_type)
            }
            Scheme::Blocks { block, .. } => {
                Q8Tensor::quantise(values, shape, block)?.to_parts(self)
            }
            Scheme::Rows => Q8Tensor::quantise(values, shape, shape[1].max(1))?.to_parts(self),
        }
    }

    /// The real numbers that stored parts (default dtypes and memory orders) represent,
    /// row-major.
    ///
    /// # Errors
    /// If there are too few or too many parts, or one has the wrong size.
    pub fn decode(&self, parts: &[Vec<u8>], shape: [usize; 2]) -> Result<Vec<f32>, Error> {
        match self.scheme {
            Scheme::Plain => {
                expect_len("parts", parts.len(), 1)?;
                let (part, data) = (&self.parts[0], &parts[0]);
                let bits = load(data, &part.order, shape, part.dtype(), &part.name)?;
                Ok(bits.into_iter().map(|bits| part.dtype().decode(bits)).collect())
            }
            Scheme::GroupedNibbles { .. } => {
                let scale_type = self.parts[1].dtype();
                Ok(AwqTensor::from_parts(self, parts, shape, scale_type)?.dequantise())
            }
            Scheme::Blocks { .. } | Scheme::Rows => {
                Ok(Q8Tensor::from_parts(self, parts, shape)?.dequantise())
            }
        }
    }
}
