//! The code of `docs/write-a-recipe.md`, compiled and run; the document may show nothing else.

use kiln_compiler::compile::{Level, compile};
use kiln_compiler::dsl::AnyRecipe;
use kiln_compiler::oracle::{Case, Interpreter, Problem, Trial, ragged};
use kiln_compiler::tile;
use kiln_recipes::catalogue::{OPERATIONS, recipes};
use kiln_targets::Target;
use kiln_tests::host_code::HostCode;
use kiln_tests::workspace::root;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

mod first {
    use kiln_compiler::prelude::*;

    params! {
        /// How one workgroup covers its part of `y`.
        pub struct Cover {
            /// Rows of a workgroup.
            rows: [1, 2, 4] as u32,
            /// Columns of a workgroup.
            cols: [64, 128, 256] as u32,
        }
    }

    /// `y = 2 x`.
    pub(crate) struct Double;

    impl Recipe for Double {
        type Params = Cover;

        fn name(&self) -> &'static str {
            "double"
        }

        fn signature(&self, p: &Cover, _: &Target) -> Signature {
            Signature::new("double", ["m", "n"])
                .input("x", F32, ["m", "n"])
                .output("y", F32, ["m", "n"])
                .multiple_of("n", p.cols)
        }

        fn admits(&self, p: &Cover, target: &Target) -> Verdict {
            let held = p.rows * p.cols / target.lanes;
            require!(held <= 16, "a lane holds {held} elements; 16 are enough");
            Ok(())
        }

        fn build(&self, k: &Kernel, p: &Cover) {
            let size = [p.rows, p.cols];
            let [col, row] = k.grid([k.tiles("n", p.cols), k.tiles("m", p.rows)]);
            let x = k.load(k.arg("x").tile([row, col], size));
            k.arg("y").tile([row, col], size).store(x * 2.0);
        }

        fn reference(&self, host: &mut Host) {
            let x = host.input("x");
            host.fill("y", |at| x[at] * 2.0);
        }

        fn default_params(&self, _: &Target) -> Cover {
            Cover { rows: 1, cols: 64 }
        }
    }
}

mod second {
    use super::first::Cover;
    use kiln_compiler::prelude::*;

    /// `y[m, k] = x[m, k] / max |x[m, ..]|`, and 0 in rows of zeros.
    pub(crate) struct DivideByPeak;

    impl Recipe for DivideByPeak {
        type Params = Cover;

        fn name(&self) -> &'static str {
            "divide_by_peak"
        }

        fn signature(&self, p: &Cover, _: &Target) -> Signature {
            Signature::new("divide_by_peak", ["m", "k"])
                .input("x", BF16, ["m", "k"])
                .output("y", BF16, ["m", "k"])
                .multiple_of("k", p.cols)
        }

        fn admits(&self, _: &Cover, _: &Target) -> Verdict {
            Ok(())
        }

        fn build<'k>(&self, k: &'k Kernel, p: &Cover) {
            let size = [p.rows, p.cols];
            let [row] = k.grid([k.tiles("m", p.rows)]);
            let row = row * p.rows;
            let x = |at: Index<'k>| k.load(k.arg("x").at([row, at], size)).to(F32);

            let peaks = k.fold(k.steps(k.dim("k"), p.cols), k.zeros(F32, size), |at, peaks| {
                peaks.max(x(at).abs())
            });
            let peak = peaks.max_over(2);

            k.fold(k.steps(k.dim("k"), p.cols), (), |at, ()| {
                let y = (x(at) / peak).keep(peak.gt(0.0), 0.0);
                k.arg("y").at([row, at], size).store(y.to(BF16));
            });
        }

        fn reference(&self, host: &mut Host) {
            let x = host.input("x");
            let peak = |m: usize| (0..x.cols).fold(0.0, |peak: f64, k| peak.max(x[[m, k]].abs()));
            let peaks: Vec<f64> = (0..x.rows).map(peak).collect();
            host.fill("y", |[m, k]| if peaks[m] > 0.0 { x[[m, k]] / peaks[m] } else { 0.0 });
        }

        fn default_params(&self, _: &Target) -> Cover {
            Cover { rows: 1, cols: 64 }
        }
    }
}

mod mistaken {
    use super::first::Cover;
    use kiln_compiler::prelude::*;

    /// Two mistakes, on purpose.
    pub(crate) struct Mistaken;

    impl Recipe for Mistaken {
        type Params = Cover;

        fn name(&self) -> &'static str {
            "mistaken"
        }

        fn signature(&self, _: &Cover, _: &Target) -> Signature {
            Signature::new("mistaken", ["m", "n"])
                .input("x", F16, ["m", "n"])
                .input("bias", F32, ["1", "m"])
                .output("y", F16, ["m", "n"])
        }

        fn admits(&self, _: &Cover, _: &Target) -> Verdict {
            Ok(())
        }

        fn build(&self, k: &Kernel, p: &Cover) {
            let [col, row] = k.grid([k.tiles("n", p.cols), k.tiles("m", p.rows)]);
            let x = k.load(k.arg("x").tile([row, col], [p.rows, p.cols]));
            let bias = k.load(k.arg("bias").tile([k.index(0), row], [1, p.rows]));
            let sum = x.to(F32) + bias;
            k.arg("y").tile([row, col], [p.rows, p.cols]).store(sum);
            let limited = x.min(k.full(1.0, F32, [1, 1]));
            k.arg("y").tile([row, col], [p.rows, p.cols]).store(limited);
        }

        fn reference(&self, host: &mut Host) {
            host.fill("y", |_| 0.0);
        }

        fn default_params(&self, _: &Target) -> Cover {
            Cover { rows: 4, cols: 64 }
        }
    }
}

/// Checks a recipe at its default point on this machine's processor.
fn agrees(recipe: &dyn AnyRecipe) -> Outcome {
    let target = Target::builtin(Target::native_host_name()?)?;
    let candidate = recipe.default_candidate(&target);
    let program = candidate.build(&target)?;
    let mut host = HostCode::new(compile(&program, &target, &[])?)?;
    let signature = candidate.signature(&target);
    for (dims, case) in ragged(&signature).into_iter().zip(Case::ALL) {
        let trial = Trial::new(recipe, &signature, Problem { dims, case, seed: 1 })?;
        trial.check(&program, &mut Interpreter, 0.0)?;
        trial.check(&program, &mut host, 0.0)?;
    }
    Ok(())
}

#[test]
fn the_first_recipe_agrees_with_its_reference() -> Outcome {
    agrees(&first::Double)
}

#[test]
fn the_second_recipe_agrees_with_its_reference() -> Outcome {
    agrees(&second::DivideByPeak)
}

#[test]
fn the_last_recipe_agrees_with_its_reference_and_is_in_the_catalogue() -> Outcome {
    assert!(OPERATIONS.contains(&"add_norm_quant"));
    let attributes = [("weight", "bf16"), ("to", "q8x128")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for recipe in recipes("add_norm_quant", &attributes.into())? {
        agrees(recipe.as_ref())?;
    }
    Ok(())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the file should be there")
}

fn page() -> String {
    read("docs/write-a-recipe.md")
}

/// The fenced blocks of a language, each with its line ends.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    let starts = text.split(fence.as_str()).skip(1);
    starts.map(|rest| &rest[..=rest.find("\n```").expect("a block should end")]).collect()
}

/// A text without the indentation that all its lines share.
fn flush_left(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let common = lines().map(indent).min().unwrap_or(0);
    text.lines().map(|line| line.get(common..).unwrap_or("").to_owned() + "\n").collect()
}

/// Whether some run of lines of a source is the block, indented or not.
fn quotes(source: &str, block: &str) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    let wanted = flush_left(block);
    let count = wanted.lines().count();
    lines.windows(count).any(|run| flush_left(&run.join("\n")) == wanted)
}

#[test]
fn every_block_of_the_tutorial_is_taken_from_code_that_is_compiled() {
    let recipes = ["recipes/src/add_norm_quant.rs", "recipes/src/catalogue.rs"];
    let sources = [recipes[0], recipes[1], "tests/tests/tutorial.rs"].map(read);
    for block in blocks(&page(), "rust") {
        assert!(sources.iter().any(|source| quotes(source, block)), "stale:\n{block}");
    }
}

#[test]
fn the_tutorial_ends_with_the_whole_text_of_its_last_recipe() {
    let page = page();
    let (_, last) = page.split_once("<!-- add_norm_quant.rs -->").expect("it should begin");
    let (last, _) = last.split_once("<!-- end -->").expect("it should end");
    assert_eq!(blocks(last, "rust").join("\n"), read("recipes/src/add_norm_quant.rs"));
}

#[test]
fn the_messages_that_the_tutorial_shows_are_the_compilers_own() -> Outcome {
    let target = Target::builtin("gfx1151")?;
    let candidate = AnyRecipe::default_candidate(&mistaken::Mistaken, &target);
    let found = candidate.build(&target).expect_err("the mistakes should be found").to_string();
    let places = |line: &str| line.trim_start().starts_with("tests/tests/tutorial.rs:");
    let said = found.lines().filter(|line| !places(line));
    let page = page();
    let shown = blocks(&page, "text").into_iter().find(|text| text.contains("while building"));
    let shown = shown.unwrap_or_default().lines().filter(|line| !places(line));
    assert_eq!(said.collect::<Vec<_>>(), shown.collect::<Vec<_>>(), "\n{found}");
    Ok(())
}

#[test]
fn the_levels_that_the_tutorial_shows_are_the_compilers_own() -> Outcome {
    let target = Target::builtin("gfx1151")?;
    let candidate = AnyRecipe::default_candidate(&first::Double, &target);
    let program = candidate.build(&target)?;
    let (page, text) = (page(), tile::print(&program));
    assert!(blocks(&page, "text").contains(&text.as_str()), "the page lacks:\n{text}");
    let compiled = compile(&program, &target, &[Level::Isa])?;
    let mnemonics = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
    };
    let (shown, all) = (mnemonics(&blocks(&page, "asm").concat()), mnemonics(&compiled.assembly));
    let missing = shown.iter().find(|shown| !all.contains(*shown));
    assert!(missing.is_none() && !shown.is_empty(), "{missing:?}\n{}", compiled.assembly);
    Ok(())
}
