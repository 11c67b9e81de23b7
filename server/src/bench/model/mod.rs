//! `kiln bench --model`: prefill and decode of a whole model.
//!
//! What is timed is the list of launches that the engine issues for a batch, with the tables that it
//! hands over; nothing is estimated from single operations. Without a checkpoint numbers of no
//! meaning stand in for the weights, which changes no launch.
//!
//! | file | noun |
//! |---|---|
//! | `arguments` | flags |
//! | `point` | steps that are timed, and their batches |
//! | `clock` | how long launches take |
//! | `work` | what a launch has to move and to compute |
//! | `operations` | a step's time by operation |
//! | `published` | what others measured, for cycles to stand beside |
//! | `report` | tables and JSON |

pub(crate) mod arguments;
mod clock;
mod operations;
mod point;
mod published;
mod report;
mod work;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use kiln_cache::bundle::Bundle;
use kiln_runtime::device::{SimDevice, open};
use kiln_runtime::model::config::{DrafterConfig, ModelConfig};
use kiln_runtime::plan::{Forms, Limits, LoadedModel, Serving, StandIns};
use kiln_runtime::weights::Checkpoint;
use kiln_targets::Target;

use super::measure::median;
use crate::Found;
use crate::cli::{Bench, DeviceName};
use crate::output::note;
use arguments::Whole;
use clock::{Ceilings, Clock};
use operations::Collector;
use point::{Cut, Guesser, Point};
use report::{Report, Step};

/// Tokens before a step that all of its texts may have together; steps with more are left out.
const MOST_CACHED: u64 = 1 << 20;
/// Prompts and contexts where times are modelled, the first [`MEASURED`] of them elsewhere.
const PROMPTS: [u64; 4] = [512, 2048, 8192, 32768];
const CONTEXTS: [u64; 4] = [0, 4096, 32768, 131_072];
const MEASURED: usize = 2;
/// Time for the samples of a step; there are fewer where it is used up, but at least one.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Where a model's sizes, and perhaps its weights, come from.
enum Source {
    Checkpoint(Box<Checkpoint>),
    Sizes(Box<StandIns>),
}

impl Source {
    /// A directory with weights, or a configuration alone.
    fn open(path: &Path, whole: &Whole) -> anyhow::Result<Self> {
        let weights = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.path().extension().is_some_and(|of| of == "safetensors"))
        };
        let stored = path.is_dir() && path.read_dir().is_ok_and(|mut all| all.any(weights));
        if stored {
            let mut checkpoint = Checkpoint::open(path)?;
            if let Some(drafter) = &whole.drafter {
                checkpoint.join(drafter)?;
                checkpoint.quantise_drafter(whole.drafter_quant)?;
            }
            checkpoint.quantise_head(whole.head)?;
            if let Some(head) = whole.draft_head {
                checkpoint.quantise_draft_head(head)?;
            }
            if whole.mtp {
                checkpoint.predict()?;
            }
            if let Some(file) = &whole.weights {
                checkpoint.keep_prepared(file.clone());
            }
            return Ok(Self::Checkpoint(Box::new(checkpoint)));
        }
        let config = ModelConfig::open(path)?;
        let drafter = whole.drafter.as_ref().map(|path| DrafterConfig::open(path, &config));
        let sizes = StandIns::new(config.clone()).with_head(whole.head);
        let sizes = sizes.with_draft_head(whole.draft_head);
        Ok(Self::Sizes(Box::new(match drafter.transpose()? {
            Some(drafter) => sizes.with_drafter(drafter, whole.drafter_quant),
            None if whole.mtp => sizes.predicting(),
            None => sizes,
        })))
    }

    fn config(&self) -> &ModelConfig {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.config(),
            Self::Sizes(sizes) => sizes.config(),
        }
    }

    fn forms(&self) -> &dyn Forms {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.as_ref(),
            Self::Sizes(sizes) => sizes.as_ref(),
        }
    }
}

/// A model on a device whose steps are timed.
struct Bencher {
    clock: Clock,
    model: LoadedModel,
    source: Source,
    chunk: u64,
    samples: u32,
}

/// Times the steps that are asked for.
pub(super) fn bench(arguments: &Bench, path: &Path) -> anyhow::Result<Found> {
    let whole = &arguments.whole;
    let source = Source::open(path, whole)?;
    let bundle = Bundle::open(&arguments.file)?;
    let target = bundle.manifest().target.clone();
    let serving = Serving::of(&bundle, whole.page)?;
    let mut clock = match arguments.device {
        DeviceName::Sim => {
            let device = Box::new(SimDevice::new(Target::builtin(&target)?)?);
            Clock::Modelled { device, known: HashMap::new() }
        }
        other => Clock::Measured(open(other.into(), Some(&target))?),
    };
    let modelled = clock.device().describe().modelled;
    let points = points(whole, modelled);
    let positions = source.config().positions as u64;
    let fits = |point: &Point| {
        let [texts, length] = point.extent();
        length <= positions && texts * length.saturating_sub(1) <= MOST_CACHED
    };
    let all = points.iter().chain(&whole.operations).filter(|point| fits(point));
    let limits = limits(all, whole.chunk, serving.page);
    let device = clock.device();
    let model = match &source {
        Source::Checkpoint(checkpoint) => {
            LoadedModel::load(device, bundle, checkpoint, serving, &limits, &mut |_| {})
        }
        Source::Sizes(sizes) => LoadedModel::stand_in(device, bundle, sizes, serving, &limits),
    };
    let model = model.with_context(|| arguments.file.display().to_string())?;
    if !modelled {
        model.pretend(device)?;
    }
    let weights = matches!(source, Source::Checkpoint(_));
    let mut report = Report::new(device.describe(), &target, (&model, weights, whole.chunk));
    let (chunk, samples) = (whole.chunk, arguments.samples);
    let mut bencher = Bencher { clock, model, source, chunk, samples };
    for point in points.into_iter().filter(fits) {
        report.add(bencher.time(point)?);
    }
    let ceilings = bencher.clock.ceilings()?;
    for point in &whole.operations {
        if fits(point) {
            report.explain(bencher.operations(*point, &ceilings)?);
        } else {
            note(&format!("{point} is left out: it is too long for the model or its cache"));
        }
    }
    report.print(arguments.json)?;
    Ok(Found::Nothing)
}

/// Every step of the tables.
fn points(whole: &Whole, modelled: bool) -> Vec<Point> {
    let count = |all: usize| if modelled { all } else { MEASURED };
    let prompts = whole.prompts.as_deref().unwrap_or(&PROMPTS[..count(PROMPTS.len())]);
    let contexts = whole.contexts.as_deref().unwrap_or(&CONTEXTS[..count(CONTEXTS.len())]);
    let mut points: Vec<Point> =
        prompts.iter().map(|tokens| Point::Prefill { tokens: *tokens }).collect();
    for past in contexts.iter().copied() {
        let rows = whole.rows.iter().copied();
        points.extend(
            rows.flat_map(|rows| {
                [Point::Decode { texts: rows, past }, Point::Verify { rows, past }]
            }),
        );
        if whole.drafter.is_some() || whole.mtp {
            points.extend(whole.guesses.iter().map(|of| Point::Cycle { guesses: *of, past }));
        }
    }
    points.sort_unstable();
    points.dedup();
    points
}

/// Limits that hold every step.
fn limits<'p>(points: impl Iterator<Item = &'p Point>, chunk: u64, page: u64) -> Limits {
    let mut limits = Limits { chunk, ..Limits::single(1) };
    for point in points {
        let [texts, length] = point.extent();
        limits.sequences = limits.sequences.max(texts);
        limits.context = limits.context.max(length);
        limits.cached = limits.cached.max(texts * length.next_multiple_of(page));
    }
    limits
}

impl Bencher {
    /// The time of a step: a median where it is measured.
    fn time(&mut self, point: Point) -> anyhow::Result<Step> {
        let modelled = self.clock.device().describe().modelled;
        let samples = if modelled { 1 } else { self.samples };
        let started = Instant::now();
        let mut taken = Vec::new();
        if !modelled && !matches!(point, Point::Prefill { .. }) {
            self.once(point)?;
        }
        while taken.is_empty() || taken.len() < samples as usize && started.elapsed() < TIME_LIMIT {
            taken.push(self.once(point)?);
        }
        taken.sort_by(f64::total_cmp);
        let seconds = median(&taken).unwrap_or(f64::NAN) / 1e6;
        let tokens_per_second = point.tokens() as f64 / seconds;
        Ok(Step { step: point, seconds, tokens_per_second })
    }

    /// How steps are cut.
    fn cut(&self) -> Cut {
        let (chunk, page) = (self.chunk, self.model.serving().page);
        Cut { chunk, page, guesser: self.guesser(), follows: self.model.follows() }
    }

    /// Who guesses.
    fn guesser(&self) -> Guesser {
        let config = self.model.config();
        match (config.predicts, config.guesses()) {
            (true, _) => Guesser::Head,
            (false, true) => Guesser::Drafter,
            (false, false) => Guesser::Nobody,
        }
    }

    /// Microseconds of a step.
    fn once(&mut self, point: Point) -> anyhow::Result<f64> {
        let mut us = 0.0;
        for (pass, batch) in point.passes(self.cut()) {
            let forms = self.source.forms();
            let issued = self.model.issued(self.clock.device(), forms, pass, &batch)?;
            us += self.clock.whole(&self.model, &batch, &issued)?;
        }
        Ok(us)
    }

    /// The time of each operation of a step.
    fn operations(
        &mut self,
        point: Point,
        ceilings: &Ceilings,
    ) -> anyhow::Result<operations::Operations> {
        let host = self.clock.device().describe().backend == "host";
        let mut collector = Collector::default();
        for (pass, batch) in point.passes(self.cut()) {
            let forms = self.source.forms();
            let issued = self.model.issued(self.clock.device(), forms, pass, &batch)?;
            let times = self.clock.each(&self.model, &batch, &issued)?;
            collector.add(&issued, &times, &batch, (ceilings, host));
        }
        Ok(collector.finish(point))
    }
}
