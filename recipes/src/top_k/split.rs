//! The largest numbers of each span of a row.

use super::{Scan, fill, first};
use kiln_compiler::prelude::*;

/// The family: number type of the rows, how many numbers are wanted, and the columns of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Number type of `x`.
    pub dtype: DType,
    /// Numbers wanted of each span.
    pub count: u32,
    /// Columns of a span, a power of two.
    pub span: u32,
}

impl Recipe for Split {
    type Params = Scan;

    fn name(&self) -> &'static str {
        "top_k_split"
    }

    /// `x` `[m, v]`, `values` and `places` `[m, count * w]` for `w` spans, which cover the row.
    fn signature(&self, _: &Scan, _: &Target) -> Signature {
        let found = format!("{}*w", self.count);
        Signature::new("top_k_split", ["m", "v", "w"])
            .input("x", self.dtype, ["m", "v"])
            .output("values", F32, ["m", found.as_str()])
            .output("places", I32, ["m", found.as_str()])
    }

    fn admits(&self, p: &Scan, target: &Target) -> Verdict {
        require!(self.span.is_multiple_of(p.width), "a span is a whole number of steps");
        p.admits(target)
    }

    fn build(&self, k: &Kernel, p: &Scan) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [span, row] = k.grid([k.tiles("w", 1), k.tiles("m", 1)]);
        let from = span * self.span;
        let place = |number| [row, span * self.count + number];
        p.store_first(k, self.count, place, |before| {
            let columns = k.steps(from + self.span, p.width).from(from);
            p.next(k, columns, before, |col| p.of_row(k, row, col))
        });
    }

    fn order(&self, _: &Scan, _: &Target) -> String {
        // Comparisons are exact in any order.
        "exact".to_owned()
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        let [rows, columns, spans] = ["m", "v", "w"].map(|dim| host.dim(dim));
        let of_span = |row: usize, span: usize| {
            let [from, to] = [span, span + 1].map(|at| (at * self.span as usize).min(columns));
            let numbers: Vec<(f64, i64)> = (from..to).map(|v| (x[[row, v]], v as i64)).collect();
            first(&numbers, self.count as usize)
        };
        let of_row = |row| (0..spans).flat_map(|span| of_span(row, span)).collect();
        let found: Vec<Vec<(f64, f64)>> = (0..rows).map(of_row).collect();
        fill(host, &found);
    }

    fn default_params(&self, target: &Target) -> Scan {
        let scan = Scan::default_of(target);
        Scan { width: scan.width.min(self.span), ..scan }
    }
}
