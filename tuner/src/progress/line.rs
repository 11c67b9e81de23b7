//! One line of progress: a stage, its bar, and what is worth knowing of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Event, Progress, Stage};

/// Least time between two plain lines of a stage.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// A stage in progress. It ends when it is dropped.
pub struct Line {
    progress: Progress,
    bar: ProgressBar,
    stage: Stage,
    state: Mutex<State>,
}

struct State {
    counts: BTreeMap<String, u64>,
    note: String,
    printed: Instant,
}

impl Line {
    pub(super) fn new(progress: Progress, bar: ProgressBar, stage: Stage) -> Self {
        let template = match bar.length() {
            Some(0) | None => "  {prefix:<9} {msg}",
            Some(_) => "  {prefix:<9} {bar:24.cyan/dim}  {pos}/{len}   {msg}   eta {eta}",
        };
        let style = ProgressStyle::with_template(template).expect("the template should be valid");
        bar.set_style(style.progress_chars("━╸━"));
        bar.set_prefix(stage.name());
        let state = State { counts: BTreeMap::new(), note: String::new(), printed: Instant::now() };
        Self { progress, bar, stage, state: Mutex::new(state) }
    }

    /// Notes finished steps.
    pub fn advance(&self, steps: u64) {
        self.bar.inc(steps);
        self.refresh();
    }

    /// Notes one more of something that is counted beside the bar: `aborted`, `spilled`.
    pub fn count(&self, what: &str) {
        self.change(|state| *state.counts.entry(what.to_owned()).or_default() += 1);
    }

    /// Replaces the text at the end of the line: `round 3/5 · 38 live · best 41.2 µs`.
    pub fn note(&self, text: &str) {
        self.change(|state| text.clone_into(&mut state.note));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.refresh();
    }

    /// Redraws the live line, or prints a plain one if the last was long enough ago.
    fn refresh(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.progress.is_live() {
            return self.bar.set_message(state.message());
        }
        if state.printed.elapsed() >= PLAIN_INTERVAL {
            state.printed = Instant::now();
            let text = self.plain(&state);
            drop(state);
            self.progress.say(&text);
        }
    }

    /// `  compile   181/231   4 aborted  12 spilled`
    fn plain(&self, state: &State) -> String {
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let steps = if of == 0 { String::new() } else { format!("{done}/{of}   ") };
        format!("  {:<9} {steps}{}", self.stage.name(), state.message()).trim_end().to_owned()
    }
}

impl State {
    fn message(&self) -> String {
        let mut text = String::new();
        for (what, count) in &self.counts {
            // Writing to a string cannot fail.
            let _ = write!(text, "{count} {what}  ");
        }
        text + &self.note
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.plain(&state);
        let counts = state.counts.clone();
        drop(state);
        self.bar.finish_and_clear();
        self.progress.say(&text);
        let done = self.bar.position();
        self.progress.event(&Event::StageFinished { stage: self.stage, done, counts });
    }
}
