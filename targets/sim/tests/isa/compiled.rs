//! What clang makes of C, at every level of optimisation, against LLVM's disassembler.

use kiln_sim::isa::Program;
use kiln_sim::object::CodeObject;

use crate::llvm;

pub(crate) const KERNELS: [(&str, &str); 5] = [
    ("arithmetic", include_str!("kernels/arithmetic.c")),
    ("control", include_str!("kernels/control.c")),
    ("halves", include_str!("kernels/halves.c")),
    ("matrix", include_str!("kernels/matrix.c")),
    ("memory", include_str!("kernels/memory.c")),
];

#[test]
fn compiled_kernels_disassemble_as_llvm_disassembles_them() {
    let mut count = 0;
    for (name, source) in KERNELS {
        for level in ["-O0", "-O1", "-O2", "-O3"] {
            let file = llvm::compile(source, &[level]);
            let object = CodeObject::parse(&file).unwrap();
            let expected = llvm::disassemble(&file);
            let programs: Vec<Program> = object
                .code()
                .map(|code| Program::new(code.start as u64, &object.image()[code]))
                .collect();
            for (address, text) in &expected {
                let entry = programs.iter().find_map(|program| program.at(*address));
                let entry = entry.unwrap_or_else(|| panic!("{name} {level}: {address:#x}"));
                match &entry.inst {
                    Ok(inst) => assert_eq!(inst.to_string(), *text, "{name} {level}"),
                    Err(error) => panic!("{name} {level}: {text}: {error}"),
                }
            }
            count += expected.len();
        }
    }
    assert!(count > 10_000, "only {count} instructions");
}
