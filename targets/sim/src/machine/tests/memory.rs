//! Loads, stores, atomics and exchange through LDS.

use super::*;
use crate::memory::Problem;

#[test]
fn lds_loads_of_halves_keep_the_other_half() {
    let mut bench = Bench::new();
    bench.set(0, |lane| 4 * lane as u32).set(1, |lane| 0x8090_a0b0 + lane as u32);
    bench.set(2, |_| 0x1111_2222);
    // ds_store_b32 v0, v1 ; ds_load_u16_d16 v2, v0 ; ds_load_u8_d16_hi v2, v0 offset:1
    bench.run(&[0xd834_0000, 0x100, 0xda98_0000, 0x200_0000]).unwrap();
    assert_eq!(bench.get(2)[1], 0x1111_a0b1);
    bench.run(&[0xda8c_0001, 0x200_0000]).unwrap();
    assert_eq!(bench.get(2)[1], 0x00a0_a0b1);
}

#[test]
fn unaligned_lds_stores_touch_only_their_bytes() {
    let mut bench = Bench::new();
    bench.wave.sgprs[EXEC] = 1;
    bench.set(0, |_| 0).set(1, |_| 0xddcc_bbaa);
    // ds_store_b32 v0, v1 offset:1 ; ds_store_b16 v0, v1 offset:3 ; ds_load_b128 v[8:11], v0
    bench.run(&[0xd834_0001, 0x100, 0xd87c_0003, 0x100, 0xdbfc_0000, 0x800_0000]).unwrap();
    assert_eq!([bench.get(8)[0], bench.get(9)[0]], [0xaabb_aa00, 0x0000_00bb]);
}

#[test]
fn inactive_lanes_touch_no_lds() {
    let mut bench = Bench::new();
    bench.set(0, |lane| if lane == 3 { 8 } else { 0xffff_0000 }).set(1, |_| 5).set(2, |_| 9);
    bench.wave.sgprs[EXEC] = 1 << 3;
    // ds_store_b32 v0, v1 offset:1 ; ds_load_b32 v2, v0
    bench.run(&[0xd834_0001, 0x100, 0xd8d8_0000, 0x200_0000]).unwrap();
    assert_eq!((bench.get(2)[3], bench.get(2)[4]), (0x500, 9));
}

#[test]
fn lds_beyond_the_group_is_a_fault_of_its_lane() {
    let mut bench = Bench::new();
    bench.set(0, |lane| if lane == 6 { 1022 } else { 0 });
    let stop = bench.run(&[0xd8d8_0000, 0x200_0000]).unwrap_err();
    assert_eq!(stop.lane, Some(6));
    assert_eq!(stop.cause, Cause::Lds { address: 1022, size: 4, limit: 1024 });
}

#[test]
fn two_addresses_count_in_elements_or_64_of_them() {
    let mut bench = Bench::new();
    bench.wave.sgprs[EXEC] = 1;
    bench.set(0, |_| 0).set(1, |_| 11).set(3, |_| 22);
    // ds_store_2addr_stride64_b32 v0, v1, v3 offset0:1 offset1:2
    bench.run(&[0xd83c_0201, 0x3_0100]).unwrap();
    bench.set(0, |_| 252);
    // ds_load_2addr_b32 v[2:3], v0 offset0:1 offset1:3
    bench.run(&[0xd8dc_0301, 0x200_0000]).unwrap();
    assert_eq!((bench.get(2)[0], bench.get(3)[0]), (11, 0));
    bench.set(0, |_| 512);
    bench.run(&[0xd8d8_0000, 0x200_0000]).unwrap();
    assert_eq!(bench.get(2)[0], 22);
}

#[test]
fn lds_atomics_see_the_lanes_below_them() {
    let mut bench = Bench::new();
    bench.set(0, |_| 16).set(1, |_| 10);
    // ds_add_rtn_u32 v2, v0, v1
    bench.run(&[0xd880_0000, 0x200_0100]).unwrap();
    assert_eq!((bench.get(2)[0], bench.get(2)[31]), (0, 310));
    // ds_append v2 offset:8 with three lanes: M0 gives the base.
    bench.wave.sgprs[125] = 8;
    bench.wave.sgprs[EXEC] = 0x700;
    bench.run(&[0xd8f8_0008, 0x200_0000]).unwrap();
    assert_eq!((bench.get(2)[8], bench.get(2)[10], bench.get(2)[11]), (320, 320, 110));
    bench.set(0, |_| 17);
    let cause = bench.stop(&[0xd880_0000, 0x200_0100]);
    assert_eq!(cause, Cause::Misaligned { address: 17, alignment: 4 });
}

#[test]
fn swizzles_follow_their_patterns() {
    let mut bench = Bench::new();
    bench.set(0, |lane| lane as u32);
    let mut swizzle = |words: &[u32]| {
        bench.run(words).unwrap();
        let out = bench.get(2);
        [out[0], out[1], out[5], out[31]]
    };
    // QUAD_PERM,3,2,1,0; SWAP,16; ROTATE,0,3; FFT,0 (bit reversal of five bits).
    assert_eq!(swizzle(&[0xd8d4_801b, 0x200_0000]), [3, 2, 6, 28]);
    assert_eq!(swizzle(&[0xd8d4_401f, 0x200_0000]), [16, 17, 21, 15]);
    assert_eq!(swizzle(&[0xd8d4_c060, 0x200_0000]), [3, 4, 8, 2]);
    assert_eq!(swizzle(&[0xd8d4_e000, 0x200_0000]), [0, 16, 20, 31]);
}

#[test]
fn permutes_push_and_pull_between_active_lanes() {
    let mut bench = Bench::new();
    bench
        .set(0, |lane| 100 + lane as u32)
        .set(1, |lane| 4 * ((lane as u32 + 1) % 32))
        .set(2, |_| 7);
    bench.wave.sgprs[EXEC] = 0x0fff_ffff;
    // ds_bpermute_b32 v2, v1, v0: lane 27 pulls from lane 28, which is inactive.
    bench.run(&[0xdacc_0000, 0x200_0001]).unwrap();
    assert_eq!([bench.get(2)[0], bench.get(2)[27], bench.get(2)[28]], [101, 0, 7]);
    // ds_permute_b32 v2, v1, v0: nobody pushes to lane 0.
    bench.run(&[0xdac8_0000, 0x200_0001]).unwrap();
    assert_eq!([bench.get(2)[0], bench.get(2)[1], bench.get(2)[27]], [0, 100, 126]);
}

#[test]
fn global_accesses_are_unaligned_where_they_like() {
    let mut bench = Bench::new();
    bench.write(0, &(0..64).collect::<Vec<u8>>());
    let buffer = bench.buffer;
    bench.set_address(2, buffer);
    bench.wave.sgprs[EXEC] = 1;
    bench.set(0, |_| 1).set(1, |_| 0xaabb_ccdd);
    // global_load_b96 v[4:6], v0, s[2:3] offset:2
    bench.run(&[0xdc5a_0002, 0x402_0000]).unwrap();
    assert_eq!(
        [bench.get(4)[0], bench.get(5)[0], bench.get(6)[0]],
        [0x0605_0403, 0x0a09_0807, 0x0e0d_0c0b]
    );
    // global_store_b16 v0, v1, s[2:3] offset:1 ; global_store_d16_hi_b8 v0, v1, s[2:3]
    bench.run(&[0xdc66_0001, 0x2_0100, 0xdc92_0000, 0x2_0100]).unwrap();
    assert_eq!(bench.read(0), [0, 0xbb, 0xdd, 0xcc, 4]);
    // global_load_d16_hi_b16 v2, v0, s[2:3]
    bench.set(2, |_| 0x1111_2222);
    bench.run(&[0xdc8e_0000, 0x202_0000]).unwrap();
    assert_eq!(bench.get(2)[0], 0xddbb_2222);
}

#[test]
fn atomics_return_what_was_there_and_ask_for_alignment() {
    let mut bench = Bench::new();
    let buffer = bench.buffer;
    bench.set_address(2, buffer);
    bench.set(0, |_| 8).set(1, |_| 1);
    // global_atomic_add_u32 v2, v0, v1, s[2:3] glc
    bench.run(&[0xdcd6_4000, 0x202_0100]).unwrap();
    assert_eq!((bench.get(2)[0], bench.get(2)[31], bench.read(8)), (0, 31, [32, 0, 0, 0]));
    // global_atomic_cmpswap_b64 v[2:3], v0, v[4:7], s[2:3] glc: only the first lane finds 32.
    bench.set(4, |lane| lane as u32).set(5, |_| 9).set(6, |_| 32).set(7, |_| 0);
    bench.run(&[0xdd0a_4000, 0x202_0400]).unwrap();
    assert_eq!(bench.read(8), [0, 0, 0, 0, 9, 0, 0, 0]);
    assert_eq!((bench.get(2)[1], bench.get(3)[1]), (0, 9));
    bench.set(0, |_| 2);
    let cause = bench.stop(&[0xdcd6_4000, 0x202_0100]);
    assert!(matches!(cause, Cause::Memory(e) if e.problem == Problem::Misaligned { alignment: 4 }));
}

#[test]
fn wild_addresses_are_faults_with_their_lane() {
    let mut bench = Bench::new();
    let buffer = bench.buffer;
    bench.set_address(2, buffer);
    bench.set(0, |lane| 8 * lane as u32 + 9);
    let stop = bench.run(&[0xdc66_0000, 0x2_0100]).unwrap_err();
    assert_eq!(stop.lane, Some(31));
    assert!(matches!(stop.cause, Cause::Memory(e) if e.problem == Problem::Unregistered));
}

#[test]
fn buffers_read_zero_and_drop_stores_beyond_their_records() {
    let mut bench = Bench::new();
    bench.write(0, &[1; 64]);
    let buffer = bench.buffer;
    bench.set_address(8, buffer);
    // Raw: 20 bytes.
    (bench.wave.sgprs[10], bench.wave.sgprs[11]) = (20, 0x3100_4000);
    bench.wave.sgprs[4] = 0;
    bench.set(0, |lane| 4 * lane as u32).set(1, |_| 0xffff_ffff);
    // buffer_load_b64 v[2:3], v0, s[8:11], s4 offen offset:4: lane 3 has its first word only.
    bench.run(&[0xe054_0004, 0x442_0200]).unwrap();
    assert_eq!((bench.get(2)[3], bench.get(3)[2], bench.get(3)[3]), (0x0101_0101, 0x0101_0101, 0));
    assert_eq!(bench.get(2)[4], 0);
    // buffer_store_b32 v1, v0, s[8:11], 0 offen
    bench.run(&[0xe068_0000, 0x8042_0100]).unwrap();
    assert_eq!(bench.read(18), [0xff, 0xff, 1, 1]);
    // Structured: records of 8 bytes, two of them; buffer_load_b32 v2, v0, s[8:11], 0 idxen.
    bench.wave.sgprs[9] |= 8 << 16;
    (bench.wave.sgprs[10], bench.wave.sgprs[11]) = (2, 0);
    bench.set(0, |lane| lane as u32);
    bench.write(8, &[7, 0, 0, 0]);
    bench.run(&[0xe050_0000, 0x8082_0200]).unwrap();
    assert_eq!([bench.get(2)[0], bench.get(2)[1], bench.get(2)[2]], [u32::MAX, 7, 0]);
    // s_buffer_load_b64 s[4:5], s[8:11], 0x10: beyond two records of 8 bytes.
    bench.run(&[0xf424_0104, 0xf800_0010]).unwrap();
    assert_eq!([bench.wave.sgprs[4], bench.wave.sgprs[5]], [0, 0]);
}

#[test]
fn scalar_loads_ignore_the_low_bits_of_addresses() {
    let mut bench = Bench::new();
    bench.write(0, &(0..16).collect::<Vec<u8>>());
    let buffer = bench.buffer;
    bench.set_address(2, buffer);
    // s_load_b64 s[4:5], s[2:3], 0x6
    bench.run(&[0xf404_0101, 0xf800_0006]).unwrap();
    assert_eq!([bench.wave.sgprs[4], bench.wave.sgprs[5]], [0x0706_0504, 0x0b0a_0908]);
}

#[test]
fn flat_addresses_reach_every_memory() {
    let mut bench = Bench::new();
    let buffer = bench.buffer;
    // Even lanes go to LDS, lane 1 to device memory, the other odd ones to private memory.
    let address = |lane: usize| match lane {
        1 => buffer + 4,
        lane if lane % 2 == 0 => 0x1000_0000_0000_0000 + 4 * lane as u64,
        _ => 0x2000_0000_0000_0000 + 8,
    };
    bench.set(4, |lane| address(lane) as u32).set(5, |lane| (address(lane) >> 32) as u32);
    bench.set(1, |lane| 500 + lane as u32);
    // flat_store_b32 v[4:5], v1 ; flat_load_b32 v2, v[4:5]
    bench.run(&[0xdc68_0000, 0x7c_0104, 0xdc50_0000, 0x27c_0004]).unwrap();
    assert_eq!(bench.get(2), std::array::from_fn(|lane| 500 + lane as u32));
    assert_eq!(bench.read(4), 501u32.to_le_bytes());
    // scratch_load_b32 v2, v3, off: each lane has its own; LDS is shared.
    bench.set(3, |_| 8).set(0, |_| 24);
    bench.run(&[0xdc51_0000, 0x2fc_0003]).unwrap();
    assert_eq!([bench.get(2)[3], bench.get(2)[31], bench.get(2)[4]], [503, 531, 0]);
    bench.run(&[0xd8d8_0000, 0x200_0000]).unwrap();
    assert_eq!(bench.get(2)[9], 506);
}

#[test]
fn private_memory_ends_where_the_kernel_said() {
    let mut bench = Bench::new();
    bench.set(3, |_| 61);
    let cause = bench.stop(&[0xdc51_0000, 0x2fc_0003]);
    assert_eq!(cause, Cause::Scratch { address: 61, size: 4, limit: 64 });
}
