//! Gated attention over every earlier token.

use kiln_runtime::model::config::{self, Rope};

use super::{Matrix, dot, rms_norm, sigmoid};

/// A full-attention layer.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Its sizes.
    pub sizes: config::Attention,
    /// How positions are rotated.
    pub rope: Rope,
    /// Epsilon of the norms of queries and keys.
    pub epsilon: f64,
    /// For each head its query's rows, then its gate's: `[2 * heads * head, hidden]`.
    pub query: Matrix,
    /// `[kv_heads * head, hidden]`.
    pub key: Matrix,
    /// `[kv_heads * head, hidden]`.
    pub value: Matrix,
    /// `[head]`.
    pub query_norm: Vec<f32>,
    /// `[head]`.
    pub key_norm: Vec<f32>,
    /// `[hidden, heads * head]`.
    pub out: Matrix,
}

/// What a full-attention layer remembers of one text, for each key head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeysAndValues {
    /// `[kv_heads][tokens][head]`, normed and rotated.
    pub keys: Vec<Vec<Vec<f32>>>,
    /// `[kv_heads][tokens][head]`.
    pub values: Vec<Vec<Vec<f32>>>,
}

impl KeysAndValues {
    /// The memory before the first token.
    pub fn new(sizes: &config::Attention) -> Self {
        let none = vec![Vec::new(); sizes.kv_heads];
        Self { keys: none.clone(), values: none }
    }
}

impl Attention {
    /// One token's output at a position in time, height and width; its key and value are
    /// remembered.
    pub fn forward(&self, x: &[f32], position: [usize; 3], memory: &mut KeysAndValues) -> Vec<f32> {
        let head = self.sizes.head;
        self.remember(x, position, memory);
        let shared = self.sizes.heads / self.sizes.kv_heads;
        let mut outputs = Vec::new();
        for (at, rows) in self.query.times(x).chunks(2 * head).enumerate() {
            let (query, gate) = rows.split_at(head);
            let query = rms_norm(query, &self.query_norm, self.epsilon);
            let query = rotate(&query, &self.rope, position);
            let (keys, values) = (&memory.keys[at / shared], &memory.values[at / shared]);
            let mixed = attend(&query, keys, values);
            outputs.extend(mixed.iter().zip(gate).map(|(mixed, gate)| mixed * sigmoid(*gate)));
        }
        self.out.times(&outputs)
    }

    /// Remembers one token's key and value at a position, all that later tokens see of it.
    pub fn remember(&self, x: &[f32], position: [usize; 3], memory: &mut KeysAndValues) {
        let head = self.sizes.head;
        let (keys, values) = (self.key.times(x), self.value.times(x));
        for (at, (key, value)) in keys.chunks(head).zip(values.chunks(head)).enumerate() {
            let key = rms_norm(key, &self.key_norm, self.epsilon);
            memory.keys[at].push(rotate(&key, &self.rope, position));
            memory.values[at].push(value.to_vec());
        }
    }
}

/// Rotates the first dims of a head by a position in time, height and width; see [`Rope`].
pub fn rotate(head: &[f32], rope: &Rope, position: [usize; 3]) -> Vec<f32> {
    let half = rope.rotary / 2;
    let mut rotated = head.to_vec();
    for pair in 0..half {
        let frequency = rope.theta.powf(-2.0 * pair as f64 / rope.rotary as f64);
        let angle = position[rope.axis(pair)] as f64 * frequency;
        let (sine, cosine) = (angle.sin() as f32, angle.cos() as f32);
        let (x, y) = (head[pair], head[pair + half]);
        rotated[pair] = x * cosine - y * sine;
        rotated[pair + half] = y * cosine + x * sine;
    }
    rotated
}

/// `softmax(q k^T / sqrt(width)) v` over all tokens given.
pub fn attend(query: &[f32], keys: &[Vec<f32>], values: &[Vec<f32>]) -> Vec<f32> {
    let scale = (query.len() as f64).powf(-0.5);
    let scores: Vec<f64> = keys.iter().map(|key| f64::from(dot(query, key)) * scale).collect();
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    let column = |at: usize| {
        let terms = weights.iter().zip(values).map(|(weight, value)| weight * f64::from(value[at]));
        (terms.sum::<f64>() / total) as f32
    };
    (0..query.len()).map(column).collect()
}
