//! Gated DeltaNet in its recurrent form.

use kiln_runtime::model::config;

use super::{Matrix, dot, l2_norm, rms_norm_gated};

/// A linear-attention layer.
#[derive(Clone, Debug)]
pub struct LinearAttention {
    /// Its sizes.
    pub sizes: config::LinearAttention,
    /// Epsilon of the output norm.
    pub epsilon: f64,
    /// Queries, keys and values: `[channels, hidden]`.
    pub qkv: Matrix,
    /// Output gate: `[values, hidden]`.
    pub z: Matrix,
    /// `[value_heads, hidden]`.
    pub b: Matrix,
    /// `[value_heads, hidden]`.
    pub a: Matrix,
    /// `[channels, kernel]`.
    pub conv: Matrix,
    /// `[value_heads]`.
    pub a_log: Vec<f32>,
    /// `[value_heads]`.
    pub dt_bias: Vec<f32>,
    /// `[value_head]`.
    pub norm: Vec<f32>,
    /// `[hidden, values]`.
    pub out: Matrix,
}

/// What a linear-attention layer remembers of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct DeltaState {
    /// The inputs of the convolution at the last `kernel - 1` tokens, the oldest first.
    pub conv: Vec<Vec<f32>>,
    /// For each value head a matrix `[key_head, value_head]`, row-major.
    pub heads: Vec<Vec<f32>>,
}

impl DeltaState {
    /// The state before the first token.
    pub fn new(sizes: &config::LinearAttention) -> Self {
        Self {
            conv: vec![vec![0.0; sizes.channels()]; sizes.kernel - 1],
            heads: vec![vec![0.0; sizes.key_head * sizes.value_head]; sizes.value_heads],
        }
    }
}

impl LinearAttention {
    /// One token's output; the state moves on by that token.
    pub fn forward(&self, x: &[f32], state: &mut DeltaState) -> Vec<f32> {
        let sizes = &self.sizes;
        let mixed = convolve(&self.conv, &mut state.conv, self.qkv.times(x));
        let (queries, rest) = mixed.split_at(sizes.keys());
        let (keys, values) = rest.split_at(sizes.keys());
        let (z, b, a) = (self.z.times(x), self.b.times(x), self.a.times(x));
        let scale = (sizes.key_head as f64).powf(-0.5) as f32;
        let shared = sizes.value_heads / sizes.key_heads;
        let mut outputs = Vec::new();
        for head in 0..sizes.value_heads {
            let of_key = head / shared * sizes.key_head..(head / shared + 1) * sizes.key_head;
            let of_value = head * sizes.value_head..(head + 1) * sizes.value_head;
            let query: Vec<f32> =
                l2_norm(&queries[of_key.clone()]).iter().map(|q| q * scale).collect();
            let key = l2_norm(&keys[of_key]);
            let output = delta_rule(
                &mut state.heads[head],
                [&query, &key, &values[of_value.clone()]],
                decay(a[head], self.a_log[head], self.dt_bias[head]),
                beta(b[head]),
            );
            outputs.extend(rms_norm_gated(&output, &self.norm, &z[of_value], self.epsilon));
        }
        self.out.times(&outputs)
    }
}

/// The causal convolution of each channel over the last tokens, then SiLU. The last tap is the
/// current token's; `history` holds what came before and moves on.
pub fn convolve(taps: &Matrix, history: &mut Vec<Vec<f32>>, current: Vec<f32>) -> Vec<f32> {
    history.push(current);
    let channel = |at: usize| {
        let inputs: Vec<f32> = history.iter().map(|inputs| inputs[at]).collect();
        silu(dot(taps.row(at), &inputs))
    };
    let outputs = (0..taps.rows).map(channel).collect();
    history.remove(0);
    outputs
}

/// How strongly a token's value is written: from 0 to 1.
pub fn beta(b: f32) -> f32 {
    sigmoid(b)
}

/// What a token leaves of the state: `exp(-exp(a_log) * softplus(a + dt_bias))`, from 0 to 1.
pub fn decay(a: f32, a_log: f32, dt_bias: f32) -> f32 {
    let step = a + dt_bias;
    let softplus = if step > 20.0 { step } else { step.exp().ln_1p() };
    (-a_log.exp() * softplus).exp()
}

/// One step of the gated delta rule for one head. `state` is `[key, value]`, row-major:
///
/// ```text
/// S = decay * S;  d = beta * (v - S^T k);  S = S + k d^T;  o = S^T q
/// ```
///
/// The query is scaled already; it reads the state after the key has written.
pub fn delta_rule(
    state: &mut [f32],
    [query, key, value]: [&[f32]; 3],
    decay: f32,
    beta: f32,
) -> Vec<f32> {
    let width = value.len();
    state.iter_mut().for_each(|element| *element *= decay);
    let read = |state: &[f32], by: &[f32], column: usize| {
        let rows = by.iter().enumerate();
        rows.map(|(row, x)| f64::from(state[row * width + column]) * f64::from(*x)).sum::<f64>()
            as f32
    };
    for (column, value) in value.iter().enumerate() {
        let delta = beta * (value - read(state, key, column));
        for (row, key) in key.iter().enumerate() {
            state[row * width + column] += key * delta;
        }
    }
    (0..width).map(|column| read(state, query, column)).collect()
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// `x * sigmoid(x)`.
pub fn silu(x: f32) -> f32 {
    x * sigmoid(x)
}
