//! Quantised matrix product for many tokens: 4-bit weights against int8, nibble-plane or f16
//! activations, `y[m, n] = epilogue(sum_k x[m, k] * W[n, k])`.
//!
//! With integers, each group of 32 columns is summed exactly; the zero point is folded through
//! the sum of the activations: `sum (q - z) x = sum q x - z sum x`. With f16, the weights of a
//! step are widened once, scaled, into workgroup memory, and the product needs no epilogue.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{BLOCK, GROUP, Linear, divide_waves};

choices! {
    /// The arithmetic of the product and, with it, the format of the activations.
    pub enum Arithmetic {
        /// int8 activations, weights unpacked to bytes.
        Iu8 = "iu8",
        /// int8 activations as two nibble planes, weights as they are stored.
        Iu4 = "iu4",
        /// f16 activations, weights widened to f16.
        F16 = "f16",
        /// As `iu8`, with a scale for each group of the activations.
        Iu8x32 = "iu8x32",
    }
}

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Mmq {
        /// What is multiplied.
        arithmetic: [Iu8, Iu4, F16, Iu8x32] as Arithmetic,
        /// Tokens of a workgroup.
        mmq_x: [3, 4, 8, 16, 32, 48, 64, 128] as u32,
        /// Columns of `y` of a workgroup.
        mmq_y: [16, 32, 64, 128, 256] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4, 8] as u32,
        /// Columns of the weights in one step.
        depth: [32, 64, 128] as u32,
        /// Buffers of the tiles in workgroup memory.
        stages: [1, 2] as u32,
        /// Bytes by which a host asks for weights ahead of their use.
        ahead: [0, 2048] as u32,
    }
}

/// The family: a layer, computed for any number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MmqQ4(pub Linear);

impl Arithmetic {
    /// Format of the activations.
    pub fn activations(self) -> &'static str {
        match self {
            Arithmetic::Iu8 => "q8x128",
            Arithmetic::Iu4 => "q4x2x128",
            Arithmetic::F16 => "f16",
            Arithmetic::Iu8x32 => "q8x32",
        }
    }

    /// Columns of activations that share a scale, where there are scales.
    fn block(self) -> Option<u32> {
        match self {
            Arithmetic::Iu8 | Arithmetic::Iu4 => Some(BLOCK),
            Arithmetic::F16 => None,
            Arithmetic::Iu8x32 => Some(GROUP),
        }
    }

    /// Number types of activations, weights and sums in the product.
    fn operands(self) -> [DType; 3] {
        match self {
            Arithmetic::Iu8 | Arithmetic::Iu8x32 => [I8, U8, I32],
            Arithmetic::Iu4 => [U4, U4, I32],
            Arithmetic::F16 => [F16, F16, F32],
        }
    }
}

impl Recipe for MmqQ4 {
    type Params = Mmq;

    fn name(&self) -> &'static str {
        "mmq_q4"
    }

    fn signature(&self, p: &Mmq, target: &Target) -> Signature {
        let step = p.arithmetic.block().map_or(p.depth, |block| p.depth.max(block));
        self.0
            .signature("mmq_q4", p.arithmetic.activations(), target)
            .multiple_of("k", step)
            .multiple_of("n", p.mmq_y.min(16))
    }

    fn admits(&self, p: &Mmq, target: &Target) -> Verdict {
        let [x, w, sum] = p.arithmetic.operands();
        let atom = target.atom_for(x, w, sum)?;
        let atom = [atom.shape.m, atom.shape.n];
        require!(
            p.mmq_x.is_multiple_of(atom[0]),
            "mmq_x is a whole number of {}-row atoms",
            atom[0]
        );
        require!(
            p.mmq_y.is_multiple_of(atom[1]),
            "mmq_y is a whole number of {}-column atoms",
            atom[1]
        );
        let waves = divide_waves(p.nwarps, [p.mmq_x, p.mmq_y], atom);
        require!(waves.is_some(), "every wave owns whole atoms");
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(p.stages == 1, "a host has no copies to overlap");
            let int8 = [Arithmetic::Iu8, Arithmetic::Iu8x32].contains(&p.arithmetic);
            require!(int8, "a host multiplies int8");
            let block = p.arithmetic.block() == Some(p.depth);
            require!(block, "a host steps through whole activation blocks");
            let registers = p.mmq_x * (p.mmq_y / target.lanes);
            require!(registers <= 16, "sums of {registers} vector registers do not stay in them");
        } else {
            require!(p.ahead == 0, "a GPU does not ask for memory ahead");
            require!(p.mmq_x >= 16, "fewer than 16 tokens are another recipe's");
            let fine = p.arithmetic == Arithmetic::Iu8x32;
            require!(!fine, "a GPU scales whole blocks, and has f16 where these are too coarse");
            let integer = p.arithmetic != Arithmetic::F16;
            require!(!integer || p.depth == 128, "integer steps are whole activation blocks");
        }
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Mmq) {
        let [x, w, sum] = p.arithmetic.operands();
        let atom = k.target().atom_for(x, w, sum).map(|atom| [atom.shape.m, atom.shape.n]);
        if let Ok(atom) = atom
            && let Some(waves) = divide_waves(p.nwarps, [p.mmq_x, p.mmq_y], atom)
        {
            k.waves(waves);
        }
        k.ahead(p.ahead);
        let [token, col] = k.grid([k.tiles("m", p.mmq_x), k.tiles("n", p.mmq_y)]);
        let (token, col) = (token * p.mmq_x, col * p.mmq_y);
        let zeros = k.zeros(F32, [p.mmq_x, p.mmq_y]);
        let rows = self.0.epilogue.rows(k, col);
        let start = vec![zeros; rows.len()];
        let steps = k.steps(k.dim("k"), p.depth).stages(p.stages);
        let body = Step { layer: self.0, p: *p, token, rows };
        let host = k.target().backend == Backend::Host;
        let sums = k.fold(steps, start, |at, sums| match p.arithmetic {
            Arithmetic::F16 => body.widened(k, at, sums),
            _ if host => body.direct(k, at, sums),
            _ => body.staged(k, at, sums),
        });
        self.0.epilogue.finish(k, self.0.out, &sums, [token, col]);
    }

    fn order(&self, p: &Mmq, _: &Target) -> String {
        match p.arithmetic {
            Arithmetic::F16 => "f16 in sequence".to_owned(),
            Arithmetic::Iu8x32 => "exact groups with scales".to_owned(),
            _ => "exact groups in blocks of 128".to_owned(),
        }
    }

    fn is_spare(&self, p: &Mmq, _: &Target) -> bool {
        p.arithmetic == Arithmetic::Iu8x32
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.reference(host);
    }

    fn default_params(&self, target: &Target) -> Mmq {
        match target.backend {
            Backend::Host => Mmq {
                arithmetic: Arithmetic::Iu8,
                mmq_x: 8,
                mmq_y: 16,
                nwarps: 1,
                depth: 128,
                stages: 1,
                ahead: 0,
            },
            Backend::AmdGpu => Mmq {
                arithmetic: Arithmetic::F16,
                mmq_x: 64,
                mmq_y: 64,
                nwarps: 4,
                depth: 32,
                stages: 1,
                ahead: 0,
            },
        }
    }
}

/// One pass over `depth` columns.
struct Step<'k> {
    layer: Linear,
    p: Mmq,
    token: Index<'k>,
    /// First weight row of each sum.
    rows: Vec<Index<'k>>,
}

impl<'k> Step<'k> {
    /// f16: the step's weights are widened into workgroup memory once, then multiplied.
    fn widened(&self, k: &'k Kernel, at: Index<'k>, sums: Vec<Tile<'k>>) -> Vec<Tile<'k>> {
        let Mmq { mmq_x, mmq_y, depth, .. } = self.p;
        let x = k.stage(k.arg("x").at([self.token, at], [mmq_x, depth]));
        let weights = self.rows.iter().map(|row| {
            let groups = depth / GROUP;
            let window = |part: &str, per: u32| {
                let cols = depth / per;
                k.load(k.arg("w").part(part).at([*row, at / per], [mmq_y, cols])).slices(groups)
            };
            let scale = window("scales", GROUP).to(F16);
            let quants = window("quants", 1).to(F16);
            let centred = if self.layer.asymmetric {
                quants - window("zeros", GROUP).to(F16)
            } else {
                quants - 8.0
            };
            k.share((centred * scale).joined())
        });
        let weights: Vec<Staged<'k>> = weights.collect();
        let x = x.load();
        let product = |(w, sum): (&Staged<'k>, Tile<'k>)| k.mma(x, w.load().transposed(), sum);
        weights.iter().zip(sums).map(product).collect()
    }

    /// Integers through workgroup memory: groups one after the other, a block's scale at its end.
    fn staged(&self, k: &'k Kernel, at: Index<'k>, sums: Vec<Tile<'k>>) -> Vec<Tile<'k>> {
        let Mmq { mmq_x, mmq_y, depth, arithmetic, .. } = self.p;
        let part = |name: &str| k.arg("x").part(name);
        let stage_x = |name| k.stage(part(name).at([self.token, at], [mmq_x, depth]));
        let x = match arithmetic {
            Arithmetic::Iu4 => vec![stage_x("hi"), stage_x("lo")],
            _ => vec![stage_x("quants")],
        };
        let w: Vec<Staged<'k>> = self
            .rows
            .iter()
            .map(|row| k.stage(k.arg("w").part("quants").at([*row, at], [mmq_y, depth])))
            .collect();
        let scale = k.load(part("scales").at([self.token, at / depth], [mmq_x, 1]));
        let add = |(number, sum): (usize, Tile<'k>)| {
            let mut block = k.zeros(F32, [mmq_x, mmq_y]);
            for group in 0..depth / GROUP {
                let weights = w[number].group(group, GROUP);
                let planes: Vec<Tile<'k>> = x.iter().map(|x| x.group(group, GROUP)).collect();
                let dot = self.dot(k, &planes, weights);
                block = self.scaled(k, [self.rows[number], at / GROUP + group], dot, block);
            }
            sum + block * scale
        };
        sums.into_iter().enumerate().map(add).collect()
    }

    /// Integers straight from memory, a loop over the groups of a block.
    fn direct(&self, k: &'k Kernel, at: Index<'k>, sums: Vec<Tile<'k>>) -> Vec<Tile<'k>> {
        let Mmq { mmq_x, mmq_y, depth, .. } = self.p;
        let zeros = vec![k.zeros(F32, [mmq_x, mmq_y]); sums.len()];
        let blocks = match depth {
            GROUP => self.group(k, at, zeros),
            _ => {
                let groups = k.steps(at + depth, GROUP).from(at);
                k.fold(groups, zeros, |at, blocks| self.group(k, at, blocks))
            }
        };
        let scale = k.load(k.arg("x").part("scales").at([self.token, at / depth], [mmq_x, 1]));
        sums.into_iter().zip(blocks).map(|(sum, block)| sum + block * scale).collect()
    }

    /// The exact sums over the group from column `at`, scaled and added to those of a block.
    fn group(&self, k: &'k Kernel, at: Index<'k>, blocks: Vec<Tile<'k>>) -> Vec<Tile<'k>> {
        let Mmq { mmq_x, mmq_y, .. } = self.p;
        let x = k.load(k.arg("x").part("quants").at([self.token, at], [mmq_x, GROUP]));
        let add = |(number, block): (usize, Tile<'k>)| {
            let row = self.rows[number];
            let window = k.arg("w").part("quants").at([row, at], [mmq_y, GROUP]);
            let dot = self.dot(k, &[x], k.load(window));
            self.scaled(k, [row, at / GROUP], dot, block)
        };
        blocks.into_iter().enumerate().map(add).collect()
    }

    /// The exact sum over one group, `[mmq_x, mmq_y]`.
    fn dot(&self, k: &'k Kernel, planes: &[Tile<'k>], weights: Tile<'k>) -> Tile<'k> {
        match planes {
            [hi, lo] => self.layer.planes_dot(k, [*hi, *lo], weights),
            _ => {
                let zeros = k.zeros(I32, [self.p.mmq_x, self.p.mmq_y]);
                k.mma(planes[0], weights.to(U8).transposed(), zeros)
            }
        }
    }

    /// The exact sum over the group in a column of the scales, scaled and added to a block's.
    fn scaled(
        &self,
        k: &'k Kernel,
        [row, column]: [Index<'k>; 2],
        dot: Tile<'k>,
        block: Tile<'k>,
    ) -> Tile<'k> {
        let window = k.arg("x").part("sums").at([self.token, column], [self.p.mmq_x, 1]);
        self.layer.scaled(k, [row, column], [dot, k.load(window).to(F32)], block)
    }
}
