//! How the checkpoint's weights are quantised.

use super::json::Section;
use crate::Result;

/// Weights in 4 bits, in groups along the columns: compressed-tensors, `pack-quantized`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantisation {
    /// Columns that share a scale.
    pub group: usize,
    /// Whether every zero point is 8 and none is stored.
    pub symmetric: bool,
    /// What the publisher meant to leave out: names, or patterns after `re:`. For people: whether a
    /// module is quantised is decided by the tensors that there are.
    pub ignore: Vec<String>,
}

impl Quantisation {
    /// Name of the number format: `awq_g32_asym`.
    pub fn format(&self) -> String {
        let symmetry = if self.symmetric { "sym" } else { "asym" };
        format!("awq_g{}_{symmetry}", self.group)
    }

    /// Reads `quantization_config`, which lies beside or inside the text model's configuration.
    pub(super) fn read(root: &Section<'_>, text: &Section<'_>) -> Result<Option<Self>> {
        let field = "quantization_config";
        let beside = root.section(field)?;
        let Some(config) = beside.map_or_else(|| text.section(field), |found| Ok(Some(found)))?
        else {
            return Ok(None);
        };
        demand(&config, "quant_method", "compressed-tensors")?;
        demand(&config, "format", "pack-quantized")?;
        let field = "config_groups";
        let groups = config.section(field)?.ok_or_else(|| config.missing(field))?.sections()?;
        let mut found = None;
        for group in &groups {
            group.one_of("format", &["pack-quantized"])?;
            if group.get("input_activations").is_some() {
                let why = "quantised activations are not supported; expected null";
                return Err(group.fail("input_activations", why));
            }
            let weights = group.section("weights")?.ok_or_else(|| group.missing("weights"))?;
            let read = scheme(&weights)?;
            if found.is_some_and(|other| other != read) {
                let why = "its groups differ in group_size or symmetric; one scheme is supported";
                return Err(config.fail(field, why));
            }
            found = Some(read);
        }
        let (group, symmetric) = found.ok_or_else(|| config.fail(field, "it has no group"))?;
        let ignore = config.texts("ignore")?.unwrap_or_default();
        let ignore = ignore.into_iter().map(str::to_owned).collect();
        Ok(Some(Self { group, symmetric, ignore }))
    }
}

/// Group size and symmetry of one group's `weights`.
fn scheme(weights: &Section<'_>) -> Result<(usize, bool)> {
    if weights.size("num_bits")? != 4 {
        return Err(weights.fail("num_bits", "only 4-bit weights are supported"));
    }
    demand(weights, "type", "int")?;
    demand(weights, "strategy", "group")?;
    if weights.flag("dynamic")? == Some(true) {
        return Err(weights.fail("dynamic", "weights without stored scales are not supported"));
    }
    if let Some(order @ ("group" | "dynamic")) = weights.text("actorder")? {
        let why = format!("columns reordered by '{order}' need an index, which is not supported");
        return Err(weights.fail("actorder", why));
    }
    let symmetric = weights.flag("symmetric")?.ok_or_else(|| weights.missing("symmetric"))?;
    let group = weights.size("group_size")?;
    if group != 32 {
        let why = format!("groups of {group} are not supported; expected 32");
        return Err(weights.fail("group_size", why));
    }
    Ok((group, symmetric))
}

/// A text that has to be present and equal.
fn demand(section: &Section<'_>, field: &str, expected: &str) -> Result<()> {
    section.one_of(field, &[expected])?.map(|_| ()).ok_or_else(|| section.missing(field))
}
