//! Conditions on dims, with a text form that reads back.
//!
//! ```text
//! predicate := 'true' | clause (' and ' clause)*
//! clause    := LO '<=' DIM '<=' HI | DIM '==' VALUE | DIM '%' DIVISOR '==' '0'
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Dims;
use crate::{Error, Result};

/// One condition on one dim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// `lo <= dim <= hi`
    Range {
        /// Name of the dim.
        dim: String,
        /// Smallest value that matches.
        lo: u64,
        /// Largest value that matches.
        hi: u64,
    },
    /// `dim == value`
    Equal {
        /// Name of the dim.
        dim: String,
        /// The value that matches.
        value: u64,
    },
    /// `dim % by == 0`
    Divisible {
        /// Name of the dim.
        dim: String,
        /// The divisor; at least 1.
        by: u64,
    },
}

impl Clause {
    fn dim(&self) -> &str {
        match self {
            Self::Range { dim, .. } | Self::Equal { dim, .. } | Self::Divisible { dim, .. } => dim,
        }
    }

    fn holds(&self, size: u64) -> bool {
        match self {
            Self::Range { lo, hi, .. } => (*lo..=*hi).contains(&size),
            Self::Equal { value, .. } => size == *value,
            Self::Divisible { by, .. } => size.is_multiple_of(*by),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { dim, lo, hi } => write!(f, "{lo} <= {dim} <= {hi}"),
            Self::Equal { dim, value } => write!(f, "{dim} == {value}"),
            Self::Divisible { dim, by } => write!(f, "{dim} % {by} == 0"),
        }
    }
}

impl FromStr for Clause {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let clause = match words[..] {
            [lo, "<=", dim, "<=", hi] => {
                Self::Range { dim: name(dim)?, lo: number(lo)?, hi: number(hi)? }
            }
            [dim, "==", value] => Self::Equal { dim: name(dim)?, value: number(value)? },
            [dim, "%", by, "==", "0"] => Self::Divisible { dim: name(dim)?, by: number(by)? },
            _ => return fail(text, "expected 'LO <= DIM <= HI', 'DIM == N' or 'DIM % N == 0'"),
        };
        match clause {
            Self::Range { lo, hi, .. } if lo > hi => fail(text, "the range is empty"),
            Self::Divisible { by: 0, .. } => fail(text, "the divisor is zero"),
            clause => Ok(clause),
        }
    }
}

/// A conjunction of clauses; without any it matches everything and reads `true`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Predicate(pub Vec<Clause>);

impl Predicate {
    /// The predicate that matches everything.
    pub fn always() -> Self {
        Self::default()
    }

    /// `lo <= dim <= hi`
    pub fn range(dim: &str, lo: u64, hi: u64) -> Self {
        Self(vec![Clause::Range { dim: dim.to_owned(), lo, hi }])
    }

    /// Whether it matches everything.
    pub fn is_total(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the dims satisfy every clause; a clause on an absent dim is not satisfied.
    pub fn matches(&self, dims: &Dims) -> bool {
        self.matches_with(|dim| dims.get(dim).copied())
    }

    /// [`Predicate::matches`] over any way of looking a dim up.
    pub(crate) fn matches_with(&self, value: impl Fn(&str) -> Option<u64>) -> bool {
        self.0.iter().all(|clause| value(clause.dim()).is_some_and(|size| clause.holds(size)))
    }

    /// The dims it speaks of.
    pub fn dims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Clause::dim)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_total() {
            return f.write_str("true");
        }
        let clauses: Vec<String> = self.0.iter().map(Clause::to_string).collect();
        f.write_str(&clauses.join(" and "))
    }
}

impl FromStr for Predicate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim() == "true" {
            return Ok(Self::always());
        }
        text.split(" and ").map(str::parse).collect::<Result<_>>().map(Self)
    }
}

impl Serialize for Predicate {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A dim's name: a letter, then letters, digits and underscores; not the word `and`.
fn name(word: &str) -> Result<String> {
    let mut bytes = word.bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    if head && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') && word != "and" {
        return Ok(word.to_owned());
    }
    fail(word, "a dim's name is a letter followed by letters, digits or '_'")
}

fn number(word: &str) -> Result<u64> {
    let digits = word.bytes().all(|b| b.is_ascii_digit());
    match word.parse() {
        Ok(number) if digits => Ok(number),
        _ => fail(word, "expected a whole number below 2^64"),
    }
}

fn fail<T>(text: &str, why: &str) -> Result<T> {
    Err(Error::invalid(format!("condition '{}'", text.escape_debug()), why))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(text: &str, m: u64) -> bool {
        text.parse::<Predicate>().unwrap().matches(&[("m".into(), m)].into())
    }

    #[test]
    fn each_clause_means_what_it_says_at_its_edges() {
        assert_eq!([0, 1, 8, 9].map(|m| matches("1 <= m <= 8", m)), [false, true, true, false]);
        assert_eq!([15, 16, 17].map(|m| matches("m == 16", m)), [false, true, false]);
        assert_eq!([0, 15, 16, 33].map(|m| matches("m % 16 == 0", m)), [true, false, true, false]);
        assert!(matches("true", u64::MAX) && matches("m % 1 == 0 and 0 <= m <= 5", 3));
        assert!(!matches("q == 0", 0), "an absent dim satisfies nothing");
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        let huge = format!("m == {}0", u64::MAX);
        for bad in ["", "m", "m = 1", "m == -1", "m == +1", "9 <= m <= 8", "m % 0 == 0", &huge] {
            assert!(bad.parse::<Predicate>().is_err(), "{bad}");
        }
        for bad in ["m % 2 == 1", "1m == 2", "m == 1 and", "true and true", "m == 1 or m == 2"] {
            assert!(bad.parse::<Predicate>().is_err(), "{bad}");
        }
    }

    fn clause() -> impl Strategy<Value = Clause> {
        let dim = || "[a-zA-Z][a-zA-Z0-9_]{0,5}".prop_filter("reserved", |dim| dim != "and");
        prop_oneof![
            (dim(), any::<u64>(), any::<u64>()).prop_map(|(dim, a, b)| Clause::Range {
                dim,
                lo: a.min(b),
                hi: a.max(b)
            }),
            (dim(), any::<u64>()).prop_map(|(dim, value)| Clause::Equal { dim, value }),
            (dim(), 1u64..).prop_map(|(dim, by)| Clause::Divisible { dim, by }),
        ]
    }

    proptest! {
        #[test]
        fn text_reads_back_as_the_same_predicate(
            clauses in proptest::collection::vec(clause(), 0..4)
        ) {
            let predicate = Predicate(clauses);
            prop_assert_eq!(predicate.to_string().parse::<Predicate>().unwrap(), predicate);
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Predicate>();
        }
    }
}
