//! Matrix product of plain weights for many tokens, `y[m, n] = epilogue(sum_k x[m, k] w[n, k])`.
//!
//! On a GPU both operands go through workgroup memory into matrix instructions, or into f32
//! multiply-adds where there are none for their numbers. A host multiplies small patches with the
//! columns of the weights on lanes, those of one workgroup while its operands stay in the cache.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::divide_waves;
use crate::plain::Plain;

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Block {
        /// Tokens of a workgroup.
        tokens: [16, 32, 64, 128] as u32,
        /// Columns of `y` of a workgroup.
        columns: [16, 32, 64, 128, 256] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4, 8] as u32,
        /// Columns of the weights in one step.
        depth: [16, 32, 64, 128] as u32,
        /// Buffers of the tiles in workgroup memory.
        stages: [1, 2] as u32,
    }
}

/// Tokens and columns that a host multiplies at a time: as many sums as stay in registers.
const PATCH: [u32; 2] = [4, 4];

/// The family: a layer, computed for any number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatMul(pub Plain);

impl Recipe for MatMul {
    type Params = Block;

    fn name(&self) -> &'static str {
        "matmul"
    }

    fn signature(&self, p: &Block, _: &Target) -> Signature {
        self.0.signature("matmul", p.depth)
    }

    fn admits(&self, p: &Block, target: &Target) -> Verdict {
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(p.stages == 1, "a host has no copies to overlap");
            require!(p.depth == target.lanes, "a host takes one register of columns at a time");
            return Ok(());
        }
        let product = self.0.product(target);
        let atom = target.atom_for(product, product, F32)?.shape;
        let sizes = [p.tokens, p.columns];
        require!(
            divide_waves(p.nwarps, sizes, [atom.m, atom.n]).is_some(),
            "every wave owns whole atoms"
        );
        require!(p.columns.is_multiple_of(atom.n), "columns are whole atoms of {}", atom.n);
        require!(p.depth <= 64 || self.0.scaled(), "64 numbers are a whole line of memory");
        let lanes = target.lanes * p.nwarps;
        let held = self.0.epilogue.products() * p.tokens * p.columns / lanes;
        require!(held <= 128, "sums of {held} registers leave no room for operands");
        require!(p.tokens.min(p.columns) * p.depth >= lanes, "every lane copies an element");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Block) {
        let [token, col] = k.grid([k.tiles("m", p.tokens), k.tiles("n", p.columns)]);
        let place = [token * p.tokens, col * p.columns];
        match k.target().backend {
            Backend::Host => self.patches(k, p, place),
            Backend::AmdGpu => self.staged(k, p, place),
        }
    }

    fn order(&self, p: &Block, target: &Target) -> String {
        match target.backend {
            Backend::Host => {
                let columns = PATCH[1] / self.0.epilogue.products();
                self.0.dots_order([columns, p.depth], p.nwarps, target)
            }
            Backend::AmdGpu => self.0.atoms_order(target),
        }
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.epilogue.reference(host);
    }

    fn default_params(&self, target: &Target) -> Block {
        match target.backend {
            Backend::Host => {
                let depth = target.lanes;
                Block { tokens: 16, columns: 32, nwarps: 1, depth, stages: 1 }
            }
            // Multiply-adds of f32 hold more operands in registers than matrix instructions.
            Backend::AmdGpu if self.0.product(target) == F32 => {
                Block { tokens: 16, columns: 64, nwarps: 4, depth: 16, stages: 1 }
            }
            Backend::AmdGpu => Block { tokens: 32, columns: 64, nwarps: 4, depth: 32, stages: 1 },
        }
    }
}

impl MatMul {
    /// A host's block: patch by patch, the weights of a few columns for all tokens of the block.
    fn patches<'k>(&self, k: &'k Kernel, p: &Block, [token, col]: [Index<'k>; 2]) {
        let [tokens, columns] = PATCH;
        let products = self.0.epilogue.products();
        let ends = [(token + p.tokens).min(k.dim("m")), (col + p.columns).min(k.dim("n"))];
        k.fold(k.steps(ends[1], columns / products).from(col), (), |col, ()| {
            k.fold(k.steps(ends[0], tokens).from(token), (), |token, ()| {
                self.0.dots(k, [token, col], [tokens, columns / products], p.depth);
            });
        });
    }

    /// A GPU's block: both operands through workgroup memory.
    fn staged<'k>(&self, k: &'k Kernel, p: &Block, [token, col]: [Index<'k>; 2]) {
        let product = self.0.product(k.target());
        let atom = k.target().atom_for(product, product, F32);
        if let Ok(atom) = atom.map(|atom| [atom.shape.m, atom.shape.n])
            && let Some(waves) = divide_waves(p.nwarps, [p.tokens, p.columns], atom)
        {
            k.waves(waves);
        }
        let stage = |view: View<'k>, dtype: DType, place: [Index<'k>; 2], rows: u32| {
            let tile = k.load(view.at(place, [rows, p.depth]));
            k.share(if dtype == product { tile } else { tile.to(product) })
        };
        let rows = self.0.epilogue.rows(k, col);
        let start = vec![k.zeros(F32, [p.tokens, p.columns]); rows.len()];
        let steps = k.steps(k.dim("k"), p.depth).stages(p.stages);
        let sums = k.fold(steps, start, |at, sums| {
            let x = stage(k.arg("x"), self.0.act, [token, at], p.tokens);
            let weights =
                |row: &Index<'k>| stage(self.0.weights(k), self.0.weight, [*row, at], p.columns);
            let weights: Vec<Staged<'k>> = rows.iter().map(weights).collect();
            let x = x.load();
            let add = |(w, sum): (&Staged<'k>, Tile<'k>)| k.mma(x, w.load().transposed(), sum);
            weights.iter().zip(sums).map(add).collect()
        });
        self.0.finish(k, &sums, [token, col]);
    }
}
