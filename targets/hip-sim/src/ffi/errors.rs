//! Error codes as text, and the last one.

use std::ffi::c_char;

use super::{LAST, export};
use crate::error::{self, SUCCESS};
use crate::raw::Out;
use crate::runtime::fault;

#[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
#[unsafe(no_mangle)]
extern "C" fn hipGetErrorName(code: i32) -> *const c_char {
    error::name(code).as_ptr()
}

#[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
#[unsafe(no_mangle)]
extern "C" fn hipGetErrorString(code: i32) -> *const c_char {
    error::text(code).as_ptr()
}

/// The last error of this thread, which is forgotten; the fault of a faulted device stays.
#[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
#[unsafe(no_mangle)]
extern "C" fn hipGetLastError() -> i32 {
    let last = LAST.replace(SUCCESS);
    fault().map_or(last, |fault| fault as i32)
}

/// The last error of this thread, which is kept.
#[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
#[unsafe(no_mangle)]
extern "C" fn hipPeekAtLastError() -> i32 {
    let last = LAST.get();
    fault().map_or(last, |fault| fault as i32)
}

/// As `hipGetLastError`.
#[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
#[unsafe(no_mangle)]
extern "C" fn hipExtGetLastError() -> i32 {
    hipGetLastError()
}

export! {
    fn hipDrvGetErrorName(code: i32, to: Out<*const c_char>) {
        to.set(error::name(code).as_ptr())
    }

    fn hipDrvGetErrorString(code: i32, to: Out<*const c_char>) {
        to.set(error::text(code).as_ptr())
    }
}
