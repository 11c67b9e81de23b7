//! The kernel being recorded: where values come from.

use super::index::IntoIndex;
use super::recorder::{POISON, Recorder};
use super::{Index, Signature, Staged, Tile, View, Window};
use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Elem, Extent, Id, Op, Program, Region, Role, Shape, Type, Waves};
use kiln_targets::{DType, Target};
use std::cell::{RefCell, RefMut};
use std::fmt;

/// Records what a recipe says. All values of the DSL are `Copy` handles into it.
pub struct Kernel {
    recorder: RefCell<Recorder>,
    signature: Signature,
    target: Target,
}

impl Kernel {
    pub(super) fn new(signature: Signature, target: &Target) -> Kernel {
        let program = Program {
            name: signature.name().to_owned(),
            dims: signature.dims().to_vec(),
            multiples: signature.multiples().to_vec(),
            parts: signature.parts(),
            grid: Vec::new(),
            waves: Waves { slices: 1, rows: 1, cols: 1 },
            ahead: 0,
            nodes: Vec::new(),
            body: Region::default(),
        };
        let recorder = Recorder::new(program, signature.mistakes().to_vec());
        Kernel { recorder: RefCell::new(recorder), signature, target: target.clone() }
    }

    /// The chip this kernel is built for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The argument of that name.
    #[track_caller]
    pub fn arg(&self, name: &str) -> View<'_> {
        self.arg_at(name, Location::caller())
    }

    /// Several arguments at once.
    #[track_caller]
    pub fn args<const N: usize>(&self, names: [&str; N]) -> [View<'_>; N] {
        let location = Location::caller();
        names.map(|name| self.arg_at(name, location))
    }

    /// The run-time value of a dim.
    #[track_caller]
    pub fn dim(&self, name: &str) -> Index<'_> {
        let location = Location::caller();
        let dim = self.dim_number(name, location);
        let id = dim.map(|dim| self.record_at(Op::Dim(dim), Type::Index, location));
        Index::new(self, id.unwrap_or(POISON))
    }

    /// How many pieces of `by` elements cover a dim: a grid extent.
    #[track_caller]
    pub fn tiles(&self, dim: &str, by: u32) -> Extent {
        let location = Location::caller();
        self.require_positive("a dim is divided into pieces of", by, location);
        Extent { dim: self.dim_number(dim, location), mul: 1, div: by.max(1) }
    }

    /// A constant index.
    #[track_caller]
    pub fn index(&self, value: i64) -> Index<'_> {
        Index::new(self, self.record(Op::Index(value), Type::Index))
    }

    /// Launches a grid of workgroups and returns the place of this one, both fastest axis first.
    /// At most three axes, once per kernel.
    #[track_caller]
    pub fn grid<const N: usize>(&self, extents: [Extent; N]) -> [Index<'_>; N] {
        let location = Location::caller();
        if let Some(message) = self.grid_mistake(N) {
            self.report(Diagnostic::new(location, message).note(
                "call k.grid([..]) once, with one to three extents such as k.tiles(\"n\", 64)",
            ));
            return [Index::new(self, POISON); N];
        }
        self.recorder.borrow_mut().program.grid = extents.to_vec();
        std::array::from_fn(|axis| {
            Index::new(self, self.record_at(Op::Grid(axis as u32), Type::Index, location))
        })
    }

    /// Divides matrix products between waves; one wave does all unless this is called.
    #[track_caller]
    pub fn waves(&self, waves: Waves) {
        let Waves { slices, rows, cols } = waves;
        if [slices, rows, cols].iter().any(|count| !count.is_power_of_two()) {
            let message = format!("work is not divided into {slices} x {rows} x {cols} waves");
            let mistake = Diagnostic::new(Location::caller(), message);
            self.report(mistake.note("each of slices, rows and columns is a power of two"));
            return;
        }
        self.recorder.borrow_mut().program.waves = waves;
    }

    /// Asks a host for memory that loops stream through `bytes` before it is used; GPUs have
    /// their own prefetch and ignore it.
    pub fn ahead(&self, bytes: u32) {
        self.recorder.borrow_mut().program.ahead = bytes;
    }

    /// Loads a window into registers.
    #[track_caller]
    pub fn load<'k>(&'k self, window: Window<'k>) -> Tile<'k> {
        window.load()
    }

    /// Loads a window into workgroup memory.
    #[track_caller]
    pub fn stage<'k>(&'k self, window: Window<'k>) -> Staged<'k> {
        self.share(window.load())
    }

    /// Puts a tile of one slice into workgroup memory, where every wave can read all of it.
    #[track_caller]
    pub fn share<'k>(&'k self, tile: Tile<'k>) -> Staged<'k> {
        Staged::new(self, self.record(Op::Share(tile.id), Type::None))
    }

    /// A `[rows, cols]` tile of one number.
    #[track_caller]
    pub fn full(&self, value: f64, dtype: DType, [rows, cols]: [u32; 2]) -> Tile<'_> {
        self.make(Op::Full(value), dtype, [1, rows, cols])
    }

    /// A `[rows, cols]` tile of zeros.
    #[track_caller]
    pub fn zeros(&self, dtype: DType, shape: [u32; 2]) -> Tile<'_> {
        self.full(0.0, dtype, shape)
    }

    /// A `[slices, rows, cols]` tile of zeros.
    #[track_caller]
    pub fn zeros_sliced(&self, dtype: DType, shape: Shape) -> Tile<'_> {
        self.make(Op::Full(0.0), dtype, shape)
    }

    /// An I32 tile whose elements are their own rows.
    #[track_caller]
    pub fn iota_rows(&self, [rows, cols]: [u32; 2]) -> Tile<'_> {
        self.make(Op::Iota(1), DType::I32, [1, rows, cols])
    }

    /// An I32 tile whose elements are their own columns.
    #[track_caller]
    pub fn iota_cols(&self, [rows, cols]: [u32; 2]) -> Tile<'_> {
        self.make(Op::Iota(2), DType::I32, [1, rows, cols])
    }

    /// An I32 tile whose every element is the index.
    #[track_caller]
    pub fn splat<'k>(&'k self, index: impl IntoIndex<'k>, [rows, cols]: [u32; 2]) -> Tile<'k> {
        let index = index.into_index(self);
        self.make(Op::Splat(index.id), DType::I32, [1, rows, cols])
    }

    /// `acc + a * b`, a matrix product `[s, i, k] x [s, k, j]` for each slice.
    ///
    /// Takes 4-bit or 8-bit integers (exact, into I32), F16, BF16 or F32 (into F32, in any order).
    #[track_caller]
    pub fn mma<'k>(&'k self, a: Tile<'k>, b: Tile<'k>, acc: Tile<'k>) -> Tile<'k> {
        let op = Op::Mma { a: a.id, b: b.id, acc: acc.id };
        Tile::new(self, self.record(op, Type::None))
    }

    pub(super) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Records an op that makes a tile of the given type.
    #[track_caller]
    pub(super) fn make(&self, op: Op, dtype: DType, shape: Shape) -> Tile<'_> {
        Tile::new(self, self.record(op, Type::Tile(Elem::Num(dtype), shape)))
    }

    #[track_caller]
    pub(super) fn record(&self, op: Op, declared: Type) -> Id {
        self.record_at(op, declared, Location::caller())
    }

    pub(super) fn record_at(&self, op: Op, declared: Type, location: Location) -> Id {
        self.recorder.borrow_mut().record(op, declared, location)
    }

    pub(super) fn recorder(&self) -> RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    pub(super) fn ty(&self, id: Id) -> Type {
        self.recorder.borrow().ty(id)
    }

    pub(super) fn report(&self, mistake: Diagnostic) {
        self.recorder.borrow_mut().report(mistake);
    }

    pub(super) fn report_unknown<'n>(
        &self,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n String>,
        location: Location,
    ) {
        let known: Vec<&str> = known.map(String::as_str).collect();
        let mistake = Diagnostic::new(location, format!("there is no {what} `{name}`"));
        self.report(mistake.note(format!("there are: {}", known.join(", "))));
    }

    pub(super) fn require_positive(&self, what: &str, value: u32, location: Location) {
        if value == 0 {
            let mistake = Diagnostic::new(location, format!("{what} 0 elements"));
            self.report(mistake.note("use at least 1"));
        }
    }

    /// The finished program, or every mistake.
    pub(super) fn finish(self) -> Result<Program, Vec<Diagnostic>> {
        let mut recorder = self.recorder.into_inner();
        for argument in self.signature.arguments() {
            for (at, part) in argument.parts.iter().enumerate() {
                if part.role != Role::Input && !recorder.writes(argument.first_part + at) {
                    let message = format!("`{}` is never written", part.name);
                    let mistake = Diagnostic::new(argument.location, message);
                    recorder.report(mistake.note("store a tile to it, or remove it"));
                }
            }
        }
        recorder.finish()
    }

    fn arg_at(&self, name: &str, location: Location) -> View<'_> {
        let arguments = self.signature.arguments();
        let number = arguments.iter().position(|argument| argument.name == name);
        if number.is_none() {
            let names = arguments.iter().map(|argument| &argument.name);
            self.report_unknown("argument", name, names, location);
        }
        View::of(self, number)
    }

    fn dim_number(&self, name: &str, location: Location) -> Option<u32> {
        let dims = self.signature.dims();
        let number = dims.iter().position(|dim| dim == name);
        if number.is_none() {
            self.report_unknown("dim", name, dims.iter(), location);
        }
        number.map(|number| number as u32)
    }

    fn grid_mistake(&self, axes: usize) -> Option<String> {
        if !self.recorder.borrow().program.grid.is_empty() {
            return Some("the grid is given twice".to_owned());
        }
        (!(1..=3).contains(&axes)).then(|| format!("a grid of {axes} axes cannot be launched"))
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kernel {}", self.signature.name())
    }
}
