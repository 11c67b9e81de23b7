//! The decode class: up to a number of rows, all kernels of an operation take their sums in one
//! order, so that a row's result is the same bit for bit however many rows are computed with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Contender, Family};
use crate::decide::{Ordered, agree, ranked};

/// Most tokens of the class.
pub const DECODE_ROWS: u64 = 32;

/// Orders of which candidates are timed at every request of a class, the best by what is known
/// before.
const TIMED: usize = 3;

/// The order that each request of a decode class is answered in.
pub type Orders = BTreeMap<usize, String>;

/// The requests of each operation that are in its decode class. Operations with several rows for
/// each token, such as norms over heads, are tuned at multiples of that number, and so is their
/// class.
fn classes(family: &Family) -> Vec<Vec<usize>> {
    let mut classes: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, request) in family.requests.iter().enumerate() {
        classes.entry(&request.operation).or_default().push(number);
    }
    let within = |requests: Vec<usize>| {
        let m = |number: &usize| family.requests[*number].m;
        let most = requests.iter().map(m).min().unwrap_or(1).saturating_mul(DECODE_ROWS);
        requests.into_iter().filter(|number| m(number) <= most).collect()
    };
    classes.into_values().map(within).collect()
}

/// The order of each class by the times that contenders answer in; those of `held` requests are
/// in place already, and give way only to what is better by more than `margin`.
pub(super) fn orders(
    family: &Family,
    contenders: &[Contender<'_>],
    time: impl Fn(&Contender<'_>, usize) -> Option<f64>,
    (held, margin): (&BTreeMap<usize, String>, f64),
) -> Orders {
    let mut orders = Orders::new();
    for class in classes(family) {
        let candidates = candidates(contenders, &class, &time);
        let found = agree(&candidates, held_order(contenders, &class, held), margin);
        let Some(order) = found else { continue };
        // A request that nobody of the order could be timed for is left to whoever was.
        let answered = |number: &usize| {
            contenders.iter().any(|of| of.point.order == order && time(of, *number).is_some())
        };
        let answered = class.into_iter().filter(answered);
        orders.extend(answered.map(|number| (number, order.to_owned())));
    }
    orders
}

/// For each request the contenders that have to be timed so that orders can be compared: those
/// that seem best of each of the best orders of its class, and of the order that is held.
pub(super) fn nominees(
    family: &Family,
    contenders: &[Contender<'_>],
    held: &BTreeMap<usize, String>,
) -> BTreeMap<usize, BTreeSet<usize>> {
    let time = |of: &Contender<'_>, number: usize| {
        of.estimates[number].as_ref().map(|estimate| estimate.time_us)
    };
    let mut nominees: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for class in classes(family) {
        let held = held_order(contenders, &class, held);
        let best = ranked(&candidates(contenders, &class, time));
        let orders: BTreeSet<&str> = best.into_iter().take(TIMED).chain(held).collect();
        for number in class {
            let fastest = |order: &&str| {
                let of = contenders.iter().enumerate().filter(|(_, of)| of.point.order == **order);
                let timed = of.filter_map(|(at, of)| Some((time(of, number)?, at)));
                timed.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, at)| at)
            };
            nominees.entry(number).or_default().extend(orders.iter().filter_map(fastest));
        }
    }
    nominees
}

fn candidates<'c>(
    contenders: &'c [Contender<'_>],
    class: &[usize],
    time: impl Fn(&Contender<'_>, usize) -> Option<f64>,
) -> Vec<Ordered<'c>> {
    let times = |of: &Contender<'_>| class.iter().map(|number| time(of, *number)).collect();
    contenders.iter().map(|of| (of.point.order.as_str(), times(of))).collect()
}

/// The one order in which incumbents, by the digests of their programs, answer a class.
fn held_order<'c>(
    contenders: &'c [Contender<'_>],
    class: &[usize],
    held: &BTreeMap<usize, String>,
) -> Option<&'c str> {
    let order = |number: &usize| {
        let digest = held.get(number)?;
        let of = contenders.iter().find(|of| of.point.digest == *digest)?;
        Some(of.point.order.as_str())
    };
    let orders: BTreeSet<Option<&str>> = class.iter().map(order).collect();
    match orders.len() {
        1 => orders.into_iter().next().flatten(),
        _ => None,
    }
}
