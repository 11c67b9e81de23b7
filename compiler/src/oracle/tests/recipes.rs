//! Small recipes, right and wrong, to try the oracle on.

use crate::prelude::*;

choices! {
    /// What the author got wrong.
    pub(super) enum Fault {
        /// Nothing.
        None = "none",
        /// One group of 32 uses its neighbour's scale.
        Scale = "scale",
        /// The last group of each step is left out.
        Short = "short",
        /// Only the first 8 columns of a tile are stored.
        Unwritten = "unwritten",
    }
}

params! {
    /// How one workgroup covers its patch of `y`, and what is wrong with it.
    pub(super) struct Patch {
        rows: [16, 32] as u32,
        fault: [None, Scale, Short, Unwritten] as Fault,
    }
}

/// `y[m, n] = sum over k of x[m, k] * w[n, k]` from 4-bit weights and bytes.
pub(super) struct Linear;

impl Recipe for Linear {
    type Params = Patch;

    fn name(&self) -> &'static str {
        "linear"
    }

    fn signature(&self, _: &Patch, _: &Target) -> Signature {
        Signature::new("linear", ["m", "n", "k"])
            .input("w", "awq_g32_asym", ["n", "k"])
            .order("w.quants", "k0 k1 k2 n0 n1 n2 n3 k3 k4")
            .input("x", "q8x32", ["m", "k"])
            .output("y", F16, ["m", "n"])
            .multiple_of("k", 32)
    }

    fn admits(&self, _: &Patch, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Patch) {
        let [w, x, y] = k.args(["w", "x", "y"]);
        let [col, row] = k.grid([k.tiles("n", 16), k.tiles("m", p.rows)]);
        let steps = k.steps(k.dim("k"), 64);
        let sum = k.fold(steps, k.zeros(F32, [p.rows, 16]), |step, mut sum| {
            let (at, group) = ((row * p.rows, col * 16), step / 32);
            let quants = k.stage(w.part("quants").at([at.1, step], [16, 64]));
            let bytes = k.stage(x.part("quants").at([at.0, step], [p.rows, 64]));
            let scales = k.load(w.part("scales").at([at.1, group], [16, 2])).to(F32);
            let zeros = k.load(w.part("zeros").at([at.1, group], [16, 2])).to(I32);
            let gains = k.load(x.part("scales").at([at.0, group], [p.rows, 2]));
            let sums = k.load(x.part("sums").at([at.0, group], [p.rows, 2])).to(I32);
            let groups = if p.fault == Fault::Short { 1 } else { 2 };
            for g in 0..groups {
                let none = k.zeros(I32, [p.rows, 16]);
                let nibbles = quants.group(g, 32).to(U8);
                let dot = k.mma(bytes.group(g, 32), nibbles.transposed(), none);
                let zero = zeros.window([0, g], [16, 1]).transposed();
                let exact = dot - sums.window([0, g], [p.rows, 1]) * zero;
                let from = if p.fault == Fault::Scale { 0 } else { g };
                let scale = scales.window([0, from], [16, 1]).transposed();
                sum = sum + exact.to(F32) * scale * gains.window([0, g], [p.rows, 1]);
            }
            sum
        });
        let cols = if p.fault == Fault::Unwritten { 8 } else { 16 };
        let kept = sum.to(F16).window([0, 0], [p.rows, cols]);
        y.at([row * p.rows, col * 16], [p.rows, cols]).store(kept);
    }

    fn reference(&self, host: &mut Host) {
        let (w, x, depth) = (host.dequantized("w"), host.dequantized("x"), host.dim("k"));
        host.fill("y", |[m, n]| (0..depth).map(|k| x[[m, k]] * w[[n, k]]).sum());
    }

    fn default_params(&self, _: &Target) -> Patch {
        Patch { rows: 16, fault: Fault::None }
    }
}

params! {
    /// Columns taken at a time.
    pub(super) struct Width {
        width: [32, 64] as u32,
    }
}

/// `y[m, k] = x[m, k] / sqrt(mean of squares + 1e-6) * w[k]`, gated: `y * sigmoid(y)`.
pub(super) struct GatedNorm;

impl Recipe for GatedNorm {
    type Params = Width;

    fn name(&self) -> &'static str {
        "gated_norm"
    }

    fn signature(&self, _: &Width, _: &Target) -> Signature {
        Signature::new("gated_norm", ["m", "k"])
            .input("w", BF16, ["k"])
            .input("x", BF16, ["m", "k"])
            .output("y", BF16, ["m", "k"])
    }

    fn admits(&self, _: &Width, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Width) {
        let [w, x, y] = k.args(["w", "x", "y"]);
        let [row] = k.grid([k.tiles("m", 4)]);
        let steps = || k.steps(k.dim("k"), p.width);
        let squares = k.fold(steps(), k.zeros(F32, [4, 1]), |step, sum| {
            let x = k.load(x.at([row * 4, step], [4, p.width])).to(F32);
            sum + (x * x).sum_over(2)
        });
        let count = k.splat(k.dim("k"), [1, 1]).to(F32);
        let gain = (squares / count + 1e-6).rsqrt();
        k.fold(steps(), gain, |step, gain| {
            let x = k.load(x.at([row * 4, step], [4, p.width])).to(F32);
            let w = k.load(w.at((0, step), [1, p.width])).to(F32);
            let z = x * gain * w;
            let gate = ((z * -std::f64::consts::LOG2_E).exp2() + 1.0).recip();
            y.at([row * 4, step], [4, p.width]).store((z * gate).to(BF16));
            gain
        });
    }

    fn reference(&self, host: &mut Host) {
        let (w, x, depth) = (host.input("w"), host.input("x"), host.dim("k"));
        let gain = |row| {
            let squares: f64 = (0..depth).map(|k| x[[row, k]] * x[[row, k]]).sum();
            1.0 / (squares / depth as f64 + 1e-6).sqrt()
        };
        let gains: Vec<f64> = (0..x.rows).map(gain).collect();
        host.fill("y", |[m, k]| {
            let z = x[[m, k]] * gains[m] * w[[0, k]];
            z / (1.0 + (-z).exp())
        });
    }

    fn default_params(&self, _: &Target) -> Width {
        Width { width: 32 }
    }
}

/// Bytes with one scale for each 32 columns, and the sums of these.
pub(super) struct Quantise;

impl Recipe for Quantise {
    type Params = Width;

    fn name(&self) -> &'static str {
        "quantise"
    }

    fn signature(&self, _: &Width, _: &Target) -> Signature {
        Signature::new("quantise", ["m", "k"])
            .input("x", F32, ["m", "k"])
            .output("y", "q8x32", ["m", "k"])
            .multiple_of("k", 32)
    }

    fn admits(&self, _: &Width, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, _: &Width) {
        let [x, y] = k.args(["x", "y"]);
        let [col, row] = k.grid([k.tiles("k", 32), k.tiles("m", 8)]);
        let values = k.load(x.tile([row, col], [8, 32]));
        let scale = values.abs().max_over(2) / 127.0;
        let quants = (values / scale).round_even().to(I8);
        y.part("quants").tile([row, col], [8, 32]).store(quants);
        y.part("scales").tile([row, col], [8, 1]).store(scale);
        y.part("sums").tile([row, col], [8, 1]).store(quants.to(I32).sum_over(2).to(F32));
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        let scale = |row, block: usize| {
            let peak = (32 * block..32 * block + 32).map(|k| x[[row, k]].abs());
            peak.fold(0.0, f64::max) as f32 / 127.0
        };
        let quant = |row: usize, k: usize| match scale(row, k / 32) {
            0.0 => 0.0,
            scale => f64::from((x[[row, k]] as f32 / scale).round_ties_even()),
        };
        host.fill("y.scales", |[row, block]| f64::from(scale(row, block)));
        host.fill("y.quants", |[row, k]| quant(row, k));
        host.fill("y.sums", |[row, block]| {
            (32 * block..32 * block + 32).map(|k| quant(row, k)).sum()
        });
    }

    fn default_params(&self, _: &Target) -> Width {
        Width { width: 32 }
    }
}
