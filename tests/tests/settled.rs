//! States that move on late are never seen before they have: an engine that moves them on while the
//! next rows are verified, beside one that does so at once because its bundle lacks the kernels. What
//! texts become may not tell the two apart, whatever happens between accepting rows and verifying
//! the next ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::{Engine, Output, SequenceId};
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::plain::{self, Counts};
use kiln_tests::texts::{finish, text};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random schedules of each model.
const SCHEDULES: u64 = 12;

/// Things that happen in each.
const TURNS: usize = 40;

/// So little room that texts make room for one another, and remembered beginnings for both.
const LIMITS: Limits = Limits { sequences: 3, context: 80, cached: 128, chunk: 16, prefixes: 2 };

/// An engine over plain loops, and how often each operation was launched; `late` if its bundle can
/// move states on late.
fn engine(spec: &Spec, limits: Limits, late: bool) -> (Engine, Counts) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };
    let mut operations = plain::issued(&checkpoint, &serving).unwrap();
    let moves = |state: Option<&String>| state.is_some_and(|state| state == "move");
    operations.retain(|of| late || !moves(of.attributes.get("state")));
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    let counts = device.counts.clone();
    let device = Box::new(device);
    let engine = Engine::load(device, bundle, &checkpoint, serving, limits, &mut |_| {}).unwrap();
    assert_eq!(engine.model().follows(), late);
    (engine, counts)
}

/// Launches of an operation, by its name and what becomes of the states.
fn launches(counts: &Counts, name: &str, state: Option<&str>) -> u64 {
    let counts = counts.lock().unwrap();
    let is = |of: &kiln_cache::vocabulary::Operation| {
        of.name == name && of.attributes.get("state").map(String::as_str) == state
    };
    counts.iter().filter(|(of, _)| is(of)).map(|(_, count)| count).sum()
}

/// Layers of linear attention.
fn layers(spec: &Spec) -> u64 {
    (0..spec.layers).filter(|layer| !spec.is_full(*layer)).count() as u64
}

#[test]
fn while_the_same_texts_are_verified_states_move_on_in_passing() {
    let spec = &TINY[0];
    let (mut engine, counts) = engine(spec, LIMITS, true);
    let texts = [text(spec, 1, 20), text(spec, 2, 9)];
    let ids = texts.each_ref().map(|of| engine.add(of).unwrap());
    // The second one is the shorter.
    finish(&mut engine, ids[0]);
    ids.iter().for_each(|id| engine.push(*id, 3).unwrap());
    let cycle = |engine: &mut Engine, order: [usize; 2]| {
        let drafts = order.map(|at| (ids[at], &[1, 2, 3][..at + 1]));
        engine.verify(&drafts).unwrap();
        engine.accept(&[1, 2]).unwrap();
        ids.iter().for_each(|id| engine.push(*id, 4).unwrap());
    };
    (0..5).for_each(|_| cycle(&mut engine, [0, 1]));
    let of = |name, state| launches(&counts, name, state) / layers(spec);
    assert_eq!(of("delta", Some("keep")), 1, "only the first follows nothing");
    assert_eq!(of("delta", Some("move")), 4);
    assert_eq!((of("delta_commit", None), of("conv_commit", None)), (0, 5));
    // In another order they are others.
    cycle(&mut engine, [1, 0]);
    assert_eq!((of("delta", Some("move")), of("delta_commit", None)), (4, 1));
    // A pass that needs the states moves them on before; another one finds nothing to do.
    for _ in 0..2 {
        engine.step().unwrap();
        ids.iter().for_each(|id| engine.push(*id, 5).unwrap());
        assert_eq!(of("delta_commit", None), 2);
    }
}

#[test]
fn the_rows_of_two_passes_are_kept_where_states_move_on_late_and_those_of_one_elsewhere() {
    for spec in &TINY {
        let activations = [true, false].map(|late| {
            let (engine, _) = engine(spec, LIMITS, late);
            engine.model().usage().activations
        });
        let values = spec.value_heads * spec.value_head;
        let channels = 2 * spec.key_heads * spec.key_head + values;
        let kept = 4 * 32 * (channels + 2 * spec.value_heads + values) as u64;
        // A table of four numbers for each of 32 texts says what was accepted.
        let expect = activations[1] + layers(spec) * kept + 4 * 4 * 32;
        assert_eq!(activations[0], expect, "{}", spec.name);
    }
}

/// Two texts that take three pages and two: all that there are.
fn crowded(late: bool) -> (Engine, [SequenceId; 2]) {
    let spec = &TINY[0];
    let tight = Limits { sequences: 2, context: 80, cached: 80, chunk: 16, prefixes: 0 };
    let (mut engine, _) = engine(spec, tight, late);
    let texts = [(1, 48), (2, 28)].map(|(number, length)| {
        let id = engine.add(&text(spec, number, length)).unwrap();
        finish(&mut engine, id);
        id
    });
    (engine, texts)
}

#[test]
fn a_text_that_makes_room_takes_what_was_accepted_last_with_it() {
    let [late, at_once] = [true, false].map(|late| {
        let (mut engine, [first, second]) = crowded(late);
        engine.push(second, 7).unwrap();
        engine.verify(&[(second, &[1, 2, 3])]).unwrap();
        engine.accept(&[2]).unwrap();
        // The first text needs a page more.
        engine.push(first, 8).unwrap();
        engine.push(second, 9).unwrap();
        engine.step().unwrap();
        assert_eq!(engine.free().1, 1, "the second text should have made room");
        engine.cancel(first).unwrap();
        finish(&mut engine, second)
    });
    assert!(late == at_once);
}

#[test]
fn a_text_that_comes_back_is_not_moved_on_by_what_was_accepted_of_another() {
    let [late, at_once] = [true, false].map(|late| {
        let (mut engine, [first, second]) = crowded(late);
        engine.push(second, 9).unwrap();
        // The first text needs a page more, for which the second makes room.
        engine.push(first, 8).unwrap();
        engine.step().unwrap();
        assert_eq!(engine.free().1, 1);
        // It leaves behind rows that were accepted, and its slot.
        engine.push(first, 7).unwrap();
        engine.verify(&[(first, &[1, 2])]).unwrap();
        engine.accept(&[2]).unwrap();
        engine.cancel(first).unwrap();
        finish(&mut engine, second)
    });
    assert!(late == at_once);
}

/// What happened in the schedules, so that none of it is left out.
#[derive(Debug, Default)]
struct Seen {
    cancelled_undecided: usize,
    cancelled_behind: usize,
    decoded: usize,
    began: usize,
    found: usize,
    made_room: usize,
    remembered: usize,
}

/// Two engines of which everything is asked alike.
struct Pair {
    engines: [Engine; 2],
    /// Living texts, and whether they have just one token to compute.
    texts: BTreeMap<SequenceId, bool>,
    /// Whether rows were accepted and nothing was computed since.
    behind: bool,
    seen: Seen,
}

impl Pair {
    /// Asks both; the answers have to be the same.
    fn both<T: PartialEq>(&mut self, what: &str, mut ask: impl FnMut(&mut Engine) -> T) -> T {
        let [late, at_once] = self.engines.each_mut().map(&mut ask);
        assert!(late == at_once, "{what} is another");
        late
    }

    fn running(&self) -> usize {
        LIMITS.sequences as usize - self.engines[0].free().1
    }

    fn ready(&self) -> Vec<SequenceId> {
        self.texts.iter().filter(|(_, ready)| **ready).map(|(id, _)| *id).collect()
    }

    fn push(&mut self, id: SequenceId, token: u32) {
        let fits = self.both("a push", |engine| engine.push(id, token).is_ok());
        self.texts.insert(id, fits);
        if !fits {
            self.cancel(id);
        }
    }

    fn cancel(&mut self, id: SequenceId) {
        self.texts.remove(&id);
        self.both("a cancellation", |engine| engine.cancel(id).is_ok());
    }

    fn begin(&mut self, prompt: &[u32]) {
        let id = self.both("a text", |engine| engine.add(prompt).unwrap());
        self.texts.insert(id, false);
        self.seen.began += usize::from(self.behind);
    }

    /// A step of all texts but some.
    fn step(&mut self, others: &BTreeSet<SequenceId>, random: &mut ChaCha8Rng) {
        let running = self.running();
        let outputs: Vec<Output> =
            self.both("an output", |engine| engine.step_beside(others).unwrap());
        self.seen.decoded += usize::from(self.behind && !outputs.is_empty());
        self.seen.made_room += usize::from(self.running() < running);
        self.behind &= outputs.is_empty();
        for output in outputs {
            let found = self.both("a beginning", |engine| engine.found(output.sequence).unwrap());
            self.seen.found += usize::from(found > 0);
            self.push(output.sequence, random.random_range(0..200));
        }
        let remembered = self.both("what is remembered", |engine| engine.remembered());
        self.seen.remembered = self.seen.remembered.max(remembered);
    }

    /// Verifies rows of some texts and accepts some of them.
    fn cycle(&mut self, random: &mut ChaCha8Rng) {
        let mut ready = self.ready();
        // Mostly all of them in order, so that verifications follow one another.
        if random.random_bool(0.3) {
            ready.shuffle(random);
            ready.truncate(random.random_range(0..=ready.len()));
        }
        let drafts: Vec<(SequenceId, Vec<u32>)> =
            ready.iter().map(|id| (*id, (0..random.random_range(0..6)).collect())).collect();
        let drafts: Vec<(SequenceId, &[u32])> =
            drafts.iter().map(|(id, tokens)| (*id, &tokens[..])).collect();
        let verified = self.both("a verification", |engine| engine.verify(&drafts).ok());
        if verified.is_none() {
            return;
        }
        let mut accepted = Vec::new();
        for (id, tokens) in &drafts {
            if random.random_bool(0.05) {
                self.cancel(*id);
                self.seen.cancelled_undecided += 1;
            } else {
                accepted.push((*id, random.random_range(1..=tokens.len() + 1)));
            }
        }
        self.behind = !accepted.is_empty();
        if self.behind {
            let rows: Vec<usize> = accepted.iter().map(|(_, rows)| *rows).collect();
            self.both("a decision", |engine| engine.accept(&rows).unwrap());
        }
        for (id, _) in accepted {
            self.push(id, random.random_range(0..200));
        }
    }
}

#[test]
fn no_text_can_tell_whether_states_move_on_late_or_at_once() {
    let mut all = Vec::new();
    for spec in [&TINY[0], &TINY[1]] {
        let [(late, counts), (at_once, eager)] =
            [true, false].map(|late| engine(spec, LIMITS, late));
        let (texts, seen) = (BTreeMap::new(), Seen::default());
        let mut pair = Pair { engines: [late, at_once], texts, behind: false, seen };
        for schedule in 0..SCHEDULES {
            let mut random = ChaCha8Rng::seed_from_u64(schedule);
            for _ in 0..TURNS {
                if pair.texts.len() < 4 && random.random_bool(0.4) {
                    let number = random.random_range(1..3);
                    let length = random.random_range(1..50);
                    pair.begin(&text(spec, number, length));
                }
                if random.random_bool(0.06)
                    && let Some(id) = pair.texts.keys().next().copied()
                {
                    pair.seen.cancelled_behind += usize::from(pair.behind);
                    pair.cancel(id);
                }
                let ready: BTreeSet<SequenceId> = pair.ready().into_iter().collect();
                match random.random_range(0..10) {
                    0..6 => pair.cycle(&mut random),
                    6..8 => pair.step(&ready, &mut random),
                    _ => pair.step(&BTreeSet::new(), &mut random),
                }
            }
            for id in pair.texts.keys().copied().collect::<Vec<_>>() {
                pair.cancel(id);
            }
            pair.both("what is free", |engine| engine.free());
        }
        for (counts, late) in [(&counts, true), (&eager, false)] {
            let moved = launches(counts, "delta", Some("move"));
            let committed = launches(counts, "delta_commit", None);
            assert_eq!(moved > 0, late, "{moved}");
            assert!(committed > 0);
            let histories = launches(counts, "conv_commit", None);
            assert!(moved + committed <= histories, "no rows move states on twice");
        }
        all.push(pair.seen);
    }
    for seen in &all {
        let Seen { cancelled_undecided, cancelled_behind, decoded, began, .. } = *seen;
        let Seen { found, made_room, remembered, .. } = *seen;
        for count in [cancelled_undecided, cancelled_behind, decoded, began, found, made_room] {
            assert!(count > 2, "{all:?}");
        }
        assert!(remembered > 0, "{all:?}");
    }
}
