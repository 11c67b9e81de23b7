//! Kernel families written in the tile DSL, each with search space and reference.
//!
//! One file a family; [`catalogue`] lists what the tuner can choose from for an operation.

pub mod act_quant;
pub mod add_norm;
pub mod add_norm_quant;
pub mod argmax;
pub mod attention;
pub mod batch_q4;
pub mod catalogue;
pub mod concat;
pub mod conv1d;
pub mod conv_commit;
pub mod delta;
pub mod delta_commit;
pub mod delta_move;
mod delta_rows;
pub mod delta_step;
pub mod embedding;
pub mod gated_norm;
pub mod linear;
pub mod matmul;
pub mod matvec;
pub mod mmq_q4;
pub mod mmvq_q4;
pub mod plain;
pub mod rms_norm;
mod sigmoid;
pub mod stream_q4;
pub mod top_k;
pub mod wide_q4;

pub use act_quant::ActQuant;
pub use add_norm::AddNorm;
pub use add_norm_quant::AddNormQuant;
pub use argmax::Argmax;
pub use batch_q4::BatchQ4;
pub use concat::Concat;
pub use conv_commit::ConvCommit;
pub use conv1d::Conv1d;
pub use delta_commit::DeltaCommit;
pub use delta_move::DeltaMove;
pub use delta_step::DeltaStep;
pub use embedding::Embedding;
pub use gated_norm::GatedNorm;
pub use linear::{Epilogue, Linear};
pub use matmul::MatMul;
pub use matvec::MatVec;
pub use mmq_q4::MmqQ4;
pub use mmvq_q4::MmvqQ4;
pub use plain::Plain;
pub use rms_norm::RmsNorm;
pub use stream_q4::StreamQ4;
pub use top_k::{Merge as TopMerge, Split as TopSplit};
pub use wide_q4::WideQ4;
