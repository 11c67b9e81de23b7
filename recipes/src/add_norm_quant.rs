//! The seam between two layers as one kernel: residual add, RMS norm and quantisation.
//!
//! `residual += x` is rounded to the residual's number type and stored; its rows are normalised and
//! quantised to the int8 blocks that the next matrix product reads. Normalising multiplies a row by
//! one number, so that number goes into the scales alone: with `h` the new residual and
//! `z = h * weight`,
//!
//! ```text
//! block = max |z| / 127      q = round(z / block)      scale = block * rsqrt(mean(h^2) + epsilon)
//! ```
//!
//! Quants and their sums are therefore exact whatever the precision of the square root. Blocks of
//! zeros and numbers that are not finite are treated as in [`crate::act_quant`].

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{GROUP, Orders};
use crate::rms_norm::Convention;

choices! {
    /// Formats of the result.
    pub enum Blocks {
        /// int8 in blocks of 32 columns.
        Q8x32 = "q8x32",
        /// int8 in blocks of 128 columns.
        Q8x128 = "q8x128",
    }
}

impl Blocks {
    /// Columns that share a scale.
    pub fn columns(self) -> u32 {
        match self {
            Blocks::Q8x32 => 32,
            Blocks::Q8x128 => 128,
        }
    }
}

params! {
    /// How one workgroup covers its rows.
    pub struct Seam {
        /// Rows of a workgroup, side by side in its registers.
        rows: [1, 2, 4] as u32,
        /// Waves of a workgroup, side by side along a row.
        nwarps: [1, 2, 4, 8] as u32,
        /// Columns in one step.
        width: [32, 64, 128, 256, 512, 1024] as u32,
    }
}

/// The family: the norm, and the format of its result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddNormQuant {
    /// Number type of `x` and of the residual.
    pub act: DType,
    /// Number type of the norm's weight.
    pub weight: DType,
    /// How the weight enters; the result is not rounded before it is quantised.
    pub convention: Convention,
    /// Added to the mean of squares.
    pub epsilon: f64,
    /// Format of the result.
    pub to: Blocks,
}

impl Recipe for AddNormQuant {
    type Params = Seam;

    fn name(&self) -> &'static str {
        "add_norm_quant"
    }

    fn signature(&self, p: &Seam, target: &Target) -> Signature {
        let format = self.to.to_string();
        let mut signature = Signature::new("add_norm_quant", ["m", "k"])
            .input("x", self.act, ["m", "k"])
            .inout("residual", self.act, ["m", "k"])
            .input("w", self.weight, ["1", "k"])
            .output("q", format.as_str(), ["m", "k"])
            .multiple_of("k", p.width);
        for (part, order) in Orders::of(target).activations(&format) {
            signature = signature.order(&part.replacen('x', "q", 1), order);
        }
        signature
    }

    fn admits(&self, p: &Seam, target: &Target) -> Verdict {
        let host = target.backend == Backend::Host;
        require!(!host || p.nwarps == 1, "a host workgroup is one wave");
        let lanes = p.nwarps * target.lanes;
        require!(p.width >= lanes, "every lane has an element");
        require!(p.width >= self.to.columns(), "a step has whole blocks");
        let (held, most) = (p.rows * p.width / lanes, if host { 16 } else { 32 });
        require!(held <= most, "a lane holds {held} sums of squares; {most} leave room");
        Ok(())
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Seam) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [group] = k.grid([k.tiles("m", p.rows)]);
        let rows: Vec<Index<'k>> = (0..p.rows).map(|row| group * p.rows + row).collect();
        let (columns, window) = (k.dim("k"), [1, p.width]);
        let last = k.dim("m") - 1;
        let added = |row: Index<'k>, at: Index<'k>| {
            let part = |name| k.load(k.arg(name).at([row.min(last), at], window)).to(F32);
            (part("x") + part("residual")).to(self.act)
        };

        let none = vec![k.zeros(F32, window); rows.len()];
        let squares = k.fold(k.steps(columns, p.width), none, |at, sums| {
            let add = |(sum, row): (Tile<'k>, &Index<'k>)| {
                let h = added(*row, at).to(F32);
                sum + h * h
            };
            sums.into_iter().zip(&rows).map(add).collect()
        });
        let factor = |squares: &Tile<'k>| {
            let mean = squares.sum_over(2) / k.splat(columns, [1, 1]).to(F32);
            (mean + self.epsilon).rsqrt()
        };
        let factors: Vec<Tile<'k>> = squares.iter().map(factor).collect();

        k.fold(k.steps(columns, p.width), (), |at, ()| {
            let weight = self.weight(k.load(k.arg("w").at([k.index(0), at], window)).to(F32));
            for (row, factor) in rows.iter().zip(&factors) {
                let h = added(*row, at);
                // Sharing makes the waves meet: all have loaded the old residual before any of
                // them stores the new one.
                let h = if p.nwarps > 1 { k.share(h).load() } else { h };
                k.when(row.le(last), || {
                    self.quantise(k, h.to(F32) * weight, *factor, [*row, at]);
                    k.arg("residual").at([*row, at], window).store(h);
                });
            }
        });
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m"]
    }

    fn reference(&self, host: &mut Host) {
        let [x, residual, w] = ["x", "residual", "w"].map(|name| host.input(name));
        let (rows, columns) = (host.dim("m"), host.dim("k"));
        let block = self.to.columns() as usize;
        let rounded = |value: f64| self.act.decode(self.act.encode(value as f32));
        let offset = if self.convention == Convention::OnePlus { 1.0 } else { 0.0 };

        let h = Matrix::from_fn(rows, columns, |at| rounded(x[at] + residual[at]).into());
        let z = Matrix::from_fn(rows, columns, |[m, k]| {
            f64::from(h[[m, k]] as f32 * (w[[0, k]] as f32 + offset))
        });
        let blocks = Matrix::from_fn(rows, columns / block, |[m, b]| {
            let peak = (0..block).fold(0.0, |peak: f64, k| peak.max(z[[m, b * block + k]].abs()));
            f64::from(peak as f32 / 127.0)
        });
        let quants = Matrix::from_fn(rows, columns, |[m, k]| match blocks[[m, k / block]] {
            0.0 => 0.0,
            scale => f64::from((z[[m, k]] as f32 / scale as f32).round_ties_even()),
        });
        let factor = |m: usize| {
            let squares: f64 = (0..columns).map(|k| h[[m, k]] * h[[m, k]]).sum();
            1.0 / (squares / columns as f64 + self.epsilon).sqrt()
        };
        let factors: Vec<f64> = (0..rows).map(factor).collect();

        host.fill("residual", |at| h[at]);
        host.fill("q.quants", |at| quants[at]);
        host.fill("q.scales", |[m, b]| blocks[[m, b]] * factors[m]);
        host.fill("q.sums", |[m, g]| (0..32).map(|k| quants[[m, 32 * g + k]]).sum());
    }

    fn default_params(&self, target: &Target) -> Seam {
        match target.backend {
            Backend::Host => Seam { rows: 1, nwarps: 1, width: 128 },
            Backend::AmdGpu => Seam { rows: 1, nwarps: 4, width: 128 },
        }
    }
}

impl AddNormQuant {
    /// What the weight multiplies by.
    fn weight<'k>(&self, stored: Tile<'k>) -> Tile<'k> {
        match self.convention {
            Convention::OnePlus => stored + 1.0,
            Convention::Plain => stored,
        }
    }

    /// Quantises one row of `z` and stores it at row and column `place`.
    fn quantise<'k>(
        &self,
        k: &'k Kernel,
        z: Tile<'k>,
        factor: Tile<'k>,
        [row, at]: [Index<'k>; 2],
    ) {
        let (width, block) = (z.cols(), self.to.columns());
        let z = z.slices(width / block);
        let scale = z.abs().max_over(2) / 127.0;
        let quants = (z / scale).round_even().max(-127.0).min(127.0);
        let quants = scale.eq(0.0).select(z * 0.0, quants).to(I32).joined();
        let sums = quants.slices(width / GROUP).sum_over(2).joined();
        let poison = (z * 0.0).sum_over(2);
        let q = |part: &str, per: u32| k.arg("q").part(part).at([row, at / per], [1, width / per]);
        q("quants", 1).store(quants.to(I8));
        q("scales", block).store((scale * factor + poison).joined());
        q("sums", GROUP).store(sums.to(F32));
    }
}
