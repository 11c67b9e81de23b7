//! Any bytes are a bundle or an error.
#![no_main]

use kiln_cache::bundle::Bundle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::from_bytes(bytes.to_vec(), "fuzz") {
        let _ = bundle.verify();
        let _ = bundle.inspect().to_table();
        for index in 0..bundle.object_count() as u32 {
            let _ = bundle.object(index);
        }
    }
});
