//! Assembly text as an object.

use kiln_targets::Target;

use super::{ObjectError, Tool};

/// Assembles text for a target into a relocatable object, which [`super::link`] makes loadable.
///
/// # Errors
/// If `llvm-mc` is missing or refuses the text.
pub fn assemble(text: &str, target: &Target) -> Result<Vec<u8>, ObjectError> {
    let fail = |error: std::io::Error| ObjectError::Tool {
        program: Tool::Assembler.name().to_owned(),
        message: format!("cannot use a temporary directory: {error}"),
    };
    let room = tempfile::Builder::new().prefix("kiln-mc-").tempdir().map_err(fail)?;
    std::fs::write(room.path().join(TEXT), text).map_err(fail)?;
    let (triple, cpu) = (format!("--triple={}", target.triple), format!("--mcpu={}", target.cpu));
    let arguments = [&triple, &cpu, "--filetype=obj", "-o", OBJECT, TEXT];
    Tool::Assembler.run(room.path(), &arguments)?;
    std::fs::read(room.path().join(OBJECT)).map_err(fail)
}

const TEXT: &str = "text.s";
const OBJECT: &str = "object.o";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::link;

    #[test]
    fn assembled_text_links_and_nonsense_is_refused() {
        let target = Target::builtin("gfx1151").unwrap();
        let text = ".text\n.globl f\nf:\n s_endpgm\n";
        assert!(link(&[&assemble(text, &target).unwrap()], &target).is_ok());
        let error = assemble("no_such_instruction v0", &target).unwrap_err().to_string();
        assert!(error.contains("`llvm-mc` failed"), "{error}");
    }
}
