//! Licences: every dependency's SPDX expression against the list in `deny.toml`.
//!
//! * An expression passes when its alternatives (`OR`, or the older `/`) offer one whose every part
//!   (`AND`) is on the list.
//! * `WITH` belongs to the licence before it: `Apache-2.0 WITH LLVM-exception` is one name.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Violation;
use crate::workspace::{Metadata, Package};

/// The licence of every crate in this workspace.
pub const OURS: &str = "MIT OR Apache-2.0";

/// What `deny.toml` says about licences.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Licences that a dependency may have.
    pub allow: Vec<String>,
    /// Expressions for packages whose manifest gives none.
    pub clarified: BTreeMap<String, String>,
}

impl Policy {
    /// The policy in the text of `deny.toml`.
    ///
    /// # Errors
    /// When the text is not TOML or has no list of allowed licences.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: DenyFile = toml::from_str(text)?;
        let clarified = file.licenses.clarify.into_iter().map(|c| (c.name, c.expression));
        Ok(Self { allow: file.licenses.allow, clarified: clarified.collect() })
    }

    /// Whether `expression` can be met with allowed licences alone.
    pub fn accepts(&self, expression: &str) -> bool {
        let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let tokens: Vec<&str> = spaced.split_whitespace().collect();
        let mut parser = Parser { tokens: &tokens, policy: self };
        parser.any() == Some(true) && parser.tokens.is_empty()
    }

    fn expression<'p>(&'p self, package: &'p Package) -> Option<&'p str> {
        let clarified = || self.clarified.get(&package.name).map(String::as_str);
        package.license.as_deref().or_else(clarified)
    }
}

#[derive(Deserialize)]
struct DenyFile {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

#[derive(Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

/// Recursive descent over the words of an expression; `None` where it is malformed.
struct Parser<'t> {
    tokens: &'t [&'t str],
    policy: &'t Policy,
}

impl Parser<'_> {
    fn any(&mut self) -> Option<bool> {
        let mut accepted = self.all()?;
        while self.take("OR") {
            accepted |= self.all()?;
        }
        Some(accepted)
    }

    fn all(&mut self) -> Option<bool> {
        let mut accepted = self.one()?;
        while self.take("AND") {
            accepted &= self.one()?;
        }
        Some(accepted)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let accepted = self.any()?;
            return self.take(")").then_some(accepted);
        }
        let mut name = self.next()?.to_owned();
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.next()?);
        }
        Some(self.policy.allow.contains(&name))
    }

    fn next(&mut self) -> Option<&str> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.first() == Some(&word);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }
}

/// Every package whose licence the policy does not accept, and every crate of ours that is not
/// under [`OURS`].
pub fn only_allowed_licences(metadata: &Metadata, policy: &Policy) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in &metadata.packages {
        let place = format!("{} {}", package.name, package.version);
        match policy.expression(package) {
            None => violations.push(Violation::new(place, "declares no licence")),
            Some(expression) if !policy.accepts(expression) => {
                violations.push(Violation::new(place, format!("is licensed {expression}")));
            }
            Some(_) => {}
        }
    }
    for package in metadata.members().filter(|p| p.license.as_deref() != Some(OURS)) {
        violations.push(Violation::new(&package.name, format!("must be licensed {OURS}")));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let text = "[licenses]\nallow = ['MIT', 'Zlib', 'Apache-2.0 WITH LLVM-exception']\n\
                    [[licenses.clarify]]\ncrate = 'silent'\nexpression = 'MIT'\n";
        Policy::parse(text).expect("the policy should parse")
    }

    #[test]
    fn an_expression_passes_when_one_alternative_is_wholly_allowed() {
        for good in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "(GPL-3.0 OR Zlib) AND MIT"] {
            assert!(policy().accepts(good), "{good}");
        }
        assert!(policy().accepts("Apache-2.0 WITH LLVM-exception OR GPL-3.0"));
    }

    #[test]
    fn an_expression_fails_when_a_required_part_is_not_allowed() {
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT OR Zlib) AND GPL-3.0"] {
            assert!(!policy().accepts(bad), "{bad}");
        }
    }

    #[test]
    fn a_malformed_expression_fails() {
        for bad in ["", "MIT OR", "(MIT", "MIT)", "MIT MIT", "AND", "WITH MIT", "()"] {
            assert!(!policy().accepts(bad), "{bad}");
        }
    }

    #[test]
    fn a_clarification_stands_in_for_a_missing_expression() {
        assert_eq!(policy().clarified.get("silent").map(String::as_str), Some("MIT"));
    }
}
