//! What authors are told: every mistake once, at its line, in words of the language.

use crate::diagnose::Diagnostics;
use crate::prelude::*;

params! {
    /// A space of one point.
    pub(super) struct Only {
        size: [16] as u32,
    }
}

/// A kernel whose body is the given closure; it always writes `y`.
struct Sketch<F>(F);

impl<F: for<'k> Fn(&'k Kernel)> Recipe for Sketch<F> {
    type Params = Only;

    fn name(&self) -> &'static str {
        "sketch"
    }

    fn signature(&self, _: &Only, _: &Target) -> Signature {
        Signature::new("sketch", ["m", "n", "k"])
            .input("w", "awq_g32_asym", ["n", "k"])
            .input("x", F16, ["m", "k"])
            .inout("z", F32, ["m", "n"])
            .output("y", F32, ["m", "n"])
    }

    fn admits(&self, _: &Only, _: &Target) -> Verdict {
        Ok(())
    }

    fn build(&self, k: &Kernel, _: &Only) {
        for name in ["y", "z"] {
            k.arg(name).at([0, 0], [16, 16]).store(k.zeros(F32, [16, 16]));
        }
        (self.0)(k);
    }

    fn reference(&self, host: &mut Host) {
        host.fill("y", |_| 0.0);
    }

    fn default_params(&self, _: &Target) -> Only {
        Only { size: 16 }
    }
}

fn mistakes(body: impl for<'k> Fn(&'k Kernel)) -> Diagnostics {
    let target = Target::builtin("gfx1151").unwrap();
    build(&Sketch(body), &Only { size: 16 }, &target).unwrap_err()
}

/// Checks that a body has one mistake, with this message and this note.
fn check(body: impl for<'k> Fn(&'k Kernel), message: &str, note: &str) {
    let found = mistakes(body);
    assert_eq!(found.all.len(), 1, "{found}");
    assert_eq!(found.all[0].message, message);
    assert!(found.all[0].notes.iter().any(|said| said.contains(note)), "{found}");
    speaks_plainly(&found.to_string());
}

/// Lets a body make a value without using it.
fn ignore<T>(_: T) {}

fn square(k: &Kernel) -> Tile<'_> {
    k.zeros(F32, [16, 16])
}

pub(super) fn speaks_plainly(text: &str) {
    let forbidden = [
        "Id(",
        "Type::",
        "Elem",
        "Option",
        "Some(",
        "None",
        "Err(",
        "crate::",
        "tile::",
        "dsl::",
        "kiln_",
        "u32",
        "4294967295",
        "DType",
    ];
    for word in forbidden {
        assert!(!text.contains(word), "`{word}` in: {text}");
    }
}

#[test]
fn three_mistakes_are_reported_in_one_build_each_at_its_own_line() {
    let first = line!() + 2;
    let found = mistakes(|k| {
        let tall = k.zeros(F32, [64, 48]) * k.zeros(F32, [48, 64]);
        let poisoned = (tall + 1.0).exp2().sum_over(2).to(F16);
        let mixed = poisoned + k.zeros(F32, [1, 1]) * k.zeros(I32, [1, 1]);
        k.arg("y").at([0, 0], [1, 1]).store(mixed);
        k.arg("x").at([0, 0], [8, 8]).store(k.zeros(F16, [8, 8]));
    });
    let lines: Vec<u32> = found.all.iter().map(|mistake| mistake.location.line).collect();
    assert_eq!(lines, [first, first + 2, first + 4], "{found}");
    let text = found.to_string();
    let expect = "error: shapes do not broadcast: [64, 48] * [48, 64]\n  ";
    assert!(text.starts_with(expect), "{text}");
    assert!(text.contains(&format!("dsl/tests/mistakes.rs:{first}\n  note: ")), "{text}");
    assert!(text.contains("note: 64 rows against 48: sizes agree, or one of them is 1; did you mean .transposed()?"), "{text}");
    assert!(text.ends_with("\n  while building sketch { size: 16 } for gfx1151"), "{text}");
    speaks_plainly(&text);
}

#[test]
fn a_mistake_repeated_by_an_unrolled_loop_is_reported_once() {
    let found = mistakes(|k| {
        for _ in 0..8 {
            let _ = k.zeros(F32, [4, 4]) + k.zeros(F16, [4, 4]);
        }
    });
    assert_eq!(found.all.len(), 1, "{found}");
}

#[test]
fn element_wise_mistakes_say_what_would_fix_them() {
    check(
        |k| ignore(square(k) + k.zeros(F16, [16, 16])),
        "element types differ: f32 + f16",
        "convert one side with .to(F32) or .to(F16)",
    );
    check(
        |k| ignore(square(k).max(k.zeros(F32, [1, 8]))),
        "shapes do not broadcast: max([16, 16], [1, 8])",
        "16 columns against 8",
    );
    check(|k| ignore(square(k).shl(2)), "shl(a, b) needs integers, not f32", ".to(I32)");
    check(|k| ignore(square(k).to(F16).exp2()), "exp2 does not take f16", ".to(F32)");
    check(|k| ignore(square(k).to(U8).max(1)), "max(a, b) does not take u8", ".to(I32)");
    check(|k| ignore(square(k).to(U8).lt(1)), "a < b does not take u8", ".to(I32)");
    check(|k| ignore(square(k).to(I4) + 1), "a + b does not take i4", ".to(I32)");
    check(
        |k| ignore(square(k).to(I8) + 1.5),
        "1.5 is not a number of i8",
        "whole numbers -128 to 127",
    );
    check(
        |k| ignore(square(k).to(I8) + 200),
        "200 is not a number of i8",
        "whole numbers -128 to 127",
    );
    check(
        |k| ignore(square(k).to(F16) * 1e9),
        "1000000000 overflows f16",
        "convert the tile to F32",
    );
    check(|k| ignore(square(k).sum_over(3)), "a tile has no axis 3", "axis 0 counts slices");
    check(
        |k| ignore(square(k).lt(0.0).select(1.0, 0.0)),
        "a mask selects between two numbers of unknown type",
        "k.full(1.0, F32, [1, 1])",
    );
    check(
        |k| ignore(square(k).keep(k.zeros(F32, [4, 4]).lt(0.0), 0.0)),
        "a [4, 4] mask does not broadcast to a [16, 16] tile",
        "4 rows against 16",
    );
}

#[test]
fn products_and_shapes_are_checked_where_they_are_written() {
    let zeros = Kernel::zeros;
    check(
        |k| ignore(k.mma(zeros(k, U8, [16, 32]), zeros(k, F16, [32, 16]), zeros(k, F32, [16, 16]))),
        "a matrix product does not take u8 x f16",
        "4-bit integers, 8-bit integers",
    );
    check(
        |k| ignore(k.mma(zeros(k, U8, [16, 32]), zeros(k, I8, [32, 16]), zeros(k, F32, [16, 16]))),
        "u8 x i8 accumulates in i32, not f32",
        "k.zeros(I32, ..)",
    );
    check(
        |k| {
            ignore(k.mma(zeros(k, F16, [16, 32]), zeros(k, F16, [16, 32]), zeros(k, F32, [16, 16])))
        },
        "shapes do not multiply: [16, 32] x [16, 32] into [16, 16]",
        ".transposed()",
    );
    check(
        |k| ignore(zeros(k, F32, [16, 36]).slices(3)),
        "36 columns do not fall into 3 slices",
        "power of two",
    );
    check(
        |k| ignore(k.share(zeros(k, F32, [16, 48]).slices(2))),
        "a tile of 2 slices cannot be shared",
        "axis 0",
    );
    check(
        |k| ignore(zeros(k, F32, [16, 16]).window([8, 0], [16, 16])),
        "the window [16, 16] at [8, 0] reaches outside the [16, 16] tile",
        "within",
    );
    check(
        |k| ignore(k.share(zeros(k, I8, [16, 64])).group(2, 32)),
        "the window [16, 32] at [0, 64] reaches outside the [16, 64] shared tile",
        "within",
    );
    check(|k| ignore(zeros(k, F32, [0, 16])), "a [0, 16] tile has no elements", "at least 1");
    check(
        |k| ignore(zeros(k, F32, [65536, 65536])),
        "a [65536, 65536] tile is too large",
        "at most 16777216",
    );
}

#[test]
fn arguments_are_used_as_the_signature_declares_them() {
    check(|k| ignore(k.arg("v")), "there is no argument `v`", "there are: w, x, z, y");
    check(|k| ignore(k.dim("h")), "there is no dim `h`", "there are: m, n, k");
    check(
        |k| ignore(k.arg("w").part("mins")),
        "there is no part of `w` called `mins`",
        "there are: quants, scales, zeros",
    );
    check(
        |k| ignore(k.load(k.arg("w").at([0, 0], [16, 16]))),
        "`w` is stored in several parts and has no windows",
        ".part(\"quants\")",
    );
    check(
        |k| ignore(k.load(k.arg("y").at([0, 0], [16, 16]))),
        "`y` is an output and cannot be read",
        ".inout(..)",
    );
    check(
        |k| k.arg("x").at([0, 0], [4, 4]).store(k.zeros(F16, [4, 4])),
        "`x` is an input and cannot be written",
        ".output(..)",
    );
    check(
        |k| k.arg("y").at([0, 0], [4, 4]).store(k.zeros(F16, [4, 4])),
        "`y` holds f32 and cannot take f16",
        ".to(F32)",
    );
    check(
        |k| k.arg("y").at([0, 0], [4, 4]).store(k.zeros(F32, [4, 8])),
        "a [4, 8] tile does not fill a [4, 4] window",
        "equal rows and columns",
    );
    check(
        |k| ignore(k.load(k.arg("w").part("quants").at([0, 0], [4, 4]).or(-1.0))),
        "-1 is not a number of u4",
        "0 to 15",
    );
    check(|k| ignore(k.arg("x").dim(2)), "`x` has no axis 2", "axis 0 counts rows");
    check(
        |k| ignore(k.arg("x").tiles(0, 0)),
        "an argument is divided into pieces of 0 elements",
        "at least 1",
    );
}

#[test]
fn loops_conditions_and_launches_are_checked() {
    check(
        |k| ignore(k.fold(k.steps(64, 16), square(k), |_, sum| sum.sum_over(2))),
        "carried tile 0 starts as f32[16, 16] and becomes f32[16, 1]",
        "final shape",
    );
    check(
        |k| ignore(k.fold(k.steps(64, 16), vec![square(k)], |_, _| Vec::new())),
        "the loop starts with 1 tiles and continues with 0",
        "as many",
    );
    check(
        |k| k.fold(k.steps(64, 16).stages(3), (), |_, ()| ()),
        "a loop cannot have 3 stages",
        "2 fetches",
    );
    check(|k| k.fold(k.steps(64, 0), (), |_, ()| ()), "a loop cannot advance by 0", "at least 1");
    check(|k| ignore(k.index(64) / 0), "an index is divided by 0", "positive");
    check(
        |k| ignore(k.index(1 << 40)),
        "1099511627776 does not fit an index, which has 32 bits",
        "not bytes",
    );
    check(
        |k| ignore([k.grid([k.tiles("n", 4)]), k.grid([k.tiles("m", 4)])]),
        "the grid is given twice",
        "once",
    );
    check(
        |k| k.waves(Waves { slices: 1, rows: 3, cols: 1 }),
        "work is not divided into 1 x 3 x 1 waves",
        "power of two",
    );
    let message = "a value made inside a loop or condition is used after its end";
    check(
        |k| {
            let mut inner = None;
            k.fold(k.steps(64, 16), (), |_, ()| inner = Some(square(k)));
            ignore(inner.unwrap() + 1.0);
        },
        message,
        "carry it",
    );
}
