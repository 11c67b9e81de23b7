//! What a step of one row moves through memory.

use kiln_cache::vocabulary::Arg;

use super::node::{Bind, Held, Pass};
use super::route::{Array, Route, writes};
use super::sizes::Sizes;
use super::tensor::Tensor;
use crate::{Result, operands};

/// Bytes that computing the logits after one token moves between memory and processor: what no cache
/// holds from one token to the next. Results between operations are small and do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Weights; of an embedding one row.
    pub weights: u64,
    /// States of linear attention, read and written.
    pub states: u64,
    /// Keys and values of each token before.
    pub each_before: u64,
}

impl Traffic {
    /// Bytes for a token with so many before it.
    pub fn bytes(&self, before: u64) -> u64 {
        self.weights + self.states + self.each_before * before
    }

    /// Adds a pass.
    ///
    /// # Errors
    /// If a size cannot be computed.
    pub(super) fn add(&mut self, pass: Pass, route: &Route<'_>, sizes: &Sizes) -> Result<()> {
        let Some(program) = route.by_rows.first().and_then(|at| route.programs.get(*at)) else {
            return Ok(());
        };
        let arriving = sizes.largest(pass, 1);
        for step in &program.steps {
            let dims = sizes.dims(&step.fixed, &arriving, step.parts);
            for (arg, array) in &step.arrays {
                self.array(arg, array, operands::bytes(arg, &dims)?, step.fixed.get("v"), sizes);
            }
        }
        Ok(())
    }

    fn array(&mut self, arg: &Arg, array: &Array, bytes: u64, rows: Option<&u64>, sizes: &Sizes) {
        match array.bind {
            // The table is looked up, where a head is multiplied by.
            Bind::Weight(Tensor::Embedding) if arg.name == "table" => {
                self.weights += bytes / rows.copied().unwrap_or(1).max(1);
            }
            Bind::Weight(_) => self.weights += bytes,
            Bind::Held(Held::Conv(_) | Held::Delta(_)) => self.states += 2 * bytes / sizes.slots,
            Bind::Held(Held::Keys(_) | Held::Values(_)) if !writes(arg) => {
                self.each_before += bytes / (sizes.pages * sizes.page);
            }
            _ => {}
        }
    }
}
