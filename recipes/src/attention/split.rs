//! Attention with few rows over a long past: one part of the past a workgroup.
//!
//! Part `i` of a row's past holds its tokens `i * length ..`, whatever the number of rows, their
//! neighbours, or the parts there are. Its result is normalised by itself; its weight is the
//! base-2 logarithm of the sum by which it was, so that [`super::Merge`] can add parts up.

use super::flash::{Cover, Flash, Segment};
use super::reference::{self, Seen};
use super::segments::size;
use super::{Layer, Role, Sight};
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

/// The family of one layer and one length of parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Sizes and number types.
    pub layer: Layer,
    /// Tokens of a part.
    pub length: u32,
}

impl Recipe for Split {
    type Params = Cover;

    fn name(&self) -> &'static str {
        "attention_split"
    }

    /// `q` `[m, heads * head]`, the cache `[c * kv_heads, head]`, `segments` `[b, 4]`, `pages`
    /// `[b, t]`; `parts` `[m, s * heads * head]` and `weights` `[m, s * heads]` of `s` parts.
    fn signature(&self, _: &Cover, target: &Target) -> Signature {
        let layer = &self.layer;
        let [width, heads] = [layer.heads * layer.head, layer.heads].map(|of| of.to_string());
        let signature = Signature::new("attention_split", ["m", "c", "b", "t", "s"]).input(
            "q",
            layer.act,
            ["m", width.as_str()],
        );
        layer
            .cache(signature, target, Role::Input)
            .input("segments", I32, ["b", "4"])
            .input("pages", I32, ["b", "t"])
            .output("parts", layer.part(), ["m", format!("{width}*s").as_str()])
            .output("weights", F32, ["m", format!("{heads}*s").as_str()])
    }

    fn admits(&self, p: &Cover, target: &Target) -> Verdict {
        require!(self.length.is_multiple_of(p.keys), "a part is whole steps");
        require!(p.queries <= 32, "few rows are attended at once");
        self.layer.admits(p, target)
    }

    /// What a row adds up, and in which order, is decided by the keys of a step and by how waves
    /// divide them; its neighbours among the columns are not.
    fn order(&self, p: &Cover, _: &Target) -> String {
        format!("{} of {} keys by {} waves", self.name(), p.keys, p.nwarps)
    }

    fn build(&self, k: &Kernel, p: &Cover) {
        let layer = self.layer;
        k.waves(p.waves());
        let heads = Extent { dim: None, mul: layer.heads, div: p.heads };
        let [heads, segment, part] = k.grid([heads, k.tiles("b", 1), k.tiles("s", 1)]);
        let segment = Segment::read(k, segment);
        let from = part * self.length;
        let head = heads * p.heads;
        let column = part * layer.heads + head;
        k.fold(k.steps(segment.rows, p.queries), (), |at, ()| {
            let rows = segment.tile(head, at);
            let range = [from, from + self.length];
            let state = Flash { k, layer, cover: *p }.walk(&rows, Some(range));
            let [out, weight] = state.partial(&layer, p);
            let window = [p.queries, p.heads * layer.head];
            let to = k.arg("parts").at([rows.row, column * layer.head], window);
            to.until(rows.until).store(out.to(layer.part()));
            let to = k.arg("weights").at([rows.row, column], [p.queries, p.heads]);
            to.until(rows.until).store(weight);
        });
    }

    fn reference(&self, host: &mut Host) {
        let (layer, length, parts) = (self.layer, self.length as usize, host.dim("s"));
        let head = layer.head as usize;
        let all: Vec<_> = (0..parts)
            .map(|part| {
                let seen = Seen::Range(part * length, (part + 1) * length);
                reference::attend(&layer, host, seen)
            })
            .collect();
        let heads = layer.heads as usize;
        let width = heads * head;
        host.fill("parts", |[m, col]| all[col / width].out[[m, col % width]]);
        host.fill("weights", |[m, col]| all[col / heads].weight[[m, col % heads]]);
    }

    fn fit(&self, dims: &mut Sizes) {
        reference::fit(&self.layer, dims);
        let room = size(dims, "t") * u64::from(self.layer.page);
        dims.insert("s".into(), room.div_ceil(self.length.into()) + size(dims, "s") % 2);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        reference::integers(&self.layer, input, dims, pick)
    }

    fn default_params(&self, target: &Target) -> Cover {
        let cover = self.layer.default_cover(target);
        let beside = |heads, queries| Cover { heads, queries, ..cover };
        let wished = match target.backend {
            // Few rows leave most of a register empty: two heads share one.
            Backend::Host => vec![beside(2, 8)],
            // What rows see of a block that is no mere past takes the registers of a second head.
            Backend::AmdGpu if self.layer.sight != Sight::PAST => Vec::new(),
            Backend::AmdGpu => vec![beside(3, 16), beside(2, 16)],
        };
        let shared = wished.into_iter().find(|cover| self.admits(cover, target).is_ok());
        shared.unwrap_or(cover)
    }
}
