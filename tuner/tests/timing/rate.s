	; Multiplies 16x16x16 matrices of iu8 as fast as the chip can: four independent sums, N rounds.
	.amdgcn_target "amdgcn-amd-amdhsa--gfx1151"
	.text
	.globl rate
	.p2align 8
	.type rate,@function
rate:
	s_load_b32 s2, s[0:1], 0x0
	s_waitcnt lgkmcnt(0)
again:
	v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]
	v_wmma_i32_16x16x16_iu8 v[24:31], v[0:3], v[4:7], v[24:31]
	v_wmma_i32_16x16x16_iu8 v[32:39], v[0:3], v[4:7], v[32:39]
	v_wmma_i32_16x16x16_iu8 v[40:47], v[0:3], v[4:7], v[40:47]
	v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]
	v_wmma_i32_16x16x16_iu8 v[24:31], v[0:3], v[4:7], v[24:31]
	v_wmma_i32_16x16x16_iu8 v[32:39], v[0:3], v[4:7], v[32:39]
	v_wmma_i32_16x16x16_iu8 v[40:47], v[0:3], v[4:7], v[40:47]
	v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]
	v_wmma_i32_16x16x16_iu8 v[24:31], v[0:3], v[4:7], v[24:31]
	v_wmma_i32_16x16x16_iu8 v[32:39], v[0:3], v[4:7], v[32:39]
	v_wmma_i32_16x16x16_iu8 v[40:47], v[0:3], v[4:7], v[40:47]
	v_wmma_i32_16x16x16_iu8 v[16:23], v[0:3], v[4:7], v[16:23]
	v_wmma_i32_16x16x16_iu8 v[24:31], v[0:3], v[4:7], v[24:31]
	v_wmma_i32_16x16x16_iu8 v[32:39], v[0:3], v[4:7], v[32:39]
	v_wmma_i32_16x16x16_iu8 v[40:47], v[0:3], v[4:7], v[40:47]
	s_sub_i32 s2, s2, 1
	s_cmp_lg_u32 s2, 0
	s_cbranch_scc1 again
	s_endpgm
	.section .rodata,"a",@progbits
	.p2align 6
	.amdhsa_kernel rate
		.amdhsa_kernarg_size 8
		.amdhsa_user_sgpr_count 2
		.amdhsa_user_sgpr_kernarg_segment_ptr 1
		.amdhsa_system_sgpr_workgroup_id_x 1
		.amdhsa_wavefront_size32 1
		.amdhsa_workgroup_processor_mode 1
		.amdhsa_next_free_vgpr 48
		.amdhsa_next_free_sgpr 8
	.end_amdhsa_kernel
	.amdgpu_metadata
---
amdhsa.kernels:
  - .name: rate
    .symbol: rate.kd
    .kernarg_segment_size: 8
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 32
    .sgpr_count: 8
    .vgpr_count: 48
    .max_flat_workgroup_size: 256
    .args:
      - {.offset: 0, .size: 4, .value_kind: by_value}
amdhsa.target: amdgcn-amd-amdhsa--gfx1151
amdhsa.version: [1, 2]
...
	.end_amdgpu_metadata
