//! One order of sums for several classes of an operation.

use std::collections::BTreeMap;

/// A candidate's order of sums, and its time for each class; absent where it may not answer it.
pub type Ordered<'a> = (&'a str, Vec<Option<f64>>);

/// The order whose candidates together answer most classes, then in the least total time. An order
/// that is `held` already stays unless that of another is less by more than `margin`, a share.
///
/// `None` where nobody answers anything.
pub fn agree<'a>(
    candidates: &[Ordered<'a>],
    held: Option<&'a str>,
    margin: f64,
) -> Option<&'a str> {
    let tallies = tallies(candidates);
    let by_score = |a: &(&str, Tally), b: &(&str, Tally)| {
        let scores = a.1.unanswered.cmp(&b.1.unanswered).then(a.1.total.total_cmp(&b.1.total));
        scores.then(a.0.cmp(b.0))
    };
    let (best, least) = tallies.iter().map(|(order, of)| (*order, *of)).min_by(by_score)?;
    let stays =
        |of: &Tally| of.unanswered == least.unanswered && of.total <= least.total * (1.0 + margin);
    let held = held.filter(|order| tallies.get(order).is_some_and(stays));
    Some(held.unwrap_or(best))
}

/// The orders from best to worst, by the same measure.
pub fn ranked<'a>(candidates: &[Ordered<'a>]) -> Vec<&'a str> {
    let tallies = tallies(candidates);
    let mut all: Vec<(usize, f64, &str)> =
        tallies.into_iter().map(|(order, of)| (of.unanswered, of.total, order)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(b.2)));
    all.into_iter().map(|(_, _, order)| order).collect()
}

/// What the candidates of an order do together.
#[derive(Clone, Copy, Debug)]
struct Tally {
    unanswered: usize,
    total: f64,
}

fn tallies<'a>(candidates: &[Ordered<'a>]) -> BTreeMap<&'a str, Tally> {
    let mut best: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
    for (order, times) in candidates {
        let of = best.entry(order).or_insert_with(|| vec![None; times.len()]);
        for (best, time) in of.iter_mut().zip(times) {
            let lesser = |time: f64| best.is_none_or(|best| time < best);
            *best = time.filter(|time| lesser(*time)).or(*best);
        }
    }
    let answers = best.iter().filter(|(_, times)| times.iter().any(Option::is_some));
    let tally = |times: &Vec<Option<f64>>| Tally {
        unanswered: times.iter().filter(|time| time.is_none()).count(),
        total: times.iter().flatten().sum(),
    };
    answers.map(|(order, times)| (*order, tally(times))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Ordered<'static>> {
        vec![
            ("a", vec![Some(1.0), Some(9.0), Some(3.0)]),
            ("a", vec![Some(4.0), Some(5.0), None]),
            ("b", vec![Some(2.0), Some(2.0), Some(5.1)]),
            ("c", vec![Some(0.1), Some(0.1), None]),
            ("d", vec![None, None, None]),
        ]
    }

    #[test]
    fn the_best_of_each_class_count_and_whoever_leaves_a_class_out_comes_last() {
        assert_eq!(agree(&candidates(), None, 0.0), Some("a"));
        assert_eq!(ranked(&candidates()), ["a", "b", "c"]);
        assert_eq!(agree(&candidates()[3..], None, 0.0), Some("c"));
        assert_eq!(agree(&candidates()[4..], None, 0.0), None);
        assert_eq!(agree(&[], None, 0.0), None);
    }

    #[test]
    fn a_held_order_gives_way_only_to_one_that_is_surely_better() {
        assert_eq!(agree(&candidates(), Some("b"), 0.02), Some("b"));
        assert_eq!(agree(&candidates(), Some("b"), 0.01), Some("a"));
        assert_eq!(agree(&candidates(), Some("c"), 9.0), Some("a"), "it leaves a class out");
        assert_eq!(agree(&candidates(), Some("gone"), 9.0), Some("a"));
    }

    #[test]
    fn equal_totals_are_told_apart_by_name() {
        let equal = [("z", vec![Some(1.0)]), ("y", vec![Some(1.0)])];
        assert_eq!(agree(&equal, None, 0.0), Some("y"));
    }
}
