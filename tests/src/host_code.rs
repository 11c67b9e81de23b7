//! Compiled host kernels as an executor of the oracle suites.

use kiln_compiler::compile::Compiled;
use kiln_compiler::interpret::Buffers;
use kiln_compiler::lane::ArgKind;
use kiln_compiler::oracle::{ExecutionError, Executor, Launch};
use kiln_runtime::device::{
    Arguments, BufferId, Device, HostDevice, Launch as DeviceLaunch, Pointer,
};

/// A host kernel on this machine's device.
#[derive(Debug)]
pub struct HostCode {
    device: HostDevice,
    compiled: Compiled,
}

impl HostCode {
    /// Takes a device for a kernel compiled for it.
    ///
    /// # Errors
    /// If the machine has no host device.
    pub fn new(compiled: Compiled) -> Result<HostCode, ExecutionError> {
        Ok(HostCode { device: HostDevice::new()?, compiled })
    }

    /// Copies every buffer, guards included, to the device; the handles by part name.
    fn upload(&mut self, buffers: &Buffers) -> Result<Vec<(String, BufferId)>, ExecutionError> {
        let mut handles = Vec::new();
        for (name, buffer) in buffers.iter() {
            let memory = buffer.memory();
            let id = self.device.alloc(memory.len() as u64, 4096)?;
            self.device.write(id, 0, memory)?;
            handles.push((name.to_owned(), id));
        }
        Ok(handles)
    }

    fn arguments(
        &self,
        launch: &Launch<'_>,
        buffers: &Buffers,
        handles: &[(String, BufferId)],
    ) -> Result<Arguments, ExecutionError> {
        let lane = &self.compiled.lane;
        let mut bytes = vec![0; lane.kernarg_bytes.next_multiple_of(8) as usize];
        let mut pointers = Vec::new();
        for arg in &lane.args {
            let at = arg.offset as usize;
            if matches!(arg.kind, ArgKind::Dim) {
                let size = launch.dims.get(&arg.name).copied().unwrap_or(0) as i32;
                bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
                continue;
            }
            let handle = handles.iter().find(|(name, _)| *name == arg.name);
            let (_, buffer) =
                handle.ok_or_else(|| format!("no buffer is called `{}`", arg.name))?;
            let plus = buffers.get(&arg.name).map_or(0, |buffer| buffer.offset()) as u64;
            pointers.push((at, Pointer { buffer: *buffer, plus }));
        }
        Ok(Arguments::new(bytes, pointers)?)
    }
}

impl Executor for HostCode {
    fn name(&self) -> &str {
        "host code"
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let handles = self.upload(buffers)?;
        let arguments = self.arguments(&launch, buffers, &handles)?;
        let object = self.device.load_object(&self.compiled.linked)?;
        let kernel = self.device.kernel(object, &self.compiled.lane.name)?;
        self.device.launch(&DeviceLaunch {
            kernel,
            grid: launch.grid().map(|size| size as u32),
            threads: 1,
            lds_bytes: self.compiled.lane.local_bytes(),
            arguments,
        })?;
        for (name, id) in handles {
            self.device.check_red_zones(id)?;
            if let Some(buffer) = buffers.get_mut(&name) {
                self.device.read(id, 0, buffer.memory_mut())?;
            }
            self.device.free(id)?;
        }
        Ok(self.device.unload_object(object)?)
    }
}
