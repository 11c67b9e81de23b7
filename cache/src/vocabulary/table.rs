//! Which kernel answers which request, and on what evidence.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Dims, Operation, Predicate};
use crate::{Error, Result};

/// Where a rule's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// Timed on the target itself.
    Measured,
    /// Timed on a sibling of the target.
    Transferred,
    /// Computed from a model; nothing was timed.
    Modelled,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Measured => "measured",
            Self::Transferred => "transferred",
            Self::Modelled => "modelled",
        })
    }
}

/// One line of a decision table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The requests the rule answers.
    pub when: Predicate,
    /// Name of the kernel it answers with.
    pub kernel: String,
    /// The number format in which the kernel wants each operand, by operand name.
    pub inputs: BTreeMap<String, String>,
    /// Where the time comes from.
    pub provenance: Provenance,
    /// Time of one launch at `dims`, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_us: Option<f64>,
    /// Lower and upper end of the time's 95 % interval, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// Share of the roofline reached: 1.0 is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roofline: Option<f64>,
    /// The resource that bounds the kernel: `memory`, `mma`, `lds`, `issue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// Relative RMS error against the f32 reference on real-shaped data.
    pub error: f64,
    /// The dims, fixed and free, at which the rule was decided.
    pub dims: Dims,
}

impl Rule {
    /// Every figure finite and not negative: others have no text form.
    fn validate(&self) -> Result<()> {
        let figures = [Some(self.error), self.time_us, self.roofline];
        let mut figures = figures.into_iter().flatten().chain(self.interval.into_iter().flatten());
        if figures.any(|figure| !figure.is_finite() || figure < 0.0) {
            let why = "a time, share or error is negative or not a finite number";
            return Err(Error::invalid(format!("rule '{}'", self.when), why));
        }
        Ok(())
    }
}

/// The ordered rules of one operation; the last one, and only it, is unconditional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", deny_unknown_fields)]
pub struct Table {
    operation: Operation,
    rules: Vec<Rule>,
}

impl Table {
    /// A checked table.
    ///
    /// # Errors
    /// If the last rule is conditional, another one is not, or a figure is not finite.
    pub fn new(operation: Operation, rules: Vec<Rule>) -> Result<Self> {
        let fail = |why: String| Err(Error::invalid(format!("table of {operation}"), why));
        match rules.iter().position(|rule| rule.when.is_total()) {
            Some(total) if total + 1 == rules.len() => {}
            Some(total) => return fail(format!("rules after number {} never apply", total + 1)),
            None => return fail("its last rule must be 'true', so that it always answers".into()),
        }
        match rules.iter().find_map(|rule| rule.validate().err()) {
            Some(error) => fail(error.to_string()),
            None => Ok(Self { operation, rules }),
        }
    }

    /// The operation the table answers for.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The rules in the order in which they are tried.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The first rule that matches the free dims of a request.
    pub fn select(&self, free: &Dims) -> &Rule {
        &self.rules[self.position(free)]
    }

    /// The position of the rule that [`Table::select`] answers with.
    pub fn position(&self, free: &Dims) -> usize {
        let value = |dim: &str| free.get(dim).or_else(|| self.operation.dims.get(dim)).copied();
        let found = self.rules.iter().position(|rule| rule.when.matches_with(value));
        found.expect("a table should end in a rule that matches everything")
    }
}

/// A table as it is read, before its rules have been checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    operation: Operation,
    rules: Vec<Rule>,
}

impl TryFrom<Unchecked> for Table {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        Self::new(read.operation, read.rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(when: &str, kernel: &str) -> Rule {
        Rule {
            when: when.parse().unwrap(),
            kernel: kernel.into(),
            inputs: BTreeMap::new(),
            provenance: Provenance::Modelled,
            time_us: Some(1.5),
            interval: Some([1.0, 2.0]),
            roofline: None,
            bound: None,
            error: 0.0,
            dims: Dims::new(),
        }
    }

    fn operation() -> Operation {
        Operation {
            name: "linear_q4".into(),
            attributes: BTreeMap::new(),
            dims: [("n".into(), 64)].into(),
        }
    }

    #[test]
    fn the_first_matching_rule_answers_and_the_last_answers_everything() {
        let rules = vec![
            rule("m == 1", "one"),
            rule("1 <= m <= 8 and n == 64", "few"),
            rule("m % 16 == 0", "even"),
            rule("true", "any"),
        ];
        let table = Table::new(operation(), rules).unwrap();
        let kernel = |m| table.select(&[("m".into(), m)].into()).kernel.as_str();
        assert_eq!([1, 8, 32, 33].map(kernel), ["one", "few", "even", "any"]);
        assert_eq!(table.select(&Dims::new()).kernel, "any");
    }

    #[test]
    fn a_table_without_a_total_last_rule_or_with_dead_rules_is_refused() {
        for rules in [vec![], vec![rule("m == 1", "a")], vec![rule("true", "a"), rule("true", "b")]]
        {
            assert!(Table::new(operation(), rules).is_err());
        }
    }

    #[test]
    fn figures_must_be_finite_and_not_negative() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(
                Table::new(operation(), vec![Rule { error: bad, ..rule("true", "a") }]).is_err()
            );
            let rules = vec![Rule { interval: Some([0.0, bad]), ..rule("true", "a") }];
            assert!(Table::new(operation(), rules).is_err());
        }
    }

    #[test]
    fn a_table_is_checked_when_it_is_read() {
        let table = Table::new(operation(), vec![rule("true", "a")]).unwrap();
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), table);
        let partial = text.replace("\"true\"", "\"m == 1\"");
        let error = serde_json::from_str::<Table>(&partial).unwrap_err().to_string();
        assert!(error.contains("must be 'true'"), "{error}");
    }
}
