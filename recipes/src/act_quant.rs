//! Quantisation of activations: f32, f16 or bf16 to int8 blocks with scales and sums, to nibble
//! planes, or to f16.
//!
//! For each block of columns `scale = max |x| / 127` and `q = round(x / scale)`, ties to even; a
//! block of zeros has scale 0. A block with a number that is not finite has scale NaN, so that
//! everything computed from it is NaN too.

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{GROUP, Orders};

params! {
    /// How one workgroup covers its part of the activations.
    pub struct Quantise {
        /// Tokens of a workgroup.
        rows: [1, 2, 4, 8, 16] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4] as u32,
        /// Blocks of a workgroup side by side: several fill the lines of memory that they write to.
        blocks: [1, 2, 4] as u32,
        /// What the width is a multiple of: whole workgroups, or groups, of which the last
        /// workgroup of a row may have less than all.
        multiple: [128, 32] as u32,
    }
}

/// Columns that are quantised at a time.
const WIDTH: u32 = 128;

choices! {
    /// Formats that activations are quantised to.
    pub enum Activations {
        /// int8 in blocks of 32 columns.
        Q8x32 = "q8x32",
        /// int8 in blocks of 128 columns.
        Q8x128 = "q8x128",
        /// int8 in blocks of 128 columns as two nibble planes.
        Q4x2x128 = "q4x2x128",
        /// Plain f16.
        F16 = "f16",
    }
}

/// The family: from a number type to a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActQuant {
    /// Number type of the activations.
    pub from: DType,
    /// Format of the result.
    pub to: Activations,
}

impl Recipe for ActQuant {
    type Params = Quantise;

    fn name(&self) -> &'static str {
        "act_quant"
    }

    fn signature(&self, p: &Quantise, target: &Target) -> Signature {
        let format = self.to.to_string();
        let mut signature = Signature::new("act_quant", ["m", "k"])
            .input("x", self.from, ["m", "k"])
            .output("q", format.as_str(), ["m", "k"])
            .multiple_of("k", p.multiple);
        for (part, order) in Orders::of(target).activations(&format) {
            signature = signature.order(&part.replacen('x', "q", 1), order);
        }
        signature
    }

    fn admits(&self, p: &Quantise, target: &Target) -> Verdict {
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(self.to != Activations::Q4x2x128, "a host multiplies int8");
        }
        let work = p.rows * WIDTH / (p.nwarps * target.lanes);
        require!(work > 0, "every lane has an element");
        let nibbles = self.to == Activations::Q4x2x128;
        require!(!nibbles || p.rows >= p.nwarps, "every lane stores whole bytes of nibbles");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Quantise) {
        k.waves(Waves { slices: 1, rows: p.nwarps, cols: 1 });
        let width = p.blocks * WIDTH;
        let [col, row] = k.grid([k.tiles("k", width), k.tiles("m", p.rows)]);
        let row = row * p.rows;
        for block in 0..p.blocks {
            let place = [row, col * width + block * WIDTH];
            let x = k.load(k.arg("x").at(place, [p.rows, WIDTH]));
            match self.to {
                Activations::F16 => k.arg("q").at(place, [p.rows, WIDTH]).store(x.to(F16)),
                to => self.block(k, p, to, x.to(F32), place),
            }
        }
    }

    fn order(&self, _: &Quantise, _: &Target) -> String {
        // Maxima and sums of whole numbers are exact in any order.
        "exact".to_owned()
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m"]
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        if self.to == Activations::F16 {
            return host.fill("q", |at| x[at]);
        }
        let width = if self.to == Activations::Q8x32 { GROUP } else { WIDTH } as usize;
        let (rows, columns) = (host.dim("m"), host.dim("k"));
        let blocks = columns.div_ceil(width);
        let peak = |m: usize, block: usize| -> f64 {
            let end = columns.min((block + 1) * width);
            (block * width..end).map(|k| x[[m, k]].abs()).fold(0.0, f64::max)
        };
        let scales =
            Matrix::from_fn(rows, blocks, |[m, block]| f64::from(peak(m, block) as f32 / 127.0));
        let quant = |m: usize, k: usize| -> f64 {
            let scale = scales[[m, k / width]];
            let ratio = f64::from(x[[m, k]] as f32 / scale as f32);
            if scale == 0.0 { 0.0 } else { ratio.round_ties_even().clamp(-127.0, 127.0) }
        };
        host.fill("q.scales", |at| scales[at]);
        let group = GROUP as usize;
        host.fill("q.sums", |[m, g]| (0..group).map(|k| quant(m, g * group + k)).sum());
        if self.to == Activations::Q4x2x128 {
            host.fill("q.hi", |[m, k]| (quant(m, k) / 16.0).floor());
            host.fill("q.lo", |[m, k]| quant(m, k).rem_euclid(16.0));
        } else {
            host.fill("q.quants", |[m, k]| quant(m, k));
        }
    }

    fn default_params(&self, _: &Target) -> Quantise {
        Quantise { rows: 1, nwarps: 1, blocks: 1, multiple: WIDTH }
    }
}

impl ActQuant {
    /// Quantises `[rows, WIDTH]` and stores it at row and column `place`.
    fn block<'k>(
        &self,
        k: &'k Kernel,
        p: &Quantise,
        to: Activations,
        x: Tile<'k>,
        [row, col]: [Index<'k>; 2],
    ) {
        let groups = WIDTH / GROUP;
        let fine = to == Activations::Q8x32;
        let x = x.slices(groups);
        let mut peak = x.abs().max_over(2);
        let mut poison = (x * 0.0).sum_over(2);
        if !fine {
            peak = peak.max_over(0);
            poison = poison.sum_over(0);
        }
        let scale = peak / 127.0 + poison;
        let quants = (x / scale).round_even().max(-127.0).min(127.0);
        let quants = scale.eq(0.0).select(x * 0.0, quants).to(I32);
        let sums = quants.sum_over(2).joined().to(F32);
        let out = k.arg("q");
        let at = |part: &str, per: u32| out.part(part).at([row, col / per], [p.rows, WIDTH / per]);
        match to {
            Activations::Q4x2x128 => {
                at("hi", 1).store(quants.sar(4).joined().to(I4));
                at("lo", 1).store(quants.and(15).joined().to(U4));
            }
            _ => at("quants", 1).store(quants.joined().to(I8)),
        }
        let block = if fine { GROUP } else { WIDTH };
        at("scales", block).store(if fine { scale.joined() } else { scale });
        at("sums", GROUP).store(sums);
    }
}
