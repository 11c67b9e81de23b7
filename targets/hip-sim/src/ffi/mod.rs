//! The functions that C programs find by name.
//!
//! Each is safe code over the types of [`raw`](crate::raw): it takes its arguments apart, asks the runtime,
//! and stores the results. [`call`] turns what comes back into a code and remembers it.

#![allow(non_snake_case, reason = "the names are HIP's")]

mod context;
mod device;
mod errors;
mod event;
mod graph;
mod launch;
mod memory;
mod module;
mod occupancy;
mod stream;
mod transfer;
mod unsupported;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result, SUCCESS};

thread_local! {
    /// The last error of a call of this thread, for `hipGetLastError`.
    static LAST: Cell<i32> = const { Cell::new(SUCCESS) };
}

/// Does what a C function does and returns its code. Nothing unwinds into C.
fn call(work: impl FnOnce() -> Result) -> i32 {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::Unknown));
    match done {
        Ok(()) => SUCCESS,
        Err(error) => {
            // Asking whether something is finished is not a mistake.
            if error != Error::NotReady {
                LAST.set(error as i32);
            }
            error as i32
        }
    }
}

/// Exports functions that return an error code.
macro_rules! export {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block
    )*) => {$(
        $(#[$doc])*
        #[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $kind),*) -> i32 {
            $crate::ffi::call(move || $body)
        }
    )*};
}
use export;
