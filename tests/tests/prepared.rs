//! Weights that are kept as kernels read them: `--weights FILE`, on this machine's processor and through
//! HIP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use kiln_cache::operations::Precision;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::Serving;
use kiln_runtime::weights::{Checkpoint, Role, Way};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::{plain, texts, tuned};
use serde_json::Value;

/// How weights come into memory.
const LOADED: &str = "loaded";
const PREPARED: &str = "prepared and mapped";
const MAPPED: &str = "mapped";

const SERVING: Serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };

/// A checkpoint with a bundle, and the place of its prepared weights.
struct Room {
    directory: tempfile::TempDir,
    bundle: PathBuf,
    weights: PathBuf,
    device: &'static str,
}

impl Room {
    fn new(spec: &Spec, target: &str, device: &'static str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("model");
        write(&model, spec, Form::Awq, &mut |_, _| {}).unwrap();
        let bundle = tuned::bundle(&model, target, &["--act", "f32", "--exact"]);
        let weights = directory.path().join("kept.weights");
        Self { directory, bundle, weights, device }
    }

    fn model(&self) -> PathBuf {
        self.directory.path().join("model")
    }

    /// `kiln generate`, with the weights in a file or without.
    fn run(&self, kept: Option<&Path>) -> Output {
        let mut command = Command::new(tuned::program("kiln"));
        command.env("KILN_HIP_LIBRARY", tuned::library("libamdhip64.so"));
        command.args(["generate", "--json", "--stats", "--device", self.device]);
        command.arg("--model").arg(self.model()).arg("--bundle").arg(&self.bundle);
        command.args(["--tokens", "3,1,4,1,5,9,2,6", "--max-tokens", "6"]);
        command.args(kept.into_iter().flat_map(|file| ["--weights".as_ref(), file.as_os_str()]));
        command.output().unwrap()
    }

    /// The tokens that are written, and the bytes of weights, which have come that way.
    fn text(&self, kept: Option<&Path>, way: &str) -> (Value, Value) {
        let done = self.run(kept);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["tokens"].as_array().unwrap().len(), 6);
        let stats = &report["stats"];
        assert_eq!(stats["loading"], way, "{report}");
        assert_eq!(stats["loading_gigabytes_per_second"].is_null(), way == MAPPED, "{report}");
        (report["tokens"].clone(), stats["memory"]["weights"].clone())
    }

    fn verify(&self) -> (i32, String) {
        let done = Command::new(tuned::program("kiln")).arg("verify").arg(&self.weights).output();
        let done = done.unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
    }

    fn written_at(&self) -> SystemTime {
        fs::metadata(&self.weights).unwrap().modified().unwrap()
    }
}

/// Says that a file was changed at another time.
fn touch(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    let changed = file.metadata().unwrap().modified().unwrap();
    file.set_modified(changed - Duration::from_secs(1)).unwrap();
}

fn files_of(model: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(model).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|of| of == "safetensors")).collect()
}

#[test]
fn prepared_weights_are_written_once_mapped_afterwards_and_change_no_text() {
    let Some(target) = tuned::host_target() else { return };
    let room = Room::new(&TINY[0], target, "host");
    let plain = room.text(None, LOADED);
    assert!(!room.weights.exists());
    assert_eq!(room.text(Some(&room.weights), PREPARED), plain);
    let first = room.written_at();
    assert_eq!(room.text(Some(&room.weights), MAPPED), plain);
    assert_eq!(room.written_at(), first, "what fits is not written again");
    let (code, said) = room.verify();
    assert!(code == 0 && said.contains("arrays of weights"), "{said}");

    // A checkpoint that changed has other weights.
    files_of(&room.model()).iter().for_each(|file| touch(file));
    assert_eq!(room.text(Some(&room.weights), PREPARED), plain);
    assert_ne!(room.written_at(), first, "it might have been another one");
    for file in files_of(&room.model()) {
        fs::remove_file(file).unwrap();
    }
    write(&room.model(), &Spec { seed: 99, ..TINY[0] }, Form::Awq, &mut |_, _| {}).unwrap();
    let other = room.text(None, LOADED);
    assert_ne!(other.0, plain.0);
    assert_eq!(room.text(Some(&room.weights), PREPARED), other);
}

#[test]
fn damaged_weights_are_found_and_files_of_others_are_left_alone() {
    let Some(target) = tuned::host_target() else { return };
    let room = Room::new(&TINY[1], target, "host");
    room.text(Some(&room.weights), PREPARED);
    let sound = fs::read(&room.weights).unwrap();
    let mut damaged = sound.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&room.weights, &damaged).unwrap();
    let (code, said) = room.verify();
    assert!(code == 1 && said.contains("tensor '") && said.lines().count() == 1, "{said}");

    let theirs = &files_of(&room.model())[0];
    let before = fs::read(theirs).unwrap();
    let absent = room.directory.path().join("absent").join("w");
    for (file, wanted) in [(theirs, "left as it is"), (&absent, "cannot write")] {
        let done = room.run(Some(file));
        let said = String::from_utf8(done.stderr).unwrap();
        let last = said.lines().last().unwrap();
        assert!(done.status.code() == Some(2) && last.contains(wanted), "{said}");
    }
    assert_eq!(fs::read(theirs).unwrap(), before);
}

#[test]
fn a_simulated_gpu_reads_prepared_weights_where_they_lie() {
    let room = Room::new(&TINY[1], "gfx1151", "hip");
    let plain = room.text(None, LOADED);
    for way in [PREPARED, MAPPED] {
        assert_eq!(room.text(Some(&room.weights), way), plain);
    }
}

#[test]
fn heads_that_are_kept_quantised_are_quantised_once() {
    let directory = tempfile::tempdir().unwrap();
    let spec = TINY.iter().find(|spec| spec.name == "ash").unwrap();
    write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
    let logits = |kept: bool| {
        let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
        checkpoint.quantise_head(Precision::Int8).unwrap();
        if kept {
            checkpoint.keep_prepared(directory.path().join("kept"));
        }
        let operations = plain::issued(&checkpoint, &SERVING).unwrap();
        let (bundle, device) = plain::bundle(directory.path(), &operations);
        let (device, limits) = (Box::new(device), texts::limits());
        let mut engine =
            Engine::load(device, bundle, &checkpoint, SERVING, limits, &mut |_| {}).unwrap();
        let way = engine.model().way();
        let text = texts::text(spec, 3, 24);
        let found = texts::follow(&mut engine, &text[..20], &text[20..]);
        let head = checkpoint.weight(Role::Head).unwrap().part("quants").unwrap();
        (found, way, !head.tensor.bytes().is_empty())
    };
    let (plain, way, made) = logits(false);
    assert!(way == Way::Loaded && made);
    assert!(logits(true) == (plain.clone(), Way::Prepared, true), "the first start writes them");
    assert!(logits(true) == (plain, Way::Mapped, false), "the second needs no copy");
}
