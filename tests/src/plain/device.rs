//! A device whose kernels are plain loops.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kiln_cache::device::Peak;
use kiln_cache::vocabulary::{Access, Arg, ArgKind, Dims, KernelEntry, Operation};
use kiln_runtime::device::{BufferId, Description, Device, HostDevice, KernelId, Launch, ObjectId};
use kiln_runtime::{Error, Result, operands};
use kiln_targets::{AwqTensor, DType, Format, Scheme, Target, read_element, write_element};

use super::arrays::{Array, Launch as Numbers};
use super::kernels::compute;

/// How often each operation was launched; shared, so that it can be read while the device is another's.
pub type Counts = Arc<Mutex<BTreeMap<Operation, u64>>>;

/// A device that computes the operations of the bundles made here.
#[derive(Debug)]
pub struct PlainDevice {
    /// Has the memory.
    host: HostDevice,
    operations: BTreeMap<String, (Operation, KernelEntry)>,
    symbols: Vec<String>,
    /// Launches so far.
    pub counts: Counts,
    /// Bytes of memory that it says it has.
    pub memory: Option<u64>,
}

impl PlainDevice {
    /// A device for these plain kernels.
    ///
    /// # Panics
    /// If threads cannot be started.
    pub fn new(kernels: Vec<(Operation, KernelEntry)>) -> Self {
        let named = kernels.into_iter().map(|of| (of.1.symbol.clone(), of));
        Self {
            host: HostDevice::new().expect("there should be a processor"),
            operations: named.collect(),
            symbols: Vec::new(),
            counts: Counts::default(),
            memory: None,
        }
    }
}

impl Device for PlainDevice {
    fn describe(&self) -> &Description {
        self.host.describe()
    }

    fn supports(&self, _target: &Target) -> Result<()> {
        Ok(())
    }

    fn load_object(&mut self, _bytes: &[u8]) -> Result<ObjectId> {
        Ok(ObjectId::new(0))
    }

    fn unload_object(&mut self, _object: ObjectId) -> Result<()> {
        Ok(())
    }

    fn kernel(&mut self, _object: ObjectId, symbol: &str) -> Result<KernelId> {
        self.symbols.push(symbol.to_owned());
        Ok(KernelId::new(self.symbols.len() as u32 - 1))
    }

    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId> {
        let buffer = self.host.alloc(bytes, red_zone)?;
        // Memory that nobody wrote holds what no result should depend on.
        self.host.write(buffer, 0, &vec![0xff; bytes as usize])?;
        Ok(buffer)
    }

    fn free(&mut self, buffer: BufferId) -> Result<()> {
        self.host.free(buffer)
    }

    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()> {
        self.host.write(buffer, offset, bytes)
    }

    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()> {
        self.host.read(buffer, offset, into)
    }

    fn check_red_zones(&self, buffer: BufferId) -> Result<()> {
        self.host.check_red_zones(buffer)
    }

    fn available(&self) -> Option<u64> {
        self.memory
    }

    fn use_threads(&mut self, _threads: u32) -> Result<()> {
        Ok(())
    }

    fn launch(&mut self, launch: &Launch) -> Result<()> {
        let symbol = &self.symbols[launch.kernel.number() as usize];
        let (operation, entry) = self.operations[symbol].clone();
        let dims = dims(&entry, launch);
        let mut numbers =
            Numbers { operation: &operation, dims: dims.clone(), arrays: BTreeMap::new() };
        let places = places(&entry, launch);
        for operand in operands_of(&entry) {
            let array = self.array(&operand, &dims, &places)?;
            numbers.arrays.insert(operand.name.to_owned(), array);
        }
        compute(&mut numbers);
        for (arg, (buffer, plus)) in entry.kernarg.args.iter().zip(&places).filter_map(written) {
            let bytes = encoded(arg, &numbers.arrays[&arg.name]);
            self.write(*buffer, *plus, &bytes)?;
        }
        let mut counts = self.counts.lock().expect("nobody should have failed while counting");
        *counts.entry(operation).or_default() += 1;
        Ok(())
    }

    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration> {
        sequence.iter().try_for_each(|launch| self.launch(launch))?;
        Ok(Duration::ZERO)
    }

    fn canary(&mut self) -> Result<Duration> {
        Ok(Duration::ZERO)
    }

    fn bandwidth(&mut self) -> Result<f64> {
        Err(Error::Unsupported("plain loops have no bandwidth".into()))
    }

    fn peak(&mut self, _arithmetic: Peak) -> Result<f64> {
        Err(Error::Unsupported("plain loops have no peak".into()))
    }
}

/// An operand: its name and the arguments that are its parts.
struct Operand<'e> {
    name: &'e str,
    args: Vec<(usize, &'e Arg)>,
}

fn operands_of(entry: &KernelEntry) -> Vec<Operand<'_>> {
    let mut found: Vec<Operand<'_>> = Vec::new();
    for (at, arg) in entry.kernarg.args.iter().enumerate() {
        if !matches!(arg.kind, ArgKind::Buffer { .. }) {
            continue;
        }
        let name = arg.name.split('.').next().unwrap_or_default();
        match found.last_mut().filter(|last| last.name == name) {
            Some(last) => last.args.push((at, arg)),
            None => found.push(Operand { name, args: vec![(at, arg)] }),
        }
    }
    found
}

/// Buffer and offset of each argument; those of dims mean nothing.
fn places(entry: &KernelEntry, launch: &Launch) -> Vec<(BufferId, u64)> {
    let pointers = launch.arguments.pointers();
    let place = |arg: &Arg| {
        let found = pointers.iter().find(|(at, _)| *at == arg.offset as usize);
        found.map_or((BufferId::new(u32::MAX), 0), |(_, of)| (of.buffer, of.plus))
    };
    entry.kernarg.args.iter().map(place).collect()
}

fn dims(entry: &KernelEntry, launch: &Launch) -> Dims {
    let bytes = launch.arguments.bytes();
    let dims = entry.kernarg.args.iter().filter(|arg| arg.kind == ArgKind::Dim);
    let value = |arg: &Arg| {
        let at = arg.offset as usize;
        u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    dims.map(|arg| (arg.name.clone(), u64::from(value(arg)))).collect()
}

fn written<'a>(
    (arg, place): (&'a Arg, &'a (BufferId, u64)),
) -> Option<(&'a Arg, &'a (BufferId, u64))> {
    let ArgKind::Buffer { access, .. } = &arg.kind else { return None };
    (*access != Access::In).then_some((arg, place))
}

fn dtype(arg: &Arg) -> DType {
    let ArgKind::Buffer { format, part, .. } = &arg.kind else { return DType::F32 };
    let format = Format::builtin(format).expect("formats of plain kernels should be built in");
    format.part(part).expect("a plain format should have its part").dtype()
}

fn encoded(arg: &Arg, array: &Array) -> Vec<u8> {
    let dtype = dtype(arg);
    let mut bytes = vec![0; dtype.bytes(array.values.len())];
    for (at, value) in array.values.iter().enumerate() {
        write_element(&mut bytes, dtype, at, dtype.encode(*value as f32));
    }
    bytes
}

impl PlainDevice {
    fn array(
        &self,
        operand: &Operand<'_>,
        dims: &Dims,
        places: &[(BufferId, u64)],
    ) -> Result<Array> {
        let mut parts = Vec::new();
        for (at, arg) in &operand.args {
            let mut bytes = vec![0; operands::bytes(arg, dims)? as usize];
            let (buffer, plus) = places[*at];
            self.read(buffer, plus, &mut bytes)?;
            parts.push(bytes);
        }
        let (_, first) = operand.args[0];
        let shape @ [rows, columns] = operands::shape(first, dims)?;
        let ArgKind::Buffer { format, .. } = &first.kind else { return Ok(Array::default()) };
        let format = Format::builtin(format).expect("the format should be built in");
        let number = |part: usize, at: usize| match dtype(operand.args[part].1) {
            DType::I32 => f64::from(read_element(&parts[part], DType::I32, at) as i32),
            dtype => f64::from(dtype.decode(read_element(&parts[part], dtype, at))),
        };
        let values: Vec<f64> = if format.scheme == Scheme::Plain {
            (0..rows * columns).map(|at| number(0, at)).collect()
        } else if format.scheme == Scheme::Rows {
            // Scales are f32, and so are their products with bytes in what this is compared with.
            let scaled = |at: usize| (number(0, at) as f32 * number(1, at / columns) as f32).into();
            (0..rows * columns).map(scaled).collect()
        } else {
            let tensor = AwqTensor::from_parts(format, &parts, shape, DType::BF16);
            let tensor = tensor.map_err(|error| Error::Request(error.to_string()))?;
            tensor.dequantise().into_iter().map(f64::from).collect()
        };
        Ok(Array { columns, values })
    }
}
