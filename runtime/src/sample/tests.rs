//! What every way of choosing keeps to.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::choose::{candidates, draw, largest};
use super::*;

fn hot() -> Sampling {
    Sampling { temperature: 1.0, ..Sampling::default() }
}

/// Tokens with their logits.
fn listed(logits: &[f32]) -> impl Iterator<Item = (u32, f32)> + Clone {
    (0u32..).zip(logits.iter().copied())
}

fn tokens(logits: &[f32], sampling: &Sampling) -> Vec<u32> {
    candidates(listed(logits), sampling).into_iter().map(|(token, _)| token).collect()
}

fn choose(sampling: Sampling, prompt: &[u32], logits: &[f32]) -> u32 {
    Sampler::new(sampling, prompt).unwrap().choose(logits).unwrap()
}

#[test]
fn without_temperature_the_largest_logit_is_taken_and_the_lowest_of_equals() {
    assert_eq!(choose(Sampling::default(), &[], &[1.0, 3.0, 3.0, -1.0]), 1);
    assert_eq!(largest(&[f32::NEG_INFINITY; 3]), None);
    let error = Sampler::new(Sampling::default(), &[]).unwrap().choose(&[0.0, f32::NAN]);
    assert!(error.unwrap_err().to_string().contains("token 1 is not a number"));
}

#[test]
fn top_k_top_p_and_min_p_leave_the_likeliest() {
    // Probabilities 0.4, 0.3, 0.2, 0.1 for tokens 2, 0, 3, 1.
    let logits = [0.3f32, 0.1, 0.4, 0.2].map(f32::ln);
    assert_eq!(tokens(&logits, &Sampling { top_k: 2, ..hot() }), [2, 0]);
    assert_eq!(tokens(&logits, &Sampling { top_p: 0.69, ..hot() }), [2, 0]);
    assert_eq!(tokens(&logits, &Sampling { top_p: 0.71, ..hot() }), [2, 0, 3]);
    assert_eq!(tokens(&logits, &Sampling { top_p: 0.01, ..hot() }), [2]);
    assert_eq!(tokens(&logits, &Sampling { min_p: 0.45, ..hot() }), [2, 0, 3]);
    // Top-p counts what top-k left: 0.4 of 0.7.
    assert_eq!(tokens(&logits, &Sampling { top_k: 2, top_p: 0.55, ..hot() }), [2]);
    // Min-p follows temperature, which makes the distribution flatter.
    assert_eq!(tokens(&logits, &Sampling { min_p: 0.45, temperature: 2.0, ..hot() }).len(), 4);
    assert_eq!(tokens(&logits, &hot()).len(), 4);
}

#[test]
fn bias_comes_before_penalties_and_penalties_before_the_choice() {
    let bias = |pairs: &[(u32, f32)]| pairs.iter().copied().collect();
    let biased = Sampling { bias: bias(&[(0, -10.0), (9, 1.0)]), ..Sampling::default() };
    assert_eq!(choose(biased, &[], &[5.0, 4.0]), 1);
    let repeated = Sampling { repetition: 2.0, ..Sampling::default() };
    assert_eq!(choose(repeated.clone(), &[0], &[5.0, 4.0]), 1, "5 becomes 2.5");
    assert_eq!(choose(repeated.clone(), &[0], &[-1.0, -1.5]), 1, "-1 becomes -2");
    // Were the penalty first, 2.5 + 2 would win over 4.
    let both = Sampling { bias: bias(&[(0, 2.0)]), ..repeated };
    assert_eq!(choose(both, &[0], &[5.0, 4.0]), 1);
    let forbidden = Sampling { bias: bias(&[(0, f32::NEG_INFINITY)]), ..hot() };
    assert!(Sampler::new(forbidden, &[]).unwrap().choose(&[1.0]).is_err());
}

#[test]
fn frequency_and_presence_count_what_was_written_and_not_the_prompt() {
    let sampling = Sampling { frequency: 1.0, presence: 0.5, ..Sampling::default() };
    let mut sampler = Sampler::new(sampling, &[0, 0, 0]).unwrap();
    let chosen: Vec<u32> = (0..4).map(|_| sampler.choose(&[3.0, 2.0, 0.9]).unwrap()).collect();
    // 3.0; 1.5 against 2.0; 1.5 against 0.5; 0.5 against 0.5 and 0.9.
    assert_eq!(chosen, [0, 1, 0, 2]);
}

#[test]
fn a_seed_determines_the_text() {
    let logits: Vec<f32> = (0..50).map(|at| (at as f32 * 0.7).sin()).collect();
    let text = |seed| {
        let mut sampler = Sampler::new(Sampling { seed, ..hot() }, &[]).unwrap();
        (0..40).map(|_| sampler.choose(&logits).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn tokens_are_drawn_as_often_as_they_are_likely() {
    let logits = [0.5f32, 0.3, 0.2].map(f32::ln);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut counts = [0f64; 3];
    for _ in 0..20_000 {
        counts[draw(listed(&logits), &hot(), &mut random).unwrap() as usize] += 1.0;
    }
    for (count, likely) in counts.iter().zip([0.5f64, 0.3, 0.2]) {
        // Four standard deviations of a binomial distribution.
        let spread = 4.0 * (20_000.0 * likely * (1.0 - likely)).sqrt();
        assert!((count - 20_000.0 * likely).abs() < spread, "{counts:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refused = |sampling: Sampling| Sampler::new(sampling, &[]).unwrap_err().to_string();
    assert!(refused(Sampling { temperature: -1.0, ..hot() }).contains("temperature -1"));
    assert!(refused(Sampling { temperature: f32::NAN, ..hot() }).contains("temperature NaN"));
    assert!(refused(Sampling { top_p: 0.0, ..hot() }).contains("top-p 0"));
    assert!(refused(Sampling { min_p: 1.5, ..hot() }).contains("min-p 1.5"));
    assert!(refused(Sampling { repetition: 0.0, ..hot() }).contains("repetition"));
    assert!(refused(Sampling { presence: f32::INFINITY, ..hot() }).contains("presence"));
    assert!(refused(Sampling { bias: [(3, f32::NAN)].into(), ..hot() }).contains("token 3"));
}

fn logits() -> impl Strategy<Value = Vec<f32>> {
    let logit = prop_oneof![8 => -20f32..20.0, 1 => Just(0.0f32), 1 => Just(f32::NEG_INFINITY)];
    prop::collection::vec(logit, 1..60)
}

proptest! {
    #[test]
    fn what_is_left_is_sorted_bounded_and_holds_the_likeliest(
        logits in logits(), top_k in 0usize..8, top_p in 0.01f32..1.0, min_p in 0f32..1.0,
        temperature in 0.05f32..5.0,
    ) {
        let sampling = Sampling { temperature, top_k, top_p, min_p, ..hot() };
        let kept = candidates(listed(&logits), &sampling);
        let Some(best) = largest(&logits) else {
            prop_assert!(kept.is_empty());
            return Ok(());
        };
        prop_assert_eq!(kept[0].0, best);
        prop_assert!(top_k == 0 || kept.len() <= top_k);
        for pair in kept.windows(2) {
            let in_order = pair[0].1 > pair[1].1 || pair[0].1 == pair[1].1 && pair[0].0 < pair[1].0;
            prop_assert!(in_order);
        }
        prop_assert!(kept.iter().all(|(_, weight)| *weight >= f64::from(min_p)));
        // Leaving out any further token would leave less than top-p of what top-k kept.
        let wider = candidates(listed(&logits), &Sampling { top_p: 1.0, ..sampling.clone() });
        let total: f64 = wider.iter().map(|(_, weight)| weight).sum();
        let without: f64 = kept[..kept.len() - 1].iter().map(|(_, weight)| weight).sum();
        prop_assert!(kept.len() == 1 || without < f64::from(top_p) * total);
        let with = without + kept[kept.len() - 1].1;
        prop_assert!(with >= f64::from(top_p) * total * (1.0 - 1e-9));
    }

    #[test]
    fn forbidden_tokens_are_never_drawn(logits in logits(), seed: u64, token in 0u32..60) {
        let bias = [(token, f32::NEG_INFINITY)].into();
        let mut sampler = Sampler::new(Sampling { bias, seed, ..hot() }, &[]).unwrap();
        if let Ok(chosen) = sampler.choose(&logits) {
            prop_assert!(chosen != token && logits[chosen as usize] > f32::NEG_INFINITY);
        }
    }

    #[test]
    fn a_cold_draw_is_the_largest(logits in logits(), seed: u64) {
        let sampling = Sampling { temperature: 0.0, seed, ..hot() };
        let chosen = Sampler::new(sampling, &[]).unwrap().choose(&logits).ok();
        prop_assert_eq!(chosen, largest(&logits));
    }
}

proptest! {
    #[test]
    fn candidates_lead_to_the_token_that_all_logits_lead_to(
        logits in prop::collection::vec(-20i8..20, 1..200),
        top_k in 0usize..70,
        top_p in 0.05f32..1.0,
        min_p in 0.0f32..0.5,
        heat in prop::sample::select(vec![0.0f32, 0.3, 1.0]),
        seed in 0u64..1000,
    ) {
        let logits: Vec<f32> = logits.into_iter().map(|of| f32::from(of) / 4.0).collect();
        let sampling = Sampling { temperature: heat, top_k, top_p, min_p, seed, ..hot() };
        let mut sampler = Sampler::new(sampling.clone(), &[]).unwrap();
        let mut found: Vec<(u32, f32)> = listed(&logits).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let reading = sampler.reading();
        found.truncate(if reading == Reading::Largest { 1 } else { 64 });
        if reading.decided(&found) {
            let expected = Sampler::new(sampling, &[]).unwrap().choose(&logits).unwrap();
            prop_assert_eq!(sampler.choose_among(&found).unwrap(), expected);
        }
    }
}

#[test]
fn whatever_changes_the_order_of_logits_reads_all_of_them() {
    let reading = |sampling| Sampler::new(sampling, &[]).unwrap().reading();
    assert_eq!(reading(Sampling::default()), Reading::Largest);
    let top = Sampling { top_k: 20, ..hot() };
    assert_eq!(reading(top.clone()), Reading::Top { count: 20, temperature: 1.0 });
    assert_eq!(reading(Sampling { top_k: 64, ..hot() }), Reading::All);
    assert_eq!(reading(Sampling { top_p: 0.9, ..hot() }), Reading::All);
    for other in [
        Sampling { bias: [(1, 1.0)].into(), ..top.clone() },
        Sampling { repetition: 1.1, ..top.clone() },
        Sampling { frequency: 0.1, ..Sampling::default() },
        Sampling { presence: 0.1, ..top },
    ] {
        assert_eq!(reading(other), Reading::All);
    }
}
