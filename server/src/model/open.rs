//! A checkpoint and a bundle become an engine.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use kiln_cache::bundle::Bundle;
use kiln_cache::operations::Precision;
use kiln_runtime::device;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::{Checkpoint, Progress, Way};

use super::arguments::Model;
use super::stats;
use crate::output;

/// Times between two lines of progress.
const REPORTED_EVERY: Duration = Duration::from_secs(1);

/// How a model was opened.
#[derive(Clone, Copy)]
pub(crate) struct Opening {
    /// Time to find the kernels, take the memory and bring the weights into it.
    pub(crate) loading: Duration,
    /// Time from the program's beginning until everything was ready.
    pub(crate) ready: Duration,
}

/// Who guesses tokens ahead, and with which head.
#[derive(Clone, Copy)]
pub(crate) struct Guesser<'a> {
    pub(crate) who: Who<'a>,
    /// What guesses read in place of the head; `None` is the head itself.
    pub(crate) head: Option<Precision>,
}

/// Who guesses.
#[derive(Clone, Copy)]
pub(crate) enum Who<'a> {
    /// A drafter that the model is joined with.
    Drafter {
        directory: &'a Path,
        /// What its linear layers become.
        precision: Precision,
    },
    /// The model's own prediction head.
    Head,
}

/// Opens everything and loads the weights; `limits` makes the limits from the configuration's
/// largest context.
pub(crate) fn open(
    arguments: &Model,
    guesser: Option<Guesser<'_>>,
    limits: Limits,
) -> anyhow::Result<(Engine, Checkpoint, Opening)> {
    let mut checkpoint = Checkpoint::open(&arguments.model)?;
    match guesser.map(|of| of.who) {
        Some(Who::Drafter { directory, precision }) => {
            checkpoint.join(directory)?;
            checkpoint.quantise_drafter(precision)?;
        }
        Some(Who::Head) => {
            checkpoint.predict().with_context(|| arguments.model.display().to_string())?;
        }
        None => {}
    }
    checkpoint.quantise_head(arguments.head)?;
    if let Some(head) = guesser.and_then(|of| of.head) {
        checkpoint.quantise_draft_head(head)?;
    }
    if let Some(file) = &arguments.weights {
        checkpoint.keep_prepared(file.clone());
    }
    let bundle = Bundle::open(&arguments.bundle)?;
    let serving = Serving::of(&bundle, arguments.page)
        .with_context(|| arguments.bundle.display().to_string())?;
    let target = bundle.manifest().target.clone();
    let device = device::open(arguments.device.into(), Some(&target))?;
    let started = Instant::now();
    let mut progress = Loading { started, last: started };
    let mut report = |now| progress.report(now);
    let engine = Engine::load(device, bundle, &checkpoint, serving, limits, &mut report)
        .with_context(|| arguments.bundle.display().to_string())?;
    let loading = started.elapsed();
    let how = way(engine.model().way());
    output::note(&format!("{}; {how} in {:.2} s", engine.model().usage(), loading.as_secs_f64()));
    Ok((engine, checkpoint, Opening { loading, ready: stats::elapsed() }))
}

/// How weights came into memory, in words.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::Loaded => "loaded",
        Way::Prepared => "prepared and mapped",
        Way::Mapped => "mapped",
    }
}

/// Lines of progress while weights are loaded.
struct Loading {
    started: Instant,
    last: Instant,
}

impl Loading {
    fn report(&mut self, progress: Progress) {
        let now = Instant::now();
        if now.duration_since(self.last) < REPORTED_EVERY {
            return;
        }
        self.last = now;
        let (done, total) = (progress.bytes as f64 / 1e9, progress.total as f64 / 1e9);
        let rate = done / now.duration_since(self.started).as_secs_f64();
        output::note(&format!("weights: {done:.1} of {total:.1} GB, {rate:.2} GB/s"));
    }
}
