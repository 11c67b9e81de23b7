//! Weights that all requests of an operation share, as the launches of a model do.

use std::collections::BTreeMap;

use kiln_runtime::device::{BufferId, Device};

/// Copies of each weight, by the name and the bytes of the argument.
#[derive(Default)]
pub(crate) struct Weights(BTreeMap<(String, u64), Vec<BufferId>>);

impl Weights {
    /// The copies of a weight, made where there are none yet.
    ///
    /// # Errors
    /// What `make` returns.
    pub(crate) fn copies(
        &mut self,
        (name, bytes): (&str, u64),
        count: u64,
        mut make: impl FnMut() -> anyhow::Result<BufferId>,
    ) -> anyhow::Result<&[BufferId]> {
        let made = self.0.entry((name.to_owned(), bytes)).or_default();
        while (made.len() as u64) < count {
            made.push(make()?);
        }
        Ok(made)
    }

    /// Frees all copies.
    ///
    /// # Errors
    /// If a kernel has written outside one.
    pub(crate) fn free(self, device: &mut dyn Device) -> anyhow::Result<()> {
        free(device, self.0.values().flatten())
    }
}

/// Frees buffers, all of them even where one is damaged.
///
/// # Errors
/// If a kernel has written outside one.
pub(crate) fn free<'b>(
    device: &mut dyn Device,
    buffers: impl Iterator<Item = &'b BufferId>,
) -> anyhow::Result<()> {
    let mut all = Ok(());
    for buffer in buffers {
        let intact = device.check_red_zones(*buffer);
        device.free(*buffer)?;
        all = all.and(intact);
    }
    Ok(all?)
}
