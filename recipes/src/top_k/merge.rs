//! The largest numbers of rows whose spans have been searched.

use super::{Scan, fill, first};
use kiln_compiler::prelude::*;

/// The family: how many numbers are wanted, of each span and of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Numbers wanted of each row.
    pub count: u32,
}

impl Recipe for Merge {
    type Params = Scan;

    fn name(&self) -> &'static str {
        "top_k_merge"
    }

    /// `found` and `found_places` `[m, count * w]` of `w` spans, `values` and `places` `[m, count]`.
    fn signature(&self, _: &Scan, _: &Target) -> Signature {
        let (found, count) = (format!("{}*w", self.count), self.count.to_string());
        Signature::new("top_k_merge", ["m", "w"])
            .input("found", F32, ["m", found.as_str()])
            .input("found_places", I32, ["m", found.as_str()])
            .output("values", F32, ["m", count.as_str()])
            .output("places", I32, ["m", count.as_str()])
    }

    fn admits(&self, p: &Scan, target: &Target) -> Verdict {
        p.admits(target)
    }

    fn build(&self, k: &Kernel, p: &Scan) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", 1)]);
        let (end, size) = (k.dim("w") * self.count, [1, p.width]);
        p.store_first(
            k,
            self.count,
            |number| [row, number],
            |before| {
                p.next(k, k.steps(end, p.width), before, |col| {
                    let window = |part: &str| k.arg(part).at([row, col], size);
                    [k.load(window("found").or(0.0)), k.load(window("found_places").or(-1.0))]
                })
            },
        );
    }

    fn order(&self, _: &Scan, _: &Target) -> String {
        // Comparisons are exact in any order.
        "exact".to_owned()
    }

    fn reference(&self, host: &mut Host) {
        let (values, places) = (host.input("found"), host.input("found_places"));
        let columns = host.dim("w") * self.count as usize;
        let of_row = |row: usize| {
            let number = |v: usize| (values[[row, v]], places[[row, v]] as i64);
            first(&(0..columns).map(number).collect::<Vec<_>>(), self.count as usize)
        };
        let found: Vec<Vec<(f64, f64)>> = (0..host.dim("m")).map(of_row).collect();
        fill(host, &found);
    }

    fn default_params(&self, target: &Target) -> Scan {
        Scan::default_of(target)
    }
}
