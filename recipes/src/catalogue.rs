//! Which recipes can do which operation.

use std::collections::BTreeMap;

use kiln_compiler::dsl::AnyRecipe;
use kiln_targets::DType;

use crate::act_quant::Activations;
use crate::attention::{Layer, Merge, Prefill, RopeKv, Sight, Split};
use crate::delta::{Heads, States};
use crate::rms_norm::Convention;
use crate::{
    ActQuant, AddNorm, AddNormQuant, Argmax, BatchQ4, Concat, Conv1d, ConvCommit, DeltaCommit,
    DeltaMove, DeltaStep, Embedding, Epilogue, GatedNorm, Linear, MatMul, MatVec, MmqQ4, MmvqQ4,
    Plain, RmsNorm, StreamQ4, TopMerge, TopSplit, WideQ4,
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
            if attributes.contains_key("x") {
                return Ok(vec![Box::new(WideQ4 { layer, x: read.get("x")? })]);
            }
            Ok(vec![
                Box::new(MmqQ4(layer)),
                Box::new(BatchQ4(layer)),
                Box::new(MmvqQ4(layer)),
                Box::new(StreamQ4(layer)),
            ])
        }
        "linear" => {
            let layer = Plain {
                weight: read.get("weight")?,
                act: read.get("act")?,
                out: read.get("out")?,
                epilogue: read.or("epilogue", Epilogue::None)?,
            };
            Ok(vec![Box::new(MatMul(layer)), Box::new(MatVec(layer))])
        }
        "act_quant" => {
            let to: Activations = read.get("to")?;
            Ok(vec![Box::new(ActQuant { from: read.get("from")?, to })])
        }
        "rms_norm" => Ok(vec![Box::new(read.norm()?)]),
        "add_norm" => Ok(vec![Box::new(AddNorm(read.norm()?))]),
        "add_norm_quant" => Ok(vec![Box::new(AddNormQuant {
            act: read.or("act", DType::BF16)?,
            weight: read.get("weight")?,
            convention: read.or("convention", Convention::OnePlus)?,
            epsilon: read.or("epsilon", 1e-6)?,
            to: read.get("to")?,
        })]),
        "embedding" => {
            Ok(vec![Box::new(Embedding { table: read.get("table")?, out: read.get("out")? })])
        }
        "concat" => Ok(vec![Box::new(Concat { act: read.get("act")?, parts: read.get("parts")? })]),
        "argmax" => Ok(vec![Box::new(Argmax { dtype: read.or("dtype", DType::F32)? })]),
        "top_k_split" => {
            let (dtype, count) = (read.or("dtype", DType::F32)?, read.or("count", 64)?);
            Ok(vec![Box::new(TopSplit { dtype, count, span: read.or("span", 4096)? })])
        }
        "top_k_merge" => Ok(vec![Box::new(TopMerge { count: read.or("count", 64)? })]),
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
        "delta" if attributes.get("state").is_some_and(|of| of == "move") => {
            Ok(vec![Box::new(DeltaMove { heads: read.heads()?, out: read.or("out", DType::F32)? })])
        }
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
        "rope_kv" => Ok(vec![Box::new(RopeKv {
            layer: read.layer()?,
            rotary: read.get("rotary")?,
            weight: read.or("weight", DType::BF16)?,
            convention: read.or("convention", Convention::OnePlus)?,
            epsilon: read.or("epsilon", 1e-6)?,
        })]),
        "attention" => Ok(vec![Box::new(Prefill(read.layer()?))]),
        "attention_split" => {
            Ok(vec![Box::new(Split { layer: read.layer()?, length: read.get("length")? })])
        }
        "attention_merge" => Ok(vec![Box::new(Merge(read.layer()?))]),
        _ => Err(format!("no recipe computes `{operation}`; there are {}", OPERATIONS.join(", "))),
    }
}

/// Every operation that some recipe computes.
pub const OPERATIONS: [&str; 20] = [
    "linear_q4",
    "linear",
    "act_quant",
    "rms_norm",
    "add_norm",
    "add_norm_quant",
    "embedding",
    "concat",
    "argmax",
    "top_k_split",
    "top_k_merge",
    "conv1d",
    "conv_commit",
    "delta",
    "delta_commit",
    "gated_norm",
    "rope_kv",
    "attention",
    "attention_split",
    "attention_merge",
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
    for (x, out, epilogue) in
        [("f32", "f32", "residual"), ("bf16", "bf16", "silu_mul"), ("f16", "f32", "none")]
    {
        all.push(("linear_q4", make(&[("x", x), ("out", out), ("epilogue", epilogue)])));
    }
    all.push(("linear_q4", make(&[("x", "f32"), ("out", "f32"), ("asymmetric", "false")])));
    let layers = [
        ("bf16", "bf16", "bf16", "none"),
        ("bf16", "bf16", "f32", "residual"),
        ("bf16", "bf16", "bf16", "silu_mul"),
        ("bf16", "f32", "f32", "residual"),
        ("bf16", "f32", "f32", "silu_mul"),
        ("f16", "f16", "f16", "bias"),
        ("f32", "bf16", "bf16", "none"),
        ("f32", "f32", "f32", "silu_mul"),
        ("i8", "bf16", "bf16", "residual"),
        ("i8", "bf16", "f32", "none"),
        ("i8", "bf16", "bf16", "silu_mul"),
        ("i8", "f32", "f32", "none"),
    ];
    for (weight, act, out, epilogue) in layers {
        let pairs = [("weight", weight), ("act", act), ("out", out), ("epilogue", epilogue)];
        all.push(("linear", make(&pairs)));
    }
    for from in ["f32", "f16", "bf16"] {
        for to in ["q8x32", "q8x128", "q4x2x128", "f16"] {
            all.push(("act_quant", make(&[("from", from), ("to", to)])));
        }
    }
    for convention in ["one_plus", "plain"] {
        let pairs = [("dtype", "bf16"), ("weight", "bf16"), ("convention", convention)];
        all.push(("rms_norm", make(&pairs)));
        all.push(("add_norm", make(&pairs)));
        for to in ["q8x32", "q8x128"] {
            let pairs = [("weight", "bf16"), ("convention", convention), ("to", to)];
            all.push(("add_norm_quant", make(&pairs)));
        }
    }
    let pairs = [("dtype", "f32"), ("weight", "bf16"), ("convention", "one_plus")];
    all.push(("rms_norm", make(&pairs)));
    all.push(("add_norm", make(&pairs)));
    all.push(("add_norm_quant", make(&[("act", "f32"), ("weight", "bf16"), ("to", "q8x32")])));
    for out in ["bf16", "f32"] {
        all.push(("embedding", make(&[("table", "bf16"), ("out", out)])));
    }
    all.push(("concat", make(&[("act", "bf16"), ("parts", "5")])));
    all.push(("concat", make(&[("act", "f32"), ("parts", "2")])));
    all.push(("argmax", make(&[])));
    all.push(("top_k_split", make(&[("count", "5"), ("span", "1024")])));
    all.push(("top_k_merge", make(&[("count", "5")])));
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
        all.push(("delta", with(&[("out", act), ("state", "move")])));
        all.push(("conv_commit", with(&[("taps", "4")])));
        all.push(("delta_commit", with(&[])));
        let norm = [("act", act), heads[2], heads[4], ("out", act)];
        all.push(("gated_norm", make(&norm)));
    }
    all.extend(attention());
    all
}

/// Examples of the operations around a cache: every type of it, heads in groups of two and three,
/// with gates and without; and of rows that see other keys than those of their past.
fn attention() -> Vec<(&'static str, Attributes)> {
    let layers = [
        [("act", "f32"), ("kv", "f32"), ("heads", "4"), ("kv_heads", "2"), ("gated", "true")],
        [("act", "bf16"), ("kv", "bf16"), ("heads", "6"), ("kv_heads", "2"), ("gated", "true")],
        [("act", "bf16"), ("kv", "f16"), ("heads", "2"), ("kv_heads", "1"), ("gated", "false")],
    ];
    let mut all = Vec::new();
    for layer in layers {
        let with = |more: &[(&str, &str)]| -> Attributes {
            let common = [("head", "32"), ("page", "32")];
            let pairs = layer.iter().chain(&common).chain(more);
            pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        all.push(("rope_kv", with(&[("rotary", "8")])));
        all.push(("attention", with(&[])));
        all.push(("attention_split", with(&[("length", "64")])));
        all.push(("attention_merge", with(&[])));
        if layer.contains(&("gated", "false")) {
            for sight in [
                &[("causal", "false")][..],
                &[("window", "20")],
                &[("causal", "false"), ("window", "20")],
            ] {
                all.push(("attention", with(sight)));
                all.push(("attention_split", with(&[sight, &[("length", "64")]].concat())));
            }
            all.push(("rope_kv", with(&[("rotary", "32"), ("convention", "plain")])));
        }
    }
    all
}

struct Reader<'a> {
    operation: &'a str,
    attributes: &'a Attributes,
}

impl Reader<'_> {
    fn layer(&self) -> Result<Layer, String> {
        let layer = Layer {
            act: self.get("act")?,
            kv: self.get("kv")?,
            heads: self.get("heads")?,
            kv_heads: self.get("kv_heads")?,
            head: self.get("head")?,
            page: self.get("page")?,
            gated: self.or("gated", false)?,
            sight: Sight { causal: self.or("causal", true)?, window: self.or("window", 0)? },
        };
        layer.checked()
    }

    fn get<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        let operation = self.operation;
        let value = self
            .attributes
            .get(name)
            .ok_or_else(|| format!("the operation `{operation}` needs the attribute `{name}`"))?;
        let wrong = |_| format!("`{operation}` has no {name} `{value}`");
        value.parse().map_err(wrong)
    }

    fn norm(&self) -> Result<RmsNorm, String> {
        Ok(RmsNorm {
            dtype: self.get("dtype")?,
            weight: self.get("weight")?,
            convention: self.or("convention", Convention::OnePlus)?,
            epsilon: self.or("epsilon", 1e-6)?,
        })
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
