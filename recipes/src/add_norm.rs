//! Residual add and RMS normalisation in one: `sum = x + residual`, rounded, and its rows
//! normalised and weighted as in [`crate::rms_norm`].

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

use crate::rms_norm::{RmsNorm, Rows};

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
            .multiple_of("k", p.width * p.windows)
    }

    fn admits(&self, p: &Rows, target: &Target) -> Verdict {
        self.0.admits(p, target)
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Rows) {
        let window = [p.rows, p.width];
        let added = |place: [Index<'k>; 2]| {
            let part = |name| k.load(k.arg(name).at(place, window)).to(F32);
            (part("x") + part("residual")).to(self.0.dtype)
        };
        let stored = |place: [Index<'k>; 2]| {
            let sum = added(place);
            k.arg("sum").at(place, window).store(sum);
            sum.to(F32)
        };
        self.0.normalise(k, p, |place| added(place).to(F32), stored);
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m"]
    }

    fn reference(&self, host: &mut Host) {
        let [x, residual] = ["x", "residual"].map(|name| host.input(name));
        let dtype = self.0.dtype;
        let rounded = |value: f64| f64::from(dtype.decode(dtype.encode(value as f32)));
        let shape = [host.dim("m"), host.dim("k")];
        let sum = Matrix::from_fn(shape[0], shape[1], |at| rounded(x[at] + residual[at]));
        host.fill("sum", |at| sum[at]);
        self.0.reference_of(host, &sum);
    }

    fn default_params(&self, target: &Target) -> Rows {
        self.0.default_params(target)
    }
}
