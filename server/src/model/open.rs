//! A checkpoint and a bundle become an engine.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use kiln_cache::bundle::Bundle;
use kiln_runtime::device;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::{Checkpoint, Progress};

use super::arguments::Model;
use crate::output;

/// Times between two lines of progress.
const REPORTED_EVERY: Duration = Duration::from_secs(1);

/// A drafter that the model is joined with.
#[derive(Clone, Copy)]
pub(super) struct Drafter<'a> {
    pub(super) directory: &'a Path,
    /// Whether its weights are quantised to bytes.
    pub(super) int8: bool,
}

/// Opens everything and loads the weights; `limits` makes the limits from the configuration's
/// largest context.
pub(super) fn open(
    arguments: &Model,
    drafter: Option<Drafter<'_>>,
    limits: Limits,
) -> anyhow::Result<(Engine, Checkpoint)> {
    let mut checkpoint = Checkpoint::open(&arguments.model)?;
    if let Some(drafter) = drafter {
        checkpoint.join(drafter.directory)?;
        if drafter.int8 {
            checkpoint.quantise_drafter()?;
        }
    }
    let bundle = Bundle::open(&arguments.bundle)?;
    let serving = Serving::of(&bundle, arguments.page)
        .with_context(|| arguments.bundle.display().to_string())?;
    let target = bundle.manifest().target.clone();
    let device = device::open(arguments.device.into(), Some(&target))?;
    let mut loading = Loading::default();
    let mut report = |progress| loading.report(progress);
    let engine = Engine::load(device, bundle, &checkpoint, serving, limits, &mut report)
        .with_context(|| arguments.bundle.display().to_string())?;
    let took = loading.started.map_or(Duration::ZERO, |started| started.elapsed());
    output::note(&format!("{}; loaded in {:.1} s", engine.model().usage(), took.as_secs_f64()));
    Ok((engine, checkpoint))
}

/// Lines of progress while weights are loaded.
#[derive(Default)]
struct Loading {
    started: Option<Instant>,
    last: Option<Instant>,
}

impl Loading {
    fn report(&mut self, progress: Progress) {
        let now = Instant::now();
        let started = *self.started.get_or_insert(now);
        if now.duration_since(*self.last.get_or_insert(now)) < REPORTED_EVERY {
            return;
        }
        self.last = Some(now);
        let (done, total) = (progress.bytes as f64 / 1e9, progress.total as f64 / 1e9);
        let rate = done / now.duration_since(started).as_secs_f64();
        output::note(&format!("weights: {done:.1} of {total:.1} GB, {rate:.2} GB/s"));
    }
}
