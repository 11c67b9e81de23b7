//! From tensors to weights: every tensor finds its role, every role its tensors.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_targets::Format;

use super::expected::{self, Expected};
use super::header::tensor;
use super::message::quoted;
use super::role::{Group, Role};
use super::shard::{Shard, Tensor};
use super::{Element, Tally};
use crate::model::config::{DrafterConfig, ModelConfig};
use crate::{Error, Result};

/// What is wrong with a tensor that has no role.
const UNKNOWN: &str = "the configuration implies no such tensor; \
                       the model or its quantisation is of a kind that is not supported";

/// Where a tensor lies: number of its shard, and name.
pub(super) type Place = (usize, String);

/// The tensors of a weight.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Plain(Place),
    Packed {
        format: &'static Format,
        shape: [usize; 2],
        quants: Place,
        scales: Place,
        zeros: Option<Place>,
    },
    Rows {
        quants: Place,
        scales: Place,
    },
}

impl Held {
    /// The same tensors, in shards that come after so many others.
    pub(super) fn after(self, shards: usize) -> Self {
        let moved = |(shard, name): Place| (shard + shards, name);
        match self {
            Self::Plain(place) => Self::Plain(moved(place)),
            Self::Packed { format, shape, quants, scales, zeros } => Self::Packed {
                format,
                shape,
                quants: moved(quants),
                scales: moved(scales),
                zeros: zeros.map(moved),
            },
            Self::Rows { quants, scales } => {
                Self::Rows { quants: moved(quants), scales: moved(scales) }
            }
        }
    }
}

/// A checkpoint's weights while they are put together.
pub(super) struct Assembly<'a> {
    config: &'a ModelConfig,
    /// The file that lists the tensors, for messages.
    listing: &'a Path,
    shards: &'a [Shard],
    /// Tensors without a role yet, by their name without the prefix of the text model.
    left: BTreeMap<String, Place>,
    pub(super) held: BTreeMap<Role, Held>,
    pub(super) tally: BTreeMap<Group, Tally>,
}

impl<'a> Assembly<'a> {
    /// Every tensor is left, none has a role.
    fn begin(config: &'a ModelConfig, listing: &'a Path, shards: &'a [Shard]) -> Result<Self> {
        let (held, tally) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { config, listing, shards, left: gather(shards)?, held, tally })
    }

    /// Gives every tensor its role.
    pub(super) fn of(
        config: &'a ModelConfig,
        listing: &'a Path,
        shards: &'a [Shard],
    ) -> Result<Self> {
        let mut assembly = Self::begin(config, listing, shards)?;
        assembly.take_all(expected::text(config))?;
        if assembly.has("mtp.") {
            assembly.take_all(expected::mtp(config))?;
        }
        if let Some(vision) = &config.vision
            && assembly.has("visual.")
        {
            assembly.take_all(expected::vision(vision))?;
        }
        assembly.set_aside()?;
        Ok(assembly)
    }

    /// Gives every tensor of a drafter its role; `config` is that of its model.
    pub(super) fn of_drafter(
        config: &'a ModelConfig,
        drafter: &DrafterConfig,
        listing: &'a Path,
        shards: &'a [Shard],
    ) -> Result<Self> {
        let mut assembly = Self::begin(config, listing, shards)?;
        assembly.take_all(expected::drafter(config.hidden, drafter))?;
        match assembly.left.values().next() {
            Some(place) => Err(fail(assembly.tensor(place), UNKNOWN)),
            None => Ok(assembly),
        }
    }

    fn has(&self, prefix: &str) -> bool {
        self.left.keys().any(|name| name.starts_with(prefix))
    }

    fn take_all(&mut self, expected: Vec<Expected>) -> Result<()> {
        for weight in expected {
            let packed = format!("{}.weight_packed", weight.name);
            let held = if weight.linear && self.left.contains_key(&packed) {
                self.packed(&weight)?
            } else {
                self.plain(&weight)?
            };
            self.held.insert(weight.role, held);
        }
        Ok(())
    }

    fn plain(&mut self, weight: &Expected) -> Result<Held> {
        let suffix = if weight.linear { ".weight" } else { "" };
        let place = self.demand(weight, suffix)?;
        let tensor = self.tensor(&place);
        if tensor.element().float().is_none() {
            let why = format!("expected F32, F16 or BF16, found {}", tensor.element());
            return Err(fail(tensor, why));
        }
        expect_shape(tensor, &weight.shape)?;
        Ok(Held::Plain(place))
    }

    /// Suffixes and shapes: model sheet 6.1, after compressed-tensors.
    fn packed(&mut self, weight: &Expected) -> Result<Held> {
        let quants = self.demand(weight, ".weight_packed")?;
        let scales = self.demand(weight, ".weight_scale")?;
        let quants_tensor = self.tensor(&quants);
        let Some(quantisation) = &self.config.quantisation else {
            let why = "it is packed, and the configuration has no quantization_config";
            return Err(fail(quants_tensor, why));
        };
        if let Some((_, name)) = self.left.get(&format!("{}.weight", weight.name)) {
            let why =
                format!("the layer is stored twice: packed here, and plain as {}", quoted(name));
            return Err(fail(quants_tensor, why));
        }
        let format = Format::builtin(&quantisation.format())
            .map_err(|error| fail(quants_tensor, error.to_string()))?;
        let [rows, columns] = weight.shape[..] else {
            return Err(fail(quants_tensor, "only matrices can be packed"));
        };
        let groups = columns.div_ceil(quantisation.group);
        expect_element(quants_tensor, Element::I32)?;
        expect_shape(quants_tensor, &[rows, columns.div_ceil(8)])?;
        let scales_tensor = self.tensor(&scales);
        if scales_tensor.element().float().is_none() {
            let why = format!("expected BF16, F16 or F32, found {}", scales_tensor.element());
            return Err(fail(scales_tensor, why));
        }
        expect_shape(scales_tensor, &[rows, groups])?;
        let zeros = self.zeros(weight, quantisation.symmetric, [rows.div_ceil(8), groups])?;
        if let Some(place) = self.take(weight, ".weight_shape") {
            expect_stated_shape(self.tensor(&place), [rows, columns])?;
        }
        Ok(Held::Packed { format, shape: [rows, columns], quants, scales, zeros })
    }

    fn zeros(
        &mut self,
        weight: &Expected,
        symmetric: bool,
        shape: [usize; 2],
    ) -> Result<Option<Place>> {
        let suffix = ".weight_zero_point";
        let place = match (self.take(weight, suffix), symmetric) {
            (None, true) => return Ok(None),
            (None, false) => return Err(self.missing(weight, suffix)),
            (Some(place), true) => {
                let why = "the configuration says symmetric: true, which has no zero points";
                return Err(fail(self.tensor(&place), why));
            }
            (Some(place), false) => place,
        };
        expect_element(self.tensor(&place), Element::I32)?;
        expect_shape(self.tensor(&place), &shape)?;
        Ok(Some(place))
    }

    /// Takes a tensor of a weight from those left and counts it.
    fn take(&mut self, weight: &Expected, suffix: &str) -> Option<Place> {
        let place = self.left.remove(&format!("{}{suffix}", weight.name))?;
        self.count(weight.role.group(), &place);
        Some(place)
    }

    /// As [`Assembly::take`]; a tensor that is not there is an error.
    fn demand(&mut self, weight: &Expected, suffix: &str) -> Result<Place> {
        self.take(weight, suffix).ok_or_else(|| self.missing(weight, suffix))
    }

    fn count(&mut self, group: Group, place: &Place) {
        let bytes = self.tensor(place).bytes().len() as u64;
        let tally = self.tally.entry(group).or_default();
        tally.tensors += 1;
        tally.bytes += bytes;
    }

    /// What is left belongs to a part that the configuration does not have, or is an error.
    fn set_aside(&mut self) -> Result<()> {
        let tied = self.config.tied_head;
        for (name, place) in std::mem::take(&mut self.left) {
            let known = name.starts_with("mtp.") && self.config.mtp_layers == 0
                || name.starts_with("visual.") && self.config.vision.is_none()
                || name == "lm_head.weight" && tied;
            if !known {
                return Err(fail(self.tensor(&place), UNKNOWN));
            }
            self.count(Group::Unused, &place);
        }
        Ok(())
    }

    fn missing(&self, weight: &Expected, suffix: &str) -> Error {
        let module = format!("{}.", weight.name);
        let other = self.left.range(module.clone()..).next();
        let why = match other.filter(|(name, _)| name.starts_with(&module)) {
            Some((_, (_, name))) => format!("it is missing; there is {}", quoted(name)),
            None => "it is missing".to_owned(),
        };
        Error::model(self.listing, tensor(&format!("{}{suffix}", weight.name)), why)
    }

    fn tensor(&self, place: &Place) -> Tensor<'a> {
        find(self.shards, place)
    }
}

/// The tensor at a place.
pub(super) fn find<'s>(shards: &'s [Shard], (shard, name): &Place) -> Tensor<'s> {
    shards[*shard].tensor(name).expect("a place should have been made from the shard's own tensors")
}

/// Every tensor by its name without the prefix of the text model.
fn gather(shards: &[Shard]) -> Result<BTreeMap<String, Place>> {
    let mut left: BTreeMap<String, Place> = BTreeMap::new();
    for (at, shard) in shards.iter().enumerate() {
        for held in shard.tensors() {
            let place = (at, held.name().to_owned());
            if let Some((_, other)) = left.insert(without_prefix(held.name()), place) {
                let why = format!("it is stored twice; the other is called {}", quoted(&other));
                return Err(fail(held, why));
            }
        }
    }
    Ok(left)
}

/// The name that a tensor has in every kind of export.
fn without_prefix(name: &str) -> String {
    for prefix in ["model.language_model.", "language_model.model.", "language_model."] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return rest.to_owned();
        }
    }
    name.strip_prefix("model.").unwrap_or(name).to_owned()
}

fn fail(at: Tensor<'_>, why: impl Into<String>) -> Error {
    Error::model(at.path(), tensor(at.name()), why)
}

fn expect_element(tensor: Tensor<'_>, expected: Element) -> Result<()> {
    if tensor.element() == expected {
        return Ok(());
    }
    Err(fail(tensor, format!("expected {expected}, found {}", tensor.element())))
}

fn expect_shape(tensor: Tensor<'_>, expected: &[usize]) -> Result<()> {
    if tensor.shape() == expected {
        return Ok(());
    }
    let found: Vec<usize> = tensor.shape().iter().copied().take(8).collect();
    Err(fail(tensor, format!("its shape is {found:?}, the configuration implies {expected:?}")))
}

/// `weight_shape` repeats the logical shape as two I64.
fn expect_stated_shape(tensor: Tensor<'_>, expected: [usize; 2]) -> Result<()> {
    expect_element(tensor, Element::I64)?;
    expect_shape(tensor, &[2])?;
    let wanted: Vec<u8> =
        expected.iter().flat_map(|extent| (*extent as u64).to_le_bytes()).collect();
    if tensor.bytes() == wanted {
        return Ok(());
    }
    Err(fail(tensor, format!("it does not say {expected:?}, which the configuration implies")))
}
