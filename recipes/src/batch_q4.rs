//! Quantised matrix product for the rows of a batch or of a verification (9 to 32) with matrix
//! instructions of nibbles: weights go from memory straight into the registers of whoever multiplies
//! them, as they are stored, and only the activations, which all waves of a workgroup need, go
//! through workgroup memory.
//!
//! A wave has the columns of one atom, so that there are many waves and all SIMDs have as many. A step
//! of several blocks of activations takes whole lines of memory of each of their rows, and its loads
//! of weights are started a block ahead. What is summed is what [`MmqQ4`](crate::MmqQ4) sums for the
//! same activations, in its order.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{BLOCK, GROUP, Linear};

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Batch {
        /// Tokens of a workgroup.
        tokens: [16, 32] as u32,
        /// Columns of the weights in one step.
        depth: [128, 512] as u32,
    }
}

/// Columns of an atom, and so of a wave.
const ATOM: u32 = 16;

/// Waves of a workgroup, one on each SIMD of a WGP: with fewer the activations are read more often, with
/// more the workgroups are too few to go round.
const WAVES: u32 = 4;

/// The family: a layer, computed for any number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchQ4(pub Linear);

impl Recipe for BatchQ4 {
    type Params = Batch;

    fn name(&self) -> &'static str {
        "batch_q4"
    }

    fn signature(&self, p: &Batch, target: &Target) -> Signature {
        self.0.signature("batch_q4", "q4x2x128", target).multiple_of("k", p.depth)
    }

    fn admits(&self, p: &Batch, target: &Target) -> Verdict {
        require!(target.backend == Backend::AmdGpu, "a host multiplies int8");
        let atom = target.atom_for(U4, U4, I32)?.shape;
        require!(p.tokens.is_multiple_of(atom.m), "tokens are whole atoms of {} rows", atom.m);
        require!(atom.n == ATOM, "atoms have {} columns", atom.n);
        let sums = self.0.epilogue.products() * p.tokens;
        require!(sums <= 32 || p.depth == BLOCK, "so many sums leave no room for a block ahead");
        Ok(())
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Batch) {
        k.waves(Waves { slices: 1, rows: 1, cols: WAVES });
        let columns = WAVES * ATOM;
        let [col, token] = k.grid([k.tiles("n", columns), k.tiles("m", p.tokens)]);
        let (col, token) = (col * columns, token * p.tokens);
        let rows = self.0.epilogue.rows(k, col);
        let zeros = k.zeros(F32, [p.tokens, columns]);
        let start = vec![zeros; rows.len()];
        let sums = k.fold(k.steps(k.dim("k"), p.depth), start, |at, mut sums| {
            let x = |part: &str, per: u32| {
                k.stage(k.arg("x").part(part).at([token, at / per], [p.tokens, p.depth / per]))
            };
            let planes = ["hi", "lo"].map(|part| x(part, 1));
            let (totals, scales) = (x("sums", GROUP), x("scales", BLOCK));
            for block in 0..p.depth / BLOCK {
                let mut blocks = vec![zeros; rows.len()];
                for group in block * BLOCK / GROUP..(block + 1) * BLOCK / GROUP {
                    let at = at + group * GROUP;
                    let total = totals.group(group, 1);
                    let planes = planes.map(|plane| plane.group(group, GROUP));
                    self.0.add_planes(k, (&rows, at), (planes, total), &mut blocks);
                }
                let scale = scales.group(block, 1);
                let add = |(sum, block): (Tile<'k>, Tile<'k>)| sum + block * scale;
                sums = sums.into_iter().zip(blocks).map(add).collect();
            }
            sums
        });
        self.0.epilogue.finish(k, self.0.out, &sums, [token, col]);
    }

    fn order(&self, _: &Batch, _: &Target) -> String {
        "exact groups in blocks of 128".to_owned()
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.reference(host);
    }

    fn default_params(&self, _: &Target) -> Batch {
        Batch { tokens: 16, depth: 128 }
    }
}
