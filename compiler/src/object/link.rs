//! Linking of relocatable objects into one loadable file.

use kiln_targets::{Backend, Target};

use super::{ObjectError, Tool, elf};

/// Links relocatable objects into a shared object: what HSA loads on a GPU and `dlopen` on a
/// host. Symbols other than exported ones are dropped.
///
/// Equal inputs give equal bytes: no build id, no path and no time goes into the file.
///
/// # Errors
/// If the linker is missing or refuses (an undefined symbol, for example), or an object was made
/// for another kind of machine.
pub fn link(objects: &[&[u8]], target: &Target) -> Result<Vec<u8>, ObjectError> {
    objects.iter().try_for_each(|object| check_machine(object, target))?;
    let room = tempfile::Builder::new().prefix("kiln-link-").tempdir().map_err(room_failed)?;
    let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    for (index, object) in objects.iter().enumerate() {
        let name = format!("{index}.o");
        std::fs::write(room.path().join(&name), object).map_err(room_failed)?;
        arguments.push(name);
    }
    arguments.extend(["-o", LINKED].map(str::to_owned));
    Tool::Linker.run(room.path(), &arguments)?;
    std::fs::read(room.path().join(LINKED)).map_err(room_failed)
}

const LINKED: &str = "linked.so";

const FLAGS: [&str; 6] = [
    "-shared",
    "--no-undefined",
    "--build-id=none",
    "--strip-all",
    "--threads=1",
    "--color-diagnostics=never",
];

fn check_machine(object: &[u8], target: &Target) -> Result<(), ObjectError> {
    let wanted = match target.backend {
        Backend::AmdGpu => object::elf::EM_AMDGPU,
        Backend::Host => object::elf::EM_X86_64,
    };
    let found = elf::machine(&elf::parse(object)?);
    if found == wanted {
        return Ok(());
    }
    let name = &target.name;
    Err(ObjectError::malformed(format!("machine {found}, but {name} is machine {wanted}")))
}

fn room_failed(error: std::io::Error) -> ObjectError {
    ObjectError::Tool {
        program: Tool::Linker.name().to_owned(),
        message: format!("cannot use a temporary directory: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::samples;

    #[test]
    fn linking_twice_gives_equal_bytes_without_paths() {
        let target = Target::builtin("gfx1151").unwrap();
        let object = samples::gpu_relocatable();
        let linked = link(&[&object], &target).unwrap();
        assert_eq!(linked, link(&[&object], &target).unwrap());
        let text = String::from_utf8_lossy(&linked);
        assert!(!text.contains("kiln-link") && !text.contains("/tmp"), "a path leaked");
    }

    #[test]
    fn an_undefined_symbol_and_a_foreign_machine_are_clear_errors() {
        let host = Target::builtin("x86-64-v3").unwrap();
        let object = samples::host_relocatable(samples::HOST_CALLER);
        let error = link(&[&object], &host).unwrap_err().to_string();
        assert!(error.contains("`ld.lld` failed") && error.contains("memcpy"), "{error}");
        let error = link(&[&samples::gpu_relocatable()], &host).unwrap_err().to_string();
        assert!(error.contains("machine 224, but x86-64-v3 is machine 62"), "{error}");
        let error = link(&[b"not an object"], &host).unwrap_err().to_string();
        assert!(error.starts_with("malformed code object"), "{error}");
    }
}
