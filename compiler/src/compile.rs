//! From a tile program to a checked object, with every intermediate text on demand.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use kiln_targets::{Backend, Target};
use serde::{Deserialize, Serialize};

use crate::diagnose::Diagnostics;
use crate::emit::{EmitError, Options, emit, toolchain};
use crate::lane::{self, LaneKernel};
use crate::lower::lower;
use crate::object::{self, Expected, ObjectError};
use crate::tile::{self, Program};

/// A level of the compiler whose text can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The recipe's tile program.
    Tile,
    /// The lane program.
    Lane,
    /// MLIR as emitted.
    Mlir,
    /// Optimised LLVM IR.
    Llvm,
    /// Assembly.
    Isa,
}

impl Level {
    /// All levels, from the recipe down.
    pub const ALL: [Level; 5] = [Level::Tile, Level::Lane, Level::Mlir, Level::Llvm, Level::Isa];

    /// Name on the command line and ending of dumped files.
    pub fn name(self) -> &'static str {
        ["tile", "lane", "mlir", "llvm", "isa"][self as usize]
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        let found = Level::ALL.into_iter().find(|level| level.name() == text);
        let names = Level::ALL.map(Level::name).join(", ");
        found.ok_or_else(|| format!("no level is called `{text}`; there are {names}"))
    }
}

/// Resources of a kernel, read from its object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statics {
    /// Vector registers of a lane; 0 on a host.
    pub vgprs: u32,
    /// Scalar registers of a wave; 0 on a host.
    pub sgprs: u32,
    /// Workgroup memory in bytes.
    pub lds_bytes: u32,
    /// Registers spilled.
    pub spills: u32,
    /// Private memory of a lane in bytes.
    pub scratch_bytes: u32,
    /// Machine code in bytes.
    pub code_bytes: u32,
    /// SHA-256 of the machine code, in hexadecimal.
    pub isa_hash: String,
}

/// Time taken by each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Layouts, lane IR and its verification.
    pub lower: Duration,
    /// MLIR, LLVM and the object.
    pub emit: Duration,
    /// Linking, reading and checking.
    pub object: Duration,
}

/// A compiled kernel.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Relocatable object; winners are linked together into a bundle's code object.
    pub relocatable: Vec<u8>,
    /// The kernel's own linked object.
    pub linked: Vec<u8>,
    /// Assembly text.
    pub assembly: String,
    /// The lane program.
    pub lane: LaneKernel,
    /// Resources.
    pub statics: Statics,
    /// The texts asked for.
    pub dumps: Vec<(Level, String)>,
    /// Where the time went.
    pub times: Times,
}

/// Why a program did not become a kernel.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompileError {
    /// The recipe asks for what the target cannot do.
    #[error("{0}")]
    Recipe(#[from] Diagnostics),
    /// A stage below tile IR refused its input.
    #[error("{0}")]
    Emit(#[from] EmitError),
    /// The object cannot be linked or read, or is not what was meant.
    #[error("{0}")]
    Object(#[from] ObjectError),
    /// Lane IR or the object breaks a law.
    #[error("{what} of `{kernel}` is wrong, a fault of the compiler:\n{}", laws.join("\n"))]
    Broken {
        /// Which product.
        what: &'static str,
        /// Symbol.
        kernel: String,
        /// The laws broken.
        laws: Vec<String>,
    },
}

/// Compiles a verified program.
///
/// LLVM aborts the process on code that it cannot select, so callers that try many candidates
/// compile in processes they can afford to lose.
///
/// # Errors
/// What the recipe asks for and the target cannot do; anything else is a fault of the compiler.
pub fn compile(
    program: &Program,
    target: &Target,
    dumps: &[Level],
) -> Result<Compiled, CompileError> {
    let mut times = Times::default();
    let clock = Instant::now();
    let lane = lower(program, target)?;
    let broken = |what, laws| CompileError::Broken { what, kernel: program.name.clone(), laws };
    lane::verify(&lane, target).map_err(|laws| broken("the lane program", laws))?;
    times.lower = clock.elapsed();
    let clock = Instant::now();
    let options = Options { dump: !dumps.is_empty(), ..Options::default() };
    let emitted = emit(&lane, target, &options)?;
    times.emit = clock.elapsed();
    let clock = Instant::now();
    let linked = object::link(&[&emitted.object], target)?;
    let (statics, laws) = inspect(&linked, &lane, target)?;
    if !laws.is_empty() {
        return Err(broken("the object", laws));
    }
    times.object = clock.elapsed();
    let text = |level: &Level| match level {
        Level::Tile => tile::print(program),
        Level::Lane => lane::print(&lane),
        Level::Mlir => emitted.mlir.clone().unwrap_or_default(),
        Level::Llvm => emitted.llvm.clone().unwrap_or_default(),
        Level::Isa => emitted.assembly.clone(),
    };
    let dumps = dumps.iter().map(|level| (*level, text(level))).collect();
    let (relocatable, assembly) = (emitted.object, emitted.assembly);
    Ok(Compiled { relocatable, linked, assembly, lane, statics, dumps, times })
}

/// What the cache key of a compiled program must contain besides the program and the target.
pub fn compiler_identity() -> String {
    let (version, sources) = (env!("CARGO_PKG_VERSION"), env!("KILN_COMPILER_SOURCES"));
    format!("kiln-compiler {version} ({sources}) / {}", toolchain())
}

/// Resources of a linked kernel and the laws that its object breaks.
fn inspect(
    linked: &[u8],
    lane: &LaneKernel,
    target: &Target,
) -> Result<(Statics, Vec<String>), ObjectError> {
    match target.backend {
        Backend::AmdGpu => inspect_gpu(linked, lane, target),
        Backend::Host => {
            let info = object::read_host(linked, &lane.name)?;
            let statics = Statics {
                lds_bytes: lane.local_bytes(),
                code_bytes: info.code.len() as u32,
                isa_hash: info.isa_hash.clone(),
                ..Statics::default()
            };
            Ok((statics, object::check_host(&info).err().unwrap_or_default()))
        }
    }
}

fn inspect_gpu(
    linked: &[u8],
    lane: &LaneKernel,
    target: &Target,
) -> Result<(Statics, Vec<String>), ObjectError> {
    let file = object::read_gpu(linked)?;
    let info = file.kernel(&lane.name)?;
    let mut expected = Expected::of(lane);
    expected.scratch = true;
    let laws = object::check_descriptor(info, &expected, target).err().unwrap_or_default();
    let data = &info.metadata;
    let statics = Statics {
        vgprs: data.vgprs,
        sgprs: data.sgprs,
        lds_bytes: data.lds_bytes,
        spills: data.vgpr_spills + data.sgpr_spills,
        scratch_bytes: data.scratch_bytes,
        code_bytes: info.code.len() as u32,
        isa_hash: info.isa_hash.clone(),
    };
    Ok((statics, laws))
}
