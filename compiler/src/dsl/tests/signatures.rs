//! Signatures, and what views make of them.

use super::mistakes::{Only, speaks_plainly};
use crate::prelude::*;
use crate::tile::print;

/// Divides each row by its norm, in parts of formats that round up.
struct Rows;

impl Recipe for Rows {
    type Params = Only;

    fn name(&self) -> &'static str {
        "rows"
    }

    fn signature(&self, _: &Only, _: &Target) -> Signature {
        Signature::new("rows", ["m", "k"])
            .input("x", "q8x128", ["m", "2*k"])
            .input("bias", F32, ["k"])
            .inout("y", BF16, ["m", "k/3"])
            .multiple_of("k", 32)
    }

    fn admits(&self, _: &Only, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Only) {
        let [x, bias, y] = k.args(["x", "bias", "y"]);
        let [row, col] = k.grid([x.part("scales").tiles(0, p.size), y.tiles(1, 4)]);
        let scale = k.load(x.part("scales").at((row * p.size, 0), [p.size, 1]).or(1.0));
        let bias = k.load(bias.at((0, x.part("sums").dim(1) - bias.dim(0)), [1, 4]));
        let norm = (scale * scale + 1e-6).rsqrt();
        y.tile([row, col], [p.size, 4]).store((2.0 * bias / norm).to(BF16));
    }

    fn reference(&self, _: &mut Host) {}

    fn default_params(&self, _: &Target) -> Only {
        Only { size: 16 }
    }
}

#[test]
fn extents_and_places_are_spelled_out_in_the_program() {
    let target = Target::builtin("x86-64-v3").unwrap();
    let program = build(&Rows, &Only { size: 16 }, &target).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(print(&program), include_str!("rows.tile"));
}

#[test]
fn mistakes_in_a_signature_are_reported_with_those_of_the_body() {
    struct Wrong;
    impl Recipe for Wrong {
        type Params = Only;
        fn name(&self) -> &'static str {
            "wrong"
        }
        fn signature(&self, _: &Only, _: &Target) -> Signature {
            Signature::new("wrong", ["m", "n"])
                .input("x", "q9", ["m", "n"])
                .input("v", F32, ["m", "j/2"])
                .output("y", F32, ["m", "0*n"])
                .order("v", "k0 k0")
                .order("u", "k0")
                .dtype("v", F16)
                .multiple_of("k", 32)
        }
        fn admits(&self, _: &Only, _: &Target) -> Verdict {
            Ok(())
        }
        fn build(&self, k: &Kernel, _: &Only) {
            let _ = k.load(k.arg("x").at([0, 0], [4, 4])) + 1.0;
        }
        fn reference(&self, _: &mut Host) {}
        fn default_params(&self, _: &Target) -> Only {
            Only { size: 16 }
        }
    }
    let target = Target::builtin("x86-64-v4").unwrap();
    let found = build(&Wrong, &Only { size: 16 }, &target).unwrap_err();
    let expect = [
        "unknown format `q9`",
        "`j/2` is not an extent of `v`: there is no dim `j`",
        "`0*n` is not an extent of `y`: `0` is not a positive number",
        "cannot read `k0 k0` as a memory order",
        "there is no part `u`",
        "`v` cannot be stored as f16",
        "there is no dim `k`",
        "`y` is never written",
    ];
    for (mistake, expect) in found.all.iter().zip(expect) {
        assert!(mistake.message.starts_with(expect), "{found}");
        assert!(mistake.location.file.ends_with("signatures.rs") && mistake.location.line > 0);
    }
    assert_eq!(found.all.len(), expect.len(), "{found}");
    speaks_plainly(&found.to_string());
}
