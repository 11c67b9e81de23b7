//! The vision tower's sizes, by which its tensors are recognised.

use super::json::{LARGEST, Section};
use super::layers::MOST_LAYERS;
use crate::Result;

/// Sizes of the vision tower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vision {
    /// Blocks.
    pub depth: usize,
    /// Width of a patch's vector.
    pub hidden: usize,
    /// Width inside a block's MLP.
    pub intermediate: usize,
    /// Width handed to the text model.
    pub out: usize,
    /// Learned positions.
    pub positions: usize,
    /// Height and width of a patch, in pixels.
    pub patch: usize,
    /// Frames of a patch.
    pub frames: usize,
    /// Colours.
    pub channels: usize,
    /// Patches along each side that are merged into one token.
    pub merge: usize,
}

impl Vision {
    /// Width of the merged patches of one token.
    pub fn merged(&self) -> usize {
        self.hidden * self.merge * self.merge
    }

    /// Reads `vision_config`; `None` where there is none.
    pub(super) fn read(root: &Section<'_>, hidden: usize) -> Result<Option<Self>> {
        let Some(vision) = root.section("vision_config")? else { return Ok(None) };
        let read = Self {
            depth: vision.size("depth")?,
            hidden: vision.size("hidden_size")?,
            intermediate: vision.size("intermediate_size")?,
            out: vision.size("out_hidden_size")?,
            positions: vision.size("num_position_embeddings")?,
            patch: vision.size("patch_size")?,
            frames: vision.size("temporal_patch_size")?,
            channels: vision.optional_size("in_channels")?.unwrap_or(3),
            merge: vision.size("spatial_merge_size")?,
        };
        if read.depth > MOST_LAYERS {
            let why = format!("{} blocks are more than {MOST_LAYERS}", read.depth);
            return Err(vision.fail("depth", why));
        }
        if read.out != hidden {
            let why = format!("{} is not the text model's hidden_size of {hidden}", read.out);
            return Err(vision.fail("out_hidden_size", why));
        }
        if read.merge > 64 || read.patch > 4096 || read.frames > 4096 || read.merged() > LARGEST {
            return Err(vision.fail("spatial_merge_size", "patches of this size are absurd"));
        }
        Ok(Some(read))
    }
}
