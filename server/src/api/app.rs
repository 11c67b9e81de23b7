//! What every request may need.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::Rng;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::error::ApiError;
use super::picture::Pictures;
use super::responses::store::Store;
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::text::grammar::Grammars;
use crate::text::template::Template;
use crate::text::tokenizer::Tokenizer;

/// Web sockets that may be open.
const SOCKETS: usize = 256;

/// Servers whose habits may be asked for where they are at odds with the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Compat {
    /// Responses without an `error` key unless there is one, and streams that end with
    /// `response.completed` even where a limit cut them off
    #[value(name = "vllm-0.20")]
    Vllm020,
}

/// What does not change while the server runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Names under which the model is served, the first of them in answers.
    pub(crate) names: Vec<String>,
    pub(crate) keys: Vec<String>,
    /// Origins whose pages may call; `*` is all.
    pub(crate) origins: Vec<String>,
    pub(crate) compat: Option<Compat>,
    pub(crate) pictures: Pictures,
    /// Most bytes of a body.
    pub(crate) body: usize,
    /// Longest time that a body may take.
    pub(crate) body_time: Duration,
    /// Longest time that a grammar may take to compile.
    pub(crate) grammar_time: Duration,
    /// Time after which a silent stream shows a sign of life.
    pub(crate) keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            names: vec!["model".into()],
            keys: Vec::new(),
            origins: Vec::new(),
            compat: None,
            pictures: Pictures::default(),
            body: 32 << 20,
            body_time: Duration::from_secs(30),
            grammar_time: Duration::from_secs(5),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// What a checkpoint says about texts.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) template: Template,
    pub(crate) grammars: Grammars,
    /// Tokens that end an answer.
    pub(crate) stops: Vec<u32>,
    pub(crate) defaults: Defaults,
}

/// How tokens are chosen where a request does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Defaults {
    pub(crate) temperature: f32,
    pub(crate) top_p: f32,
    pub(crate) top_k: usize,
    pub(crate) repetition: f32,
}

impl Texts {
    /// Reads a checkpoint's directory.
    ///
    /// # Errors
    /// A file that is missing or cannot be read.
    pub(crate) fn open(directory: &Path, configured: &[u32]) -> anyhow::Result<Self> {
        let tokenizer = Tokenizer::open(directory)?;
        let template = Template::open(directory, &tokenizer)?;
        let mut stops = crate::model::stops(directory, configured)?;
        for name in ["<|im_end|>", "<|endoftext|>"] {
            stops.extend(tokenizer.special(name).filter(|id| !stops.contains(id)));
        }
        let grammars = Grammars::new(&tokenizer, &stops)?;
        let defaults = Defaults::read(directory);
        Ok(Self { tokenizer, template, grammars, stops, defaults })
    }
}

impl Defaults {
    /// Those of `generation_config.json`; everything else changes nothing.
    fn read(directory: &Path) -> Self {
        let bytes = std::fs::read(directory.join("generation_config.json")).unwrap_or_default();
        let config: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let number = |name: &str, or: f64| config[name].as_f64().unwrap_or(or) as f32;
        let greedy = config["do_sample"] == false;
        Self {
            temperature: if greedy { 0.0 } else { number("temperature", 1.0) },
            top_p: number("top_p", 1.0),
            top_k: config["top_k"].as_u64().unwrap_or(0) as usize,
            repetition: number("repetition_penalty", 1.0),
        }
    }
}

/// What requests share.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) texts: Texts,
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) store: Store,
    /// When the server was started, in seconds since 1970.
    pub(crate) created: u64,
    pub(crate) draining: AtomicBool,
    /// Places for web sockets.
    pub(crate) sockets: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(
        engine: Engine,
        texts: Texts,
        settings: Settings,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            engine,
            texts,
            settings,
            metrics,
            store: Store::default(),
            created: now(),
            draining: AtomicBool::new(false),
            sockets: Arc::new(Semaphore::new(SOCKETS)),
        }
    }

    /// The name that a request calls the model by, or else its first one.
    ///
    /// # Errors
    /// If the model is called by a name that it does not have.
    pub(crate) fn name(&self, asked: Option<&str>) -> Result<String, ApiError> {
        let names = &self.settings.names;
        match asked {
            None => Ok(names.first().cloned().unwrap_or_default()),
            Some(name) if names.iter().any(|known| known == name) => Ok(name.to_owned()),
            Some(name) => {
                let name: String = name.chars().take(80).collect();
                let known = names.join(", ");
                let why = format!("the model {name:?} does not exist; this server has {known}");
                Err(ApiError::missing(why).at("model").coded("model_not_found"))
            }
        }
    }

    /// Whether no more requests are taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Web sockets that are open.
    pub(crate) fn open_sockets(&self) -> usize {
        SOCKETS - self.sockets.available_permits()
    }

    pub(crate) fn compat(&self) -> bool {
        self.settings.compat == Some(Compat::Vllm020)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A name that nobody else has.
pub(crate) fn ident(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::rng().random::<u128>())
}
