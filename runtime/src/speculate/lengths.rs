//! How many tokens to guess for each text, so that the most tokens a second are expected.

use kiln_cache::operations::DECODE_ROWS;

use super::Pace;

/// For texts that are computed together: how many tokens to guess for each. `survival` has for each
/// text the probabilities that its first guess, its first two, .. are accepted, and no more of them
/// than may be guessed.
///
/// A further guess for a text is worth the probability that all up to it are accepted. These values
/// fall along a text, so that the most valuable guesses of any number are found by taking the best
/// next one again and again; of these numbers the best is chosen. A number whose time is not known is
/// tried where the least time that it can take would make it better than that.
pub fn lengths(pace: &Pace, survival: &[Vec<f64>]) -> Vec<usize> {
    let texts = survival.len();
    let most = (DECODE_ROWS as usize).saturating_sub(texts);
    let mut lengths = vec![0; texts];
    let Some(decode) = pace.decode(texts) else { return lengths };
    let mut best = (texts as f64 / decode, lengths.clone());
    let mut hope: Option<(f64, Vec<usize>)> = None;
    let mut expected = texts as f64;
    for _ in 0..most {
        let next = |text: usize| survival[text].get(lengths[text]).copied();
        let found = (0..texts).filter_map(|text| Some((next(text)?, text)));
        // Of equal ones the first text's.
        let found = found.reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((value, text)) = found else { break };
        lengths[text] += 1;
        expected += value;
        let Some(cycle) = pace.cycle(&lengths) else { break };
        let rate = expected / cycle.believed;
        if rate > best.0 {
            best = (rate, lengths.clone());
        }
        let hoped = cycle.least.map(|least| expected / least);
        if let Some(hoped) = hoped.filter(|rate| hope.as_ref().is_none_or(|of| *rate > of.0)) {
            hope = Some((hoped, lengths.clone()));
        }
    }
    match hope {
        Some((rate, lengths)) if rate > best.0 => lengths,
        _ => best.1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::speculate::{Costs, Estimate, Guessing};

    fn survival(chance: f64, most: usize) -> Vec<f64> {
        (1..=most as i32).map(|at| chance.powi(at)).collect()
    }

    fn table(of: impl Fn(usize) -> f64) -> Vec<f64> {
        (1..=DECODE_ROWS as usize).map(of).collect()
    }

    fn blocks(pass: impl Fn(usize) -> f64, draft: f64) -> Costs {
        let draft = Guessing::Blocks(table(|rows| draft * pass(rows)));
        Costs { decode: table(&pass), verify: table(&pass), draft }
    }

    /// Passes cost the same up to 16 rows, and twice as much above.
    fn steps() -> Costs {
        blocks(|rows| if rows > 16 { 2.0 } else { 1.0 }, 0.2)
    }

    fn chosen(costs: &Costs, survival: &[Vec<f64>]) -> Vec<usize> {
        lengths(&Pace::new(costs.clone()), survival)
    }

    #[test]
    fn good_guesses_fill_what_costs_nothing_more_and_bad_ones_are_not_made() {
        assert_eq!(chosen(&steps(), &[survival(0.9, 31)]), [15]);
        assert_eq!(chosen(&steps(), &[survival(0.9, 7)]), [7]);
        assert_eq!(chosen(&steps(), &[survival(0.1, 15)]), [0]);
        assert_eq!(chosen(&steps(), &[]), [0; 0]);
        let mixed = chosen(&steps(), &[survival(0.95, 15), survival(0.2, 15), survival(0.8, 15)]);
        assert!(mixed[0] > mixed[2] && mixed[2] > mixed[1], "{mixed:?}");
        assert_eq!(chosen(&steps(), &vec![survival(0.9, 15); 32]), [0; 32], "no row is left");
    }

    #[test]
    fn guesses_that_cost_one_by_one_end_where_the_next_is_not_worth_it() {
        let chains = |step: f64| {
            let steps_of = vec![step; 32];
            Costs { draft: Guessing::Chains([steps_of.clone(), steps_of]), ..steps() }
        };
        let counts =
            [0.0, 0.05, 0.2, 0.5, 2.0].map(|step| chosen(&chains(step), &[survival(0.8, 15)])[0]);
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

    /// Machines of which a bundle may be mistaken: rows cost nothing, or all the same, or they come
    /// in steps of sixteen, or of the powers of two, or drafting is dear.
    fn machines() -> [Costs; 6] {
        let classes = |rows: usize| 1.0 + 0.2 * rows.next_power_of_two() as f64;
        [
            blocks(|_| 1.0, 0.3),
            blocks(|rows| 0.5 + 0.5 * rows as f64, 0.2),
            blocks(|rows| 0.85 + 0.15 * rows as f64, 0.2),
            blocks(|rows| 1.0 + rows.div_ceil(16) as f64, 0.2),
            blocks(classes, 0.15),
            blocks(|_| 1.0, 2.0),
        ]
    }

    /// A number from 0 to 1 that follows from two others.
    fn noise(of: u64, seed: u64) -> f64 {
        let mixed = (of + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ seed.wrapping_mul(0xd134_2543));
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / 2f64.powi(53)
    }

    /// Writes texts of 200 tokens, one at a time, on a machine that is not as the bundle says; the
    /// tokens a second that the lengths of the later texts are worth.
    fn written(machine: &Costs, believed: &Costs, chance: f64, fixed: Option<usize>) -> f64 {
        let mut pace = Pace::new(believed.clone());
        let mut all = Estimate::default();
        let (mut tokens, mut seconds, mut draws) = (0.0, 0.0, 0);
        for text in 0..20 {
            let (mut own, mut left) = (Estimate::default(), 200);
            while left > 0 {
                let survival = own.survival_beside(&all, 15);
                let count = fixed.unwrap_or_else(|| lengths(&pace, &[survival])[0]).min(left);
                let mut kept = 0;
                while kept < count && noise(draws, 1) < chance {
                    (kept, draws) = (kept + 1, draws + 1);
                }
                draws += 1;
                own.observe(kept, kept < count);
                all.observe(kept, kept < count);
                // One cycle in twenty is disturbed.
                let busy = if noise(draws, 2) < 0.05 { 4.0 } else { 0.9 + 0.2 * noise(draws, 3) };
                let (draft, verify) = match count {
                    0 => (0.0, machine.decode[0]),
                    _ => (machine.draft.of(&[count]).unwrap(), machine.verify[count]),
                };
                match count {
                    0 => pace.decoded(1, 1e-3 * busy * verify),
                    _ => {
                        pace.drafted(&[count], 1e-3 * busy * draft);
                        pace.verified(count + 1, 1e-3 * busy * verify);
                    }
                }
                // What is learned in the first texts is another matter.
                if text >= 4 {
                    tokens += (0..=count as i32).map(|at| chance.powi(at)).sum::<f64>();
                    seconds += draft + verify;
                }
                left = left.saturating_sub(kept + 1);
            }
        }
        tokens / seconds
    }

    #[test]
    fn the_best_length_is_found_however_wrong_the_bundle_is_about_the_machine() {
        let mut shares = Vec::new();
        for (at, machine) in machines().iter().enumerate() {
            for chance in [0.5, 0.85, 0.97] {
                let fixed = (0..=15).map(|of| written(machine, machine, chance, Some(of)));
                let best = fixed.fold(0.0, f64::max);
                for (of, believed) in machines().iter().chain([&Costs::unknown()]).enumerate() {
                    let found = written(machine, believed, chance, None);
                    shares.push(found / best);
                    let share = shares.last().unwrap();
                    assert!(*share > 0.88, "machine {at}, taken for {of}, {chance}: {share:.3}");
                }
            }
        }
        // The best length is known to nobody; what is lost is the price of finding out.
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        assert!(mean > 0.95, "{mean:.3}");
    }

    #[test]
    fn a_number_of_rows_that_cannot_pay_is_not_tried() {
        let mut pace = Pace::new(steps());
        let survival = [survival(0.95, 15)];
        let mut tried = Vec::new();
        for _ in 0..40 {
            let count = lengths(&pace, &survival)[0];
            tried.push(count);
            let machine = steps();
            pace.drafted(&[count], machine.draft.of(&[count]).unwrap());
            pace.verified(count + 1, machine.verify[count]);
        }
        // Fewer rows cannot take less than a sixteenth for each; two of them take as long as sixteen,
        // and so do all between.
        assert_eq!(tried[..2], [15, 15]);
        assert!(tried.iter().all(|count| [1, 15].contains(count)), "{tried:?}");
        assert!(tried.iter().filter(|count| **count != 15).count() <= 2, "{tried:?}");
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
            let found = rate(&costs, &survival, &chosen(&costs, &survival));
            for first in 0..7 {
                for second in 0..if chances.len() > 1 { 7 } else { 1 } {
                    let other = [first, second];
                    prop_assert!(rate(&costs, &survival, &other[..chances.len()]) <= found + 1e-9);
                }
            }
        }
    }
}
