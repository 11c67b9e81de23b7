// out[i] = v odd: folded v mod 8 times by r = 5 r + k from in[v / 2 mod 64] + 7; v even: 3 v, less in[v mod 64]
// if v mod 4 is 2. v = in[i].
// Arguments: in, out.
branch:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_lshl_or_b32 v0, s2, 6, v0
	v_lshlrev_b32_e32 v0, 2, v0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v3, v0, s[4:5]
	s_waitcnt vmcnt(0)
	v_and_b32_e32 v2, 1, v3
	v_cmp_eq_u32_e32 vcc_lo, 1, v2
	s_and_saveexec_b32 s3, vcc_lo
	s_xor_b32 s3, exec_lo, s3
	s_cbranch_execz .Leven
	v_lshlrev_b32_e32 v2, 1, v3
	v_and_b32_e32 v3, 7, v3
	s_mov_b32 s8, 0
	s_mov_b32 s9, 0
	v_and_b32_e32 v2, 0xfc, v2
	global_load_b32 v2, v2, s[4:5]
	s_waitcnt vmcnt(0)
	v_add_nc_u32_e32 v2, 7, v2
.Lfold:
	v_lshl_add_u32 v2, v2, 2, v2
	v_add_nc_u32_e32 v2, s9, v2
	s_add_i32 s9, s9, 1
	v_cmp_eq_u32_e32 vcc_lo, s9, v3
	s_or_b32 s8, vcc_lo, s8
	s_and_not1_b32 exec_lo, exec_lo, s8
	s_cbranch_execnz .Lfold
	s_or_b32 exec_lo, exec_lo, s8
.Leven:
	s_and_not1_saveexec_b32 s3, s3
	s_cbranch_execz .Lstore
	v_and_b32_e32 v4, 2, v3
	v_lshl_add_u32 v2, v3, 1, v3
	s_mov_b32 s8, exec_lo
	v_cmpx_ne_u32_e32 0, v4
	s_cbranch_execz .Lwhole
	v_and_b32_e32 v3, 63, v3
	v_lshlrev_b32_e32 v3, 2, v3
	global_load_b32 v3, v3, s[4:5]
	s_waitcnt vmcnt(0)
	v_sub_nc_u32_e32 v2, v2, v3
.Lwhole:
	s_or_b32 exec_lo, exec_lo, s8
.Lstore:
	s_or_b32 exec_lo, exec_lo, s3
	global_store_b32 v0, v2, s[6:7]
	s_endpgm
