//! Whether sampled texts with guesses and without are of one distribution. Texts of one seed are the
//! same either way, so each sample here has seeds of its own; and the same test has to find a rule of
//! acceptance that is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use kiln_runtime::engine::{Engine, Event, Generator, Request, SequenceId, Written};
use kiln_runtime::plan::{Limits, Row};
use kiln_runtime::sample::{Sampler, Sampling};
use kiln_runtime::speculate::{Guess, Source, Speculation, Tokens, accept};

use super::speculation::Join;
use super::{finish, limits, text};
use crate::fixture::DrafterSpec;
use crate::statistics::homogeneous;

/// Tokens of a text. The first comes of the prompt; the others are guessed.
const TOKENS: usize = 4;

/// Texts at a time.
const BATCH: u64 = 8;

/// Likeliest first tokens after which the texts go on that are known.
const KNOWN: usize = 32;

/// Likeliest tokens among which the wrong rule accepts any guess.
const WRONG: usize = 2;

/// Cold, warm and hot, each with another penalty.
fn samplings() -> [Sampling; 3] {
    let plain = Sampling::default();
    [
        Sampling { temperature: 0.6, top_k: 8, top_p: 0.95, presence: 0.5, ..plain.clone() },
        Sampling { temperature: 1.0, top_k: 12, top_p: 0.9, repetition: 1.2, ..plain.clone() },
        Sampling { temperature: 1.5, top_k: 8, frequency: 0.4, ..plain },
    ]
}

/// As many texts of each kind cannot be told apart from texts written without guesses: those that the
/// drafter guesses, those of which the likeliest continuation is guessed, and not those of a rule that
/// accepts likely guesses. What was found of each.
///
/// # Panics
/// If it does not hold.
pub fn distribution(join: Join<'_>, spec: &DrafterSpec, samples: u64) -> Vec<String> {
    let limits =
        Limits { sequences: BATCH, context: 64, cached: 64 * BATCH, prefixes: 0, ..limits() };
    let prompt = text(spec.model(), 3, 5);
    let likely = Likely::of(&mut join(spec, limits), &prompt);
    let seeds = |number: u64| number * samples..(number + 1) * samples;
    let mut report = Vec::new();
    for sampling in samplings() {
        let plain = Generator::new(join(spec, limits));
        let plain = drawn(plain, &prompt, &sampling, seeds(0));
        let sources = [Source::Drafter, Source::Other(Box::new(likely.clone()))];
        for (source, number) in sources.into_iter().zip(1..) {
            let what = format!("temperature {}, {source:?}", sampling.temperature);
            let speculation = Speculation { source, tokens: Tokens::Fixed(TOKENS - 1) };
            let mut generator = Generator::speculating(join(spec, limits), speculation).unwrap();
            let guessed = drawn_by(&mut generator, &prompt, &sampling, seeds(number));
            let accepted = generator.tally().unwrap().accepted[0];
            let found = homogeneous(&plain, &guessed);
            report.push(format!("{what}: {found:?}, {accepted} first guesses accepted"));
            assert!(accepted > samples / 100 || number == 1, "{what}: {accepted} accepted");
            assert!(found.categories > 20 && found.p > 0.01, "{what}: {found:?}");
        }
        let wrong = drawn_wrongly(&mut join(spec, limits), &likely, &prompt, &sampling, seeds(3));
        let found = homogeneous(&plain, &wrong);
        report.push(format!("temperature {}, the wrong rule: {found:?}", sampling.temperature));
        assert!(found.p < 1e-6, "the wrong rule was not noticed: {found:?}");
    }
    report
}

/// Guesses the likeliest continuation.
#[derive(Clone, Debug)]
struct Likely {
    texts: Vec<Vec<u32>>,
}

impl Likely {
    fn of(engine: &mut Engine, prompt: &[u32]) -> Self {
        let id = engine.add(prompt).unwrap();
        let first = best(&finish(engine, id), KNOWN);
        engine.cancel(id).unwrap();
        let text = |token: u32| {
            let mut text = [prompt, &[token]].concat();
            let id = engine.add(&text).unwrap();
            while text.len() < prompt.len() + TOKENS {
                let token = best(&finish(engine, id), 1)[0];
                text.push(token);
                engine.push(id, token).unwrap();
            }
            engine.cancel(id).unwrap();
            text
        };
        Self { texts: first.into_iter().map(text).collect() }
    }
}

impl Guess for Likely {
    fn guess(&mut self, text: &[u32], most: usize) -> Vec<u32> {
        let known = self.texts.iter().find(|known| known.starts_with(text));
        known.map_or(Vec::new(), |known| known[text.len()..].iter().take(most).copied().collect())
    }
}

/// The tokens of the largest logits.
fn best(logits: &[f32], count: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..logits.len() as u32).collect();
    all.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b)));
    all.truncate(count);
    all
}

/// Texts as a generator writes them, one for each seed.
fn drawn_by(
    generator: &mut Generator,
    prompt: &[u32],
    sampling: &Sampling,
    mut seeds: Range<u64>,
) -> Vec<Vec<u32>> {
    let mut open: BTreeMap<SequenceId, Vec<u32>> = BTreeMap::new();
    let mut texts = Vec::new();
    loop {
        for seed in seeds.by_ref().take(BATCH as usize - open.len()) {
            let (prompt, sampling) = (prompt.to_vec(), Sampling { seed, ..sampling.clone() });
            let request = Request { prompt, sampling, most: TOKENS, ..Request::default() };
            open.insert(generator.add(request).unwrap(), Vec::new());
        }
        if open.is_empty() {
            return texts;
        }
        let events = generator.advance().unwrap().into_iter();
        for Written { sequence, token, ended, .. } in events.filter_map(Event::into_written) {
            open.get_mut(&sequence).unwrap().push(token);
            if ended.is_some() {
                texts.extend(open.remove(&sequence));
            }
        }
    }
}

fn drawn(
    mut generator: Generator,
    prompt: &[u32],
    sampling: &Sampling,
    seeds: Range<u64>,
) -> Vec<Vec<u32>> {
    drawn_by(&mut generator, prompt, sampling, seeds)
}

/// The next token by a wrong rule: a guess among the likeliest tokens is accepted, whatever the
/// sampler would choose.
fn next(sampler: &mut Sampler, row: &Row, guessed: Option<u32>) -> u32 {
    let likeliest = match row {
        Row::Logits(logits) => best(logits, WRONG),
        Row::Candidates(found) => found.iter().take(WRONG).map(|(token, _)| *token).collect(),
    };
    match guessed.filter(|token| likeliest.contains(token)) {
        Some(token) => sampler.choose_among(&[(token, 0.0)]).unwrap(),
        None => sampler.choose_row(row).unwrap(),
    }
}

/// Texts written by the wrong rule, over the engine alone; one for each seed.
fn drawn_wrongly(
    engine: &mut Engine,
    likely: &Likely,
    prompt: &[u32],
    sampling: &Sampling,
    seeds: Range<u64>,
) -> Vec<Vec<u32>> {
    let mut likely = likely.clone();
    let text = |seed| {
        let mut sampler = Sampler::new(Sampling { seed, ..sampling.clone() }, prompt).unwrap();
        let id = engine.add(prompt).unwrap();
        engine.read(id, sampler.reading()).unwrap();
        let row = loop {
            if let Some(output) = engine.step().unwrap().pop() {
                break output.into_row().unwrap();
            }
        };
        let mut written = vec![sampler.choose_row(&row).unwrap()];
        while written.len() < TOKENS {
            engine.push(id, *written.last().unwrap()).unwrap();
            let whole = [prompt, &written].concat();
            let guesses = likely.guess(&whole, TOKENS - written.len() - 1);
            let rows = engine.verify_read(&[(id, &guesses)]).unwrap().remove(0);
            let mut left = guesses.iter().copied();
            let decided = accept(&guesses, &rows, |row| {
                written.push(next(&mut sampler, row, left.next()));
                Ok((written[written.len() - 1], written.len() == TOKENS))
            });
            engine.accept(&[decided.unwrap().tokens]).unwrap();
        }
        engine.cancel(id).unwrap();
        written
    };
    seeds.map(text).collect()
}
