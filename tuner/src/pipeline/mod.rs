//! Tuning from beginning to end.
//!
//! ```text
//! model -> requests -> candidates -> shortlist -> code -> contenders -> winners -> bundle
//! ```
//!
//! Laws:
//! - every stage is a function of its inputs and of the cache: a run that was interrupted at any
//!   point is continued by running it again;
//! - a program is known by its digest. Kernels take their dims at run time, so a candidate is
//!   compiled once and serves every request of its family;
//! - equal inputs give equal bundles: everything is ordered by name or number, never by time of
//!   arrival.

mod artifacts;
mod carry;
mod contest;
mod decision;
mod decode;
mod entry;
mod estimate;
mod field;
mod incumbent;
mod inspect;
mod keep;
mod measure;
mod nomination;
mod only;
mod options;
mod pack;
mod shares;
mod shortlist;
mod simulate;
mod space;
mod spec;
mod story;
mod summary;
mod tables;
mod timing;
mod tune;
mod work;

pub use artifacts::{Code, Compiled, Compiler, describe};
pub use contest::{Contender, Rules, Timed};
pub use decode::{DECODE_ROWS, Orders};
pub use entry::{entry, kernarg};
pub use estimate::{Estimate, Isa, Model, threads};
pub use incumbent::Incumbents;
pub use keep::{Kept, all as kept};
pub use only::Only;
pub use options::{Options, ServingOptions};
pub use pack::{Decided, Frame, pack};
pub use space::{Family, Point, Request, enumerate, families, first_choice};
pub use spec::{Built, Spec, find};
pub use summary::{FamilySummary, Stands, Summary, WinnerRow};
pub use timing::{JournalNote, Meeting, Noise, Scope, Timer};
pub use tune::{Tuned, tune};
pub use work::{Work, operand_bytes};
