//! One conversation: what has been made so far, and the answer to each request.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kiln_cache::device::{Info, LaunchSpec, PROTOCOL, ReadTarget, Request, Response};

use super::buffers::{Buffers, save};
use super::failed;
use super::timing;
use crate::device::{Arguments, Device, KernelId, Launch, ObjectId, Pointer};
use crate::{Error, Result};

/// Most bytes that a response carries itself.
const INLINE_LIMIT: u64 = 1 << 20;

/// The state of a conversation.
pub(super) struct Session {
    device: Box<dyn Device>,
    objects: BTreeMap<u32, ObjectId>,
    /// Kernels looked up so far, by object and symbol.
    kernels: BTreeMap<(u32, String), KernelId>,
    buffers: Buffers,
}

impl Session {
    /// A conversation in which nothing has been made yet.
    pub(super) fn new(device: Box<dyn Device>) -> Self {
        let (objects, kernels) = (BTreeMap::new(), BTreeMap::new());
        Self { device, objects, kernels, buffers: Buffers::default() }
    }

    /// Does what is asked and says how it went.
    pub(super) fn answer(&mut self, request: Request) -> Response {
        self.perform(request).unwrap_or_else(|error| failed(&error))
    }

    fn perform(&mut self, request: Request) -> Result<Response> {
        let device = self.device.as_mut();
        let done = match request {
            Request::Hello { protocol } => return self.hello(protocol),
            Request::LoadObject { id, path } => self.load(id, &path),
            Request::UnloadObject { id } => self.unload(id),
            Request::Alloc(buffer) => self.buffers.alloc(device, &buffer),
            Request::Read { id, copy, offset, bytes, into } => {
                return self.read(id, copy, offset, bytes, into);
            }
            Request::CheckRedZones { id } => self.buffers.check_red_zones(device, id),
            Request::Free { id } => self.buffers.free(device, id),
            Request::Launch(spec) => self.launch(&spec),
            Request::Time(plan) => return self.time(&plan),
            Request::Canary => return Ok(figure(device.canary()?.as_secs_f64() * 1e6)),
            Request::BandwidthProbe { threads } => {
                device.use_threads(threads)?;
                return Ok(figure(timing::best_of(|| device.bandwidth())?));
            }
            Request::PeakProbe { peak, threads } => {
                device.use_threads(threads)?;
                return Ok(figure(timing::best_of(|| device.peak(peak))?));
            }
            Request::Shutdown => Ok(()),
        };
        done.map(|()| Response::Ok)
    }

    fn hello(&self, protocol: u32) -> Result<Response> {
        if protocol != PROTOCOL {
            return Err(Error::request(format!(
                "this device process speaks version {PROTOCOL} of the protocol, not {protocol}; \
                 install kiln-tune and kiln-device of the same version"
            )));
        }
        let description = self.device.describe();
        Ok(Response::Info(Info {
            protocol,
            device: description.name.clone(),
            backend: description.backend.to_owned(),
            fingerprint: description.fingerprint.clone(),
            threads: description.threads,
        }))
    }

    fn load(&mut self, id: u32, path: &Path) -> Result<()> {
        if self.objects.contains_key(&id) {
            return Err(Error::request(format!("code object {id} exists already")));
        }
        let bytes = fs::read(path)
            .map_err(|error| Error::Load(format!("cannot read {}: {error}", path.display())))?;
        let object = self.device.load_object(&bytes)?;
        self.objects.insert(id, object);
        Ok(())
    }

    fn unload(&mut self, id: u32) -> Result<()> {
        let object = self.objects.remove(&id).ok_or_else(|| unknown_object(id))?;
        self.kernels.retain(|(of, _), _| *of != id);
        self.device.unload_object(object)
    }

    fn read(
        &self,
        id: u32,
        copy: u32,
        offset: u64,
        bytes: u64,
        into: ReadTarget,
    ) -> Result<Response> {
        let from = self.buffers.copy(id, copy)?;
        match into {
            ReadTarget::File(path) => {
                save(self.device.as_ref(), from, offset, bytes, &path)?;
                Ok(Response::Ok)
            }
            ReadTarget::Inline if bytes <= INLINE_LIMIT => {
                let mut data = vec![0; bytes as usize];
                self.device.read(from, offset, &mut data)?;
                Ok(Response::Data { bytes: data })
            }
            ReadTarget::Inline => {
                let why = format!("{bytes} bytes are too many for a response; read into a file");
                Err(Error::request(why))
            }
        }
    }

    fn launch(&mut self, spec: &LaunchSpec) -> Result<()> {
        let launch = self.resolve(spec)?;
        self.device.use_threads(0)?;
        self.device.launch(&launch)
    }

    fn time(&mut self, plan: &kiln_cache::device::Timing) -> Result<Response> {
        let launches: Result<Vec<Launch>> =
            plan.launches.iter().map(|spec| self.resolve(spec)).collect();
        let us = timing::measure(self.device.as_mut(), &self.buffers, &launches?, plan)?;
        Ok(Response::Samples { us })
    }

    /// Translates ids into handles, looking the symbol up on first use.
    fn resolve(&mut self, spec: &LaunchSpec) -> Result<Launch> {
        let kernel = self.kernel(spec.object, &spec.symbol)?;
        let pointer = |relocation: &kiln_cache::device::Relocation| {
            let buffer = self.buffers.copy(relocation.buffer, 0)?;
            Ok((relocation.at as usize, Pointer { buffer, plus: relocation.plus }))
        };
        let pointers: Result<Vec<_>> = spec.relocations.iter().map(pointer).collect();
        Ok(Launch {
            kernel,
            grid: spec.grid,
            threads: spec.threads,
            lds_bytes: spec.lds_bytes,
            arguments: Arguments::new(spec.kernarg.clone(), pointers?)?,
        })
    }

    fn kernel(&mut self, object: u32, symbol: &str) -> Result<KernelId> {
        let key = (object, symbol.to_owned());
        if let Some(known) = self.kernels.get(&key) {
            return Ok(*known);
        }
        let loaded = *self.objects.get(&object).ok_or_else(|| unknown_object(object))?;
        let kernel = self.device.kernel(loaded, symbol)?;
        self.kernels.insert(key, kernel);
        Ok(kernel)
    }
}

fn figure(value: f64) -> Response {
    Response::Figure { value }
}

fn unknown_object(id: u32) -> Error {
    Error::request(format!("code object {id} is unknown"))
}
