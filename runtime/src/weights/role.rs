//! What each tensor of a checkpoint is for.

use std::fmt;

/// A weight of the model, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// One row for each token of the vocabulary.
    Embedding,
    /// A weight of a decoder layer.
    Layer(usize, Part),
    /// The norm after the last layer.
    Norm,
    /// The output head; where it is tied, the embedding takes its place.
    Head,
    /// The output head as guesses read it, where that is another one.
    DraftHead,
    /// A weight of the multi-token prediction head.
    Mtp(MtpPart),
    /// A weight of a decoder layer of the multi-token prediction head.
    MtpLayer(usize, Part),
    /// A weight of the drafter outside its layers.
    Draft(DraftPart),
    /// A weight of a layer of the drafter.
    DraftLayer(usize, Part),
    /// A weight of the vision tower outside its blocks.
    Vision(VisionPart),
    /// A weight of a block of the vision tower.
    VisionBlock(usize, BlockPart),
}

/// Weights of a decoder layer. Matrices are `[out, in]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Norm before the mixer; applied as `1 + w`.
    InputNorm,
    /// Linear attention: queries, keys and values, flat one after the other.
    Qkv,
    /// Linear attention: output gate.
    Z,
    /// Linear attention: beta of each value head.
    B,
    /// Linear attention: decay of each value head.
    A,
    /// Linear attention: taps of the convolution, `[channels, 1, kernel]`.
    Conv,
    /// Linear attention: logarithm of each value head's decay rate.
    ALog,
    /// Linear attention: bias of each value head's decay.
    DtBias,
    /// Linear attention: norm of a head's output; applied as it is.
    OutputNorm,
    /// Linear attention: projection onto the residual stream.
    LinearOutput,
    /// Full attention: for each head its query's rows, then its gate's.
    Query,
    /// Full attention: keys.
    Key,
    /// Full attention: values.
    Value,
    /// Full attention: norm of each query; applied as `1 + w`.
    QueryNorm,
    /// Full attention: norm of each key; applied as `1 + w`.
    KeyNorm,
    /// Full attention: projection onto the residual stream.
    FullOutput,
    /// Norm before the MLP; applied as `1 + w`.
    PostNorm,
    /// MLP: gate.
    Gate,
    /// MLP: value that the gate multiplies.
    Up,
    /// MLP: projection onto the residual stream.
    Down,
}

/// Weights of the multi-token prediction head outside its layers. Norms are applied as `1 + w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MtpPart {
    /// Norm of the token's embedding.
    EmbeddingNorm,
    /// Norm of the model's hidden state.
    HiddenNorm,
    /// Projection of embedding and hidden state, in this order, to the width of one.
    Projection,
    /// The norm after its layers.
    Norm,
}

/// Weights of a drafter outside its layers. All its norms are applied as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftPart {
    /// Projection of the model's features, side by side, to the width of one.
    Features,
    /// Norm of the projected features.
    FeatureNorm,
    /// The norm after its layers.
    Norm,
}

/// Weights of the vision tower outside its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum VisionPart {
    Patch,
    PatchBias,
    Positions,
    MergerNorm,
    MergerNormBias,
    MergerIn,
    MergerInBias,
    MergerOut,
    MergerOutBias,
}

/// Weights of a block of the vision tower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum BlockPart {
    AttentionNorm,
    AttentionNormBias,
    Qkv,
    QkvBias,
    Output,
    OutputBias,
    MlpNorm,
    MlpNormBias,
    MlpIn,
    MlpInBias,
    MlpOut,
    MlpOutBias,
}

/// What a checkpoint's bytes are counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The embedding table.
    Embedding,
    /// Decoder layers and the last norm.
    Layers,
    /// The output head, where it is not tied.
    Head,
    /// The multi-token prediction head.
    Mtp,
    /// The drafter.
    Drafter,
    /// The vision tower.
    Vision,
    /// Recognised and not used by this model: parts that the configuration does not have.
    Unused,
}

impl Role {
    /// What its bytes are counted under.
    pub fn group(self) -> Group {
        match self {
            Self::Embedding => Group::Embedding,
            Self::Layer(..) | Self::Norm => Group::Layers,
            Self::Head | Self::DraftHead => Group::Head,
            Self::Mtp(_) | Self::MtpLayer(..) => Group::Mtp,
            Self::Draft(_) | Self::DraftLayer(..) => Group::Drafter,
            Self::Vision(_) | Self::VisionBlock(..) => Group::Vision,
        }
    }
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 7] = [
        Self::Embedding,
        Self::Layers,
        Self::Head,
        Self::Mtp,
        Self::Drafter,
        Self::Vision,
        Self::Unused,
    ];
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Embedding => "embedding",
            Self::Layers => "layers",
            Self::Head => "head",
            Self::Mtp => "multi-token prediction",
            Self::Drafter => "drafter",
            Self::Vision => "vision",
            Self::Unused => "not used",
        })
    }
}
