//! What a launch has to move and to compute at least.

use kiln_cache::device::Peak;
use kiln_cache::operations::DECODE_ROWS;
use kiln_cache::vocabulary::{Access, ArgKind};
use kiln_runtime::plan::{Batch, Bind, Held, Issued, Operand, Tensor};

use crate::workload;

/// Bytes and operations of one launch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Work {
    /// Bytes read and written, each once.
    pub(super) bytes: f64,
    /// Operations of products, a multiply-add counting as two; 0 where memory is what matters.
    pub(super) operations: f64,
    /// The arithmetic of these products.
    pub(super) arithmetic: Option<Peak>,
}

impl Work {
    /// Of a launch for a batch. Of caches, states and the table of embeddings only the part counts
    /// that belongs to the batch.
    pub(super) fn of(issued: &Issued<'_>, batch: &Batch, host: bool) -> Self {
        let operand = |operand: &Operand<'_>| bytes(issued, operand, batch);
        let bytes = issued.operands.iter().map(operand).sum();
        let format = issued.operands.iter().find_map(|operand| match &operand.arg.kind {
            ArgKind::Buffer { format, .. } if operand.arg.name.starts_with('x') => Some(format),
            _ => None,
        });
        let (operations, arithmetic) = match issued.operation.name.as_str() {
            "attention" | "attention_split" => {
                (scores(issued, batch), Some(if host { Peak::FmaF32 } else { Peak::MatrixF16 }))
            }
            _ => {
                let products = workload::operations(issued.operation, &issued.dims);
                let format = format.map(String::as_str);
                (products as f64, workload::arithmetic(products, format, host))
            }
        };
        Self { bytes, operations, arithmetic }
    }

    /// The shortest time in seconds with these rates; an arithmetic without a rate does not count.
    pub(super) fn shortest(&self, bandwidth: f64, peak: impl Fn(Peak) -> Option<f64>) -> f64 {
        let computed = self.arithmetic.and_then(peak).map_or(0.0, |peak| self.operations / peak);
        computed.max(self.bytes / bandwidth)
    }
}

/// Tokens that a row sees at most before its own; attention without a window sees all.
fn window(issued: &Issued<'_>) -> u64 {
    let window = issued.operation.attributes.get("window").and_then(|text| text.parse().ok());
    window.unwrap_or(u64::MAX)
}

/// Each row's query meets every token up to its own, as far as its window reaches, and where rows
/// are not causal those after it; each twice: in its score and in the sum of values.
fn scores(issued: &Issued<'_>, batch: &Batch) -> f64 {
    let attribute = |name: &str| issued.operation.attributes.get(name)?.parse::<f64>().ok();
    let width = attribute("heads").zip(attribute("head")).map_or(0.0, |(heads, head)| heads * head);
    let causal = issued.operation.attributes.get("causal").is_none_or(|text| text != "false");
    let met = batch.segments.iter().map(|of| {
        let (rows, past) = (of.tokens.len() as f64, of.past.min(window(issued)) as f64);
        rows * past + if causal { rows * (rows + 1.0) / 2.0 } else { rows * rows }
    });
    4.0 * width * met.sum::<f64>()
}

fn bytes(issued: &Issued<'_>, operand: &Operand<'_>, batch: &Batch) -> f64 {
    let dim = |name: &str| issued.dims.get(name).map_or(1.0, |size| *size as f64);
    let whole = operand.bytes as f64;
    let rows = batch.rows() as f64;
    let both = if operand.access() == Access::InOut { 2.0 } else { 1.0 };
    match operand.bind {
        Bind::Held(Held::Keys(_) | Held::Values(_) | Held::DraftKeys(_) | Held::DraftValues(_)) => {
            let tokens = match operand.access() {
                Access::In => {
                    let seen = batch
                        .segments
                        .iter()
                        .map(|of| of.past.min(window(issued)) + of.tokens.len() as u64);
                    seen.sum::<u64>() as f64
                }
                Access::Out | Access::InOut => rows,
            };
            whole / dim("c") * tokens
        }
        Bind::Held(Held::Conv(_) | Held::Delta(_)) => {
            both * whole / dim("s") * batch.segments.len() as f64
        }
        // Of the rows before as many count as there are rows.
        Bind::Held(Held::Kept(..)) if operand.arg.name.starts_with("old_") => {
            whole / DECODE_ROWS as f64 * rows
        }
        Bind::Weight(Tensor::Embedding) if issued.operation.name == "embedding" => {
            whole / dim("v") * rows
        }
        _ => both * whole,
    }
}
