//! Any bytes are a journal, however damaged.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = kiln_cache::journal::parse::<String>(bytes);
});
