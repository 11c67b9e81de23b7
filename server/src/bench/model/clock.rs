//! How long the launches of a pass take: modelled on the simulator, measured elsewhere.

use std::collections::HashMap;

use kiln_cache::device::Peak;
use kiln_cache::hash::Digest;
use kiln_runtime::Error;
use kiln_runtime::device::{Device, SimDevice};
use kiln_runtime::plan::{Batch, Bind, Issued, LoadedModel};

/// A launch's time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timed {
    /// In microseconds.
    pub(super) us: f64,
    /// The resource that binds it, where that is known.
    pub(super) bound: Option<&'static str>,
}

/// A device with the means to say how long launches take.
pub(super) enum Clock {
    /// Times come from the description of a chip. Launches that differ in nothing but where their
    /// buffers lie, and are handed the same tables, take the same time: that of the first of a pass,
    /// and that of one which queues behind another.
    Modelled { device: Box<SimDevice>, known: HashMap<Digest, [Timed; 2]> },
    /// Times are those of the machine.
    Measured(Box<dyn Device>),
}

/// What the device can do at most, in bytes and operations per second.
pub(super) struct Ceilings {
    pub(super) bandwidth: f64,
    peaks: Vec<(Peak, f64)>,
}

impl Clock {
    /// The device.
    pub(super) fn device(&mut self) -> &mut dyn Device {
        match self {
            Self::Modelled { device, .. } => device.as_mut(),
            Self::Measured(device) => device.as_mut(),
        }
    }

    /// The time of each launch of a pass: measured one by one, modelled as part of the pass, whose
    /// launches queue behind the first.
    pub(super) fn each(
        &mut self,
        model: &LoadedModel,
        batch: &Batch,
        issued: &[Issued<'_>],
    ) -> anyhow::Result<Vec<Timed>> {
        match self {
            Self::Modelled { device, known } => {
                let time = |(at, issued): (usize, &Issued<'_>)| {
                    let [first, queued] = modelled(device, known, model, batch, issued)?;
                    Ok(if at == 0 { first } else { queued })
                };
                issued.iter().enumerate().map(time).collect()
            }
            Self::Measured(device) => {
                let time = |issued: &Issued<'_>| {
                    let us = device.time(&[&issued.launch])?.as_secs_f64() * 1e6;
                    Ok(Timed { us, bound: None })
                };
                issued.iter().map(time).collect()
            }
        }
    }

    /// The time of a whole pass in microseconds.
    pub(super) fn whole(
        &mut self,
        model: &LoadedModel,
        batch: &Batch,
        issued: &[Issued<'_>],
    ) -> anyhow::Result<f64> {
        match self {
            Self::Modelled { .. } => {
                Ok(self.each(model, batch, issued)?.iter().map(|of| of.us).sum())
            }
            Self::Measured(device) => {
                let sequence: Vec<_> = issued.iter().map(|of| &of.launch).collect();
                Ok(device.time(&sequence)?.as_secs_f64() * 1e6)
            }
        }
    }

    /// The device's ceilings; an arithmetic that it cannot be asked for has none.
    pub(super) fn ceilings(&mut self) -> anyhow::Result<Ceilings> {
        let device = self.device();
        let mut peaks = Vec::new();
        for peak in [Peak::Dot4I8, Peak::MatrixI8, Peak::MatrixF16, Peak::FmaF32] {
            match device.peak(peak) {
                Ok(rate) => peaks.push((peak, rate)),
                Err(Error::Unsupported(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Ceilings { bandwidth: device.bandwidth()?, peaks })
    }
}

impl Ceilings {
    /// The peak of an arithmetic.
    pub(super) fn peak(&self, of: Peak) -> Option<f64> {
        self.peaks.iter().find(|(peak, _)| *peak == of).map(|(_, rate)| *rate)
    }
}

fn modelled(
    device: &SimDevice,
    known: &mut HashMap<Digest, [Timed; 2]>,
    model: &LoadedModel,
    batch: &Batch,
    issued: &Issued<'_>,
) -> anyhow::Result<[Timed; 2]> {
    let launch = &issued.launch;
    let mut what = launch.arguments.bytes().to_vec();
    for number in [launch.kernel.number()].into_iter().chain(launch.grid) {
        what.extend(number.to_le_bytes());
    }
    for operand in &issued.operands {
        if let Bind::Input(input) = operand.bind {
            what.extend(model.handed_over(batch, input));
        }
    }
    let key = Digest::of(&what);
    if let Some(timed) = known.get(&key) {
        return Ok(timed.clone());
    }
    let estimate = device.explain(launch)?;
    let bound = Some(estimate.binding.name());
    let timed = [estimate.microseconds, estimate.queued_microseconds].map(|us| Timed { us, bound });
    known.insert(key, timed.clone());
    Ok(timed)
}
