//! `--only`: a part of the work.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kiln_cache::vocabulary::Operation;

use crate::{Error, Result};

/// Conditions on what is tuned, all of which must hold: `op=linear_q4,n=5120,m=1`.
///
/// `op` and `recipe` are names; a dim or an attribute may be given several values, separated by
/// `+`: `m=1+16`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    conditions: BTreeMap<String, Vec<String>>,
}

impl FromStr for Only {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut only = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, values)) = part.split_once('=') else {
                let what = format!("--only '{}'", part.escape_debug());
                return Err(Error::invalid(
                    what,
                    "expected NAME=VALUE such as m=1 or recipe=mmq_q4",
                ));
            };
            let values = values.split('+').map(|value| value.trim().to_owned());
            only.conditions.entry(name.trim().to_owned()).or_default().extend(values);
        }
        Ok(only)
    }
}

impl fmt::Display for Only {
    /// The conditions as they are given, by name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition =
            |(name, values): (&String, &Vec<String>)| format!("{name}={}", values.join("+"));
        f.write_str(&self.conditions.iter().map(condition).collect::<Vec<_>>().join(","))
    }
}

impl Only {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether a recipe is wanted.
    pub fn wants_recipe(&self, recipe: &str) -> bool {
        self.allows("recipe", recipe)
    }

    /// Whether an operation is wanted at a value of `m`.
    pub fn wants(&self, operation: &Operation, m: u64) -> bool {
        let named = |name: &str| match name {
            "op" => Some(operation.name.clone()),
            "m" => Some(m.to_string()),
            _ => {
                let dim = operation.dims.get(name).map(u64::to_string);
                dim.or_else(|| operation.attributes.get(name).cloned())
            }
        };
        let free = |name: &&String| name.as_str() != "recipe";
        self.conditions
            .keys()
            .filter(free)
            .all(|name| named(name).is_some_and(|value| self.allows(name, &value)))
    }

    fn allows(&self, name: &str, value: &str) -> bool {
        self.conditions.get(name).is_none_or(|values| values.iter().any(|wanted| wanted == value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation() -> Operation {
        Operation {
            name: "linear_q4".into(),
            attributes: [("epilogue".into(), "none".into())].into(),
            dims: [("n".into(), 64), ("k".into(), 128)].into(),
        }
    }

    #[test]
    fn every_condition_must_hold_and_one_of_its_values_is_enough() {
        let wants = |text: &str, m| text.parse::<Only>().unwrap().wants(&operation(), m);
        assert!(wants("", 7) && wants("op=linear_q4, n=64,m=1+7", 7));
        assert!(wants("recipe=other,epilogue=none", 7));
        for no in ["op=rms_norm", "m=1", "n=64,k=64", "epilogue=bias", "heads=4"] {
            assert!(!wants(no, 7), "{no}");
        }
    }

    #[test]
    fn recipes_are_chosen_by_name_and_nonsense_is_refused() {
        let only: Only = "recipe=mmq_q4".parse().unwrap();
        assert!(only.wants_recipe("mmq_q4") && !only.wants_recipe("mmvq_q4"));
        assert!(!only.is_everything() && Only::default().is_everything());
        assert!("m".parse::<Only>().unwrap_err().to_string().contains("NAME=VALUE"));
    }
}
