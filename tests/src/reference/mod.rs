//! The qwen3_5 text model in plain loops: what kernels and the runtime are compared with.
//!
//! * One token at a time: every layer is written in its recurrent form, so that there is nothing
//!   to get wrong about chunks, pages or batches.
//! * Numbers are f32, sums are f64: it is closer to the exact result than what it judges.
//! * It is itself judged by goldens that Hugging Face transformers made
//!   (`tests/fixtures/models/goldens.py`).
//!
//! | file | noun |
//! |---|---|
//! | `model` | the layers between token and logits, and the state of one text |
//! | `linear_attention` | Gated DeltaNet: convolution, gates, delta rule |
//! | `attention` | gated attention with rotated positions |
//! | `mlp` | SwiGLU |
//! | `drafter` | a DFlash drafter |
//! | `norm` | the four norms |
//! | `matrix` | a weight in f32 |

mod attention;
mod drafter;
mod linear_attention;
mod matrix;
mod mlp;
mod model;
mod norm;

pub use attention::{Attention, KeysAndValues, attend, rotate};
pub use drafter::{Context, Drafter};
pub use linear_attention::{
    DeltaState, LinearAttention, beta, convolve, decay, delta_rule, sigmoid, silu,
};
pub use matrix::{Matrix, dot};
pub use mlp::Mlp;
pub use model::{Model, State, argmax};
pub use norm::{l2_norm, rms_norm, rms_norm_gated, rms_norm_plain};
