//! A model's configuration, and the operations it asks for.
//!
//! Rules of this module:
//! - every size comes from `config.json`, by the reader that serving uses
//!   ([`kiln_cache::model`]): what is tuned for is what is served. The one exception is the
//!   drafter, which may be described by the published configuration of its family
//!   ([`DrafterChoice::Published`]);
//! - an operation's `n` counts columns of the result: a fused gate reads `2 n` rows of weights;
//! - the list of operations is sorted and free of repetitions, so that equal configurations give
//!   equal bundles.

mod demand;
mod drafter;
mod load;
mod serving;
mod shapes;

pub use demand::{ACTIVATION_FORMATS, Demand, M_CLASSES};
pub use drafter::{DrafterChoice, DrafterShapes, Sight};
pub use load::load;
pub use serving::Serving;
pub use shapes::{Activation, LinearAttention, ModelShapes};

#[cfg(test)]
mod tests;
