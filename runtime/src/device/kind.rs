//! Which devices there are, by name.

use std::fmt;
use std::str::FromStr;

use kiln_targets::Target;

use super::{Device, HipDevice, HostDevice, SimDevice};
use crate::{Error, Result};

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor of this machine.
    Host,
    /// A GPU, through HIP.
    Hip,
    /// The simulator of a target.
    Sim,
}

impl DeviceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Host, Self::Hip, Self::Sim];

    /// The name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Hip => "hip",
            Self::Sim => "sim",
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DeviceKind {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("unknown device '{text}': there are host, hip and sim"))
    }
}

/// Opens a device; `target` names the chip to simulate, and means nothing to the others.
///
/// # Errors
/// If there is no such device here, or no such chip.
pub fn open(kind: DeviceKind, target: Option<&str>) -> Result<Box<dyn Device>> {
    match kind {
        DeviceKind::Host => Ok(Box::new(HostDevice::new()?)),
        DeviceKind::Hip => Ok(Box::new(HipDevice::new()?)),
        DeviceKind::Sim => {
            let needed = "the simulator needs the name of a target";
            let name = target.ok_or_else(|| Error::request(needed))?;
            let target =
                Target::builtin(name).map_err(|error| Error::Unsupported(error.to_string()))?;
            Ok(Box::new(SimDevice::new(target)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back_from_their_names() {
        for kind in DeviceKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("cuda".parse::<DeviceKind>().unwrap_err().contains("host, hip and sim"));
    }

    #[test]
    fn the_simulator_needs_a_gpu_to_simulate() {
        let refused = |target| open(DeviceKind::Sim, target).err().map(|error| error.to_string());
        assert!(refused(None).unwrap().contains("name of a target"));
        assert!(refused(Some("z80")).unwrap().contains("z80"));
        assert!(refused(Some("x86-64-v3")).unwrap().contains("not a GPU"));
    }
}
