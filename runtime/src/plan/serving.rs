//! What a bundle was tuned to serve with: number types of activations and cache, page size.

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dtype, Operation};

use crate::{Error, Result};

/// Tokens of a page where the model has no cache of keys and values.
const ANY_PAGE: u64 = 16;

/// Number types and page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serving {
    /// Number type of activations between operations.
    pub act: Dtype,
    /// Number type of cached keys and values.
    pub kv: Dtype,
    /// Tokens of a page of the cache.
    pub page: u64,
    /// Whether packed weights meet activations as they are instead of quantised.
    pub exact: bool,
}

impl Serving {
    /// Every combination that a bundle was tuned for, in the order of its tables.
    ///
    /// # Errors
    /// If a table does not read as it should.
    pub fn choices(bundle: &Bundle) -> Result<Vec<Self>> {
        let operations = || bundle.tables().iter().map(|table| table.operation());
        let named = |name: &'static str| operations().filter(move |of| of.name == name);
        // Narrow layers are exact whatever the others are.
        let exact = |act: Dtype| {
            let wanted = act.to_string();
            let exact = |of: &Operation| of.attributes.get("x") == Some(&wanted);
            named("linear_q4").next().is_some() && named("linear_q4").all(exact)
        };
        let mut found = Vec::new();
        for of in named("rope_kv") {
            let (act, kv) = (dtype(of, "act")?, dtype(of, "kv")?);
            let page = attribute(of, "page")?;
            let page = page.parse().map_err(|_| unreadable(of, "page"))?;
            let serving = Self { act, kv, page, exact: exact(act) };
            // The layers of a drafter repeat what the model's are served with.
            if !found.contains(&serving) {
                found.push(serving);
            }
        }
        if found.is_empty() {
            for of in named("embedding") {
                let act = dtype(of, "out")?;
                found.push(Self { act, kv: act, page: ANY_PAGE, exact: exact(act) });
            }
        }
        found.dedup();
        Ok(found)
    }

    /// The first combination with this page size, or of all.
    ///
    /// # Errors
    /// If the bundle was tuned for none; the message lists those there are.
    pub fn of(bundle: &Bundle, page: Option<u64>) -> Result<Self> {
        let all = Self::choices(bundle)?;
        let fits = |of: &&Self| page.is_none_or(|page| of.page == page);
        if let Some(found) = all.iter().find(fits) {
            return Ok(*found);
        }
        let pages: Vec<String> = all.iter().map(|of| of.page.to_string()).collect();
        Err(Error::request(match (page, pages.is_empty()) {
            (Some(page), false) => format!(
                "the bundle was not tuned for pages of {page} tokens but of {}",
                pages.join(", ")
            ),
            _ => "the bundle holds no text model; tune it with 'kiln tune --model'".to_owned(),
        }))
    }
}

fn attribute<'o>(operation: &'o Operation, name: &str) -> Result<&'o str> {
    let value = operation.attributes.get(name);
    value.map(String::as_str).ok_or_else(|| unreadable(operation, name))
}

fn dtype(operation: &Operation, name: &str) -> Result<Dtype> {
    attribute(operation, name)?.parse().map_err(|_| unreadable(operation, name))
}

fn unreadable(operation: &Operation, name: &str) -> Error {
    let why = format!("the bundle's table of {operation} has no attribute {name} of a known value");
    Error::request(why)
}
