//! What texts that an engine computes have to be, whatever its kernels: the goldens, and the same bits
//! under every circumstance that should not matter.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod candidates;
mod distribution;
mod goldens;
mod invariance;
mod speculation;
mod waiting;

use kiln_runtime::engine::{Engine, SequenceId};
use kiln_runtime::plan::Limits;

pub use candidates::{candidates, drawn};
pub use distribution::distribution;
pub use goldens::{BOUND, goldens, positions};
pub use invariance::{
    cancelling, company, long, pages_and_chunks, prefixes, rollback, room, verification,
};

pub use speculation::{
    Effort, Join, Load, cancelling_turns, contexts, drafter_goldens, ends, exactness, write,
};
pub use waiting::{chosen_from, failing, held};

use crate::fixture::{Form, Spec};

/// Makes an engine with a checkpoint, pages of some tokens, and limits.
pub type Make<'m> = &'m dyn Fn(&Spec, Form, u64, Limits) -> Engine;

/// Room for a few texts.
pub fn limits() -> Limits {
    Limits { sequences: 4, context: 256, cached: 512, chunk: 64, prefixes: 4 }
}

/// Some text of a length; different numbers give different texts.
pub fn text(spec: &Spec, number: u32, length: usize) -> Vec<u32> {
    let number = u64::from(number);
    let token = |at: u64| (at * 37 + number * 101 + at * at * number) % spec.vocabulary as u64;
    (0..length as u64).map(|at| token(at) as u32).collect()
}

/// Steps until a text has logits after its last token, which it returns.
///
/// # Panics
/// If it never has.
pub fn finish(engine: &mut Engine, id: SequenceId) -> Vec<f32> {
    for _ in 0..10_000 {
        for output in engine.step().unwrap() {
            if output.sequence == id {
                return output.logits.last().unwrap().clone();
            }
        }
    }
    panic!("a text should come to its end");
}

/// A text's logits after its prompt and after each of the tokens that follow.
///
/// # Panics
/// If the engine refuses.
pub fn follow(engine: &mut Engine, prompt: &[u32], rest: &[u32]) -> Vec<Vec<f32>> {
    let id = engine.add(prompt).unwrap();
    let mut logits = vec![finish(engine, id)];
    for token in rest {
        engine.push(id, *token).unwrap();
        logits.push(finish(engine, id));
    }
    engine.cancel(id).unwrap();
    logits
}

/// The tests of a way to make an engine: pages of the sizes given have to give the bits of pages of 16,
/// and chunks of other lengths the same numbers within `rounding`.
#[macro_export]
macro_rules! suite_of_texts {
    ($make:path, pages: $pages:expr, rounding: $rounding:expr) => {
        #[test]
        fn logits_of_every_position_and_greedy_texts_are_the_goldens() {
            for (name, worst) in $crate::texts::goldens(&$make) {
                println!("{name}: {worst:.1e}");
            }
        }

        #[test]
        fn positions_in_time_height_and_width_reach_the_kernels() {
            $crate::texts::positions(&$make);
        }

        #[test]
        fn a_text_computed_in_company_has_the_bits_it_has_alone() {
            $crate::texts::company(&$make);
        }

        #[test]
        fn pages_of_any_size_give_the_same_bits_and_chunks_of_any_length_the_same_numbers() {
            $crate::texts::pages_and_chunks(&$make, &$pages, $rounding);
        }

        #[test]
        fn a_past_of_several_parts_gives_the_numbers_of_one() {
            $crate::texts::long(&$make, $rounding);
        }

        #[test]
        fn a_remembered_prefix_gives_the_bits_of_one_that_was_never_seen() {
            $crate::texts::prefixes(&$make);
        }

        #[test]
        fn texts_that_make_room_come_back_as_they_were() {
            $crate::texts::room(&$make);
        }

        #[test]
        fn cancelling_at_any_step_frees_everything_at_once() {
            $crate::texts::cancelling(&$make);
        }

        #[test]
        fn rolling_back_some_of_the_rows_equals_never_having_run_them() {
            $crate::texts::rollback(&$make);
        }

        #[test]
        fn several_texts_are_verified_together_and_decided_apart() {
            $crate::texts::verification(&$make);
        }

        #[test]
        fn the_largest_logits_that_the_device_finds_are_those_among_all() {
            $crate::texts::candidates(&$make);
        }

        #[test]
        fn texts_drawn_from_candidates_are_those_drawn_from_all_logits() {
            $crate::texts::drawn(&$make);
        }
    };
}

/// The tests of a way to make an engine that guesses: of the drafters or their models those `checked`,
/// whose contexts agree within `rounding`, and those that change no text.
#[macro_export]
macro_rules! suite_of_guesses {
    ($engine:path, checked: $checked:expr, rounding: $rounding:expr, exact: $exact:expr) => {
        #[test]
        fn a_context_does_not_depend_on_how_the_text_was_computed() {
            $crate::texts::contexts(&$engine, &$checked, $rounding);
        }

        #[test]
        fn texts_are_the_same_with_guesses_and_without() {
            let short = $crate::texts::Effort::SHORT;
            for line in $crate::texts::exactness(&$engine, &$exact, short) {
                println!("{line}");
            }
        }

        #[test]
        fn a_text_ends_where_it_ends_whatever_was_guessed() {
            $crate::texts::ends(&$engine);
        }

        #[test]
        fn texts_may_be_ended_between_any_two_steps_of_a_turn() {
            println!("{}", $crate::texts::cancelling_turns(&$engine, $crate::texts::Effort::SHORT));
        }

        #[test]
        fn a_text_that_is_held_waits_alone_and_goes_on_as_if_it_had_not() {
            $crate::texts::held(&$engine);
        }

        #[test]
        fn a_text_that_cannot_go_on_ends_alone() {
            $crate::texts::failing(&$engine);
        }

        #[test]
        fn logits_that_are_asked_for_are_those_that_each_token_was_chosen_from() {
            $crate::texts::chosen_from(&$engine);
        }
    };
}
