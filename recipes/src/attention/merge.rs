//! The parts of a row's past put together.
//!
//! Parts are added in order, eight at a time; those that a row does not have weigh nothing and
//! leave its sums as they are, to the last bit.

use super::Layer;
use crate::sigmoid::sigmoid;
use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

/// Parts in one step.
const STEP: u32 = 8;

/// Base-2 logarithm of the weight of nothing.
const NOTHING: f64 = -1e30;

params! {
    /// How one workgroup covers one head of one row.
    pub struct Gather {
        /// Waves of a workgroup, side by side along the head.
        nwarps: [1, 2, 4] as u32,
    }
}

/// The family of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge(pub Layer);

impl Recipe for Merge {
    type Params = Gather;

    fn name(&self) -> &'static str {
        "attention_merge"
    }

    /// `parts` `[m * heads, s * head]`, `weights` `[m * heads, s]`, `qkv` `[m, n]` for its gates,
    /// `y` `[m, heads * head]`.
    fn signature(&self, _: &Gather, _: &Target) -> Signature {
        let layer = &self.0;
        let [width, rows] = [layer.heads * layer.head, layer.heads].map(|of| of.to_string());
        let (rows, cols) = (format!("{rows}*m"), format!("{}*s", layer.head));
        Signature::new("attention_merge", ["m", "n", "s"])
            .multiple_of("n", layer.columns())
            .input("parts", F32, [rows.as_str(), cols.as_str()])
            .input("weights", F32, [rows.as_str(), "s"])
            .input("qkv", layer.act, ["m", "n"])
            .output("y", layer.act, ["m", width.as_str()])
    }

    fn admits(&self, p: &Gather, target: &Target) -> Verdict {
        let host = target.backend == kiln_targets::Backend::Host;
        require!(!host || p.nwarps == 1, "a host workgroup is one wave");
        require!(self.0.head >= p.nwarps * 16, "every wave has 16 elements");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Gather) {
        let layer = self.0;
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let heads = Extent { dim: None, mul: layer.heads, div: 1 };
        let [head, row] = k.grid([heads, k.tiles("m", 1)]);
        let from = row * layer.heads + head;
        let one = [1, 1];
        let start = (k.full(NOTHING, F32, one), k.zeros(F32, one), k.zeros(F32, [1, layer.head]));
        let sums = k.fold(k.steps(k.dim("s"), STEP), start, |at, (peak, norm, out)| {
            let weights = k.arg("weights").at([from, at], [1, STEP]).or(NOTHING);
            let weights = k.load(weights).slices(STEP);
            let parts = k.arg("parts").at([from, at * layer.head], [1, STEP * layer.head]);
            let parts = k.load(parts).slices(STEP);
            let new = peak.max(weights.max_over(0));
            let (weights, decay) = ((weights - new).exp2(), (peak - new).exp2());
            let norm = norm * decay + weights.sum_over(0);
            (new, norm, out * decay + (parts * weights).sum_over(0))
        });
        let (_, norm, out) = sums;
        let result = out / norm;
        let window = [1, layer.head];
        let result = if layer.gated {
            let gate = k.arg("qkv").at([row, layer.query_at(head) + layer.head], window);
            result * sigmoid(k.load(gate).to(F32))
        } else {
            result
        };
        k.arg("y").at([row, head * layer.head], window).store(result.to(layer.act));
    }

    fn reference(&self, host: &mut Host) {
        let layer = self.0;
        let (heads, head, parts) = (layer.heads as usize, layer.head as usize, host.dim("s"));
        let (weights, values) = (host.number("weights"), host.input("parts"));
        let bounding = host.is_bounding();
        let merged = Matrix::from_fn(host.dim("m"), heads * head, |[m, col]| {
            let row = m * heads + col / head;
            let peak = (0..parts).fold(NOTHING, |peak, part| weights[[row, part]].max(peak));
            let weight = |part: usize| (weights[[row, part]] - peak).exp2();
            let norm: f64 = (0..parts).map(weight).sum();
            let term = |part: usize| weight(part) * values[[row, part * head + col % head]];
            let sum = (0..parts).map(term).sum::<f64>() / norm;
            // A rounding of a weight's logarithm moves it by that much, and the norm as well.
            let reach = |part: usize| weights[[row, part]].abs() + peak.abs();
            let moved = (0..parts).map(|part| reach(part) * weight(part)).sum::<f64>() / norm;
            let turned = (0..parts).map(|part| reach(part) * term(part)).sum::<f64>() / norm;
            if bounding { sum + moved * sum + turned } else { sum }
        });
        super::reference::gated_rows(&layer, host, &merged);
    }

    fn fit(&self, dims: &mut Sizes) {
        super::reference::fit_columns(&self.0, dims);
    }

    fn default_params(&self, _: &Target) -> Gather {
        Gather { nwarps: 1 }
    }
}
