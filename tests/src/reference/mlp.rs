//! The MLP of every layer.

use super::{Matrix, silu};

/// `y = down (silu(gate x) * up x)`.
#[derive(Clone, Debug)]
pub struct Mlp {
    /// `[intermediate, hidden]`.
    pub gate: Matrix,
    /// `[intermediate, hidden]`.
    pub up: Matrix,
    /// `[hidden, intermediate]`.
    pub down: Matrix,
}

impl Mlp {
    /// One token's output.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let (gate, up) = (self.gate.times(x), self.up.times(x));
        let inner: Vec<f32> = gate.iter().zip(&up).map(|(gate, up)| silu(*gate) * up).collect();
        self.down.times(&inner)
    }
}
