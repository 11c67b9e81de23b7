//! The inner step of attention: scores, running maximum and sum, weighted values.

use super::round_trip;
use crate::prelude::*;

params! {
    /// How one workgroup covers queries and walks over keys.
    pub(super) struct Cover {
        /// Queries per workgroup.
        queries: [16, 32] as u32,
        /// Keys per step.
        keys: [16, 64] as u32,
        /// Elements of a head.
        head: [64, 128] as u32,
    }
}

struct Attention;

impl Recipe for Attention {
    type Params = Cover;

    fn name(&self) -> &'static str {
        "attention"
    }

    fn signature(&self, _: &Cover, _: &Target) -> Signature {
        Signature::new("attention", ["q", "kv", "d"])
            .input("queries", F16, ["q", "d"])
            .input("keys", F16, ["kv", "d"])
            .input("values", F16, ["kv", "d"])
            .output("y", F32, ["q", "d"])
    }

    fn admits(&self, _: &Cover, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Cover) {
        let [queries, keys, values, y] = k.args(["queries", "keys", "values", "y"]);
        let [block] = k.grid([k.tiles("q", p.queries)]);
        let (bq, bk, d) = (p.queries, p.keys, p.head);
        let q = k.load(queries.tile((block, 0), [bq, d]));
        let rows = k.splat(block * bq, [bq, bk]) + k.iota_rows([bq, bk]);

        let start = (k.full(-6e4, F32, [bq, 1]), k.zeros(F32, [bq, 1]), k.zeros(F32, [bq, d]));
        let steps = k.steps(k.dim("kv").min(block * bq + bq), bk).stages(2);
        let (_, norm, out) = k.fold(steps, start, |j, (peak, norm, out)| {
            let (keys, values) =
                (k.stage(keys.at((j, 0), [bk, d])), k.stage(values.at((j, 0), [bk, d])));
            let causal = (k.splat(j, [bq, bk]) + k.iota_cols([bq, bk])).le(rows);
            let scores = k.mma(q, keys.load().transposed(), k.zeros(F32, [bq, bk])) * 0.125;
            let scores = scores.keep(causal, -6e4);
            let new_peak = peak.max(scores.max_over(2));
            let (weights, decay) = ((scores - new_peak).exp2(), (peak - new_peak).exp2());
            let sum = (norm * decay) + weights.sum_over(2);
            (new_peak, sum, k.mma(weights.to(F16), values.load(), out * decay))
        });

        k.when((block * bq).lt(k.dim("q")), || y.tile((block, 0), [bq, d]).store(out / norm));
    }

    fn reference(&self, host: &mut Host) {
        let (q, k, v) = (host.input("queries"), host.input("keys"), host.input("values"));
        host.fill("y", |[row, col]| {
            let score = |at: usize| {
                let dot: f64 = (0..q.cols).map(|c| q[[row, c]] * k[[at, c]]).sum();
                (dot * 0.125).exp2()
            };
            let norm: f64 = (0..=row).map(score).sum();
            (0..=row).map(|at| score(at) * v[[at, col]]).sum::<f64>() / norm
        });
    }

    fn default_params(&self, _: &Target) -> Cover {
        Cover { queries: 16, keys: 64, head: 128 }
    }
}

#[test]
fn attentions_inner_step_builds_on_every_target_and_survives_its_text() {
    for target in Target::builtin_names().map(|name| Target::builtin(name).unwrap()) {
        for params in Cover::all() {
            let program = build(&Attention, &params, &target).unwrap_or_else(|e| panic!("{e}"));
            let text = round_trip(&program);
            assert!(text.contains(" carry %"), "{text}");
            assert!(text.contains("when %"), "{text}");
        }
    }
}
