//! A text of every operation, and of every modifier somewhere, through LLVM's assembler and back.

use std::collections::BTreeSet;

use kiln_sim::isa::{Op, Program};
use object::{Object as _, ObjectSection as _};

use crate::llvm;

/// Instructions as LLVM writes them.
const TEXTS: [&str; 17] = [
    include_str!("texts/scalar.s"),
    include_str!("texts/control.s"),
    include_str!("texts/memory.s"),
    include_str!("texts/vop1.s"),
    include_str!("texts/vop2.s"),
    include_str!("texts/vopc.s"),
    include_str!("texts/vop3.s"),
    include_str!("texts/vop3_long.s"),
    include_str!("texts/vop3_compare.s"),
    include_str!("texts/dpp.s"),
    include_str!("texts/dpp_long.s"),
    include_str!("texts/packed.s"),
    include_str!("texts/dual.s"),
    include_str!("texts/lds.s"),
    include_str!("texts/flat.s"),
    include_str!("texts/global.s"),
    include_str!("texts/scratch.s"),
];

const BUFFERS: &str = include_str!("texts/buffer.s");

fn texts() -> String {
    TEXTS.concat() + BUFFERS
}

/// Assembles instructions and decodes the section that they are in.
pub(crate) fn program(text: &str) -> Program {
    let object = llvm::assemble(text);
    let file = object::File::parse(&object[..]).unwrap();
    Program::new(0, file.section_by_name(".text").unwrap().data().unwrap())
}

#[test]
fn what_llvm_assembles_decodes_and_prints_as_the_same_text() {
    let texts = texts();
    let program = program(&texts);
    assert!(texts.lines().count() > 4000);
    assert_eq!(program.entries().len(), texts.lines().count());
    for (text, entry) in texts.lines().zip(program.entries()) {
        match &entry.inst {
            Ok(inst) => assert_eq!(inst.to_string(), text),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn every_operation_of_the_table_is_among_the_texts() {
    let program = program(&texts());
    let mut seen = BTreeSet::new();
    for entry in program.entries() {
        let inst = entry.inst.as_ref().unwrap();
        seen.insert(inst.op);
        seen.extend(inst.dual.iter().flatten().map(|half| half.op));
    }
    let left = Op::all().iter().filter(|op| !seen.contains(op)).map(|op| op.name());
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn lengths_add_up_to_the_section() {
    let program = program(&texts());
    for pair in program.entries().windows(2) {
        let size = u64::from(pair[0].inst.as_ref().unwrap().size);
        assert_eq!(pair[0].pc + size, pair[1].pc);
        assert!(program.index_of(pair[0].pc + size - 4).is_none() || size == 4);
    }
}
