//! `kiln run`: a code object of anybody's on the simulator, with arrays from files.

pub(crate) mod argument;
mod npy;
mod report;

use std::fs;
use std::sync::Arc;

use anyhow::{Context, bail};
use kiln_sim::machine::kernarg::fill_hidden;
use kiln_sim::machine::{Launch, LaunchError, Machine};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::{Arg, ArgKind, CodeObject, KernelInfo};
use kiln_sim::strict::{Finding, Sanitizer};
use kiln_targets::{Backend, Target};

use crate::Found;
use crate::cli::Run;
use crate::output::{print, print_json};
use argument::{Argument, Buffer};
use npy::Array;
use report::{Output, Report};

/// Bytes of a pointer among a kernel's arguments.
const POINTER: u32 = 8;

/// Executes one kernel, writes what it wrote, and prints what was found.
pub(crate) fn run(arguments: &Run) -> anyhow::Result<Found> {
    let path = arguments.object.display();
    let file = fs::read(&arguments.object).with_context(|| format!("cannot read {path}"))?;
    let object = CodeObject::parse(&file).with_context(|| format!("cannot use {path}"))?;
    let target = target(&object, arguments.target.as_deref())?;
    let kernel = kernel(&object, arguments.kernel.as_deref())?;
    let memory = Arc::new(Memory::new());
    let given = arguments.arguments.iter().map(|text| text.parse::<Argument>());
    let given = given.collect::<Result<Vec<_>, _>>()?;
    let (block, buffers) = lay_out(kernel, &given, &memory)?;
    let machine = Machine::new(&target, &object, Arc::clone(&memory))?;
    let mut report = execute(arguments, &target, &machine, kernel, block)?;
    if report.fault.is_none() {
        for buffer in buffers {
            report.outputs.extend(buffer.save(&memory)?);
        }
    }
    if arguments.json {
        print_json(&report)?
    } else {
        print(&report.text())?
    }
    Ok(if report.is_clean() { Found::Nothing } else { Found::Damage })
}

/// The chip that is asked for, else the one that the object was compiled for.
fn target(object: &CodeObject, asked: Option<&str>) -> anyhow::Result<Target> {
    let own = object.target().rsplit('-').next().and_then(|chip| chip.split(':').next());
    let name = asked.or(own.filter(|chip| !chip.is_empty()));
    let Some(name) = name else {
        bail!("the object does not say its chip; name one with --target")
    };
    let target = Target::builtin(name)?;
    match target.backend {
        Backend::AmdGpu => Ok(target),
        Backend::Host => bail!("{name} is not a GPU, which is what the simulator executes"),
    }
}

/// The kernel that is asked for, else the only one.
fn kernel<'o>(object: &'o CodeObject, asked: Option<&str>) -> anyhow::Result<&'o KernelInfo> {
    let names: Vec<&str> = object.kernels().iter().map(|kernel| kernel.name.as_str()).collect();
    let names = names.join(", ");
    match (asked, object.kernels()) {
        (Some(name), _) => object
            .kernel_named(name)
            .with_context(|| format!("the object has no kernel '{name}'; it has {names}")),
        (None, [only]) => Ok(only),
        (None, []) => bail!("the object has no kernel"),
        (None, _) => bail!("the object has several kernels; name one with --kernel: {names}"),
    }
}

/// A buffer in the simulator's memory.
struct Placed<'a> {
    buffer: &'a Buffer,
    array: Array,
    address: u64,
}

impl Placed<'_> {
    /// Writes what is in the buffer now to its file, if it has one.
    fn save(mut self, memory: &Memory) -> anyhow::Result<Option<Output>> {
        let Some(path) = &self.buffer.to else { return Ok(None) };
        if !self.array.bytes.is_empty() {
            memory.read(self.address, &mut self.array.bytes)?;
        }
        self.array.write(path)?;
        let (file, dtype) = (path.display().to_string(), self.array.dtype.to_string());
        Ok(Some(Output { file, shape: self.array.shape, dtype }))
    }
}

/// Puts buffers into memory and everything into an argument block.
fn lay_out<'a>(
    kernel: &KernelInfo,
    given: &'a [Argument],
    memory: &Memory,
) -> anyhow::Result<(Vec<u8>, Vec<Placed<'a>>)> {
    let by_caller = |arg: &&Arg| matches!(arg.kind, ArgKind::ByValue | ArgKind::GlobalBuffer);
    let wanted: Vec<&Arg> = kernel.args.iter().filter(by_caller).collect();
    if wanted.len() != given.len() {
        let (name, wanted, given) = (&kernel.name, describe(&wanted), given.len());
        bail!("{name} takes {wanted}, and {given} arguments are given");
    }
    let (mut block, mut placed) = (vec![0; kernel.kernarg_size as usize], Vec::new());
    for (number, (arg, given)) in wanted.iter().zip(given).enumerate() {
        let bytes = match given {
            Argument::Number(bytes) => bytes.clone(),
            Argument::Buffer(buffer) => {
                let buffer = place(buffer, memory)?;
                let address = buffer.address.to_le_bytes().to_vec();
                placed.push(buffer);
                address
            }
        };
        let at = arg.offset as usize;
        if bytes.len() != arg.size as usize {
            let (size, given) = (arg.size, bytes.len());
            bail!("argument {number} of {} has {size} bytes, not {given}", kernel.name);
        }
        let to = block.get_mut(at..at + bytes.len());
        to.context("the object's arguments lie outside their block")?.copy_from_slice(&bytes);
    }
    Ok((block, placed))
}

fn place<'a>(buffer: &'a Buffer, memory: &Memory) -> anyhow::Result<Placed<'a>> {
    let array = buffer.contents()?;
    let access = if buffer.to.is_some() { Access::ReadWrite } else { Access::Read };
    let size = array.bytes.len().max(1) as u64;
    let address = memory.allocate(&buffer.name, size, access, Storage::Dense)?;
    if !array.bytes.is_empty() {
        memory.write(address, &array.bytes)?;
    }
    Ok(Placed { buffer, array, address })
}

/// `2 arguments (a pointer, 4 bytes n)`
fn describe(args: &[&Arg]) -> String {
    let one = |arg: &&Arg| match (&arg.kind, arg.size) {
        (ArgKind::GlobalBuffer, POINTER) => format!("a pointer {}", arg.name),
        (_, size) => format!("{size} bytes {}", arg.name),
    };
    let all: Vec<String> = args.iter().map(|arg| one(arg).trim_end().to_owned()).collect();
    format!("{} arguments ({})", args.len(), all.join(", "))
}

/// Runs the whole grid.
fn execute(
    arguments: &Run,
    target: &Target,
    machine: &Machine,
    kernel: &KernelInfo,
    mut block: Vec<u8>,
) -> anyhow::Result<Report> {
    fill_hidden(kernel, arguments.grid, arguments.block, arguments.lds, &mut block);
    let launch = Launch::new(&kernel.name, arguments.grid, arguments.block, block);
    let launch = Launch { dynamic_lds: arguments.lds, ..launch };
    let sanitizer = Sanitizer::new(target);
    let done = match arguments.no_strict {
        true => machine.run(&launch, |_| ()),
        false => machine.run(&launch, |_| sanitizer.watch()),
    };
    let (instructions, fault) = match done {
        Ok(stats) => (Some(stats.instructions), None),
        Err(LaunchError::Fault(fault)) => (None, Some(fault.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(Report {
        kernel: kernel.name.clone(),
        target: target.name.clone(),
        grid: arguments.grid,
        block: arguments.block,
        strict: !arguments.no_strict,
        instructions,
        fault,
        findings: sanitizer.report().findings().iter().map(Finding::to_string).collect(),
        outputs: Vec::new(),
    })
}
