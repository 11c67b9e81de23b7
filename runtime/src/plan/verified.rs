//! Rows that may be taken back: verified, accepted, and states that move on by those accepted.
//!
//! The convolutions' states move on when rows are accepted. Those of the delta rule are large: they
//! move on while the next rows are verified, where these follow in the same texts, and by a pass of
//! their own where they do not. Until then two passes' rows have to be kept, each in its half.

use std::collections::BTreeMap;

use super::batch::Batch;
use super::load::LoadedModel;
use super::node::{Half, Input, Node, Pass};
use super::route::Route;
use crate::bundle::LaunchTable;
use crate::device::Device;
use crate::{Error, Result};

/// Verified rows of which the first of each segment are accepted, and by which the delta rule's
/// states have yet to move on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    batch: Batch,
    rows: Vec<u64>,
    half: Half,
}

impl Accepted {
    /// Whether the segments of a batch go on after the accepted rows, each where one of them ends
    /// and in the same order.
    pub fn leads_to(&self, batch: &Batch) -> bool {
        let ends = self.batch.segments.iter().zip(&self.rows);
        let ends = ends.map(|(of, rows)| (of.slot, of.past + rows));
        ends.eq(batch.segments.iter().map(|of| (of.slot, of.past)))
    }

    /// The segments as kernels read them: with the accepted rows alone.
    pub(super) fn table(&self) -> Vec<u8> {
        let mut rows = self.rows.iter();
        self.batch.table(|_| rows.next().copied().unwrap_or(0))
    }
}

impl LoadedModel {
    /// Whether the delta rule's states can move on while the next rows are verified: a bundle may
    /// lack the kernels.
    pub fn follows(&self) -> bool {
        self.has(Pass::Follow(Half::First))
    }

    /// Runs the layers over rows that may be taken back, as [`LoadedModel::run`] does over others.
    /// States stay as they are, after moving on by the rows that were accepted before if there are
    /// any. Says where the rows are kept.
    ///
    /// # Errors
    /// If the batch does not go on after these rows, or as [`LoadedModel::run`].
    pub fn verify(
        &self,
        device: &mut dyn Device,
        batch: &Batch,
        before: Option<&Accepted>,
    ) -> Result<Half> {
        if before.is_some_and(|before| !before.leads_to(batch)) {
            return Err(Error::request("the rows do not follow those that were accepted"));
        }
        let pass = before.map_or(Pass::Verify, |before| Pass::Follow(before.half));
        self.run_after(device, pass, batch, before)?;
        Ok(pass.keeps().unwrap_or(Half::First))
    }

    /// Accepts the first rows of each segment of the last verification, which `batch` repeats and
    /// which are kept in `half`. The delta rule's states have to move on by them before anything but
    /// guesses is computed: by [`LoadedModel::verify`] or [`LoadedModel::settle`].
    ///
    /// # Errors
    /// If a segment has fewer rows, or the device fails.
    pub fn accept(
        &self,
        device: &mut dyn Device,
        (batch, half): (&Batch, Half),
        rows: &[u64],
    ) -> Result<Accepted> {
        let mut counts = rows.iter().zip(&batch.segments);
        let fits = counts.all(|(count, of)| *count <= of.tokens.len() as u64);
        if rows.len() != batch.segments.len() || !fits {
            return Err(Error::request("more rows are accepted than there were"));
        }
        if self.config.predicts {
            self.carry(device, batch, rows)?;
        }
        let accepted = Accepted { batch: batch.clone(), rows: rows.to_vec(), half };
        self.move_on(device, Pass::Histories, &accepted)?;
        Ok(accepted)
    }

    /// Moves the delta rule's states on by accepted rows.
    ///
    /// # Errors
    /// If the device fails.
    pub fn settle(&self, device: &mut dyn Device, accepted: &Accepted) -> Result<()> {
        self.move_on(device, Pass::Commit(accepted.half), accepted)
    }

    fn move_on(&self, device: &mut dyn Device, pass: Pass, accepted: &Accepted) -> Result<()> {
        let arriving = accepted.batch.check(Pass::Verify, &self.sizes)?;
        let Some(buffer) = self.inputs.get(&Input::Segments).filter(|_| self.has(pass)) else {
            return Ok(());
        };
        device.write(*buffer, 0, &accepted.table())?;
        device.run(&self.launches(pass, &arriving, 0)?)
    }
}

/// Whether a pass is prepared beside those that are: the second half is of use only where the bundle
/// has the kernels that go from one to the other.
pub(super) fn wanted(
    pass: Pass,
    nodes: &[Node],
    table: &LaunchTable,
    prepared: &BTreeMap<Pass, Route<'_>>,
) -> bool {
    match pass {
        Pass::Follow(_) => nodes.iter().all(|node| table.table(&node.operation).is_ok()),
        Pass::Commit(Half::Second) => prepared.contains_key(&Pass::Follow(Half::First)),
        _ => true,
    }
}
