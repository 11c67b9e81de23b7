//! What an earlier bundle answers with stays unless another kernel is surely better.
//!
//! Samples are data in the cache, and decisions follow from them: the tests write samples of
//! their own, so that nothing depends on how fast this machine is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::{LAYER, Room, host, summary, text};
use kiln_cache::bundle::Bundle;
use kiln_cache::hash::{Key, KeyBuilder};
use kiln_cache::store::{Measurement, Store};
use serde_json::Value;

/// A tuned request whose incumbent is about to be challenged.
struct Challenge {
    room: Room,
    target: &'static str,
    only: String,
    /// Machine code of the kernel in the bundle.
    incumbent: String,
}

/// The key with another domain and machine code, and further fields.
fn like(key: &Key, domain: &str, isa: &str, more: &[(&str, &str)]) -> Key {
    let fields = key.fields.iter();
    let kept =
        fields.filter(|(name, _)| !["domain", "isa", "temperature"].contains(&name.as_str()));
    let start = KeyBuilder::new(domain).field("isa", isa);
    let all = kept.fold(start, |key, (name, value)| key.field(name, value));
    more.iter().fold(all, |key, (name, value)| key.field(name, value)).finish()
}

impl Challenge {
    /// Tunes one request on this machine; `None` where it has no host target.
    fn new() -> Option<Self> {
        let target = host()?;
        let room = Room::new();
        let only = format!("{LAYER},m=1,recipe=mmvq_q4");
        room.tune(target, "a", "cache", &only);
        let bundle = Bundle::open(room.path("a")).unwrap();
        let incumbent = bundle.kernels()[0].statics.isa_hash.to_string();
        Some(Self { room, target, only, incumbent })
    }

    fn store(&self) -> Store {
        Store::open(self.room.path("cache")).unwrap()
    }

    fn entries(&self, domain: &str) -> Vec<(Key, Measurement)> {
        let mut entries = self.store().entries::<Measurement>().unwrap();
        entries.retain(|(key, _)| key.fields["domain"] == domain);
        entries
    }

    /// Makes the session as noisy as this share.
    fn noise(&self, share: f64) {
        for (key, old) in self.entries("noise floor") {
            let quarter = old.samples_us.len() / 4;
            let (quiet, loud) = (vec![100.0; quarter], vec![100.0 * (1.0 + share); quarter]);
            let samples_us = [quiet.clone(), loud.clone(), quiet, loud].concat();
            self.store().put(&key, &Measurement { samples_us, ..old }).unwrap();
        }
    }

    /// Gives one other kernel half the incumbent's time, and a run-off in which its time is this
    /// share of the incumbent's.
    fn challenge(&self, share: f64) {
        let times = self.entries("time");
        let (key, old) = times.iter().find(|(key, _)| key.fields["isa"] != self.incumbent).unwrap();
        let own = times.iter().find(|(key, _)| key.fields["isa"] == self.incumbent).unwrap();
        let fast = own.1.samples_us.iter().copied().fold(f64::INFINITY, f64::min) / 2.0;
        let times = Measurement { samples_us: vec![fast; 30], ..old.clone() };
        self.store().put(key, &times).unwrap();
        let pairs = like(key, "pairs", &self.incumbent, &[("against", &key.fields["isa"])]);
        let samples_us = [vec![100.0; 15], vec![100.0 * share; 15]].concat();
        self.store().put(&pairs, &Measurement { samples_us, ..old.clone() }).unwrap();
    }

    /// Tunes again over the same bundle: the summary, and whether the incumbent still answers.
    fn again(&self) -> (Value, bool) {
        let summary = self.room.tune(self.target, "a", "cache", &self.only);
        let bundle = Bundle::open(self.room.path("a")).unwrap();
        let stays = bundle.kernels()[0].statics.isa_hash.to_string() == self.incumbent;
        (summary["families"][0]["incumbents"].clone(), stays)
    }
}

#[test]
fn a_kernel_that_is_surely_better_replaces_the_incumbent() {
    let Some(challenge) = Challenge::new() else { return };
    challenge.noise(0.0);
    challenge.challenge(0.8);
    let (fate, stays) = challenge.again();
    assert_eq!(
        (fate["known"].as_u64(), fate["replaced"].as_u64(), stays),
        (Some(1), Some(1), false)
    );
}

#[test]
fn an_incumbent_that_cannot_be_told_apart_stays_and_goes_on_staying() {
    let Some(challenge) = Challenge::new() else { return };
    challenge.noise(0.02);
    // Better by 1.5 %: more than 1 % and less than the noise floor.
    challenge.challenge(0.985);
    let (fate, stays) = challenge.again();
    assert_eq!((fate["defended"].as_u64(), stays), (Some(1), true), "{fate}");
    let once = challenge.room.bundle("a");
    assert!(challenge.again().1);
    assert!(challenge.room.bundle("a") == once, "a second run decides the same");
}

#[test]
fn the_last_bundle_in_the_cache_stands_in_where_the_file_is_gone() {
    let Some(challenge) = Challenge::new() else { return };
    challenge.noise(0.0);
    challenge.challenge(1.0);
    std::fs::remove_file(challenge.room.path("a")).unwrap();
    let (fate, stays) = challenge.again();
    assert_eq!((fate["defended"].as_u64(), stays), (Some(1), true), "{fate}");
}

#[test]
fn a_session_that_is_too_noisy_replaces_nothing_and_is_held_again() {
    let Some(challenge) = Challenge::new() else { return };
    challenge.noise(0.04);
    challenge.challenge(0.5);
    let mut command = challenge.room.command(challenge.target, "a", "cache", &challenge.only);
    let output = command.output().unwrap();
    let summary = summary(&output);
    // The noise is measured anew, and this machine may be quiet or not.
    let floor = summary["noise_floor"].as_f64().unwrap();
    assert_ne!(summary["noise"], serde_json::json!([0.04, 0.04]));
    let fate = &summary["families"][0]["incumbents"];
    let expect = if floor > 0.03 { "too_noisy" } else { "replaced" };
    assert_eq!(fate[expect].as_u64(), Some(1), "{floor}: {fate}");
    assert_eq!(text(&output).contains("are not replaced"), floor > 0.03, "{}", text(&output));
}

#[test]
fn a_file_that_is_no_bundle_of_this_target_is_replaced_and_that_is_said() {
    let room = Room::new();
    let only = format!("{LAYER},m=1,recipe=mmvq_q4");
    std::fs::write(room.path("a"), "not a bundle").unwrap();
    let output = room.command("gfx1151", "a", "cache", &only).output().unwrap();
    summary(&output);
    assert!(text(&output).contains("replaced as a whole"), "{}", text(&output));
    let output = room.command("gfx1100", "a", "cache", &only).output().unwrap();
    summary(&output);
    assert!(text(&output).contains("is for gfx1151"), "{}", text(&output));
}
