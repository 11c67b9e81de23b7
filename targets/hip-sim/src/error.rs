//! HIP's error codes, their names and what they mean.

use std::ffi::CStr;

/// The result of every call.
pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// The code of success, which is no error.
pub(crate) const SUCCESS: i32 = 0;

macro_rules! errors {
    ($($name:ident = $code:literal $text:literal,)*) => {
        /// What a call can fail with: `hipError_t` without `hipSuccess`.
        #[allow(dead_code, reason = "programs ask for the names of codes that nothing here returns")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i32)]
        pub(crate) enum Error {
            $(
                #[doc = $text]
                $name = $code,
            )*
        }

        /// Code, name and text of every error.
        const TABLE: &[(i32, &CStr, &CStr)] = &[
            (SUCCESS, c"hipSuccess", c"no error"),
            $((
                $code,
                terminated(concat!("hipError", stringify!($name), "\0")),
                terminated(concat!($text, "\0")),
            ),)*
        ];
    };
}

errors! {
    InvalidValue = 1 "an argument is null or out of range",
    OutOfMemory = 2 "there is not enough memory",
    InvalidConfiguration = 9 "the grid or the block is empty or larger than the device allows",
    InvalidDevicePointer = 17 "the address is not one of device memory",
    InvalidMemcpyDirection = 21 "the direction of the copy is not one of hipMemcpyKind",
    NoDevice = 100 "there is no device",
    InvalidDevice = 101 "there is no device of that number",
    InvalidImage = 200 "the image is not a code object",
    InvalidContext = 201 "the context is unknown",
    NoBinaryForGpu = 209 "the image holds no code for this device",
    UnsupportedLimit = 215 "the device has no such limit",
    InvalidKernelFile = 218 "the file is not a code object",
    FileNotFound = 301 "the file cannot be read",
    InvalidHandle = 400 "the handle is unknown or was destroyed",
    IllegalState = 401 "the object is not in a state that allows this",
    NotFound = 500 "the code object has no such symbol",
    NotReady = 600 "what was asked for is not finished",
    IllegalAddress = 700 "a kernel accessed memory that is not allocated",
    LaunchOutOfResources = 701 "the kernel needs more than a workgroup can have",
    LaunchTimeOut = 702 "the kernel did not end",
    HostMemoryAlreadyRegistered = 712 "the memory is registered already",
    HostMemoryNotRegistered = 713 "the memory is not registered",
    LaunchFailure = 719 "the kernel failed",
    NotSupported = 801 "the simulated device does not support this",
    StreamCaptureUnsupported = 900 "the call is not allowed while a stream is captured",
    StreamCaptureInvalidated = 901 "the capture was spoilt by an earlier call",
    StreamCaptureUnmatched = 903 "the capture did not begin in this stream",
    StreamCaptureUnjoined = 904 "a stream that joined the capture was not waited for",
    Unknown = 999 "something went wrong inside the simulator",
}

impl Error {
    /// Whether a kernel went wrong, so that the device is of no use until it is reset.
    pub(crate) fn is_fault(self) -> bool {
        matches!(self, Self::IllegalAddress | Self::LaunchFailure | Self::LaunchTimeOut)
    }
}

/// The name of a code, as in `hipErrorInvalidValue`.
pub(crate) fn name(code: i32) -> &'static CStr {
    row(code).map_or(c"hipErrorUnknown", |(_, name, _)| *name)
}

/// What a code means.
pub(crate) fn text(code: i32) -> &'static CStr {
    row(code).map_or(c"the error code is not one of hipError_t", |(_, _, text)| *text)
}

fn row(code: i32) -> Option<&'static (i32, &'static CStr, &'static CStr)> {
    TABLE.iter().find(|(known, ..)| *known == code)
}

const fn terminated(text: &str) -> &CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a name should end in its only zero"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_names_of_hip() {
        assert_eq!(name(0), c"hipSuccess");
        assert_eq!(name(Error::NotSupported as i32), c"hipErrorNotSupported");
        assert_eq!(name(700), c"hipErrorIllegalAddress");
        assert_eq!(name(-5), c"hipErrorUnknown");
    }

    #[test]
    fn every_code_is_listed_once_and_explained() {
        for (at, (code, name, text)) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|(other, ..)| other < code), "{name:?}");
            assert!(!text.is_empty());
        }
    }
}
