//! Quantised matrix multiply, `y[m, n] = sum over k of x[m, k] * w[n, k]`, in 8-bit integers.

use super::round_trip;
use crate::dsl::{AnyRecipe, Matrix};
use crate::prelude::*;
use crate::tile::Op;
use std::collections::BTreeMap;
use std::sync::Arc;

const GROUP: u32 = 32;

choices! {
    /// In which numbers products are formed.
    pub(super) enum Arithmetic {
        /// 8-bit integers.
        Iu8 = "iu8",
        /// Half precision.
        F16 = "f16",
    }
}

params! {
    /// How one workgroup covers its patch of `y`.
    pub(super) struct Mmq {
        /// Tokens per workgroup.
        mmq_x: [16, 32, 48, 64] as u32,
        /// Weight rows per workgroup.
        mmq_y: [32, 64, 128] as u32,
        nwarps: [2, 4, 8] as u32,
        depth: [32, 64, 128] as u32,
        stages: [1, 2] as u32,
        arithmetic: [Iu8, F16] as Arithmetic,
    }
}

pub(super) struct MmqQ4;

pub(super) const GOOD: Mmq =
    Mmq { mmq_x: 48, mmq_y: 64, nwarps: 4, depth: 64, stages: 2, arithmetic: Arithmetic::Iu8 };

impl Recipe for MmqQ4 {
    type Params = Mmq;

    fn name(&self) -> &'static str {
        "mmq_q4"
    }

    fn signature(&self, _: &Mmq, _: &Target) -> Signature {
        Signature::new("mmq_q4", ["m", "n", "k"])
            .input("w", "awq_g32_asym", ["n", "k"])
            .order("w.quants", "k0 k1 k2 n0 n1 n2 n3 k3 k4")
            .dtype("w.scales", F16)
            .input("x", "q8x32", ["m", "k"])
            .output("y", F16, ["m", "n"])
            .multiple_of("k", GROUP)
    }

    fn admits(&self, p: &Mmq, target: &Target) -> Verdict {
        let atom = target.atom_for(U8, I8, I32)?;
        let (m, n) = (atom.shape.m, atom.shape.n);
        require!(p.mmq_y.is_multiple_of(p.nwarps * m), "a wave owns whole {}-row strips", m);
        require!(p.mmq_x.is_multiple_of(n), "mmq_x is a whole number of {}-column atoms", n);
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Mmq) {
        let [w, x, y] = k.args(["w", "x", "y"]);
        let [row, col] = k.grid([w.tiles(0, p.mmq_y), x.tiles(0, p.mmq_x)]);
        k.waves(Waves { slices: 1, rows: p.nwarps, cols: 1 });
        let (patch, groups) = ([p.mmq_y, p.mmq_x], p.depth / GROUP);

        let steps = k.steps(w.dim(1), p.depth).stages(p.stages);
        let sum = k.fold(steps, k.zeros(F32, patch), |step, mut sum| {
            let (wide, narrow) = ((row * p.mmq_y, step), (row * p.mmq_y, step / GROUP));
            let quants = k.stage(w.part("quants").at(wide, [p.mmq_y, p.depth]));
            let scales = k.load(w.part("scales").at(narrow, [p.mmq_y, groups])).to(F32);
            let zeros = k.load(w.part("zeros").at(narrow, [p.mmq_y, groups])).to(I32);

            let (wide, narrow) = ((col * p.mmq_x, step), (col * p.mmq_x, step / GROUP));
            let bytes = k.stage(x.part("quants").at(wide, [p.mmq_x, p.depth]));
            let steps = k.load(x.part("scales").at(narrow, [p.mmq_x, groups])).transposed();
            let sums = k.load(x.part("sums").at(narrow, [p.mmq_x, groups])).to(I32).transposed();

            for g in 0..groups {
                let quants = quants.group(g, GROUP).to(U8);
                let bytes = bytes.group(g, GROUP).transposed();
                let dot = k.mma(quants, bytes, k.zeros(I32, patch));
                let (left, right) = ([0, g], [g, 0]);
                let (tall, wide) = ([p.mmq_y, 1], [1, p.mmq_x]);
                let exact = dot - zeros.window(left, tall) * sums.window(right, wide);
                let scale = scales.window(left, tall) * steps.window(right, wide);
                sum = sum + exact.to(F32) * scale;
            }
            sum
        });

        y.tile([col, row], [p.mmq_x, p.mmq_y]).store(sum.transposed().to(F16));
    }

    fn reference(&self, host: &mut Host) {
        let (w, x, depth) = (host.dequantized("w"), host.dequantized("x"), host.dim("k"));
        host.fill("y", |[m, n]| (0..depth).map(|k| x[[m, k]] * w[[n, k]]).sum());
    }

    fn default_params(&self, _: &Target) -> Mmq {
        GOOD
    }
}

fn gfx1151() -> Target {
    Target::builtin("gfx1151").unwrap()
}

#[test]
fn the_quantised_product_builds_without_diagnostics_and_survives_its_text() {
    for params in Mmq::all().step_by(17).chain([GOOD]) {
        let program = build(&MmqQ4, &params, &gfx1151()).unwrap_or_else(|e| panic!("{e}"));
        let text = round_trip(&program);
        assert!(
            text.contains("part w.quants input u4 [n, k] order \"k0 k1 k2 n0 n1 n2 n3 k3 k4\"")
        );
        assert!(text.contains("part w.scales input f16 [n, k/32] order \"\""), "{text}");
    }
}

#[test]
fn equal_points_have_equal_digests_and_other_points_others() {
    let digest = |params| crate::tile::digest(&build(&MmqQ4, &params, &gfx1151()).unwrap());
    assert_eq!(digest(GOOD), digest(GOOD));
    assert_ne!(digest(GOOD), digest(Mmq { stages: 1, ..GOOD }));
}

#[test]
fn every_value_knows_the_recipe_line_that_made_it() {
    let program = build(&MmqQ4, &GOOD, &gfx1151()).unwrap();
    let source = include_str!("mmq.rs");
    let line = |text: &str| source.lines().position(|l| l.contains(text)).unwrap() as u32 + 1;
    let of = |wanted: fn(&Op) -> bool| {
        let node = program.nodes.iter().find(|node| wanted(&node.op)).unwrap();
        assert!(node.location.file.ends_with("dsl/tests/mmq.rs"), "{}", node.location);
        node.location.line
    };
    assert_eq!(of(|op| matches!(op, Op::Mma { .. })), line("let dot = k.mma("));
    assert_eq!(of(|op| matches!(op, Op::Fold { .. })), line("let sum = k.fold("));
    assert_eq!(of(|op| matches!(op, Op::Store { .. })), line("y.tile([col, row]"));
    let product = |op: &Op| matches!(op, Op::Binary(crate::tile::Binary::Sub, ..));
    assert_eq!(of(product), line("let exact = dot - "));
    assert!(program.nodes.iter().all(|node| node.location.file.ends_with("dsl/tests/mmq.rs")));
}

#[test]
fn a_point_the_algorithm_cannot_use_is_rejected_with_a_countable_reason() {
    let reject = MmqQ4.admits(&Mmq { nwarps: 8, ..GOOD }, &gfx1151()).unwrap_err();
    assert_eq!(reject.template, "a wave owns whole {}-row strips");
    assert_eq!(reject.to_string(), "a wave owns whole 16-row strips");
    assert_eq!(MmqQ4.admits(&GOOD, &gfx1151()), Ok(()));
}

#[test]
fn the_reference_computes_outputs_from_named_tensors() {
    let ramp = |rows, cols| Arc::new(Matrix::from_fn(rows, cols, |[r, c]| (r * cols + c) as f64));
    let inputs = BTreeMap::from([("x".to_owned(), ramp(2, 3)), ("w".to_owned(), ramp(4, 3))]);
    let dims = [("m", 2), ("n", 4), ("k", 3)].map(|(name, size)| (name.to_owned(), size));
    let mut host = Host::new(dims.into(), inputs).with_output("y", [2, 4]);
    AnyRecipe::reference(&MmqQ4, &mut host);
    let y = &host.into_outputs()["y"];
    assert_eq!(y[[1, 2]], 3.0 * 6.0 + 4.0 * 7.0 + 5.0 * 8.0);
}
