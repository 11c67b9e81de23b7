//! Linear attention: the Gated DeltaNet layers.

use super::json::{LARGEST, Section};
use crate::Result;

/// Sizes of the linear-attention layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearAttention {
    /// Heads of queries and of keys; each serves `value_heads / key_heads` neighbouring value
    /// heads.
    pub key_heads: usize,
    /// Heads of values, each with a beta, a decay and a state of `[key_head, value_head]`.
    pub value_heads: usize,
    /// Width of a query or key head.
    pub key_head: usize,
    /// Width of a value head.
    pub value_head: usize,
    /// Taps of the causal convolution; the last one multiplies the current token.
    pub kernel: usize,
}

impl LinearAttention {
    /// Width of all query heads, and of all key heads.
    pub fn keys(&self) -> usize {
        self.key_heads * self.key_head
    }

    /// Width of all value heads.
    pub fn values(&self) -> usize {
        self.value_heads * self.value_head
    }

    /// Channels of the convolution: queries, then keys, then values.
    pub fn channels(&self) -> usize {
        2 * self.keys() + self.values()
    }

    pub(super) fn read(text: &Section<'_>) -> Result<Self> {
        text.one_of("output_gate_type", &["swish", "silu"])?;
        text.one_of("mamba_ssm_dtype", &["float32"])?;
        let read = Self {
            key_heads: text.size("linear_num_key_heads")?,
            value_heads: text.size("linear_num_value_heads")?,
            key_head: text.size("linear_key_head_dim")?,
            value_head: text.size("linear_value_head_dim")?,
            kernel: text.size("linear_conv_kernel_dim")?,
        };
        if !read.value_heads.is_multiple_of(read.key_heads) {
            let why = format!(
                "{} value heads do not divide among {} key heads",
                read.value_heads, read.key_heads
            );
            return Err(text.fail("linear_num_value_heads", why));
        }
        if !(2..=64).contains(&read.kernel) {
            let why = format!("expected 2 to 64 taps, found {}", read.kernel);
            return Err(text.fail("linear_conv_kernel_dim", why));
        }
        let rows = read.channels() + read.values();
        if rows > LARGEST {
            let why = format!("a layer of {rows} rows is absurd");
            return Err(text.fail("linear_value_head_dim", why));
        }
        Ok(read)
    }
}
