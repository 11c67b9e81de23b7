//! The operations of the text model, each spelled in one place.
//!
//! Tuning lists what a configuration asks for, serving issues it, and both derive it on their own.
//! What they share is how an operation is written: its name, its attributes and the dims that the
//! model fixes. Sizes are in elements.
//!
//! Free dims, which arrive with each request, are called the same everywhere: `m` rows, `b` segments
//! (sequences), `t` columns of the page table, `c` places in the cache of keys and values, `s` slots
//! of states, or in attention of few rows the parts of the longest past.

mod attention;
mod delta;
mod precision;
mod rows;

pub use attention::Attention;
pub use delta::{Delta, Keep};
pub use precision::Precision;
pub use rows::{
    ActQuant, AddNormQuant, Concat, Convention, Embedding, Epilogue, Linear, RmsNorm, TOP, Weights,
    argmax, top_k_merge, top_k_split,
};

use crate::vocabulary::Operation;

/// Most rows of the decode class: up to here a row's result does not depend on the other rows.
pub const DECODE_ROWS: u64 = 32;

/// Writes an operation down.
fn operation(name: &str, attributes: &[(&str, &dyn ToString)], dims: &[(&str, u64)]) -> Operation {
    let attribute = |(name, value): &(&str, &dyn ToString)| ((*name).to_owned(), value.to_string());
    Operation {
        name: name.to_owned(),
        attributes: attributes.iter().map(attribute).collect(),
        dims: dims.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
    }
}
