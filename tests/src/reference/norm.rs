//! The norms. The model uses three, with two conventions for their weights; drafters a fourth.

use super::silu;

/// Root mean square norm of the residual stream, queries and keys: the weight is stored around 0.
/// `y = x / sqrt(mean(x^2) + epsilon) * (1 + w)`.
pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f64) -> Vec<f32> {
    let scale = inverse_root_mean_square(x, epsilon);
    x.iter().zip(weight).map(|(x, w)| x * scale * (1.0 + w)).collect()
}

/// Norm of everything in a drafter: the weight is stored around 1.
/// `y = x / sqrt(mean(x^2) + epsilon) * w`.
pub fn rms_norm_plain(x: &[f32], weight: &[f32], epsilon: f64) -> Vec<f32> {
    let scale = inverse_root_mean_square(x, epsilon);
    x.iter().zip(weight).map(|(x, w)| x * scale * w).collect()
}

/// Norm of a linear-attention head's output: the weight is stored around 1, and the gate is
/// applied after it. `y = w * x / sqrt(mean(x^2) + epsilon) * silu(gate)`.
pub fn rms_norm_gated(x: &[f32], weight: &[f32], gate: &[f32], epsilon: f64) -> Vec<f32> {
    let scale = inverse_root_mean_square(x, epsilon);
    let normed = x.iter().zip(weight).map(|(x, w)| w * (x * scale));
    normed.zip(gate).map(|(y, gate)| y * silu(*gate)).collect()
}

/// Norm of a linear-attention query or key: the sum counts, not the mean.
/// `y = x / sqrt(sum(x^2) + 1e-6)`.
pub fn l2_norm(x: &[f32]) -> Vec<f32> {
    let scale = (1.0 / (sum_of_squares(x) + 1e-6).sqrt()) as f32;
    x.iter().map(|x| x * scale).collect()
}

fn inverse_root_mean_square(x: &[f32], epsilon: f64) -> f32 {
    (1.0 / (sum_of_squares(x) / x.len() as f64 + epsilon).sqrt()) as f32
}

fn sum_of_squares(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}
