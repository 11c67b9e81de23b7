//! Attention with many rows of a sequence at once.

use super::flash::{Cover, Flash, Segment};
use super::reference::{self, Seen};
use super::{Layer, Role};
use crate::sigmoid::sigmoid;
use kiln_compiler::prelude::*;

/// The family of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefill(pub Layer);

impl Recipe for Prefill {
    type Params = Cover;

    fn name(&self) -> &'static str {
        "attention"
    }

    /// `q` `[m, heads * head]`, the cache `[c * kv_heads, head]`, `qkv` `[m, n]` for its gates,
    /// `segments` `[b, 4]`, `pages` `[b, t]`, `y` `[m, heads * head]`.
    fn signature(&self, _: &Cover, target: &Target) -> Signature {
        let layer = &self.0;
        let width = (layer.heads * layer.head).to_string();
        let signature = Signature::new("attention", ["m", "n", "c", "b", "t"])
            .multiple_of("n", layer.columns())
            .input("q", layer.act, ["m", width.as_str()]);
        layer
            .cache(signature, target, Role::Input)
            .input("qkv", layer.act, ["m", "n"])
            .input("segments", I32, ["b", "4"])
            .input("pages", I32, ["b", "t"])
            .output("y", layer.act, ["m", width.as_str()])
    }

    fn admits(&self, p: &Cover, target: &Target) -> Verdict {
        let single = p.heads == 1 || !self.0.gated;
        require!(single, "gates of several heads do not lie side by side");
        self.0.admits(p, target)
    }

    fn build(&self, k: &Kernel, p: &Cover) {
        let layer = self.0;
        k.waves(p.waves());
        let heads = Extent { dim: None, mul: layer.heads, div: p.heads };
        let [heads, tile, segment] = k.grid([heads, k.tiles("m", p.queries), k.tiles("b", 1)]);
        let segment = Segment::read(k, segment);
        let at = tile * p.queries;
        k.when(at.lt(segment.rows), || {
            let head = heads * p.heads;
            let rows = segment.tile(head, at);
            let window = [p.queries, p.heads * layer.head];
            let result = Flash { k, layer, cover: *p }.walk(&rows, None).result(p);
            let result = if layer.gated {
                let col = layer.query_at(head) + layer.head;
                let gate = k.load(k.arg("qkv").at([rows.row, col], window)).to(F32);
                result * sigmoid(gate)
            } else {
                result
            };
            let to = k.arg("y").at([rows.row, head * layer.head], window);
            to.until(rows.until).store(result.to(layer.act));
        });
    }

    fn reference(&self, host: &mut Host) {
        let layer = self.0;
        let attended = reference::attend(&layer, host, Seen::All);
        reference::gated(&layer, host, attended);
    }

    fn fit(&self, dims: &mut Sizes) {
        reference::fit(&self.0, dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        reference::integers(&self.0, input, dims, pick)
    }

    fn default_params(&self, target: &Target) -> Cover {
        self.0.default_cover(target)
    }
}
