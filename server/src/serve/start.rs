//! An engine with everything around it.

use std::sync::Arc;
use std::time::Duration;

use kiln_cache::bundle::Bundle;
use kiln_runtime::plan::Limits;
use kiln_runtime::weights::Checkpoint;

use super::arguments::Serve;
use super::banner::Said;
use super::{drafter, find};
use crate::api::app::{App, Settings, Texts};
use crate::cli::DeviceName;
use crate::engine::fake::{Fake, Spec};
use crate::engine::real::Real;
use crate::engine::{Bounds, Capacity, Engine, Rebuild};
use crate::metrics::Metrics;
use crate::model::arguments::Model;

/// Tokens of the longest conversation unless told; models may have fewer.
const CONTEXT: u64 = 32_768;

/// Starts to load a model. What is wrong with the files is said at once; weights are loaded
/// meanwhile.
pub(super) fn start(arguments: &Serve, keys: Vec<String>) -> anyhow::Result<(App, Said)> {
    let settings = settings(arguments, keys);
    let name = settings.names.first().map_or("", String::as_str);
    let metrics = Arc::new(Metrics::new(name));
    let bounds = Bounds {
        waiting: arguments.max_waiting,
        step: Duration::from_secs(arguments.step_limit),
        ..Bounds::default()
    };
    let (engine, texts, said) = match &arguments.fake {
        Some(spec) => fake(arguments, spec, bounds, &metrics)?,
        None => real(arguments, bounds, &metrics)?,
    };
    Ok((App::new(engine, texts, settings, metrics), said))
}

fn settings(arguments: &Serve, keys: Vec<String>) -> Settings {
    Settings {
        names: arguments.names(),
        keys,
        origins: arguments.cors_origin.clone(),
        compat: arguments.compat,
        pictures: arguments.images,
        body: (arguments.max_body as usize) << 20,
        ..Settings::default()
    }
}

fn fake(
    arguments: &Serve,
    spec: &Spec,
    bounds: Bounds,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<(Engine, Texts, Said)> {
    let texts = Texts::open(&arguments.model, &[])?;
    let (tokenizer, controls) = (texts.tokenizer.clone(), Arc::new(spec.controls()));
    let capacity = spec.capacity;
    let engine = Engine::start(capacity, bounds, Arc::clone(metrics), move || {
        Fake::make(&tokenizer, capacity, &controls)
    });
    let kernels = "none: a script answers".into();
    Ok((engine, texts, Said { kernels, device: "none".into(), drafter: "none".into() }))
}

fn real(
    arguments: &Serve,
    bounds: Bounds,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<(Engine, Texts, Said)> {
    let checkpoint = Checkpoint::open(&arguments.model)?;
    let config = checkpoint.config().clone();
    let named = arguments.bundle.as_deref();
    let (bundle, device) = find::find(&arguments.model, named, arguments.device)?;
    let opened = Bundle::open(&bundle)?;
    let guessing = drafter::find(&arguments.model, &opened, arguments.page, &arguments.guesses)?;
    let said = Said::of(&opened, device, guessing.said());
    drop(opened);
    let bounds = Bounds { rebuild: rebuild(arguments, device), ..bounds };
    let context = arguments.context.unwrap_or(CONTEXT.min(config.positions as u64));
    let cached = arguments.cache.unwrap_or(2 * context).max(context);
    let limits = Limits {
        sequences: arguments.sequences,
        context,
        cached,
        chunk: arguments.chunk,
        prefixes: arguments.prefixes,
    };
    let capacity = Capacity {
        slots: arguments.sequences as usize,
        context: context as usize,
        cached: cached as usize,
    };
    let model = Model {
        model: arguments.model.clone(),
        bundle,
        device,
        chunk: arguments.chunk,
        page: arguments.page,
        head: arguments.head,
        weights: arguments.weights.clone(),
        json: false,
    };
    drop(checkpoint);
    // Weights are on their way while the vocabulary is read.
    let engine = Engine::start(capacity, bounds, Arc::clone(metrics), move || {
        let (engine, ..) = crate::model::open(&model, guessing.guesser(), limits)?;
        Ok(Box::new(Real::new(engine, guessing.speculation())?))
    });
    let texts = Texts::open(&arguments.model, &config.end_tokens)?;
    Ok((engine, texts, said))
}

/// What may be done about an engine that fails: the process can get rid of its own memory and
/// threads, and of nothing that hangs in a driver.
fn rebuild(arguments: &Serve, device: DeviceName) -> Rebuild {
    match device {
        _ if arguments.exit_when_stuck => Rebuild::Never,
        DeviceName::Host | DeviceName::Sim => Rebuild::Always,
        DeviceName::Hip => Rebuild::AfterMistakes,
    }
}
