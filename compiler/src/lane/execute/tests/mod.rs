mod control;
mod elements;
mod matrix;
mod memory;
mod moves;

use std::collections::BTreeMap;

use super::{Call, ExecuteError, LaneMachine};
use crate::diagnose::Location;
use crate::interpret::{Buffer, Buffers};
use crate::lane::{
    Address, Arg, ArgKind, Binary, Builder, Elt, LaneKernel, Local, Op, Pattern, Space, Ty, Value,
};
use kiln_targets::{DType, Target};

const LANES: usize = 32;
const I32: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: true };
const I64: Ty = Ty { elt: Elt::I64, count: 1, uniform: true };

/// A kernel being written: inputs `x` and `z`, output `y`, dim `m`, scalar `s`, one local buffer.
struct Bench {
    b: Builder,
    waves: u32,
}

/// Arguments by their number.
const X: u32 = 0;
const Z: u32 = 1;
const Y: u32 = 2;
const M: u32 = 3;
const S: u32 = 4;

impl Bench {
    fn new(waves: u32) -> Bench {
        let mut bench = Bench { b: Builder::default(), waves };
        bench.line(1);
        bench
    }

    /// The recipe line of what follows.
    fn line(&mut self, line: u32) {
        self.b.location = Location { file: "recipe.rs", line };
    }

    /// Lane number times a constant.
    fn lanes(&mut self, by: i64) -> Value {
        let lane = self.b.push(Op::LaneId, Ty::lane(DType::I32, 1));
        self.b.binary_const(Binary::Mul, lane, by)
    }

    /// Lane `l` of wave `w` at `(w * 32 + l) * width` bytes.
    fn dense(&mut self, space: Space, width: u32) -> Address {
        let lane = self.lanes(width.into());
        let wave = self.b.push(Op::WaveId, I32);
        let base = self.b.binary_const(Binary::Mul, wave, i64::from(width) * LANES as i64);
        let base = match space {
            Space::Global(_) => self.b.cast(base, Elt::I64),
            Space::Local(_) => base,
        };
        let pattern = Pattern::Contiguous;
        let align = 1 << width.trailing_zeros().min(4);
        Address { space, base: Some(base), lane: Some(lane), offset: 0, align, pattern }
    }

    fn load(&mut self, arg: u32, ty: Ty) -> Value {
        let address = self.dense(Space::Global(arg), width(ty));
        self.b.load(address, None, ty)
    }

    fn store(&mut self, value: Value) {
        let address = self.dense(Space::Global(Y), width(self.b.ty(value)));
        self.b.store(address, value, None);
    }

    fn kernel(self) -> LaneKernel {
        let (body, types) = self.b.finish();
        let arg = |name: &str, kind, offset| Arg { name: name.into(), kind, offset };
        LaneKernel {
            name: "probe".into(),
            lanes: LANES as u32,
            waves: self.waves,
            args: vec![
                arg("x", ArgKind::Input, 0),
                arg("z", ArgKind::Input, 8),
                arg("y", ArgKind::InOut, 16),
                arg("m", ArgKind::Dim, 24),
                arg("s", ArgKind::Scalar, 28),
            ],
            kernarg_bytes: 32,
            locals: vec![Local { name: "tile".into(), bytes: 1024, offset: 0 }],
            types,
            body,
        }
    }

    /// Executes one workgroup with `x` and `z` and a `y` of zeros; what `y` then holds.
    fn run(self, x: &[u8], z: &[u8]) -> Result<Vec<u8>, ExecuteError> {
        self.run_grid([1; 3], x, z)
    }

    fn run_grid(self, grid: [u64; 3], x: &[u8], z: &[u8]) -> Result<Vec<u8>, ExecuteError> {
        let machine = LaneMachine::new(self.kernel(), &target())?;
        let mut buffers = Buffers::new();
        buffers.insert("x", Buffer::guarded(x));
        buffers.insert("z", Buffer::guarded(z));
        buffers.insert("y", Buffer::guarded(&[0; 4096]));
        let dims = BTreeMap::from([("m".to_owned(), 7)]);
        let scalars = BTreeMap::from([("s".to_owned(), 0.5)]);
        machine.execute(Call { grid, dims: &dims, scalars: &scalars }, &mut buffers)?;
        Ok(buffers.get("y").unwrap().bytes().to_vec())
    }

    /// The words of `y`.
    fn words(self, x: &[u32]) -> Vec<u32> {
        words(&self.run(&bytes(x), &[]).unwrap())
    }

    /// The text of the fault.
    #[track_caller]
    fn fault(self) -> String {
        self.run(&[0; 4096], &[]).unwrap_err().to_string()
    }
}

/// That a text contains every part.
#[track_caller]
fn says(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in: {text}"));
}

fn target() -> Target {
    Target::builtin("gfx1151").unwrap()
}

fn width(ty: Ty) -> u32 {
    ty.count * ty.elt_bits() / 8
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}
