// Each workgroup of one wave adds its 32 words up and leaves the sum; the one that counts last adds the sums up.
// Arguments: in, sums, counter, out, groups.
last:
	s_load_b256 s[4:11], s[0:1], 0x0
	s_load_b32 s12, s[0:1], 0x20
	s_lshl_b32 s3, s2, 7
	v_lshl_add_u32 v1, v0, 2, s3
	v_mov_b32_e32 v9, 0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v2, v1, s[4:5]
	s_waitcnt vmcnt(0)
	ds_swizzle_b32 v3, v2 offset:0x041f
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v3
	ds_swizzle_b32 v3, v2 offset:0x081f
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v3
	ds_swizzle_b32 v3, v2 offset:0x101f
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v3
	ds_swizzle_b32 v3, v2 offset:0x201f
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v3
	ds_swizzle_b32 v3, v2 offset:0x401f
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v3
	v_cmp_eq_u32_e32 vcc_lo, 0, v0
	s_and_saveexec_b32 s3, vcc_lo
	s_lshl_b32 s13, s2, 2
	v_mov_b32_e32 v4, s13
	v_mov_b32_e32 v5, 1
	global_store_b32 v4, v2, s[6:7]
	s_waitcnt_vscnt null, 0x0
	global_atomic_add_u32 v6, v9, v5, s[8:9] glc
	s_waitcnt vmcnt(0)
	buffer_gl1_inv
	buffer_gl0_inv
	v_readfirstlane_b32 s14, v6
	s_add_u32 s14, s14, 1
	s_cmp_lg_u32 s14, s12
	s_cbranch_scc1 .Lend
	v_mov_b32_e32 v7, 0
	v_mov_b32_e32 v4, 0
.Ladd:
	global_load_b32 v8, v4, s[6:7]
	v_add_nc_u32_e32 v4, 4, v4
	s_sub_u32 s12, s12, 1
	s_cmp_lg_u32 s12, 0
	s_waitcnt vmcnt(0)
	v_add_nc_u32_e32 v7, v7, v8
	s_cbranch_scc1 .Ladd
	global_store_b32 v9, v7, s[10:11]
.Lend:
	s_endpgm
