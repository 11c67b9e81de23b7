//! The operations that a model asks for.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::operations::{
    ActQuant, AddNormQuant, Attention, Concat, Convention, DECODE_ROWS, Delta, Embedding, Epilogue,
    Keep, Linear, Precision, RmsNorm, Weights, argmax, top_k_merge, top_k_split,
};
use kiln_cache::vocabulary::{Dims, Dtype, Operation};
use serde::{Deserialize, Serialize};

use super::{DrafterShapes, LinearAttention, ModelShapes, Serving};

/// Numbers of rows at which kernels are tuned: single tokens, verification of drafts, prefill.
pub const M_CLASSES: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 2048];

/// The formats to which activations may be quantised; winners choose among them.
pub const ACTIVATION_FORMATS: [&str; 4] = ["f16", "q4x2x128", "q8x128", "q8x32"];

/// The formats in which a fused norm may hand its rows to the next linear layer.
const SEAM_FORMATS: [&str; 2] = ["q8x128", "q8x32"];

/// Tokens of the cache at which kernels that read it are chosen.
const CONTEXT: u64 = 4096;

/// Slots of states at which kernels that use them are chosen.
const SLOTS: u64 = 4;

/// One operation, the row counts at which it is tuned, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The operation; its free dims are `m` and those of `free`.
    pub operation: Operation,
    /// Values of `m` at which kernels are chosen, ascending.
    pub classes: Vec<u64>,
    /// The other free dims, each at one value: kernels are chosen by `m` alone.
    pub free: Dims,
    /// The layers that issue it, for people: `mlp.gate_up`.
    pub uses: BTreeSet<String>,
}

impl ModelShapes {
    /// Every operation the model and its drafter can issue, sorted, each once.
    ///
    /// Projections onto the residual stream and the MLP's gate are listed with their epilogue
    /// fused and plain, so that a fused norm may take the epilogue's place. `act_quant` is listed
    /// for every width that a packed layer reads and every format of [`ACTIVATION_FORMATS`]. Which
    /// layers of a packed checkpoint are packed is decided by its tensors: gates and head may be
    /// either, and are listed as both. Head, drafter and the head that guesses read are also listed as
    /// what they may be quantised to when they are loaded.
    pub fn demands(&self, serving: &Serving) -> Vec<Demand> {
        let widths = BTreeMap::new();
        let mut list = List { model: self, serving, demands: BTreeMap::new(), widths };
        list.embedding();
        list.linear_attention();
        list.full_attention();
        list.mlp("mlp", self.hidden, self.intermediate);
        list.norm(Convention::OnePlus, self.hidden, 1, "norm");
        list.added_norm(Convention::OnePlus, self.hidden, "norm");
        list.seam(Convention::OnePlus, self.hidden, "norm");
        list.head();
        list.prediction();
        list.drafter();
        list.quantisation();
        list.finish()
    }
}

/// Which row counts an operation is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// Every one.
    Any,
    /// Those of the decode class.
    Few,
    /// Those above.
    Many,
}

impl Rows {
    fn classes(self) -> impl Iterator<Item = u64> {
        M_CLASSES.into_iter().filter(move |m| match self {
            Self::Any => true,
            Self::Few => *m <= DECODE_ROWS,
            Self::Many => *m > DECODE_ROWS,
        })
    }
}

struct List<'a> {
    model: &'a ModelShapes,
    serving: &'a Serving,
    demands: BTreeMap<Operation, Demand>,
    /// Widths that packed layers read, and the layers that do.
    widths: BTreeMap<u64, BTreeSet<String>>,
}

impl List<'_> {
    fn act(&self) -> Dtype {
        self.serving.act.dtype()
    }

    fn published(&self) -> Dtype {
        self.model.published.dtype()
    }

    fn embedding(&mut self) {
        let (v, k) = (self.model.vocabulary, self.model.hidden);
        let rows = Embedding { table: self.published(), out: self.act(), v, k };
        self.add(rows.operation(), Rows::Any, 1, &[], "embedding");
    }

    fn linear_attention(&mut self) {
        let model = self.model;
        let Some(linear) = model.linear else { return };
        let sizes = self.delta(&linear);
        self.plain(linear.qkvz(), model.hidden, "linear_attn.qkvz");
        let gates = Linear { out: Dtype::F32, ..self.layer(2 * linear.value_heads, model.hidden) };
        self.either(gates, Rows::Any, "linear_attn.ba");
        self.onto_residual(model.hidden, linear.values(), "linear_attn.out");
        let free = [("b", 1), ("s", SLOTS)];
        for (keep, rows) in [(Keep::Update, Rows::Any), (Keep::Keep, Rows::Few)] {
            self.add(sizes.conv(keep), rows, 1, &free, "linear_attn.conv");
            self.add(sizes.delta(keep), rows, 1, &free, "linear_attn.delta");
        }
        self.add(sizes.conv_commit(), Rows::Few, 1, &free, "linear_attn.conv");
        self.add(sizes.delta_commit(), Rows::Few, 1, &free, "linear_attn.delta");
        self.add(sizes.delta_move(), Rows::Few, 1, &free, "linear_attn.delta");
        self.add(sizes.gated_norm(), Rows::Any, 1, &[], "linear_attn.norm");
    }

    fn delta(&self, linear: &LinearAttention) -> Delta {
        Delta {
            act: self.act(),
            taps: linear.taps,
            key_heads: linear.key_heads,
            value_heads: linear.value_heads,
            key_head: linear.key_head,
            value_head: linear.value_head,
            epsilon: self.model.epsilon,
        }
    }

    fn full_attention(&mut self) {
        let model = self.model;
        if model.full_layers == 0 {
            return;
        }
        self.plain(model.qkv(), model.hidden, "self_attn.qkv");
        self.onto_residual(model.hidden, model.heads * model.head, "self_attn.o");
        for page in self.serving.pages.clone() {
            let sizes = Attention {
                act: self.act(),
                kv: self.serving.kv.dtype(),
                weight: self.published(),
                heads: model.heads,
                kv_heads: model.kv_heads,
                head: model.head,
                rotary: model.rotary,
                page,
                epsilon: model.epsilon,
                convention: Convention::OnePlus,
                gated: true,
                causal: true,
                window: 0,
            };
            let free = self.cached(page);
            self.add(sizes.rope_kv(), Rows::Any, 1, &free[1..2], "self_attn.rope");
            self.add(sizes.attention(), Rows::Many, 1, &free[..3], "self_attn.attention");
            self.add(sizes.split(), Rows::Few, 1, &free, "self_attn.attention");
            self.add(sizes.merge(), Rows::Few, 1, &free[3..], "self_attn.attention");
        }
    }

    fn mlp(&mut self, name: &str, hidden: u64, intermediate: u64) {
        let gate = Linear { epilogue: Epilogue::SiluMul, ..self.layer(intermediate, hidden) };
        self.linear(gate, Rows::Any, &format!("{name}.gate_up"));
        self.plain(2 * intermediate, hidden, &format!("{name}.gate_up"));
        self.onto_residual(hidden, intermediate, &format!("{name}.down"));
    }

    /// Logits are wanted of few rows at a time.
    fn head(&mut self) {
        let layer = self.layer(self.model.vocabulary, self.model.hidden);
        let layer = Linear { out: Dtype::F32, ..layer };
        self.either(layer, Rows::Few, "lm_head");
        for weights in self.serving.head.iter().copied().filter_map(Precision::weights) {
            self.linear(Linear { weights, ..layer }, Rows::Few, "lm_head");
        }
        let guesses = self.model.drafter.is_some() || self.model.predicts;
        let small = self.serving.draft_head.iter().filter(|_| guesses).copied();
        for weights in small.filter_map(Precision::weights) {
            self.linear(Linear { weights, ..layer }, Rows::Few, "draft_head");
        }
        let v = self.model.vocabulary;
        for search in [argmax(v), top_k_split(v), top_k_merge(v)] {
            self.add(search, Rows::Few, 1, &[], "logits");
        }
    }

    /// The multi-token prediction head: a layer like the model's, after a projection of an embedding
    /// and a hidden state. Publishers leave its layers plain where they pack the others, or pack
    /// them, too. Its context has any number of rows; few are guessed.
    fn prediction(&mut self) {
        let model = self.model;
        if !model.predicts || model.full_layers == 0 {
            return;
        }
        let (hidden, inner, width) = (model.hidden, model.intermediate, model.heads * model.head);
        let side = Concat { act: self.act(), parts: 2, k: hidden };
        self.add(side.operation(), Rows::Any, 1, &[], "mtp.pairs");
        let layer = |n, k, epilogue| Linear { epilogue, ..self.layer(n, k) };
        let (none, residual) = (Epilogue::None, Epilogue::Residual);
        let layers = [
            (layer(hidden, 2 * hidden, none), Rows::Any, "mtp.fc"),
            (layer(model.qkv(), hidden, none), Rows::Any, "mtp.qkv"),
            (layer(hidden, width, residual), Rows::Few, "mtp.o"),
            (layer(inner, hidden, Epilogue::SiluMul), Rows::Few, "mtp.gate_up"),
            (layer(hidden, inner, residual), Rows::Few, "mtp.down"),
        ];
        for (layer, rows, name) in layers {
            self.either(layer, rows, name);
        }
    }

    /// The drafter's layers are plain, and may be quantised when they are loaded. Its context has any
    /// number of rows, its block few.
    fn drafter(&mut self) {
        let Some(of) = self.model.drafter.clone() else { return };
        let (hidden, width) = (of.hidden, of.heads * of.head);
        let side = Concat { act: self.act(), parts: of.features, k: hidden };
        self.add(side.operation(), Rows::Any, 1, &[], "drafter.features");
        let quantised = self.serving.drafter.iter().copied().filter_map(Precision::weights);
        for weights in [Weights::Plain(self.published())].into_iter().chain(quantised) {
            let layer = |n, k, epilogue| Linear { weights, epilogue, ..self.layer(n, k) };
            let (none, residual) = (Epilogue::None, Epilogue::Residual);
            let layers = [
                (layer(hidden, of.features * hidden, none), Rows::Any, "fc"),
                (layer(of.qkv(), hidden, none), Rows::Any, "qkv"),
                (layer(hidden, width, residual), Rows::Few, "o"),
                (layer(of.intermediate, hidden, Epilogue::SiluMul), Rows::Few, "gate_up"),
                (layer(hidden, of.intermediate, residual), Rows::Few, "down"),
            ];
            for (layer, rows, name) in layers {
                self.linear(layer, rows, &format!("drafter.{name}"));
            }
        }
        let (act, weight, epsilon) = (self.act(), self.published(), of.epsilon);
        let norm = RmsNorm { act, weight, convention: Convention::Plain, epsilon, k: hidden };
        self.add(norm.operation(), Rows::Any, 1, &[], "drafter.norm");
        for page in self.serving.pages.clone() {
            for (causal, window) in of.sights.iter().copied() {
                self.drafter_attention(&of, page, causal, window);
            }
        }
    }

    fn drafter_attention(&mut self, of: &DrafterShapes, page: u64, causal: bool, window: u64) {
        let sizes = Attention {
            act: self.act(),
            kv: self.serving.kv.dtype(),
            weight: self.published(),
            heads: of.heads,
            kv_heads: of.kv_heads,
            head: of.head,
            rotary: of.head,
            page,
            epsilon: of.epsilon,
            convention: Convention::Plain,
            gated: false,
            causal,
            window,
        };
        let free = self.cached(page);
        self.add(sizes.rope_kv(), Rows::Any, 1, &free[1..2], "drafter.rope");
        self.add(sizes.split(), Rows::Few, 1, &free, "drafter.attention");
        self.add(sizes.merge(), Rows::Few, 1, &free[3..], "drafter.attention");
    }

    /// Segments, tokens, pages and parts at which kernels around a cache are chosen.
    fn cached(&self, page: u64) -> [(&'static str, u64); 4] {
        let pages = CONTEXT.div_ceil(page);
        let parts = (pages * page).div_ceil(Attention::PART);
        [("b", 1), ("c", pages * page), ("t", pages), ("s", parts)]
    }

    fn plain(&mut self, n: u64, k: u64, layer: &str) {
        self.linear(self.layer(n, k), Rows::Any, layer);
    }

    fn onto_residual(&mut self, n: u64, k: u64, layer: &str) {
        let onto = Linear { epilogue: Epilogue::Residual, ..self.layer(n, k) };
        self.linear(onto, Rows::Any, layer);
        self.plain(n, k, layer);
    }

    /// A layer as the configuration says: packed, or plain where nothing is.
    fn layer(&self, n: u64, k: u64) -> Linear {
        let plain = Weights::Plain(self.published());
        let packed = |symmetric: bool| Weights::Packed { asymmetric: !symmetric };
        Linear {
            weights: self.model.quantisation.as_ref().map_or(plain, |of| packed(of.symmetric)),
            act: self.act(),
            exact: self.serving.exact,
            out: self.act(),
            epilogue: Epilogue::None,
            n,
            k,
        }
    }

    /// A layer that a packed checkpoint may store plain.
    fn either(&mut self, layer: Linear, rows: Rows, name: &str) {
        let plain = Linear { weights: Weights::Plain(self.published()), ..layer };
        self.linear(plain, rows, name);
        if plain != layer {
            self.linear(layer, rows, name);
        }
    }

    fn linear(&mut self, layer: Linear, rows: Rows, name: &str) {
        self.add(layer.operation(), rows, 1, &[], name);
        if layer.is_quantised() {
            self.widths.entry(layer.k).or_default().insert(name.to_owned());
        }
    }

    fn norm(&mut self, convention: Convention, k: u64, rows: u64, layer: &str) {
        self.add(self.rms_norm(convention, k).operation(), Rows::Any, rows, &[], layer);
    }

    /// A norm after a projection onto the residual stream, of many rows.
    fn added_norm(&mut self, convention: Convention, k: u64, layer: &str) {
        self.add(self.rms_norm(convention, k).added(), Rows::Many, 1, &[], layer);
    }

    fn rms_norm(&self, convention: Convention, k: u64) -> RmsNorm {
        let (act, weight, epsilon) = (self.act(), self.published(), self.model.epsilon);
        RmsNorm { act, weight, convention, epsilon, k }
    }

    /// Residual add, norm and quantisation in one; the residual stream is bf16.
    fn seam(&mut self, convention: Convention, k: u64, layer: &str) {
        let packed = self.model.quantisation.is_some() && !self.serving.exact;
        if self.act() != Dtype::Bf16 || !packed || !k.is_multiple_of(Linear::BLOCK) {
            return;
        }
        let (weight, epsilon) = (self.published(), self.model.epsilon);
        for to in SEAM_FORMATS {
            let seam = AddNormQuant { weight, convention, epsilon, to, k };
            self.add(seam.operation(), Rows::Any, 1, &[], layer);
        }
    }

    fn quantisation(&mut self) {
        let from = self.act();
        for (k, layers) in std::mem::take(&mut self.widths) {
            for to in ACTIVATION_FORMATS.into_iter().filter(|to| *to != from.name()) {
                for layer in &layers {
                    self.add(ActQuant { from, to, k }.operation(), Rows::Any, 1, &[], layer);
                }
            }
        }
    }

    /// Adds an operation, or a use of one; `each` is the number of its rows for each token.
    fn add(&mut self, of: Operation, rows: Rows, each: u64, free: &[(&str, u64)], layer: &str) {
        let demand = self.demands.entry(of.clone()).or_insert_with(|| Demand {
            operation: of,
            classes: Vec::new(),
            free: free.iter().map(|(dim, size)| ((*dim).to_owned(), *size)).collect(),
            uses: BTreeSet::new(),
        });
        demand.classes.extend(rows.classes().map(|m| m * each));
        demand.uses.insert(layer.to_owned());
    }

    fn finish(self) -> Vec<Demand> {
        let mut demands: Vec<Demand> = self.demands.into_values().collect();
        for demand in &mut demands {
            demand.classes.sort_unstable();
            demand.classes.dedup();
        }
        demands
    }
}
