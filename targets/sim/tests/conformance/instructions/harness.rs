//! The kernel around a tested instruction, and the block of memory that carries a wave's state.
//!
//! A block holds the vector registers lane by lane, then the scalar ones, then the wave's memory and
//! its LDS. The kernel loads all of them, runs the instructions of a row, and stores all of them back.

use std::fmt::Write as _;

use super::row::{Row, WAVES};
use super::wave::{BYTES, LANES, VGPRS, Wave};
use crate::values::{Kind, Random};

/// Bytes of a block, and where its parts begin.
pub(crate) const BLOCK: usize = 8192;
const SCALARS: usize = 4096;
const MEMORY: usize = 5120;
const LDS: usize = 6144;
/// Bytes of scratch that each lane has.
const SCRATCH: usize = 256;

const BEFORE: &str = "\
  s_load_b64 s[4:5], s[0:1], 0x0
  s_lshl_b32 s6, s2, 13
  s_waitcnt lgkmcnt(0)
  s_add_u32 s4, s4, s6
  s_addc_u32 s5, s5, 0
  s_add_u32 s8, s4, 0x1000
  s_addc_u32 s9, s5, 0
  s_add_u32 s10, s4, 0x1400
  s_addc_u32 s11, s5, 0
  s_load_b512 s[16:31], s[8:9], 0x0
  s_load_b128 s[32:35], s[8:9], 0x40
  s_load_b128 s[36:39], s[8:9], 0x50
  v_lshlrev_b32 v1, 7, v0
  global_load_b128 v[8:11], v1, s[4:5]
  global_load_b128 v[12:15], v1, s[4:5] offset:16
  global_load_b128 v[16:19], v1, s[4:5] offset:32
  global_load_b128 v[20:23], v1, s[4:5] offset:48
  global_load_b128 v[24:27], v1, s[4:5] offset:64
  global_load_b128 v[28:31], v1, s[4:5] offset:80
  global_load_b128 v[32:35], v1, s[4:5] offset:96
  global_load_b128 v[36:39], v1, s[4:5] offset:112
  v_lshlrev_b32 v2, 5, v0
  global_load_b128 v[40:43], v2, s[8:9] offset:2048
  global_load_b128 v[44:47], v2, s[8:9] offset:2064
  s_waitcnt vmcnt(0) lgkmcnt(0)
  ds_store_b128 v2, v[40:43]
  ds_store_b128 v2, v[44:47] offset:16
  s_waitcnt lgkmcnt(0)
  s_barrier
  s_mov_b32 vcc_lo, s32
  s_mov_b32 m0, s34
  s_cmp_lg_u32 s35, 0
  s_mov_b32 exec_lo, s33
  s_nop 4
";

const AFTER: &str = "\
  s_waitcnt vmcnt(0) expcnt(0) lgkmcnt(0)
  s_waitcnt_vscnt null, 0x0
  s_waitcnt_depctr 0xfff
  s_mov_b32 s33, exec_lo
  s_mov_b32 s34, m0
  s_mov_b32 s32, vcc_lo
  s_cselect_b32 s35, 1, 0
  s_mov_b32 exec_lo, -1
  v_lshlrev_b32 v1, 7, v0
  global_store_b128 v1, v[8:11], s[4:5]
  global_store_b128 v1, v[12:15], s[4:5] offset:16
  global_store_b128 v1, v[16:19], s[4:5] offset:32
  global_store_b128 v1, v[20:23], s[4:5] offset:48
  global_store_b128 v1, v[24:27], s[4:5] offset:64
  global_store_b128 v1, v[28:31], s[4:5] offset:80
  global_store_b128 v1, v[32:35], s[4:5] offset:96
  global_store_b128 v1, v[36:39], s[4:5] offset:112
  v_lshlrev_b32 v2, 5, v0
  ds_load_b128 v[40:43], v2
  ds_load_b128 v[44:47], v2 offset:16
  s_waitcnt lgkmcnt(0)
  global_store_b128 v2, v[40:43], s[8:9] offset:2048
  global_store_b128 v2, v[44:47], s[8:9] offset:2064
  v_mov_b32 v3, 0
";

/// Name of a row's kernel.
pub(crate) fn kernel(index: usize) -> String {
    format!("row{index}")
}

/// The assembly of a table: one kernel a row.
pub(crate) fn assembly(rows: &[Row]) -> String {
    let mut text = String::from(".text\n");
    let mut metadata = String::from(".amdgpu_metadata\n---\namdhsa.version: [1, 2]\n");
    metadata += "amdhsa.kernels:\n";
    for (index, row) in rows.iter().enumerate() {
        let name = kernel(index);
        text += &body(&name, &row.text);
        text += &descriptor(&name);
        write!(
            metadata,
            "  - .name: {name}\n    .symbol: {name}.kd\n    .kernarg_segment_size: 8\n    \
             .kernarg_segment_align: 8\n    .group_segment_fixed_size: {BYTES}\n    \
             .private_segment_fixed_size: {SCRATCH}\n    .wavefront_size: 32\n    .sgpr_count: 48\n    \
             .vgpr_count: 64\n    .max_flat_workgroup_size: 1024\n    .args:\n      \
             - {{.offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global}}\n"
        )
        .expect("a string can be written to");
    }
    text + &metadata + "...\n.end_amdgpu_metadata\n"
}

fn body(name: &str, instructions: &str) -> String {
    let mut text = format!(".globl {name}\n.p2align 8\n.type {name},@function\n{name}:\n{BEFORE}");
    for line in instructions.lines() {
        text += &format!("  {}\n", line.trim());
    }
    text += AFTER;
    for lane in 0..24 {
        text += &format!("  v_writelane_b32 v3, s{}, {lane}\n", 16 + lane);
    }
    text += "  v_lshlrev_b32 v4, 2, v0\n  global_store_b32 v4, v3, s[8:9]\n  s_nop 0\n  \
             s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)\n  s_endpgm\n";
    text + &format!(".Lend_{name}:\n.size {name}, .Lend_{name}-{name}\n")
}

fn descriptor(name: &str) -> String {
    format!(
        ".rodata\n.p2align 6\n.amdhsa_kernel {name}\n\
         .amdhsa_group_segment_fixed_size {BYTES}\n\
         .amdhsa_private_segment_fixed_size {SCRATCH}\n\
         .amdhsa_enable_private_segment 1\n\
         .amdhsa_float_denorm_mode_32 3\n\
         .amdhsa_kernarg_size 8\n\
         .amdhsa_user_sgpr_kernarg_segment_ptr 1\n\
         .amdhsa_system_sgpr_workgroup_id_x 1\n\
         .amdhsa_wavefront_size32 1\n\
         .amdhsa_next_free_vgpr 64\n\
         .amdhsa_next_free_sgpr 48\n\
         .end_amdhsa_kernel\n.text\n"
    )
}

/// The waves of a row before it runs.
pub(crate) fn waves(row: &Row, base: u64) -> Vec<Wave> {
    let mut random = Random::of(&row.text);
    (0..WAVES).map(|index| wave(row, index, base, &mut random)).collect()
}

fn wave(row: &Row, index: usize, base: u64, random: &mut Random) -> Wave {
    let address = base + (index * BLOCK + MEMORY) as u64;
    let mut wave = Wave::random(random, address);
    for (group, kind) in row.kinds.iter().enumerate() {
        let first = VGPRS.start + 8 * group;
        for lane in 0..LANES {
            for register in (first..first + 8).step_by(kind.dwords()) {
                let value = kind.draw(random);
                wave.set_v(register, lane, value as u32);
                if kind.dwords() == 2 {
                    wave.set_v(register + 1, lane, (value >> 32) as u32);
                }
            }
        }
    }
    for register in 0..16 {
        wave.sgprs[register] = Kind::I32.draw(random) as u32;
    }
    let masks = [u32::MAX, 0, 1, 0x8000_0000, 0x0f0f_00ff, 0xffff_0000];
    let exec = match index {
        _ if !row.partial => u32::MAX,
        0..12 => u32::MAX,
        12..17 => masks[index - 11],
        _ => random.bits(),
    };
    wave.set_exec(exec);
    if let Some(setup) = &row.setup {
        setup(&mut wave, random);
    }
    wave
}

/// A wave's state as a block.
pub(crate) fn pack(wave: &Wave) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    let mut put = |at: usize, value: u32| block[at..at + 4].copy_from_slice(&value.to_le_bytes());
    for (index, register) in wave.vgprs.iter().enumerate() {
        for (lane, value) in register.iter().enumerate() {
            put(lane * 128 + index * 4, *value);
        }
    }
    for (index, value) in wave.sgprs.iter().enumerate() {
        put(SCALARS + index * 4, *value);
    }
    block[MEMORY..MEMORY + BYTES].copy_from_slice(&wave.memory);
    block[LDS..LDS + BYTES].copy_from_slice(&wave.lds);
    block
}

/// The state that a block holds.
pub(crate) fn unpack(block: &[u8], address: u64) -> Wave {
    let get =
        |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    let vgprs =
        VGPRS.enumerate().map(|(index, _)| std::array::from_fn(|lane| get(lane * 128 + index * 4)));
    Wave {
        vgprs: vgprs.collect(),
        sgprs: std::array::from_fn(|index| get(SCALARS + index * 4)),
        memory: block[MEMORY..MEMORY + BYTES].to_vec(),
        lds: block[LDS..LDS + BYTES].to_vec(),
        address,
    }
}
