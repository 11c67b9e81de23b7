//! Kernel families written in the tile DSL, each with search space and reference.
//!
//! One file a family; [`catalogue`] lists what the tuner can choose from for an operation.

pub mod act_quant;
pub mod add_norm_quant;
pub mod attention;
pub mod catalogue;
pub mod embedding;
pub mod linear;
pub mod mmq_q4;
pub mod mmvq_q4;
pub mod rms_norm;

pub use act_quant::ActQuant;
pub use add_norm_quant::AddNormQuant;
pub use embedding::Embedding;
pub use linear::{Epilogue, Linear};
pub use mmq_q4::MmqQ4;
pub use mmvq_q4::MmvqQ4;
pub use rms_norm::RmsNorm;
