//! How the checkpoint's weights are quantised.

use kiln_targets::Format;
use serde::{Deserialize, Serialize};

use super::config::Section;
use crate::Result;

/// Weights in 4 bits, in groups along the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantisation {
    /// Columns that share a scale.
    pub group: u64,
    /// Whether every zero point is 8 and none is stored.
    pub symmetric: bool,
}

impl Quantisation {
    /// Name of the number format: `awq_g32_asym`.
    pub fn format(&self) -> String {
        let symmetry = if self.symmetric { "sym" } else { "asym" };
        format!("awq_g{}_{symmetry}", self.group)
    }

    /// Reads `quantization_config`, which lies beside or inside the text model's configuration;
    /// plain checkpoints have none.
    pub(super) fn read(root: &Section<'_>, text: &Section<'_>) -> Result<Option<Self>> {
        let field = "quantization_config";
        let beside = root.section(field)?;
        let Some(config) = beside.map_or_else(|| text.section(field), |found| Ok(Some(found)))?
        else {
            return Ok(None);
        };
        expect(&config, "quant_method", "compressed-tensors")?;
        expect(&config, "format", "pack-quantized")?;
        let groups =
            config.section("config_groups")?.ok_or_else(|| config.missing("config_groups"))?;
        let mut found: Option<Self> = None;
        for group in groups.sections()? {
            let weights = group.section("weights")?.ok_or_else(|| group.missing("weights"))?;
            let read = Self::scheme(&weights)?;
            if found.is_some_and(|other| other != read) {
                let why = "its groups differ in group_size or symmetric; one scheme is supported";
                return Err(config.fail("config_groups", why));
            }
            found = Some(read);
        }
        found.map(Some).ok_or_else(|| config.fail("config_groups", "it has no group"))
    }

    /// Reads one group's `weights`.
    fn scheme(weights: &Section<'_>) -> Result<Self> {
        if weights.size("num_bits")? != 4 {
            return Err(weights.fail("num_bits", "only 4-bit weights are supported"));
        }
        expect(weights, "type", "int")?;
        expect(weights, "strategy", "group")?;
        if weights.text("actorder")? == Some("group") {
            let why = "weights reordered by group need an index for each column, \
                       which is not supported";
            return Err(weights.fail("actorder", why));
        }
        let symmetric = weights.flag("symmetric")?.ok_or_else(|| weights.missing("symmetric"))?;
        let scheme = Self { group: weights.size("group_size")?, symmetric };
        match Format::builtin(&scheme.format()) {
            Ok(_) => Ok(scheme),
            Err(_) => Err(weights.fail("group_size", "only groups of 32 are supported")),
        }
    }
}

/// A text that has to be present and equal.
fn expect(section: &Section<'_>, field: &str, expected: &str) -> Result<()> {
    match section.text(field)? {
        Some(text) if text == expected => Ok(()),
        Some(text) => {
            let why = format!("'{}' is not supported; expected '{expected}'", text.escape_debug());
            Err(section.fail(field, why))
        }
        None => Err(section.missing(field)),
    }
}
