//! The tile DSL: recipes written as Rust, recorded as tile programs.
//!
//! * Every value is a `Copy` handle into the [`Kernel`] that records it, so expressions read like
//!   algebra. Where a value lives is its Rust type ([`View`], [`Staged`], [`Tile`], [`Index`],
//!   [`Mask`], [`Condition`]); its shape and number type are run-time values of the build.
//! * Rust control flow happens while building; [`Kernel::fold`] and [`Kernel::when`] happen while
//!   the kernel runs. An [`Index`] is uniform across the workgroup, so these cannot diverge.
//! * A wrong operation records a diagnostic with the recipe's line and yields a value that keeps
//!   quiet; one build reports every mistake.
//! * Edges belong to the compiler: windows may overhang, loads then fill and stores skip.

mod erased;
mod fold;
mod host;
mod index;
mod kernel;
mod mask;
mod operand;
mod params;
mod recipe;
mod recorder;
mod signature;
mod staged;
mod tile;
mod view;

#[cfg(test)]
mod tests;

pub use erased::{AnyRecipe, Candidate};
pub use fold::{Carry, Steps};
pub use host::{Host, Matrix};
pub use index::{Condition, Index, IntoIndex};
pub use kernel::Kernel;
pub use mask::Mask;
pub use operand::Operand;
pub use params::{Axis, AxisInfo, ParamError, Params, Values, read_axis, refuse_unknown};
pub use recipe::{Pick, Recipe, Reject, Sizes, Verdict, build};
pub use signature::{Argument, IntoFormat, Signature};
pub use staged::Staged;
pub use tile::Tile;
pub use view::{Place, View, Window};

/// For the code that [`params!`](crate::params) generates, and for storing points.
pub use {serde, serde_json::Value};

/// What a recipe's file imports.
pub mod prelude {
    pub use super::{
        Axis, Condition, Host, Index, Kernel, Mask, Params, Pick, Recipe, Reject, Signature, Sizes,
        Staged, Steps, Tile, Verdict, View, Window, build,
    };
    pub use crate::tile::{Extent, Waves};
    pub use crate::{choices, params, require};
    pub use kiln_targets::DType::{self, BF16, F16, F32, I4, I8, I16, I32, U4, U8};
    pub use kiln_targets::{Format, Target};
}
