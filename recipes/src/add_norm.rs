//! Residual add and RMS normalisation in one: `sum = x + residual`, rounded, and its rows
//! normalised and weighted as in [`crate::rms_norm`].

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

use crate::rms_norm::{Convention, RmsNorm, Rows};

/// The family: the norm, whose number type is that of `x`, `residual` and `sum` as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddNorm(pub RmsNorm);

impl Recipe for AddNorm {
    type Params = Rows;

    fn name(&self) -> &'static str {
        "add_norm"
    }

    fn signature(&self, p: &Rows, _: &Target) -> Signature {
        let RmsNorm { dtype, weight, .. } = self.0;
        Signature::new("add_norm", ["m", "k"])
            .input("x", dtype, ["m", "k"])
            .input("residual", dtype, ["m", "k"])
            .input("w", weight, ["1", "k"])
            .output("sum", dtype, ["m", "k"])
            .output("y", dtype, ["m", "k"])
            .multiple_of("k", p.width)
    }

    fn admits(&self, p: &Rows, target: &Target) -> Verdict {
        self.0.admits(p, target)
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Rows) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", p.rows)]);
        let row = row * p.rows;
        let window = [p.rows, p.width];
        let columns = k.dim("k");
        let added = |at: Index<'k>| {
            let part = |name| k.load(k.arg(name).at([row, at], window)).to(F32);
            (part("x") + part("residual")).to(self.0.dtype)
        };
        let squares = k.fold(k.steps(columns, p.width), k.zeros(F32, window), |at, sum| {
            let h = added(at).to(F32);
            sum + h * h
        });
        let mean = squares.sum_over(2) / k.splat(columns, [1, 1]).to(F32);
        let scale = (mean + self.0.epsilon).rsqrt();
        k.fold(k.steps(columns, p.width), (), |at, ()| {
            let h = added(at);
            k.arg("sum").at([row, at], window).store(h);
            let weight = k.load(k.arg("w").at([k.index(0), at], [1, p.width])).to(F32);
            let normalised = h.to(F32) * scale;
            let y = match self.0.convention {
                Convention::OnePlus => normalised * (weight + 1.0),
                Convention::Plain => normalised.to(self.0.dtype).to(F32) * weight,
            };
            k.arg("y").at([row, at], window).store(y.to(self.0.dtype));
        });
    }

    fn reference(&self, host: &mut Host) {
        let [x, residual, w] = ["x", "residual", "w"].map(|name| host.input(name));
        let (rows, columns) = (host.dim("m"), host.dim("k"));
        let dtype = self.0.dtype;
        let rounded = |value: f64| f64::from(dtype.decode(dtype.encode(value as f32)));
        let h = Matrix::from_fn(rows, columns, |at| rounded(x[at] + residual[at]));
        let scale = |m: usize| {
            let squares: f64 = (0..columns).map(|k| h[[m, k]] * h[[m, k]]).sum();
            1.0 / (squares / columns as f64 + self.0.epsilon).sqrt()
        };
        let scales: Vec<f64> = (0..rows).map(scale).collect();
        let offset = if self.0.convention == Convention::OnePlus { 1.0 } else { 0.0 };
        host.fill("sum", |at| h[at]);
        host.fill("y", |[m, k]| h[[m, k]] * scales[m] * (offset + w[[0, k]]));
    }

    fn default_params(&self, target: &Target) -> Rows {
        self.0.default_params(target)
    }
}
