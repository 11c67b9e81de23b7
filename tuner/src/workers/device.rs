//! The process that owns the device.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kiln_cache::device::{Failure, Info, PROTOCOL, Request, Response};
use kiln_targets::{Backend, Target};

use super::process::{Death, Process};
use crate::{Error, Result};

/// The executable that owns a device, beside this one.
const SIBLING: &str = "kiln-device";

/// Longest wait for an answer that has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why the device did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// It said so, and goes on.
    #[error("{message}")]
    Refused {
        /// What kind of failure.
        kind: Failure,
        /// What it said.
        message: String,
    },
    /// It is gone.
    #[error("the device process ended ({0})")]
    Lost(String),
    /// It did not answer in time and was ended.
    #[error("the device did not answer in time")]
    TimedOut,
}

/// A conversation with the process that owns the device.
pub struct Device {
    process: Process<Response>,
    info: Info,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Device {
    /// The device that kernels of a target run on, if this machine has it: its own processor for
    /// a host; for a GPU the first one that HIP finds, if it is the target's chip.
    ///
    /// # Errors
    /// If a host's device cannot be started.
    pub fn find(target: &Target) -> Result<Option<Self>> {
        match target.backend {
            Backend::Host => Self::host().map(Some),
            Backend::AmdGpu => Ok(Self::start(&["--device", "hip"]).ok().filter(|device| {
                let chip = device.info.fingerprint.get("chip");
                // HIP adds features to the name, as in `gfx1151:xnack-`.
                chip.and_then(|chip| chip.split(':').next()) == Some(target.name.as_str())
            })),
        }
    }

    /// This machine's processor.
    ///
    /// # Errors
    /// As [`Device::start`].
    pub fn host() -> Result<Self> {
        Self::start(&[])
    }

    /// The executable beside this program, else the one in `PATH`.
    ///
    /// # Errors
    /// If there is none.
    pub fn program() -> Result<PathBuf> {
        let here = std::env::current_exe().ok();
        let beside = here.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = beside.into_iter().chain(std::env::split_paths(&path));
        let found = places.map(|place| place.join(SIBLING)).find(|program| program.is_file());
        found.ok_or_else(|| fail("it is neither beside this program nor in PATH; install it"))
    }

    /// Starts the process and greets it.
    ///
    /// # Errors
    /// If the executable is missing, cannot be started or speaks another version.
    fn start(arguments: &[&str]) -> Result<Self> {
        let program = Self::program()?;
        let process = Process::start(Command::new(&program).args(arguments));
        let process = process.map_err(|error| Error::io("start", &program, error))?;
        let info = Info {
            protocol: 0,
            device: String::new(),
            backend: String::new(),
            fingerprint: Default::default(),
            threads: 1,
        };
        let mut device = Self { process, info };
        match device.ask(&Request::Hello { protocol: PROTOCOL }) {
            Ok(Response::Info(info)) => device.info = info,
            Ok(_) => return Err(fail("it answered a greeting with something else")),
            Err(error) => return Err(fail(&error.to_string())),
        }
        Ok(device)
    }

    /// Who the device is.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// If the device refuses, is gone, or does not answer.
    pub fn ask(&mut self, request: &Request) -> std::result::Result<Response, DeviceError> {
        match self.process.ask(request, PATIENCE) {
            Ok(Response::Error { kind, message }) => Err(DeviceError::Refused { kind, message }),
            Ok(response) => Ok(response),
            Err(Death::TimedOut) => Err(DeviceError::TimedOut),
            Err(Death::Died { message, .. }) => Err(DeviceError::Lost(message)),
        }
    }

    /// A figure that the device measures.
    ///
    /// # Errors
    /// As [`Device::ask`].
    pub fn figure(&mut self, request: &Request) -> std::result::Result<f64, DeviceError> {
        match self.ask(request)? {
            Response::Figure { value } => Ok(value),
            _ => Err(DeviceError::Lost("an answer of the wrong kind".to_owned())),
        }
    }
}

fn fail(why: &str) -> Error {
    Error::invalid(SIBLING, why)
}
