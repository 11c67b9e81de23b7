//! Operations that treat every row alike: embeddings, norms, quantisation, linear layers.

use std::fmt;

use super::operation;
use crate::vocabulary::{Dtype, Operation};

/// Rows of a table by number: `y[m, k] = table[ids[m], k]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// Number type of the table.
    pub table: Dtype,
    /// Number type of the rows.
    pub out: Dtype,
    /// Rows of the table.
    pub v: u64,
    /// Width.
    pub k: u64,
}

impl Embedding {
    /// The operation.
    pub fn operation(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 2] = [("table", &self.table), ("out", &self.out)];
        operation("embedding", &attributes, &[("k", self.k), ("v", self.v)])
    }
}

/// Rows of several matrices side by side: `y[m, part * k + i] = x<part>[m, i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// Number type of the rows.
    pub act: Dtype,
    /// Matrices.
    pub parts: u64,
    /// Width of each.
    pub k: u64,
}

impl Concat {
    /// The operation.
    pub fn operation(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 2] = [("act", &self.act), ("parts", &self.parts)];
        operation("concat", &attributes, &[("k", self.k)])
    }
}

/// How the weight of a norm enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// As `1 + w`.
    OnePlus,
    /// As it is.
    Plain,
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OnePlus => "one_plus",
            Self::Plain => "plain",
        })
    }
}

/// RMS normalisation of rows, times a weight for each column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsNorm {
    /// Number type of the rows.
    pub act: Dtype,
    /// Number type of the weight.
    pub weight: Dtype,
    /// How the weight enters.
    pub convention: Convention,
    /// Added to the mean of squares.
    pub epsilon: f64,
    /// Width.
    pub k: u64,
}

impl RmsNorm {
    /// The operation.
    pub fn operation(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 4] = [
            ("dtype", &self.act),
            ("weight", &self.weight),
            ("convention", &self.convention),
            ("epsilon", &self.epsilon),
        ];
        operation("rms_norm", &attributes, &[("k", self.k)])
    }

    /// The operation on `x + residual`, which it writes beside the normalised rows.
    pub fn added(&self) -> Operation {
        Operation { name: "add_norm".to_owned(), ..self.operation() }
    }
}

/// Residual add, RMS norm and quantisation in one; the residual stream is bf16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddNormQuant<'f> {
    /// Number type of the weight.
    pub weight: Dtype,
    /// How the weight enters.
    pub convention: Convention,
    /// Added to the mean of squares.
    pub epsilon: f64,
    /// Format of the result.
    pub to: &'f str,
    /// Width.
    pub k: u64,
}

impl AddNormQuant<'_> {
    /// The operation.
    pub fn operation(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 4] = [
            ("weight", &self.weight),
            ("convention", &self.convention),
            ("epsilon", &self.epsilon),
            ("to", &self.to),
        ];
        operation("add_norm_quant", &attributes, &[("k", self.k)])
    }
}

/// Quantisation of activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActQuant<'f> {
    /// Number type of the activations.
    pub from: Dtype,
    /// Format of the result.
    pub to: &'f str,
    /// Width.
    pub k: u64,
}

impl ActQuant<'_> {
    /// The operation.
    pub fn operation(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 2] = [("from", &self.from), ("to", &self.to)];
        operation("act_quant", &attributes, &[("k", self.k)])
    }
}

/// What a linear layer does to a finished sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// Nothing.
    None,
    /// `residual` is added.
    Residual,
    /// Weight rows `0..n` are a gate, `n..2n` values: `y = silu(gate) * value`.
    SiluMul,
}

impl fmt::Display for Epilogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Residual => "residual",
            Self::SiluMul => "silu_mul",
        })
    }
}

/// How the weights of a linear layer are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weights {
    /// One float for each.
    Plain(Dtype),
    /// Nibbles in groups of 32 columns with a scale and, where asymmetric, a zero point.
    Packed {
        /// Whether zero points are stored.
        asymmetric: bool,
    },
}

/// A linear layer: `y[m, n] = epilogue(sum_k x[m, k] W[n, k])`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// How the weights are stored.
    pub weights: Weights,
    /// Number type of the activations.
    pub act: Dtype,
    /// Whether packed weights meet activations as they are; otherwise the kernel names the format
    /// that it wants them quantised to, unless the layer is [narrow](Linear::is_narrow).
    pub exact: bool,
    /// Number type of the result.
    pub out: Dtype,
    /// What follows the sum.
    pub epilogue: Epilogue,
    /// Columns of the result.
    pub n: u64,
    /// Columns of the activations.
    pub k: u64,
}

impl Linear {
    /// Columns of the widest block of quantised activations.
    pub const BLOCK: u64 = 128;

    /// Rows of packed weights that kernels with quantised activations take at a time.
    const ROWS: u64 = 16;

    /// Whether the layer is no whole number of blocks: one of few columns, or a head over an odd
    /// vocabulary. Its packed weights meet activations as they are.
    pub fn is_narrow(&self) -> bool {
        !self.k.is_multiple_of(Self::BLOCK) || !self.n.is_multiple_of(Self::ROWS)
    }

    /// Whether activations may be quantised for the layer.
    pub fn is_quantised(&self) -> bool {
        matches!(self.weights, Weights::Packed { .. }) && !self.exact && !self.is_narrow()
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        let dims = [("k", self.k), ("n", self.n)];
        let [out, epilogue]: [&dyn ToString; 2] = [&self.out, &self.epilogue];
        match self.weights {
            Weights::Plain(weight) => {
                let attributes: [(&str, &dyn ToString); 4] =
                    [("act", &self.act), ("epilogue", epilogue), ("out", out), ("weight", &weight)];
                operation("linear", &attributes, &dims)
            }
            Weights::Packed { asymmetric } => {
                let mut attributes: Vec<(&str, &dyn ToString)> =
                    vec![("asymmetric", &asymmetric), ("epilogue", epilogue), ("out", out)];
                if !self.is_quantised() {
                    attributes.push(("x", &self.act));
                }
                operation("linear_q4", &attributes, &dims)
            }
        }
    }
}

/// The column of each row's largest number, the lowest where several are equal.
pub fn argmax(v: u64) -> Operation {
    operation("argmax", &[], &[("v", v)])
}

/// Numbers that a search finds in each row.
pub const TOP: u64 = 64;

/// Columns of a row in which [`top_k_split`] searches at a time.
const SPAN: u64 = 4096;

/// The [`TOP`] largest numbers of each span of each row with their columns, largest first, and the
/// lowest column first where numbers are equal; `w` spans cover a row.
pub fn top_k_split(v: u64) -> Operation {
    let attributes: [(&str, &dyn ToString); 2] = [("count", &TOP), ("span", &SPAN)];
    operation("top_k_split", &attributes, &[("v", v), ("w", v.div_ceil(SPAN))])
}

/// The [`TOP`] largest numbers of each row among those that [`top_k_split`] found.
pub fn top_k_merge(v: u64) -> Operation {
    operation("top_k_merge", &[("count", &TOP)], &[("w", v.div_ceil(SPAN))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_layers_are_written_by_how_their_weights_are_stored() {
        let layer = Linear {
            weights: Weights::Packed { asymmetric: true },
            act: Dtype::Bf16,
            exact: false,
            out: Dtype::F32,
            epilogue: Epilogue::SiluMul,
            n: 64,
            k: 128,
        };
        let text = |of: Linear| of.operation().to_string();
        assert_eq!(text(layer), "linear_q4[asymmetric=true,epilogue=silu_mul,out=f32](k=128,n=64)");
        let exact = Linear { exact: true, ..layer };
        let expect = "linear_q4[asymmetric=true,epilogue=silu_mul,out=f32,x=bf16](k=128,n=64)";
        assert_eq!(text(exact), expect);
        for narrow in [Linear { k: 64, ..layer }, Linear { n: 301, ..layer }] {
            assert!(narrow.is_narrow() && text(narrow).contains("x=bf16"));
        }
        let plain = Linear { weights: Weights::Plain(Dtype::F16), ..exact };
        let expect = "linear[act=bf16,epilogue=silu_mul,out=f32,weight=f16](k=128,n=64)";
        assert_eq!(text(plain), expect);
    }
}
