//! Counted reasons why candidates were rejected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Reasons, how often each was given, and one example of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasons(BTreeMap<String, Reason>);

/// One reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Candidates rejected for it.
    pub count: u64,
    /// One of them, in words; the least in the order of text, so that the order of work does
    /// not show.
    pub example: String,
}

impl Reasons {
    /// Counts a rejection: the reason in general, and the candidate it hit.
    pub fn add(&mut self, reason: &str, example: &str) {
        let entry = self.0.entry(reason.to_owned()).or_default();
        if entry.count == 0 || example < entry.example.as_str() {
            entry.example = example.to_owned();
        }
        entry.count += 1;
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, others: &Self) {
        for (reason, other) in &others.0 {
            let before = self.0.get(reason).map_or(0, |entry| entry.count);
            self.add(reason, &other.example);
            if let Some(entry) = self.0.get_mut(reason) {
                entry.count = before + other.count;
            }
        }
    }

    /// Rejections of all kinds.
    pub fn total(&self) -> u64 {
        self.0.values().map(|reason| reason.count).sum()
    }

    /// The reasons from most to least frequent.
    pub fn ranked(&self) -> Vec<(&str, &Reason)> {
        let mut ranked: Vec<_> =
            self.0.iter().map(|(text, reason)| (text.as_str(), reason)).collect();
        ranked.sort_by(|a, b| b.1.count.cmp(&a.1.count).then(a.0.cmp(b.0)));
        ranked
    }

    /// One line for each reason, as `--explain` prints them: count, reason, example.
    pub fn text(&self) -> String {
        let width = self.total().to_string().len().max(4);
        let line = |(text, reason): &(&str, &Reason)| match reason.example.as_str() {
            "" => format!("  {:>width$}  {text}\n", reason.count),
            example => format!("  {:>width$}  {text}, as {example}\n", reason.count),
        };
        self.ranked().iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons() -> Reasons {
        let mut reasons = Reasons::default();
        reasons.add("needs more than 256 registers", "{ mmq_x: 128 }");
        reasons.add("spills", "");
        reasons.add("needs more than 256 registers", "{ mmq_x: 112 }");
        reasons
    }

    #[test]
    fn reasons_are_counted_and_the_most_frequent_comes_first() {
        let expect = "     2  needs more than 256 registers, as { mmq_x: 112 }\n     1  spills\n";
        assert_eq!((reasons().text().as_str(), reasons().total()), (expect, 3));
    }

    #[test]
    fn the_order_of_work_does_not_show() {
        let mut other = Reasons::default();
        other.add("spills", "");
        other.add("needs more than 256 registers", "{ mmq_x: 112 }");
        other.add("needs more than 256 registers", "{ mmq_x: 128 }");
        assert_eq!(other, reasons());
        let mut merged = reasons();
        merged.merge(&other);
        assert_eq!((merged.total(), merged.ranked()[0].1.count), (6, 4));
    }
}
