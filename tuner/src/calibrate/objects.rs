//! Code objects from files: linked objects as they are, assembly text assembled and linked.

use std::path::{Path, PathBuf};

use kiln_compiler::object::{assemble, link};
use kiln_sim::object::CodeObject;
use kiln_targets::Target;

use crate::{Error, Result};

/// Reads a code object; a file whose name ends in `.s` is assembled for the target first.
///
/// # Errors
/// If the file cannot be read, assembled or linked, or is no code object.
pub fn read_object(path: &Path, target: &Target) -> Result<CodeObject> {
    let refused = |why: &dyn ToString| Error::invalid(path.display().to_string(), why.to_string());
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let bytes = if path.extension().is_some_and(|extension| extension == "s") {
        let text = String::from_utf8(bytes).map_err(|error| refused(&error))?;
        let object = assemble(&text, target).map_err(|error| refused(&error))?;
        link(&[&object], target).map_err(|error| refused(&error))?
    } else {
        bytes
    };
    CodeObject::parse(&bytes).map_err(|error| refused(&error))
}

/// The file in a folder that holds a kernel's code: the linked object, else the text.
///
/// # Errors
/// If there is neither.
pub fn find_object(folder: &Path, name: &str) -> Result<PathBuf> {
    let candidates = ["hsaco", "s"].map(|extension| folder.join(format!("{name}.{extension}")));
    let found = candidates.iter().find(|path| path.is_file()).cloned();
    found.ok_or_else(|| {
        let why = format!("has neither {name}.hsaco nor {name}.s");
        Error::invalid(format!("--asm {}", folder.display()), why)
    })
}
