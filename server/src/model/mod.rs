//! Verbs that run a model: `kiln generate`, `kiln eval`.
//!
//! | file | noun |
//! |---|---|
//! | `arguments` | the flags that these verbs have in common |
//! | `open` | a checkpoint and a bundle become an engine |
//! | `text` | texts and tokens |
//! | `generate`, `eval` | the verbs |
//! | `logits` | a file of logits, written as they come |
//! | `stats` | what running a model took |
//! | `pace` | how fast a text is written, beside what memory can do |
//! | `compare` | logits beside those of another implementation |

pub(crate) mod arguments;
mod compare;
mod eval;
mod generate;
mod logits;
mod open;
mod pace;
mod stats;
mod text;

pub(crate) use eval::eval;
pub(crate) use generate::generate;
pub(crate) use open::{Guesser, Who, open};
pub(crate) use stats::begin;
pub(crate) use text::stops;
