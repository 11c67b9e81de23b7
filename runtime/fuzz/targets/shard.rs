//! Any bytes are a file of tensors or an error, and every tensor of it can be read.
#![no_main]

use std::path::Path;

use kiln_runtime::weights::Shard;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(shard) = Shard::from_bytes(Path::new("fuzz"), bytes.to_vec()) {
        let total: usize = shard.tensors().map(|tensor| tensor.bytes().len()).sum();
        assert!(total <= bytes.len());
    }
});
