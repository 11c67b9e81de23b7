//! From adjusted logits to a token.

use rand::Rng;

use super::Sampling;

/// The token of the largest logit, the lowest of equal ones; `None` where all are forbidden.
pub(crate) fn largest(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(usize, f32)> = None;
    for (token, logit) in logits.iter().copied().enumerate() {
        if logit > best.map_or(f32::NEG_INFINITY, |(_, best)| best) {
            best = Some((token, logit));
        }
    }
    best.map(|(token, _)| token as u32)
}

/// A token drawn from those that the sampling leaves of some with their logits.
pub(super) fn draw(
    logits: impl Iterator<Item = (u32, f32)> + Clone,
    sampling: &Sampling,
    random: &mut impl Rng,
) -> Option<u32> {
    // One number for each token of a text, whatever it leads to.
    let point: f64 = random.random();
    let kept = candidates(logits, sampling);
    let total: f64 = kept.iter().map(|(_, weight)| weight).sum();
    let mut left = point * total;
    for (token, weight) in &kept {
        left -= weight;
        if left < 0.0 {
            return Some(*token);
        }
    }
    // Rounding may leave a little.
    kept.last().map(|(token, _)| *token)
}

/// Tokens that may be drawn with their weights, the likeliest first.
pub(super) fn candidates(
    logits: impl Iterator<Item = (u32, f32)> + Clone,
    sampling: &Sampling,
) -> Vec<(u32, f64)> {
    let best = logits.clone().map(|(_, logit)| logit).fold(f32::NEG_INFINITY, f32::max);
    if best == f32::NEG_INFINITY {
        return Vec::new();
    }
    if best == f32::INFINITY {
        let infinite = logits.filter(|(_, logit)| *logit == best);
        return infinite.map(|(token, _)| (token, 1.0)).collect();
    }
    let heat = f64::from(sampling.temperature);
    let weight = |logit: f32| (f64::from(logit - best) / heat).exp();
    let weights = logits.map(|(token, logit)| (token, weight(logit)));
    let least = f64::from(sampling.min_p);
    let mut kept: Vec<(u32, f64)> =
        weights.filter(|(_, weight)| *weight > 0.0 && *weight >= least).collect();
    let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if (1..kept.len()).contains(&sampling.top_k) {
        kept.select_nth_unstable_by(sampling.top_k - 1, order);
        kept.truncate(sampling.top_k);
    }
    kept.sort_unstable_by(order);
    if sampling.top_p < 1.0 {
        let total: f64 = kept.iter().map(|(_, weight)| weight).sum();
        let wanted = f64::from(sampling.top_p) * total;
        let mut sum = 0.0;
        let enough = kept.iter().position(|(_, weight)| {
            sum += weight;
            sum >= wanted
        });
        kept.truncate(enough.map_or(kept.len(), |at| at + 1));
    }
    kept
}
