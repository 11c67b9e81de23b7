//! What guesses may not change: nothing but the time that a text takes.

use std::collections::BTreeMap;

use kiln_runtime::device::Device;
use kiln_runtime::engine::{Engine, Event, Generator, Request, SequenceId, Stage, Written};
use kiln_runtime::plan::{Batch, Limits, LoadedModel, Pass, Reading, Segment};
use kiln_runtime::sample::{Grammar, Sampling};
use kiln_runtime::speculate::{Guess, Source, Speculation, Tokens};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{finish, limits, text};
use crate::drafts::cycles;
use crate::fixture::{DRAFTERS, DrafterSpec};
use crate::goldens::difference;

/// Makes an engine with a model and its drafter, and limits.
pub type Join<'m> = &'m dyn Fn(&DrafterSpec, Limits) -> Engine;

/// Loads a model with its drafter onto a device, with f32 activations.
pub type Load<'m> = &'m dyn Fn(&DrafterSpec, Limits) -> (Box<dyn Device>, LoadedModel);

/// Largest difference of a drafter's logits from the goldens, relative to a row's largest logit.
const BOUND: f32 = 1e-3;

/// The drafter's passes compute what the published package does, over several cycles; the largest
/// difference of each drafter.
///
/// # Panics
/// If it does not hold.
pub fn drafter_goldens(load: Load<'_>, drafters: &[&DrafterSpec]) -> Vec<(String, f32)> {
    let mut differences = Vec::new();
    for spec in drafters {
        let (mut device, model) = load(spec, limits());
        let drafter = model.config().drafter.clone().unwrap();
        let hidden = model.config().hidden;
        let pages: Vec<u32> = (0..8).rev().collect();
        let mut past = 0;
        let mut worst = 0f32;
        for cycle in cycles(spec.name) {
            let batch = |tokens: Vec<u32>, past| {
                let positions = vec![[0; 3]; tokens.len()];
                let segment = Segment { tokens, positions, past, slot: 1, pages: pages.clone() };
                Batch { segments: vec![segment] }
            };
            for (at, layer) in drafter.taps.iter().enumerate() {
                let to = model.tap(*layer).unwrap();
                let rows = cycle.features.iter().map(|of| &of[at * hidden..(at + 1) * hidden]);
                let bytes: Vec<u8> = rows.flatten().flat_map(|of| of.to_le_bytes()).collect();
                device.write(to.buffer, to.plus, &bytes).unwrap();
            }
            let count = cycle.features.len();
            let pass = if count > 32 { Pass::Prefill } else { Pass::Decode };
            model.context(device.as_mut(), pass, &batch(vec![0; count], past)).unwrap();
            past += count as u64;
            let mut tokens = vec![drafter.mask; cycle.logits.len()];
            tokens[0] = cycle.anchor as u32;
            let wanted: Vec<(u64, Reading)> =
                (0..tokens.len() as u64).map(|row| (row, Reading::All)).collect();
            let found = model.draft(device.as_mut(), &batch(tokens, past), &wanted).unwrap();
            let found = found.into_iter().map(|row| row.into_logits().unwrap());
            let rows = found.zip(&cycle.logits);
            worst = rows.map(|(found, expect)| difference(&found, expect)).fold(worst, f32::max);
        }
        assert!(worst < BOUND, "{}: {worst:e}", spec.name);
        differences.push((spec.name.to_owned(), worst));
    }
    differences
}

/// A drafter's context does not depend on how a text was computed: at once, after a remembered
/// prefix, after making room, or after guesses that were taken back.
///
/// # Panics
/// If it does not hold.
pub fn contexts(join: Join<'_>, drafters: &[&DrafterSpec], rounding: f32) {
    for spec in drafters {
        let limits = Limits { chunk: 48, prefixes: 3, ..limits() };
        let mut engine = join(spec, limits);
        let whole = text(spec.model(), 3, 110);
        let rows = spec.block - 1;
        let draft = |engine: &mut Engine, id| engine.draft(&[(id, rows)]).unwrap().remove(0);
        let begin = |engine: &mut Engine, length: usize| {
            let id = engine.add(&whole[..length]).unwrap();
            finish(engine, id);
            engine.push(id, whole[length]).unwrap();
            id
        };
        let id = begin(&mut engine, 105);
        let expect = draft(&mut engine, id);
        assert!(draft(&mut engine, id) == expect, "{}: drafting changes nothing", spec.name);
        engine.cancel(id).unwrap();
        assert!(engine.remembered() > 0);
        let id = begin(&mut engine, 105);
        assert!(draft(&mut engine, id) == expect, "{}: a remembered prefix", spec.name);
        engine.cancel(id).unwrap();

        // 96 tokens at once; the others are verified, some of them twice after wrong ones.
        let id = begin(&mut engine, 96);
        let mut computed = 96;
        for accepted in [1, 3, 2, 3] {
            let mut guesses = whole[computed + 1..computed + 6].to_vec();
            guesses[accepted - 1] = (guesses[accepted - 1] + 1) % spec.model().vocabulary as u32;
            engine.verify(&[(id, &guesses)]).unwrap();
            engine.accept(&[accepted]).unwrap();
            computed += accepted;
            engine.push(id, whole[computed]).unwrap();
            draft(&mut engine, id);
        }
        assert_eq!(computed, 105);
        let found = draft(&mut engine, id);
        for (found, expect) in found.iter().zip(&expect) {
            let worst = difference(found, expect);
            assert!(worst < rounding, "{}: {worst:e}", spec.name);
        }
    }
}

/// What is asked of every text.
pub(super) fn requests(spec: &DrafterSpec, count: u32, most: usize) -> Vec<Request> {
    let sampled = [
        Sampling::default(),
        Sampling { temperature: 0.7, top_p: 0.9, presence: 0.8, repetition: 1.2, ..default() },
        Sampling { temperature: 1.3, top_k: 20, frequency: 0.3, ..default() },
    ];
    let request = |number: u32| Request {
        prompt: text(spec.model(), number, 3 + 11 * (number as usize % 7)),
        sampling: Sampling { seed: number.into(), ..sampled[number as usize % 3].clone() },
        most,
        stops: Vec::new(),
        grammar: (number % 4 == 3).then(|| Box::new(Alternating(number)) as Box<dyn Grammar>),
        logits: false,
    };
    (0..count).map(request).collect()
}

fn default() -> Sampling {
    Sampling::default()
}

/// Even tokens follow odd ones.
#[derive(Clone, Debug)]
struct Alternating(u32);

impl Grammar for Alternating {
    fn mask(&mut self, logits: &mut [f32]) -> kiln_runtime::Result<()> {
        let same = |token: usize| token as u32 % 2 == self.0 % 2;
        let logits = logits.iter_mut().enumerate().filter(|(token, _)| same(*token));
        logits.for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
        Ok(())
    }

    fn advance(&mut self, token: u32) -> kiln_runtime::Result<()> {
        assert_ne!(token % 2, self.0 % 2, "only what is allowed should be chosen");
        self.0 = token;
        Ok(())
    }

    fn fork(&self) -> Box<dyn Grammar> {
        Box::new(self.clone())
    }
}

/// Writes every text, so many at a time as the engine has room for.
///
/// # Panics
/// If the engine refuses.
pub fn write(generator: &mut Generator, requests: &[Request]) -> Vec<Vec<u32>> {
    let ids: Vec<SequenceId> =
        requests.iter().map(|request| generator.add(request.clone()).unwrap()).collect();
    let mut texts: BTreeMap<SequenceId, Vec<u32>> = BTreeMap::new();
    while !generator.is_idle() {
        for written in generator.step().unwrap().into_iter().filter_map(Event::into_written) {
            texts.entry(written.sequence).or_default().push(written.token);
        }
    }
    ids.iter().map(|id| texts.remove(id).unwrap_or_default()).collect()
}

/// Knows the texts, and is wrong now and then.
struct Known {
    texts: Vec<Vec<u32>>,
    random: ChaCha8Rng,
    vocabulary: u32,
}

impl Known {
    fn of(requests: &[Request], texts: &[Vec<u32>], vocabulary: usize) -> Box<Self> {
        let whole = requests.iter().zip(texts).map(|(of, text)| [&of.prompt[..], text].concat());
        let random = ChaCha8Rng::seed_from_u64(5);
        Box::new(Self { texts: whole.collect(), random, vocabulary: vocabulary as u32 })
    }
}

impl Guess for Known {
    fn guess(&mut self, text: &[u32], most: usize) -> Vec<u32> {
        let Some(known) = self.texts.iter().find(|known| known.starts_with(text)) else {
            return Vec::new();
        };
        let next = known[text.len()..].iter().take(most);
        next.map(|token| (token + u32::from(self.random.random_bool(0.1))) % self.vocabulary)
            .collect()
    }
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Texts for each setting.
    pub texts: u32,
    /// Tokens of each.
    pub tokens: usize,
    /// Random schedules of cancellation.
    pub schedules: u64,
}

impl Effort {
    /// What every run of the tests takes.
    pub const SHORT: Self = Self { texts: 6, tokens: 20, schedules: 25 };

    /// What a long run takes.
    pub const LONG: Self = Self { texts: 200, tokens: 48, schedules: 5000 };
}

/// Texts are the same with guesses and without, whoever guesses how much, alone and in company;
/// returns what came of the guesses of each setting.
///
/// # Panics
/// If it does not hold.
pub fn exactness(join: Join<'_>, drafters: &[DrafterSpec], effort: Effort) -> Vec<String> {
    let mut report = Vec::new();
    for spec in drafters {
        let requests = requests(spec, effort.texts, effort.tokens);
        let alone = Limits { sequences: 1, ..limits() };
        let expect = write(&mut Generator::new(join(spec, alone)), &requests);
        assert!(expect.iter().all(|text| text.len() == effort.tokens));
        for batch in [1, 4] {
            let limits = Limits { sequences: batch, ..limits() };
            for tokens in [1, 4, 8, 15].map(Tokens::Fixed).into_iter().chain([Tokens::Auto]) {
                for known in [false, true] {
                    let vocabulary = spec.model().vocabulary;
                    let source = match known {
                        true => Source::Other(Known::of(&requests, &expect, vocabulary)),
                        false => Source::Drafter,
                    };
                    let speculation = Speculation { source, tokens };
                    let mut generator =
                        Generator::speculating(join(spec, limits), speculation).unwrap();
                    let found = write(&mut generator, &requests);
                    let setting =
                        format!("{}, {tokens:?}, batch {batch}, known {known}", spec.name);
                    assert!(found == expect, "{setting}: some text is another");
                    let tally = generator.tally().unwrap();
                    let mean = tally.tokens_per_cycle();
                    // Guesses that are nearly always right have to be of use.
                    let most = match tokens {
                        Tokens::Fixed(count) => count,
                        Tokens::Auto => 3,
                    };
                    let least = if known { 1.0 + 0.45 * most as f64 } else { 1.0 };
                    let least = if most > 4 { least.min(3.5) } else { least };
                    assert!(!known || mean.is_some_and(|mean| mean > least), "{setting}: {mean:?}");
                    report.push(format!("{setting}: {:.2}", mean.unwrap_or(0.0)));
                }
            }
        }
    }
    report
}

/// A text ends with its stop and at its length, whatever was guessed after that.
///
/// # Panics
/// If it does not hold.
pub fn ends(join: Join<'_>) {
    let spec = &DRAFTERS[0];
    let mut all = requests(spec, 3, 30);
    let alone = Limits { sequences: 1, ..limits() };
    let expect = write(&mut Generator::new(join(spec, alone)), &all);
    for (request, text) in all.iter_mut().zip(&expect) {
        request.stops = vec![text[17]];
        request.most = 25;
    }
    let plain = write(&mut Generator::new(join(spec, alone)), &all);
    for count in [3, 31] {
        let known = Source::Other(Known::of(&all, &expect, spec.model().vocabulary));
        let speculation = Speculation { source: known, tokens: Tokens::Fixed(count) };
        let mut generator = Generator::speculating(join(spec, limits()), speculation).unwrap();
        assert!(write(&mut generator, &all) == plain);
        assert_eq!(generator.engine().free().1, 4, "every slot is free");
    }
    // The longest text that there is room for.
    let mut long = requests(spec, 1, 1000);
    long[0].prompt = text(spec.model(), 1, 240);
    let plain = write(&mut Generator::new(join(spec, alone)), &long);
    assert_eq!(plain[0].len(), 17);
    let speculation = Speculation::drafter(Tokens::Fixed(15));
    let mut generator = Generator::speculating(join(spec, alone), speculation).unwrap();
    assert!(write(&mut generator, &long) == plain);
}

/// Texts may be begun and ended between any two steps of a turn: nothing stays behind, and no other
/// text changes. Returns how many texts were ended where.
///
/// # Panics
/// If it does not hold.
pub fn cancelling_turns(join: Join<'_>, effort: Effort) -> String {
    let spec = &DRAFTERS[1];
    // Tight enough that texts have to make room for one another now and then.
    let limits = Limits { sequences: 3, context: 128, cached: 224, chunk: 16, prefixes: 2 };
    let requests = requests(spec, 7, 14);
    let expect = write(&mut Generator::new(join(spec, limits)), &requests);
    let known = Known::of(&requests, &expect, spec.model().vocabulary);
    let sources = [Source::Drafter, Source::Other(known)];
    let (mut finished, mut ended) = (0, BTreeMap::new());
    for (source, seeds) in sources.into_iter().zip([0, 1]) {
        let speculation = Speculation { source, tokens: Tokens::Fixed(5) };
        let mut engine = join(spec, limits);
        engine.forget().unwrap();
        let free = engine.free();
        let mut generator = Generator::speculating(engine, speculation).unwrap();
        for schedule in 0..effort.schedules.div_ceil(2) {
            let mut random = ChaCha8Rng::seed_from_u64(2 * schedule + seeds);
            let mut running: BTreeMap<SequenceId, (usize, Vec<u32>)> = BTreeMap::new();
            let mut left = 6;
            while left > 0 || !running.is_empty() {
                if left > 0 && random.random_bool(0.3) {
                    let which = random.random_range(0..requests.len());
                    running
                        .insert(generator.add(requests[which].clone()).unwrap(), (which, vec![]));
                    left -= 1;
                }
                if !running.is_empty() && random.random_bool(0.08) {
                    let at = random.random_range(0..running.len());
                    let id = *running.keys().nth(at).unwrap();
                    generator.cancel(id).unwrap();
                    *ended.entry(generator.stage()).or_insert(0u64) += 1;
                    let (which, text) = running.remove(&id).unwrap();
                    assert!(expect[which].starts_with(&text), "schedule {schedule}");
                }
                if running.is_empty() {
                    continue;
                }
                let events = generator.advance().unwrap().into_iter();
                for Written { sequence, token, ended, .. } in events.filter_map(Event::into_written)
                {
                    running.get_mut(&sequence).unwrap().1.push(token);
                    if ended.is_some() {
                        let (which, text) = running.remove(&sequence).unwrap();
                        assert!(text == expect[which], "schedule {schedule}: text {which}");
                        finished += 1;
                    }
                }
            }
            while !generator.is_between() {
                assert_eq!(generator.advance().unwrap(), []);
            }
            generator.forget().unwrap();
            assert_eq!(generator.engine().free(), free, "schedule {schedule}");
        }
    }
    assert!(finished as u64 > effort.schedules, "{finished} texts came to their end");
    for stage in [Stage::Between, Stage::Accepted, Stage::Drafted, Stage::Verified] {
        let ended = ended.get(&stage).copied().unwrap_or(0);
        assert!(ended >= effort.schedules / 8, "{ended} texts were ended at {stage:?}");
    }
    format!("{finished} texts came to their end; ended before, by what was done last: {ended:?}")
}
