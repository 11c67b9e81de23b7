//! Arguments of `kiln serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use kiln_cache::operations::Precision;

use crate::api::app::Compat;
use crate::api::picture::Pictures;
use crate::cli::DeviceName;
use crate::engine::fake::Spec;
use crate::model::arguments::Guesses;

/// Arguments of `kiln serve`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln serve Qwen3.6-27B
  kiln serve Qwen3.6-27B --bundle gfx1151.kiln --device hip --context 65536
  KILN_API_KEY=secret kiln serve Qwen3.6-27B --host 0.0.0.0 --served-model-name qwen

Without --bundle, a bundle is looked for in the model's directory and in the current one; without \
--drafter and --spec, a drafter in MODEL_DIR/drafter and MODEL_DIR-DFlash. Stops on \
SIGTERM and Ctrl-C: requests that run may finish, a second signal ends them at once. The exit code is 1 \
if the port is taken, 2 if the model cannot be served.")]
pub(crate) struct Serve {
    /// Directory of the checkpoint: config.json, safetensors files, tokenizer.json
    #[arg(value_name = "MODEL_DIR")]
    pub(crate) model: PathBuf,
    /// Bundle with the model's kernels, made by 'kiln tune' [default: the one that is found]
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// The device to run on [default: the one that the bundle was tuned for]
    #[arg(long, value_enum)]
    pub(crate) device: Option<DeviceName>,
    /// Address to listen at; others than 127.0.0.1 and ::1 can be reached from other machines
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port to listen at; 0 takes any that is free
    #[arg(long, default_value = "8000")]
    pub(crate) port: u16,
    /// Name of the model in requests; may be given several times [default: the directory's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) served_model_name: Vec<String>,
    /// Tokens of the longest conversation [default: 32768, or what the model has]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context: Option<u64>,
    /// Requests that are computed at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u64).range(1..=32))]
    pub(crate) sequences: u64,
    /// Tokens of all conversations and remembered prefixes together [default: twice the context]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) cache: Option<u64>,
    /// Beginnings of conversations that are remembered
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) prefixes: u64,
    /// Tokens that are prefilled at a time
    #[arg(long, value_name = "N", default_value = "512", value_parser = clap::value_parser!(u64).range(1..=8192))]
    pub(crate) chunk: u64,
    /// Tokens of a page of the cache, where the bundle has kernels for several sizes
    #[arg(long, value_name = "TOKENS")]
    pub(crate) page: Option<u64>,
    /// What the output head becomes when it is loaded: bf16 (as it is stored), int8 or int4. The
    /// bundle has to be tuned for it
    #[arg(long, value_name = "TYPE", default_value_t)]
    pub(crate) head: Precision,
    /// File in which the weights are kept as the kernels read them: the first start writes it, as large as
    /// the weights, and later ones map it in place of loading them
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) guesses: Guesses,
    /// Requests that may wait; more are refused with status 429
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) max_waiting: usize,
    /// Connections that may be open
    #[arg(long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub(crate) max_connections: u32,
    /// Largest body of a request, in MiB
    #[arg(long, value_name = "MIB", default_value = "32", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) max_body: u32,
    /// Key that requests have to bring; may be given several times. The environment's KILN_API_KEY
    /// counts as one
    #[arg(long, value_name = "KEY")]
    pub(crate) api_key: Vec<String>,
    /// File of keys, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Serve other machines without a key
    #[arg(long)]
    pub(crate) without_key: bool,
    /// Origin whose pages may call, as https://example.org; * is all
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) cors_origin: Vec<String>,
    /// Keep habits of another server that are at odds with the specification
    #[arg(long, value_enum, value_name = "SERVER")]
    pub(crate) compat: Option<Compat>,
    /// What becomes of pictures in requests, which the model is not shown
    #[arg(long, value_enum, default_value = "told")]
    pub(crate) images: Pictures,
    /// Seconds that requests have to finish when the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) drain: u64,
    /// Seconds after which a step of the engine counts as stuck
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub(crate) step_limit: u64,
    /// End the process when the engine is stuck or has failed, for a supervisor to start it anew;
    /// otherwise the engine is made anew where the device allows it
    #[arg(long)]
    pub(crate) exit_when_stuck: bool,
    /// Write no line for each request
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Answer with words of a script instead of a model's
    #[arg(long, hide = true, value_name = "SPEC")]
    pub(crate) fake: Option<Spec>,
}

impl Serve {
    /// Every key.
    ///
    /// # Errors
    /// If the file cannot be read, or a key is empty or could not stand in a header.
    pub(crate) fn keys(&self) -> anyhow::Result<Vec<String>> {
        let mut keys = self.api_key.clone();
        keys.extend(std::env::var("KILN_API_KEY").ok().filter(|key| !key.is_empty()));
        if let Some(path) = &self.api_key_file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            keys.extend(lines.map(str::to_owned));
        }
        match keys.iter().any(|key| key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic())) {
            true => bail!("a key has letters, digits and signs, and no blanks"),
            false => Ok(keys),
        }
    }

    /// Names under which the model is served.
    pub(crate) fn names(&self) -> Vec<String> {
        if !self.served_model_name.is_empty() {
            return self.served_model_name.clone();
        }
        let whole = self.model.canonicalize().unwrap_or_else(|_| self.model.clone());
        let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
        vec![name.unwrap_or_else(|| "model".into())]
    }
}
