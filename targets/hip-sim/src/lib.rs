//! `libamdhip64.so` over the simulator: programs that load HIP dynamically run without a GPU.
//!
//! Laws:
//! - the device is an APU: its memory is host memory, at the same address for both;
//! - work is done when it is submitted, in the order of the calls. Time is not: each stream has a clock
//!   that advances by modelled durations, and events read it;
//! - a kernel that faults, or that the sanitizer objects to, is reported on the standard error, and the
//!   device answers every further call with the same error until `hipDeviceReset`;
//! - a function that is not implemented fails with `hipErrorNotSupported` and says its name once;
//! - C's pointers are followed in `raw.rs` alone; everything else is safe code over handles.
//!
//! | variable | meaning |
//! |---|---|
//! | `KILN_SIM_TARGET` | the chip to simulate; gfx1151 if not set |
//! | `KILN_SIM_STRICT` | `0` executes without the sanitizer; on if not set |

mod error;
mod ffi;
mod graph;
mod handles;
mod image;
mod launch;
mod memory;
mod module;
mod properties;
// The one place where C's pointers are followed.
#[allow(unsafe_code, reason = "the border to C is kept in this one file")]
mod raw;
mod report;
mod runtime;
mod stream;
