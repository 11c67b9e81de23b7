//! Flags of `kiln bench --model`.

use std::path::PathBuf;

use clap::Args;
use kiln_cache::operations::Precision;

use super::point::Point;

/// What of a model is run.
#[derive(Args)]
pub(crate) struct Whole {
    /// Run a whole model: its directory, or its config.json where nothing but sizes is known
    #[arg(long, value_name = "PATH", conflicts_with_all = ["only", "threads"])]
    pub(crate) model: Option<PathBuf>,
    /// The model's drafter: its directory, or its config.json. Steps of it are cycle8@0: eight
    /// tokens are guessed, verified and accepted
    #[arg(long, value_name = "PATH", requires = "model")]
    pub(crate) drafter: Option<PathBuf>,
    /// What the drafter's linear layers become when they are loaded: bf16 (as stored), int8 or int4
    #[arg(long, value_name = "TYPE", default_value_t, requires = "drafter")]
    pub(crate) drafter_quant: Precision,
    /// What the output head becomes when it is loaded: bf16 (as stored), int8 or int4
    #[arg(long, value_name = "TYPE", default_value_t, requires = "model")]
    pub(crate) head: Precision,
    /// What guesses read in place of the output head, in addition to it: bf16 (as it is stored), int8
    /// or int4 [default: the head itself]
    #[arg(long, value_name = "TYPE", requires = "model")]
    pub(crate) draft_head: Option<Precision>,
    /// File in which the weights are kept as the kernels read them: written if need be, else mapped
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) weights: Option<PathBuf>,
    /// The model's own multi-token prediction head guesses in cycles, in place of a drafter
    #[arg(long, requires = "model", conflicts_with = "drafter")]
    pub(crate) mtp: bool,
    /// Tokens that are guessed at a time
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "4,8,15", requires = "model", value_parser = clap::value_parser!(u64).range(1..=31))]
    pub(crate) guesses: Vec<u64>,
    /// Tokens of prompts [default: 512,2048,8192,32768; the first two where times are measured]
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', requires = "model", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) prompts: Option<Vec<u64>>,
    /// Tokens before those that are written [default: 0,4096,32768,131072; the first two where times are measured]
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', requires = "model")]
    pub(crate) contexts: Option<Vec<u64>>,
    /// Rows of a step: texts that are written together, or tokens of one text that are verified
    #[arg(long, value_name = "M", value_delimiter = ',', default_value = "1,8,16,32", requires = "model", value_parser = clap::value_parser!(u64).range(1..=32))]
    pub(crate) rows: Vec<u64>,
    /// Tokens that are prefilled at a time
    #[arg(long, value_name = "N", default_value = "512", requires = "model", value_parser = clap::value_parser!(u64).range(1..=8192))]
    pub(crate) chunk: u64,
    /// Tokens of a page of the cache, where the bundle has kernels for several sizes
    #[arg(long, value_name = "TOKENS", requires = "model")]
    pub(crate) page: Option<u64>,
    /// Steps of which every operation is listed: prefill@2048, decode8@4096, verify16@0, cycle8@0
    #[arg(
        long,
        value_name = "STEP",
        value_delimiter = ',',
        default_value = "prefill@2048,decode1@0,verify16@0",
        requires = "model"
    )]
    pub(crate) operations: Vec<Point>,
}
