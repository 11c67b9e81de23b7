//! Texts that wait, and texts that cannot go on.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::BTreeMap;

use kiln_runtime::engine::{Event, Generator, SequenceId, Written};
use kiln_runtime::sample::{Grammar, Sampler};
use kiln_runtime::speculate::{Speculation, Tokens};
use kiln_runtime::{Error, Result};

use super::limits;
use super::speculation::{Join, requests, write};
use crate::fixture::{DRAFTERS, DrafterSpec};

/// Tokens of each text.
const MOST: usize = 24;

/// A generator without guesses, and one with them.
fn generators(join: Join<'_>, spec: &DrafterSpec) -> [Generator; 2] {
    let guesses = Speculation::drafter(Tokens::Fixed(5));
    let guessing = Generator::speculating(join(spec, limits()), guesses).unwrap();
    [Generator::new(join(spec, limits())), guessing]
}

/// Makes a step and adds its tokens to their texts.
fn step(generator: &mut Generator, texts: &mut BTreeMap<SequenceId, Vec<u32>>) {
    for written in generator.step().unwrap().into_iter().filter_map(Event::into_written) {
        texts.entry(written.sequence).or_default().push(written.token);
    }
}

/// A text that is held gets no tokens, keeps up nobody, and goes on as if it had not waited.
///
/// # Panics
/// If it does not hold.
pub fn held(join: Join<'_>) {
    let spec = &DRAFTERS[0];
    let requests = requests(spec, 3, MOST);
    let expect = write(&mut Generator::new(join(spec, limits())), &requests);
    for mut generator in generators(join, spec) {
        let ids: Vec<SequenceId> =
            requests.iter().map(|request| generator.add(request.clone()).unwrap()).collect();
        let mut texts: BTreeMap<SequenceId, Vec<u32>> = BTreeMap::new();
        while texts.get(&ids[0]).is_none_or(|text| text.len() < 5) {
            step(&mut generator, &mut texts);
        }
        generator.hold(ids[0], true).unwrap();
        let before = texts[&ids[0]].clone();
        while ids[1..].iter().any(|id| texts.get(id).is_none_or(|text| text.len() < MOST)) {
            step(&mut generator, &mut texts);
        }
        (0..3).for_each(|_| step(&mut generator, &mut texts));
        assert_eq!(texts[&ids[0]], before, "a text that is held");
        generator.hold(ids[0], false).unwrap();
        while !generator.is_idle() {
            step(&mut generator, &mut texts);
        }
        let found: Vec<Vec<u32>> = ids.iter().map(|id| texts[id].clone()).collect();
        assert!(found == expect);
        assert!(generator.hold(ids[0], true).is_err(), "a text that has ended");
    }
}

/// Lets a few tokens pass and knows none after that.
#[derive(Clone, Debug)]
struct Short(usize);

impl Grammar for Short {
    fn mask(&mut self, _logits: &mut [f32]) -> Result<()> {
        match self.0 {
            0 => Err(Error::Request("nothing may follow".into())),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, _token: u32) -> Result<()> {
        self.0 -= 1;
        Ok(())
    }

    fn fork(&self) -> Box<dyn Grammar> {
        Box::new(self.clone())
    }
}

/// A text whose next token cannot be chosen ends without it and frees what it held; no other text
/// notices.
///
/// # Panics
/// If it does not hold.
pub fn failing(join: Join<'_>) {
    let spec = &DRAFTERS[0];
    let mut requests = requests(spec, 3, MOST);
    let expect = write(&mut Generator::new(join(spec, limits())), &requests);
    for left in [0, 1, 7] {
        requests[1].grammar = Some(Box::new(Short(left)));
        for mut generator in generators(join, spec) {
            let ids: Vec<SequenceId> =
                requests.iter().map(|request| generator.add(request.clone()).unwrap()).collect();
            let mut texts: BTreeMap<SequenceId, Vec<u32>> = BTreeMap::new();
            let mut failed = Vec::new();
            while !generator.is_idle() {
                for event in generator.step().unwrap() {
                    match event {
                        Event::Failed(id, why) => failed.push((id, why)),
                        Event::Written(of) => texts.entry(of.sequence).or_default().push(of.token),
                        Event::Guessed { guesses, accepted, .. } => assert!(accepted <= guesses),
                        Event::Begun(id, found) => assert!(ids.contains(&id) && found == 0),
                    }
                }
            }
            assert_eq!(failed, [(ids[1], "nothing may follow".to_owned())]);
            let written = texts.remove(&ids[1]).unwrap_or_default();
            assert_eq!(written, expect[1][..left], "the tokens before stay");
            assert!(texts[&ids[0]] == expect[0] && texts[&ids[2]] == expect[2]);
            assert_eq!(generator.engine().free().1, 4, "every slot is free");
        }
    }
}

/// Logits that are asked for are those that the token was chosen from, row by row.
///
/// # Panics
/// If it does not hold.
pub fn chosen_from(join: Join<'_>) {
    let spec = &DRAFTERS[0];
    let mut found: Vec<Vec<Written>> = Vec::new();
    for mut generator in generators(join, spec) {
        let mut request = requests(spec, 2, MOST).remove(1);
        request.logits = true;
        let mut sampler = Sampler::new(request.sampling.clone(), &request.prompt).unwrap();
        let id = generator.add(request).unwrap();
        let mut all = Vec::new();
        while !generator.is_idle() {
            all.extend(generator.step().unwrap().into_iter().filter_map(Event::into_written));
        }
        for written in &all {
            let logits = written.logits.as_ref().unwrap();
            assert_eq!(sampler.choose(logits).unwrap(), written.token);
            assert_eq!(written.sequence, id);
        }
        found.push(all);
    }
    assert_eq!(found[0].len(), MOST);
    let logits = |at: usize| found[at].iter().map(|of| (of.token, &of.logits));
    assert!(logits(0).eq(logits(1)), "guesses change no bit of them");
}
