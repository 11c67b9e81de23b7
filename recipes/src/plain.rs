//! What the families of linear layers with plain weights share: the layer, and products of rows.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::Epilogue;

/// A linear layer whose weights are numbers, row by row as in a checkpoint, or bytes with a scale for
/// each row: `y[m, n] = epilogue(sum_k x[m, k] w[n, k])`, summed in f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Number type of the weights; `i8` stands for the format `i8_rows`.
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
        let (signature, extents) =
            (Signature::new(name, ["m", "n", "k"]), [self.epilogue.extent(), "k"]);
        let signature = match self.scaled() {
            true => signature.input("w", "i8_rows", extents),
            false => signature.input("w", self.weight, extents),
        };
        let signature = signature.input("x", self.act, ["m", "k"]);
        self.epilogue.declare(signature, self.out).multiple_of("k", step)
    }

    /// Whether weights are bytes, whose sums are multiplied by the scale of their row.
    pub fn scaled(&self) -> bool {
        self.weight == I8
    }

    /// The weights' numbers, without scales.
    pub fn weights<'k>(&self, k: &'k Kernel) -> View<'k> {
        let weights = k.arg("w");
        if self.scaled() { weights.part("quants") } else { weights }
    }

    /// Number type in which a target multiplies: that of the activations if its matrix instructions
    /// take it and it holds every weight, else f32.
    pub fn product(&self, target: &Target) -> DType {
        let narrow = (self.act == self.weight || self.scaled()) && self.act != F32;
        let takes = |dtype| target.atom_for(dtype, dtype, F32).is_ok();
        if narrow && takes(self.act) { self.act } else { F32 }
    }

    /// Applies the scales of the rows of the weights, where they have them, then the epilogue, and
    /// stores; see [`Epilogue::finish`].
    pub fn finish<'k>(&self, k: &'k Kernel, sums: &[Tile<'k>], place: [Index<'k>; 2]) {
        if !self.scaled() {
            return self.epilogue.finish(k, self.out, sums, place);
        }
        let [_, _, columns] = sums[0].shape();
        let scale = |(sum, row): (&Tile<'k>, Index<'k>)| {
            let scales = k.load(k.arg("w").part("scales").at([row, k.index(0)], [columns, 1]));
            *sum * scales.transposed()
        };
        let rows = self.epilogue.rows(k, place[1]);
        let scaled: Vec<Tile<'k>> = sums.iter().zip(rows).map(scale).collect();
        self.epilogue.finish(k, self.out, &scaled, place);
    }

    /// The order in which [`Plain::dots`] sums with so many waves. How many neighbours a lane of a
    /// host holds depends on the columns where these are bytes.
    pub fn dots_order(&self, [columns, depth]: [u32; 2], nwarps: u32, target: &Target) -> String {
        match target.backend {
            Backend::Host if self.scaled() => format!("dots of {columns} by {depth}"),
            _ => format!("dots of {depth} on {nwarps} waves"),
        }
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
                |row: &Index<'k>| k.load(self.weights(k).at([*row, at], [columns, depth])).to(F32);
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
                self.finish(k, &sums, [place, col]);
            });
        }
    }
}
