//! RMS normalisation of rows: `x * rsqrt(mean(x^2) + epsilon)`, times a weight for each column.

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

choices! {
    /// How the weight enters.
    pub enum Convention {
        /// `y = normalised * (1 + w)`, rounded once: the layers of Qwen3.5 and Qwen3.6.
        OnePlus = "one_plus",
        /// `y = round(normalised) * w`: the drafter's layers.
        Plain = "plain",
    }
}

params! {
    /// How one workgroup covers its rows.
    pub struct Rows {
        /// Rows of a workgroup.
        rows: [1, 2, 4] as u32,
        /// Waves of a workgroup, side by side along a row.
        nwarps: [1, 4, 8] as u32,
        /// Columns of a window.
        width: [32, 64, 128, 256, 512, 1024] as u32,
        /// Windows of one step, all of which are asked for before any of them is needed.
        windows: [1, 2, 5] as u32,
    }
}

/// The family: number types and convention of the norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsNorm {
    /// Number type of `x` and `y`.
    pub dtype: DType,
    /// Number type of the weight.
    pub weight: DType,
    /// How the weight enters.
    pub convention: Convention,
    /// Added to the mean of squares.
    pub epsilon: f64,
}

impl Recipe for RmsNorm {
    type Params = Rows;

    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn signature(&self, p: &Rows, _: &Target) -> Signature {
        Signature::new("rms_norm", ["m", "k"])
            .input("x", self.dtype, ["m", "k"])
            .input("w", self.weight, ["1", "k"])
            .output("y", self.dtype, ["m", "k"])
            .multiple_of("k", p.width * p.windows)
    }

    fn admits(&self, p: &Rows, target: &Target) -> Verdict {
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(p.windows == 1, "a host sees loads ahead by itself");
        }
        let lanes = p.nwarps * target.lanes;
        require!(p.rows * p.width >= lanes, "every lane has an element");
        require!(p.rows * p.width <= 32 * lanes, "a window of {} elements is too long", p.width);
        if target.backend == Backend::AmdGpu {
            require!(p.nwarps == 1 || p.width >= 128, "waves share rows of some length");
            let whole = p.rows == 1 && p.nwarps > 1 && p.width >= 512;
            require!(p.windows == 1 || whole, "one row is asked for as a whole");
        }
        Ok(())
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Rows) {
        let x =
            |[row, at]: [Index<'k>; 2]| k.load(k.arg("x").at([row, at], [p.rows, p.width])).to(F32);
        self.normalise(k, p, x, x);
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m"]
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        self.reference_of(host, &x);
    }

    fn default_params(&self, target: &Target) -> Rows {
        match target.backend {
            Backend::Host => Rows { rows: 1, nwarps: 1, width: 64, windows: 1 },
            Backend::AmdGpu => Rows { rows: 1, nwarps: 4, width: 128, windows: 1 },
        }
    }
}

impl RmsNorm {
    /// Normalises the rows of a workgroup and stores them. Their elements are asked for twice, by row
    /// and column of a window, as f32: for the squares, and for the result.
    pub(crate) fn normalise<'k>(
        &self,
        k: &'k Kernel,
        p: &Rows,
        first: impl Fn([Index<'k>; 2]) -> Tile<'k>,
        again: impl Fn([Index<'k>; 2]) -> Tile<'k>,
    ) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", p.rows)]);
        let row = row * p.rows;
        let window = [p.rows, p.width];
        let (columns, step) = (k.dim("k"), p.width * p.windows);
        let places = |at: Index<'k>| (0..p.windows).map(move |of| [row, at + of * p.width]);
        let squares = k.fold(k.steps(columns, step), k.zeros(F32, window), |at, sum| {
            let rows: Vec<Tile<'k>> = places(at).map(&first).collect();
            rows.into_iter().fold(sum, |sum, x| sum + x * x)
        });
        let mean = squares.sum_over(2) / k.splat(columns, [1, 1]).to(F32);
        let scale = (mean + self.epsilon).rsqrt();
        k.fold(k.steps(columns, step), (), |at, ()| {
            let weight =
                |[_, at]: [Index<'k>; 2]| k.load(k.arg("w").at([k.index(0), at], [1, p.width]));
            let parts: Vec<[Tile<'k>; 2]> =
                places(at).map(|place| [again(place), weight(place).to(F32)]).collect();
            for (place, [x, weight]) in places(at).zip(parts) {
                let normalised = x * scale;
                let y = match self.convention {
                    Convention::OnePlus => normalised * (weight + 1.0),
                    Convention::Plain => normalised.to(self.dtype).to(F32) * weight,
                };
                k.arg("y").at(place, window).store(y.to(self.dtype));
            }
        });
    }

    /// The rows of `x`, normalised with plain loops.
    pub(crate) fn reference_of(&self, host: &mut Host, x: &Matrix) {
        let w = host.input("w");
        let (rows, columns) = (host.dim("m"), host.dim("k"));
        let scale: Vec<f64> = (0..rows)
            .map(|m| {
                let squares: f64 = (0..columns).map(|k| x[[m, k]] * x[[m, k]]).sum();
                1.0 / (squares / columns as f64 + self.epsilon).sqrt()
            })
            .collect();
        let offset = if self.convention == Convention::OnePlus { 1.0 } else { 0.0 };
        host.fill("y", |[m, k]| x[[m, k]] * scale[m] * (offset + w[[0, k]]));
    }
}
