//! The operations that a model asks for.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::vocabulary::Operation;
use serde::{Deserialize, Serialize};

use super::{Activation, ModelShapes};

/// Numbers of rows at which kernels are tuned: single tokens, verification of drafts, prefill.
pub const M_CLASSES: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 2048];

/// The formats to which activations may be quantised; winners choose among them.
pub const ACTIVATION_FORMATS: [&str; 4] = ["f16", "q4x2x128", "q8x128", "q8x32"];

/// The formats in which a fused norm may hand its rows to the next linear layer.
const SEAM_FORMATS: [&str; 2] = ["q8x128", "q8x32"];

/// One operation, the row counts at which it is tuned, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The operation; its free dim is `m`.
    pub operation: Operation,
    /// Values of `m` at which kernels are chosen, ascending.
    pub classes: Vec<u64>,
    /// The layers that issue it, for people: `mlp.gate_up`.
    pub uses: BTreeSet<String>,
}

impl ModelShapes {
    /// Every operation the model and its drafter can issue, sorted, each once.
    ///
    /// Projections onto the residual stream and the MLP's gate are listed with their epilogue
    /// fused and plain, so that a fused norm may take the epilogue's place. `act_quant` is listed
    /// for every width that a linear layer reads and every format of [`ACTIVATION_FORMATS`].
    pub fn demands(&self) -> Vec<Demand> {
        let mut list = List { model: self, demands: BTreeMap::new(), widths: BTreeMap::new() };
        list.attention();
        list.mlp("mlp", self.hidden, self.intermediate);
        list.norm("one_plus", self.hidden, 1, "norm");
        list.seam("one_plus", self.hidden, "norm");
        list.linear("none", self.vocabulary, self.hidden, "f32", "lm_head");
        list.drafter();
        list.quantisation();
        list.finish()
    }
}

struct List<'a> {
    model: &'a ModelShapes,
    demands: BTreeMap<Operation, Demand>,
    /// Widths that linear layers read, and the layers that do.
    widths: BTreeMap<u64, BTreeSet<String>>,
}

impl List<'_> {
    fn attention(&mut self) {
        let model = self.model;
        if let Some(linear) = model.linear {
            self.plain(linear.qkvz(), model.hidden, "linear_attn.qkvz");
            self.plain(2 * linear.value_heads, model.hidden, "linear_attn.ba");
            self.onto_residual(model.hidden, linear.values(), "linear_attn.out");
            self.norm("plain", linear.value_head, linear.value_heads, "linear_attn.norm");
        }
        if model.full_layers > 0 {
            self.plain(model.qkv(), model.hidden, "self_attn.qkv");
            self.onto_residual(model.hidden, model.heads * model.head, "self_attn.o");
            self.norm("one_plus", model.head, model.heads, "self_attn.qk_norm");
        }
    }

    fn mlp(&mut self, name: &str, hidden: u64, intermediate: u64) {
        let out = self.model.activation.name();
        self.linear("silu_mul", intermediate, hidden, out, &format!("{name}.gate_up"));
        self.plain(2 * intermediate, hidden, &format!("{name}.gate_up"));
        self.onto_residual(hidden, intermediate, &format!("{name}.down"));
    }

    fn drafter(&mut self) {
        let Some(drafter) = self.model.drafter else { return };
        self.plain(drafter.qkv(), drafter.hidden, "drafter.qkv");
        self.plain(drafter.context_kv(), drafter.hidden, "drafter.context_kv");
        self.onto_residual(drafter.hidden, drafter.heads * drafter.head, "drafter.o");
        self.mlp("drafter", drafter.hidden, drafter.intermediate);
        self.plain(drafter.hidden, drafter.features * drafter.hidden, "drafter.fc");
        self.norm("plain", drafter.hidden, 1, "drafter.norm");
        self.seam("plain", drafter.hidden, "drafter.norm");
        self.norm("plain", drafter.head, drafter.heads, "drafter.qk_norm");
    }

    fn plain(&mut self, n: u64, k: u64, layer: &str) {
        self.linear("none", n, k, self.model.activation.name(), layer);
    }

    fn onto_residual(&mut self, n: u64, k: u64, layer: &str) {
        self.linear("residual", n, k, self.model.activation.name(), layer);
        self.plain(n, k, layer);
    }

    fn linear(&mut self, epilogue: &str, n: u64, k: u64, out: &str, layer: &str) {
        let asymmetric = (!self.model.quantisation.symmetric).to_string();
        let attributes =
            [("asymmetric", asymmetric.as_str()), ("epilogue", epilogue), ("out", out)];
        self.add("linear_q4", &attributes, &[("k", k), ("n", n)], 1, layer);
        self.widths.entry(k).or_default().insert(layer.to_owned());
    }

    fn norm(&mut self, convention: &str, k: u64, rows: u64, layer: &str) {
        let (dtype, epsilon) = (self.model.activation.name(), self.model.epsilon.to_string());
        let attributes = [
            ("convention", convention),
            ("dtype", dtype),
            ("epsilon", epsilon.as_str()),
            ("weight", dtype),
        ];
        self.add("rms_norm", &attributes, &[("k", k)], rows, layer);
    }

    /// Residual add, norm and quantisation in one; the residual stream is bf16.
    fn seam(&mut self, convention: &str, k: u64, layer: &str) {
        if self.model.activation != Activation::Bf16 {
            return;
        }
        let epsilon = self.model.epsilon.to_string();
        for to in SEAM_FORMATS {
            let attributes = [
                ("convention", convention),
                ("epsilon", epsilon.as_str()),
                ("to", to),
                ("weight", "bf16"),
            ];
            self.add("add_norm_quant", &attributes, &[("k", k)], 1, layer);
        }
    }

    fn quantisation(&mut self) {
        let from = self.model.activation.name();
        for (width, layers) in std::mem::take(&mut self.widths) {
            for to in ACTIVATION_FORMATS.into_iter().filter(|to| *to != from) {
                for layer in &layers {
                    self.add("act_quant", &[("from", from), ("to", to)], &[("k", width)], 1, layer);
                }
            }
        }
    }

    /// Adds an operation, or a use of one; `rows` is the number of its rows for each token.
    fn add(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        dims: &[(&str, u64)],
        rows: u64,
        layer: &str,
    ) {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let operation = Operation {
            name: name.to_owned(),
            attributes: attributes.iter().map(own).collect(),
            dims: dims.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
        };
        let demand = self.demands.entry(operation.clone()).or_insert_with(|| Demand {
            operation,
            classes: Vec::new(),
            uses: BTreeSet::new(),
        });
        demand.classes.extend(M_CLASSES.map(|m| m * rows));
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
