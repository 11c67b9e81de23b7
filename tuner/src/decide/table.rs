//! From the winners of classes to a table that answers every request.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::{Clause, Dims, Operation, Predicate, Provenance, Rule, Table};

use crate::{Error, Result};

/// The free dim over which classes are laid out.
const FREE: &str = "m";

/// A kernel for one class of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The value of `m` at which it was chosen.
    pub class: u64,
    /// The other free dims at which it was chosen.
    pub free: Dims,
    /// Name of the kernel.
    pub kernel: String,
    /// Number formats in which it wants its operands.
    pub inputs: BTreeMap<String, String>,
    /// Dims that it needs to be multiples of something.
    pub multiples: BTreeMap<String, u64>,
    /// Where its time comes from.
    pub provenance: Provenance,
    /// Time of one launch, in microseconds.
    pub time_us: Option<f64>,
    /// The time's 95 % interval, in microseconds.
    pub interval: Option<[f64; 2]>,
    /// Share of the roofline.
    pub roofline: Option<f64>,
    /// What binds it.
    pub bound: Option<String>,
    /// Relative RMS error.
    pub error: f64,
}

/// The table of an operation from the picks of its classes, best first within a class.
///
/// A class answers for every `m` above the class before it up to its own, and the largest for
/// everything. A pick that needs `m` to be a multiple answers only then; where it does not, the
/// next pick of the class does, and in the end the first pick of the largest class that needs
/// nothing. That one is the fallback and always answers.
///
/// # Errors
/// If no pick of the largest class is without demands on `m`, or a pick demands of a fixed dim
/// what the operation does not have.
pub fn table(operation: &Operation, picks: &[Pick]) -> Result<Table> {
    let mut picks: Vec<&Pick> = picks.iter().collect();
    picks.sort_by_key(|pick| pick.class);
    for pick in &picks {
        check_fixed(operation, pick)?;
    }
    let last = picks.last().map(|pick| pick.class);
    let total = |pick: &&&Pick| Some(pick.class) == last && demand(pick) == 1;
    let Some(fallback) = picks.iter().find(total).copied() else {
        let why = "no kernel of its largest class takes every m; one without demands is needed";
        return Err(Error::invalid(operation.to_string(), why));
    };
    let mut rules = Vec::new();
    let mut below = 0;
    for class in picks.chunk_by(|a, b| a.class == b.class) {
        let answering = class.iter().scan(false, |done, pick| {
            let open = !*done;
            *done |= demand(pick) == 1;
            open.then_some(pick)
        });
        let wanted = answering.filter(|pick| !std::ptr::eq(**pick, fallback));
        rules.extend(wanted.map(|pick| rule(pick, interval(pick, below, last))));
        below = class[0].class;
    }
    rules.push(rule(fallback, Predicate::always()));
    Ok(Table::new(operation.clone(), rules)?)
}

/// The multiple that a pick needs `m` to be.
fn demand(pick: &Pick) -> u64 {
    pick.multiples.get(FREE).copied().unwrap_or(1)
}

/// The requests of a pick: above the class below, up to its own unless it is the last, and of the
/// multiple it needs.
fn interval(pick: &Pick, below: u64, last: Option<u64>) -> Predicate {
    let hi = if Some(pick.class) == last { u64::MAX } else { pick.class };
    let mut clauses = vec![Clause::Range { dim: FREE.into(), lo: below + 1, hi }];
    if demand(pick) > 1 {
        clauses.push(Clause::Divisible { dim: FREE.into(), by: demand(pick) });
    }
    Predicate(clauses)
}

/// Demands on fixed dims hold for every request or for none. So do those on free dims other than
/// `m`: the cache of every request is whole pages.
fn check_fixed(operation: &Operation, pick: &Pick) -> Result<()> {
    for (dim, by) in pick.multiples.iter().filter(|(dim, _)| *dim != FREE) {
        let size = operation.dims.get(dim).or_else(|| pick.free.get(dim));
        let held = size.is_some_and(|size| *by > 0 && size.is_multiple_of(*by));
        if !held {
            let why = format!("kernel {} needs {dim} to be a multiple of {by}", pick.kernel);
            return Err(Error::invalid(operation.to_string(), why));
        }
    }
    match demand(pick) {
        0 => Err(Error::invalid(&pick.kernel, "it needs m to be a multiple of 0")),
        _ => Ok(()),
    }
}

fn rule(pick: &Pick, when: Predicate) -> Rule {
    Rule {
        when,
        kernel: pick.kernel.clone(),
        inputs: pick.inputs.clone(),
        provenance: pick.provenance,
        time_us: pick.time_us,
        interval: pick.interval,
        roofline: pick.roofline,
        bound: pick.bound.clone(),
        error: pick.error,
        dims: pick.free.clone().into_iter().chain([(FREE.to_owned(), pick.class)]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::M_CLASSES;

    fn operation() -> Operation {
        Operation {
            name: "linear_q4".into(),
            attributes: BTreeMap::new(),
            dims: [("n".into(), 5120), ("k".into(), 17408)].into(),
        }
    }

    fn pick(class: u64, kernel: &str, multiple: u64) -> Pick {
        Pick {
            class,
            free: Dims::new(),
            kernel: kernel.into(),
            inputs: BTreeMap::new(),
            multiples: [("m".into(), multiple), ("k".into(), 256)].into(),
            provenance: Provenance::Measured,
            time_us: Some(1.0),
            interval: None,
            roofline: None,
            bound: None,
            error: 0.0,
        }
    }

    fn kernel(table: &Table, m: u64) -> String {
        table.select(&[("m".to_owned(), m)].into()).kernel.clone()
    }

    #[test]
    fn each_class_answers_up_to_itself_and_the_largest_for_the_rest() {
        let picks = [pick(1, "one", 1), pick(16, "few", 1), pick(64, "many", 1)];
        let table = table(&operation(), &picks).unwrap();
        let found = [1, 2, 16, 17, 64, 65, 1 << 40].map(|m| kernel(&table, m));
        assert_eq!(found, ["one", "few", "few", "many", "many", "many", "many"]);
        let rules: Vec<String> = table.rules().iter().map(|rule| rule.when.to_string()).collect();
        assert_eq!(rules, ["1 <= m <= 1", "2 <= m <= 16", "true"]);
    }

    #[test]
    fn a_kernel_with_demands_answers_only_where_they_hold() {
        let picks = [
            pick(16, "by4", 4),
            pick(16, "any", 1),
            pick(16, "never", 1),
            pick(64, "by16", 16),
            pick(64, "last", 1),
        ];
        let table = table(&operation(), &picks).unwrap();
        let found = [4, 5, 16, 32, 33, 96, 97].map(|m| kernel(&table, m));
        assert_eq!(found, ["by4", "any", "by4", "by16", "last", "by16", "last"]);
        assert!(table.rules().iter().all(|rule| rule.kernel != "never"));
    }

    #[test]
    fn a_table_that_could_not_answer_is_refused() {
        for picks in [vec![], vec![pick(1, "one", 1), pick(64, "by16", 16)], vec![pick(1, "a", 0)]]
        {
            assert!(table(&operation(), &picks).is_err());
        }
        let mut odd = pick(1, "odd", 1);
        odd.multiples.insert("n".into(), 3000);
        let error = table(&operation(), &[odd]).unwrap_err().to_string();
        assert!(error.contains("needs n to be a multiple of 3000"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn every_m_and_every_listed_size_is_answered_by_a_kernel_that_can(
            demands in proptest::collection::vec(proptest::sample::select(vec![1u64, 2, 16, 48]), 11),
            size in proptest::sample::select(vec![(16384u64, 5120u64), (96, 5120), (5120, 17408), (248_320, 5120)]),
        ) {
            let mut operation = operation();
            operation.dims = [("n".into(), size.0), ("k".into(), size.1)].into();
            let mut picks: Vec<Pick> = M_CLASSES.iter().zip(&demands)
                .map(|(&class, &by)| pick(class, &format!("{class}/{by}"), by)).collect();
            picks.push(pick(2048, "2048/1", 1));
            let table = table(&operation, &picks).unwrap();
            for m in 1..=4096u64 {
                let name = kernel(&table, m);
                let (class, by) = name.split_once('/').unwrap();
                let (class, by): (u64, u64) = (class.parse().unwrap(), by.parse().unwrap());
                prop_assert!(m.is_multiple_of(by), "m={m} is answered by {name}");
                let own = *M_CLASSES.iter().find(|of| m <= **of).unwrap_or(&2048);
                prop_assert!(class == own || class == 2048, "m={m} is answered by {name}");
            }
        }
    }
}
