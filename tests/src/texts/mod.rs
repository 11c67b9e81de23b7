//! What texts that an engine computes have to be, whatever its kernels: the goldens, and the same bits
//! under every circumstance that should not matter.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod candidates;
mod goldens;
mod invariance;
mod speculation;

use kiln_runtime::engine::{Engine, SequenceId};
use kiln_runtime::plan::Limits;

pub use candidates::{candidates, drawn};
pub use goldens::{BOUND, goldens, positions};
pub use invariance::{
    cancelling, company, long, pages_and_chunks, prefixes, rollback, room, verification,
};

pub use speculation::{
    Effort, Join, Load, cancelling_turns, contexts, drafter_goldens, ends, exactness,
};

use crate::fixture::{Form, Spec};

/// Makes an engine with a checkpoint, pages of some tokens, and limits.
pub type Make<'m> = &'m dyn Fn(&Spec, Form, u64, Limits) -> Engine;

/// Room for a few texts.
pub fn limits() -> Limits {
    Limits { sequences: 4, context: 256, cached: 512, chunk: 64, prefixes: 4 }
}

/// Some text of a length; different numbers give different texts.
pub fn text(spec: &Spec, number: u32, length: usize) -> Vec<u32> {
    let token = |at: u32| (at * 37 + number * 101 + at * at * number) % spec.vocabulary as u32;
    (0..length as u32).map(token).collect()
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
