//! Values that single vector operations compute.

use super::*;

/// The bits of a float.
fn f(x: f32) -> u32 {
    x.to_bits()
}

/// Text, words, `v0`, `v1`, `v3`, and the `v2` that the manual asks for; `v2` was 0xaaaa_bbbb.
type Row = (&'static str, &'static [u32], [u32; 3], u32);

fn check(rows: &[Row]) {
    for (text, words, inputs, expected) in rows {
        let got = result(words, *inputs, 0xaaaa_bbbb);
        assert_eq!(got, *expected, "{text} of {inputs:x?}: {got:#x}, expected {expected:#x}");
    }
}

const NAN: u32 = 0x7fc0_0000;
const INF: u32 = 0x7f80_0000;

#[test]
fn conversions_to_integers_saturate_and_make_nan_zero() {
    const I32: &[u32] = &[0x7e04_1100];
    const U32: &[u32] = &[0x7e04_0f00];
    const PK_I16: &[u32] = &[0xd706_0002, 0x0002_0300];
    const I16: &[u32] = &[0x7e04_a700];
    check(&[
        ("v_cvt_i32_f32 v2, v0", I32, [f(3e9), 0, 0], 0x7fff_ffff),
        ("v_cvt_i32_f32 v2, v0", I32, [f(-3e9), 0, 0], 0x8000_0000),
        ("v_cvt_i32_f32 v2, v0", I32, [f(-1.99), 0, 0], u32::MAX),
        ("v_cvt_i32_f32 v2, v0", I32, [NAN, 0, 0], 0),
        ("v_cvt_u32_f32 v2, v0", U32, [f(-1.0), 0, 0], 0),
        ("v_cvt_u32_f32 v2, v0", U32, [f(5e9), 0, 0], u32::MAX),
        ("v_cvt_u32_f32 v2, v0", U32, [INF, 0, 0], u32::MAX),
        ("v_cvt_pk_i16_f32 v2, v0, v1", PK_I16, [f(40000.0), f(-40000.0), 0], 0x8000_7fff),
        ("v_cvt_i16_f16 v2.l, v0.l", I16, [0x7bff, 0, 0], 0xaaaa_7fff),
    ]);
}

#[test]
fn packing_conversions_saturate_and_round_toward_zero() {
    const RTZ: &[u32] = &[0x5e04_0300];
    const I16: &[u32] = &[0xd724_0002, 0x0002_0300];
    const U16: &[u32] = &[0xd723_0002, 0x0002_0300];
    check(&[
        // 1 + 2^-10 - 2^-23 lies just below the f16 after 1; 65519 and 1e9 below and above f16's end.
        ("v_cvt_pk_rtz_f16_f32", RTZ, [0x3f80_1fff, f(-65519.0), 0], 0xfbff_3c00),
        ("v_cvt_pk_rtz_f16_f32", RTZ, [f(1e9), INF, 0], 0x7c00_7bff),
        ("v_cvt_pk_i16_i32", I16, [40000, -40000i32 as u32, 0], 0x8000_7fff),
        ("v_cvt_pk_u16_u32", U16, [70000, 5, 0], 0x0005_ffff),
    ]);
}

#[test]
fn rounding_to_even_and_scaling_are_exact_at_the_edges() {
    const RNDNE: &[u32] = &[0x7e04_4700];
    const LDEXP: &[u32] = &[0xd71c_0002, 0x0002_0300];
    check(&[
        ("v_rndne_f32", RNDNE, [f(0.499_999_97), 0, 0], 0),
        ("v_rndne_f32", RNDNE, [f(8_388_609.0), 0, 0], f(8_388_609.0)),
        ("v_rndne_f32", RNDNE, [f(2.5), 0, 0], f(2.0)),
        ("v_rndne_f32", RNDNE, [f(-0.5), 0, 0], f(-0.0)),
        ("v_ldexp_f32", LDEXP, [f(1.5), 200, 0], INF),
        ("v_ldexp_f32", LDEXP, [f(-1.5), -200i32 as u32, 0], f(-0.0)),
        ("v_ldexp_f32", LDEXP, [1, 149, 0], f(1.0)),
    ]);
}

#[test]
fn products_of_24_bits_ignore_the_high_eight() {
    const I24: &[u32] = &[0x1204_0300];
    const HI24: &[u32] = &[0x1404_0300];
    const U24: &[u32] = &[0x1604_0300];
    const MAD: &[u32] = &[0xd60b_0002, 0x040e_0300];
    check(&[
        ("v_mul_i32_i24", I24, [0x12ff_ffff, 5, 0], -5i32 as u32),
        ("v_mul_hi_i32_i24", HI24, [0x7f80_0000, 0x7f80_0000, 0], 0x4000),
        ("v_mul_u32_u24", U24, [0xffff_ffff, 2, 0], 0x01ff_fffe),
        ("v_mad_u32_u24", MAD, [0x0100_0003, 4, 5], 17),
    ]);
}

#[test]
fn four_bit_offsets_are_sixteenths() {
    const CVT: &[u32] = &[0x7e04_1d00];
    for (bits, expected) in [(0, 0.0), (7, 0.4375), (8, -0.5), (15, -0.0625), (0xf1, 0.0625)] {
        check(&[("v_cvt_off_f32_i4", CVT, [bits, 0, 0], f(expected))]);
    }
}

#[test]
fn clamping_and_halves_work_on_packed_operations() {
    const ADD: &[u32] = &[0xcc0f_c002, 0x1802_0300];
    const ADD_U16: &[u32] = &[0xcc0a_c002, 0x1802_0300];
    const FMA: &[u32] = &[0xcc0e_4a02, 0x140e_0300];
    check(&[
        // 1 + 1 clamps to 1; -1 + 0.5 clamps to 0.
        ("v_pk_add_f16 clamp", ADD, [0xbc00_3c00, 0x3800_3c00, 0], 0x0000_3c00),
        ("v_pk_add_u16 clamp", ADD_U16, [0xffff_0001, 0x0002_0002, 0], 0xffff_0003),
        // op_sel:[1,0,0] op_sel_hi:[0,1,1] swaps the halves of the first; neg_hi:[0,1,0] negates b's high.
        // low: 3 * 5 + 1 = 16; high: 2 * -(7) + 1 = -13.
        ("v_pk_fma_f16", FMA, [0x4200_4000, 0x4700_4500, 0x3c00_3c00], 0xca80_4c00),
    ]);
}

#[test]
fn half_operations_keep_the_other_half() {
    const MOV: &[u32] = &[0x7f04_3900];
    const ADD: &[u32] = &[0x6505_0300];
    const MIXHI: &[u32] = &[0xcc22_0002, 0x040e_0300];
    check(&[
        ("v_mov_b16 v2.h, v0.l", MOV, [0x1234_5678, 0, 0], 0x5678_bbbb),
        ("v_add_f16 v2.h, v0.l, v1.h", ADD, [0x3c00, 0x4000_0000, 0], 0x4200_bbbb),
        ("v_fma_mixhi_f16", MIXHI, [f(2.0), f(3.0), f(1.0)], 0x4700_bbbb),
    ]);
}

#[test]
fn mixed_operands_are_halves_where_selected() {
    // op_sel:[1,0,0] op_sel_hi:[1,0,1]: the high half of v0, v1 whole, the low half of v3.
    const MIX: &[u32] = &[0xcc20_4802, 0x0c0e_0300];
    check(&[("v_fma_mix_f32", MIX, [0x4200_7e00, f(10.0), 0x7e00_3800], f(30.5))]);
}

#[test]
fn selections_of_bytes_bits_and_medians() {
    const PERM: &[u32] = &[0xd644_0002, 0x040e_0300];
    const BFE: &[u32] = &[0xd611_0002, 0x0221_0900];
    const ALIGN: &[u32] = &[0xd616_0002, 0x0212_0300];
    const MED3: &[u32] = &[0xd61f_0002, 0x040e_0300];
    check(&[
        // Selector bytes from the top: 0xd ones, 0xc zero, 4 the low byte of v0, 8 the sign of byte 1.
        ("v_perm_b32", PERM, [0x0000_0077, 0x0000_8000, 0x0d0c_0408], 0xff00_77ff),
        ("v_bfe_i32 v2, v0, 4, 8", BFE, [0x0000_0ff0, 0, 0], u32::MAX),
        ("v_bfe_i32 v2, v0, 4, 8", BFE, [0x0000_07f0, 0, 0], 0x7f),
        ("v_alignbit_b32 v2, v0, v1, 4", ALIGN, [0xabcd_ef12, 0x3456_789a, 0], 0x2345_6789),
        ("v_med3_f32", MED3, [f(3.0), f(-1.0), f(2.0)], f(2.0)),
        ("v_med3_f32", MED3, [f(3.0), NAN, f(2.0)], f(2.0)),
    ]);
}

#[test]
fn dot_products_take_signs_from_neg_lo_and_saturate() {
    const DOT4: &[u32] = &[0xcc16_4002, 0x3c0e_0300];
    const DOT8: &[u32] = &[0xcc18_c002, 0x7c0e_0300];
    check(&[
        // v0 signed, v1 unsigned: -1 * 255 four times.
        ("v_dot4_i32_iu8", DOT4, [0xffff_ffff, 0xffff_ffff, 20], (20 - 4 * 255i32) as u32),
        ("v_dot8_i32_iu4 clamp", DOT8, [0x8888_8888, 0x8888_8888, 0x7fff_ff00], 0x7fff_ffff),
    ]);
}

#[test]
fn transcendentals_flush_denormals_and_take_turns() {
    const EXP: &[u32] = &[0x7e04_4b00];
    const RCP: &[u32] = &[0x7e04_5500];
    const SIN: &[u32] = &[0x7e04_6b00];
    check(&[
        ("v_exp_f32", EXP, [f(-0.0), 0, 0], f(1.0)),
        ("v_exp_f32", EXP, [f(-127.0), 0, 0], 0),
        ("v_exp_f32", EXP, [f(f32::NEG_INFINITY), 0, 0], 0),
        ("v_rcp_f32", RCP, [f(-2.0), 0, 0], f(-0.5)),
        ("v_rcp_f32", RCP, [f(-0.0), 0, 0], f(f32::NEG_INFINITY)),
        ("v_sin_f32", SIN, [f(0.25), 0, 0], f(1.0)),
        ("v_sin_f32", SIN, [f(f32::MIN), 0, 0], 0),
        ("v_sin_f32", SIN, [INF, 0, 0], 0xffc0_0000),
    ]);
}

#[test]
fn setreg_of_mode_changes_rounding_and_denormals() {
    const UP: &[u32] = &[0xb980_0801, 1, 0x0604_0300];
    const FLUSH: &[u32] = &[0xb980_0901, 0, 0x1004_0300];
    check(&[
        ("round up, v_add_f32", UP, [f(1.0), f(1e-10), 0], f(1.0f32.next_up())),
        ("flush, v_mul_f32", FLUSH, [f(1e-30), f(1e-10), 0], 0),
        ("flush, v_mul_f32", FLUSH, [0x0000_0001, f(1e38), 0], 0),
    ]);
}

#[test]
fn both_halves_of_a_dual_instruction_read_before_they_write() {
    // v_dual_mov_b32 v2, v5 :: v_dual_mov_b32 v5, v2
    let mut bench = Bench::new();
    bench.set(2, |lane| lane as u32).set(5, |lane| 100 + lane as u32);
    bench.run(&[0xca10_0105, 0x0204_0102]).unwrap();
    assert_eq!((bench.get(2)[7], bench.get(5)[7]), (107, 7));
}

#[test]
fn exchanges_of_the_long_encoding_negate_after_exchanging() {
    // v_add_f32_e64_dpp v2, v0, -v1 row_shr:1: lanes 0 and 16 have no source and keep v2.
    let mut bench = Bench::new();
    bench.set(0, |lane| f(lane as f32)).set(1, |_| f(0.5)).set(2, |_| 77);
    bench.run(&[0xd503_0002, 0x4002_02fa, 0xff01_1100]).unwrap();
    let out = bench.get(2);
    assert_eq!([out[0], out[1], out[15], out[16], out[31]], [77, f(-0.5), f(13.5), 77, f(29.5)]);
}

#[test]
fn rows_are_permuted_by_literals_and_scalars() {
    let mut bench = Bench::new();
    bench.set(0, |lane| 100 + lane as u32).set(2, |_| 7);
    // v_permlane16_b32 v2, v0, 0x76543210, 3: lanes 0 to 7 read themselves, 8 lane 3, the others lane 0.
    bench.run(&[0xd65b_0002, 0x020d_ff00, 0x7654_3210]).unwrap();
    let out = bench.get(2);
    assert_eq!([out[5], out[8], out[9], out[16 + 8]], [105, 103, 100, 119]);
    // v_permlanex16_b32 v2, v0, s4, s5, selectors reversed, lane 31 inactive: lane 0 reads it.
    (bench.wave.sgprs[4], bench.wave.sgprs[5]) = (0x89ab_cdef, 0x0123_4567);
    bench.wave.sgprs[EXEC] = 0x7fff_ffff;
    bench.set(2, |_| 7);
    bench.run(&[0xd65c_0002, 0x0014_0900]).unwrap();
    assert_eq!([bench.get(2)[0], bench.get(2)[1], bench.get(2)[16]], [7, 130, 115]);
    // op_sel:[1,0] fetches it all the same.
    bench.run(&[0xd65c_0802, 0x0014_0900]).unwrap();
    assert_eq!(bench.get(2)[0], 131);
}

#[test]
fn indexed_moves_add_m0_and_end_at_v0() {
    let mut bench = Bench::new();
    bench.set(0, |_| 1).set(5, |_| 50);
    bench.wave.sgprs[125] = 5;
    // v_movrels_b32 v2, v0 ; v_movreld_b32 v2, v0
    bench.run(&[0x7e04_8700, 0x7e04_8500]).unwrap();
    assert_eq!((bench.get(2)[0], bench.get(7)[0]), (50, 1));
    bench.wave.sgprs[125] = 1000;
    bench.run(&[0x7e04_8700]).unwrap();
    assert_eq!(bench.get(2)[3], 1);
}

#[test]
fn comparisons_clear_inactive_lanes_and_carries_reach_vcc() {
    let mut bench = Bench::new();
    bench.set(0, |lane| lane as u32).set(1, |_| 9);
    bench.wave.sgprs[EXEC] = 0x0000_ffff;
    bench.wave.sgprs[106] = u32::MAX;
    // v_cmp_gt_i16 vcc_lo, v0.l, v1.l
    bench.run(&[0x7c68_0300]).unwrap();
    assert_eq!(bench.wave.vcc(), 0xfc00);
    // v_add_co_u32 v2, vcc_lo, v0, v1 with v0 = -lane
    bench.set(0, |lane| 0u32.wrapping_sub(lane as u32));
    bench.run(&[0xd700_6a02, 0x0002_0300]).unwrap();
    assert_eq!(bench.wave.vcc(), 0x03fe);
    assert_eq!(bench.get(2)[10], u32::MAX);
}

#[test]
fn lanes_are_read_and_written_whatever_exec_says() {
    let mut bench = Bench::new();
    bench.set(0, |lane| 10 * lane as u32);
    bench.wave.sgprs[EXEC] = 0;
    // v_readlane_b32 s3, v0, 5 ; v_writelane_b32 v2, s3, 31
    bench.run(&[0xd760_0003, 0x0001_0b00, 0xd761_0002, 0x0001_3e03]).unwrap();
    assert_eq!((bench.wave.sgprs[3], bench.get(2)[31], bench.get(2)[30]), (50, 50, 0));
    // v_readfirstlane_b32 s4, v0 reads lane 0 if none is active.
    bench.run(&[0x7e08_0500]).unwrap();
    assert_eq!(bench.wave.sgprs[4], 0);
}
