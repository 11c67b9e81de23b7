use super::*;
use crate::object::{Descriptor, disassemble, link, read_gpu, samples};
use kiln_targets::Target;

fn printed() -> String {
    let text = samples::gpu_compiled("asm");
    String::from_utf8(text).unwrap()
}

fn linked() -> Vec<u8> {
    link(&[&samples::gpu_compiled("obj")], &gfx1151()).unwrap()
}

fn gfx1151() -> Target {
    Target::builtin("gfx1151").unwrap()
}

#[test]
fn the_steady_loop_of_a_compiled_kernel_is_counted_by_class() {
    let facts = IsaFacts::of(&printed(), "gemm").unwrap();
    let steady = facts.steady.clone().unwrap();
    assert_eq!(steady.depth, 0);
    let expected = [
        (Class::Wmma, 2),
        (Class::Valu, 2),
        (Class::Dot, 0),
        (Class::GlobalLoad, 1),
        (Class::GlobalStore, 0),
        (Class::ScratchLoad, 0),
        (Class::LdsLoad, 2),
        (Class::LdsStore, 1),
        (Class::Barrier, 2),
        (Class::Branch, 1),
    ];
    for (class, count) in expected {
        assert_eq!(steady.count(class), count, "{}", class.name());
    }
    assert_eq!(steady.valu_per_wmma(), Some(1.0));
    assert_eq!(steady.barriers_per_32_k(32), 2.0);
    assert_eq!(steady.global_load_bytes, [(16, 1)].into());
    assert_eq!(steady.lds_load_bytes, [(16, 2)].into());
    assert_eq!(steady.lds_store_bytes, [(16, 1)].into());
    assert_eq!((steady.loads_across_barriers.as_slice(), steady.prefetches()), (&[0, 1][..], 1));
    assert_eq!(steady.waits[0], Wait { vmcnt: Some(0), ..Wait::default() });
    assert_eq!(steady.waits[1], Wait { lgkmcnt: Some(0), ..Wait::default() });
    assert_eq!(facts.code[&Class::GlobalStore], 2);
}

#[test]
fn a_disassembly_tells_the_same_facts_as_the_printed_text() {
    let from_text = IsaFacts::of(&printed(), "gemm").unwrap();
    let mut from_code = IsaFacts::of(&disassemble(&linked(), &gfx1151()).unwrap(), "gemm").unwrap();
    assert_eq!(from_code.steady, from_text.steady);
    // Alignment before the loop is padding in the code and a directive in the text.
    let padding =
        from_code.code.remove(&Class::Other) >= from_text.code.get(&Class::Other).copied();
    let mut code = from_text.code.clone();
    code.remove(&Class::Other);
    assert!(padding);
    assert_eq!(from_code.code, code);
}

#[test]
fn the_reader_agrees_with_the_notes_and_code_that_llvm_shows() {
    let bytes = linked();
    let object = read_gpu(&bytes).unwrap();
    let kernel = object.kernel("gemm").unwrap();
    let notes = samples::llvm("llvm-readelf", &["--notes", "-"], &bytes);
    let notes = String::from_utf8(notes).unwrap();
    let shown = |key: &str| -> u32 {
        let line = notes.lines().find_map(|line| line.trim().strip_prefix(key));
        line.unwrap().trim().parse().unwrap()
    };
    assert_eq!(kernel.metadata.vgprs, shown(".vgpr_count:"));
    assert_eq!(kernel.metadata.sgprs, shown(".sgpr_count:"));
    assert_eq!(kernel.metadata.lds_bytes, shown(".group_segment_fixed_size:"));
    assert_eq!(kernel.metadata.kernarg_bytes, shown(".kernarg_segment_size:"));
    assert_eq!(kernel.metadata.max_flat_workgroup_size, shown(".max_flat_workgroup_size:"));
    assert_eq!(kernel.descriptor.vgprs(), Descriptor::vgprs_for(kernel.metadata.vgprs));
    let text = disassemble(&bytes, &gfx1151()).unwrap();
    let header = format!("{:016x} <gemm>:", kernel.entry);
    assert!(text.contains(&header), "{header} in {text}");
}

#[test]
fn facts_survive_json_and_print_beside_the_references() {
    let facts = IsaFacts::of(&printed(), "gemm").unwrap();
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<IsaFacts>(&json).unwrap(), facts);
    let text = facts.to_string();
    assert!(text.contains("  VALU per WMMA: 1.00\n"), "{text}");
    assert!(text.contains("  global loads: 1 of 16 B\n"), "{text}");
    assert!(text.contains("  barriers: 2, loads in flight across them: 0, 1\n"), "{text}");
    let [first, second] = Figures::references();
    let table = side_by_side(&[Figures::of(&facts, 25, 32), first, second]);
    let expected = "\
kernel                    VGPRs  VALU/WMMA  barriers/32 K  in flight
gemm                         25        1.0            2.0          1
reference mmq_q4_gemm v1    144       22.4            3.0          -
vLLM 0.33 hybrid 128x256    245        8.2              -          -
";
    assert_eq!(table, expected);
    assert_eq!(IsaFacts::of(&printed(), "missing"), None);
}

#[test]
fn a_compiled_host_loop_reads_alike_as_text_and_as_code() {
    let text = String::from_utf8(samples::host_compiled("asm")).unwrap();
    let host = Target::builtin("x86-64-v4").unwrap();
    let shared = link(&[&samples::host_compiled("obj")], &host).unwrap();
    let code = disassemble(&shared, &host).unwrap();
    let facts = HostFacts::of(&text, "dot").unwrap();
    let steady = HostFacts::of(&code, "dot").unwrap().steady;
    assert_eq!(facts.steady, steady);
    let found = steady.unwrap();
    assert_eq!((found.dots, found.fmas, found.loads, found.stores), (1, 1, 3, 1), "{found:?}");
    assert_eq!((found.stack_moves, facts.stack_moves), (0, 0));
    assert!(
        facts.to_string().contains(" 1 dot, 1 fma, 3 loads, 1 stores, 0 prefetches"),
        "{facts}"
    );
}
