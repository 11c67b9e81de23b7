//! Matrix product of 4-bit weights with activations as they are, for any number of tokens and any
//! depth in whole groups: `y[m, n] = epilogue(sum_k x[m, k] W[n, k])`.
//!
//! Weights are widened, scaled, to the number type of the product: that of the activations where
//! matrix instructions take it, else f32. Many tokens share what was widened through workgroup
//! memory.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{Epilogue, GROUP, Linear, divide_waves};

choices! {
    /// Where weights are widened to.
    pub enum Widened {
        /// Registers, by whoever multiplies with them.
        Registers = "registers",
        /// Workgroup memory, once.
        Shared = "shared",
    }
}

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Wide {
        /// Where weights are widened to.
        widened: [Registers, Shared] as Widened,
        /// Tokens of a workgroup.
        tokens: [1, 4, 8, 16, 32, 64, 128] as u32,
        /// Columns of `y` of a workgroup.
        columns: [16, 32, 64, 128] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4, 8] as u32,
        /// Columns of the weights in one step.
        depth: [32, 64] as u32,
    }
}

/// The family: a layer, and the number type of its activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WideQ4 {
    /// The layer.
    pub layer: Linear,
    /// Number type of `x`.
    pub x: DType,
}

impl WideQ4 {
    /// Number type in which a target multiplies.
    fn product(&self, target: &Target) -> DType {
        let narrow = self.x != F32 && target.atom_for(self.x, self.x, F32).is_ok();
        if narrow { self.x } else { F32 }
    }
}

impl Recipe for WideQ4 {
    type Params = Wide;

    fn name(&self) -> &'static str {
        "wide_q4"
    }

    fn signature(&self, p: &Wide, target: &Target) -> Signature {
        // Memory orders hold whole blocks of rows, so that rows past the last are there; with gate and
        // value in one argument, these begin at whole blocks.
        let rows = if self.layer.epilogue == Epilogue::SiluMul { 16 } else { 1 };
        let signature = self.layer.signature("wide_q4", self.x.name(), target);
        signature.multiple_of("k", p.depth).multiple_of("n", rows)
    }

    fn admits(&self, p: &Wide, target: &Target) -> Verdict {
        let product = self.product(target);
        let atom = target.atom_for(product, product, F32)?.shape;
        require!(p.tokens.is_multiple_of(atom.m), "tokens are whole atoms of {} rows", atom.m);
        require!(p.columns.is_multiple_of(atom.n), "columns are whole atoms of {}", atom.n);
        let waves = divide_waves(p.nwarps, [p.tokens, p.columns], [atom.m, atom.n]);
        require!(waves.is_some(), "every wave owns whole atoms");
        let held = p.tokens * p.columns / (target.lanes * p.nwarps);
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(p.widened == Widened::Registers, "a host widens into registers");
            require!(p.depth == GROUP, "a host takes one group at a time");
            require!(held <= 16, "sums of {held} vector registers do not stay in them");
        } else {
            let shared = p.widened == Widened::Shared;
            require!(shared || p.depth == GROUP, "registers hold one group at a time");
            require!(shared || p.tokens <= 32, "many tokens share what was widened");
            require!(held <= 64, "sums of {held} registers leave no room for weights");
            let lanes = target.lanes * p.nwarps;
            require!(p.columns * p.depth >= 8 * lanes, "a lane widens eight weights");
        }
        Ok(())
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Wide) {
        let product = self.product(k.target());
        let atom = k.target().atom_for(product, product, F32);
        if let Ok(atom) = atom.map(|atom| [atom.shape.m, atom.shape.n])
            && let Some(waves) = divide_waves(p.nwarps, [p.tokens, p.columns], atom)
        {
            k.waves(waves);
        }
        let [token, col] = k.grid([k.tiles("m", p.tokens), k.tiles("n", p.columns)]);
        let (token, col) = (token * p.tokens, col * p.columns);
        let epilogue = self.layer.epilogue;
        let rows = epilogue.rows(k, col);
        let start = vec![k.zeros(F32, [p.tokens, p.columns]); rows.len()];
        let sums = k.fold(k.steps(k.dim("k"), p.depth), start, |at, sums| {
            let x = k.load(k.arg("x").at([token, at], [p.tokens, p.depth]));
            let x = if self.x == product { x } else { x.to(product) };
            let x = if p.widened == Widened::Shared { k.share(x).load() } else { x };
            let add = |(sum, row): (Tile<'k>, &Index<'k>)| {
                let w = self.widened(k, p, [*row, at]).to(product);
                let w = if p.widened == Widened::Shared { k.share(w).load() } else { w };
                k.mma(x, w.transposed(), sum)
            };
            sums.into_iter().zip(&rows).map(add).collect()
        });
        epilogue.finish(k, self.layer.out, &sums, [token, col]);
    }

    fn order(&self, _: &Wide, target: &Target) -> String {
        format!("{} in sequence", self.product(target))
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.layer.reference(host);
    }

    fn default_params(&self, target: &Target) -> Wide {
        let narrow = self.product(target) != F32;
        let point =
            |widened, tokens, columns| Wide { widened, tokens, columns, nwarps: 1, depth: GROUP };
        match target.backend {
            Backend::Host => point(Widened::Registers, 4, 16),
            Backend::AmdGpu if narrow => point(Widened::Registers, 16, 16),
            // More tokens need more addresses than there are scalars.
            Backend::AmdGpu => point(Widened::Registers, 1, 32),
        }
    }
}

impl WideQ4 {
    /// `(q - z) * scale` in f32 for the weights of a step.
    fn widened<'k>(&self, k: &'k Kernel, p: &Wide, [row, at]: [Index<'k>; 2]) -> Tile<'k> {
        let groups = p.depth / GROUP;
        let part = |name: &str, per: u32| {
            let window = k.arg("w").part(name).at([row, at / per], [p.columns, p.depth / per]);
            let tile = k.load(window);
            if groups == 1 { tile } else { tile.slices(groups) }.to(F32)
        };
        let quants = part("quants", 1);
        let centred = match self.layer.asymmetric {
            true => quants - part("zeros", GROUP),
            false => quants - 8.0,
        };
        let scaled = centred * part("scales", GROUP);
        if groups == 1 { scaled } else { scaled.joined() }
    }
}
