//! The operations of each pass, from the configuration and the checkpoint's number formats.
//!
//! This is the one place that says what the model computes; everything after it only finds kernels
//! and memory.

use kiln_cache::operations::{
    Attention, Convention, Delta, Epilogue, Keep, Linear, Weights, argmax, top_k_merge, top_k_split,
};
use kiln_cache::vocabulary::Dtype;

use super::Serving;
use super::drafting;
use super::list::List;
use super::node::{Bind, Half, Held, Input, Kept, Node, Pass};
use super::predicting;
use super::tensor::{Stack, Tensor, plain, stored};
use crate::model::config::{LayerKind, ModelConfig};
use crate::weights::Checkpoint;
use crate::{Error, Result};

/// How the weights of a model are stored.
pub trait Forms {
    /// Of a linear layer.
    ///
    /// # Errors
    /// If there is no such weight.
    fn linear(&self, tensor: Tensor) -> Result<Weights>;

    /// Of a weight that is never packed.
    ///
    /// # Errors
    /// If there is no such weight, or it is packed.
    fn plain(&self, tensor: Tensor) -> Result<Dtype>;
}

impl Forms for Checkpoint {
    fn linear(&self, tensor: Tensor) -> Result<Weights> {
        stored(self, tensor)
    }

    fn plain(&self, tensor: Tensor) -> Result<Dtype> {
        plain(self, tensor)
    }
}

/// The operations of a pass, in order.
///
/// # Errors
/// If a weight is missing, or stored in a way that its operation cannot be.
pub fn nodes(
    config: &ModelConfig,
    forms: &dyn Forms,
    serving: &Serving,
    pass: Pass,
) -> Result<Vec<Node>> {
    if let Pass::Context | Pass::Draft | Pass::Chain = pass {
        return match &config.drafter {
            _ if config.predicts => predicting::nodes(config, forms, serving, pass),
            Some(drafter) if pass != Pass::Chain => {
                drafting::nodes(config, drafter, forms, serving, pass)
            }
            _ => Ok(Vec::new()),
        };
    }
    let norms = (Convention::OnePlus, config.epsilon);
    let mut model = Model { list: List::new(config, forms, serving, norms), pass };
    match pass {
        Pass::Head => model.head()?,
        Pass::Largest => model.largest(),
        Pass::Top => model.top(),
        Pass::Histories => model.histories()?,
        Pass::Commit(half) => model.commit(half)?,
        // Without states there is nothing to move on.
        Pass::Follow(_) if !config.layers.contains(&LayerKind::Linear) => {}
        _ => model.body()?,
    }
    Ok(model.list.into_nodes())
}

/// What the model computes in a pass.
struct Model<'m> {
    list: List<'m>,
    pass: Pass,
}

impl Model<'_> {
    fn body(&mut self) -> Result<()> {
        let config = self.list.config;
        let mut stream = self.list.embedding()?;
        let mut normed = match config.layers.is_empty() {
            true => stream,
            false => self.list.norm(Tensor::Layer(0, Stack::InputNorm), stream)?,
        };
        for (layer, kind) in config.layers.iter().enumerate() {
            let last = layer + 1 == config.layers.len();
            let of = |stack| Tensor::Layer(layer, stack);
            let (mixed, output) = match kind {
                LayerKind::Linear => (self.linear_attention(layer, normed)?, Stack::LinearOutput),
                LayerKind::Full => (self.full_attention(layer, normed)?, Stack::FullOutput),
            };
            let after = self.list.value();
            normed = self.onto_normed(of(output), [mixed, stream, after], of(Stack::PostNorm))?;
            let gated = self.gate_up(layer, normed)?;
            stream = self.stream(layer);
            if last {
                self.onto(of(Stack::Down), [gated, after, stream])?;
            } else {
                let next = Tensor::Layer(layer + 1, Stack::InputNorm);
                normed = self.onto_normed(of(Stack::Down), [gated, after, stream], next)?;
            }
        }
        Ok(())
    }

    /// Where the residual stream after a layer goes.
    fn stream(&mut self, layer: usize) -> Bind {
        let drafter = self.list.config.drafter.as_ref();
        let last = layer + 1 == self.list.config.layers.len();
        if last || drafter.is_some_and(|drafter| drafter.taps.contains(&layer)) {
            return Bind::Held(drafting::tap(self.list.config, layer));
        }
        self.list.value()
    }

    fn head(&mut self) -> Result<()> {
        let normed = self.list.norm(Tensor::Norm, Bind::Held(Held::Hidden))?;
        self.list.head(Tensor::Head, normed)
    }

    fn largest(&mut self) {
        let binds = vec![("x", Bind::Held(Held::Logits)), ("y", Bind::Held(Held::Largest))];
        let operation = argmax(self.list.config.vocabulary as u64);
        self.list.push(operation, binds);
    }

    fn top(&mut self) {
        let vocabulary = self.list.config.vocabulary as u64;
        let (values, places) = (self.list.value(), self.list.value());
        let logits = ("x", Bind::Held(Held::Logits));
        let binds = vec![logits, ("values", values), ("places", places)];
        self.list.push(top_k_split(vocabulary), binds);
        let binds = vec![
            ("found", values),
            ("found_places", places),
            ("values", Bind::Held(Held::TopLogits)),
            ("places", Bind::Held(Held::TopTokens)),
        ];
        self.list.push(top_k_merge(vocabulary), binds);
    }

    fn histories(&mut self) -> Result<()> {
        for layer in self.layers(LayerKind::Linear) {
            let binds = vec![
                ("x", Bind::Held(Held::Mixed(layer))),
                ("segments", Bind::Input(Input::Segments)),
                ("state", Bind::Held(Held::Conv(layer))),
            ];
            self.list.push(self.delta()?.conv_commit(), binds);
        }
        Ok(())
    }

    fn commit(&mut self, half: Half) -> Result<()> {
        for layer in self.layers(LayerKind::Linear) {
            let kept = |of| Bind::Held(Held::Kept(layer, of, half));
            let weight = |stack| Bind::Weight(Tensor::Layer(layer, stack));
            let binds = vec![
                ("qkv", kept(Kept::Convolved)),
                ("ab", kept(Kept::Gates)),
                ("a_log", weight(Stack::ALog)),
                ("dt_bias", weight(Stack::DtBias)),
                ("deltas", kept(Kept::Deltas)),
                ("segments", Bind::Input(Input::Segments)),
                ("state", Bind::Held(Held::Delta(layer))),
            ];
            self.list.push(self.delta()?.delta_commit(), binds);
        }
        Ok(())
    }

    fn layers(&self, kind: LayerKind) -> Vec<usize> {
        let all = self.list.config.layers.iter().enumerate();
        all.filter(|(_, of)| **of == kind).map(|(at, _)| at).collect()
    }

    /// A result that is kept where states stay.
    fn kept(&mut self, layer: usize, what: Kept) -> Bind {
        match self.pass.keeps() {
            Some(half) => Bind::Held(Held::Kept(layer, what, half)),
            None => self.list.value(),
        }
    }

    /// A projection onto the residual stream: `y = residual + W x`.
    fn onto(&mut self, tensor: Tensor, binds: [Bind; 3]) -> Result<()> {
        let layer = self.onto_stream(tensor)?;
        self.list.onto(tensor, layer, binds);
        Ok(())
    }

    /// A projection onto the residual stream, and the norm that follows, which is returned. Of many
    /// rows the sum is left to the norm, because a product's large tiles have no registers for a
    /// residual.
    fn onto_normed(
        &mut self,
        tensor: Tensor,
        [x, residual, sum]: [Bind; 3],
        norm: Tensor,
    ) -> Result<Bind> {
        if self.pass != Pass::Prefill {
            self.onto(tensor, [x, residual, sum])?;
            return self.list.norm(norm, sum);
        }
        let [part, y] = [self.list.value(), self.list.value()];
        let layer = self.onto_stream(tensor)?;
        self.list.linear(tensor, layer, x, part);
        let weight = ("w", Bind::Weight(norm));
        let binds = vec![("x", part), ("residual", residual), weight, ("sum", sum), ("y", y)];
        self.list.push(self.list.rms_norm(norm)?.added(), binds);
        Ok(y)
    }

    fn onto_stream(&self, tensor: Tensor) -> Result<Linear> {
        let k = match tensor {
            Tensor::Layer(_, Stack::Down) => self.list.config.intermediate,
            Tensor::Layer(_, Stack::FullOutput) => self.list.config.attention.width(),
            _ => self.delta()?.values() as usize,
        };
        self.list.layer(tensor, self.list.config.hidden, k)
    }

    fn gate_up(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let tensor = Tensor::Layer(layer, Stack::GateUp);
        let (n, k) = (self.list.config.intermediate, self.list.config.hidden);
        self.list.projected(tensor, Epilogue::SiluMul, [n, k], x)
    }

    fn linear_attention(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let sizes = self.delta()?;
        let hidden = self.list.config.hidden;
        let weight = |stack| Bind::Weight(Tensor::Layer(layer, stack));
        let segments = ("segments", Bind::Input(Input::Segments));
        let keep = if self.pass.keeps().is_some() { Keep::Keep } else { Keep::Update };

        let tensor = Tensor::Layer(layer, Stack::Qkvz);
        let mixed = match keep {
            Keep::Keep => Bind::Held(Held::Mixed(layer)),
            Keep::Update => self.list.value(),
        };
        let projection = self.list.layer(tensor, sizes.columns() as usize, hidden)?;
        self.list.linear(tensor, projection, x, mixed);

        let tensor = Tensor::Layer(layer, Stack::Ba);
        let gates = self.kept(layer, Kept::Gates);
        let projection = self.list.layer(tensor, 2 * sizes.value_heads as usize, hidden)?;
        self.list.linear(tensor, Linear { out: Dtype::F32, ..projection }, x, gates);

        let convolved = self.kept(layer, Kept::Convolved);
        self.list.push(
            sizes.conv(keep),
            vec![
                ("x", mixed),
                ("w", weight(Stack::Conv)),
                segments,
                ("state", Bind::Held(Held::Conv(layer))),
                ("y", convolved),
            ],
        );

        let output = self.list.value();
        let mut binds = vec![
            ("qkv", convolved),
            ("ab", gates),
            ("a_log", weight(Stack::ALog)),
            ("dt_bias", weight(Stack::DtBias)),
            segments,
            ("state", Bind::Held(Held::Delta(layer))),
            ("y", output),
        ];
        if keep == Keep::Keep {
            binds.push(("deltas", self.kept(layer, Kept::Deltas)));
        }
        let operation = match self.pass {
            Pass::Follow(half) => {
                let old = |of| Bind::Held(Held::Kept(layer, of, half));
                binds.push(("old_qkv", old(Kept::Convolved)));
                binds.push(("old_ab", old(Kept::Gates)));
                binds.push(("old_deltas", old(Kept::Deltas)));
                binds.push(("old_segments", Bind::Input(Input::Accepted)));
                sizes.delta_move()
            }
            _ => sizes.delta(keep),
        };
        self.list.push(operation, binds);

        let normed = self.list.value();
        self.list.push(
            sizes.gated_norm(),
            vec![("o", output), ("x", mixed), ("w", weight(Stack::OutputNorm)), ("y", normed)],
        );
        Ok(normed)
    }

    fn full_attention(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let of = |stack| Tensor::Layer(layer, stack);
        let weight = self.list.forms.plain(of(Stack::QueryNorm))?;
        let sizes = attention(self.list.config, &self.list.serving, weight);
        let cache =
            [("keys", Bind::Held(Held::Keys(layer))), ("values", Bind::Held(Held::Values(layer)))];

        let shape = [sizes.columns() as usize, self.list.config.hidden];
        let qkv = self.list.projected(of(Stack::Qkv), Epilogue::None, shape, x)?;
        let norms = [of(Stack::QueryNorm), of(Stack::KeyNorm)];
        let q = self.list.heads(&sizes, qkv, norms, Input::Angles, cache);
        if self.pass != Pass::Prefill {
            return Ok(self.list.attend(&sizes, [q, qkv], cache));
        }
        let y = self.list.value();
        let input = |name, of| (name, Bind::Input(of));
        let tables = [input("segments", Input::Segments), input("pages", Input::Pages)];
        let mut binds = vec![("q", q), ("qkv", qkv), ("y", y)];
        binds.extend(cache.into_iter().chain(tables));
        self.list.push(sizes.attention(), binds);
        Ok(y)
    }

    fn delta(&self) -> Result<Delta> {
        delta(self.list.config, &self.list.serving)
            .ok_or_else(|| Error::request("a layer of linear attention without sizes"))
    }
}

/// Sizes of linear attention as operations name them.
fn delta(config: &ModelConfig, serving: &Serving) -> Option<Delta> {
    config.linear.map(|linear| Delta {
        act: serving.act,
        taps: linear.kernel as u64,
        key_heads: linear.key_heads as u64,
        value_heads: linear.value_heads as u64,
        key_head: linear.key_head as u64,
        value_head: linear.value_head as u64,
        epsilon: config.epsilon,
    })
}

/// Sizes of full attention as operations name them.
pub(super) fn attention(config: &ModelConfig, serving: &Serving, weight: Dtype) -> Attention {
    Attention {
        act: serving.act,
        kv: serving.kv,
        weight,
        heads: config.attention.heads as u64,
        kv_heads: config.attention.kv_heads as u64,
        head: config.attention.head as u64,
        rotary: config.rope.rotary as u64,
        page: serving.page,
        epsilon: config.epsilon,
        convention: Convention::OnePlus,
        gated: true,
        causal: true,
        window: 0,
    }
}
