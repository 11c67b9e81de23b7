//! Arguments in global memory and windows into them.

use super::index::IntoIndex;
use super::recorder::POISON;
use super::{Argument, Index, Kernel, Tile};
use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Extent, Id, Op, Part, Type};
use kiln_targets::DType;
use std::fmt;

/// An argument, or one part of an argument whose format stores several.
#[derive(Clone, Copy)]
pub struct View<'k> {
    kernel: &'k Kernel,
    argument: Option<usize>,
    part: Option<usize>,
}

/// A place in two coordinates, each an [`Index`] or a Rust integer: `[row, col]` or `(row, 0)`.
pub trait Place<'k>: Copy {
    /// Both coordinates as indices.
    #[track_caller]
    fn indices(self, kernel: &'k Kernel) -> [Index<'k>; 2];
}

impl<'k, T: IntoIndex<'k>> Place<'k> for [T; 2] {
    #[track_caller]
    fn indices(self, kernel: &'k Kernel) -> [Index<'k>; 2] {
        [self[0].into_index(kernel), self[1].into_index(kernel)]
    }
}

impl<'k, A: IntoIndex<'k>, B: IntoIndex<'k>> Place<'k> for (A, B) {
    #[track_caller]
    fn indices(self, kernel: &'k Kernel) -> [Index<'k>; 2] {
        [self.0.into_index(kernel), self.1.into_index(kernel)]
    }
}

impl<'k> View<'k> {
    /// The argument of that number; without one, the view of a mistake.
    pub(super) fn of(kernel: &'k Kernel, argument: Option<usize>) -> View<'k> {
        let arguments = kernel.signature().arguments();
        let argument = argument.filter(|number| !arguments[*number].parts.is_empty());
        let alone = argument.filter(|number| arguments[*number].parts.len() == 1);
        View { kernel, argument, part: alone.map(|number| arguments[number].first_part) }
    }

    /// A part of the argument, named as its format names it.
    #[track_caller]
    #[must_use]
    pub fn part(self, name: &str) -> View<'k> {
        let Some(argument) = self.known() else { return self };
        let mut names = argument.format.parts.iter().map(|part| &part.name);
        match names.clone().position(|known| known == name) {
            Some(at) => View { part: Some(argument.first_part + at), ..self },
            None => {
                let what = format!("part of `{}` called", argument.name);
                self.kernel.report_unknown(&what, name, &mut names, Location::caller());
                View { argument: None, part: None, ..self }
            }
        }
    }

    /// Run-time rows (axis 0) or columns (axis 1).
    #[track_caller]
    pub fn dim(self, axis: usize) -> Index<'k> {
        let Some(extent) = self.extent(axis, Location::caller()) else {
            return Index::new(self.kernel, POISON);
        };
        let Some(dim) = extent.dim else {
            return self.kernel.index(i64::from(extent.mul.div_ceil(extent.div)));
        };
        let mut index = Index::new(self.kernel, self.kernel.record(Op::Dim(dim), Type::Index));
        if extent.mul > 1 {
            index = index * extent.mul;
        }
        if extent.div > 1 {
            index = (index + (extent.div - 1)) / extent.div;
        }
        index
    }

    /// How many pieces of `by` cover the rows (axis 0) or columns (axis 1): a grid extent.
    #[track_caller]
    pub fn tiles(self, axis: usize, by: u32) -> Extent {
        let location = Location::caller();
        self.kernel.require_positive("an argument is divided into pieces of", by, location);
        let whole = self.extent(axis, location).unwrap_or(Extent { dim: None, mul: 1, div: 1 });
        Extent { div: whole.div.saturating_mul(by.max(1)), ..whole }
    }

    /// The `[rows, cols]` window whose first element is at row and column `place`.
    #[track_caller]
    #[must_use]
    pub fn at(self, place: impl Place<'k>, size: [u32; 2]) -> Window<'k> {
        self.window(place.indices(self.kernel), size, Location::caller())
    }

    /// The `[rows, cols]` window that is number `place` when the argument is cut into such
    /// windows.
    #[track_caller]
    #[must_use]
    pub fn tile(self, place: impl Place<'k>, size: [u32; 2]) -> Window<'k> {
        let [row, col] = place.indices(self.kernel);
        self.window([row * size[0], col * size[1]], size, Location::caller())
    }

    fn window(self, at: [Index<'k>; 2], size: [u32; 2], location: Location) -> Window<'k> {
        if let (Some(argument), None) = (self.known(), self.part) {
            let names: Vec<String> =
                argument.format.parts.iter().map(|part| format!("{:?}", part.name)).collect();
            let message =
                format!("`{}` is stored in several parts and has no windows", argument.name);
            let mistake = Diagnostic::new(location, message);
            self.kernel
                .report(mistake.note(format!("choose .part({})", names.join(") or .part("))));
        }
        let at = at.map(|at| at.id);
        Window { kernel: self.kernel, part: self.part, at, size, fill: 0.0, until: None }
    }

    fn extent(self, axis: usize, location: Location) -> Option<Extent> {
        let argument = self.known()?;
        if axis > 1 {
            let message = format!("`{}` has no axis {axis}", argument.name);
            let mistake = Diagnostic::new(location, message);
            self.kernel.report(mistake.note("axis 0 counts rows and axis 1 columns"));
            return None;
        }
        let part = self.part.map(|part| &argument.parts[part - argument.first_part]);
        Some(part.map_or(argument.extent, |part: &Part| part.extent)[axis])
    }

    fn known(self) -> Option<&'k Argument> {
        self.argument.map(|number| &self.kernel.signature().arguments()[number])
    }
}

/// A rectangle of an argument, which may overhang its edges.
#[derive(Clone, Copy)]
pub struct Window<'k> {
    kernel: &'k Kernel,
    part: Option<usize>,
    at: [Id; 2],
    size: [u32; 2],
    fill: f64,
    until: Option<Id>,
}

impl<'k> Window<'k> {
    /// Leaves the argument's rows from this one on alone when a tile is stored: where rows of
    /// several owners follow each other, a tile that crosses the end of one writes no other's.
    #[track_caller]
    #[must_use]
    pub fn until(self, row: impl IntoIndex<'k>) -> Window<'k> {
        Window { until: Some(row.into_index(self.kernel).id), ..self }
    }

    /// Loads `fill` instead of zero where the window overhangs.
    #[must_use]
    pub fn or(self, fill: f64) -> Window<'k> {
        Window { fill, ..self }
    }

    /// Stores a tile of the window's size; where the window overhangs, nothing is written.
    #[track_caller]
    pub fn store(self, tile: Tile<'k>) {
        let Some(part) = self.part else { return };
        self.kernel.recorder().wrote(part);
        let [_, rows, cols] = tile.shape();
        if !matches!(tile.ty(), Type::None) && [rows, cols] != self.size {
            let size = self.size;
            let message = format!("a [{rows}, {cols}] tile does not fill a {size:?} window");
            let mistake = Diagnostic::new(Location::caller(), message);
            self.kernel.report(mistake.note("window and tile have equal rows and columns"));
            return;
        }
        let op = Op::Store { arg: part as u32, at: self.at, until: self.until, value: tile.id };
        self.kernel.record(op, Type::None);
    }

    #[track_caller]
    pub(super) fn load(self) -> Tile<'k> {
        let Some(part) = self.part else { return Tile::new(self.kernel, POISON) };
        let [rows, cols] = self.size;
        let op = Op::Load { arg: part as u32, at: self.at, fill: self.fill };
        self.kernel.make(op, self.dtype(), [1, rows, cols])
    }

    fn dtype(self) -> DType {
        let part = self.part.map(|part| self.kernel.recorder().program.parts[part].dtype);
        part.unwrap_or(DType::F32)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "view of {}", self.known().map_or("nothing", |argument| &argument.name))
    }
}

impl fmt::Debug for Window<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "window of {:?}", self.size)
    }
}
