//! The laws of a program's header: names, dims, parts, grid and waves.

use super::super::parse::is_name;
use super::super::{Extent, Program, Waves};
use crate::diagnose::{Diagnostic, Location};

/// Everything that is wrong in a header.
pub(super) fn mistakes(program: &Program) -> Vec<Diagnostic> {
    let Program { name, dims, multiples, parts, grid, waves, .. } = program;
    let mut found = Vec::new();
    let mut need = |holds: bool, message: String| {
        if !holds {
            found.push(Diagnostic::new(Location::UNKNOWN, message));
        }
    };
    need(is_name(name), format!("`{name}` is not a name for a kernel"));
    need(dims.len() == multiples.len(), "every dim has one known divisor".to_owned());
    need(!multiples.contains(&0), "a dim is a multiple of 0".to_owned());
    for (at, dim) in dims.iter().enumerate() {
        need(is_name(dim), format!("`{dim}` is not a name for a dim"));
        need(!dims[..at].contains(dim), format!("the dim `{dim}` is declared twice"));
    }
    for (at, part) in parts.iter().enumerate() {
        let name = &part.name;
        need(name.split('.').all(is_name), format!("`{name}` is not a name for an argument"));
        let twice = parts[..at].iter().any(|earlier| earlier.name == *name);
        need(!twice, format!("the argument `{name}` is declared twice"));
        for extent in part.extent {
            need(sound(extent, dims.len()), format!("an extent of `{name}` is out of range"));
        }
    }
    need(grid.len() <= 3, format!("a grid of {} axes cannot be launched", grid.len()));
    for (axis, extent) in grid.iter().enumerate() {
        need(sound(*extent, dims.len()), format!("grid axis {axis} is out of range"));
    }
    let Waves { slices, rows, cols } = *waves;
    for count in [slices, rows, cols] {
        need(count.is_power_of_two(), format!("work is not divided between {count} waves"));
    }
    found
}

/// Whether an extent is positive and of a dim that exists.
fn sound(extent: Extent, dims: usize) -> bool {
    let Extent { dim, mul, div } = extent;
    mul > 0 && div > 0 && dim.is_none_or(|dim| (dim as usize) < dims)
}
