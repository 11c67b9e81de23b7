//! Any bytes are messages, an end or an error.
#![no_main]

use kiln_cache::device::{Request, Response, read_frame};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut requests = bytes;
    while let Ok(Some(_)) = read_frame::<Request>(&mut requests) {}
    let mut responses = bytes;
    while let Ok(Some(_)) = read_frame::<Response>(&mut responses) {}
});
