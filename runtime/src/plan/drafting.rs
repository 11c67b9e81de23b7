//! The operations of a drafter's two passes.
//!
//! * *Context*: features of rows that the model has computed become keys and values of the drafter's
//!   layers, once for each token. What is projected for rows that are taken back later is never
//!   seen: whatever comes to their places is written before it is read.
//! * *Draft*: a block of rows, the last known token and then masks, becomes logits. The block's own
//!   keys and values lie behind those of the context, where the next ones overwrite them.

use kiln_cache::operations::{Attention, Concat, Convention, Epilogue};

use super::Serving;
use super::list::{Cache, List};
use super::node::{Bind, Held, Input, Node, Pass};
use super::nodes::Forms;
use super::tensor::{Draft, Stack, Tensor};
use crate::Result;
use crate::model::config::{DrafterConfig, ModelConfig, Sight};

/// The operations of [`Pass::Context`] or [`Pass::Draft`], in order.
///
/// # Errors
/// If a weight is missing, or stored in a way that its operation cannot be.
pub(super) fn nodes(
    config: &ModelConfig,
    drafter: &DrafterConfig,
    forms: &dyn Forms,
    serving: &Serving,
    pass: Pass,
) -> Result<Vec<Node>> {
    let norms = (Convention::Plain, drafter.epsilon);
    let mut passes = Passes { list: List::new(config, forms, serving, norms), drafter };
    match pass {
        Pass::Context => passes.context()?,
        _ => passes.block()?,
    }
    Ok(passes.list.into_nodes())
}

/// Where the residual stream after a layer lies for the drafter to read.
pub(super) fn tap(config: &ModelConfig, layer: usize) -> Held {
    if layer + 1 == config.layers.len() { Held::Hidden } else { Held::Tap(layer) }
}

/// Names of the matrices that are put side by side.
const FEATURES: [&str; 16] = [
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
    "x15",
];

/// What a drafter computes.
struct Passes<'m> {
    list: List<'m>,
    drafter: &'m DrafterConfig,
}

impl Passes<'_> {
    fn context(&mut self) -> Result<()> {
        let (hidden, count) = (self.list.config.hidden, self.drafter.taps.len());
        let side = Concat { act: self.list.serving.act, parts: count as u64, k: hidden as u64 };
        let features = self.list.value();
        let taps = self.drafter.taps.iter().map(|layer| Bind::Held(tap(self.list.config, *layer)));
        let mut binds: Vec<_> = FEATURES.into_iter().zip(taps).collect();
        binds.push(("y", features));
        self.list.push(side.operation(), binds);
        let tensor = Tensor::Draft(Draft::Features);
        let projected =
            self.list.projected(tensor, Epilogue::None, [hidden, count * hidden], features)?;
        let context = self.list.norm(Tensor::Draft(Draft::FeatureNorm), projected)?;
        for layer in 0..self.drafter.layers.len() {
            self.heads(layer, context)?;
        }
        Ok(())
    }

    fn block(&mut self) -> Result<()> {
        let config = self.list.config;
        let mut stream = self.list.embedding()?;
        let (hidden, inner) = (config.hidden, self.drafter.intermediate);
        let width = self.drafter.attention.width();
        for (layer, sight) in self.drafter.layers.iter().enumerate() {
            let of = |stack| Tensor::DraftLayer(layer, stack);
            let normed = self.list.norm(of(Stack::InputNorm), stream)?;
            let (q, qkv) = self.heads(layer, normed)?;
            let mixed = self.list.attend(&self.sizes(layer, *sight)?, [q, qkv], cache(layer));
            let after = self.onto(of(Stack::FullOutput), [hidden, width], mixed, stream)?;
            let normed = self.list.norm(of(Stack::PostNorm), after)?;
            let gate = Epilogue::SiluMul;
            let gated = self.list.projected(of(Stack::GateUp), gate, [inner, hidden], normed)?;
            stream = self.onto(of(Stack::Down), [hidden, inner], gated, after)?;
        }
        let normed = self.list.norm(Tensor::Draft(Draft::Norm), stream)?;
        self.list.head(Tensor::DraftHead, normed)
    }

    /// Queries of rows, with the projections that they come from; keys and values go into the cache.
    fn heads(&mut self, layer: usize, x: Bind) -> Result<(Bind, Bind)> {
        let sizes = self.sizes(layer, Sight { causal: true, window: None })?;
        let of = |stack| Tensor::DraftLayer(layer, stack);
        let shape = [sizes.columns() as usize, self.list.config.hidden];
        let qkv = self.list.projected(of(Stack::Qkv), Epilogue::None, shape, x)?;
        let norms = [of(Stack::QueryNorm), of(Stack::KeyNorm)];
        Ok((self.list.heads(&sizes, qkv, norms, Input::DraftAngles, cache(layer)), qkv))
    }

    fn sizes(&self, layer: usize, sight: Sight) -> Result<Attention> {
        let of = &self.drafter.attention;
        Ok(Attention {
            act: self.list.serving.act,
            kv: self.list.serving.kv,
            weight: self.list.forms.plain(Tensor::DraftLayer(layer, Stack::QueryNorm))?,
            heads: of.heads as u64,
            kv_heads: of.kv_heads as u64,
            head: of.head as u64,
            rotary: self.drafter.rope.rotary as u64,
            page: self.list.serving.page,
            epsilon: self.drafter.epsilon,
            convention: Convention::Plain,
            gated: false,
            causal: sight.causal,
            window: sight.window.unwrap_or(0) as u64,
        })
    }

    /// A projection onto the residual stream: `y = residual + W x`.
    fn onto(
        &mut self,
        tensor: Tensor,
        [n, k]: [usize; 2],
        x: Bind,
        residual: Bind,
    ) -> Result<Bind> {
        let layer = self.list.layer(tensor, n, k)?;
        let y = self.list.value();
        self.list.onto(tensor, layer, [x, residual, y]);
        Ok(y)
    }
}

fn cache(layer: usize) -> Cache {
    let held = |of| Bind::Held(of);
    [("keys", held(Held::DraftKeys(layer))), ("values", held(Held::DraftValues(layer)))]
}
