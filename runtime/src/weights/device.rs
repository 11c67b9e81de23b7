//! The weights in a device's memory: one copy, in the order that the kernels want.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kiln_cache::device::Random;
use kiln_cache::vocabulary::Dtype;

use super::prepared::{self, Array};
use super::{Checkpoint, Group, Layout, Progress, Repack, Tally, Weight};
use crate::device::{BufferId, Device, Lent, Pages, fill};
use crate::plan::{Tensor, Wanted, WeightArray};
use crate::{Error, Result};

/// The weights of a model on a device, or what they will be.
#[derive(Debug, Default)]
pub struct DeviceWeights {
    /// Number of the piece that is each array.
    arrays: BTreeMap<WeightArray, usize>,
    pieces: Vec<Piece>,
    /// Tensors of the checkpoint that are read, and their bytes there.
    loaded: BTreeMap<Group, Tally>,
    way: Way,
}

/// How weights came into a device's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// From the checkpoint, array by array.
    #[default]
    Loaded,
    /// From the checkpoint to a file of prepared weights, whose pages the device was lent.
    Prepared,
    /// The device was lent the pages of a file that was there.
    Mapped,
}

/// One array in memory.
#[derive(Debug)]
struct Piece {
    tensor: Tensor,
    layout: Layout,
    bytes: u64,
    /// The checkpoint's tensors of the array, and how it lies: arrays equal in both are one.
    content: String,
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
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for ((tensor, part), Wanted { layout, bytes }) in wanted {
            let weights = tensor.weights(checkpoint)?;
            let held = layout.bytes(shape(&weights));
            if held != *bytes {
                let why = format!("it takes {held} bytes, its kernel expects {bytes}");
                return Err(weights[0].fail(why));
            }
            let content = content(&weights, part, layout);
            let at = *known.entry(content.clone()).or_insert(plan.pieces.len());
            plan.arrays.insert((*tensor, part.clone()), at);
            if at == plan.pieces.len() {
                let (tensor, layout, bytes) = (*tensor, layout.clone(), *bytes);
                for (weight, role) in weights.iter().zip(tensor.roles()) {
                    let tally = plan.loaded.entry(role.group()).or_default();
                    tally.tensors += 1;
                    tally.bytes += weight.part(part)?.tensor.size() as u64;
                }
                plan.pieces.push(Piece { tensor, layout, bytes, content, buffer: None });
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
                let (layout, bytes, content) = (layout.clone(), *bytes, String::new());
                plan.pieces.push(Piece { tensor: own, layout, bytes, content, buffer: None });
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

    /// Brings everything into the device: maps it where the checkpoint keeps it prepared, and streams it
    /// otherwise.
    ///
    /// # Errors
    /// What [`Repack::array`], the device and files of prepared weights refuse.
    pub(crate) fn load(
        self,
        checkpoint: &Checkpoint,
        device: &mut dyn Device,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        match checkpoint.prepared() {
            Some(file) => self.map(file, checkpoint, device, report),
            None => self.stream(checkpoint, device, report),
        }
    }

    fn stream(
        mut self,
        checkpoint: &Checkpoint,
        device: &mut dyn Device,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        checkpoint.make_copies()?;
        let mut repack = Repack::new(self.read(), report);
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

    /// Lends the device the arrays of a file, which is written before if it lacks any.
    fn map(
        mut self,
        file: &Path,
        checkpoint: &Checkpoint,
        device: &mut dyn Device,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let array = |of: &Piece| Array { name: of.content.clone(), bytes: of.bytes };
        let arrays: Vec<Array> = self.pieces.iter().map(array).collect();
        self.way = Way::Mapped;
        let shard = match prepared::open(file, &arrays)? {
            Some(shard) => shard,
            None => {
                self.way = Way::Prepared;
                self.prepare(file, &arrays, checkpoint, report)?;
                let lost =
                    || Error::model(file, "the file", "it was replaced while it was written");
                prepared::open(file, &arrays)?.ok_or_else(lost)?
            }
        };
        let shard = Arc::new(shard);
        for (piece, array) in self.pieces.iter_mut().zip(&arrays) {
            let held = shard.tensor(&array.name).expect("a file that was opened should have all");
            let pages: Pages = shard.clone();
            piece.buffer = Some(device.lend(&Lent::new(pages, held.range())?)?);
        }
        Ok(self)
    }

    /// Writes the file.
    fn prepare(
        &self,
        file: &Path,
        arrays: &[Array],
        checkpoint: &Checkpoint,
        report: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        checkpoint.make_copies()?;
        let mut repack = Repack::new(self.read(), report);
        prepared::write(file, arrays, &mut |number, sink| {
            let piece = &self.pieces[number];
            let weights = piece.tensor.weights(checkpoint)?;
            repack.array(&weights, &piece.layout, sink).map(drop)
        })
    }

    /// Bytes of the checkpoint that are read.
    fn read(&self) -> u64 {
        self.loaded.values().map(|tally| tally.bytes).sum()
    }

    /// How they came into the device's memory.
    pub(crate) fn way(&self) -> Way {
        self.way
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

/// What an array holds, and all that this depends on.
fn content(weights: &[Weight<'_>], part: &str, layout: &Layout) -> String {
    let held: Vec<String> = weights.iter().map(Weight::identity).collect();
    let (dtype, order) = (layout.dtype.name(), &layout.order);
    let format = &layout.format.name;
    format!("{part} of {format} in {dtype} by [{order}]: {}", held.join(" + "))
}

/// Rows and columns of weights below one another.
fn shape(weights: &[Weight<'_>]) -> [usize; 2] {
    let rows = weights.iter().map(|weight| weight.shape()[0]).sum();
    [rows, weights.first().map_or(0, |weight| weight.shape()[1])]
}
