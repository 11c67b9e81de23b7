//! What a model launches: its operations, the kernels that answer them, and their memory.
//!
//! Laws:
//! - one list says what the model computes (`nodes`); kernels, formats and memory follow from it and
//!   from the bundle when the model is loaded, and nothing is decided by a shape afterwards but which
//!   of the prepared programs answers a number of rows;
//! - a pass of at most 32 rows belongs to the decode class: a row's result does not depend on the
//!   rows beside it or on their number;
//! - one copy of the weights: an array that two operations read in one order exists once;
//! - memory is computed, compared with what there is and taken before the first pass; passes
//!   allocate nothing on the device.
//!
//! | file | noun |
//! |---|---|
//! | `serving` | number types and page size that a bundle was tuned for |
//! | `tensor` | a weight as an operation reads it: tensors of the checkpoint, stacked |
//! | `node`, `nodes` | the operations of each pass, with their operands |
//! | `drafting` | those of a drafter's passes |
//! | `predicting` | those of the multi-token prediction head's |
//! | `pairs` | what that head is told of each pass, and its guesses |
//! | `issues` | everything that a bundle may be asked for |
//! | `route` | the kernels of a pass, by number of rows |
//! | `arena`, `memory` | where operands lie |
//! | `template` | launches that wait for their dims |
//! | `traffic` | what a step of one row moves through memory |
//! | `load` | all of it on a device |
//! | `verified` | rows that may be taken back, and states that move on by those that are not |
//! | `logits` | what is read of a row's logits |
//! | `stand_ins` | a model without a checkpoint |
//! | `issued` | what a pass launches, for those who time it |

mod arena;
mod batch;
mod drafting;
mod issued;
mod issues;
mod limits;
mod list;
mod load;
mod logits;
mod memory;
mod node;
mod nodes;
mod pairs;
mod predicting;
mod route;
mod serving;
mod sizes;
mod stand_ins;
mod template;
mod tensor;
mod traffic;
mod verified;

pub use batch::{Batch, Segment};
pub use issued::{Issued, Operand};
pub use issues::{Asked, issues};
pub use limits::{Limits, Usage};
pub use load::LoadedModel;
pub use logits::{Candidates, Reading, Row};
pub(crate) use memory::{Wanted, WeightArray};
pub use node::{Bind, Half, Held, Input, Kept, Node, Pass, Value};
pub use nodes::{Forms, nodes};
pub use serving::Serving;
pub use stand_ins::StandIns;
pub use tensor::{Draft, Stack, Tensor};
pub use traffic::Traffic;
pub use verified::Accepted;
