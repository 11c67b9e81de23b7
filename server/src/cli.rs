//! The command line: every verb and flag, once.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::bail;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use kiln_runtime::device::DeviceKind;

use crate::bench::model::arguments::Whole;
use crate::chat::arguments::Chat;
use crate::manual::{Completions, Man};
use crate::model::arguments::{Eval, Generate};
use crate::run::argument::extents;
use crate::serve::arguments::Serve;

#[derive(Parser)]
#[command(
    name = "kiln",
    version,
    about = "Bakes GPU kernels ahead of time, and serves models with what was baked.",
    after_help = EXAMPLES,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  kiln tune --target gfx1151 --model config.json --out gfx1151.kiln
  kiln generate --model Qwen3.6-27B --bundle gfx1151.kiln --device hip \"Once upon a time\"
  kiln serve Qwen3.6-27B
  kiln inspect gfx1151.kiln
  kiln bench host.kiln --only linear_q4 --threads 1,2
  kiln run add.hsaco --grid 16 --block 64 in:a.npy out:b.npy:1024:f32

tune, check and report need the compiler and are done by kiln-tune.";

/// A verb with its arguments.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Find the fastest kernels for a model and pack them into a bundle (kiln-tune)
    #[command(disable_help_flag = true)]
    Tune(Forwarded),
    /// Compare kernels with their references (kiln-tune)
    #[command(disable_help_flag = true)]
    Check(Forwarded),
    /// Show what was tuned and how, as text or as a page with charts (kiln-tune)
    #[command(disable_help_flag = true)]
    Report(Forwarded),
    /// Show what is in a bundle: winners, parameters, times, shares of the roofline
    Inspect(Inspect),
    /// Check every byte of a bundle, and that its parts fit together
    Verify(Verify),
    /// Write a text with a model
    Generate(Generate),
    /// Serve a model over HTTP: OpenAI's APIs, Anthropic's, and a page
    Serve(Box<Serve>),
    /// Talk to a model that `kiln serve` serves
    Chat(Chat),
    /// Write the logits of every position of a text
    Eval(Eval),
    /// Run the kernels of a bundle and compare them with the machine's own ceilings
    Bench(Bench),
    /// Execute a code object of anybody's on the simulator, with arrays from files
    Run(Run),
    /// Print a script that completes commands in a shell
    Completions(Completions),
    /// Print a page of the manual
    Man(Man),
    /// Look into the cache of compiled kernels and measurements, and keep it tidy
    Cache(Cache),
}

/// Arguments that another executable understands.
#[derive(Args)]
pub(crate) struct Forwarded {
    /// Arguments for kiln-tune; see `kiln-tune --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub(crate) arguments: Vec<OsString>,
}

/// Arguments of `kiln inspect`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln inspect gfx1151.kiln
  kiln inspect gfx1151.kiln --json | jq '.kernels[] | select(.spills > 0)'
  kiln inspect gfx1151.kiln --explain m=16,n=34816
  kiln inspect gfx1151.kiln --explain m=16,n=34816 --timeline waves.svg

A time is `measured` on the target, `transferred` from a sibling, or `modelled`: computed without \
a device. --explain models the kernels of a GPU's bundle anew, whatever their times come from, and \
says what binds them and what their waves wait for.")]
pub(crate) struct Inspect {
    /// The bundle
    pub(crate) file: PathBuf,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Say where the time of the requests with this text goes, such as `m=16,n=34816`; GPUs only
    #[arg(long, value_name = "TEXT")]
    pub(crate) explain: Option<String>,
    /// Draw the waves of one workgroup, instruction by instruction; for a single request
    #[arg(long, value_name = "FILE.svg", requires = "explain")]
    pub(crate) timeline: Option<PathBuf>,
}

/// Arguments of `kiln verify`.
#[derive(Args)]
#[command(after_help = "\
Prints one line. The exit code is 0 if the file is sound, 1 if it is damaged, 2 if it cannot be \
read.")]
pub(crate) struct Verify {
    /// A bundle, or the file of --weights
    pub(crate) file: PathBuf,
}

/// Arguments of `kiln bench`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln bench host.kiln
  kiln bench host.kiln --only linear_q4 --threads 1,2 --json
  kiln bench gfx1151.kiln --model Qwen3.6-27B --device sim
  kiln bench host.kiln --model tiny --contexts 0,256 --prompts 64 --operations decode1@256

Every request that the bundle covers is run on random data of the real shapes, weights cold. The \
read bandwidth and the arithmetic peak of the same threads are measured in turn with each sample, \
so that a share compares what was possible at that moment; it may exceed 100 % where data stay in \
a cache. A request that cannot be run is noted and skipped; the exit code is 1 then.

With --model the launches of whole steps are timed, as the engine issues them: prompts, the next token \
of several texts, and the verification of several tokens of one. Where PATH holds no weights, numbers of \
no meaning stand in for them. On the simulator every time is modelled, and takes no weights.")]
pub(crate) struct Bench {
    /// The bundle
    pub(crate) file: PathBuf,
    /// The device to run on
    #[arg(long, value_enum, default_value = "host")]
    pub(crate) device: DeviceName,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Run only requests whose operation and dims contain this text, as in `linear_q4` or `m=1,`
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Numbers of threads to run with, one after the other; 0 means all
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "0")]
    pub(crate) threads: Vec<u32>,
    /// Samples of each kernel, of which the median counts
    #[arg(long, value_name = "N", default_value = "15", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) samples: u32,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

/// Arguments of `kiln run`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln run add.hsaco --kernel add --grid 16 --block 64 in:a.npy in:b.npy out:c.npy:1000:f32 i32:1000
  kiln run gemm.hsaco --kernel gemm --grid 8,4 --block 128 --lds 4096 --json inout:c.npy null

Arguments are given in the order of the kernel's own: in:FILE (which the kernel may only read), \
out:FILE:SHAPE:TYPE (zeros at first), inout:FILE or inout:FILE:FILE (read from the first, written to \
the second); numbers as TYPE:VALUE with the types i8 to i64, u8 to u64, f16, bf16, f32, f64; and null. \
Shapes are written as in 64x32. The exit code is 1 if the kernel faults or the sanitizer objects.")]
pub(crate) struct Run {
    /// The code object: a linked ELF file for a GPU
    pub(crate) object: PathBuf,
    /// The kernel; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub(crate) kernel: Option<String>,
    /// Workgroups along x, y and z
    #[arg(long, value_name = "X,Y,Z", value_parser = extents)]
    pub(crate) grid: [u32; 3],
    /// Threads of a workgroup along x, y and z
    #[arg(long, value_name = "X,Y,Z", value_parser = extents)]
    pub(crate) block: [u32; 3],
    /// Bytes of local memory beyond what the kernel declares itself
    #[arg(long, value_name = "BYTES", default_value = "0")]
    pub(crate) lds: u32,
    /// The chip to simulate [default: the one that the object was compiled for]
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Execute without the sanitizer
    #[arg(long)]
    pub(crate) no_strict: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// The kernel's arguments
    #[arg(value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
}

/// A device to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceName {
    /// The processor of this machine
    Host,
    /// The simulator of the target
    Sim,
    /// A GPU, through HIP
    Hip,
}

impl From<DeviceName> for DeviceKind {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Host => Self::Host,
            DeviceName::Sim => Self::Sim,
            DeviceName::Hip => Self::Hip,
        }
    }
}

/// Arguments of `kiln cache`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln cache ls
  kiln cache why 3f9a
  kiln cache gc --keep-bundles host.kiln gfx1151.kiln")]
pub(crate) struct Cache {
    /// What to do
    #[command(subcommand)]
    pub(crate) action: CacheAction,
    /// The cache directory [default: $KILN_CACHE, $XDG_CACHE_HOME/kiln or ~/.cache/kiln]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) cache: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What to do with the cache.
#[derive(Subcommand)]
pub(crate) enum CacheAction {
    /// List entries, objects and sizes
    Ls,
    /// Say what an entry was made of, and how it differs from the one most like it
    Why {
        /// The first digits of the entry's key
        key: String,
    },
    /// Check every entry and object; damaged ones are set aside and made again when needed
    Verify,
    /// Remove what nothing refers to
    Gc {
        /// Also remove every entry that no kernel of these bundles came from
        #[arg(long, value_name = "FILE", num_args = 1..)]
        keep_bundles: Option<Vec<PathBuf>>,
    },
    /// Write the cache into one file
    Export {
        /// The file to write
        file: PathBuf,
    },
    /// Add the entries of an exported file; entries that exist already stay
    Import {
        /// The file to read
        file: PathBuf,
    },
}

/// What a command line asks for.
pub(crate) enum Parsed {
    /// A verb.
    Command(Box<Command>),
    /// A text to be printed: help or version.
    Text(String),
}

/// Reads the command line.
///
/// # Errors
/// One line that says what is wrong and where help is.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Parsed> {
    let error = match Cli::try_parse_from(arguments) {
        Ok(cli) => return Ok(Parsed::Command(Box::new(cli.command))),
        Err(error) => error,
    };
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Text(text)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            bail!("a command is missing; 'kiln --help' lists them")
        }
        _ => bail!("{}; see 'kiln --help'", first_paragraph(&text)),
    }
}

/// The whole command line, for those that describe it.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// What is wrong, without the usage that follows.
fn first_paragraph(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let joined = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    joined.trim_start_matches("error: ").to_owned()
}
