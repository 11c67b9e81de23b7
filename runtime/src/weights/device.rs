//! The weights in a device's memory: one copy, in the order that the kernels want.

use std::collections::BTreeMap;

use kiln_cache::device::Random;
use kiln_cache::vocabulary::Dtype;

use super::{Checkpoint, Group, Layout, Progress, Repack, Tally, Weight};
use crate::device::{BufferId, Device, fill};
use crate::plan::{Tensor, Wanted, WeightArray};
use crate::{Error, Result};

/// The checkpoint's tensors of an array, and how it lies: arrays equal in both are one.
type Content = (Vec<String>, String, String);

/// The weights of a model on a device, or what they will be.
#[derive(Debug, Default)]
pub struct DeviceWeights {
    /// Number of the piece that is each array.
    arrays: BTreeMap<WeightArray, usize>,
    pieces: Vec<Piece>,
    /// Tensors of the checkpoint that are read, and their bytes there.
    loaded: BTreeMap<Group, Tally>,
}

/// One array in memory.
#[derive(Debug)]
struct Piece {
    tensor: Tensor,
    layout: Layout,
    bytes: u64,
    buffer: Option<BufferId>,
}

impl DeviceWeights {
    /// Decides what is loaded.
    ///
    /// # Errors
    /// If a weight is missing, or of another size or format than a kernel expects.
    pub(crate) fn plan(
        checkpoint: &Checkpoint,
        wanted: &BTreeMap<WeightArray, Wanted>,
    ) -> Result<Self> {
        let mut plan = Self::default();
        let mut known: BTreeMap<Content, usize> = BTreeMap::new();
        for ((tensor, part), Wanted { layout, bytes }) in wanted {
            let weights = tensor.weights(checkpoint)?;
            let held = layout.bytes(shape(&weights));
            if held != *bytes {
                let why = format!("it takes {held} bytes, its kernel expects {bytes}");
                return Err(weights[0].fail(why));
            }
            let named = |weight: &Weight<'_>| format!("{} as {}", weight.name(), weight.format());
            let names = weights.iter().map(named).collect();
            let content = (names, part.clone(), format!("{layout:?}"));
            let at = *known.entry(content).or_insert(plan.pieces.len());
            plan.arrays.insert((*tensor, part.clone()), at);
            if at == plan.pieces.len() {
                let (tensor, layout, bytes) = (*tensor, layout.clone(), *bytes);
                for (weight, role) in weights.iter().zip(tensor.roles()) {
                    let tally = plan.loaded.entry(role.group()).or_default();
                    tally.tensors += 1;
                    tally.bytes += weight.part(part)?.tensor.bytes().len() as u64;
                }
                plan.pieces.push(Piece { tensor, layout, bytes, buffer: None });
            }
        }
        Ok(plan)
    }

    /// Decides what stands in for weights of which there is no checkpoint.
    pub(crate) fn stand_ins(wanted: &BTreeMap<WeightArray, Wanted>, tied: bool) -> Self {
        let mut plan = Self::default();
        let mut known: BTreeMap<(Tensor, String, String), usize> = BTreeMap::new();
        for ((tensor, part), Wanted { layout, bytes }) in wanted {
            // Heads that are stored alike are one.
            let own = match tensor {
                Tensor::Head | Tensor::DraftHead if tied => Tensor::Embedding,
                Tensor::DraftHead => Tensor::Head,
                other => *other,
            };
            let content = (own, part.clone(), format!("{layout:?}"));
            let at = *known.entry(content).or_insert(plan.pieces.len());
            plan.arrays.insert((*tensor, part.clone()), at);
            if at == plan.pieces.len() {
                let (layout, bytes) = (layout.clone(), *bytes);
                plan.pieces.push(Piece { tensor: own, layout, bytes, buffer: None });
            }
        }
        plan
    }

    /// Takes the memory of stand-ins. Layers that are `alike` share theirs and stay zeros; others
    /// get numbers of plausible sizes.
    ///
    /// # Errors
    /// If the device has not enough memory.
    pub(crate) fn draw(mut self, device: &mut dyn Device, alike: bool) -> Result<Self> {
        let mut shared: BTreeMap<(Tensor, String), BufferId> = BTreeMap::new();
        for piece in &mut self.pieces {
            let own =
                (piece.tensor.of_first_layer(), format!("{:?} {}", piece.layout, piece.bytes));
            let buffer = match shared.get(&own) {
                Some(buffer) if alike => *buffer,
                _ => device.alloc(piece.bytes, 0)?,
            };
            shared.insert(own, buffer);
            piece.buffer = Some(buffer);
            if !alike {
                draw(device, buffer, piece.bytes, piece.layout.dtype.name())?;
            }
        }
        Ok(self)
    }

    /// Bytes in the device's memory.
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.bytes).sum()
    }

    /// Tensors of the checkpoint that are read, and their bytes there.
    pub(crate) fn loaded(&self) -> &BTreeMap<Group, Tally> {
        &self.loaded
    }

    /// Streams everything into the device.
    ///
    /// # Errors
    /// What [`Repack::array`] and the device refuse.
    pub(crate) fn load(
        mut self,
        checkpoint: &Checkpoint,
        device: &mut dyn Device,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let read = self.loaded.values().map(|tally| tally.bytes).sum();
        let mut repack = Repack::new(read, report);
        for piece in &mut self.pieces {
            let buffer = device.alloc(piece.bytes, 0)?;
            let weights = piece.tensor.weights(checkpoint)?;
            let mut sink = |offset, bytes: &[u8]| device.write(buffer, offset, bytes);
            let written = repack.array(&weights, &piece.layout, &mut sink)?;
            if written != piece.bytes {
                let why = format!("{written} bytes were loaded of {}", piece.bytes);
                return Err(Error::request(why));
            }
            piece.buffer = Some(buffer);
        }
        Ok(self)
    }

    /// The buffer of an array.
    pub(crate) fn buffer(&self, tensor: Tensor, part: &str) -> Option<BufferId> {
        let at = self.arrays.get(&(tensor, part.to_owned()))?;
        self.pieces[*at].buffer
    }
}

/// Fills a buffer with small numbers of a type, or with any bits where it is no float.
pub(crate) fn draw(
    device: &mut dyn Device,
    buffer: BufferId,
    bytes: u64,
    dtype: &str,
) -> Result<()> {
    let float = |of: &Dtype| matches!(of, Dtype::F16 | Dtype::Bf16 | Dtype::F32);
    let dtype = dtype.parse().ok().filter(float);
    let (lo, hi) = if dtype.is_some() { (-0.02, 0.02) } else { (0.0, 255.0) };
    let random = Random { seed: bytes, dtype: dtype.unwrap_or(Dtype::U8), lo, hi };
    fill(device, buffer, bytes, &random)
}

/// Rows and columns of weights below one another.
fn shape(weights: &[Weight<'_>]) -> [usize; 2] {
    let rows = weights.iter().map(|weight| weight.shape()[0]).sum();
    [rows, weights.first().map_or(0, |weight| weight.shape()[1])]
}
