//! Arguments of the verbs that run a model.

use std::path::PathBuf;

use clap::Args;
use kiln_cache::operations::Precision;
use kiln_runtime::sample::Sampling;
use kiln_runtime::speculate::{MOST, Tokens};

use crate::cli::DeviceName;

/// What every verb that runs a model needs to know.
#[derive(Args)]
pub(crate) struct Model {
    /// Directory of the checkpoint: config.json and safetensors files
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// Bundle with the model's kernels, made by 'kiln tune'
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: PathBuf,
    /// The device to run on
    #[arg(long, value_enum, default_value = "host")]
    pub(crate) device: DeviceName,
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
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `kiln generate`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln generate --model Qwen3.6-27B --bundle gfx1151.kiln --device hip \"Once upon a time\"
  kiln generate --model Qwen3.6-27B --bundle host.kiln --temperature 0.7 --top-p 0.8 --seed 1 \"Hello\"
  kiln generate --model tiny --bundle tiny.kiln --tokens 1,2,3 --max-tokens 16 --json
  kiln generate --model Qwen3.6-27B --drafter Qwen3.6-27B-DFlash --bundle gfx1151.kiln --spec-tokens 8 \"Hello\"

The prompt is taken as it is: no chat template is applied. Without --temperature the likeliest token is \
taken. The same bundle, seed and flags give the same text on the same kind of device.")]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) model: Model,
    /// What the text begins with; needs the checkpoint's tokenizer.json
    #[arg(required_unless_present = "tokens", conflicts_with = "tokens")]
    pub(crate) prompt: Option<String>,
    /// What the text begins with, as tokens: 1,2,3
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) tokens: Vec<u32>,
    /// Most tokens to write
    #[arg(long, value_name = "N", default_value = "128", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_tokens: u64,
    /// Tokens for which memory is taken, prompt included [default: as many as may be needed]
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<u64>,
    /// Tokens that end the text, beside the model's own
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) stop: Vec<u32>,
    /// Say what it took: time to ready, memory, tensors of the checkpoint, share of the read bandwidth
    #[arg(long)]
    pub(crate) stats: bool,
    #[command(flatten)]
    pub(crate) guesses: Guesses,
    #[command(flatten)]
    pub(crate) sampling: Draws,
}

/// Whether tokens are guessed ahead, and by whom.
#[derive(Args)]
pub(crate) struct Guesses {
    /// Directory of a DFlash drafter for the model: config.json and safetensors files
    #[arg(long, value_name = "DIR")]
    pub(crate) drafter: Option<PathBuf>,
    /// What the drafter's linear layers become when they are loaded: bf16 (as they are stored), int8
    /// or int4: half or a quarter of the memory and traffic, and some accepted tokens less
    #[arg(long, value_name = "TYPE", default_value_t, requires = "drafter")]
    pub(crate) drafter_quant: Precision,
    /// What guesses read in place of the output head, in addition to it: bf16 (as it is stored), int8
    /// or int4 [default: the head itself]. The bundle has to be tuned for it
    #[arg(long, value_name = "TYPE")]
    pub(crate) draft_head: Option<Precision>,
    /// Who guesses tokens ahead, which changes the speed and never the text [default: dflash with
    /// --drafter, else off]; mtp needs a checkpoint with a multi-token prediction head
    #[arg(long, value_enum)]
    pub(crate) spec: Option<Spec>,
    /// Tokens to guess at a time, at most the drafter's block without its first row; 'auto' takes
    /// what promises the most tokens a second
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = guessed)]
    pub(crate) spec_tokens: Tokens,
}

/// Who guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Spec {
    /// The drafter
    Dflash,
    /// The model's own multi-token prediction head
    Mtp,
    /// Nobody
    Off,
}

/// A number of tokens to guess.
fn guessed(text: &str) -> Result<Tokens, String> {
    match (text, text.parse()) {
        ("auto", _) => Ok(Tokens::Auto),
        (_, Ok(count @ 1..=MOST)) => Ok(Tokens::Fixed(count)),
        _ => Err(format!("expected 'auto' or 1 to {MOST}")),
    }
}

/// How tokens are chosen.
#[derive(Args)]
pub(crate) struct Draws {
    /// Divides logits; 0 takes the likeliest token
    #[arg(long, value_name = "X", default_value = "0")]
    pub(crate) temperature: f32,
    /// Draw from so many of the likeliest tokens; 0 is all
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) top_k: usize,
    /// Draw from the likeliest tokens that have this probability together
    #[arg(long, value_name = "P", default_value = "1")]
    pub(crate) top_p: f32,
    /// Leave out tokens less likely than this share of the likeliest one
    #[arg(long, value_name = "P", default_value = "0")]
    pub(crate) min_p: f32,
    /// Divides logits of tokens that occur in prompt or text
    #[arg(long, value_name = "X", default_value = "1")]
    pub(crate) repetition_penalty: f32,
    /// Subtracted from a token's logit for each time it was written
    #[arg(long, value_name = "X", default_value = "0", allow_negative_numbers = true)]
    pub(crate) frequency_penalty: f32,
    /// Subtracted from the logits of tokens that were written
    #[arg(long, value_name = "X", default_value = "0", allow_negative_numbers = true)]
    pub(crate) presence_penalty: f32,
    /// Added to the logit of a token: 17=-2.5
    #[arg(long, value_name = "ID=X", value_delimiter = ',', value_parser = bias, allow_negative_numbers = true)]
    pub(crate) logit_bias: Vec<(u32, f32)>,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) seed: u64,
}

impl Draws {
    /// As the runtime takes it.
    pub(crate) fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition: self.repetition_penalty,
            frequency: self.frequency_penalty,
            presence: self.presence_penalty,
            bias: self.logit_bias.iter().copied().collect(),
            seed: self.seed,
        }
    }
}

/// A token and what is added to its logit.
fn bias(text: &str) -> Result<(u32, f32), String> {
    let pair = text.split_once('=').and_then(|(id, by)| Some((id.parse().ok()?, by.parse().ok()?)));
    pair.ok_or_else(|| "expected a token and a number, as 17=-2.5".to_owned())
}

/// Arguments of `kiln eval`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln eval --model Qwen3.6-27B --bundle host.kiln --tokens text.json --logits out.safetensors
  kiln eval --model tiny --bundle tiny.kiln --tokens ids.txt --logits out.safetensors --chunk 7 --json
  kiln eval --model tiny --bundle tiny.kiln --against golden.safetensors

The file of tokens is a JSON list, or numbers with blanks or commas between. The file of logits holds \
`logits` [tokens, vocabulary] in F32, a row for each position, and `tokens` [tokens] in I32: what any \
other implementation can be compared with. --against takes such a file and says how far the logits are \
from it: the largest difference, relative to the largest logit of its position; the mean Kullback-Leibler \
divergence of the next token's distribution; and how often the likeliest token is the same.")]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) model: Model,
    /// File of the text's tokens [default: those of the file that is compared with]
    #[arg(long, value_name = "FILE", required_unless_present = "against")]
    pub(crate) tokens: Option<PathBuf>,
    /// Safetensors file to write
    #[arg(long, value_name = "OUT.safetensors", required_unless_present = "against")]
    pub(crate) logits: Option<PathBuf>,
    /// Safetensors file of another implementation's logits to compare with
    #[arg(long, value_name = "GOLDEN.safetensors")]
    pub(crate) against: Option<PathBuf>,
}
