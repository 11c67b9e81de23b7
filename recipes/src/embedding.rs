//! Rows of a table by number: the embedding of tokens.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

params! {
    /// How one workgroup covers its token.
    pub struct Gather {
        /// Waves of a workgroup, side by side along a row.
        nwarps: [1, 2, 4] as u32,
        /// Columns in one step.
        width: [32, 64, 128, 256, 512, 1024] as u32,
    }
}

/// The family: number types of the table and of the rows taken from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding {
    /// Number type of the table.
    pub table: DType,
    /// Number type of `y`.
    pub out: DType,
}

impl Recipe for Embedding {
    type Params = Gather;

    fn name(&self) -> &'static str {
        "embedding"
    }

    /// `ids` `[m, 1]`, `table` `[v, k]`, `y` `[m, k]`. A number at or past `v` gives a row of zeros.
    fn signature(&self, p: &Gather, _: &Target) -> Signature {
        Signature::new("embedding", ["m", "k", "v"])
            .input("ids", I32, ["m", "1"])
            .below("v")
            .input("table", self.table, ["v", "k"])
            .output("y", self.out, ["m", "k"])
            .multiple_of("k", p.width)
    }

    fn admits(&self, p: &Gather, target: &Target) -> Verdict {
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
        }
        let lanes = p.nwarps * target.lanes;
        require!(p.width >= lanes, "every lane has an element");
        require!(p.width <= 32 * lanes, "a step of {} elements is too long", p.width);
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Gather) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [token] = k.grid([k.tiles("m", 1)]);
        let row = k.load(k.arg("ids").at((token, 0), [1, 1])).element();
        k.fold(k.steps(k.dim("k"), p.width), (), |at, ()| {
            let taken = k.load(k.arg("table").at([row, at], [1, p.width]));
            k.arg("y").at([token, at], [1, p.width]).store(taken.to(self.out));
        });
    }

    fn order(&self, _: &Gather, _: &Target) -> String {
        // Nothing is summed.
        "exact".to_owned()
    }

    fn independent(&self) -> &'static [&'static str] {
        &["m", "v"]
    }

    fn reference(&self, host: &mut Host) {
        let (ids, table) = (host.input("ids"), host.input("table"));
        host.fill("y", |[m, k]| table[[ids[[m, 0]] as usize, k]]);
    }

    fn default_params(&self, target: &Target) -> Gather {
        match target.backend {
            Backend::Host => Gather { nwarps: 1, width: 64 },
            Backend::AmdGpu => Gather { nwarps: 1, width: 512 },
        }
    }
}
