//! The tile DSL and its compiler: tile IR, lane IR, MLIR, LLVM, code objects.

pub mod compile;
pub mod diagnose;
pub mod dsl;
pub mod emit;
pub mod interpret;
pub mod lane;
pub mod layout;
pub mod lower;
pub mod object;
pub mod oracle;
pub mod tile;

pub use dsl::prelude;
