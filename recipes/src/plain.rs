//! What the families of linear layers with plain weights share: the layer, and products of rows.

use kiln_compiler::prelude::*;

use crate::linear::Epilogue;

/// A linear layer whose weights are numbers, row by row as in a checkpoint:
/// `y[m, n] = epilogue(sum_k x[m, k] w[n, k])`, summed in f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Number type of the weights.
    pub weight: DType,
    /// Number type of `x`.
    pub act: DType,
    /// Number type of `y`.
    pub out: DType,
    /// What follows the sum.
    pub epilogue: Epilogue,
}

impl Plain {
    /// The signature of a kernel that takes `step` columns of the weights at a time.
    pub fn signature(&self, name: &str, step: u32) -> Signature {
        let signature = Signature::new(name, ["m", "n", "k"])
            .input("w", self.weight, [self.epilogue.extent(), "k"])
            .input("x", self.act, ["m", "k"]);
        self.epilogue.declare(signature, self.out).multiple_of("k", step)
    }

    /// Number type in which a target multiplies: that of both operands if its matrix instructions
    /// take it, else f32.
    pub fn product(&self, target: &Target) -> DType {
        let narrow = self.act == self.weight && self.act != F32;
        let takes = |dtype| target.atom_for(dtype, dtype, F32).is_ok();
        if narrow && takes(self.act) { self.act } else { F32 }
    }

    /// The order in which [`Plain::dots`] sums with so many waves.
    pub fn dots_order(depth: u32, nwarps: u32) -> String {
        format!("dots of {depth} on {nwarps} waves")
    }

    /// The order of products that go through the columns of the weights once, atom by atom.
    pub fn atoms_order(&self, target: &Target) -> String {
        format!("{} in sequence", self.product(target))
    }

    /// Rows times rows, with the columns of the weights on lanes: for tokens from `token` and
    /// columns from `col`, `[tokens, columns]` of them, `y` is computed and stored.
    ///
    /// A lane of a step of `depth` columns sums its own, and the lanes are added at the end. What
    /// a row of `y` sums in which order is therefore the same for all numbers of tokens and columns.
    pub fn dots<'k>(
        &self,
        k: &'k Kernel,
        [token, col]: [Index<'k>; 2],
        [tokens, columns]: [u32; 2],
        depth: u32,
    ) {
        let last = k.dim("m") - 1;
        let places: Vec<Index<'k>> = (0..tokens).map(|row| token + row).collect();
        let rows = self.epilogue.rows(k, col);
        let start = vec![vec![k.zeros(F32, [columns, depth]); rows.len()]; places.len()];
        let sums = k.fold(k.steps(k.dim("k"), depth), start, |at, sums| {
            let load =
                |row: &Index<'k>| k.load(k.arg("w").at([*row, at], [columns, depth])).to(F32);
            let w: Vec<Tile<'k>> = rows.iter().map(load).collect();
            let add = |(place, sums): (&Index<'k>, Vec<Tile<'k>>)| -> Vec<Tile<'k>> {
                let x = k.load(k.arg("x").at([place.min(last), at], [1, depth])).to(F32);
                sums.into_iter().zip(&w).map(|(sum, w)| sum + x * *w).collect()
            };
            places.iter().zip(sums).map(add).collect()
        });
        for (place, sums) in places.into_iter().zip(sums) {
            k.when(place.le(last), || {
                let sums: Vec<Tile<'k>> =
                    sums.iter().map(|sum| sum.sum_over(2).transposed()).collect();
                self.epilogue.finish(k, self.out, &sums, [place, col]);
            });
        }
    }
}
