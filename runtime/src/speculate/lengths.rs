//! How many tokens to guess for each text, so that the most tokens a second are expected.

use kiln_cache::operations::DECODE_ROWS;

use super::Costs;

/// For texts that are computed together: how many tokens to guess for each. `survival` has for each
/// text the probabilities that its first guess, its first two, .. are accepted, and no more of them
/// than may be guessed.
///
/// A further guess for a text is worth the probability that all up to it are accepted. These values
/// fall along a text, so that the most valuable guesses of any number are found by taking the best
/// next one again and again; of these numbers the best is chosen.
pub fn lengths(costs: &Costs, survival: &[Vec<f64>]) -> Vec<usize> {
    let texts = survival.len();
    let most = (DECODE_ROWS as usize).saturating_sub(texts);
    let mut lengths = vec![0; texts];
    let Some(decode) = texts.checked_sub(1).and_then(|at| costs.decode.get(at)) else {
        return lengths;
    };
    let mut best = (texts as f64 / decode, lengths.clone());
    let mut expected = texts as f64;
    for guesses in 1..=most {
        let next = |text: usize| survival[text].get(lengths[text]).copied();
        let found = (0..texts).filter_map(|text| Some((next(text)?, text)));
        // Of equal ones the first text's.
        let found = found.reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((value, text)) = found else { break };
        lengths[text] += 1;
        expected += value;
        let Some(draft) = costs.draft.of(&lengths) else { break };
        let rate = expected / (draft + costs.verify[texts + guesses - 1]);
        if rate > best.0 {
            best = (rate, lengths.clone());
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::speculate::Guessing;

    fn survival(chance: f64, most: usize) -> Vec<f64> {
        (1..=most as i32).map(|at| chance.powi(at)).collect()
    }

    /// Passes cost the same up to 16 rows, and twice as much above.
    fn steps() -> Costs {
        let table =
            |first: f64| (1..=32).map(|m| if m > 16 { 2.0 * first } else { first }).collect();
        Costs { decode: table(1.0), verify: table(1.0), draft: Guessing::Blocks(table(0.2)) }
    }

    #[test]
    fn good_guesses_fill_what_costs_nothing_more_and_bad_ones_are_not_made() {
        assert_eq!(lengths(&steps(), &[survival(0.9, 31)]), [15]);
        assert_eq!(lengths(&steps(), &[survival(0.9, 7)]), [7]);
        assert_eq!(lengths(&steps(), &[survival(0.1, 15)]), [0]);
        assert_eq!(lengths(&steps(), &[]), [0; 0]);
        let mixed = lengths(&steps(), &[survival(0.95, 15), survival(0.2, 15), survival(0.8, 15)]);
        assert!(mixed[0] > mixed[2] && mixed[2] > mixed[1], "{mixed:?}");
        assert_eq!(lengths(&steps(), &vec![survival(0.9, 15); 32]), [0; 32], "no row is left");
    }

    #[test]
    fn guesses_that_cost_one_by_one_end_where_the_next_is_not_worth_it() {
        let chains = |step: f64| {
            let table = vec![step; 32];
            Costs { draft: Guessing::Chains([table.clone(), table]), ..steps() }
        };
        let counts =
            [0.0, 0.05, 0.2, 0.5, 2.0].map(|step| lengths(&chains(step), &[survival(0.8, 15)])[0]);
        assert_eq!(counts[0], 15, "what costs nothing is taken as far as the pass goes");
        assert!(
            counts.is_sorted_by(|a, b| a >= b) && counts[2] > 0 && counts[4] == 0,
            "{counts:?}"
        );
        // A step of two texts costs what a step of one does.
        let costs = Guessing::Chains([vec![3.0, 3.5], vec![1.0, 1.5]]);
        assert_eq!(costs.of(&[2, 4]), Some(3.5 + 1.5 + 1.0 + 1.0));
        assert_eq!(costs.of(&[1, 1, 1]), None);
    }

    fn rate(costs: &Costs, survival: &[Vec<f64>], lengths: &[usize]) -> f64 {
        let guesses: usize = lengths.iter().sum();
        let gains = survival.iter().zip(lengths).flat_map(|(of, count)| &of[..*count]);
        let expected = survival.len() as f64 + gains.sum::<f64>();
        match guesses {
            0 => expected / costs.decode[survival.len() - 1],
            _ => {
                let draft = costs.draft.of(lengths).expect("a draft should have a cost");
                expected / (draft + costs.verify[survival.len() + guesses - 1])
            }
        }
    }

    proptest! {
        #[test]
        fn no_other_lengths_promise_more(
            chances in prop::collection::vec(0.0f64..1.0, 1..3),
            step in 0.0f64..0.2, draft in 0.0f64..1.0,
        ) {
            let pass = |share: f64| (1..=32).map(|m| share * (1.0 + step * f64::from(m))).collect();
            // A text more in the draft's batch costs nothing: otherwise who drafts at all is a
            // choice of its own, which is made by the value of the guesses alone.
            let costs = Costs { decode: pass(1.0), verify: pass(1.0), draft: Guessing::Blocks(vec![draft; 64]) };
            let survival: Vec<_> = chances.iter().map(|of| survival(*of, 6)).collect();
            let found = rate(&costs, &survival, &lengths(&costs, &survival));
            for first in 0..7 {
                for second in 0..if chances.len() > 1 { 7 } else { 1 } {
                    let other = [first, second];
                    prop_assert!(rate(&costs, &survival, &other[..chances.len()]) <= found + 1e-9);
                }
            }
        }
    }
}
