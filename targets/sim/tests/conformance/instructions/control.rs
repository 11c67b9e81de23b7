//! Branches, calls, waits and what else changes no data.

use super::row::Rows;
use super::wave::Wave;

pub(super) fn rows(r: &mut Rows) {
    branches(r);
    jumps(r);
    loops(r);
    nothing(r);
    registers(r);
}

/// A branch over the instruction that sets s28.
fn branch(r: &mut Rows, op: &str, taken: fn(&Wave) -> bool) {
    let text = format!("s_mov_b32 s28, 1\n{op} 1\ns_mov_b32 s28, 2");
    r.wave(&text, move |w| {
        let value = if taken(w) { 1 } else { 2 };
        w.set_s(28, value);
    })
    .setup(|w, random| {
        if random.below(2) == 0 {
            w.set_vcc(0);
        }
    });
}

fn branches(r: &mut Rows) {
    branch(r, "s_branch", |_| true);
    branch(r, "s_cbranch_scc0", |w| !w.scc());
    branch(r, "s_cbranch_scc1", Wave::scc);
    branch(r, "s_cbranch_vccz", |w| w.vcc() == 0);
    branch(r, "s_cbranch_vccnz", |w| w.vcc() != 0);
    branch(r, "s_cbranch_execz", |w| w.exec() == 0);
    branch(r, "s_cbranch_execnz", |w| w.exec() != 0);
}

fn jumps(r: &mut Rows) {
    // s_getpc gives the address of the next instruction; the last one is 20 bytes on.
    r.wave(
        "s_getpc_b64 s[12:13]\ns_add_u32 s12, s12, 20\ns_addc_u32 s13, s13, 0\n\
         s_mov_b32 s28, 7\ns_setpc_b64 s[12:13]\ns_mov_b32 s28, 9\ns_nop 0",
        |w| {
            w.set_s(28, 7);
            w.set_scc(false);
        },
    );
    // A call and its return: the body lies after the branch over it.
    r.wave(
        "s_branch 2\ns_movk_i32 s28, 0x55\ns_setpc_b64 s[12:13]\ns_movk_i32 s29, 1\n\
         s_call_b64 s[12:13], 65532\ns_addk_i32 s29, 2",
        |w| {
            w.set_s(28, 0x55);
            w.set_s(29, 3);
            w.set_scc(false);
        },
    );
    r.wave(
        "s_branch 2\ns_movk_i32 s28, 0x66\ns_setpc_b64 s[12:13]\ns_getpc_b64 s[14:15]\n\
         s_sub_u32 s14, s14, 12\ns_subb_u32 s15, s15, 0\ns_swappc_b64 s[12:13], s[14:15]\n\
         s_movk_i32 s29, 4",
        |w| {
            w.set_s(28, 0x66);
            w.set_s(29, 4);
            w.set_scc(false);
        },
    );
}

fn loops(r: &mut Rows) {
    r.wave(
        "s_mov_b32 s28, 0\ns_movk_i32 s29, 10\ns_add_i32 s28, s28, s29\n\
         s_addk_i32 s29, 0xffff\ns_cmp_lg_u32 s29, 0\ns_cbranch_scc1 65532",
        |w| {
            w.set_s(28, 55);
            w.set_s(29, 0);
            w.set_scc(false);
        },
    );
}

fn nothing(r: &mut Rows) {
    for text in [
        "s_nop 7",
        "s_sleep 1",
        "s_delay_alu instid0(VALU_DEP_1) | instskip(NEXT) | instid1(SALU_CYCLE_1)",
        "s_clause 0x1\ns_nop 0\ns_nop 0",
        "s_setprio 3",
        "s_wakeup",
        "s_sethalt 0",
        "s_waitcnt vmcnt(0)",
        "s_waitcnt lgkmcnt(3) vmcnt(7)",
        "s_waitcnt_vscnt null, 0x3",
        "s_waitcnt_vmcnt null, 0x0",
        "s_waitcnt_expcnt null, 0x0",
        "s_waitcnt_lgkmcnt null, 0x0",
        "s_waitcnt_depctr 0xfffe",
        "s_wait_idle",
        "s_barrier",
        "s_icache_inv",
        "buffer_gl0_inv",
        "buffer_gl1_inv",
        "s_dcache_inv",
        "s_set_inst_prefetch_distance 0x1",
        "s_decperflevel 1",
        "s_incperflevel 1",
        "s_version 0x2006",
        "s_round_mode 0x0",
        "s_denorm_mode 0xf",
        "v_nop",
        "v_pipeflush",
    ] {
        r.wave(text, |_| ());
    }
}

fn registers(r: &mut Rows) {
    // The mode that the descriptor asks for: all denormals kept, rounding to nearest.
    r.wave("s_getreg_b32 s28, hwreg(HW_REG_MODE, 0, 8)", |w| w.set_s(28, 0xf0));
    r.wave(
        "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0x5\n\
         s_getreg_b32 s28, hwreg(HW_REG_MODE, 0, 8)\n\
         s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0x0",
        |w| w.set_s(28, 0xf5),
    );
    r.wave(
        "s_mov_b32 s29, 0x3\ns_setreg_b32 hwreg(HW_REG_MODE, 4, 2), s29\n\
         s_getreg_b32 s28, hwreg(HW_REG_MODE, 0, 8)",
        |w| {
            w.set_s(29, 3);
            w.set_s(28, 0xf0);
        },
    );
    r.wave("s_round_mode 0xf\ns_getreg_b32 s28, hwreg(HW_REG_MODE, 0, 4)\ns_round_mode 0x0", |w| {
        w.set_s(28, 15)
    });
    r.wave(
        "s_denorm_mode 0x3\ns_getreg_b32 s28, hwreg(HW_REG_MODE, 4, 4)\ns_denorm_mode 0xf",
        |w| w.set_s(28, 3),
    );
    r.wave("s_getreg_b32 s28, hwreg(HW_REG_SHADER_CYCLES, 0, 20)\ns_mov_b32 s28, 0", |w| {
        w.set_s(28, 0);
    });
    r.wave("s_sendmsg_rtn_b64 s[28:29], sendmsg(MSG_RTN_GET_REALTIME)\ns_waitcnt lgkmcnt(0)\ns_mov_b64 s[28:29], 0", |w| {
        w.set_s64(28, 0);
    });
}
