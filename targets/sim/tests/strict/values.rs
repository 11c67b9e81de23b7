//! How far a value that nobody wrote may travel.

use std::fmt::Write as _;

use kiln_sim::strict::Kind;

use crate::harness::{assemble, listing, run};
use crate::kernels::{Kernel, probe};

/// Bodies that leave a result in v2 of every lane: v0 is the lane, v1 four times that, v8 to v15 and s[8:15] hold
/// nothing, s16 is 16. Scratch has 16 bytes a lane, LDS 128 bytes.
const FINE: &[(&str, &str)] = &[
    ("a copy that is overwritten", "v_mov_b32_e32 v2, v8\nv_mov_b32_e32 v2, 1"),
    ("a masked word", "v_and_b32_e32 v2, 0, v8"),
    ("bits shifted out", "v_lshlrev_b32_e32 v2, 32, v8\nv_mov_b32_e32 v2, 0"),
    (
        "the high word of a 64-bit shift",
        "v_mov_b32_e32 v8, 1\nv_lshlrev_b64 v[8:9], 3, v[8:9]\nv_mov_b32_e32 v2, v8",
    ),
    (
        "the high word of a multiply-add",
        "v_mov_b32_e32 v8, 1\nv_mad_u64_u32 v[8:9], null, v0, v0, v[8:9]\nv_mov_b32_e32 v2, v8",
    ),
    ("the side that is not chosen", "s_mov_b32 vcc_lo, -1\nv_cndmask_b32_e32 v2, v8, v0, vcc_lo"),
    ("one half of a register", "v_mov_b16_e32 v8.l, 0\nv_and_b32_e32 v2, 0xffff, v8"),
    (
        "a packed sum of which one half is used",
        "v_mov_b16_e32 v8.h, 1\nv_pk_add_u16 v9, v8, v8\nv_lshrrev_b32_e32 v2, 16, v9",
    ),
    (
        "a mixed operand's other half",
        "v_mov_b16_e32 v8.l, 0\nv_fma_mix_f32 v2, v8, 1.0, 0 op_sel_hi:[1,0,0]",
    ),
    (
        "lanes that are masked",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 1\nv_mov_b32_e32 v2, v0\ns_mov_b32 exec_lo, s17\nv_cmp_eq_u32_e32 vcc_lo, 0, v0\nv_cndmask_b32_e32 v2, 0, v2, vcc_lo",
    ),
    (
        "a register spilled lane by lane",
        "v_writelane_b32 v8, s16, 3\nscratch_store_b32 off, v8, off\nscratch_load_b32 v9, off, off\ns_waitcnt vmcnt(0)\nv_readlane_b32 s17, v9, 3\nv_mov_b32_e32 v2, s17",
    ),
    (
        "a lane that is not read",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 1\nv_mov_b32_e32 v8, 7\ns_mov_b32 exec_lo, s17\nv_readfirstlane_b32 s17, v8\nv_mov_b32_e32 v2, s17",
    ),
    (
        "a lane that lanes do not exchange",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 0xffff\nv_mov_b32_e32 v8, 7\ns_mov_b32 exec_lo, s17\nv_mov_b32_e32 v9, 0\nds_bpermute_b32 v2, v9, v8\ns_waitcnt lgkmcnt(0)",
    ),
    (
        "a row that is shared",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 0x80008\nv_mov_b32_e32 v8, 7\ns_mov_b32 exec_lo, s17\nv_mov_b32_dpp v2, v8 row_share:3 row_mask:0xf bank_mask:0xf",
    ),
    ("both operations of a dual instruction", "v_dual_mov_b32 v2, v0 :: v_dual_mov_b32 v9, v10"),
    ("a swap", "v_mov_b32_e32 v2, v8\nv_mov_b32_e32 v9, v0\nv_swap_b32 v2, v9"),
    ("LDS that is written in part", "ds_store_b8 v1, v0\nds_load_u8 v2, v1\ns_waitcnt lgkmcnt(0)"),
    (
        "a comparison of bits that decide",
        "v_or_b32_e32 v8, 1, v8\nv_cmp_ne_u32_e32 vcc_lo, 0, v8\nv_cndmask_b32_e32 v2, 0, v0, vcc_lo",
    ),
    (
        "a scalar condition with a known bit",
        "s_or_b32 s8, s8, 1\ns_cbranch_scc1 .Lon\n.Lon:\nv_mov_b32_e32 v2, 0",
    ),
    ("an indexed register", "s_mov_b32 m0, 1\nv_mov_b32_e32 v9, v0\nv_movrels_b32_e32 v2, v8"),
    (
        "rows of a matrix that are not used",
        "v_mov_b32_e32 v20, 0\nv_mov_b32_e32 v21, 0\nv_mov_b32_e32 v22, 0\nv_mov_b32_e32 v23, 0\ns_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 0x10001\nv_mov_b32_e32 v8, 0\nv_mov_b32_e32 v9, 0\nv_mov_b32_e32 v10, 0\nv_mov_b32_e32 v11, 0\ns_mov_b32 exec_lo, s17\nv_wmma_i32_16x16x16_iu8 v[24:31], v[8:11], v[20:23], 0\nv_mov_b32_e32 v2, v24\ns_mov_b32 exec_lo, 0xffff",
    ),
];

const WRONG: &[(&str, &str)] = &[
    ("a register", "v_mov_b32_e32 v2, v8"),
    ("a scalar register", "v_mov_b32_e32 v2, s8"),
    ("a bit that a mask lets through", "v_and_b32_e32 v2, 1, v8"),
    ("a bit that a shift leaves", "v_lshlrev_b32_e32 v2, 31, v8"),
    ("the side that is chosen", "s_mov_b32 vcc_lo, 1\nv_cndmask_b32_e32 v2, v8, v0, vcc_lo"),
    ("the condition of a choice", "v_cndmask_b32_e64 v2, v0, v1, s8"),
    ("one half of a register", "v_mov_b16_e32 v8.l, 0\nv_mov_b32_e32 v2, v8"),
    ("an address", "global_load_b32 v2, v8, s[4:5]\ns_waitcnt vmcnt(0)"),
    (
        "a scalar address",
        "s_load_b32 s17, s[8:9], 0x0\ns_waitcnt lgkmcnt(0)\nv_mov_b32_e32 v2, s17",
    ),
    ("a branch", "s_cmp_eq_u32 s8, 0\ns_cbranch_scc1 .Lon\n.Lon:\nv_mov_b32_e32 v2, 0"),
    ("the execution mask by a comparison", "v_mov_b32_e32 v2, 0\nv_cmpx_eq_u32_e32 0, v8"),
    ("the execution mask by a scalar", "v_mov_b32_e32 v2, 0\ns_and_saveexec_b32 s17, s8"),
    ("M0", "v_movrels_b32_e32 v2, v0"),
    ("which lane is read", "v_readlane_b32 s17, v0, s8\nv_mov_b32_e32 v2, s17"),
    (
        "one lane of a register",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, -2\nv_mov_b32_e32 v2, 7\ns_mov_b32 exec_lo, s17",
    ),
    (
        "a lane that lanes exchange",
        "s_mov_b32 s17, exec_lo\ns_mov_b32 exec_lo, 0xffff\nv_mov_b32_e32 v8, 7\ns_mov_b32 exec_lo, s17\nv_mov_b32_e32 v9, 0x7c\nds_bpermute_b32 v2, v9, v8\ns_waitcnt lgkmcnt(0)",
    ),
    ("a byte of LDS", "ds_store_b8 v1, v0\nds_load_b32 v2, v1\ns_waitcnt lgkmcnt(0)"),
    ("a word of scratch", "scratch_load_b32 v2, off, off offset:8\ns_waitcnt vmcnt(0)"),
    (
        "a row of a matrix",
        "v_mov_b32_e32 v20, 0\nv_mov_b32_e32 v21, 0\nv_mov_b32_e32 v22, 0\nv_mov_b32_e32 v23, 0\nv_wmma_i32_16x16x16_iu8 v[24:31], v[8:11], v[20:23], 0\nv_mov_b32_e32 v2, v24",
    ),
    ("one half of a dual instruction", "v_dual_mov_b32 v9, v0 :: v_dual_mov_b32 v2, v11"),
    (
        "the sum of a carry",
        "v_add_co_u32 v9, vcc_lo, v0, v8\nv_add_co_ci_u32_e64 v2, null, 0, 0, vcc_lo",
    ),
];

fn object(kernel: &Kernel, body: &str) -> Vec<u8> {
    let mut text = String::new();
    for line in body.lines() {
        let _ = writeln!(text, "\t{line}");
    }
    assemble(&listing(kernel).replacen("\t.body\n", &text, 1))
}

#[test]
fn values_that_nobody_wrote_may_move_as_long_as_they_decide_nothing() {
    let probe = probe();
    for (what, body) in FINE {
        let outcome = run(&probe, &object(&probe, body), "gfx1151");
        assert!(outcome.report.is_clean(), "{what}: {}", outcome.report);
        assert!(outcome.result.is_ok(), "{what}: {:?}", outcome.result);
    }
}

#[test]
fn values_that_nobody_wrote_are_found_where_they_decide_something() {
    let probe = probe();
    for (what, body) in WRONG {
        let outcome = run(&probe, &object(&probe, body), "gfx1151");
        let found = outcome.report.of(Kind::Uninitialised).count();
        assert!(found > 0, "{what}: {:?} {}", outcome.result, outcome.report);
    }
}
