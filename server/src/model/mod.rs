//! Verbs that run a model: `kiln generate`, `kiln eval`.
//!
//! | file | noun |
//! |---|---|
//! | `arguments` | the flags that these verbs have in common |
//! | `open` | a checkpoint and a bundle become an engine |
//! | `text` | texts and tokens |
//! | `generate`, `eval` | the verbs |
//! | `logits` | a file of logits, written as they come |

pub(crate) mod arguments;
mod eval;
mod generate;
mod logits;
mod open;
mod text;

pub(crate) use eval::eval;
pub(crate) use generate::generate;
pub(crate) use open::open;
pub(crate) use text::stops;
