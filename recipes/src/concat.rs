//! Rows of several matrices side by side: the features that a drafter reads.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

params! {
    /// How one workgroup covers its row.
    pub struct Copy {
        /// Waves of a workgroup, side by side along a row.
        nwarps: [1, 2, 4] as u32,
        /// Columns in one step.
        width: [32, 64, 128, 256, 512, 1024] as u32,
    }
}

/// The family: number type, and how many matrices there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concat {
    /// Number type of everything.
    pub act: DType,
    /// Matrices side by side, 1 to 16.
    pub parts: u32,
}

impl Concat {
    /// Name of a matrix.
    fn part(at: u32) -> String {
        format!("x{at}")
    }
}

impl Recipe for Concat {
    type Params = Copy;

    fn name(&self) -> &'static str {
        "concat"
    }

    /// `x0`, `x1`, .. `[m, k]`, `y` `[m, parts * k]`.
    fn signature(&self, p: &Copy, _: &Target) -> Signature {
        let columns = format!("{}*k", self.parts);
        let mut signature = Signature::new("concat", ["m", "k"]);
        for at in 0..self.parts {
            signature = signature.input(&Self::part(at), self.act, ["m", "k"]);
        }
        signature.output("y", self.act, ["m", columns.as_str()]).multiple_of("k", p.width)
    }

    fn admits(&self, p: &Copy, target: &Target) -> Verdict {
        require!((1..=16).contains(&self.parts), "1 to 16 matrices are put side by side");
        if target.backend == Backend::Host {
            require!(p.nwarps == 1, "a host workgroup is one wave");
        }
        let lanes = p.nwarps * target.lanes;
        require!(p.width >= lanes, "every lane has an element");
        require!(p.width <= 32 * lanes, "a step of {} elements is too long", p.width);
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Copy) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", 1)]);
        let columns = k.dim("k");
        for part in 0..self.parts {
            k.fold(k.steps(columns, p.width), (), |at, ()| {
                let window = [1, p.width];
                let taken = k.load(k.arg(&Self::part(part)).at([row, at], window));
                k.arg("y").at([row, columns * part + at], window).store(taken);
            });
        }
    }

    fn order(&self, _: &Copy, _: &Target) -> String {
        // Nothing is summed.
        "exact".to_owned()
    }

    fn reference(&self, host: &mut Host) {
        let parts: Vec<_> = (0..self.parts).map(|at| host.input(&Self::part(at))).collect();
        let columns = host.dim("k");
        host.fill("y", |[m, col]| parts[col / columns][[m, col % columns]]);
    }

    fn default_params(&self, target: &Target) -> Copy {
        match target.backend {
            Backend::Host => Copy { nwarps: 1, width: 64 },
            Backend::AmdGpu => Copy { nwarps: 1, width: 512 },
        }
    }
}
