// Two waves pass rows of 64 words through two LDS buffers, the next row on its way while one is used:
// out[l] = the sum over s of (s + 1) row_s[63 - l] + row_s[(l + 7) mod 64].
// Arguments: in, out, steps. LDS: 512 bytes.
pipeline:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_load_b32 s3, s[0:1], 0x10
	v_lshlrev_b32_e32 v1, 2, v0
	v_xor_b32_e32 v2, 0xfc, v1
	v_add_nc_u32_e32 v3, 28, v1
	v_and_b32_e32 v3, 0xfc, v3
	v_mov_b32_e32 v4, 0
	s_mov_b32 s8, 0
	s_mov_b32 s9, 0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v5, v1, s[4:5]
	s_waitcnt vmcnt(0)
	ds_store_b32 v1, v5
.Lstep:
	s_add_u32 s8, s8, 1
	s_cmp_eq_u32 s8, s3
	s_cbranch_scc1 .Llast
	s_lshl_b32 s10, s8, 8
	v_add_nc_u32_e32 v6, s10, v1
	global_load_b32 v5, v6, s[4:5]
.Llast:
	s_waitcnt lgkmcnt(0)
	s_barrier
	buffer_gl0_inv
	v_add_nc_u32_e32 v7, s9, v2
	v_add_nc_u32_e32 v8, s9, v3
	ds_load_b32 v9, v7
	ds_load_b32 v10, v8
	s_xor_b32 s9, s9, 0x100
	s_waitcnt lgkmcnt(1)
	v_mul_lo_u32 v9, v9, s8
	s_waitcnt lgkmcnt(0)
	v_add3_u32 v4, v9, v10, v4
	s_cmp_eq_u32 s8, s3
	s_cbranch_scc1 .Lend
	v_add_nc_u32_e32 v7, s9, v1
	s_waitcnt vmcnt(0)
	ds_store_b32 v7, v5
	s_branch .Lstep
.Lend:
	global_store_b32 v1, v4, s[6:7]
	s_endpgm
