//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kiln_cache::operations::Precision;

use crate::model::{Activation, DrafterChoice};

/// Search, check and pack kernels ahead of time: the part of Kiln that contains the compiler.
#[derive(Debug, Parser)]
#[command(name = "kiln-tune", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Find the fastest right kernels for a model on a target and write a bundle
    Tune(Tune),
    /// Compare recipes, or the kernels of a bundle for this machine, with their references
    Check(Check),
    /// Show the winners of a bundle, or everything that a cache knows of a run; also as a page
    Report(Report),
    /// Print one candidate at any level of the compiler
    Dump(Dump),
    /// Models the time of one launch of any code object
    Time(Time),
    /// Fits the timing model to measured kernels and says how well it agrees
    Calibrate(Calibrate),
    #[command(hide = true)]
    CompileWorker,
}

const TUNE_EXAMPLES: &str = "\
Examples:
  kiln tune --target gfx1151 --model Qwen3.6-27B --out qwen.kiln
  kiln tune --target x86-64-v4 --model config.json --out host.kiln --budget 30m
  kiln tune --target gfx1151 --model config.json --out part.kiln \\
      --only op=linear_q4,n=5120,k=6144,m=1+16 --explain
  kiln tune --target x86-64-v3 --model tiny --out tiny.kiln --unsearched --act f32 --exact

A run that was interrupted is continued by giving the same command again: compiled
kernels, checks and times are kept in the cache.";

#[derive(Args, Clone, Debug)]
#[command(after_help = TUNE_EXAMPLES)]
pub(super) struct Tune {
    /// Chip to tune for, as gfx1151 or x86-64-v4; a name that is not known lists those that are
    #[arg(long, value_name = "TARGET", required_unless_present = "replay")]
    pub(super) target: Option<String>,
    /// Model directory, or its config.json
    #[arg(long, value_name = "PATH", required_unless_present = "replay")]
    pub(super) model: Option<PathBuf>,
    /// Bundle to write; winners of one that is there already are replaced only by better ones
    #[arg(long, value_name = "FILE", required_unless_present = "replay")]
    pub(super) out: Option<PathBuf>,
    /// Directory that keeps results between runs [default: $KILN_CACHE, $XDG_CACHE_HOME/kiln or
    /// ~/.cache/kiln]
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// Time after which nothing new is compiled or timed: 30m, 90s, 1h30m [default: none]
    #[arg(long, value_name = "TIME")]
    pub(super) budget: Option<String>,
    /// Processes that compile at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Longest time of one compilation or check [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub(super) job_limit: Option<String>,
    /// Part of the work: recipe=, op=, m=, or any dim or attribute; m=1+16 is either [default: all]
    #[arg(long, value_name = "NAME=VALUE,..")]
    pub(super) only: Option<String>,
    /// Drafter to tune for: its directory or config.json, 'published' for the one published for the
    /// family's 27B models, or 'none'
    #[arg(long, value_name = "DIR", default_value = "published")]
    pub(super) drafter: DrafterChoice,
    /// What the drafter's linear layers may be quantised to when they are loaded, beside what they are
    /// stored as: int8, int4 or both; bf16 is neither
    #[arg(long, value_name = "TYPE", value_delimiter = ',', default_value = "int8")]
    pub(super) drafter_quant: Vec<Precision>,
    /// What a drafter or prediction head may read in place of the output head: int8, int4 or both;
    /// bf16 is neither
    #[arg(long, value_name = "TYPE", value_delimiter = ',', default_value = "int8")]
    pub(super) draft_head: Vec<Precision>,
    /// What the output head may be quantised to when it is loaded, beside what it is stored as:
    /// int8, int4 or both
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(super) head: Vec<Precision>,
    /// Number type of activations between operations: bf16, f16 or f32 [default: on a host f32, else
    /// the one in which the model was published]
    #[arg(long, value_name = "TYPE", value_parser = number)]
    pub(super) act: Option<Activation>,
    /// Number type of cached keys and values [default: that of --act, else the one in which the model
    /// was published]
    #[arg(long, value_name = "TYPE", value_parser = number)]
    pub(super) kv: Option<Activation>,
    /// Tokens of a page of the cache; with several, kernels are made for each [default: 64]
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(super) page: Vec<u64>,
    /// Multiply packed weights by activations as they are instead of quantising these
    #[arg(long)]
    pub(super) exact: bool,
    /// Take each recipe's first choice instead of searching: nothing is timed, and a small model's
    /// bundle takes seconds. For tests and first looks
    #[arg(long)]
    pub(super) unsearched: bool,
    /// File that receives one JSON object for each event
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Say how many candidates each stage dropped, and why; and show the winners' machine code
    /// beside published kernels
    #[arg(long)]
    pub(super) explain: bool,
    /// Largest relative RMS error of a linear layer's winner on data shaped like a model's
    /// [default: 0.03]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(super) max_error: Option<f64>,
    /// Decide again from recorded samples, without a device: a journal file or directory
    #[arg(long, value_name = "JOURNAL")]
    pub(super) replay: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A number type of floats.
fn number(text: &str) -> Result<Activation, String> {
    let all = [Activation::Bf16, Activation::F16, Activation::F32];
    let found = all.into_iter().find(|of| of.name() == text);
    found.ok_or_else(|| "expected bf16, f16 or f32".to_owned())
}

const CHECK_EXAMPLES: &str = "\
Examples:
  kiln check --target gfx1151
  kiln check mmq_q4 --target x86-64-v4 --json
  kiln check --bundle host.kiln
  kiln check --bundle host.kiln --full --only op=attention_split
  kiln check --bundle host.kiln --jobs 4
  kiln check --bundle host.kiln --remembered";

#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub(super) struct Check {
    /// Recipe to try; all of them without it
    #[arg(conflicts_with = "bundle")]
    pub(super) recipe: Option<String>,
    /// Chip to compile for, as gfx1151 or x86-64-v4
    #[arg(long, value_name = "TARGET", required_unless_present = "bundle")]
    pub(super) target: Option<String>,
    /// Bundle: runs every kernel on tensors shaped like a model's, on this machine's processor or,
    /// strictly, on the simulator of its GPU
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    pub(super) bundle: Option<PathBuf>,
    /// With --bundle: run every request at its real size, which takes minutes, and compare a
    /// sample of each output's elements (the simulator runs the workgroups of three windows; rows that
    /// belong together are at most 512); otherwise n is cut to 256 and m to 33
    #[arg(long, requires = "bundle", conflicts_with_all = ["recipe", "target"])]
    pub(super) full: bool,
    /// With --bundle: part of the work, as for kiln tune: recipe=, op=, m=, or any dim or attribute
    #[arg(long, value_name = "NAME=VALUE,..", requires = "bundle", conflicts_with_all = ["recipe", "target", "remembered"])]
    pub(super) only: Option<String>,
    /// Requests of a bundle that are checked at the same time, as far as memory goes; without one,
    /// processes that compile [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// With --bundle: if the same bundle agreed before, under the same programs and on the same
    /// machine, say what was found then and execute nothing; otherwise check, and remember it
    #[arg(long, requires = "bundle", conflicts_with_all = ["recipe", "target"])]
    pub(super) remembered: bool,
    /// With --remembered: where results are kept [default: $KILN_CACHE, $XDG_CACHE_HOME/kiln or
    /// ~/.cache/kiln]
    #[arg(long, value_name = "DIR", requires = "remembered")]
    pub(super) cache: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  kiln report qwen.kiln
  kiln report qwen.kiln --html qwen.html --before older.kiln
  kiln report qwen.kiln --isa
  kiln report --cache ~/.cache/kiln --target gfx1151 --html tuned.html";

#[derive(Args, Clone, Debug)]
#[command(after_help = REPORT_EXAMPLES)]
pub(super) struct Report {
    /// Bundle to report on
    #[arg(required_unless_present = "cache")]
    pub(super) bundle: Option<PathBuf>,
    /// Cache to report on: adds to the last run's winners what its bundle does not say: heat maps,
    /// rejected candidates, and what changed since the bundle before
    #[arg(long, value_name = "DIR", conflicts_with = "bundle")]
    pub(super) cache: Option<PathBuf>,
    /// With --cache: the run for this chip
    #[arg(long, value_name = "TARGET", requires = "cache")]
    pub(super) target: Option<String>,
    /// With --cache: the run with this --only; '' is the one without
    #[arg(long, value_name = "NAME=VALUE,..", requires = "cache")]
    pub(super) only: Option<String>,
    /// Write a page with everything, charts included, that needs no other file
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Earlier bundle to compare with
    #[arg(long, value_name = "FILE")]
    pub(super) before: Option<PathBuf>,
    /// Show the machine code's figures beside published kernels
    #[arg(long)]
    pub(super) isa: bool,
}

const DUMP_EXAMPLES: &str = "\
Examples:
  kiln-tune dump mmvq_q4 --target gfx1151 --dump tile,isa
  kiln-tune dump mmq_q4 --target gfx1151 --params arithmetic=f16 mmq_x=128 --dump isa";

#[derive(Args, Clone, Debug)]
#[command(after_help = DUMP_EXAMPLES)]
pub(super) struct Dump {
    /// Recipe, as mmq_q4; a name that is not known lists those that are
    pub(super) recipe: String,
    /// Chip to compile for, as gfx1151 or x86-64-v4
    #[arg(long, value_name = "TARGET")]
    pub(super) target: String,
    /// Parameters and attributes of the operation; the rest are the recipe's defaults
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(super) params: Vec<String>,
    /// Levels to print: tile, lane, mlir, llvm, isa
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', default_value = "tile")]
    pub(super) dump: Vec<String>,
}

const TIME_EXAMPLES: &str = "\
Examples:
  kiln-tune time copy.hsaco --grid 4096 --block 256 --args ptr:67108864 ptr:67108864 i32:16777216
  kiln-tune time gemm.s --kernel gemm --grid 64,16 --block 256 --lds 8192 \\
      --args ptr:8388608 ptr:8388608 ptr:33554432 i32:4096 --timeline waves.svg";

#[derive(Args, Clone, Debug)]
#[command(after_help = TIME_EXAMPLES)]
pub(super) struct Time {
    /// Linked code object, or assembly text (.s)
    pub(super) object: PathBuf,
    /// Chip to model
    #[arg(long, value_name = "TARGET", default_value = "gfx1151")]
    pub(super) target: String,
    /// Kernel; needed where there is more than one
    #[arg(long, value_name = "NAME")]
    pub(super) kernel: Option<String>,
    /// Workgroups: X, X,Y or X,Y,Z
    #[arg(long, value_name = "X,Y,Z")]
    pub(super) grid: String,
    /// Work-items of a workgroup: X, X,Y or X,Y,Z
    #[arg(long, value_name = "X,Y,Z")]
    pub(super) block: String,
    /// Arguments in order: ptr:BYTES for memory that is zero, i32:N, u32:N, i64:N, u64:N, f32:X, f64:X
    #[arg(long, value_name = "KIND:VALUE", num_args = 0.., allow_negative_numbers = true)]
    pub(super) args: Vec<String>,
    /// Bytes of LDS that the launch adds to the kernel's own
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pub(super) lds: u32,
    /// Draw the waves of one SIMD over time
    #[arg(long, value_name = "FILE.svg")]
    pub(super) timeline: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const CALIBRATE_EXAMPLES: &str = "\
Examples:
  kiln-tune calibrate --data measured.csv --asm kernels/amdgcn --out timing.md
  kiln-tune calibrate --data others.csv --asm kernels/amdgcn --predict --json";

#[derive(Args, Clone, Debug)]
#[command(after_help = CALIBRATE_EXAMPLES)]
pub(super) struct Calibrate {
    /// Measured kernels, comma-separated; docs/timing-model.md names the columns
    #[arg(long, value_name = "FILE.csv")]
    pub(super) data: PathBuf,
    /// Folder with the kernels' code, .s or .hsaco
    #[arg(long, value_name = "DIR")]
    pub(super) asm: PathBuf,
    /// Chip that was measured
    #[arg(long, value_name = "TARGET", default_value = "gfx1151")]
    pub(super) target: String,
    /// Only print a modelled time for each row, with the corrections that the target file lists
    #[arg(long)]
    pub(super) predict: bool,
    /// Write the report (.md) with its drawing beside it, or the drawing alone (.svg)
    #[arg(long, value_name = "FILE", conflicts_with = "predict")]
    pub(super) out: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}
