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

    /// `parts` `[m, s * heads * head]`, `weights` `[m, s * heads]`, `qkv` `[m, n]` for its gates, `y`
    /// `[m, heads * head]`.
    fn signature(&self, _: &Gather, _: &Target) -> Signature {
        let layer = &self.0;
        let [width, heads] = [layer.heads * layer.head, layer.heads].map(|of| of.to_string());
        Signature::new("attention_merge", ["m", "n", "s"])
            .multiple_of("n", layer.columns())
            .input("parts", layer.part(), ["m", format!("{width}*s").as_str()])
            .input("weights", F32, ["m", format!("{heads}*s").as_str()])
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
        let one = [1, 1];
        let start = (k.full(NOTHING, F32, one), k.zeros(F32, one), k.zeros(F32, [1, layer.head]));
        let sums = k.fold(k.steps(k.dim("s"), STEP), start, |at, (peak, norm, out)| {
            let column = |part: u32| (at + part) * layer.heads + head;
            let weight = |part| k.load(k.arg("weights").at([row, column(part)], one).or(NOTHING));
            let weights: Vec<Tile> = (0..STEP).map(weight).collect();
            let new = weights.iter().fold(peak, |new, weight| new.max(*weight));
            let decay = (peak - new).exp2();
            let (mut norm, mut out) = (norm * decay, out * decay);
            for (part, weight) in (0..).zip(weights) {
                let weight = (weight - new).exp2();
                let place = [row, column(part) * layer.head];
                norm = norm + weight;
                let part = k.load(k.arg("parts").at(place, [1, layer.head]));
                out = out + part.to(F32) * weight;
            }
            (new, norm, out)
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
        let column = |part: usize, col: usize| part * heads + col / head;
        let bounding = host.is_bounding();
        let merged = Matrix::from_fn(host.dim("m"), heads * head, |[m, col]| {
            let log = |part: usize| weights[[m, column(part, col)]];
            let peak = (0..parts).fold(NOTHING, |peak, part| log(part).max(peak));
            let weight = |part: usize| (log(part) - peak).exp2();
            let norm: f64 = (0..parts).map(weight).sum();
            let place = |part: usize| column(part, col) * head + col % head;
            let term = |part: usize| weight(part) * values[[m, place(part)]];
            let sum = (0..parts).map(term).sum::<f64>() / norm;
            // A rounding of a weight's logarithm moves it by that much, and the norm as well.
            let reach = |part: usize| log(part).abs() + peak.abs();
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
