//! Machine code as text.

use kiln_targets::Target;

use super::{ObjectError, Tool};

/// Disassembles all code of an object for a target, one instruction a line.
///
/// # Errors
/// If `llvm-objdump` is missing or cannot read the object.
pub fn disassemble(object: &[u8], target: &Target) -> Result<String, ObjectError> {
    let fail = |error: std::io::Error| ObjectError::Tool {
        program: Tool::Disassembler.name().to_owned(),
        message: format!("cannot use a temporary directory: {error}"),
    };
    let room = tempfile::Builder::new().prefix("kiln-isa-").tempdir().map_err(fail)?;
    std::fs::write(room.path().join(OBJECT), object).map_err(fail)?;
    let (triple, cpu) = (format!("--triple={}", target.triple), format!("--mcpu={}", target.cpu));
    let text = Tool::Disassembler.run(room.path(), &["--disassemble", &triple, &cpu, OBJECT])?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

const OBJECT: &str = "object";
