// out[g] = the sum of in[256 g .. 256 g + 256], halved in LDS by eight waves.
// Arguments: in, out. LDS: 1024 bytes.
sum:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_lshl_or_b32 v1, s2, 8, v0
	v_lshlrev_b32_e32 v1, 2, v1
	v_lshlrev_b32_e32 v3, 2, v0
	s_movk_i32 s3, 0x80
	s_waitcnt lgkmcnt(0)
	global_load_b32 v2, v1, s[4:5]
	s_waitcnt vmcnt(0)
	ds_store_b32 v3, v2
.Lhalve:
	s_waitcnt lgkmcnt(0)
	s_barrier
	buffer_gl0_inv
	v_cmp_gt_u32_e32 vcc_lo, s3, v0
	s_and_saveexec_b32 s8, vcc_lo
	s_cbranch_execz .Lskip
	s_lshl_b32 s9, s3, 2
	v_add_nc_u32_e32 v4, s9, v3
	ds_load_b32 v2, v3
	ds_load_b32 v5, v4
	s_waitcnt lgkmcnt(0)
	v_add_nc_u32_e32 v2, v2, v5
	ds_store_b32 v3, v2
.Lskip:
	s_or_b32 exec_lo, exec_lo, s8
	s_lshr_b32 s3, s3, 1
	s_cmp_lg_u32 s3, 0
	s_cbranch_scc1 .Lhalve
	v_cmp_eq_u32_e32 vcc_lo, 0, v0
	s_and_saveexec_b32 s8, vcc_lo
	s_cbranch_execz .Lend
	ds_load_b32 v2, v3
	s_lshl_b32 s2, s2, 2
	v_mov_b32_e32 v1, s2
	s_waitcnt lgkmcnt(0)
	global_store_b32 v1, v2, s[6:7]
.Lend:
	s_endpgm
