//! The weights that operations read: one tensor of the checkpoint, or several below one another.

use kiln_cache::operations::Weights;
use kiln_cache::vocabulary::Dtype;
use kiln_targets::DType;

use crate::weights::{Checkpoint, DraftPart, MtpPart, Part, Role, Weight};
use crate::{Error, Result};

/// A weight as an operation reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tensor {
    /// One row for each token.
    Embedding,
    /// A weight of a layer.
    Layer(usize, Stack),
    /// The norm after the last layer.
    Norm,
    /// The output head.
    Head,
    /// The output head as guesses read it: the same, or a smaller copy.
    DraftHead,
    /// A weight of the drafter outside its layers.
    Draft(Draft),
    /// A weight of a layer of the drafter; of the stacks those of full attention and the MLP, its
    /// queries without gates.
    DraftLayer(usize, Stack),
    /// A weight of the multi-token prediction head outside its layer.
    Mtp(MtpPart),
    /// A weight of the layer of the multi-token prediction head, which has full attention.
    MtpLayer(Stack),
}

/// Weights of a drafter outside its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Draft {
    /// Projection of the model's features.
    Features,
    /// Norm of the projected features.
    FeatureNorm,
    /// The norm after the last layer.
    Norm,
}

/// Weights of a layer, those stacked that one operation multiplies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stack {
    /// Norm before the mixer.
    InputNorm,
    /// Linear attention: queries, keys, values and output gate.
    Qkvz,
    /// Linear attention: beta, then decay.
    Ba,
    /// Linear attention: taps of the convolution.
    Conv,
    /// Linear attention: logarithm of the decay's rate.
    ALog,
    /// Linear attention: bias of the decay.
    DtBias,
    /// Linear attention: norm of the output.
    OutputNorm,
    /// Linear attention: projection onto the residual stream.
    LinearOutput,
    /// Full attention: queries with their gates, keys, values.
    Qkv,
    /// Full attention: norm of each query.
    QueryNorm,
    /// Full attention: norm of each key.
    KeyNorm,
    /// Full attention: projection onto the residual stream.
    FullOutput,
    /// Norm before the MLP.
    PostNorm,
    /// MLP: gate, then value.
    GateUp,
    /// MLP: projection onto the residual stream.
    Down,
}

impl Stack {
    fn parts(self) -> &'static [Part] {
        match self {
            Self::InputNorm => &[Part::InputNorm],
            Self::Qkvz => &[Part::Qkv, Part::Z],
            Self::Ba => &[Part::B, Part::A],
            Self::Conv => &[Part::Conv],
            Self::ALog => &[Part::ALog],
            Self::DtBias => &[Part::DtBias],
            Self::OutputNorm => &[Part::OutputNorm],
            Self::LinearOutput => &[Part::LinearOutput],
            Self::Qkv => &[Part::Query, Part::Key, Part::Value],
            Self::QueryNorm => &[Part::QueryNorm],
            Self::KeyNorm => &[Part::KeyNorm],
            Self::FullOutput => &[Part::FullOutput],
            Self::PostNorm => &[Part::PostNorm],
            Self::GateUp => &[Part::Gate, Part::Up],
            Self::Down => &[Part::Down],
        }
    }
}

impl Tensor {
    /// The weights that it consists of, top to bottom.
    pub fn roles(self) -> Vec<Role> {
        match self {
            Self::Embedding => vec![Role::Embedding],
            Self::Norm => vec![Role::Norm],
            Self::Head => vec![Role::Head],
            Self::DraftHead => vec![Role::DraftHead],
            Self::Draft(Draft::Features) => vec![Role::Draft(DraftPart::Features)],
            Self::Draft(Draft::FeatureNorm) => vec![Role::Draft(DraftPart::FeatureNorm)],
            Self::Draft(Draft::Norm) => vec![Role::Draft(DraftPart::Norm)],
            Self::DraftLayer(layer, stack) => {
                stack.parts().iter().map(|part| Role::DraftLayer(layer, *part)).collect()
            }
            Self::Mtp(part) => vec![Role::Mtp(part)],
            Self::MtpLayer(stack) => {
                stack.parts().iter().map(|part| Role::MtpLayer(0, *part)).collect()
            }
            Self::Layer(layer, stack) => {
                stack.parts().iter().map(|part| Role::Layer(layer, *part)).collect()
            }
        }
    }

    /// What is the same in the first layer, whether it has it or not.
    pub(crate) fn of_first_layer(self) -> Self {
        match self {
            Self::Layer(_, stack) => Self::Layer(0, stack),
            other => other,
        }
    }

    /// The checkpoint's weights, top to bottom.
    ///
    /// # Errors
    /// If the checkpoint lacks one.
    pub fn weights(self, checkpoint: &Checkpoint) -> Result<Vec<Weight<'_>>> {
        let weight = |role: Role| {
            let why = || Error::request(format!("the checkpoint has no weight for {role:?}"));
            checkpoint.weight(role).ok_or_else(why)
        };
        self.roles().into_iter().map(weight).collect()
    }
}

/// How the checkpoint stores what an operation multiplies by. Weights of one operation have to be
/// stored alike; loading says so where they are not.
pub(super) fn stored(checkpoint: &Checkpoint, tensor: Tensor) -> Result<Weights> {
    let weights = tensor.weights(checkpoint)?;
    Ok(match weights.first() {
        Some(Weight::Packed(_)) => Weights::Packed { asymmetric: weights[0].part("zeros").is_ok() },
        Some(Weight::Rows(_)) => Weights::Plain(Dtype::I8),
        Some(plain) => Weights::Plain(number(plain.part("values")?.dtype)),
        None => return Err(Error::request("a tensor without weights")),
    })
}

/// The number type of a weight that is never packed.
pub(super) fn plain(checkpoint: &Checkpoint, tensor: Tensor) -> Result<Dtype> {
    match stored(checkpoint, tensor)? {
        Weights::Plain(dtype) => Ok(dtype),
        Weights::Packed { .. } => Err(Error::request(format!("{tensor:?} is packed"))),
    }
}

/// The bundle's name of a float type.
fn number(dtype: DType) -> Dtype {
    match dtype {
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::Bf16,
        _ => Dtype::F32,
    }
}
