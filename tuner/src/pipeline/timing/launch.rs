//! Buffers and launches of real requests.

use std::collections::BTreeMap;

use kiln_cache::device::{Buffer, Fill, LaunchSpec, Random, Relocation, Request};
use kiln_cache::vocabulary::{ArgKind, Dtype};
use kiln_compiler::dsl::Pick;
use kiln_compiler::oracle::Launch;
use kiln_targets::Target;

use crate::pipeline::{Contender, kernarg};
use crate::workers::{Device, DeviceError};

/// Most bytes that the copies of one operand take together.
const COPIES_LIMIT: u64 = 1 << 30;

/// Most copies of one operand.
const MOST_COPIES: u64 = 256;

/// Operands that are kept cold: weights, and what a layer remembers of a text. A model has other
/// layers read theirs before these are read again.
const COLD: [&str; 4] = ["w.", "state", "keys", "values"];

/// The buffers of one request, shared by all candidates that store an operand alike.
#[derive(Debug)]
pub(super) struct Operands<'t> {
    target: &'t Target,
    /// Buffer numbers by part name and bytes.
    known: BTreeMap<(String, u64), u32>,
    /// Buffers whose copies take turns.
    pub(super) rotating: Vec<u32>,
    cache_bytes: u64,
}

impl<'t> Operands<'t> {
    /// No buffers yet, on a device of that kind with a last cache of this size.
    pub(super) fn new(target: &'t Target, cache_bytes: u64) -> Self {
        Self { target, known: BTreeMap::new(), rotating: Vec::new(), cache_bytes }
    }

    /// The launch of a candidate for these dims, after making the buffers it lacks.
    pub(super) fn launch(
        &mut self,
        device: &mut Device,
        contender: &Contender<'_>,
        dims: &BTreeMap<String, u64>,
        object: u32,
    ) -> Result<LaunchSpec, DeviceError> {
        let program = &contender.point.program;
        let launch = Launch { program, dims };
        let block = kernarg(contender.point).map_err(|why| DeviceError::Lost(why.to_string()))?;
        let mut bytes = vec![0; block.size as usize];
        let (mut relocations, sizes) = (Vec::new(), launch.sizes());
        let operands = crate::pipeline::operand_bytes(program, &sizes);
        let recipe = contender.point.spec.recipe().map_err(DeviceError::Lost)?;
        for arg in &block.args {
            if let ArgKind::Buffer { dtype, part, .. } = &arg.kind {
                let size = operands.get(&arg.name).copied().unwrap_or(0).max(1);
                let integers = recipe.integers(&arg.name, dims, Pick::Typical);
                let fill = integers.map_or(Fill::Random(random(part, *dtype)), Fill::Integers);
                let buffer = self.buffer(device, &arg.name, size, fill)?;
                relocations.push(Relocation { at: arg.offset, buffer, plus: 0 });
            } else {
                let size = dims.get(&arg.name).copied().unwrap_or(0) as i32;
                let at = arg.offset as usize;
                bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
            }
        }
        Ok(LaunchSpec {
            object,
            symbol: program.name.clone(),
            grid: launch.grid().map(|extent| u32::try_from(extent).unwrap_or(u32::MAX)),
            threads: crate::pipeline::threads(program, self.target),
            lds_bytes: contender.code.statics.lds_bytes,
            kernarg: bytes,
            relocations,
        })
    }

    fn buffer(
        &mut self,
        device: &mut Device,
        name: &str,
        bytes: u64,
        fill: Fill,
    ) -> Result<u32, DeviceError> {
        if let Some(known) = self.known.get(&(name.to_owned(), bytes)) {
            return Ok(*known);
        }
        let id = self.known.len() as u32;
        let copies =
            if COLD.iter().any(|cold| name.starts_with(cold)) { self.copies(bytes) } else { 1 };
        device.ask(&Request::Alloc(Buffer { id, bytes, fill, copies, red_zone: 256 }))?;
        self.known.insert((name.to_owned(), bytes), id);
        if copies > 1 {
            self.rotating.push(id);
        }
        Ok(id)
    }

    /// Copies that together exceed the last cache twice.
    fn copies(&self, bytes: u64) -> u32 {
        let wanted = (2 * self.cache_bytes).div_ceil(bytes) + 1;
        wanted.min(COPIES_LIMIT / bytes + 1).clamp(1, MOST_COPIES) as u32
    }

    /// Checks that nothing was written outside any buffer, and frees all.
    pub(super) fn release(self, device: &mut Device) -> Result<(), DeviceError> {
        for id in self.known.into_values() {
            device.ask(&Request::CheckRedZones { id })?;
            device.ask(&Request::Free { id })?;
        }
        Ok(())
    }
}

/// Contents that no arithmetic overflows on.
fn random(part: &str, dtype: Dtype) -> Random {
    let (lo, hi) = match dtype {
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 if part == "scales" => (0.001, 0.02),
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 => (-1.0, 1.0),
        Dtype::I16 => (-1000.0, 1000.0),
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => (0.0, 255.0),
        Dtype::I8 | Dtype::I32 | Dtype::I64 => (-127.0, 127.0),
    };
    Random { seed: dtype.bytes() as u64, dtype, lo, hi }
}
