//! Queries and keys normalised and rotated, keys and values put into the cache.
//!
//! A head's first `rotary` elements are rotated in pairs `(i, i + rotary / 2)` by an angle of the
//! row's position; all are normalised before, each head by itself, with weights stored as `w` for
//! a factor `1 + w` or, in plain convention, `w`.

use super::reference::fit_columns;
use super::segments::{places, size};
use super::{Layer, Role};
use crate::rms_norm::Convention;
use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

params! {
    /// How one workgroup covers one head.
    pub struct Rows {
        /// Rows of a workgroup.
        rows: [1, 2, 4, 8] as u32,
    }
}

/// The family: the layer, and what its norms and its rotation are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RopeKv {
    /// Sizes and number types.
    pub layer: Layer,
    /// Elements of a head that are rotated, a power of two.
    pub rotary: u32,
    /// Number type of the norms' weights.
    pub weight: DType,
    /// How the norms' weights enter.
    pub convention: Convention,
    /// Added to the mean of squares.
    pub epsilon: f64,
}

impl Recipe for RopeKv {
    type Params = Rows;

    fn name(&self) -> &'static str {
        "rope_kv"
    }

    /// `qkv` `[m, n]`, `q_norm` and `k_norm` `[1, head]`, `angles` `[m, rotary]` (cosines, then
    /// sines), `places` `[m, 1]`, `q` `[m, heads * head]`, the cache `[c * kv_heads, head]`.
    fn signature(&self, _: &Rows, target: &Target) -> Signature {
        let layer = &self.layer;
        let [head, rotary] = [layer.head, self.rotary].map(|size| size.to_string());
        let queries = (layer.heads * layer.head).to_string();
        let signature = Signature::new("rope_kv", ["m", "n", "c"])
            .multiple_of("n", layer.columns())
            .input("qkv", layer.act, ["m", "n"])
            .input("q_norm", self.weight, ["1", head.as_str()])
            .input("k_norm", self.weight, ["1", head.as_str()])
            .input("angles", F32, ["m", rotary.as_str()])
            .input("places", I32, ["m", "1"])
            .below("c")
            .output("q", layer.act, ["m", queries.as_str()]);
        layer.cache(signature, target, Role::InOut)
    }

    fn admits(&self, p: &Rows, target: &Target) -> Verdict {
        require!(self.rotary.is_power_of_two() && self.rotary >= 2, "rotated elements are paired");
        require!(self.rotary <= self.layer.head, "a head has the elements that are rotated");
        let held = p.rows * self.layer.head / target.lanes;
        require!(held <= 64, "a lane holds {held} elements; 64 leave room");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Rows) {
        let layer = self.layer;
        let slots = Extent { dim: None, mul: layer.heads + layer.kv_heads, div: 1 };
        let [slot, tile] = k.grid([slots, k.tiles("m", p.rows)]);
        let first = tile * p.rows;
        k.when(slot.lt(layer.heads), || {
            let pieces = self.rotated(k, "q_norm", (first, p.rows), layer.query_at(slot));
            for (at, piece) in pieces {
                let window = [p.rows, piece.cols()];
                let to = k.arg("q").at([first, slot * layer.head + at], window);
                to.store(piece.to(layer.act));
            }
        });
        k.when(slot.ge(layer.heads), || {
            for row in (0..p.rows).map(|row| first + row) {
                k.when(row.lt(k.dim("m")), || self.remember(k, row, slot - layer.heads));
            }
        });
    }

    fn reference(&self, host: &mut Host) {
        let layer = self.layer;
        let [qkv, places] = ["qkv", "places"].map(|name| host.input(name));
        let (rows, group) = (host.dim("m"), layer.head as usize);
        let rotated = |norm: &str, heads: u32, from: u32, stride: u32| {
            let norm = host.number(norm);
            let angles = host.input("angles");
            let sign = if host.is_bounding() { 1.0 } else { -1.0 };
            let half = self.rotary as usize / 2;
            Matrix::from_fn(rows, (heads * layer.head) as usize, |[m, col]| {
                let (head, at) = (col / group, col % group);
                let x = |at: usize| qkv[[m, from as usize + head * stride as usize + at]];
                let squares: f64 = (0..group).map(|at| x(at) * x(at)).sum();
                let scale = 1.0 / (squares / group as f64 + self.epsilon).sqrt();
                let offset = |at: usize| {
                    let added = f64::from(self.convention == Convention::OnePlus);
                    let weight = norm[[0, at]];
                    added + if host.is_bounding() { weight.abs() } else { weight }
                };
                let z = |at: usize| x(at) * scale * offset(at);
                let turned = |at: usize, other: usize, sign: f64| {
                    let angle = at % half;
                    z(at) * angles[[m, angle]] + sign * z(other) * angles[[m, half + angle]]
                };
                match at {
                    _ if at < half => turned(at, at + half, sign),
                    _ if at < 2 * half => turned(at, at - half, 1.0),
                    _ => z(at),
                }
            })
        };
        let stride = layer.head << u32::from(layer.gated);
        let q = rotated("q_norm", layer.heads, 0, stride);
        let keys = rotated("k_norm", layer.kv_heads, layer.keys_at(), layer.head);
        let values_at = (layer.keys_at() + layer.kv_heads * layer.head) as usize;
        let page = layer.page as usize;
        let places: Vec<usize> = places.data.iter().map(|place| *place as usize).collect();
        let owner = |row: usize| {
            let (block, offset) = (row / page, row % page);
            let head = block % layer.kv_heads as usize;
            let place = block / layer.kv_heads as usize * page + offset;
            (places.iter().position(|of| *of == place), head * group)
        };
        let (old_keys, old_values) = (host.input("keys"), host.input("values"));
        host.fill("q", |at| q[at]);
        host.fill("keys", |[row, col]| match owner(row) {
            (Some(m), head) => keys[[m, head + col]],
            _ => old_keys[[row, col]],
        });
        host.fill("values", |[row, col]| match owner(row) {
            (Some(m), head) => qkv[[m, values_at + head + col]],
            _ => old_values[[row, col]],
        });
    }

    fn fit(&self, dims: &mut Sizes) {
        let page = u64::from(self.layer.page);
        let rows = size(dims, "m").max(size(dims, "c")).next_multiple_of(page);
        dims.insert("c".into(), rows);
        fit_columns(&self.layer, dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        (input == "places").then(|| places(size(dims, "m"), size(dims, "c"), pick))
    }

    fn default_params(&self, target: &Target) -> Rows {
        Rows { rows: if target.backend == Backend::Host { 1 } else { 2 } }
    }
}

impl RopeKv {
    /// A head of several rows, normalised and rotated: pieces with the element they begin at.
    fn rotated<'k>(
        &self,
        k: &'k Kernel,
        norm: &str,
        (row, rows): (Index<'k>, u32),
        col: Index<'k>,
    ) -> Vec<(u32, Tile<'k>)> {
        let half = self.rotary / 2;
        let mut cuts = vec![(0, half), (half, half)];
        let mut at = self.rotary;
        while at < self.layer.head {
            cuts.push((at, at));
            at *= 2;
        }
        let load = |(at, width): &(u32, u32)| {
            k.load(k.arg("qkv").at([row, col + *at], [rows, *width])).to(F32)
        };
        let x: Vec<Tile<'k>> = cuts.iter().map(load).collect();
        let squares = x.iter().map(|x| (*x * *x).sum_over(2)).reduce(|a, b| a + b);
        let squares = squares.unwrap_or_else(|| k.zeros(F32, [rows, 1]));
        let scale = (squares / f64::from(self.layer.head) + self.epsilon).rsqrt();
        let scaled = |(x, (at, width)): (&Tile<'k>, &(u32, u32))| {
            let weight = k.load(k.arg(norm).at((0, *at), [1, *width])).to(F32);
            match self.convention {
                Convention::OnePlus => *x * scale * (weight + 1.0),
                Convention::Plain => *x * scale * weight,
            }
        };
        let z: Vec<Tile<'k>> = x.iter().zip(&cuts).map(scaled).collect();
        let angle = |at: u32| k.load(k.arg("angles").at((row, at), [rows, half]));
        let (cos, sin) = (angle(0), angle(half));
        let (a, b) = (z[0] * cos - z[1] * sin, z[1] * cos + z[0] * sin);
        let rest = z.into_iter().skip(2);
        let pieces = [a, b].into_iter().chain(rest);
        cuts.into_iter().map(|(at, _)| at).zip(pieces).collect()
    }

    /// Puts a row's key and value of one head into the cache.
    fn remember<'k>(&self, k: &'k Kernel, row: Index<'k>, head: Index<'k>) {
        let layer = self.layer;
        let place = k.load(k.arg("places").at((row, 0), [1, 1])).element();
        let page = place / layer.page * layer.kv_heads + head;
        let to = page * layer.page + place % layer.page;
        let col = head * layer.head + layer.keys_at();
        for (at, piece) in self.rotated(k, "k_norm", (row, 1), col) {
            k.arg("keys").at((to, at), [1, piece.cols()]).store(piece.to(layer.kv));
        }
        let from = k.arg("qkv").at([row, col + layer.kv_heads * layer.head], [1, layer.head]);
        let value = k.load(from).to(layer.kv);
        k.arg("values").at((to, 0), [1, layer.head]).store(value);
    }
}
