//! One operation of a pass, and what its operands are.

use kiln_cache::vocabulary::Operation;

use super::Tensor;

/// What a pass through the model is for. Each has its own list of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// At most 32 rows of any sequences; states move on.
    Decode,
    /// At most 32 rows; states stay. What moves them on by some of the rows is kept, in the first
    /// half.
    Verify,
    /// The same after rows that were accepted: the delta rule's states first move on by those that
    /// are kept in this half, and the rows of this pass are kept in the other one.
    Follow(Half),
    /// More than 32 rows of one sequence; states move on.
    Prefill,
    /// From the residual stream of at most 32 rows to logits.
    Head,
    /// Finds the largest logit of each row of the last [`Pass::Head`].
    Largest,
    /// Finds the largest logits of each row of the last [`Pass::Head`].
    Top,
    /// Moves the convolutions' states on by the first rows of each segment of the last
    /// [`Pass::Verify`] or [`Pass::Follow`].
    Histories,
    /// Moves the delta rule's states on by the first rows of each segment that is kept in this half.
    Commit(Half),
    /// From what the drafter reads of the last pass's rows to its keys and values.
    Context,
    /// The drafter's block, at most 32 rows, to logits; of the multi-token prediction head one row of
    /// each text.
    Draft,
    /// The multi-token prediction head once more, on what it guessed last.
    Chain,
}

impl Pass {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Decode,
        Self::Verify,
        Self::Follow(Half::First),
        Self::Follow(Half::Second),
        Self::Prefill,
        Self::Head,
        Self::Largest,
        Self::Top,
        Self::Histories,
        Self::Commit(Half::First),
        Self::Commit(Half::Second),
        Self::Context,
        Self::Draft,
        Self::Chain,
    ];

    /// Where what moves states on by its rows is kept; `None` where states move on at once.
    pub fn keeps(self) -> Option<Half> {
        match self {
            Self::Verify => Some(Half::First),
            Self::Follow(half) => Some(half.other()),
            _ => None,
        }
    }
}

/// The two halves of the memory in which rows are kept: one holds those that were accepted, and the
/// other those that are verified after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// The one that is used where nothing came before.
    First,
    /// The other one.
    Second,
}

impl Half {
    /// The other half.
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// A result between two operations of one pass; numbered in the order of making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub usize);

/// Memory that outlives a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// The residual stream after the last layer.
    Hidden,
    /// Logits of at most 32 rows.
    Logits,
    /// Token of the largest logit of each of these rows.
    Largest,
    /// The largest logits of each of these rows.
    TopLogits,
    /// Their tokens.
    TopTokens,
    /// Keys of a layer.
    Keys(usize),
    /// Values of a layer.
    Values(usize),
    /// States of a layer's convolution.
    Conv(usize),
    /// States of a layer's delta rule.
    Delta(usize),
    /// What a layer keeps until its states are moved on.
    Kept(usize, Kept, Half),
    /// What the convolution of a layer reads of the same rows.
    Mixed(usize),
    /// The residual stream after a layer, for the drafter.
    Tap(usize),
    /// Keys of a layer of the drafter.
    DraftKeys(usize),
    /// Values of a layer of the drafter.
    DraftValues(usize),
    /// The residual stream before each of the rows that the multi-token prediction head pairs.
    Before,
    /// The residual stream of the last token that was computed of the text in each slot.
    Carried,
    /// The residual stream of the multi-token prediction head, of the rows of its last guesses.
    Predicted,
}

impl Held {
    /// What is the same in the first layer, whether it has it or not.
    pub(super) fn of_first_layer(self) -> Self {
        match self {
            Self::Keys(_) => Self::Keys(0),
            Self::Values(_) => Self::Values(0),
            Self::Conv(_) => Self::Conv(0),
            Self::Delta(_) => Self::Delta(0),
            Self::Kept(_, what, half) => Self::Kept(0, what, half),
            Self::Mixed(_) => Self::Mixed(0),
            Self::Tap(_) => Self::Tap(0),
            Self::DraftKeys(_) => Self::DraftKeys(0),
            Self::DraftValues(_) => Self::DraftValues(0),
            Self::Hidden | Self::Logits | Self::Largest | Self::TopLogits | Self::TopTokens => self,
            Self::Before | Self::Carried | Self::Predicted => self,
        }
    }
}

/// What a layer of linear attention keeps of rows by which its delta rule's state has not moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// The convolution's outputs.
    Convolved,
    /// Beta and decay.
    Gates,
    /// What each row writes into the state.
    Deltas,
}

/// What the host hands over for each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// Token of each row.
    Ids,
    /// Which rows belong to which sequence.
    Segments,
    /// Which rows of the pass before were accepted, of the same sequences in the same order.
    Accepted,
    /// Pages of each sequence.
    Pages,
    /// Where each row's key and value go.
    Places,
    /// Cosines and sines of each row's position.
    Angles,
    /// The same for the drafter, which counts tokens.
    DraftAngles,
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 7] = [
        Self::Ids,
        Self::Segments,
        Self::Accepted,
        Self::Pages,
        Self::Places,
        Self::Angles,
        Self::DraftAngles,
    ];
}

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bind {
    /// A weight.
    Weight(Tensor),
    /// A result of the pass.
    Value(Value),
    /// Memory that outlives the pass.
    Held(Held),
    /// What the host hands over.
    Input(Input),
}

/// An operation with its operands by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operation.
    pub operation: Operation,
    /// Operands by the names of the operation's arguments.
    pub binds: Vec<(&'static str, Bind)>,
}

impl Node {
    /// What an argument's operand is; parts of a format are named after a dot.
    pub(super) fn bind(&self, argument: &str) -> Option<Bind> {
        let operand = argument.split('.').next().unwrap_or(argument);
        self.binds.iter().find(|(name, _)| *name == operand).map(|(_, bind)| *bind)
    }
}
