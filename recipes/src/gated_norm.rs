//! The end of linear attention: each value head normalised, weighted, and gated by SiLU of its gate.
//!
//! ```text
//! y = w * o * rsqrt(mean(o^2) + epsilon) * z * sigmoid(z)
//! ```
//!
//! Means are taken over each head. The gates `z` are columns of `x`: those from column `c`, or the
//! last ones where `x` has too few after it.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::delta_rows::times;
use crate::sigmoid::sigmoid;

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Cover {
        /// Rows of a workgroup.
        rows: [1, 2, 4, 8] as u32,
        /// Heads of a workgroup.
        heads: [1, 2, 4, 8, 16] as u32,
    }
}

/// The family: number types and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GatedNorm {
    /// Number type of `x`.
    pub act: DType,
    /// Number type of `y`.
    pub out: DType,
    /// Heads of values.
    pub value_heads: u32,
    /// Columns of a head.
    pub value_head: u32,
    /// Added to the mean of squares.
    pub epsilon: f64,
}

impl Recipe for GatedNorm {
    type Params = Cover;

    fn name(&self) -> &'static str {
        "gated_norm"
    }

    fn signature(&self, _: &Cover, _: &Target) -> Signature {
        let columns = self.columns().to_string();
        Signature::new("gated_norm", ["m", "n", "c"])
            .input("o", F32, ["m", &columns])
            .input("x", self.act, ["m", "n"])
            .input("w", F32, ["1", &self.value_head.to_string()])
            .output("y", self.out, ["m", &columns])
            .multiple_of("n", self.value_head)
    }

    fn admits(&self, p: &Cover, target: &Target) -> Verdict {
        require!(self.value_head.is_power_of_two(), "heads are as wide as a power of two");
        require!(
            self.value_heads.is_multiple_of(p.heads),
            "all heads are a whole number of workgroups"
        );
        let held = p.rows * p.heads * self.value_head / target.lanes;
        let most = if target.backend == Backend::Host { 8 } else { 32 };
        require!(held <= most, "a lane holds {held} elements; {most} leave room");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Cover) {
        let width = p.heads * self.value_head;
        let [heads, row] = k.grid([times(self.value_heads / p.heads), k.tiles("m", p.rows)]);
        let (column, row) = (heads * width, row * p.rows);
        let size = [p.rows, width];
        let first = k.dim("c").min(k.dim("n") - self.columns());
        let o = k.load(k.arg("o").at([row, column], size)).slices(p.heads);
        let z = k.load(k.arg("x").at([row, first + column], size)).to(F32).slices(p.heads);
        let w = k.load(k.arg("w").at((0, 0), [1, self.value_head]));
        let mean = (o * o).sum_over(2) * f64::from(self.value_head).recip();
        let y = o * (mean + self.epsilon).rsqrt() * w * (z * sigmoid(z));
        k.arg("y").at([row, column], size).store(y.joined().to(self.out));
    }

    fn reference(&self, host: &mut Host) {
        let [o, x, w] = ["o", "x", "w"].map(|name| host.input(name));
        let head = self.value_head as usize;
        let first = host.dim("c").min(host.dim("n") - self.columns() as usize);
        let scale = |row: usize, at: usize| {
            let squares: f64 = (at * head..(at + 1) * head).map(|c| o[[row, c]].powi(2)).sum();
            (squares / head as f64 + self.epsilon).sqrt().recip()
        };
        host.fill("y", |[row, column]| {
            let z = x[[row, first + column]];
            let normed = o[[row, column]] * scale(row, column / head);
            normed * w[[0, column % head]] * z / (1.0 + (-z).exp())
        });
    }

    fn fit(&self, dims: &mut Sizes) {
        let columns = u64::from(self.columns());
        dims.entry("n".to_owned()).and_modify(|n| *n = (*n).max(columns));
    }

    fn default_params(&self, _: &Target) -> Cover {
        Cover { rows: 1, heads: 1 }
    }
}

impl GatedNorm {
    fn columns(&self) -> u32 {
        self.value_heads * self.value_head
    }
}
