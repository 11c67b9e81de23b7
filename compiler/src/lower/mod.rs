//! Lowering: tile IR to lane IR.
//!
//! Values are pulled, chunk by chunk, in the layout that their consumer demands: a store, a shared
//! tile, a matrix product or a loop-carried value starts the pull. Anchored values (see
//! [`crate::layout`]) exist in one layout; everything else is made in whichever is asked for.
//! Because a chunk of a result pulls only the chunks it needs, partial products live one atom at
//! a time instead of one tile at a time.

mod access;
mod address;
mod banks;
mod barriers;
mod cast;
mod chunk;
mod convert;
mod edges;
mod elementwise;
mod fold;
mod global;
mod guard;
mod index;
mod inside;
mod matrix;
mod plans;
mod reduce;
mod region;
mod scope;
mod shared;
mod stream;

pub use banks::{BankAccess, BankReport};

use std::collections::HashMap;

use kiln_targets::{Backend, Target};

use crate::diagnose::{Diagnostic, Diagnostics};
use crate::lane::{Arg, ArgKind, Builder, LaneKernel, Local, Op as LaneOp, Ty, Value};
use crate::layout::Layouts;
use crate::tile::{Id, Program, Role, Uses};
use plans::Plans;
use scope::Scopes;
use shared::{Room, SharedTiles};

/// Lowers a verified program for a target.
///
/// # Errors
/// Everything that the target cannot do: products without an atom, tiles that do not divide,
/// workgroup memory over the limit, each with its recipe line.
pub fn lower(program: &Program, target: &Target) -> Result<LaneKernel, Diagnostics> {
    let building = format!("{} for {}", program.name, target.name);
    let fail = |all: Vec<Diagnostic>| Diagnostics { building: building.clone(), all };
    let layouts = Layouts::infer(program, target).map_err(fail)?;
    let mut lowering = Lowering {
        program,
        target,
        layouts,
        uses: Uses::of(program),
        build: Builder::default(),
        scopes: Scopes::default(),
        plans: Plans::default(),
        shared: SharedTiles::default(),
        locals: Vec::new(),
        room: Room::default(),
        wave: None,
        lane: None,
        stored: HashMap::new(),
        recorder: None,
        folds: 0,
        stream: None,
        wrong: Vec::new(),
    };
    lowering.region(&program.body);
    let kernel = lowering.finish();
    match kernel {
        Ok(kernel) => Ok(kernel),
        Err(wrong) => Err(fail(wrong)),
    }
}

/// The state of one lowering.
struct Lowering<'p> {
    program: &'p Program,
    target: &'p Target,
    layouts: Layouts<'p>,
    uses: Uses,
    build: Builder,
    scopes: Scopes,
    plans: Plans,
    shared: SharedTiles,
    locals: Vec<Local>,
    room: Room,
    wave: Option<Value>,
    lane: Option<Value>,
    /// The last store so far to each in-out argument.
    stored: HashMap<u32, Id>,
    /// Accesses of loads made while it is tried out what to load ahead.
    recorder: Option<Vec<(access::Demand, u32)>>,
    /// Folds around what is lowered.
    folds: u32,
    /// What the pass that is lowered loads ahead of its sums, if it does.
    stream: Option<stream::Stream>,
    wrong: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn finish(mut self) -> Result<LaneKernel, Vec<Diagnostic>> {
        let (args, kernarg_bytes) = arguments(self.program);
        let kernel = LaneKernel {
            name: self.program.name.clone(),
            lanes: self.target.lanes,
            waves: self.program.waves.count(),
            args,
            kernarg_bytes,
            locals: std::mem::take(&mut self.locals),
            types: Vec::new(),
            body: Default::default(),
        };
        let limit = self.target.lds_bytes_per_group;
        if kernel.local_bytes() > limit {
            let bytes = kernel.local_bytes();
            let message = format!("workgroup memory of {bytes} B exceeds the limit of {limit} B");
            let location = self.program.nodes[0].location;
            let note = "use smaller tiles, a smaller depth or fewer stages";
            self.wrong.push(Diagnostic::new(location, message).note(note));
        }
        if !self.wrong.is_empty() {
            return Err(self.wrong);
        }
        let (mut body, types) = self.build.finish();
        barriers::remove_idle(&mut body, &kernel.locals);
        Ok(LaneKernel { body, types, ..kernel })
    }

    /// Records a mistake of the recipe at the current location.
    fn reject(&mut self, message: impl Into<String>) {
        let diagnostic = Diagnostic::new(self.build.location, message);
        if !self.wrong.contains(&diagnostic) {
            self.wrong.push(diagnostic);
        }
    }

    /// Index of the wave in its workgroup (uniform I32), read once at the top of the kernel.
    fn wave_id(&mut self) -> Value {
        if let Some(wave) = self.wave {
            return wave;
        }
        let wave = if self.program.waves.count() == 1 {
            self.build.index(0)
        } else {
            self.build.push(LaneOp::WaveId, index::UNIFORM)
        };
        self.wave = Some(wave);
        wave
    }

    /// Index of the lane in its wave (lane I32), read once at the top of the kernel.
    fn lane_id(&mut self) -> Value {
        if let Some(lane) = self.lane {
            return lane;
        }
        let lane = self.build.push(LaneOp::LaneId, Ty::lane(kiln_targets::DType::I32, 1));
        self.lane = Some(lane);
        lane
    }

    /// Makes all waves of the workgroup meet; nothing where there is only one.
    fn barrier(&mut self) {
        if self.program.waves.count() > 1 {
            self.build.insert(LaneOp::Barrier, Vec::new());
        }
    }
}

/// Whether a target is a host CPU: no lane latency to hide, one wave, vector registers as lanes.
fn is_host(target: &Target) -> bool {
    target.backend == Backend::Host
}

/// Kernel arguments in ABI order: parts as pointers, then dims.
fn arguments(program: &Program) -> (Vec<Arg>, u32) {
    let mut offset = 0;
    let mut args = Vec::new();
    for part in &program.parts {
        let kind = match part.role {
            Role::Input => ArgKind::Input,
            Role::Output => ArgKind::Output,
            Role::InOut => ArgKind::InOut,
        };
        args.push(Arg { name: part.name.clone(), kind, offset });
        offset += 8;
    }
    for name in &program.dims {
        args.push(Arg { name: name.clone(), kind: ArgKind::Dim, offset });
        offset += 4;
    }
    (args, offset)
}
