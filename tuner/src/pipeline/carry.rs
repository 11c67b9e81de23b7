//! Times of requests that a budget left no time to measure.
//!
//! A candidate that was timed for some requests says how far its modelled times are from the
//! device's. What it says of requests with as many rows, else of all, corrects its modelled times
//! for the others. A candidate that was never timed is corrected by what the others show.

use std::collections::{BTreeMap, BTreeSet};

use super::{Contender, Family};

/// How many times its modelled time a candidate was seen to take, by request.
type Ratios = BTreeMap<usize, f64>;

/// Gives every contender a time for each `open` request that it was not timed for.
pub(super) fn carry(family: &Family, contenders: &mut [Contender<'_>], open: &BTreeSet<usize>) {
    let ratios: Vec<Ratios> = contenders.iter().map(ratios).collect();
    for &request in open {
        let alike = |other: usize| family.requests[other].m == family.requests[request].m;
        for (contender, correction) in contenders.iter_mut().zip(corrections(&ratios, alike)) {
            if let Some(estimate) = &contender.estimates[request] {
                contender.carried.insert(request, estimate.time_us * correction);
            }
        }
    }
}

fn ratios(of: &Contender<'_>) -> Ratios {
    let ratio = |(request, timed): (&usize, &super::Timed)| {
        Some((*request, timed.time_us / of.estimates[*request].as_ref()?.time_us))
    };
    of.timed.iter().filter_map(ratio).collect()
}

/// The factor for each candidate: from what it took for requests that are `alike`, else for all;
/// where it was never timed, from what everyone took.
fn corrections(ratios: &[Ratios], alike: impl Fn(usize) -> bool) -> Vec<f64> {
    let of = |ratios: &Ratios| {
        let near = ratios.iter().filter(|(request, _)| alike(**request));
        [mean(near.map(|(_, ratio)| *ratio)), mean(ratios.values().copied())]
    };
    let own: Vec<[Option<f64>; 2]> = ratios.iter().map(of).collect();
    let common = [0, 1].map(|kind| mean(own.iter().filter_map(|of| of[kind])));
    let first = |own: [Option<f64>; 2]| own.into_iter().chain(common).flatten().next();
    own.into_iter().map(|own| first(own).unwrap_or(1.0)).collect()
}

/// The geometric mean; nothing of nothing.
fn mean(ratios: impl Iterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.map(f64::ln).collect();
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Vec<f64>, wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found / wanted - 1.0).abs() < 1e-12, "{found} {wanted}");
        }
    }

    #[test]
    fn a_candidate_is_corrected_by_what_it_took_for_as_many_rows() {
        let timed = Ratios::from([(0, 2.0), (1, 8.0), (2, 32.0)]);
        close(corrections(std::slice::from_ref(&timed), |request| request > 0), &[16.0]);
        close(corrections(std::slice::from_ref(&timed), |_| false), &[8.0]);
    }

    #[test]
    fn a_candidate_that_was_never_timed_is_corrected_as_the_others_were() {
        let timed = [Ratios::from([(0, 2.0)]), Ratios::from([(0, 8.0), (1, 2.0)]), Ratios::new()];
        close(corrections(&timed, |request| request == 0), &[2.0, 8.0, 4.0]);
        close(corrections(&timed, |request| request == 1), &[2.0, 2.0, 2.0]);
    }

    #[test]
    fn without_a_time_nothing_is_corrected() {
        close(corrections(&[Ratios::new(), Ratios::new()], |_| true), &[1.0, 1.0]);
    }
}
