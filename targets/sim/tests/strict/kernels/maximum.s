// out[i mod 32] becomes the greatest in[i], by a plain read and then compare-and-swap until it holds.
// Arguments: in, out.
maximum:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_lshl_or_b32 v1, s2, 5, v0
	v_lshlrev_b32_e32 v1, 2, v1
	v_lshlrev_b32_e32 v2, 2, v0
	s_mov_b32 s3, 0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v3, v1, s[4:5]
	global_load_b32 v6, v2, s[6:7]
.Lagain:
	s_waitcnt vmcnt(0)
	v_max_u32_e32 v5, v6, v3
	v_mov_b32_e32 v4, v6
	v_mov_b32_e32 v7, v4
	v_mov_b32_e32 v6, v5
	global_atomic_cmpswap_b32 v8, v2, v[6:7], s[6:7] glc
	s_waitcnt vmcnt(0)
	v_cmp_eq_u32_e32 vcc_lo, v8, v4
	v_mov_b32_e32 v6, v8
	s_or_b32 s3, vcc_lo, s3
	s_and_not1_b32 exec_lo, exec_lo, s3
	s_cbranch_execnz .Lagain
	s_endpgm
