//! What a pass launches, for those who time it.

use kiln_cache::vocabulary::{Access, Arg, ArgKind, Dims, KernelEntry, Operation};

use super::batch::Batch;
use super::load::LoadedModel;
use super::node::{Bind, Held, Input, Pass};
use super::nodes::{Forms, nodes};
use super::route::Route;
use super::sizes::Arriving;
use crate::device::{Device, Launch};
use crate::operands;
use crate::weights::draw;
use crate::{Error, Result};

/// One launch of a pass, and what it is for.
#[derive(Clone, Debug)]
pub struct Issued<'m> {
    /// What it answers.
    pub operation: &'m Operation,
    /// What the bundle says of the kernel.
    pub entry: &'m KernelEntry,
    /// All dims.
    pub dims: Dims,
    /// Its arrays.
    pub operands: Vec<Operand<'m>>,
    /// The launch itself.
    pub launch: Launch,
}

/// An array that a launch reads or writes.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'m> {
    /// The argument.
    pub arg: &'m Arg,
    /// What it is.
    pub bind: Bind,
    /// Bytes of all of it.
    pub bytes: u64,
}

impl Operand<'_> {
    /// How the kernel uses it.
    pub fn access(&self) -> Access {
        match &self.arg.kind {
            ArgKind::Buffer { access, .. } => *access,
            ArgKind::Dim | ArgKind::F32 => Access::In,
        }
    }
}

impl LoadedModel {
    /// Hands a batch over and lists what a pass launches for it, in order; nothing is computed.
    /// [`Pass::Head`] and what follows it are listed for all rows of the batch, at most 32, and
    /// [`Pass::Histories`] and [`Pass::Commit`] move states on by all rows of a batch of
    /// [`Pass::Verify`], as [`Pass::Follow`] does by as many rows as it has. `forms` says how the
    /// weights are stored, and has to be what the model was loaded with.
    ///
    /// # Errors
    /// As [`LoadedModel::run`].
    pub fn issued(
        &self,
        device: &mut dyn Device,
        forms: &dyn Forms,
        pass: Pass,
        batch: &Batch,
    ) -> Result<Vec<Issued<'_>>> {
        let arriving = match pass {
            Pass::Head | Pass::Largest | Pass::Top => {
                Arriving { m: batch.rows(), b: 1, t: 1, s: 1 }
            }
            Pass::Histories | Pass::Commit(_) => self.stage(device, Pass::Verify, batch)?,
            _ => self.stage(device, pass, batch)?,
        };
        let launches = self.launches(pass, &arriving, 0)?;
        let nodes = nodes(&self.config, forms, &self.serving, pass)?;
        let route = Route::new(&self.table, &nodes, self.serving.act, arriving.m..=arriving.m)?;
        let steps = route.programs.into_iter().flat_map(|program| program.steps);
        let mut issued = Vec::with_capacity(launches.len());
        for (step, launch) in steps.zip(launches) {
            if step.kernel != launch.kernel {
                return Err(Error::request("the model was loaded with weights stored otherwise"));
            }
            let dims = self.sizes.dims(&step.fixed, &arriving, step.parts);
            let operands = step.arrays.iter().map(|(arg, array)| {
                let (arg, bind): (&Arg, Bind) = (arg, array.bind);
                Ok(Operand { arg, bind, bytes: operands::bytes(arg, &dims)? })
            });
            let operands = operands.collect::<Result<_>>()?;
            let (operation, entry) = (step.operation, step.entry);
            issued.push(Issued { operation, entry, dims, operands, launch });
        }
        Ok(issued)
    }

    /// What the host hands over of a batch as one of its inputs.
    pub fn handed_over(&self, batch: &Batch, input: Input) -> Vec<u8> {
        let columns = batch.segments.iter().map(|of| of.pages.len()).max().unwrap_or(1);
        batch.input(input, &self.sizes, columns as u64, &self.ropes())
    }

    /// Fills caches and states with small numbers, as if texts had been computed: for measuring
    /// passes that have a past.
    ///
    /// # Errors
    /// If the device fails.
    pub fn pretend(&self, device: &mut dyn Device) -> Result<()> {
        for (held, (buffer, bytes)) in &self.held {
            let dtype = match held {
                Held::Keys(_) | Held::Values(_) => self.serving.kv.name(),
                Held::DraftKeys(_) | Held::DraftValues(_) => self.serving.kv.name(),
                Held::Conv(_) => self.serving.act.name(),
                Held::Delta(_) => "f32",
                _ => continue,
            };
            draw(device, *buffer, *bytes, dtype)?;
        }
        Ok(())
    }
}
