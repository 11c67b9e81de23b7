//! Any bytes are a configuration or an error.
#![no_main]

use std::path::Path;

use kiln_runtime::model::config::ModelConfig;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = ModelConfig::parse(Path::new("config.json"), bytes);
});
