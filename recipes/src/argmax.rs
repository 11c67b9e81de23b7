//! The place of the largest number of each row, the lowest among equal ones; -1 for a row with a
//! NaN.

use kiln_compiler::prelude::*;

use crate::top_k::{Scan, nothing};

/// The family: number type of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argmax {
    /// Number type of `x`.
    pub dtype: DType,
}

impl Recipe for Argmax {
    type Params = Scan;

    fn name(&self) -> &'static str {
        "argmax"
    }

    /// `x` `[m, v]`, `y` `[m, 1]`.
    fn signature(&self, _: &Scan, _: &Target) -> Signature {
        Signature::new("argmax", ["m", "v"]).input("x", self.dtype, ["m", "v"]).output(
            "y",
            I32,
            ["m", "1"],
        )
    }

    fn admits(&self, p: &Scan, target: &Target) -> Verdict {
        p.admits(target)
    }

    fn build(&self, k: &Kernel, p: &Scan) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", 1)]);
        let columns = k.steps(k.dim("v"), p.width);
        let found = p.next(k, columns, nothing(k), |col| p.of_row(k, row, col));
        k.arg("y").at((row, 0), [1, 1]).store(found.stored_place());
    }

    fn order(&self, _: &Scan, _: &Target) -> String {
        // Comparisons are exact in any order.
        "exact".to_owned()
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        let columns = host.dim("v");
        host.fill("y", |[m, _]| {
            let mut best = 0;
            for v in 0..columns {
                if x[[m, v]].is_nan() {
                    return -1.0;
                }
                if x[[m, v]] > x[[m, best]] {
                    best = v;
                }
            }
            best as f64
        });
    }

    fn default_params(&self, target: &Target) -> Scan {
        Scan::default_of(target)
    }
}
