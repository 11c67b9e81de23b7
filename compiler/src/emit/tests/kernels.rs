//! Builds small kernels.

use kiln_targets::{DType, Target};

use crate::emit::{Emitted, Options, emit};
use crate::lane::{
    Address, Arg, ArgKind, Binary, Builder, Const, Elt, LaneKernel, Local, Op, Pattern, Space, Ty,
    Value, print, verify,
};

/// A kernel under construction.
pub(super) struct Sketch {
    pub(super) b: Builder,
    target: Target,
    waves: u32,
    args: Vec<Arg>,
    locals: Vec<Local>,
}

pub(super) const INDEX: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: true };

impl Sketch {
    /// A kernel for a target with these arguments; buffers come first.
    pub(super) fn new(target: &str, args: &[ArgKind]) -> Sketch {
        let mut offset = 0;
        let args = args
            .iter()
            .enumerate()
            .map(|(at, kind)| {
                let bytes = if matches!(kind, ArgKind::Dim | ArgKind::Scalar) { 4 } else { 8 };
                let arg = Arg { name: format!("arg{at}"), kind: *kind, offset };
                offset += bytes;
                arg
            })
            .collect();
        let target = Target::builtin(target).unwrap();
        Sketch { b: Builder::default(), target, waves: 1, args, locals: vec![] }
    }

    /// Sets the waves of a workgroup.
    pub(super) fn waves(mut self, waves: u32) -> Sketch {
        self.waves = waves;
        self
    }

    /// Adds a local buffer.
    pub(super) fn local(mut self, bytes: u32) -> Sketch {
        let offset = self.locals.iter().map(|l| (l.offset + l.bytes).next_multiple_of(64)).max();
        let name = format!("local{}", self.locals.len());
        self.locals.push(Local { name, bytes, offset: offset.unwrap_or(0) });
        self
    }

    pub(super) fn lanes(&self) -> u32 {
        self.target.lanes
    }

    pub(super) fn lane_id(&mut self) -> Value {
        self.b.push(Op::LaneId, Ty::lane(DType::I32, 1))
    }

    pub(super) fn dim(&mut self, index: u32) -> Value {
        self.b.push(Op::Param(index), INDEX)
    }

    pub(super) fn block_id(&mut self, axis: u32) -> Value {
        self.b.push(Op::BlockId(axis), INDEX)
    }

    pub(super) fn wave_id(&mut self) -> Value {
        self.b.push(Op::WaveId, INDEX)
    }

    /// Lane id times a number of bytes.
    pub(super) fn lane_bytes(&mut self, bytes: i64) -> Value {
        let lane = self.lane_id();
        self.b.binary_const(Binary::Mul, lane, bytes)
    }

    /// A uniform I32 as an I64.
    pub(super) fn wide(&mut self, value: Value) -> Value {
        self.b.cast(value, Elt::I64)
    }

    /// Consecutive accesses of `bytes` in each lane, from the start of a buffer.
    pub(super) fn contiguous(&mut self, space: Space, bytes: u32) -> Address {
        let lane = Some(self.lane_bytes(bytes.into()));
        let align = (1 << bytes.trailing_zeros()).min(16);
        Address { space, base: None, lane, offset: 0, align, pattern: Pattern::Contiguous }
    }

    pub(super) fn constant(&mut self, value: Const, ty: Ty) -> Value {
        self.b.constant(value, ty)
    }

    /// The finished kernel.
    pub(super) fn finish(self, name: &str) -> (LaneKernel, Target) {
        let (body, types) = self.b.finish();
        let width = |kind| if matches!(kind, ArgKind::Dim | ArgKind::Scalar) { 4 } else { 8 };
        let end = self.args.last().map_or(0, |arg| arg.offset + width(arg.kind));
        let kernel = LaneKernel {
            name: name.to_owned(),
            lanes: self.target.lanes,
            waves: self.waves,
            args: self.args,
            kernarg_bytes: end.next_multiple_of(8),
            locals: self.locals,
            types,
            body,
        };
        if let Err(problems) = verify(&kernel, &self.target) {
            panic!("{}\n{}", problems.join("\n"), print(&kernel));
        }
        (kernel, self.target)
    }

    /// The finished kernel, emitted with its texts.
    pub(super) fn emit(self, name: &str) -> Emitted {
        let (kernel, target) = self.finish(name);
        let options = Options { dump: true, ..Options::default() };
        emit(&kernel, &target, &options).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// An address without lane part.
pub(super) fn broadcast(space: Space, base: Option<Value>, offset: i32, align: u32) -> Address {
    Address { space, base, lane: None, offset, align, pattern: Pattern::Broadcast }
}
