//! The metadata note of an AMDGPU code object (LLVM "User Guide for AMDGPU Backend", code object
//! V5 metadata): MessagePack under note type 32 of owner `AMDGPU`.

use object::read::elf::SectionHeader as _;
use object::{LittleEndian, Object as _};
use rmpv::Value;

use super::ObjectError;
use super::elf::Elf;

const NT_AMDGPU_METADATA: u32 = 32;

/// One argument of a kernel as the loader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgInfo {
    /// Byte offset in the kernarg segment.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// `global_buffer`, `by_value`, `hidden_*`, ...
    pub value_kind: String,
}

/// What the note says of one kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Function name.
    pub name: String,
    /// Name of the descriptor's symbol.
    pub symbol: String,
    /// Vector registers of a lane.
    pub vgprs: u32,
    /// Scalar registers of a wave.
    pub sgprs: u32,
    /// Static local memory in bytes.
    pub lds_bytes: u32,
    /// Private memory of a lane in bytes.
    pub scratch_bytes: u32,
    /// Vector registers spilled.
    pub vgpr_spills: u32,
    /// Scalar registers spilled.
    pub sgpr_spills: u32,
    /// Lanes of a wave.
    pub wavefront_size: u32,
    /// Bytes of the kernarg segment.
    pub kernarg_bytes: u32,
    /// Most lanes of a workgroup.
    pub max_flat_workgroup_size: u32,
    /// Arguments, hidden ones included, in order.
    pub args: Vec<ArgInfo>,
}

/// The target and all kernels that the note of a file names.
pub(super) fn read(elf: &Elf<'_>) -> Result<(String, Vec<Metadata>), ObjectError> {
    let note = find(elf)?;
    let root = rmpv::decode::read_value_with_max_depth(&mut &note[..], MOST_NESTING)
        .map_err(|error| ObjectError::malformed(format!("metadata note: {error}")))?;
    let target = text(&root, "amdhsa.target")?;
    let kernels = list(&root, "amdhsa.kernels")?;
    Ok((target, kernels.iter().map(kernel).collect::<Result<_, _>>()?))
}

const MOST_NESTING: usize = 16;

fn find<'d>(elf: &Elf<'d>) -> Result<&'d [u8], ObjectError> {
    for section in elf.sections() {
        let header = section.elf_section_header();
        let notes = header.notes(LittleEndian, elf.data()).map_err(ObjectError::malformed)?;
        let Some(mut notes) = notes else { continue };
        while let Some(note) = notes.next().map_err(ObjectError::malformed)? {
            if note.name() == b"AMDGPU" && note.n_type(LittleEndian) == NT_AMDGPU_METADATA {
                return Ok(note.desc());
            }
        }
    }
    Err(ObjectError::malformed("no AMDGPU metadata note"))
}

fn kernel(row: &Value) -> Result<Metadata, ObjectError> {
    let args = match field(row, ".args") {
        Some(_) => list(row, ".args")?.iter().map(arg).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    Ok(Metadata {
        name: text(row, ".name")?,
        symbol: text(row, ".symbol")?,
        vgprs: number(row, ".vgpr_count")?,
        sgprs: number(row, ".sgpr_count")?,
        lds_bytes: number(row, ".group_segment_fixed_size")?,
        scratch_bytes: number(row, ".private_segment_fixed_size")?,
        vgpr_spills: number(row, ".vgpr_spill_count")?,
        sgpr_spills: number(row, ".sgpr_spill_count")?,
        wavefront_size: number(row, ".wavefront_size")?,
        kernarg_bytes: number(row, ".kernarg_segment_size")?,
        max_flat_workgroup_size: number(row, ".max_flat_workgroup_size")?,
        args,
    })
}

fn arg(row: &Value) -> Result<ArgInfo, ObjectError> {
    let value_kind = text(row, ".value_kind")?;
    Ok(ArgInfo { offset: number(row, ".offset")?, size: number(row, ".size")?, value_kind })
}

fn field<'v>(map: &'v Value, key: &str) -> Option<&'v Value> {
    let mut entries = map.as_map()?.iter();
    entries.find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
}

fn wanted<'v, T>(
    map: &'v Value,
    key: &str,
    read: impl FnOnce(&'v Value) -> Option<T>,
) -> Result<T, ObjectError> {
    let why = || ObjectError::malformed(format!("metadata note: bad or missing `{key}`"));
    field(map, key).and_then(read).ok_or_else(why)
}

fn text(map: &Value, key: &str) -> Result<String, ObjectError> {
    wanted(map, key, |value| value.as_str().map(str::to_owned))
}

fn number(map: &Value, key: &str) -> Result<u32, ObjectError> {
    wanted(map, key, |value| value.as_u64().and_then(|number| number.try_into().ok()))
}

fn list<'v>(map: &'v Value, key: &str) -> Result<&'v Vec<Value>, ObjectError> {
    wanted(map, key, Value::as_array)
}
