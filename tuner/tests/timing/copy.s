	; Copies 16 bytes a work-item from the first pointer to the second.
	.amdgcn_target "amdgcn-amd-amdhsa--gfx1151"
	.text
	.globl copy
	.p2align 8
	.type copy,@function
copy:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_lshl_b32 s2, s2, 12
	v_lshl_add_u32 v0, v0, 4, s2
	s_waitcnt lgkmcnt(0)
	global_load_b128 v[1:4], v0, s[4:5]
	s_waitcnt vmcnt(0)
	global_store_b128 v0, v[1:4], s[6:7]
	s_endpgm
	.section .rodata,"a",@progbits
	.p2align 6
	.amdhsa_kernel copy
		.amdhsa_kernarg_size 16
		.amdhsa_user_sgpr_count 2
		.amdhsa_user_sgpr_kernarg_segment_ptr 1
		.amdhsa_system_sgpr_workgroup_id_x 1
		.amdhsa_wavefront_size32 1
		.amdhsa_workgroup_processor_mode 1
		.amdhsa_next_free_vgpr 5
		.amdhsa_next_free_sgpr 8
	.end_amdhsa_kernel
	.amdgpu_metadata
---
amdhsa.kernels:
  - .name: copy
    .symbol: copy.kd
    .kernarg_segment_size: 16
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 0
    .private_segment_fixed_size: 0
    .wavefront_size: 32
    .sgpr_count: 8
    .vgpr_count: 5
    .max_flat_workgroup_size: 256
    .args:
      - {.offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global}
      - {.offset: 8, .size: 8, .value_kind: global_buffer, .address_space: global}
amdhsa.target: amdgcn-amd-amdhsa--gfx1151
amdhsa.version: [1, 2]
...
	.end_amdgpu_metadata
