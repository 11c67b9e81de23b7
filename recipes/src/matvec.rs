//! Matrix product of plain weights for few tokens (1 to 32): every weight is read once, straight
//! from memory, and the memory sets the time.
//!
//! *Dots* have the columns of the weights on lanes, so that rows are read as they lie; this is what
//! a host does, and a GPU where the numbers are not those of its matrix instructions. *Matrix*
//! instructions take sixteen tokens at a time and cost the same for fewer; the waves of a
//! workgroup take different columns of the weights and add their sums at the end.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::plain::Plain;

choices! {
    /// How rows are multiplied.
    pub enum Way {
        /// Lanes along rows, one row of activations after the other.
        Dots = "dots",
        /// Matrix instructions.
        Matrix = "matrix",
    }
}

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Patch {
        /// How rows are multiplied.
        way: [Dots, Matrix] as Way,
        /// Tokens of a workgroup.
        tokens: [1, 2, 4, 8, 16, 32] as u32,
        /// Columns of `y` of a workgroup.
        columns: [1, 2, 4, 8, 16, 32, 64] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4, 8] as u32,
        /// Columns of the weights in one step of a wave.
        depth: [16, 32, 64, 128, 256] as u32,
        /// Bytes by which a host asks for weights ahead of their use.
        ahead: [0, 1024] as u32,
    }
}

/// The family: a layer, computed for up to 32 tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatVec(pub Plain);

impl Recipe for MatVec {
    type Params = Patch;

    fn name(&self) -> &'static str {
        "matvec"
    }

    fn signature(&self, p: &Patch, _: &Target) -> Signature {
        let waves = if p.way == Way::Matrix { p.nwarps } else { 1 };
        self.0.signature("matvec", p.depth * waves)
    }

    fn admits(&self, p: &Patch, target: &Target) -> Verdict {
        let host = target.backend == Backend::Host;
        require!(host || p.ahead == 0, "a GPU does not ask for memory ahead");
        require!(!host || p.nwarps == 1, "a host workgroup is one wave");
        match p.way {
            Way::Dots => self.admits_dots(p, target),
            Way::Matrix => self.admits_matrix(p, target),
        }
    }

    fn build(&self, k: &Kernel, p: &Patch) {
        k.ahead(p.ahead);
        let [token, col] = k.grid([k.tiles("m", p.tokens), k.tiles("n", p.columns)]);
        let place = [token * p.tokens, col * p.columns];
        match p.way {
            Way::Dots => {
                k.waves(Waves { slices: 1, rows: p.nwarps, cols: 1 });
                self.0.dots(k, place, [p.tokens, p.columns], p.depth);
            }
            Way::Matrix => {
                k.waves(Waves { slices: p.nwarps, rows: 1, cols: 1 });
                let sums = self.slices(k, p, place);
                self.0.finish(k, &sums, place);
            }
        }
    }

    fn order(&self, p: &Patch, target: &Target) -> String {
        match p.way {
            Way::Dots => self.0.dots_order([p.columns, p.depth], p.nwarps, target),
            Way::Matrix if p.nwarps == 1 => self.0.atoms_order(target),
            Way::Matrix => {
                format!("{} in {} slices of {}", self.0.product(target), p.nwarps, p.depth)
            }
        }
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.epilogue.reference(host);
    }

    fn default_params(&self, target: &Target) -> Patch {
        let dots = Patch { way: Way::Dots, tokens: 1, columns: 4, nwarps: 1, depth: 32, ahead: 0 };
        let matrix = Patch { way: Way::Matrix, tokens: 16, columns: 16, ..dots };
        let narrow = self.0.product(target) != F32;
        match target.backend {
            Backend::Host => dots,
            Backend::AmdGpu if narrow => matrix,
            Backend::AmdGpu => Patch { columns: 8, ..dots },
        }
    }
}

impl MatVec {
    fn admits_dots(&self, p: &Patch, target: &Target) -> Verdict {
        let products = self.0.epilogue.products();
        let held = p.tokens * p.columns * p.depth * products / (target.lanes * p.nwarps);
        require!(p.depth >= target.lanes, "every lane has a column of the weights");
        if target.backend == Backend::Host {
            require!(held <= 16, "sums of {held} vector registers do not stay in them");
        } else {
            let narrow = self.0.product(target) != F32;
            require!(!narrow, "matrix instructions multiply such numbers");
            // A lane then holds as many neighbours as one load of weights brings, whatever the
            // columns of `y`, and sums them in the same order.
            require!(p.columns > 1, "weights decide what a lane holds where they have rows");
            let widest = target.max_load_bytes * 8 / self.0.weight.bits();
            let whole = p.depth * p.columns >= target.lanes * p.nwarps * widest;
            require!(whole, "every lane has as many elements as it loads at once");
            require!(held <= 64, "sums of {held} registers leave no room for loads");
        }
        Ok(())
    }

    fn admits_matrix(&self, p: &Patch, target: &Target) -> Verdict {
        require!(target.backend == Backend::AmdGpu, "a host multiplies with dots");
        let product = self.0.product(target);
        require!(product != F32, "no matrix instruction multiplies such numbers");
        let atom = target.atom_for(product, product, F32)?.shape;
        require!(p.tokens.is_multiple_of(atom.m), "tokens are whole atoms of {} rows", atom.m);
        require!(p.columns.is_multiple_of(atom.n), "columns are whole atoms of {}", atom.n);
        let held = self.0.epilogue.products() * p.tokens * p.columns / target.lanes;
        require!(held <= 64, "sums of {held} registers leave no room for loads");
        Ok(())
    }

    /// As many steps at a time as there are waves, one in each slice.
    fn slices<'k>(&self, k: &'k Kernel, p: &Patch, [token, col]: [Index<'k>; 2]) -> Vec<Tile<'k>> {
        let step = p.depth * p.nwarps;
        let sliced = |tile: Tile<'k>| if p.nwarps == 1 { tile } else { tile.slices(p.nwarps) };
        let product = self.0.product(k.target());
        let zeros = k.zeros_sliced(F32, [p.nwarps, p.tokens, p.columns]);
        let rows = self.0.epilogue.rows(k, col);
        let sums = k.fold(k.steps(k.dim("k"), step), vec![zeros; rows.len()], |at, sums| {
            let x = sliced(k.load(k.arg("x").at([token, at], [p.tokens, step])));
            let add = |(sum, row): (Tile<'k>, &Index<'k>)| {
                let w = k.load(self.0.weights(k).at([*row, at], [p.columns, step]));
                let w = if self.0.scaled() { w.to(product) } else { w };
                k.mma(x, sliced(w).transposed(), sum)
            };
            sums.into_iter().zip(&rows).map(add).collect()
        });
        let whole = |sum: Tile<'k>| if p.nwarps == 1 { sum } else { sum.sum_over(0) };
        sums.into_iter().map(whole).collect()
    }
}
