//! A backend without a model: it says what a script says, as fast or as slowly as it is told, and
//! fails when it is told to. For tests, and for measuring everything that is not the model.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::backend::{Backend, Capacity, Event, Fault, Occupancy};
use super::job::{Ended, Job, JobId, Logprobs, Token};
use super::script::Script;
use crate::text::tokenizer::Tokenizer;

/// Tokens of a prompt that are read in a step.
const CHUNK: usize = 512;

/// What a fake backend is told, while it runs.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    /// Tokens of prompts that are read in a second; 0 is at once.
    pub(crate) prefill: AtomicU64,
    /// Steps in a second; 0 is at once.
    pub(crate) decode: AtomicU64,
    /// Tokens that are said to be drafted of each text in each step, of which half are accepted.
    pub(crate) drafts: AtomicU64,
    /// Tokens of each prompt that are said to be remembered.
    pub(crate) remembered: AtomicU64,
    /// Whether the logarithm of each token's probability is the time, see [`stamp`].
    pub(crate) stamped: AtomicBool,
    /// Whether the current step does not end.
    pub(crate) stalled: AtomicBool,
    /// Whether the next step fails, once.
    pub(crate) failing: AtomicBool,
    /// Whether the next step fails for good.
    pub(crate) broken: AtomicBool,
    /// Whether the next step panics, once.
    pub(crate) mistaken: AtomicBool,
    /// Whether no backend can be made.
    pub(crate) unmade: AtomicBool,
    /// Whether the making of a backend does not end.
    pub(crate) loading: AtomicBool,
    /// The step, counted from 1, that does not end; 0 is none.
    stalls: u64,
    /// The step that fails for good; 0 is none.
    breaks: u64,
}

/// A fake backend's description, in any order and any part:
/// `slots=4,context=4096,cached=16384,prefill=1000,decode=50,drafts=8,remembered=64,stamped=1,stalls=9,breaks=9`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) capacity: Capacity,
    prefill: u64,
    decode: u64,
    drafts: u64,
    remembered: u64,
    stamped: bool,
    stalls: u64,
    breaks: u64,
}

impl Default for Spec {
    fn default() -> Self {
        let capacity = Capacity { slots: 32, context: 262_144, cached: 1 << 20 };
        let (stalls, breaks) = (0, 0);
        Self {
            capacity,
            prefill: 0,
            decode: 0,
            drafts: 0,
            remembered: 0,
            stamped: false,
            stalls,
            breaks,
        }
    }
}

impl std::str::FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut spec = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let read = pair.split_once('=').and_then(|(name, n)| Some((name, n.parse().ok()?)));
            let (name, number): (_, u64) = read.ok_or("expected NAME=NUMBER,…")?;
            let size = usize::try_from(number).map_err(|_| "the number is too large")?;
            match name {
                "slots" => spec.capacity.slots = size.max(1),
                "context" => spec.capacity.context = size,
                "cached" => spec.capacity.cached = size,
                "prefill" => spec.prefill = number,
                "decode" => spec.decode = number,
                "drafts" => spec.drafts = number,
                "remembered" => spec.remembered = number,
                "stamped" => spec.stamped = number > 0,
                "stalls" => spec.stalls = number,
                "breaks" => spec.breaks = number,
                _ => return Err(format!("unknown name {name}")),
            }
        }
        Ok(spec)
    }
}

impl Spec {
    /// How fast the backend is.
    pub(crate) fn controls(&self) -> Controls {
        Controls {
            prefill: AtomicU64::new(self.prefill),
            decode: AtomicU64::new(self.decode),
            drafts: AtomicU64::new(self.drafts),
            remembered: AtomicU64::new(self.remembered),
            stalls: self.stalls,
            breaks: self.breaks,
            stamped: AtomicBool::new(self.stamped),
            ..Controls::default()
        }
    }
}

/// A backend without a model.
pub(crate) struct Fake {
    tokenizer: Tokenizer,
    capacity: Capacity,
    controls: Arc<Controls>,
    texts: BTreeMap<JobId, Text>,
    /// Whether the next prompt to read is the shortest, and not the oldest.
    shortest: bool,
    /// When the last step was due.
    due: Instant,
    /// Steps so far.
    steps: u64,
}

struct Text {
    script: Script,
    /// Tokens of the prompt that are not read.
    unread: usize,
    prompt: usize,
    /// Tokens of the prompt that were remembered, until that is told.
    remembered: Option<usize>,
    written: usize,
    job: Job,
    held: bool,
}

impl Fake {
    /// Nothing is written yet.
    ///
    /// # Errors
    /// If it is told that it cannot be made.
    pub(crate) fn make(
        tokenizer: &Tokenizer,
        capacity: Capacity,
        controls: &Arc<Controls>,
    ) -> anyhow::Result<Box<dyn Backend>> {
        if controls.unmade.load(Ordering::Acquire) {
            anyhow::bail!("it was told not to be made");
        }
        while controls.loading.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        let (tokenizer, controls) = (tokenizer.clone(), Arc::clone(controls));
        let (texts, due) = (BTreeMap::new(), Instant::now());
        Ok(Box::new(Self { tokenizer, capacity, controls, texts, shortest: false, due, steps: 0 }))
    }

    /// Reads the next piece of a prompt.
    fn prefill(&mut self) {
        let unread = self.texts.values_mut().filter(|text| text.unread > 0);
        let text = match self.shortest {
            true => unread.min_by_key(|text| text.unread),
            false => unread.min_by_key(|_| 0),
        };
        self.shortest = !self.shortest;
        if let Some(text) = text {
            let piece = text.unread.min(CHUNK);
            text.unread -= piece;
            let rate = self.controls.prefill.load(Ordering::Relaxed);
            if rate > 0 {
                self.sleep(Duration::from_secs_f64(piece as f64 / rate as f64));
            }
        }
    }

    /// Waits until the next step is due. Steps are as regular as the clock, so that what is late
    /// once does not make everything after it late; steps that were missed are left out.
    fn wait(&mut self) {
        let rate = self.controls.decode.load(Ordering::Relaxed);
        let now = Instant::now();
        let span =
            if rate > 0 { Duration::from_secs_f64(1.0 / rate as f64) } else { Duration::ZERO };
        let next = self.due + span;
        self.due = if next < now { now + span } else { next };
        self.sleep(self.due - now);
    }

    /// Sleeps, and goes on sleeping while it is stalled.
    fn sleep(&self, span: Duration) {
        thread::sleep(span);
        while self.controls.stalled.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What is to happen in the step that begins.
    fn count(&mut self) {
        self.steps += 1;
        if self.steps == self.controls.stalls {
            self.controls.stalled.store(true, Ordering::Release);
        }
        if self.steps == self.controls.breaks {
            self.controls.broken.store(true, Ordering::Release);
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        let fatal = self.controls.broken.load(Ordering::Acquire);
        (fatal || self.controls.failing.swap(false, Ordering::AcqRel)).then(|| {
            self.texts.clear();
            Fault { why: "it was told to fail".into(), fatal }
        })
    }
}

impl Text {
    fn next(&mut self, stamped: bool) -> Result<Token, String> {
        let may_end = self.written >= self.job.least;
        let id = self.script.next(&self.job.stops, may_end, self.job.constraint.as_mut())?;
        let made = |alternatives: usize| {
            let others = (0..alternatives).map(|at| (id.wrapping_add(at as u32), -0.1 - at as f32));
            let chosen = if stamped { -stamp() } else { -0.1 };
            Box::new(Logprobs { chosen, top: others.collect() })
        };
        Ok(Token { id, logprobs: self.job.logprobs.map(made) })
    }
}

/// The microseconds of the last ten seconds, all of which 32 bits hold: whoever reads a token on
/// this machine knows how long it took to come.
fn stamp() -> f32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_micros() % 10_000_000) as f32
}

impl Backend for Fake {
    fn begin(&mut self, id: JobId, job: Job) -> Result<(), String> {
        let script = Script::new(&self.tokenizer, &job);
        let prompt = job.prompt.len();
        let known = self.controls.remembered.load(Ordering::Relaxed) as usize;
        // The last token is read in any case: the answer follows from it.
        let known = known.min(prompt.saturating_sub(1));
        let (unread, remembered) = (prompt - known, Some(known));
        let text = Text { script, unread, prompt, remembered, written: 0, job, held: false };
        self.texts.insert(id, text);
        Ok(())
    }

    fn cancel(&mut self, id: JobId) {
        self.texts.remove(&id);
    }

    fn hold(&mut self, id: JobId, held: bool) {
        if let Some(text) = self.texts.get_mut(&id) {
            text.held = held;
        }
    }

    fn step(&mut self) -> Result<Vec<Event>, Fault> {
        self.count();
        self.prefill();
        self.wait();
        assert!(!self.controls.mistaken.swap(false, Ordering::AcqRel), "it was told to panic");
        if let Some(fault) = self.fault() {
            return Err(fault);
        }
        let stamped = self.controls.stamped.load(Ordering::Relaxed);
        let mut events = Vec::new();
        let ready = self.texts.iter_mut().filter(|(_, text)| text.unread == 0 && !text.held);
        let drafted = self.controls.drafts.load(Ordering::Relaxed) as usize;
        for (id, text) in ready {
            events.extend(text.remembered.take().map(|known| Event::Read(*id, known)));
            if drafted > 0 {
                events.push(Event::Drafted { id: *id, drafted, accepted: drafted / 2 });
            }
            match text.next(stamped) {
                Err(why) => events.push(Event::Failed(*id, why)),
                Ok(token) if text.job.stops.contains(&token.id) => {
                    events.push(Event::Ended(*id, Ended::Stop(token.id)));
                }
                Ok(token) => {
                    text.written += 1;
                    events.push(Event::Token(*id, token));
                    if text.written >= text.job.most {
                        events.push(Event::Ended(*id, Ended::Length));
                    }
                }
            }
        }
        for event in &events {
            if let Event::Ended(id, _) | Event::Failed(id, _) = event {
                self.texts.remove(id);
            }
        }
        Ok(events)
    }

    fn occupancy(&self) -> Occupancy {
        let tokens: usize = self.texts.values().map(|text| text.prompt + text.written).sum();
        let cache = tokens as f64 / self.capacity.cached.max(1) as f64;
        Occupancy { slots: self.texts.len(), cache }
    }
}
