//! The operations of a pass while they are being listed: what the model's passes and those of its
//! drafter are both made of.

use kiln_cache::operations::{Attention, Convention, Embedding, Epilogue, Linear, RmsNorm};
use kiln_cache::vocabulary::{Dtype, Operation};

use super::Serving;
use super::node::{Bind, Held, Input, Node, Value};
use super::nodes::Forms;
use super::tensor::Tensor;
use crate::Result;
use crate::model::config::ModelConfig;

/// Operations in order, with the results between them.
pub(super) struct List<'m> {
    pub(super) config: &'m ModelConfig,
    pub(super) forms: &'m dyn Forms,
    pub(super) serving: Serving,
    /// How the weights of norms enter, and what is added to their mean of squares.
    norms: (Convention, f64),
    nodes: Vec<Node>,
    values: usize,
}

impl<'m> List<'m> {
    /// No operations yet.
    pub(super) fn new(
        config: &'m ModelConfig,
        forms: &'m dyn Forms,
        serving: &Serving,
        norms: (Convention, f64),
    ) -> Self {
        Self { config, forms, serving: *serving, norms, nodes: Vec::new(), values: 0 }
    }

    /// The operations.
    pub(super) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }

    /// Adds an operation.
    pub(super) fn push(&mut self, operation: Operation, binds: Vec<(&'static str, Bind)>) {
        self.nodes.push(Node { operation, binds });
    }

    /// A new result.
    pub(super) fn value(&mut self) -> Bind {
        self.values += 1;
        Bind::Value(Value(self.values - 1))
    }

    /// The residual stream as it begins: the rows' tokens in the model's embedding.
    pub(super) fn embedding(&mut self) -> Result<Bind> {
        let table = Embedding {
            table: self.forms.plain(Tensor::Embedding)?,
            out: self.serving.act,
            v: self.config.vocabulary as u64,
            k: self.config.hidden as u64,
        };
        let (stream, weight) = (self.value(), Bind::Weight(Tensor::Embedding));
        let binds = vec![("ids", Bind::Input(Input::Ids)), ("table", weight), ("y", stream)];
        self.push(table.operation(), binds);
        Ok(stream)
    }

    /// Logits of rows that are normalised already, by one of the model's heads.
    pub(super) fn head(&mut self, head: Tensor, normed: Bind) -> Result<()> {
        let layer = self.layer(head, self.config.vocabulary, self.config.hidden)?;
        let layer = Linear { out: Dtype::F32, ..layer };
        self.linear(head, layer, normed, Bind::Held(Held::Logits));
        Ok(())
    }

    /// The norm of the residual stream by a weight.
    pub(super) fn rms_norm(&self, weight: Tensor) -> Result<RmsNorm> {
        let (convention, epsilon) = self.norms;
        let (act, k) = (self.serving.act, self.config.hidden as u64);
        Ok(RmsNorm { act, weight: self.forms.plain(weight)?, convention, epsilon, k })
    }

    /// Normalises the residual stream.
    pub(super) fn norm(&mut self, weight: Tensor, x: Bind) -> Result<Bind> {
        let norm = self.rms_norm(weight)?;
        let y = self.value();
        self.push(norm.operation(), vec![("x", x), ("w", Bind::Weight(weight)), ("y", y)]);
        Ok(y)
    }

    /// A projection from `k` columns to `n`.
    pub(super) fn layer(&self, tensor: Tensor, n: usize, k: usize) -> Result<Linear> {
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

    /// Projects `x` to `y`.
    pub(super) fn linear(&mut self, tensor: Tensor, layer: Linear, x: Bind, y: Bind) {
        self.push(layer.operation(), vec![("w", Bind::Weight(tensor)), ("x", x), ("y", y)]);
    }

    /// A projection onto the residual stream: `y = residual + W x`.
    pub(super) fn onto(&mut self, tensor: Tensor, layer: Linear, [x, residual, y]: [Bind; 3]) {
        let layer = Linear { epilogue: Epilogue::Residual, ..layer };
        let weight = Bind::Weight(tensor);
        let binds = vec![("w", weight), ("x", x), ("residual", residual), ("y", y)];
        self.push(layer.operation(), binds);
    }

    /// A projection of `x` from `k` columns to `n`, which is a new result.
    pub(super) fn projected(
        &mut self,
        tensor: Tensor,
        epilogue: Epilogue,
        [n, k]: [usize; 2],
        x: Bind,
    ) -> Result<Bind> {
        let layer = Linear { epilogue, ..self.layer(tensor, n, k)? };
        let y = self.value();
        self.linear(tensor, layer, x, y);
        Ok(y)
    }

    /// Queries out of the projections of rows, normalised and turned; their keys and values go into
    /// the cache.
    pub(super) fn heads(
        &mut self,
        sizes: &Attention,
        qkv: Bind,
        [q_norm, k_norm]: [Tensor; 2],
        angles: Input,
        cache: Cache,
    ) -> Bind {
        let q = self.value();
        let mut binds = vec![
            ("qkv", qkv),
            ("q_norm", Bind::Weight(q_norm)),
            ("k_norm", Bind::Weight(k_norm)),
            ("angles", Bind::Input(angles)),
            ("places", Bind::Input(Input::Places)),
            ("q", q),
        ];
        binds.extend(cache);
        self.push(sizes.rope_kv(), binds);
        q
    }

    /// What few rows gather from the cache, part by part.
    pub(super) fn attend(&mut self, sizes: &Attention, [q, qkv]: [Bind; 2], cache: Cache) -> Bind {
        let [parts, weights, y] = [(); 3].map(|()| self.value());
        let mut binds = vec![("q", q), ("parts", parts), ("weights", weights)];
        binds.extend(cache);
        binds.push(("segments", Bind::Input(Input::Segments)));
        binds.push(("pages", Bind::Input(Input::Pages)));
        self.push(sizes.split(), binds);
        let binds = vec![("parts", parts), ("weights", weights), ("qkv", qkv), ("y", y)];
        self.push(sizes.merge(), binds);
        y
    }
}

/// Keys and values of a layer, by the names of their arguments.
pub(super) type Cache = [(&'static str, Bind); 2];
