// out[l] = the sum of in[0 ..= l], over the 32 lanes of one wave, by exchanging registers.
// Arguments: in, out.
scan:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_lshlrev_b32_e32 v1, 2, v0
	s_mov_b32 s3, -1
	s_waitcnt lgkmcnt(0)
	global_load_b32 v2, v1, s[4:5]
	s_waitcnt vmcnt(0)
	v_add_nc_u32_dpp v2, v2, v2 row_shr:1 row_mask:0xf bank_mask:0xf
	v_add_nc_u32_dpp v2, v2, v2 row_shr:2 row_mask:0xf bank_mask:0xf
	v_add_nc_u32_dpp v2, v2, v2 row_shr:4 row_mask:0xf bank_mask:0xf
	v_add_nc_u32_dpp v2, v2, v2 row_shr:8 row_mask:0xf bank_mask:0xf
	s_mov_b32 s8, exec_lo
	v_cmpx_lt_u32_e32 15, v0
	v_mov_b32_e32 v3, v2
	v_permlanex16_b32 v3, v2, s3, s3 op_sel:[1,0]
	v_add_nc_u32_e32 v2, v2, v3
	s_mov_b32 exec_lo, s8
	global_store_b32 v1, v2, s[6:7]
	s_endpgm
