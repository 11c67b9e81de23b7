//! Any configuration with any file of tensors is a checkpoint or an error.
#![no_main]

use std::path::Path;

use kiln_runtime::model::config::ModelConfig;
use kiln_runtime::weights::{Checkpoint, Group, Shard};

libfuzzer_sys::fuzz_target!(|input: (&[u8], &[u8])| {
    let (config, shard) = input;
    let Ok(config) = ModelConfig::parse(Path::new("config.json"), config) else { return };
    let Ok(shard) = Shard::from_bytes(Path::new("fuzz"), shard.to_vec()) else { return };
    if let Ok(checkpoint) = Checkpoint::assemble(config, Path::new("fuzz"), vec![shard]) {
        let counted: u64 = Group::ALL.iter().map(|group| checkpoint.tally(*group).bytes).sum();
        let held = checkpoint.shards()[0].tensors().map(|tensor| tensor.bytes().len() as u64);
        assert_eq!(counted, held.sum::<u64>());
    }
});
