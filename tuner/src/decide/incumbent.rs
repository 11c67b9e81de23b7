//! Whether what an earlier bundle answers with stays.

use serde::{Deserialize, Serialize};

use crate::stats::{NoiseFloor, Pairs, Verdict, compare};

/// How an incumbent fared against the candidate that would replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defence {
    /// The challenger is surely better, by enough to matter.
    Replaced,
    /// The two cannot be told apart, or the challenger is worse.
    Stays,
    /// The session is too noisy to replace anything.
    TooNoisy,
    /// The two were not compared, because the budget had ended.
    NotCompared,
}

impl Defence {
    /// Whether the incumbent goes on answering.
    pub fn holds(self) -> bool {
        self != Self::Replaced
    }
}

/// Compares a challenger (B of the pairs) with the incumbent (A). The incumbent stays unless
/// p is below 0.01 and the effect above 1 % and above the noise floor, and whatever the samples
/// say where the noise floor exceeds 3 %.
pub fn defend(pairs: Option<&Pairs>, noise: NoiseFloor) -> Defence {
    match pairs {
        _ if !noise.permits_replacing() => Defence::TooNoisy,
        None => Defence::NotCompared,
        Some(pairs) if compare(pairs, noise) == Verdict::Better => Defence::Replaced,
        Some(_) => Defence::Stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ratio: f64, count: usize, noise: f64) -> Defence {
        let pairs = Pairs::of(&vec![100.0; count], &vec![100.0 * ratio; count]).unwrap();
        defend(Some(&pairs), NoiseFloor(noise))
    }

    #[test]
    fn an_incumbent_falls_only_to_what_is_surely_and_sufficiently_better() {
        assert_eq!(outcome(0.95, 15, 0.01), Defence::Replaced);
        assert_eq!(outcome(0.995, 15, 0.0), Defence::Stays, "half a per cent does not matter");
        assert_eq!(outcome(0.98, 15, 0.025), Defence::Stays, "2 % is below this noise");
        assert_eq!(outcome(0.90, 7, 0.0), Defence::Stays, "7 pairs cannot reach p < 0.01");
        assert_eq!(outcome(1.10, 15, 0.0), Defence::Stays);
    }

    #[test]
    fn a_noisy_session_and_an_ended_budget_replace_nothing() {
        assert_eq!(outcome(0.5, 15, 0.031), Defence::TooNoisy);
        assert_eq!(outcome(0.5, 15, 0.03), Defence::Replaced);
        assert_eq!(defend(None, NoiseFloor(0.0)), Defence::NotCompared);
        assert!(
            Defence::NotCompared.holds() && Defence::TooNoisy.holds() && Defence::Stays.holds()
        );
    }
}
