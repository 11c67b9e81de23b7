//! Full attention: heads and the rotation of positions.

use super::json::{LARGEST, Section};
use crate::Result;

/// Sizes of the full-attention layers. Queries have an output gate as wide as themselves, whose
/// rows follow the query's rows head by head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` neighbouring query heads.
    pub kv_heads: usize,
    /// Width of a head; not derived from the width of the residual stream.
    pub head: usize,
}

impl Attention {
    /// Width of all query heads.
    pub fn width(&self) -> usize {
        self.heads * self.head
    }

    /// Width of all key heads, and of all value heads.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.head
    }

    pub(super) fn read(text: &Section<'_>) -> Result<Self> {
        if text.flag("attn_output_gate")? == Some(false) {
            return Err(text.fail("attn_output_gate", "attention without a gate is not supported"));
        }
        if text.flag("attention_bias")? == Some(true) {
            return Err(text.fail("attention_bias", "biases are not supported"));
        }
        let read = Self {
            heads: text.size("num_attention_heads")?,
            kv_heads: text.size("num_key_value_heads")?,
            head: text.size("head_dim")?,
        };
        if !read.heads.is_multiple_of(read.kv_heads) {
            let why = format!("{} query heads do not divide among {}", read.heads, read.kv_heads);
            return Err(text.fail("num_key_value_heads", why));
        }
        let rows = 2 * read.width() + 2 * read.kv_width();
        if rows > LARGEST {
            return Err(text.fail("head_dim", format!("a layer of {rows} rows is absurd")));
        }
        Ok(read)
    }
}

/// How queries and keys are rotated by their position. Pairs are `(j, j + rotary / 2)` within the
/// first `rotary` dims of a head; pair `j` turns by `position * theta^(-2 j / rotary)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rope {
    /// Base of the frequencies.
    pub theta: f64,
    /// Dims of a head that are rotated; even. The others pass.
    pub rotary: usize,
    /// Pairs turned by the positions in time, height and width; `None` for models of text alone,
    /// whose three positions are equal.
    pub sections: Option<[usize; 3]>,
}

impl Rope {
    /// Which position turns pair `j`: 0 time, 1 height, 2 width. Axes alternate (time, height,
    /// width, time, ...) until a section is used up; what is left over is time.
    pub fn axis(&self, j: usize) -> usize {
        let axis = j % 3;
        match self.sections {
            Some(sections) if axis > 0 && j < 3 * sections[axis] => axis,
            _ => 0,
        }
    }

    /// Reads `rope_parameters`, or its older forms: `rope_scaling`, or fields of the text model.
    pub(super) fn read(text: &Section<'_>, head: usize, vision: bool) -> Result<Self> {
        let inner = match text.section("rope_parameters")? {
            Some(section) => Some(section),
            None => text.section("rope_scaling")?,
        };
        let inner = inner.unwrap_or_else(|| text.clone());
        inner.one_of("rope_type", &["default"])?;
        let number = |field: &str| match inner.positive(field)? {
            Some(found) => Ok(found),
            None => text.positive(field)?.ok_or_else(|| inner.missing(field)),
        };
        let theta = number("rope_theta")?;
        let factor = number("partial_rotary_factor")?;
        let exact = factor * head as f64;
        let rotary = exact.round() as usize;
        if (exact - rotary as f64).abs() > 1e-6
            || !rotary.is_multiple_of(2)
            || !(2..=head).contains(&rotary)
        {
            let why = format!(
                "{factor} of a head of {head} is not an even number of dims from 2 to {head}"
            );
            return Err(inner.fail("partial_rotary_factor", why));
        }
        let sections = sections(&inner, rotary)?;
        if sections.is_none() && vision {
            return Err(inner.missing("mrope_section"));
        }
        Ok(Self { theta, rotary, sections })
    }
}

fn sections(inner: &Section<'_>, rotary: usize) -> Result<Option<[usize; 3]>> {
    let field = "mrope_section";
    let Some(numbers) = inner.numbers(field)? else { return Ok(None) };
    let Ok(sections) = <[usize; 3]>::try_from(numbers) else {
        return Err(inner.fail(field, "expected three numbers: time, height, width"));
    };
    let [time, height, width] = sections;
    if time + height + width != rotary / 2 {
        let why = format!("{time} + {height} + {width} is not half of {rotary} rotated dims");
        return Err(inner.fail(field, why));
    }
    if inner.flag("mrope_interleaved")? != Some(true) {
        let why = "sections are supported interleaved only; expected true";
        return Err(inner.fail("mrope_interleaved", why));
    }
    // The last pair of height is 3 * height - 2, that of width 3 * width - 1.
    if 3 * height > rotary / 2 + 1 || 3 * width > rotary / 2 {
        let pairs = rotary / 2;
        let why = format!("{height} and {width} do not fit if {pairs} pairs are taken in turns");
        return Err(inner.fail(field, why));
    }
    Ok(Some(sections))
}
