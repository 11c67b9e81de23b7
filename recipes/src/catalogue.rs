//! Which recipes can do which operation.

use std::collections::BTreeMap;

use kiln_compiler::dsl::AnyRecipe;
use kiln_targets::DType;

use crate::act_quant::Activations;
use crate::delta::{Heads, States};
use crate::rms_norm::Convention;
use crate::{
    ActQuant, AddNormQuant, Conv1d, ConvCommit, DeltaCommit, DeltaStep, Embedding, Epilogue,
    GatedNorm, Linear, MmqQ4, MmvqQ4, RmsNorm,
};

/// Attributes of an operation by name, as bundles and model descriptions write them.
pub type Attributes = BTreeMap<String, String>;

/// The recipes that compute an operation, best first for many tokens.
///
/// # Errors
/// If there is no such operation, or an attribute is missing or has no such value.
pub fn recipes(
    operation: &str,
    attributes: &Attributes,
) -> Result<Vec<Box<dyn AnyRecipe>>, String> {
    let read = Reader { operation, attributes };
    match operation {
        "linear_q4" => {
            let layer = Linear {
                asymmetric: read.or("asymmetric", true)?,
                out: read.get("out")?,
                epilogue: read.or("epilogue", Epilogue::None)?,
            };
            Ok(vec![Box::new(MmqQ4(layer)), Box::new(MmvqQ4(layer))])
        }
        "act_quant" => {
            let to: Activations = read.get("to")?;
            Ok(vec![Box::new(ActQuant { from: read.get("from")?, to })])
        }
        "rms_norm" => Ok(vec![Box::new(RmsNorm {
            dtype: read.get("dtype")?,
            weight: read.get("weight")?,
            convention: read.or("convention", Convention::OnePlus)?,
            epsilon: read.or("epsilon", 1e-6)?,
        })]),
        "add_norm_quant" => Ok(vec![Box::new(AddNormQuant {
            weight: read.get("weight")?,
            convention: read.or("convention", Convention::OnePlus)?,
            epsilon: read.or("epsilon", 1e-6)?,
            to: read.get("to")?,
        })]),
        "embedding" => {
            Ok(vec![Box::new(Embedding { table: read.get("table")?, out: read.get("out")? })])
        }
        "conv1d" => Ok(vec![Box::new(Conv1d {
            act: read.get("act")?,
            taps: read.get("taps")?,
            heads: read.heads()?,
            states: read.or("state", States::Update)?,
        })]),
        "conv_commit" => Ok(vec![Box::new(ConvCommit {
            act: read.get("act")?,
            taps: read.get("taps")?,
            heads: read.heads()?,
        })]),
        "delta" => Ok(vec![Box::new(DeltaStep {
            heads: read.heads()?,
            states: read.or("state", States::Update)?,
            out: read.or("out", DType::F32)?,
        })]),
        "delta_commit" => Ok(vec![Box::new(DeltaCommit { heads: read.heads()? })]),
        "gated_norm" => Ok(vec![Box::new(GatedNorm {
            act: read.get("act")?,
            out: read.get("out")?,
            value_heads: read.get("value_heads")?,
            value_head: read.get("value_head")?,
            epsilon: read.or("epsilon", 1e-6)?,
        })]),
        _ => Err(format!("no recipe computes `{operation}`; there are {}", OPERATIONS.join(", "))),
    }
}

/// Every operation that some recipe computes.
pub const OPERATIONS: [&str; 10] = [
    "linear_q4",
    "act_quant",
    "rms_norm",
    "add_norm_quant",
    "embedding",
    "conv1d",
    "conv_commit",
    "delta",
    "delta_commit",
    "gated_norm",
];

/// Attributes that make one example of each operation, for checks of all recipes.
pub fn examples() -> Vec<(&'static str, Attributes)> {
    let make = |pairs: &[(&str, &str)]| -> Attributes {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    let mut all = Vec::new();
    for epilogue in ["none", "bias", "residual", "silu_mul"] {
        for out in ["f32", "f16", "bf16"] {
            all.push(("linear_q4", make(&[("out", out), ("epilogue", epilogue)])));
        }
    }
    all.push(("linear_q4", make(&[("out", "bf16"), ("asymmetric", "false")])));
    for from in ["f32", "f16", "bf16"] {
        for to in ["q8x32", "q8x128", "q4x2x128", "f16"] {
            all.push(("act_quant", make(&[("from", from), ("to", to)])));
        }
    }
    for convention in ["one_plus", "plain"] {
        let pairs = [("dtype", "bf16"), ("weight", "bf16"), ("convention", convention)];
        all.push(("rms_norm", make(&pairs)));
        for to in ["q8x32", "q8x128"] {
            let pairs = [("weight", "bf16"), ("convention", convention), ("to", to)];
            all.push(("add_norm_quant", make(&pairs)));
        }
    }
    for out in ["bf16", "f32"] {
        all.push(("embedding", make(&[("table", "bf16"), ("out", out)])));
    }
    for (act, sizes) in [("bf16", ["1", "3", "16", "32"]), ("f32", ["2", "4", "32", "16"])] {
        let [key_heads, value_heads, key_head, value_head] = sizes;
        let heads = [
            ("act", act),
            ("key_heads", key_heads),
            ("value_heads", value_heads),
            ("key_head", key_head),
            ("value_head", value_head),
        ];
        let with = |more: &[(&str, &str)]| make(&[&heads[..], more].concat());
        for state in ["update", "keep"] {
            all.push(("conv1d", with(&[("taps", "4"), ("state", state)])));
            all.push(("delta", with(&[("out", act), ("state", state)])));
        }
        all.push(("conv_commit", with(&[("taps", "4")])));
        all.push(("delta_commit", with(&[])));
        let norm = [("act", act), heads[2], heads[4], ("out", act)];
        all.push(("gated_norm", make(&norm)));
    }
    all
}

struct Reader<'a> {
    operation: &'a str,
    attributes: &'a Attributes,
}

impl Reader<'_> {
    fn get<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        let operation = self.operation;
        let value = self
            .attributes
            .get(name)
            .ok_or_else(|| format!("the operation `{operation}` needs the attribute `{name}`"))?;
        let wrong = |_| format!("`{operation}` has no {name} `{value}`");
        value.parse().map_err(wrong)
    }

    /// The heads of linear attention.
    fn heads(&self) -> Result<Heads, String> {
        Ok(Heads {
            keys: self.get("key_heads")?,
            values: self.get("value_heads")?,
            key: self.get("key_head")?,
            value: self.get("value_head")?,
        })
    }

    fn or<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        if self.attributes.contains_key(name) { self.get(name) } else { Ok(default) }
    }
}
