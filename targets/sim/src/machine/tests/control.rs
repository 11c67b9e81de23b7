//! Jumps, scalar operations, and what stops a wave.

use super::*;

#[test]
fn calls_leave_the_address_after_them() {
    let mut bench = Bench::new();
    bench.set_address(6, BASE + 12);
    // s_swappc_b64 s[4:5], s[6:7] ; s_trap 2 (skipped) ; s_trap 2 ; s_getpc_b64 s[8:9]
    bench.run(&[0xbe84_4906, 0xbf90_0002, 0xbf90_0002, 0xbe88_4700]).unwrap();
    assert_eq!((bench.wave.sgprs[4], bench.wave.sgprs[5]), (BASE as u32 + 4, 0));
    assert_eq!(bench.wave.sgprs[8], BASE as u32 + 16);
    // s_branch 2
    bench.run(&[0xbfa0_0002, 0xbf90_0002, 0xbf90_0002]).unwrap();
}

#[test]
fn scalar_operations_set_the_condition_code() {
    let mut bench = Bench::new();
    let mut run = |words: &[u32], [a, b]: [u32; 2], carry: bool| {
        (bench.wave.sgprs[5], bench.wave.sgprs[6], bench.wave.scc) = (a, b, carry);
        bench.run(words).unwrap();
        (bench.wave.sgprs[4], bench.wave.scc)
    };
    // s_add_u32, s_addc_u32, s_bfe_i32 s4, s5, 0x80004 and s_pack_hl_b32_b16.
    assert_eq!(run(&[0x8004_0605], [u32::MAX, 2], false), (1, true));
    assert_eq!(run(&[0x8204_0605], [u32::MAX, 0], true), (0, true));
    assert_eq!(run(&[0x9384_ff05, 0x8_0004], [0xff0, 0], false), (u32::MAX, true));
    assert_eq!(run(&[0x9a84_0605], [0x1234_5678, 0x9abc], false), (0x9abc_1234, false));
    // s_movk_i32 s4, 0x8000
    assert_eq!(run(&[0xb004_8000], [0, 0], false).0, 0xffff_8000);
}

#[test]
fn saving_exec_replaces_it_and_its_upper_half_stays_zero() {
    let mut bench = Bench::new();
    bench.wave.sgprs[5] = 0xf0;
    // s_and_saveexec_b32 s4, s5
    bench.run(&[0xbe84_2005]).unwrap();
    assert_eq!((bench.wave.sgprs[4], bench.wave.exec(), bench.wave.scc()), (u32::MAX, 0xf0, true));
    // s_mov_b64 exec, -1
    bench.run(&[0xbefe_01c1]).unwrap();
    assert_eq!((bench.wave.exec(), bench.wave.sgpr(127)), (u32::MAX, 0));
    // s_mov_b32 null, s5 leaves NULL zero.
    bench.run(&[0xbefc_0005]).unwrap();
    assert_eq!(bench.wave.sgpr(124), 0);
}

#[test]
fn hardware_registers_are_read_by_field() {
    let mut bench = Bench::new();
    // s_getreg_b32 s4, hwreg(HW_REG_MODE, 4, 4)
    bench.run(&[0xb884_1901]).unwrap();
    assert_eq!(bench.wave.sgprs[4], 0xf);
    // The upper half of the shared base, from SH_MEM_BASES and from src_shared_base.
    bench.run(&[0xb884_7c0f, 0xbe86_01eb]).unwrap();
    assert_eq!(bench.wave.sgprs[4] << 16, bench.wave.sgprs[7]);
    assert_eq!((bench.wave.sgprs[6], bench.wave.sgprs[7]), (0, 0x1000_0000));
}

#[test]
fn clocks_advance_with_what_was_executed() {
    let mut bench = Bench::new();
    // s_getreg_b32 s4, hwreg(HW_REG_SHADER_CYCLES, 0, 20) before and after a hundred instructions.
    let mut words = vec![0xb884_981d];
    words.extend([0xbf80_0000; 100]);
    words.push(0xb885_981d);
    // s_sendmsg_rtn_b64 s[6:7], sendmsg(MSG_RTN_GET_REALTIME)
    words.push(0xbe86_4d83);
    bench.run(&words).unwrap();
    assert!(bench.wave.sgprs[5] >= bench.wave.sgprs[4] + 100);
    assert!(bench.wave.sgprs[6] > 0 && bench.wave.sgprs[7] == 0);
}

#[test]
fn what_cannot_go_on_says_why() {
    let mut bench = Bench::new();
    // s_trap 2; a reserved word; a jump before the code; an endless loop (s_branch -1).
    assert_eq!(bench.stop(&[0xbf90_0002]), Cause::Trap(2));
    assert!(matches!(bench.stop(&[0xffff_ffff]), Cause::Undecodable(_)));
    assert!(matches!(bench.stop(&[0xbfa0_fff0]), Cause::OutsideCode { base: BASE, .. }));
    assert_eq!(bench.stop(&[0xbfa0_ffff]), Cause::Budget(1 << 20));
}

#[test]
fn nops_and_messages_change_nothing() {
    let mut bench = Bench::new();
    let before = (bench.wave.sgprs, bench.get(0));
    // s_nop 0 ; v_nop ; s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)
    bench.run(&[0xbf80_0000, 0x7e00_0000, 0xbfb6_0003]).unwrap();
    assert_eq!((bench.wave.sgprs, bench.get(0)), before);
}

#[test]
fn every_operation_is_executed_or_refused_by_name() {
    use crate::isa::{Op, Unit};
    let refused: Vec<&str> = Op::all()
        .iter()
        .filter(|op| {
            let found = match op.unit() {
                Unit::Valu | Unit::Multiply | Unit::Double | Unit::Trans => {
                    let nothing =
                        ["v_nop", "v_pipeflush"].contains(&op.name()) || **op == Op::VDual;
                    nothing || find_vector(op.name())
                }
                Unit::Wmma => crate::machine::wmma::find(op.name(), false).is_some(),
                Unit::Salu | Unit::SaluFloat => crate::machine::salu::find(op.name()).is_some(),
                Unit::Branch => crate::machine::control::find(op.name()).is_some(),
                Unit::Smem => crate::machine::scalar_memory::find(op.name()).is_some(),
                _ => true,
            };
            !found
        })
        .map(|op| op.name())
        .collect();
    // Returning from a trap handler, and halves of waves of 64 lanes.
    assert_eq!(refused, ["s_subvector_loop_begin", "s_subvector_loop_end", "s_rfe_b64"]);
}

fn find_vector(name: &str) -> bool {
    let words = [0x7e00_0000];
    let inst = crate::isa::decode(&words, 0).unwrap();
    crate::machine::valu::find(name, &inst).is_some()
}

/// Words whose encodings are as likely as those of real programs, and whose fields are anything.
fn random_word(state: &mut u64) -> u32 {
    const PREFIXES: [(u32, u32); 14] = [
        (0x0000_0000, 0x7fff_ffff), // VOP2, VOP1, VOPC
        (0x7e00_0000, 0x01ff_ffff), // VOP1
        (0x7c00_0000, 0x01ff_ffff), // VOPC
        (0x8000_0000, 0x3fff_ffff), // SOP2, SOPK, SOP1, SOPC
        (0xbe80_0000, 0x007f_ffff), // SOP1
        (0xbf00_0000, 0x007f_ffff), // SOPC
        (0xbf80_0000, 0x003f_ffff), // SOPP
        (0xd400_0000, 0x03ff_ffff), // VOP3
        (0xcc00_0000, 0x007f_ffff), // VOP3P
        (0xc800_0000, 0x03ff_ffff), // VOPD
        (0xd800_0000, 0x03ff_ffff), // DS
        (0xdc00_0000, 0x03ff_ffff), // FLAT
        (0xe000_0000, 0x0fff_ffff), // MUBUF, MTBUF
        (0xf400_0000, 0x03ff_ffff), // SMEM
    ];
    let mut next = || {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 32) as u32
    };
    let (prefix, mask) = PREFIXES[next() as usize % PREFIXES.len()];
    if next().is_multiple_of(3) { next() } else { prefix | next() & mask }
}

/// Four instructions that decode, none of which jumps.
fn random_program(state: &mut u64) -> Vec<u32> {
    use crate::isa::Unit;
    let mut words = Vec::new();
    for _ in 0..4 {
        let inst = loop {
            let three: [u32; 3] = std::array::from_fn(|_| random_word(state));
            let Ok(inst) = crate::isa::decode(&three, 0) else { continue };
            if !matches!(inst.op.unit(), Unit::Branch | Unit::End) {
                break three[..usize::from(inst.size) / 4].to_vec();
            }
        };
        words.extend(inst);
    }
    words
}

#[test]
fn random_programs_end_or_stop_with_a_reason() {
    let mut state = 42;
    let mut bench = Bench::new();
    let (mut ended, mut executed) = (0, 0);
    for _ in 0..40_000 {
        let words = random_program(&mut state);
        for register in 0..8 {
            let seed = random_word(&mut state);
            bench.set(register, |lane| seed.rotate_left(lane as u32) >> (seed & 24));
        }
        for register in 0..32 {
            bench.wave.sgprs[register] = random_word(&mut state);
        }
        bench.wave.sgprs[EXEC] = random_word(&mut state);
        bench.wave.executed = 0;
        ended += u32::from(bench.run_within(&words, 200).is_ok());
        executed += bench.wave.executed;
    }
    // The test is only worth something if many programs run.
    assert!(ended > 1000 && executed > 100_000, "{ended} ended, {executed} instructions");
}
