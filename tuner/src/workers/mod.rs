//! Processes that may die: compiling and checking candidates away from the tuner.
//!
//! Laws:
//! - LLVM aborts on code it cannot select and may never return; whatever calls it runs in a
//!   worker process, and the death of a worker is an outcome, never the tuner's death;
//! - a worker is this executable with a hidden verb. It takes one job at a time in the framing of
//!   `kiln_cache::device`; objects go through the cache, not through the pipe;
//! - a worker ends when its input ends, even in the middle of a job, so that none outlives the
//!   tuner;
//! - the device is owned by one process of its own, [`Device`].

mod device;
mod pool;
mod process;
mod protocol;
mod serve;

pub use device::{Device, DeviceError};
pub use pool::{Ended, Pool};
pub use protocol::{Answer, Job, Trial};
pub use serve::serve;
