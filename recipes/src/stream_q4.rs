//! Quantised matrix product for few tokens (1 to 8) with products of nibbles: weights go from memory
//! straight into the registers of whoever multiplies them, as they are stored, and no wave waits for
//! another.
//!
//! Columns of `y` lie on lanes, tokens in registers, and activations, as nibble planes, in scalars.
//! What is summed is what [`MmqQ4`](crate::MmqQ4) sums for the same activations, in its order.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{BLOCK, GROUP, Linear};

params! {
    /// How one workgroup covers its part of `y`.
    pub struct Stream {
        /// Tokens of a workgroup.
        tokens: [1, 2, 4, 8] as u32,
        /// Columns of `y` of a workgroup.
        columns: [32, 64, 128, 256] as u32,
        /// Waves of a workgroup, each with its own columns.
        nwarps: [1, 2, 4, 8] as u32,
    }
}

/// The family: a layer, computed for up to 32 tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamQ4(pub Linear);

impl Recipe for StreamQ4 {
    type Params = Stream;

    fn name(&self) -> &'static str {
        "stream_q4"
    }

    fn signature(&self, _: &Stream, target: &Target) -> Signature {
        self.0.signature("stream_q4", "q4x2x128", target).multiple_of("k", BLOCK)
    }

    fn admits(&self, p: &Stream, target: &Target) -> Verdict {
        require!(target.backend == Backend::AmdGpu, "a host multiplies int8");
        let mut atoms = target.atoms_for(I4, U4, I32).filter(|atom| atom.shape.m == 1);
        let lanes = atoms.next().map(|atom| atom.shape.n);
        let lanes = lanes.ok_or_else(|| {
            kiln_targets::Reject("no dot product of nibbles with columns on lanes".into())
        })?;
        let own = p.columns / p.nwarps;
        require!(own.is_multiple_of(lanes), "a wave owns a whole number of {lanes} columns");
        let held = self.0.epilogue.products() * p.tokens * own / lanes;
        require!(held <= 32, "sums of {held} registers leave no room for weights");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Stream) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [col, token] = k.grid([k.tiles("n", p.columns), k.tiles("m", p.tokens)]);
        let (col, token) = (col * p.columns, token * p.tokens);
        let rows = self.0.epilogue.rows(k, col);
        let zeros = k.zeros(F32, [p.tokens, p.columns]);
        let start = vec![zeros; rows.len()];
        let sums = k.fold(k.steps(k.dim("k"), BLOCK), start, |at, sums| {
            let mut blocks = vec![zeros; rows.len()];
            for group in 0..BLOCK / GROUP {
                let at = at + group * GROUP;
                let x = |part: &str, per: u32| {
                    k.load(k.arg("x").part(part).at([token, at / per], [p.tokens, GROUP / per]))
                };
                let x = (["hi", "lo"].map(|part| x(part, 1)), x("sums", GROUP));
                self.0.add_planes(k, (&rows, at), x, &mut blocks);
            }
            let scales = k.arg("x").part("scales").at([token, at / BLOCK], [p.tokens, 1]);
            let scale = k.load(scales);
            sums.into_iter().zip(blocks).map(|(sum, block)| sum + block * scale).collect()
        });
        self.0.epilogue.finish(k, self.0.out, &sums, [token, col]);
    }

    fn order(&self, _: &Stream, _: &Target) -> String {
        "exact groups in blocks of 128".to_owned()
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.reference(host);
    }

    fn default_params(&self, _: &Target) -> Stream {
        Stream { tokens: 1, columns: 32, nwarps: 1 }
    }
}
