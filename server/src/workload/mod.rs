//! Operands for one request: random data in the real shapes and formats.

use kiln_cache::device::{Peak, Random};
use kiln_cache::vocabulary::{Access, Arg, ArgKind, Dims, Dtype, Extent, Operation};
use kiln_runtime::device::{BufferId, Device, Launch, Operands};
use kiln_runtime::{Choice, operands};
use kiln_targets::{Format, Scheme};

mod requests;
mod structured;
mod weights;

pub(crate) use requests::{dims, requests};
use structured::structured;
pub(crate) use weights::Weights;
use weights::free;

/// Weights take turns through copies of at least this many times the size of the cache.
const COLD_CACHES: u64 = 8;
/// Most copies of a weight.
const COPY_LIMIT: u64 = 256;
/// Guard bytes around each buffer.
const RED_ZONE: u32 = 256;
/// Value given to every scalar argument, such as the small number in a normalisation.
const SCALAR: f32 = 1e-6;

/// What one request reads and writes, on the device.
pub(crate) struct Workload {
    /// The same launch on each copy of the weights.
    pub(crate) launches: Vec<Launch>,
    /// Bytes that a launch reads and writes at least.
    pub(crate) bytes: u64,
    /// Operations of a launch, a multiply-add counting as two; 0 where memory is what matters.
    pub(crate) operations: u64,
    /// The arithmetic that a launch uses most.
    pub(crate) arithmetic: Option<Peak>,
    buffers: Vec<BufferId>,
}

impl Workload {
    /// Makes and fills the buffers of a request; weights are taken from `shared` where it has them.
    ///
    /// # Errors
    /// If an operand is unknown here, or there is not enough memory. What was made is kept by the
    /// device until it is dropped.
    pub(crate) fn make(
        device: &mut dyn Device,
        operation: &Operation,
        choice: &Choice<'_>,
        shared: &mut Weights,
    ) -> anyhow::Result<Self> {
        let sized = sized_buffers(choice)?;
        let is_weight = |arg: &Arg| is_weight(operation, arg);
        let weight_bytes: u64 = sized.iter().filter(|(arg, _)| is_weight(arg)).map(|s| s.1).sum();
        let copies = copies(weight_bytes, device.describe().cache_bytes);
        let products = operations(operation, &choice.dims);
        let format = choice.rule.inputs.get("x").map(String::as_str);
        let mut workload = Self {
            launches: Vec::new(),
            bytes: sized.iter().map(|(_, bytes)| bytes).sum(),
            operations: products,
            arithmetic: arithmetic(products, format, device.describe().backend == "host"),
            buffers: Vec::new(),
        };
        let mut operands = Operands::default();
        for arg in choice.entry.kernarg.args.iter().filter(|arg| arg.kind == ArgKind::F32) {
            operands.scalars.insert(arg.name.clone(), SCALAR);
        }
        for (arg, bytes) in sized.iter().filter(|(arg, _)| !is_weight(arg)) {
            let buffer = filled(device, arg, *bytes)?;
            if let Some(numbers) = structured(&arg.name, &choice.dims) {
                let numbers: Vec<u8> = numbers.into_iter().flat_map(i32::to_le_bytes).collect();
                device.write(buffer, 0, &numbers)?;
            }
            workload.buffers.push(buffer);
            operands.buffers.insert(arg.name.clone(), buffer.into());
        }
        for copy in 0..copies as usize {
            for (arg, bytes) in sized.iter().filter(|(arg, _)| is_weight(arg)) {
                let make = || filled(device, arg, *bytes);
                let of = shared.copies((&arg.name, *bytes), copies, make)?;
                operands.buffers.insert(arg.name.clone(), of[copy].into());
            }
            workload.launches.push(choice.launch(&operands)?);
        }
        Ok(workload)
    }

    /// Frees the buffers, those of shared weights excepted.
    ///
    /// # Errors
    /// If a kernel has written outside them.
    pub(crate) fn free(&self, device: &mut dyn Device) -> anyhow::Result<()> {
        free(device, self.buffers.iter())
    }
}

/// A new buffer for an argument, with plausible contents.
fn filled(device: &mut dyn Device, arg: &Arg, bytes: u64) -> anyhow::Result<BufferId> {
    let buffer = device.alloc(bytes, RED_ZONE)?;
    fill(device, buffer, arg, bytes)?;
    Ok(buffer)
}

/// Every buffer argument with its size.
fn sized_buffers<'c>(choice: &Choice<'c>) -> anyhow::Result<Vec<(&'c Arg, u64)>> {
    let args = choice.entry.kernarg.args.iter();
    let buffers = args.filter(|arg| matches!(arg.kind, ArgKind::Buffer { .. }));
    let sized = buffers.map(|arg| Ok((arg, operands::bytes(arg, &choice.dims)?)));
    sized.collect()
}

/// Whether an input is as large for every request: it stays in memory between requests, and so is
/// cold when it is used.
fn is_weight(operation: &Operation, arg: &Arg) -> bool {
    let ArgKind::Buffer { shape, access: Access::In, .. } = &arg.kind else { return false };
    shape.iter().flat_map(Extent::dims).all(|dim| operation.dims.contains_key(dim))
}

/// Copies after which the first one has left the cache.
fn copies(weight_bytes: u64, cache_bytes: u64) -> u64 {
    match weight_bytes {
        0 => 1,
        bytes => (COLD_CACHES * cache_bytes).div_ceil(bytes).clamp(1, COPY_LIMIT),
    }
}

/// Multiply-adds of a matrix product, times two; a gate doubles the weights for each output.
pub(crate) fn operations(operation: &Operation, dims: &Dims) -> u64 {
    if !operation.name.starts_with("linear") {
        return 0;
    }
    let sizes = ["m", "n", "k"].map(|dim| dims.get(dim).copied().unwrap_or(0));
    let gated = operation.attributes.get("epilogue").is_some_and(|of| of == "silu_mul");
    sizes.into_iter().fold(if gated { 4 } else { 2 }, u64::saturating_mul)
}

/// The arithmetic of so many operations on activations in a format: products of integers where they
/// are blocks, of floats elsewhere; a GPU makes them with matrix instructions.
pub(crate) fn arithmetic(operations: u64, format: Option<&str>, host: bool) -> Option<Peak> {
    if operations == 0 {
        return None;
    }
    let format = format.and_then(|name| Format::builtin(name).ok());
    Some(match format.map(|format| format.scheme) {
        Some(Scheme::Blocks { .. }) if host => Peak::Dot4I8,
        Some(Scheme::Blocks { .. }) => Peak::MatrixI8,
        _ if host => Peak::FmaF32,
        _ => Peak::MatrixF16,
    })
}

/// Fills an input with plausible random numbers; outputs stay zero.
fn fill(
    device: &mut dyn Device,
    buffer: BufferId,
    arg: &Arg,
    bytes: u64,
) -> kiln_runtime::Result<()> {
    let ArgKind::Buffer { part, dtype, access, .. } = &arg.kind else { return Ok(()) };
    if *access == Access::Out {
        return Ok(());
    }
    kiln_runtime::device::fill(device, buffer, bytes, &random(part, *dtype))
}

/// Scales are small and positive, integers use all their bits, other floats lie around zero.
fn random(part: &str, dtype: Dtype) -> Random {
    let bits = 8 * dtype.bytes() as i32;
    let (lo, hi) = match dtype {
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 if part == "scales" => (0.001, 0.02),
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 => (-1.0, 1.0),
        Dtype::I16 => (-1000.0, 1000.0),
        Dtype::I8 | Dtype::I32 | Dtype::I64 => {
            (-f64::powi(2.0, bits - 1), f64::powi(2.0, bits - 1) - 1.0)
        }
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => (0.0, f64::powi(2.0, bits) - 1.0),
    };
    Random { seed: bits as u64, dtype, lo, hi }
}
