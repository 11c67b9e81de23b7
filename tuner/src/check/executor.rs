//! Machine code on a device, as the oracle's executor.

use std::fs;
use std::path::{Path, PathBuf};

use kiln_cache::device::{Buffer, Fill, LaunchSpec, ReadTarget, Relocation, Request};
use kiln_cache::vocabulary::{ArgKind, Kernarg};
use kiln_compiler::interpret::Buffers;
use kiln_compiler::oracle::{ExecutionError, Executor, Launch};

use crate::workers::{Device, DeviceError};

/// Runs loaded kernels on a device. Memory travels through files in a directory of its own.
#[derive(Debug)]
pub struct DeviceExecutor<'d> {
    device: &'d mut Device,
    room: PathBuf,
    object: u32,
    kernarg: Kernarg,
    threads: u32,
    lds_bytes: u32,
}

impl<'d> DeviceExecutor<'d> {
    /// An executor of the kernels of a loaded object. `room` is an existing directory in which
    /// it may make files; `kernarg`, `threads` and `lds_bytes` are those of the kernel.
    pub fn new(
        device: &'d mut Device,
        room: &Path,
        object: u32,
        (kernarg, threads, lds_bytes): (Kernarg, u32, u32),
    ) -> Self {
        Self { device, room: room.to_path_buf(), object, kernarg, threads, lds_bytes }
    }

    /// The launch of a kernel whose buffers have the numbers of their parts.
    fn spec(&self, launch: Launch<'_>, offsets: &[u64]) -> Result<LaunchSpec, ExecutionError> {
        let mut block = vec![0; self.kernarg.size as usize];
        let mut relocations = Vec::new();
        for arg in &self.kernarg.args {
            let at = arg.offset as usize;
            if let ArgKind::Buffer { .. } = arg.kind {
                let number = relocations.len() as u32;
                let plus = offsets[number as usize];
                relocations.push(Relocation { at: arg.offset, buffer: number, plus });
                continue;
            }
            let size = launch.dims.get(&arg.name).copied().unwrap_or(0);
            let size = i32::try_from(size)?;
            block[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        let extent = |extent: u64| u32::try_from(extent);
        let [x, y, z] = launch.grid();
        Ok(LaunchSpec {
            object: self.object,
            symbol: launch.program.name.clone(),
            grid: [extent(x)?, extent(y)?, extent(z)?],
            threads: self.threads,
            lds_bytes: self.lds_bytes,
            kernarg: block,
            relocations,
        })
    }

    fn send(&mut self, number: u32, bytes: &[u8]) -> Result<(), ExecutionError> {
        let path = self.room.join(format!("{number}.in"));
        fs::write(&path, bytes)?;
        let (id, fill) = (number, Fill::File { path: path.clone() });
        let buffer = Buffer { id, bytes: bytes.len() as u64, fill, copies: 1, red_zone: 256 };
        let sent = self.device.ask(&Request::Alloc(buffer));
        fs::remove_file(&path)?;
        sent?;
        Ok(())
    }

    fn fetch(&mut self, number: u32, into: &mut [u8]) -> Result<(), ExecutionError> {
        self.device.ask(&Request::CheckRedZones { id: number })?;
        let path = self.room.join(format!("{number}.out"));
        let (bytes, target) = (into.len() as u64, ReadTarget::File(path.clone()));
        let read = Request::Read { id: number, copy: 0, offset: 0, bytes, into: target };
        self.device.ask(&read)?;
        into.copy_from_slice(&fs::read(&path)?);
        Ok(fs::remove_file(&path)?)
    }
}

impl Executor for DeviceExecutor<'_> {
    fn name(&self) -> &str {
        "device"
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let names: Vec<String> =
            launch.program.parts.iter().map(|part| part.name.clone()).collect();
        let mut offsets = Vec::new();
        let mut outcome = Ok(());
        for (number, name) in names.iter().enumerate() {
            let buffer = buffers.get(name).ok_or_else(|| format!("`{name}` has no buffer"))?;
            offsets.push(buffer.offset() as u64);
            let memory = buffer.memory().to_vec();
            outcome = outcome.and_then(|()| self.send(number as u32, &memory));
        }
        if outcome.is_ok() {
            let spec = self.spec(launch, &offsets)?;
            outcome = self.device.ask(&Request::Launch(spec)).map(drop).map_err(Into::into);
        }
        for (number, name) in names.iter().enumerate() {
            if let (Ok(()), Some(buffer)) = (&outcome, buffers.get_mut(name)) {
                outcome = self.fetch(number as u32, buffer.memory_mut());
            }
            match self.device.ask(&Request::Free { id: number as u32 }) {
                Ok(_) | Err(DeviceError::Refused { .. }) => {}
                Err(lost) => return Err(lost.into()),
            }
        }
        outcome
    }
}
