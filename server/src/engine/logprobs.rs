//! Probabilities of tokens, as clients see them.

use super::job::Logprobs;

/// The probability of the chosen token and of the likeliest ones, by logits before any adjustment.
pub(super) fn logprobs(logits: &[f32], chosen: u32, alternatives: usize) -> Logprobs {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    let total = f64::from(largest) + sum.ln();
    // JSON has no infinities; this is below every probability that 32 bits hold.
    let of = |logit: f32| ((f64::from(logit) - total) as f32).max(-9999.0);
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(alternatives + 1);
    for (id, logit) in logits.iter().copied().enumerate() {
        if best.len() == alternatives && best.last().is_none_or(|(_, least)| logit <= *least) {
            continue;
        }
        let at = best.partition_point(|(_, other)| *other >= logit);
        best.insert(at, (id as u32, logit));
        best.truncate(alternatives);
    }
    let top = best.into_iter().map(|(id, logit)| (id, of(logit))).collect();
    Logprobs { chosen: logits.get(chosen as usize).map_or(-9999.0, |logit| of(*logit)), top }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_and_the_likeliest_come_first_lowest_id_first() {
        let logits = [1.0, 3.0, 2.0, 3.0, f32::NEG_INFINITY];
        let all = logprobs(&logits, 2, 5);
        let sum: f32 = all.top.iter().map(|(_, log)| log.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert_eq!(all.top.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 3, 2, 0, 4]);
        assert_eq!(all.chosen, all.top[2].1);
        assert_eq!(all.top[4].1, -9999.0);
        assert_eq!(logprobs(&logits, 4, 1).top, [(1, all.top[0].1)]);
        assert_eq!(logprobs(&logits, 0, 0).top, []);
    }
}
