//! The weights of a model: read from a checkpoint, brought into the order that kernels want.
//!
//! Laws:
//! - a checkpoint is mapped, never copied as a whole: between the file and the device's memory
//!   there is one piece of a few megabytes, so that there is one copy of the weights;
//! - every tensor has a role, or the checkpoint is refused; whether a layer is packed is decided by
//!   the tensors that it has, not by the configuration's lists;
//! - bad files give one line that names tensor and file, never a panic;
//! - repacking moves elements and never changes a value.
//!
//! | file | noun |
//! |---|---|
//! | `shard` | a safetensors file: its header, checked, and its bytes, mapped |
//! | `checkpoint` | a directory of shards in which every tensor has its [`Role`] |
//! | `weight` | the tensors of one role: plain, or packed nibbles with scales and zero points |
//! | `repack` | weights, stacked, streamed into one array of a kernel |
//! | `quantise` | matrices quantised to bytes or nibbles |
//! | `prepared` | what kernels read, in a file that devices map |
//! | `device` | every array that a model's kernels read, in a device's memory |

mod assemble;
mod checkpoint;
mod device;
mod element;
mod expected;
mod header;
mod index;
mod layout;
// The one place of mappings: the operating system lends the file's pages.
#[allow(unsafe_code, reason = "mapping a file, and giving its pages back, is kept in this file")]
mod map;
mod message;
mod permute;
mod prepared;
mod quantise;
mod repack;
mod role;
mod shard;
#[cfg(test)]
mod tests;
mod weight;

pub use checkpoint::{Checkpoint, Tally};
pub(crate) use device::draw;
pub use device::{DeviceWeights, Way};
pub use element::Element;
pub use layout::Layout;
pub use prepared::{is_prepared, verify as verify_prepared};
pub use repack::{Progress, Repack, Sink};
pub use role::{BlockPart, DraftPart, Group, MtpPart, Part, Role, VisionPart};
pub use shard::{Shard, Tensor};
pub use weight::{Packed, Rows, Source, Weight};
