//! A tiny model and runs of the executable, for tests of the whole tuner.

#![allow(dead_code, reason = "every test file uses its own part of this module")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// The executable under test.
pub(crate) const TUNE: &str = env!("CARGO_BIN_EXE_kiln-tune");

/// A configuration of the family with layers so small that everything takes seconds.
const CONFIG: &str = r#"{
  "model_type": "qwen3_5",
  "dtype": "bfloat16",
  "quantization_config": {
    "quant_method": "compressed-tensors",
    "format": "pack-quantized",
    "config_groups": {"group_0": {"targets": ["Linear"], "weights": {
      "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32,
      "symmetric": false, "actorder": null}}}
  },
  "text_config": {
    "model_type": "qwen3_5_text", "dtype": "bfloat16",
    "hidden_size": 256, "intermediate_size": 512, "vocab_size": 1024,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64,
    "num_hidden_layers": 4, "full_attention_interval": 4, "attn_output_gate": true,
    "linear_num_key_heads": 2, "linear_num_value_heads": 4,
    "linear_key_head_dim": 64, "linear_value_head_dim": 64,
    "linear_conv_kernel_dim": 4,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e7, "partial_rotary_factor": 0.25},
    "rms_norm_eps": 1e-6, "tie_word_embeddings": false, "max_position_embeddings": 4096
  }
}"#;

/// One linear layer of the tiny model.
pub(crate) const LAYER: &str = "op=linear_q4,n=256,k=512,epilogue=none";

/// A directory with a model, a cache and bundles.
pub(crate) struct Room {
    directory: tempfile::TempDir,
}

impl Room {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tiny")).unwrap();
        std::fs::write(directory.path().join("tiny/config.json"), CONFIG).unwrap();
        Self { directory }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `kiln-tune tune` of the tiny model, into `bundle`, with `cache`.
    pub(crate) fn command(&self, target: &str, bundle: &str, cache: &str, only: &str) -> Command {
        let mut command = Command::new(TUNE);
        // Cargo puts the simulated HIP library where the loader looks: no GPU unless a test asks.
        command.env("KILN_HIP_LIBRARY", "absent/libamdhip64.so");
        command.args(["tune", "--target", target, "--jobs", "2", "--json", "--only", only]);
        command.arg("--model").arg(self.path("tiny"));
        command.arg("--out").arg(self.path(bundle));
        command.arg("--cache").arg(self.path(cache));
        command
    }

    /// Runs the tuner, which has to succeed, and returns its summary.
    pub(crate) fn tune(
        &self,
        target: &str,
        bundle: &str,
        cache: &str,
        only: &str,
    ) -> serde_json::Value {
        let output = self.command(target, bundle, cache, only).output().unwrap();
        summary(&output)
    }

    /// A bundle of each recipe's first choice: nothing is searched or timed.
    pub(crate) fn unsearched(&self, target: &str, bundle: &str, only: &str) {
        let mut command = self.command(target, bundle, "cache", only);
        summary(&command.arg("--unsearched").output().unwrap());
    }

    /// Starts the tuner and kills it after a while, if it still runs: whether it did.
    pub(crate) fn killed(
        &self,
        target: &str,
        bundle: &str,
        cache: &str,
        only: &str,
        after: Duration,
    ) -> bool {
        let mut command = self.command(target, bundle, cache, only);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        let ran = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        ran
    }

    /// The bytes of a bundle.
    pub(crate) fn bundle(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }
}

/// The summary of a run that has to have succeeded.
pub(crate) fn summary(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Candidates that a run compiled.
pub(crate) fn compiled(summary: &serde_json::Value) -> u64 {
    let families = summary["families"].as_array().unwrap();
    families.iter().map(|family| family["compiled"].as_u64().unwrap()).sum()
}

/// What a run wrote to standard error.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The target of this machine's processor; `None` where it has no AVX2.
pub(crate) fn host() -> Option<&'static str> {
    device();
    kiln_targets::Target::native_host_name().ok()
}

/// Builds the process that owns the device beside the executable under test; cargo builds the
/// executables of other packages only when it is asked to.
fn device() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let beside = Path::new(TUNE).parent().unwrap();
        let release = beside.file_name().is_some_and(|name| name == "release");
        let mut cargo = Command::new(env!("CARGO"));
        // One package alone would be built with other features of what it depends on.
        cargo.args(["build", "--quiet", "--workspace", "--bins"]);
        cargo.arg("--target-dir").arg(beside.parent().unwrap());
        cargo.args(release.then_some("--release"));
        cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        assert!(cargo.status().unwrap().success(), "kiln-device does not build");
    });
}
