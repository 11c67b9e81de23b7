//! The operations of a multi-token prediction head: one layer of the model's own kind that guesses the
//! token after next from a token and the residual stream of the one before it, a *pair*.
//!
//! * *Context*: pairs of rows that the model has computed become keys and values of the layer. Where a
//!   row's token is taken back later, the pair that takes its place is written before it is read.
//! * *Draft*: the last known token of each text, with the model's residual stream before it, becomes
//!   logits of the token that follows.
//! * *Chain*: a guess, with the residual stream that it came from, becomes logits of the next one.

use kiln_cache::operations::{Attention, Concat, Convention, Epilogue};

use super::Serving;
use super::list::{Cache, List};
use super::node::{Bind, Held, Input, Node, Pass};
use super::nodes::{Forms, attention};
use super::tensor::{Stack, Tensor};
use crate::Result;
use crate::model::config::ModelConfig;
use crate::weights::MtpPart;

/// The operations of [`Pass::Context`], [`Pass::Draft`] or [`Pass::Chain`], in order.
///
/// # Errors
/// If a weight is missing, or stored in a way that its operation cannot be.
pub(super) fn nodes(
    config: &ModelConfig,
    forms: &dyn Forms,
    serving: &Serving,
    pass: Pass,
) -> Result<Vec<Node>> {
    let norms = (Convention::OnePlus, config.epsilon);
    let mut head = Head { list: List::new(config, forms, serving, norms) };
    match pass {
        Pass::Context => head.context()?,
        Pass::Chain => head.guess(Held::Predicted, Tensor::Mtp(MtpPart::Norm))?,
        _ => head.guess(Held::Before, Tensor::Norm)?,
    }
    Ok(head.list.into_nodes())
}

/// What the head computes.
struct Head<'m> {
    list: List<'m>,
}

impl Head<'_> {
    fn context(&mut self) -> Result<()> {
        let stream = self.pairs(Held::Before, Tensor::Norm)?;
        let normed = self.list.norm(Tensor::MtpLayer(Stack::InputNorm), stream)?;
        self.heads(normed)?;
        Ok(())
    }

    /// From residual streams, which a norm ends, and the rows' tokens to logits.
    fn guess(&mut self, before: Held, norm: Tensor) -> Result<()> {
        let config = self.list.config;
        let (hidden, inner, width) = (config.hidden, config.intermediate, config.attention.width());
        let of = Tensor::MtpLayer;
        let stream = self.pairs(before, norm)?;
        let normed = self.list.norm(of(Stack::InputNorm), stream)?;
        let (q, qkv) = self.heads(normed)?;
        let mixed = self.list.attend(&self.sizes()?, [q, qkv], CACHE);
        let after = self.list.value();
        self.onto(of(Stack::FullOutput), [hidden, width], [mixed, stream, after])?;
        let normed = self.list.norm(of(Stack::PostNorm), after)?;
        let gated =
            self.list.projected(of(Stack::GateUp), Epilogue::SiluMul, [inner, hidden], normed)?;
        let predicted = Bind::Held(Held::Predicted);
        self.onto(of(Stack::Down), [hidden, inner], [gated, after, predicted])?;
        let normed = self.list.norm(Tensor::Mtp(MtpPart::Norm), predicted)?;
        self.list.head(Tensor::DraftHead, normed)
    }

    /// Tokens' embeddings and the hidden states before them, side by side, projected to the width of
    /// one (model sheet 8: the embedding's half comes first).
    fn pairs(&mut self, before: Held, norm: Tensor) -> Result<Bind> {
        let hidden = self.list.config.hidden;
        let embedded = self.list.embedding()?;
        let token = self.list.norm(Tensor::Mtp(MtpPart::EmbeddingNorm), embedded)?;
        let ended = self.list.norm(norm, Bind::Held(before))?;
        let state = self.list.norm(Tensor::Mtp(MtpPart::HiddenNorm), ended)?;
        let side = Concat { act: self.list.serving.act, parts: 2, k: hidden as u64 };
        let both = self.list.value();
        self.list.push(side.operation(), vec![("x0", token), ("x1", state), ("y", both)]);
        let projection = Tensor::Mtp(MtpPart::Projection);
        self.list.projected(projection, Epilogue::None, [hidden, 2 * hidden], both)
    }

    /// Queries of rows, with the projections that they come from; keys and values go into the cache.
    fn heads(&mut self, x: Bind) -> Result<(Bind, Bind)> {
        let sizes = self.sizes()?;
        let of = Tensor::MtpLayer;
        let shape = [sizes.columns() as usize, self.list.config.hidden];
        let qkv = self.list.projected(of(Stack::Qkv), Epilogue::None, shape, x)?;
        let norms = [of(Stack::QueryNorm), of(Stack::KeyNorm)];
        Ok((self.list.heads(&sizes, qkv, norms, Input::Angles, CACHE), qkv))
    }

    fn sizes(&self) -> Result<Attention> {
        let weight = self.list.forms.plain(Tensor::MtpLayer(Stack::QueryNorm))?;
        Ok(attention(self.list.config, &self.list.serving, weight))
    }

    /// A projection onto the residual stream: `y = residual + W x`.
    fn onto(&mut self, tensor: Tensor, [n, k]: [usize; 2], binds: [Bind; 3]) -> Result<()> {
        let layer = self.list.layer(tensor, n, k)?;
        self.list.onto(tensor, layer, binds);
        Ok(())
    }
}

/// The layer's cache.
const CACHE: Cache =
    [("keys", Bind::Held(Held::DraftKeys(0))), ("values", Bind::Held(Held::DraftValues(0)))];
