//! Guesses change no text of the demo model: prompts that no lesson of its training held, with kernels
//! out of a bundle, on this machine's processor.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a soak says what it found")]

use std::collections::BTreeSet;

use kiln_runtime::engine::Generator;
use kiln_runtime::plan::Limits;
use kiln_runtime::speculate::{Speculation, Tokens};
use kiln_tests::demo::{self, Guesser};
use kiln_tests::texts;

/// Prompts of the proof.
const PROMPTS: usize = 200;

/// Most tokens of an answer.
const MOST: usize = 320;

/// Tokens of a prompt with its answer.
const CONTEXT: u64 = 1024;

#[test]
fn the_held_out_prompts_are_different_and_are_of_the_models_vocabulary() {
    let prompts = demo::tokens(&demo::prompts());
    assert_eq!(prompts.iter().collect::<BTreeSet<_>>().len(), PROMPTS);
    // 4,064 tokens, then rows of padding.
    assert!(prompts.iter().flatten().all(|token| *token < 4064));
    let lengths: BTreeSet<usize> = prompts.iter().map(Vec::len).collect();
    let (least, most) = (lengths.first().unwrap(), lengths.last().unwrap());
    assert!(*least >= 10 && *most + MOST <= CONTEXT as usize, "{least} to {most} tokens");
}

#[test]
#[ignore = "minutes: part of ./x soak"]
fn greedy_texts_are_the_same_with_dflash_and_without() {
    exact(&["--act", "f32", "--exact"]);
}

#[test]
#[ignore = "minutes: part of ./x soak"]
fn greedy_texts_with_eight_bit_activations_are_the_same_with_dflash_and_without() {
    exact(&["--act", "bf16"]);
}

/// Every prompt, for every number of guesses, alone and in company.
fn exact(flags: &[&str]) {
    let bundle = demo::bundle(flags);
    let requests = demo::greedy(&demo::tokens(&demo::prompts()), MOST);
    let limits = |sequences| Limits {
        sequences,
        context: CONTEXT,
        cached: sequences * CONTEXT,
        chunk: 256,
        prefixes: 0,
    };
    let mut plain = Generator::new(demo::engine(&bundle, Guesser::Nothing, limits(1)));
    let expect = texts::write(&mut plain, &requests);
    let written: usize = expect.iter().map(Vec::len).sum();
    println!("{}: {PROMPTS} prompts, {written} tokens without guesses", flags.join(" "));
    for batch in [1, 4] {
        for tokens in [1, 4, 8, 15].map(Tokens::Fixed).into_iter().chain([Tokens::Auto]) {
            let engine = demo::engine(&bundle, Guesser::Bf16, limits(batch));
            let speculation = Speculation::drafter(tokens);
            let mut generator = Generator::speculating(engine, speculation).unwrap();
            let found = texts::write(&mut generator, &requests);
            for (at, (found, expect)) in found.iter().zip(&expect).enumerate() {
                assert_eq!(found, expect, "prompt {at}, {tokens:?}, batch {batch}");
            }
            let tally = generator.tally().unwrap();
            let mean = tally.tokens_per_cycle().unwrap();
            println!("{tokens:?}, batch {batch}: the same; {} cycles of {mean:.2}", tally.cycles);
            // The proof would be empty if hardly anything were accepted.
            assert!(mean > 1.5, "{mean}");
        }
    }
}
