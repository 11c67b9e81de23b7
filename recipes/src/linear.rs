//! What the families of linear layers share: the epilogues fused into the store, the layer with
//! 4-bit weights, and the memory orders of its operands.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::sigmoid::sigmoid;

/// Columns of weights that share a scale and a zero point.
pub const GROUP: u32 = 32;

/// Columns of activations that share a scale where products are of integers.
pub const BLOCK: u32 = 128;

choices! {
    /// What is done to a finished sum before it is stored.
    pub enum Epilogue {
        /// Nothing.
        None = "none",
        /// A bias is added: `y[m, n] = sum + bias[n]`.
        Bias = "bias",
        /// A residual is added: `y[m, n] = sum + residual[m, n]`.
        Residual = "residual",
        /// Weight rows `0..n` are a gate, rows `n..2n` values: `y = silu(gate) * value`.
        SiluMul = "silu_mul",
    }
}

/// A linear layer with 4-bit weights in groups of 32: `y[m, n] = epilogue(sum_k x[m, k] W[n, k])`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Whether zero points are stored (`awq_g32_asym`) or all 8 (`awq_g32_sym`).
    pub asymmetric: bool,
    /// Number type of `y`.
    pub out: DType,
    /// What follows the sum.
    pub epilogue: Epilogue,
}

impl Linear {
    /// The signature of a kernel that takes activations in the format `x`.
    pub fn signature(&self, name: &str, x: &str, target: &Target) -> Signature {
        let weights = if self.asymmetric { "awq_g32_asym" } else { "awq_g32_sym" };
        let orders = Orders::of(target);
        let mut signature = Signature::new(name, ["m", "n", "k"])
            .input("w", weights, [self.epilogue.extent(), "k"])
            .order("w.quants", orders.quants)
            .order("w.scales", orders.scales);
        if self.asymmetric {
            signature = signature.order("w.zeros", orders.zeros);
        }
        signature = signature.input("x", x, ["m", "k"]);
        for (part, order) in orders.activations(x) {
            signature = signature.order(part, order);
        }
        let signature = self.epilogue.declare(signature, self.out);
        signature.multiple_of("k", GROUP).multiple_of("n", 16)
    }

    /// The exact sum over one group, `[tokens, columns]`: of activations `[tokens, GROUP]` as a high
    /// and a low plane of nibbles, and of weights `[columns, GROUP]`.
    pub fn planes_dot<'k>(
        &self,
        k: &'k Kernel,
        [hi, lo]: [Tile<'k>; 2],
        weights: Tile<'k>,
    ) -> Tile<'k> {
        let zeros = k.zeros(I32, [hi.rows(), weights.rows()]);
        let high = k.mma(hi, weights.transposed(), zeros);
        high.shl(4) + k.mma(lo, weights.transposed(), zeros)
    }

    /// `block + (dot - z * sum) * scale` for weight rows from `row` and the group in the given column
    /// of the scales, whose activations have these sums, `[tokens, 1]`.
    pub fn scaled<'k>(
        &self,
        k: &'k Kernel,
        [row, column]: [Index<'k>; 2],
        [dot, sum]: [Tile<'k>; 2],
        block: Tile<'k>,
    ) -> Tile<'k> {
        let columns = block.cols();
        let weight = |part: &str| {
            let window = k.arg("w").part(part).at([row, column], [columns, 1]);
            k.load(window).transposed().to(F32)
        };
        let centred = match self.asymmetric {
            true => dot.to(F32) - sum * weight("zeros"),
            false => dot.to(F32) - sum * 8.0,
        };
        block + centred * weight("scales")
    }

    /// Adds to the block of each product the exact sum over the group of weights at column `at`, read
    /// from memory, of activations as planes of nibbles `[tokens, GROUP]` with these sums
    /// `[tokens, 1]`. `rows` are the first weight rows of each product.
    pub fn add_planes<'k>(
        &self,
        k: &'k Kernel,
        (rows, at): (&[Index<'k>], Index<'k>),
        (planes, sums): ([Tile<'k>; 2], Tile<'k>),
        blocks: &mut [Tile<'k>],
    ) {
        for (block, row) in blocks.iter_mut().zip(rows) {
            let window = k.arg("w").part("quants").at([*row, at], [block.cols(), GROUP]);
            let dot = self.planes_dot(k, planes, k.load(window));
            *block = self.scaled(k, [*row, at / GROUP], [dot, sums], *block);
        }
    }

    /// The layer with plain loops.
    pub fn reference(&self, host: &mut Host) {
        self.epilogue.reference(host);
    }
}

impl Epilogue {
    /// First weight rows of the products for the columns of `y` from `col`: gate and value for
    /// `SiluMul`, else one.
    pub fn rows<'k>(self, k: &'k Kernel, col: Index<'k>) -> Vec<Index<'k>> {
        match self {
            Epilogue::SiluMul => vec![col, col + k.dim("n")],
            _ => vec![col],
        }
    }

    /// Weight rows for each column of `y`.
    pub fn products(self) -> u32 {
        if self == Epilogue::SiluMul { 2 } else { 1 }
    }

    /// Extent of the weights' rows.
    pub fn extent(self) -> &'static str {
        if self == Epilogue::SiluMul { "2*n" } else { "n" }
    }

    /// Declares what the epilogue reads, and `y` as numbers of a type.
    #[must_use]
    pub fn declare(self, signature: Signature, out: DType) -> Signature {
        let signature = match self {
            Epilogue::Bias => signature.input("bias", F32, ["1", "n"]),
            Epilogue::Residual => signature.input("residual", out, ["m", "n"]),
            Epilogue::None | Epilogue::SiluMul => signature,
        };
        signature.output("y", out, ["m", "n"])
    }

    /// Applies the epilogue to the sums of a `[tokens, columns]` tile at row `token`, column `col`
    /// of `y` and stores it as numbers of type `out`. There is a sum for each of [`Epilogue::rows`].
    pub fn finish<'k>(
        self,
        k: &'k Kernel,
        out: DType,
        sums: &[Tile<'k>],
        [token, col]: [Index<'k>; 2],
    ) {
        let [_, rows, cols] = sums[0].shape();
        let done = match self {
            Epilogue::None => sums[0],
            Epilogue::Bias => sums[0] + k.load(k.arg("bias").at([k.index(0), col], [1, cols])),
            Epilogue::Residual => {
                let residual = k.load(k.arg("residual").at([token, col], [rows, cols]));
                sums[0] + residual.to(F32)
            }
            Epilogue::SiluMul => silu(sums[0]) * sums[1],
        };
        k.arg("y").at([token, col], [rows, cols]).store(done.to(out));
    }

    /// A layer with plain loops: `y[m, n] = epilogue(sum_k x[m, k] w[n, k])`.
    pub fn reference(self, host: &mut Host) {
        let (w, x) = (host.dequantized("w"), host.dequantized("x"));
        let (n, depth) = (host.dim("n"), host.dim("k"));
        let dot =
            |m: usize, row: usize| -> f64 { (0..depth).map(|k| x[[m, k]] * w[[row, k]]).sum() };
        match self {
            Epilogue::None => host.fill("y", |[m, j]| dot(m, j)),
            Epilogue::Bias => {
                let bias = host.input("bias");
                host.fill("y", |[m, j]| dot(m, j) + bias[[0, j]]);
            }
            Epilogue::Residual => {
                let residual = host.input("residual");
                host.fill("y", |[m, j]| dot(m, j) + residual[[m, j]]);
            }
            Epilogue::SiluMul => host.fill("y", |[m, j]| {
                let gate = dot(m, j);
                gate / (1.0 + (-gate).exp()) * dot(m, j + n)
            }),
        }
    }
}

/// `g / (1 + exp(-g))`.
fn silu(gate: Tile<'_>) -> Tile<'_> {
    gate * sigmoid(gate)
}

/// Memory orders of the operands on a target; every recipe of a target agrees on them, so that
/// one copy of the weights serves all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orders {
    /// Nibbles of the weights.
    pub quants: &'static str,
    /// Scales of the weights.
    pub scales: &'static str,
    /// Zero points of the weights.
    pub zeros: &'static str,
    /// int8 activations: the order in which nibbles unpack to bytes.
    bytes: &'static str,
    /// Nibble planes of activations: the order of the weights' nibbles.
    planes: &'static str,
}

impl Orders {
    /// The orders of a target.
    ///
    /// On a GPU a lane loads 16 bytes, one group of one row, and sixteen rows follow each other;
    /// nibbles are permuted so that they unpack to f16 in natural order. On a host a vector
    /// register holds eight columns of sixteen rows.
    pub fn of(target: &Target) -> Orders {
        let common = |quants, bytes, planes| Orders {
            quants,
            scales: "n0 n1 n2 n3",
            zeros: "n0 n1 n2 n3",
            bytes,
            planes,
        };
        match target.backend {
            Backend::AmdGpu => common("k1 k2 k0 k3 k4 n0 n1 n2 n3", "k2 k0 k1", "k1 k2 k0"),
            Backend::Host => common("k0 k1 k2 n0 n1 n2 n3 k3 k4", "k1 k2 k0", "k0 k1 k2"),
        }
    }

    /// Parts of activations in a format whose order is not the format's own, with their orders.
    pub fn activations(&self, format: &str) -> Vec<(&'static str, &'static str)> {
        match format {
            "q8x32" | "q8x128" => vec![("x.quants", self.bytes)],
            "q4x2x128" => vec![("x.hi", self.planes), ("x.lo", self.planes)],
            _ => Vec::new(),
        }
    }
}

/// Divides the waves of a workgroup over a `[rows, cols]` product so that each gets a part as
/// square as possible in whole atoms; none if they do not fit.
pub fn divide_waves(nwarps: u32, [rows, cols]: [u32; 2], atom: [u32; 2]) -> Option<Waves> {
    let mut waves = Waves { slices: 1, rows: 1, cols: 1 };
    while waves.count() < nwarps {
        let (tall, wide) = (rows / waves.rows, cols / waves.cols);
        let row_fits = tall.is_multiple_of(2 * atom[0]);
        let col_fits = wide.is_multiple_of(2 * atom[1]);
        match (row_fits, col_fits) {
            (true, true) if tall > wide => waves.rows *= 2,
            (_, true) => waves.cols *= 2,
            (true, false) => waves.rows *= 2,
            (false, false) => return None,
        }
    }
    Some(waves)
}
