//! When a challenger may be called better.

use serde::{Deserialize, Serialize};

use super::{NoiseFloor, Pairs};

/// A difference counts only if equal candidates show one like it less often than this.
pub const SIGNIFICANCE: f64 = 0.01;

/// A difference counts only if it is larger than this share.
pub const MIN_EFFECT: f64 = 0.01;

/// How a challenger compares with the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Faster, surely and by enough to matter.
    Better,
    /// Slower, surely and by enough to matter.
    Worse,
    /// Not to be told apart; a tie.
    Same,
}

/// The verdict on B in a run-off against A.
///
/// The number of pairs must be fixed before the run-off: testing after each pair and stopping at
/// the first significant one finds differences that are not there. At least 8 pairs can be
/// significant at all.
pub fn compare(pairs: &Pairs, noise: NoiseFloor) -> Verdict {
    let needed = MIN_EFFECT.max(noise.0);
    let effect = |ratio: f64| 1.0 - ratio;
    match pairs.p_value < SIGNIFICANCE {
        true if effect(pairs.ratio) > needed => Verdict::Better,
        true if effect(1.0 / pairs.ratio) > needed => Verdict::Worse,
        _ => Verdict::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ratio: f64, count: usize, noise: f64) -> Verdict {
        let pairs = Pairs::of(&vec![100.0; count], &vec![100.0 * ratio; count]).unwrap();
        compare(&pairs, NoiseFloor(noise))
    }

    #[test]
    fn better_needs_significance_and_effect_above_one_per_cent_and_the_noise() {
        assert_eq!(verdict(0.97, 8, 0.0), Verdict::Better);
        assert_eq!(verdict(0.97, 7, 0.0), Verdict::Same, "7 pairs cannot reach p < 0.01");
        assert_eq!(verdict(0.991, 100, 0.0), Verdict::Same, "0.9 % does not matter");
        assert_eq!(verdict(0.97, 100, 0.04), Verdict::Same, "3 % is below this noise");
        assert_eq!(verdict(1.03, 8, 0.0), Verdict::Worse);
        assert_eq!(verdict(1.0, 100, 0.0), Verdict::Same);
    }
}
