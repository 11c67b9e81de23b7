//! The names of control tokens, and where they stand in a text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Control;

/// The names of control tokens.
#[derive(Debug)]
pub(in crate::text) struct Names {
    /// Longer names first, so that none hides behind its own beginning.
    names: Vec<(String, u32)>,
    /// The letters with which names begin, and with which they end.
    firsts: Vec<char>,
    lasts: Vec<char>,
}

impl Names {
    pub(super) fn new(control: &BTreeMap<u32, Control>) -> Result<Self, String> {
        let mut names = Vec::new();
        for (&id, token) in control {
            let name = &token.content;
            if name.is_empty() {
                return Err(format!("control token {id} has no name"));
            }
            if token.lstrip || token.rstrip || token.single_word {
                return Err(format!(
                    "control token {id}, '{}', takes part of the text around it (lstrip, rstrip or \
                     single_word), which is not supported",
                    name.escape_debug()
                ));
            }
            names.push((name.clone(), id));
        }
        names.sort_by(|(a, i), (b, j)| b.len().cmp(&a.len()).then(a.cmp(b)).then(i.cmp(j)));
        names.dedup_by(|(a, _), (b, _)| a == b);
        let mut firsts: Vec<char> = names.iter().filter_map(|(n, _)| n.chars().next()).collect();
        let mut lasts: Vec<char> =
            names.iter().filter_map(|(n, _)| n.chars().next_back()).collect();
        for ends in [&mut firsts, &mut lasts] {
            ends.sort_unstable();
            ends.dedup();
        }
        Ok(Self { names, firsts, lasts })
    }

    pub(super) fn id(&self, name: &str) -> Option<u32> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, id)| *id)
    }

    /// The next name in a text at or after a byte, and its id.
    pub(in crate::text) fn next(&self, text: &str, from: usize) -> Option<(Range<usize>, u32)> {
        let mut from = from;
        loop {
            let start = from + text.get(from..)?.find(&self.firsts[..])?;
            let rest = &text[start..];
            let found = self.names.iter().find(|(name, _)| rest.starts_with(name.as_str()));
            if let Some((name, id)) = found {
                return Some((start..start + name.len(), *id));
            }
            from = start + rest.chars().next().map_or(1, char::len_utf8);
        }
    }

    /// The letters with which names begin.
    pub(in crate::text) fn firsts(&self) -> &[char] {
        &self.firsts
    }

    /// The letters with which names end.
    pub(in crate::text) fn lasts(&self) -> &[char] {
        &self.lasts
    }
}
