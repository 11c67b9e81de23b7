//! The metadata note of a code object (LLVM "User Guide for AMDGPU Backend", code object V5
//! metadata): MessagePack under note type 32 of owner `AMDGPU`.

use object::LittleEndian;
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use rmpv::Value;

use super::ObjectError;
use super::elf::Elf;
use super::kernel::{Arg, ArgKind};

const NT_AMDGPU_METADATA: u32 = 32;

/// A kernel's metadata nests four deep.
const MOST_NESTING: usize = 16;

/// Most bytes of metadata, because its values take several times as much memory.
const MOST_BYTES: usize = 4 << 20;

/// What the note says of one kernel.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) symbol: String,
    pub(super) args: Vec<Arg>,
    pub(super) kernarg_size: u32,
    pub(super) kernarg_align: u32,
    pub(super) max_flat_workgroup_size: u32,
    pub(super) required_workgroup_size: Option<[u32; 3]>,
    pub(super) uniform_workgroup_size: bool,
    pub(super) vgprs: u32,
    pub(super) sgprs: u32,
}

/// The target and all kernels that the notes of a file name.
///
/// A linker that joins several objects leaves a note of each in the file.
pub(super) fn read(elf: &Elf<'_>) -> Result<(String, Vec<Metadata>), ObjectError> {
    let notes = find(elf)?;
    if notes.iter().map(|note| note.len()).sum::<usize>() > MOST_BYTES {
        return Err(ObjectError::unsupported("more than 4 MiB of metadata"));
    }
    let (mut target, mut kernels) = (None, Vec::new());
    for note in &notes {
        let root = rmpv::decode::read_value_with_max_depth(&mut &note[..], MOST_NESTING)
            .map_err(|error| ObjectError::malformed(format!("metadata note: {error}")))?;
        let named = field(&root, "amdhsa.target").and_then(Value::as_str).unwrap_or_default();
        if target.get_or_insert(named.to_owned()) != named {
            return Err(ObjectError::malformed("its parts are compiled for different targets"));
        }
        if let Some(rows) = field(&root, "amdhsa.kernels") {
            let rows = rows.as_array().ok_or_else(|| bad("amdhsa.kernels"))?;
            for row in rows {
                kernels.push(kernel(row)?);
            }
        }
    }
    Ok((target.unwrap_or_default(), kernels))
}

fn find<'d>(elf: &Elf<'d>) -> Result<Vec<&'d [u8]>, ObjectError> {
    let (header, data) = (elf.elf_header(), elf.data());
    let segments = header.program_headers(LittleEndian, data).map_err(ObjectError::malformed)?;
    let mut found = Vec::new();
    for segment in segments {
        let notes = segment.notes(LittleEndian, data).map_err(ObjectError::malformed)?;
        let Some(mut notes) = notes else { continue };
        while let Some(note) = notes.next().map_err(ObjectError::malformed)? {
            if note.name() == b"AMDGPU" && note.n_type(LittleEndian) == NT_AMDGPU_METADATA {
                found.push(note.desc());
            }
        }
    }
    if found.is_empty() {
        return Err(ObjectError::malformed("no AMDGPU metadata note"));
    }
    Ok(found)
}

fn kernel(row: &Value) -> Result<Metadata, ObjectError> {
    let args = match field(row, ".args") {
        Some(rows) => {
            let rows = rows.as_array().ok_or_else(|| bad(".args"))?;
            rows.iter().map(arg).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let required = field(row, ".reqd_workgroup_size").map(|sizes| {
        let sizes: Option<Vec<u32>> = sizes.as_array()?.iter().map(as_u32).collect();
        sizes?.try_into().ok()
    });
    let required_workgroup_size = match required {
        Some(sizes) => Some(sizes.ok_or_else(|| bad(".reqd_workgroup_size"))?),
        None => None,
    };
    let uniform = field(row, ".uniform_work_group_size").and_then(Value::as_u64);
    Ok(Metadata {
        name: text(row, ".name")?,
        symbol: text(row, ".symbol")?,
        args,
        kernarg_size: number(row, ".kernarg_segment_size")?,
        kernarg_align: number(row, ".kernarg_segment_align")?,
        max_flat_workgroup_size: number(row, ".max_flat_workgroup_size")?,
        required_workgroup_size,
        uniform_workgroup_size: uniform == Some(1),
        vgprs: number(row, ".vgpr_count")?,
        sgprs: number(row, ".sgpr_count")?,
    })
}

fn arg(row: &Value) -> Result<Arg, ObjectError> {
    Ok(Arg {
        name: field(row, ".name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        offset: number(row, ".offset")?,
        size: number(row, ".size")?,
        kind: ArgKind::from_metadata(&text(row, ".value_kind")?),
    })
}

fn field<'v>(map: &'v Value, key: &str) -> Option<&'v Value> {
    let mut entries = map.as_map()?.iter();
    entries.find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
}

fn bad(key: &str) -> ObjectError {
    ObjectError::malformed(format!("metadata note: bad or missing `{key}`"))
}

fn text(map: &Value, key: &str) -> Result<String, ObjectError> {
    field(map, key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| bad(key))
}

fn as_u32(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| number.try_into().ok())
}

fn number(map: &Value, key: &str) -> Result<u32, ObjectError> {
    field(map, key).and_then(as_u32).ok_or_else(|| bad(key))
}
