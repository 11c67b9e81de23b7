//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Searches, checks and packs kernels ahead of time.
#[derive(Debug, Parser)]
#[command(name = "kiln-tune", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Finds the fastest right kernels for a model on a target and writes a bundle
    Tune(Tune),
    #[command(hide = true)]
    CompileWorker,
}

const TUNE_EXAMPLES: &str = "\
Examples:
  kiln tune --target gfx1151 --model Qwen3.6-27B --out qwen.kiln
  kiln tune --target x86-64-v4 --model config.json --out host.kiln --budget 30m
  kiln tune --target gfx1151 --model config.json --out part.kiln \\
      --only op=linear_q4,n=5120,k=6144,m=1+16 --explain

A run that was interrupted is continued by giving the same command again: compiled
kernels, checks and times are kept in the cache.";

#[derive(Args, Clone, Debug)]
#[command(after_help = TUNE_EXAMPLES)]
pub(super) struct Tune {
    /// Chip to tune for
    #[arg(long, value_name = "TARGET")]
    pub(super) target: String,
    /// Model directory, or its config.json
    #[arg(long, value_name = "PATH")]
    pub(super) model: PathBuf,
    /// Bundle to write
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Directory that keeps results between runs [default: $XDG_CACHE_HOME/kiln, else ~/.cache/kiln]
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// Time after which nothing new is begun: 30m, 90s, 1h30m
    #[arg(long, value_name = "TIME")]
    pub(super) budget: Option<String>,
    /// Processes that compile at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Part of the work: recipe=, op=, m=, or any dim or attribute; a+b is either
    #[arg(long, value_name = "NAME=VALUE,..")]
    pub(super) only: Option<String>,
    /// File that receives one JSON object for each event
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Say how many candidates each stage dropped, and why; and show the winners' machine code
    /// beside published kernels
    #[arg(long)]
    pub(super) explain: bool,
    /// Largest relative RMS error of a linear layer's winner on data shaped like a model's
    #[arg(long, value_name = "X")]
    pub(super) max_error: Option<f64>,
    /// Decide again from recorded samples, without a device: a journal file or directory
    #[arg(long, value_name = "JOURNAL")]
    pub(super) replay: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(super) json: bool,
}
