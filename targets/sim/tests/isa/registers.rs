//! Which registers instructions read and write, and which counters they bump.

use kiln_sim::isa::{Counters, File, Inst, Side, Spans};

use crate::assembled::program;

fn decoded(text: &str) -> Inst {
    let program = program(text);
    let [entry] = program.entries() else { panic!("{text}: more than one instruction") };
    entry.inst.unwrap()
}

/// The spans in a notation of their own, sorted, each once.
fn shown(spans: &Spans) -> String {
    let mut names: Vec<String> = spans
        .as_slice()
        .iter()
        .map(|span| {
            let file = match span.file {
                File::Sgpr => "s",
                File::Vgpr => "v",
                File::Scc => return "scc".to_owned(),
            };
            let half = match span.half {
                Some(Side::Low) => ".l",
                Some(Side::High) => ".h",
                None => "",
            };
            match span.count {
                1 => format!("{file}{}{half}", span.first),
                count => format!("{file}{}+{count}{half}", span.first),
            }
        })
        .collect();
    names.sort();
    names.dedup();
    names.join(" ")
}

#[test]
fn registers_are_those_that_the_isa_document_names() {
    let rows = [
        ("v_add_f32 v1, s2, v3", "s2 v3", "v1"),
        ("v_add_co_ci_u32 v1, vcc_lo, v2, v3, vcc_lo", "s106 v2 v3", "s106 v1"),
        ("v_cndmask_b32_e32 v1, v2, v3, vcc_lo", "s106 v2 v3", "v1"),
        ("v_cndmask_b32_e64 v1, v2, v3, s5", "s5 v2 v3", "v1"),
        ("v_cmp_lt_f32 vcc_lo, v2, v3", "v2 v3", "s106"),
        ("v_cmpx_lt_f32 v2, v3", "v2 v3", "s126"),
        ("v_fmac_f32 v1, v2, v3", "v1 v2 v3", "v1"),
        ("v_div_fmas_f32 v1, v2, v3, v4", "s106 v2 v3 v4", "v1"),
        ("v_div_scale_f64 v[2:3], vcc_lo, v[4:5], v[6:7], v[8:9]", "v4+2 v6+2 v8+2", "s106 v2+2"),
        ("v_readfirstlane_b32 s4, v7", "v7", "s4"),
        ("v_writelane_b32 v7, s4, 3", "s4 v7", "v7"),
        ("v_movrels_b32 v1, v2", "s125 v2", "v1"),
        ("v_swap_b32 v1, v2", "v1 v2", "v1 v2"),
        ("v_add_f16 v1.h, v2.l, v3.h", "v2.l v3.h", "v1.h"),
        ("v_mov_b32_dpp v1, v2 row_shr:1 row_mask:0xf bank_mask:0xf", "v1 v2", "v1"),
        ("v_mov_b32_dpp v1, v2 row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:1", "v2", "v1"),
        ("v_mov_b32_dpp v1, v2 row_shr:1 row_mask:0xf bank_mask:0x3 bound_ctrl:1", "v1 v2", "v1"),
        ("v_wmma_i32_16x16x16_iu8 v[0:7], v[8:11], v[12:15], v[16:23]", "v12+4 v16+8 v8+4", "v0+8"),
        ("v_dual_fmac_f32 v0, v4, v2 :: v_dual_mov_b32 v3, v9", "v0 v2 v4 v9", "v0 v3"),
        ("s_add_u32 s1, s2, s3", "s2 s3", "s1 scc"),
        ("s_addc_u32 s1, s2, s3", "s2 s3 scc", "s1 scc"),
        ("s_cselect_b64 s[2:3], s[4:5], 0", "s4+2 scc", "s2+2"),
        ("s_and_saveexec_b32 s1, s2", "s126 s2", "s1 s126 scc"),
        ("s_mov_b64 s[2:3], exec", "s126+2", "s2+2"),
        ("s_mul_i32 s1, s2, s3", "s2 s3", "s1"),
        ("s_load_b128 s[4:7], s[0:1], 0x10", "s0+2", "s4+4"),
        ("s_buffer_load_b32 s4, s[8:11], s3 offset:0x0", "s3 s8+4", "s4"),
        ("s_cbranch_scc1 3", "scc", ""),
        ("s_cbranch_vccnz 3", "s106", ""),
        ("global_load_b128 v[0:3], v[4:5], off", "v4+2", "v0+4"),
        ("global_load_b32 v0, v4, s[6:7]", "s6+2 v4", "v0"),
        ("global_load_d16_hi_b16 v0, v4, s[6:7]", "s6+2 v0 v4", "v0"),
        ("global_store_b64 v4, v[2:3], s[6:7]", "s6+2 v2+2 v4", ""),
        ("global_atomic_add_u32 v4, v2, s[6:7]", "s6+2 v2 v4", ""),
        ("global_atomic_cmpswap_b32 v1, v4, v[2:3], s[6:7] glc", "s6+2 v2+2 v4", "v1"),
        ("scratch_load_b32 v1, off, s3", "s3", "v1"),
        ("ds_store_2addr_b64 v1, v[2:3], v[4:5] offset1:1", "v1 v2+2 v4+2", ""),
        ("ds_load_2addr_b32 v[2:3], v1 offset1:1", "v1", "v2+2"),
        ("ds_append v1", "s125", "v1"),
        ("buffer_load_b64 v[2:3], v1, s[8:11], s4 offen", "s4 s8+4 v1", "v2+2"),
        ("buffer_load_b32 v2, v[4:5], s[8:11], 0 idxen offen", "s8+4 v4+2", "v2"),
        ("buffer_store_b32 v2, off, s[8:11], null", "s8+4 v2", ""),
        ("v_mad_u64_u32 v[0:1], null, v2, v3, v[4:5]", "v2 v3 v4+2", "v0+2"),
    ];
    for (text, reads, writes) in rows {
        let inst = decoded(text);
        assert_eq!(
            (shown(&inst.reads()), shown(&inst.writes())),
            (reads.into(), writes.into()),
            "{text}"
        );
    }
}

#[test]
fn counters_are_those_that_a_wait_would_name() {
    let rows = [
        ("global_load_b32 v0, v[2:3], off", "vm"),
        ("global_store_b32 v[2:3], v0, off", "vs"),
        ("global_atomic_add_u32 v[2:3], v0, off", "vs"),
        ("global_atomic_add_u32 v0, v[2:3], v0, off glc", "vm"),
        ("flat_load_b32 v0, v[2:3]", "vm lgkm"),
        ("flat_store_b32 v[2:3], v0", "vs lgkm"),
        ("scratch_load_b32 v0, off, off", "vm"),
        ("buffer_store_b32 v0, off, s[8:11], 0", "vs"),
        ("ds_load_b32 v0, v1", "lgkm"),
        ("ds_bpermute_b32 v0, v1, v2", "lgkm"),
        ("s_load_b32 s0, s[2:3], 0x4", "lgkm"),
        ("s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)", "lgkm"),
        ("v_add_f32 v0, v1, v2", ""),
        ("buffer_gl0_inv", ""),
        ("s_barrier", ""),
    ];
    for (text, wanted) in rows {
        let Counters { vmcnt, vscnt, lgkmcnt, expcnt } = decoded(text).counters();
        let found = [(vmcnt, "vm"), (vscnt, "vs"), (lgkmcnt, "lgkm"), (expcnt, "exp")];
        let found: Vec<&str> =
            found.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        assert_eq!(found.join(" "), wanted, "{text}");
    }
}

#[test]
fn a_branch_counts_words_from_the_next_instruction() {
    assert_eq!(decoded("s_branch 3").branch_target(0x100), 0x110);
    assert_eq!(decoded("s_branch 65535").branch_target(0x100), 0x100);
}
