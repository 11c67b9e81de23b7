//! The work of full attention's operations.
//!
//! Requests do not say how long texts are: each is taken to fill the pages that it has columns for,
//! and all to have equally many rows, as the tables are with which kernels are timed.

use super::Problem;
use super::linear_attention::{SEGMENT, WIDE};
use super::problem::Request;
use crate::Result;

/// Bytes of a number in a table.
const NUMBER: f64 = 4.0;

impl Request<'_> {
    /// The work of one of the operations; `None` for any other.
    pub(super) fn attention(&self, name: &str) -> Option<Result<Problem>> {
        Some(match name {
            "rope_kv" => self.rope(),
            "attention" => self.whole_attention(),
            "attention_split" => self.parts_of_attention(),
            "attention_merge" => self.merge(),
            _ => return None,
        })
    }

    /// Gates lie between the queries and are not read.
    fn rope(&self) -> Result<Problem> {
        let (rows, head) = (self.size("m")?, self.count("head")?);
        let (queries, keys) = (self.queries()?, self.count("kv_heads")? * head);
        let norms = 2.0 * head * self.bytes("weight")?;
        let places = self.count("rotary")? * WIDE + NUMBER;
        let read = (queries + 2.0 * keys) * self.bytes("act")? + places;
        let written = queries * self.bytes("act")? + 2.0 * keys * self.bytes("kv")?;
        Ok(Problem { bytes: rows * (read + written) + norms, ops: 0.0 })
    }

    fn whole_attention(&self) -> Result<Problem> {
        let row = 2.0 * self.queries()? * self.bytes("act")? + self.gates()?;
        Ok(Problem { bytes: self.size("m")? * row + self.cache()?, ops: self.products()? })
    }

    fn parts_of_attention(&self) -> Result<Problem> {
        let row = self.queries()? * self.bytes("act")? + self.partial()?;
        Ok(Problem { bytes: self.size("m")? * row + self.cache()?, ops: self.products()? })
    }

    fn merge(&self) -> Result<Problem> {
        let row = self.partial()? + self.queries()? * self.bytes("act")? + self.gates()?;
        Ok(Problem { bytes: self.size("m")? * row, ops: 0.0 })
    }

    /// Columns of all queries.
    fn queries(&self) -> Result<f64> {
        Ok(self.count("heads")? * self.count("head")?)
    }

    /// Bytes of a row's gates.
    fn gates(&self) -> Result<f64> {
        let gated = self.attribute("gated").is_none_or(|of| of == "true");
        Ok(if gated { self.queries()? * self.bytes("act")? } else { 0.0 })
    }

    /// Bytes of a row's partial results: for each part and head a sum of values, and the largest
    /// score with the sum of weights.
    fn partial(&self) -> Result<f64> {
        let (heads, head) = (self.count("heads")?, self.count("head")?);
        Ok(self.size("s")? * heads * (head + 2.0) * WIDE)
    }

    /// Tokens that each text has in the end.
    fn tokens(&self) -> Result<f64> {
        Ok(self.size("t")? * self.count("page")?)
    }

    /// Bytes of the keys and values of all texts, and of the tables that lead to them.
    fn cache(&self) -> Result<f64> {
        let (texts, pages) = (self.size("b")?, self.size("t")?);
        let token = 2.0 * self.count("kv_heads")? * self.count("head")? * self.bytes("kv")?;
        Ok(texts * (self.tokens()? * token + pages * NUMBER + SEGMENT))
    }

    /// Operations: each row's query meets every token up to its own, in its score and in the sum of
    /// values, a multiply-add counting as two.
    fn products(&self) -> Result<f64> {
        let (texts, tokens) = (self.size("b")?, self.tokens()?);
        let rows = self.size("m")? / texts;
        let past = (tokens - rows).max(0.0);
        let met = texts * (rows * past + rows * (rows + 1.0) / 2.0);
        Ok(4.0 * self.queries()? * met)
    }
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::{Dims, Operation};
    use kiln_targets::Target;

    use super::*;
    use crate::roofline::{Ceilings, Resource};

    /// A layer of the 27B model: 24 heads of queries and 4 of keys, 256 wide.
    const SIZES: [(&str, &str); 9] = [
        ("act", "bf16"),
        ("kv", "bf16"),
        ("weight", "bf16"),
        ("heads", "24"),
        ("kv_heads", "4"),
        ("head", "256"),
        ("rotary", "64"),
        ("page", "64"),
        ("gated", "true"),
    ];

    fn problem(name: &str, dims: &[(&str, u64)]) -> Result<Problem> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let attributes = SIZES.iter().map(own).collect();
        let operation = Operation { name: name.into(), attributes, dims: Dims::new() };
        assert!(Problem::knows(&operation));
        Problem::of(&operation, &dims.iter().map(|(name, size)| ((*name).into(), *size)).collect())
    }

    #[test]
    fn decoding_reads_every_key_and_value_once_and_writes_parts() {
        let found = problem("attention_split", &[("m", 1), ("b", 1), ("t", 64), ("s", 8)]).unwrap();
        // 4096 tokens, 4096 bytes of keys and values each; model.md 12.2 has 65536 for 16 layers.
        let cache = 4096.0 * 4096.0 + 64.0 * 4.0 + 16.0;
        let row = 6144.0 * 2.0 + 8.0 * 24.0 * 258.0 * 4.0;
        assert_eq!(found.bytes, cache + row);
        assert_eq!(found.ops, 4.0 * 6144.0 * 4096.0);
        let merged = problem("attention_merge", &[("m", 1), ("s", 8)]).unwrap();
        assert_eq!(merged.bytes, 8.0 * 24.0 * 258.0 * 4.0 + 2.0 * 6144.0 * 2.0);
        assert_eq!(merged.ops, 0.0);
    }

    #[test]
    fn prefill_is_bound_by_products_of_rows_with_what_they_see() {
        let found = problem("attention", &[("m", 512), ("b", 1), ("t", 8)]).unwrap();
        assert_eq!(found.ops, 4.0 * 6144.0 * (512.0 * 513.0 / 2.0));
        let later = problem("attention", &[("m", 512), ("b", 1), ("t", 64)]).unwrap();
        assert_eq!(later.ops - found.ops, 4.0 * 6144.0 * 512.0 * 3584.0);
        let ceilings = Ceilings::stated(&Target::builtin("gfx1151").unwrap());
        assert_eq!(later.roof(&ceilings).unwrap().bound, Resource::Mma);
    }

    #[test]
    fn texts_share_the_rows_and_have_pages_of_their_own() {
        let one = problem("attention", &[("m", 64), ("b", 1), ("t", 4)]).unwrap();
        let two = problem("attention", &[("m", 128), ("b", 2), ("t", 4)]).unwrap();
        assert_eq!((two.bytes, two.ops), (2.0 * one.bytes, 2.0 * one.ops));
    }

    #[test]
    fn rotation_moves_queries_keys_and_values_but_no_gates() {
        let found = problem("rope_kv", &[("m", 5)]).unwrap();
        let row = (6144.0 + 2048.0) * 2.0 * 2.0 + 64.0 * 4.0 + 4.0;
        assert_eq!(found.bytes, 5.0 * row + 2.0 * 256.0 * 2.0);
        assert!(problem("rope_kv", &[]).unwrap_err().to_string().contains("dim m"));
    }
}
