//! The operations of each pass, from the configuration and the checkpoint's number formats.
//!
//! This is the one place that says what the model computes; everything after it only finds kernels
//! and memory.

use kiln_cache::operations::{
    Attention, Convention, Delta, Embedding, Epilogue, Keep, Linear, RmsNorm, Weights, argmax,
    top_k,
};
use kiln_cache::vocabulary::Dtype;

use super::Serving;
use super::drafting;
use super::node::{Bind, Held, Input, Kept, Node, Pass, Value};
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
    if let Pass::Context | Pass::Draft = pass {
        let drafter = config.drafter.as_ref();
        return drafter.map_or(Ok(Vec::new()), |drafter| {
            drafting::nodes(config, drafter, forms, serving, pass)
        });
    }
    let mut list = List { config, forms, serving: *serving, pass, nodes: Vec::new(), values: 0 };
    match pass {
        Pass::Decode | Pass::Verify | Pass::Prefill => list.body()?,
        Pass::Head => list.head()?,
        Pass::Largest => list.largest(),
        Pass::Top => list.top(),
        _ => list.commit()?,
    }
    Ok(list.nodes)
}

struct List<'m> {
    config: &'m ModelConfig,
    forms: &'m dyn Forms,
    serving: Serving,
    pass: Pass,
    nodes: Vec<Node>,
    values: usize,
}

impl List<'_> {
    fn body(&mut self) -> Result<()> {
        let config = self.config;
        let table = Embedding {
            table: self.forms.plain(Tensor::Embedding)?,
            out: self.serving.act,
            v: config.vocabulary as u64,
            k: config.hidden as u64,
        };
        let mut stream = self.value();
        self.nodes.push(Node {
            operation: table.operation(),
            binds: vec![
                ("ids", Bind::Input(Input::Ids)),
                ("table", Bind::Weight(Tensor::Embedding)),
                ("y", stream),
            ],
        });
        let mut normed = match config.layers.is_empty() {
            true => stream,
            false => self.norm(Tensor::Layer(0, Stack::InputNorm), stream)?,
        };
        for (layer, kind) in config.layers.iter().enumerate() {
            let last = layer + 1 == config.layers.len();
            let of = |stack| Tensor::Layer(layer, stack);
            let (mixed, output) = match kind {
                LayerKind::Linear => (self.linear_attention(layer, normed)?, Stack::LinearOutput),
                LayerKind::Full => (self.full_attention(layer, normed)?, Stack::FullOutput),
            };
            let after = self.value();
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
        let drafter = self.config.drafter.as_ref();
        let last = layer + 1 == self.config.layers.len();
        if last || drafter.is_some_and(|drafter| drafter.taps.contains(&layer)) {
            return Bind::Held(drafting::tap(self.config, layer));
        }
        self.value()
    }

    fn head(&mut self) -> Result<()> {
        let normed = self.norm(Tensor::Norm, Bind::Held(Held::Hidden))?;
        let layer = Linear {
            out: Dtype::F32,
            ..self.layer(Tensor::Head, self.config.vocabulary, self.config.hidden)?
        };
        self.linear(Tensor::Head, layer, normed, Bind::Held(Held::Logits));
        Ok(())
    }

    fn largest(&mut self) {
        let binds = vec![("x", Bind::Held(Held::Logits)), ("y", Bind::Held(Held::Largest))];
        let operation = argmax(self.config.vocabulary as u64);
        self.nodes.push(Node { operation, binds });
    }

    fn top(&mut self) {
        let binds = vec![
            ("x", Bind::Held(Held::Logits)),
            ("values", Bind::Held(Held::TopLogits)),
            ("places", Bind::Held(Held::TopTokens)),
        ];
        let operation = top_k(self.config.vocabulary as u64);
        self.nodes.push(Node { operation, binds });
    }

    fn commit(&mut self) -> Result<()> {
        for layer in self.layers(LayerKind::Linear) {
            let sizes = self.delta()?;
            let kept = |of| Bind::Held(Held::Kept(layer, of));
            let weight = |stack| Bind::Weight(Tensor::Layer(layer, stack));
            let segments = ("segments", Bind::Input(Input::Segments));
            self.nodes.push(Node {
                operation: sizes.conv_commit(),
                binds: vec![
                    ("x", kept(Kept::Mixed)),
                    segments,
                    ("state", Bind::Held(Held::Conv(layer))),
                ],
            });
            self.nodes.push(Node {
                operation: sizes.delta_commit(),
                binds: vec![
                    ("qkv", kept(Kept::Convolved)),
                    ("ab", kept(Kept::Gates)),
                    ("a_log", weight(Stack::ALog)),
                    ("dt_bias", weight(Stack::DtBias)),
                    ("deltas", kept(Kept::Deltas)),
                    segments,
                    ("state", Bind::Held(Held::Delta(layer))),
                ],
            });
        }
        Ok(())
    }

    fn layers(&self, kind: LayerKind) -> Vec<usize> {
        let all = self.config.layers.iter().enumerate();
        all.filter(|(_, of)| **of == kind).map(|(at, _)| at).collect()
    }

    fn value(&mut self) -> Bind {
        self.values += 1;
        Bind::Value(Value(self.values - 1))
    }

    /// A result that is kept where states stay.
    fn kept(&mut self, layer: usize, what: Kept) -> Bind {
        match self.pass {
            Pass::Verify => Bind::Held(Held::Kept(layer, what)),
            _ => self.value(),
        }
    }

    fn rms_norm(&self, weight: Tensor) -> Result<RmsNorm> {
        Ok(RmsNorm {
            act: self.serving.act,
            weight: self.forms.plain(weight)?,
            convention: Convention::OnePlus,
            epsilon: self.config.epsilon,
            k: self.config.hidden as u64,
        })
    }

    fn norm(&mut self, weight: Tensor, x: Bind) -> Result<Bind> {
        let norm = self.rms_norm(weight)?;
        let y = self.value();
        self.nodes.push(Node {
            operation: norm.operation(),
            binds: vec![("x", x), ("w", Bind::Weight(weight)), ("y", y)],
        });
        Ok(y)
    }

    fn layer(&self, tensor: Tensor, n: usize, k: usize) -> Result<Linear> {
        Ok(Linear {
            weights: self.forms.linear(tensor)?,
            act: self.serving.act,
            exact: self.serving.exact,
            out: self.serving.act,
            epilogue: Epilogue::None,
            n: n as u64,
            k: k as u64,
        })
    }

    fn linear(&mut self, tensor: Tensor, layer: Linear, x: Bind, y: Bind) {
        let binds = vec![("w", Bind::Weight(tensor)), ("x", x), ("y", y)];
        self.nodes.push(Node { operation: layer.operation(), binds });
    }

    /// A projection onto the residual stream: `y = residual + W x`.
    fn onto(&mut self, tensor: Tensor, [x, residual, y]: [Bind; 3]) -> Result<()> {
        let layer = Linear { epilogue: Epilogue::Residual, ..self.onto_stream(tensor)? };
        let weight = Bind::Weight(tensor);
        let binds = vec![("w", weight), ("x", x), ("residual", residual), ("y", y)];
        self.nodes.push(Node { operation: layer.operation(), binds });
        Ok(())
    }

    /// A projection onto the residual stream, and the norm that follows, which is returned. Of many rows the sum is
    /// left to the norm, because a product's large tiles have no registers for a residual.
    fn onto_normed(
        &mut self,
        tensor: Tensor,
        [x, residual, sum]: [Bind; 3],
        norm: Tensor,
    ) -> Result<Bind> {
        if self.pass != Pass::Prefill {
            self.onto(tensor, [x, residual, sum])?;
            return self.norm(norm, sum);
        }
        let [part, y] = [self.value(), self.value()];
        let layer = self.onto_stream(tensor)?;
        self.linear(tensor, layer, x, part);
        let weight = ("w", Bind::Weight(norm));
        let binds = vec![("x", part), ("residual", residual), weight, ("sum", sum), ("y", y)];
        self.nodes.push(Node { operation: self.rms_norm(norm)?.added(), binds });
        Ok(y)
    }

    fn onto_stream(&self, tensor: Tensor) -> Result<Linear> {
        let k = match tensor {
            Tensor::Layer(_, Stack::Down) => self.config.intermediate,
            Tensor::Layer(_, Stack::FullOutput) => self.config.attention.width(),
            _ => self.delta()?.values() as usize,
        };
        self.layer(tensor, self.config.hidden, k)
    }

    fn gate_up(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let tensor = Tensor::Layer(layer, Stack::GateUp);
        let (n, k) = (self.config.intermediate, self.config.hidden);
        let gate = Linear { epilogue: Epilogue::SiluMul, ..self.layer(tensor, n, k)? };
        let y = self.value();
        self.linear(tensor, gate, x, y);
        Ok(y)
    }

    fn linear_attention(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let sizes = self.delta()?;
        let hidden = self.config.hidden;
        let weight = |stack| Bind::Weight(Tensor::Layer(layer, stack));
        let segments = ("segments", Bind::Input(Input::Segments));
        let verify = self.pass == Pass::Verify;
        let keep = if verify { Keep::Keep } else { Keep::Update };

        let tensor = Tensor::Layer(layer, Stack::Qkvz);
        let mixed = self.kept(layer, Kept::Mixed);
        let projection = self.layer(tensor, sizes.columns() as usize, hidden)?;
        self.linear(tensor, projection, x, mixed);

        let tensor = Tensor::Layer(layer, Stack::Ba);
        let gates = self.kept(layer, Kept::Gates);
        let projection = self.layer(tensor, 2 * sizes.value_heads as usize, hidden)?;
        self.linear(tensor, Linear { out: Dtype::F32, ..projection }, x, gates);

        let convolved = self.kept(layer, Kept::Convolved);
        self.nodes.push(Node {
            operation: sizes.conv(keep),
            binds: vec![
                ("x", mixed),
                ("w", weight(Stack::Conv)),
                segments,
                ("state", Bind::Held(Held::Conv(layer))),
                ("y", convolved),
            ],
        });

        let output = self.value();
        let mut binds = vec![
            ("qkv", convolved),
            ("ab", gates),
            ("a_log", weight(Stack::ALog)),
            ("dt_bias", weight(Stack::DtBias)),
            segments,
            ("state", Bind::Held(Held::Delta(layer))),
            ("y", output),
        ];
        if verify {
            binds.push(("deltas", Bind::Held(Held::Kept(layer, Kept::Deltas))));
        }
        self.nodes.push(Node { operation: sizes.delta(keep), binds });

        let normed = self.value();
        self.nodes.push(Node {
            operation: sizes.gated_norm(),
            binds: vec![
                ("o", output),
                ("x", mixed),
                ("w", weight(Stack::OutputNorm)),
                ("y", normed),
            ],
        });
        Ok(normed)
    }

    fn full_attention(&mut self, layer: usize, x: Bind) -> Result<Bind> {
        let norm = Tensor::Layer(layer, Stack::QueryNorm);
        let sizes = attention(self.config, &self.serving, self.forms.plain(norm)?);
        let weight = |stack| Bind::Weight(Tensor::Layer(layer, stack));
        let input = |name, of| (name, Bind::Input(of));
        let cache =
            [("keys", Bind::Held(Held::Keys(layer))), ("values", Bind::Held(Held::Values(layer)))];

        let tensor = Tensor::Layer(layer, Stack::Qkv);
        let qkv = self.value();
        let projection = self.layer(tensor, sizes.columns() as usize, self.config.hidden)?;
        self.linear(tensor, projection, x, qkv);

        let q = self.value();
        let mut binds = vec![
            ("qkv", qkv),
            ("q_norm", weight(Stack::QueryNorm)),
            ("k_norm", weight(Stack::KeyNorm)),
            input("angles", Input::Angles),
            input("places", Input::Places),
            ("q", q),
        ];
        binds.extend(cache);
        self.nodes.push(Node { operation: sizes.rope_kv(), binds });

        let y = self.value();
        let tables = [input("segments", Input::Segments), input("pages", Input::Pages)];
        if self.pass == Pass::Prefill {
            let mut binds = vec![("q", q), ("qkv", qkv), ("y", y)];
            binds.extend(cache.into_iter().chain(tables));
            self.nodes.push(Node { operation: sizes.attention(), binds });
            return Ok(y);
        }
        let (parts, weights) = (self.value(), self.value());
        let mut binds = vec![("q", q), ("parts", parts), ("weights", weights)];
        binds.extend(cache.into_iter().chain(tables));
        self.nodes.push(Node { operation: sizes.split(), binds });
        let binds = vec![("parts", parts), ("weights", weights), ("qkv", qkv), ("y", y)];
        self.nodes.push(Node { operation: sizes.merge(), binds });
        Ok(y)
    }

    fn delta(&self) -> Result<Delta> {
        delta(self.config, &self.serving)
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
fn attention(config: &ModelConfig, serving: &Serving, weight: Dtype) -> Attention {
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
