//! Quantised matrix product for few tokens (1 to 32): decoding and speculative verification,
//! where every weight is read once and the memory sets the time.
//!
//! Columns of `y` lie on lanes, tokens in registers. On a GPU the waves of a workgroup take
//! different groups of the weights' columns and add their sums at the end; on a host one vector
//! register of columns runs through all of them.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::linear::{BLOCK, GROUP, Linear};

params! {
    /// How one workgroup covers its columns of `y`.
    pub struct Mmvq {
        /// Tokens of a workgroup.
        tokens: [1, 2, 4, 8, 16, 32] as u32,
        /// Columns of `y` of a workgroup.
        columns: [8, 16, 32, 64, 128] as u32,
        /// Waves of a workgroup, each with its own groups of the weights' columns.
        nwarps: [1, 2, 4, 8] as u32,
        /// Bytes by which a host asks for weights ahead of their use.
        ahead: [0, 4096, 8192] as u32,
        /// Columns of activations that share a scale.
        block: [128, 32] as u32,
    }
}

/// The family: a layer, computed for up to 32 tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MmvqQ4(pub Linear);

impl Recipe for MmvqQ4 {
    type Params = Mmvq;

    fn name(&self) -> &'static str {
        "mmvq_q4"
    }

    fn signature(&self, p: &Mmvq, target: &Target) -> Signature {
        let host = target.backend == Backend::Host;
        let step = if host { p.block } else { p.nwarps * GROUP };
        let format = format!("q8x{}", p.block);
        self.0.signature("mmvq_q4", &format, target).multiple_of("k", step)
    }

    fn admits(&self, p: &Mmvq, target: &Target) -> Verdict {
        let atom = dot_atom(target)?;
        require!(p.columns.is_multiple_of(atom), "columns are a whole number of {atom} lanes");
        let registers = p.tokens * (p.columns / atom);
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
            require!(registers <= 16, "sums of {registers} vector registers do not stay in them");
        } else {
            require!(p.ahead == 0, "a GPU does not ask for memory ahead");
            require!(p.block == GROUP, "a GPU's waves take different groups, each with a scale");
            require!(registers <= 64, "sums of {registers} registers leave no room for loads");
        }
        Ok(())
    }

    fn build<'k>(&self, k: &'k Kernel, p: &Mmvq) {
        k.ahead(p.ahead);
        let [col, token] = k.grid([k.tiles("n", p.columns), k.tiles("m", p.tokens)]);
        let (col, token) = (col * p.columns, token * p.tokens);
        let rows = self.0.epilogue.rows(k, col);
        let pass = Pass { layer: self.0, p: *p, token };
        let sums: Vec<Tile<'k>> = if k.target().backend == Backend::Host {
            pass.blocks(k, &rows)
        } else {
            k.waves(Waves { slices: p.nwarps, rows: 1, cols: 1 });
            pass.slices(k, &rows)
        };
        self.0.epilogue.finish(k, self.0.out, &sums, [token, col]);
    }

    fn order(&self, p: &Mmvq, target: &Target) -> String {
        match target.backend {
            Backend::Host if p.block == GROUP => "exact groups with scales".to_owned(),
            Backend::Host => "exact groups in blocks of 128".to_owned(),
            Backend::AmdGpu => format!("exact groups in {} slices", p.nwarps),
        }
    }

    fn is_spare(&self, p: &Mmvq, target: &Target) -> bool {
        target.backend == Backend::Host && p.block == GROUP
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "n"]
    }

    fn reference(&self, host: &mut Host) {
        self.0.reference(host);
    }

    fn default_params(&self, target: &Target) -> Mmvq {
        let columns = dot_atom(target).unwrap_or(target.lanes);
        let (nwarps, block) = match target.backend {
            Backend::Host => (1, BLOCK),
            Backend::AmdGpu => (4, GROUP),
        };
        Mmvq { tokens: 1, columns, nwarps, ahead: 0, block }
    }
}

/// Columns of the dot-product atom that has them on lanes.
fn dot_atom(target: &Target) -> Result<u32, Reject> {
    let mut atoms = target.atoms_for(I8, U8, I32).filter(|atom| atom.shape.m == 1);
    match atoms.next() {
        Some(atom) => Ok(atom.shape.n),
        None => {
            Err(kiln_targets::Reject("no dot product of int8 with columns on lanes".into()).into())
        }
    }
}

/// The sums of one workgroup.
struct Pass<'k> {
    layer: Linear,
    p: Mmvq,
    token: Index<'k>,
}

impl<'k> Pass<'k> {
    /// One wave, block by block.
    fn blocks(&self, k: &'k Kernel, rows: &[Index<'k>]) -> Vec<Tile<'k>> {
        let Mmvq { tokens, columns, block, .. } = self.p;
        let zeros = vec![k.zeros(F32, [tokens, columns]); rows.len()];
        let group = |at: Index<'k>, blocks: Vec<Tile<'k>>| -> Vec<Tile<'k>> {
            let add = |(block, row): (Tile<'k>, &Index<'k>)| self.group(k, *row, at, 1, block);
            blocks.into_iter().zip(rows).map(add).collect()
        };
        k.fold(k.steps(k.dim("k"), block), zeros.clone(), |at, sums| {
            let blocks = match block {
                GROUP => group(at, zeros.clone()),
                _ => k.fold(k.steps(at + block, GROUP).from(at), zeros.clone(), group),
            };
            let scales = k.arg("x").part("scales").at([self.token, at / block], [tokens, 1]);
            let scale = k.load(scales);
            sums.into_iter().zip(blocks).map(|(sum, block)| sum + block * scale).collect()
        })
    }

    /// As many groups at a time as there are waves; the sums of all are added at the end.
    fn slices(&self, k: &'k Kernel, rows: &[Index<'k>]) -> Vec<Tile<'k>> {
        let count = self.p.nwarps;
        let shape = [count, self.p.tokens, self.p.columns];
        let zeros = vec![k.zeros_sliced(F32, shape); rows.len()];
        let sums = k.fold(k.steps(k.dim("k"), count * GROUP), zeros, |at, sums| {
            let place = [self.token, at / GROUP];
            let scales = k.load(k.arg("x").part("scales").at(place, [self.p.tokens, count]));
            let scale = scales.slices(count);
            let add = |(sum, row): (Tile<'k>, &Index<'k>)| {
                let none = k.zeros_sliced(F32, shape);
                sum + self.group(k, *row, at, count, none) * scale
            };
            sums.into_iter().zip(rows).map(add).collect()
        });
        sums.into_iter().map(|sum: Tile<'k>| sum.sum_over(0)).collect()
    }

    /// `sum + (dot - z * sum(x)) * scale` for `count` groups from column `at`, one in each slice.
    fn group(
        &self,
        k: &'k Kernel,
        row: Index<'k>,
        at: Index<'k>,
        count: u32,
        sum: Tile<'k>,
    ) -> Tile<'k> {
        let Mmvq { tokens, columns, .. } = self.p;
        let sliced = |tile: Tile<'k>| if count == 1 { tile } else { tile.slices(count) };
        let weight = |part: &str| {
            let window = k.arg("w").part(part).at([row, at / GROUP], [columns, count]);
            sliced(k.load(window)).transposed().to(F32)
        };
        let x = |part: &str, per: u32| {
            let window =
                k.arg("x").part(part).at([self.token, at / per], [tokens, GROUP / per * count]);
            sliced(k.load(window))
        };
        let quants = k.load(k.arg("w").part("quants").at([row, at], [columns, GROUP * count]));
        let quants = sliced(quants).to(U8).transposed();
        let zeros = k.zeros_sliced(I32, [count, tokens, columns]);
        let dot = k.mma(x("quants", 1), quants, zeros).to(F32);
        let sums = x("sums", GROUP).to(F32);
        let centred = match self.layer.asymmetric {
            true => dot - sums * weight("zeros"),
            false => dot - sums * 8.0,
        };
        sum + centred * weight("scales")
    }
}
