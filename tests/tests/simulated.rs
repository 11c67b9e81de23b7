//! Models on a simulated GPU, through the command: in this process's simulator, and through HIP.
//!
//! Every launch runs under the sanitizer, so that a kernel that only works by luck fails its text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figures are worth a look")]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kiln_tests::fixture::{Form, Spec, TINY, WIDE, write};
use kiln_tests::goldens::{self, Golden};
use kiln_tests::texts::BOUND;
use kiln_tests::tuned;
use serde_json::Value;

/// The chip that is simulated.
const GPU: &str = "gfx1151";

/// Mean divergence that activations of fewer bits may cost, in nats.
const DIVERGENCE: f64 = 2e-3;

/// A checkpoint with a bundle for the chip.
struct Room {
    directory: tempfile::TempDir,
    bundle: PathBuf,
    golden: String,
}

impl Room {
    fn new(spec: &Spec, form: Form, flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
        let bundle = tuned::bundle(directory.path(), GPU, flags);
        Self { bundle, golden: format!("{}-{form}", spec.name), directory }
    }

    fn command(&self, verb: &str, device: &str) -> Command {
        let mut command = Command::new(tuned::program("kiln"));
        command.env("KILN_HIP_LIBRARY", hip_library()).args([verb, "--json", "--device", device]);
        command.arg("--model").arg(self.directory.path()).arg("--bundle").arg(&self.bundle);
        command
    }

    /// Compares the logits of the golden's first tokens; what the command says of them.
    fn eval(&self, device: &str, tokens: usize, chunk: usize) -> Value {
        let golden = Golden::open(&self.golden);
        let text: Vec<usize> = golden.prompt.iter().chain(&golden.tokens).copied().collect();
        let file = self.directory.path().join("tokens");
        fs::write(&file, list(&text[..tokens.min(text.len())])).unwrap();
        let mut command = self.command("eval", device);
        command.arg("--tokens").arg(&file).args(["--chunk", &chunk.to_string()]);
        command
            .arg("--against")
            .arg(goldens::folder().join(format!("{}.safetensors", self.golden)));
        let report = output(&mut command)["against"].clone();
        println!("{} on {device}: {report}", self.golden);
        report
    }
}

/// What a command prints.
fn output(command: &mut Command) -> Value {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn list(tokens: &[usize]) -> String {
    tokens.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// Kiln's own HIP library.
fn hip_library() -> OsString {
    tuned::library("libamdhip64.so").into_os_string()
}

fn number(report: &Value, field: &str) -> f64 {
    report[field].as_f64().unwrap()
}

#[test]
fn logits_on_a_simulated_gpu_are_the_goldens() {
    // A pass of many rows, then one of the decode class.
    let room = Room::new(&TINY[0], Form::Awq, &["--act", "f32", "--exact"]);
    let report = room.eval("sim", 44, 40);
    assert_eq!(number(&report, "positions"), 44.0);
    assert!(number(&report, "worst_relative") < f64::from(BOUND), "{report}");
}

#[test]
fn eight_bit_activations_on_a_simulated_gpu_stay_close() {
    let room = Room::new(&WIDE[0], Form::Awq, &["--act", "bf16"]);
    let report = room.eval("sim", 36, 512);
    assert!(number(&report, "mean_kl_nats") <= DIVERGENCE, "{report}");
}

#[test]
fn a_text_through_hip_is_the_one_of_the_simulator() {
    let room = Room::new(&TINY[1], Form::Bf16, &["--act", "f32"]);
    let golden = Golden::open(&room.golden);
    let text = |device: &str| {
        let mut command = room.command("generate", device);
        command.args(["--tokens", &list(&golden.prompt[..35]), "--max-tokens", "4"]);
        output(&mut command)["tokens"].clone()
    };
    let simulated = text("sim");
    assert_eq!(simulated.as_array().unwrap().len(), 4);
    assert_eq!(text("hip"), simulated);
    let report = room.eval("hip", 36, 34);
    assert!(number(&report, "worst_relative") < f64::from(BOUND), "{report}");
}

#[test]
#[ignore = "takes minutes; part of the soak"]
fn whole_goldens_of_every_tiny_checkpoint_hold_on_a_simulated_gpu() {
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let room = Room::new(spec, form, &["--act", "f32", "--exact"]);
        let report = room.eval("sim", usize::MAX, 64);
        assert!(number(&report, "worst_relative") < f64::from(BOUND), "{report}");
        assert_eq!(number(&report, "top1_agreement"), 1.0, "{report}");
        greedy(&room);
    }
}

/// The greedy text of the simulated GPU is the golden's.
fn greedy(room: &Room) {
    let golden = Golden::open(&room.golden);
    let mut command = room.command("generate", "sim");
    let most = golden.tokens.len().to_string();
    command.args(["--tokens", &list(&golden.prompt), "--max-tokens", &most]);
    let tokens = output(&mut command)["tokens"].clone();
    let tokens: Vec<usize> = serde_json::from_value(tokens).unwrap();
    assert_eq!(tokens, golden.tokens, "{}", room.golden);
}
