// out[l] = in[l] + in[255 - l] for eight waves that exchange words through device memory.
// Arguments: in, middle, out.
exchange:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_load_b64 s[8:9], s[0:1], 0x10
	v_lshlrev_b32_e32 v1, 2, v0
	v_xor_b32_e32 v2, 0x3fc, v1
	s_waitcnt lgkmcnt(0)
	global_load_b32 v3, v1, s[4:5]
	s_waitcnt vmcnt(0)
	global_store_b32 v1, v3, s[6:7]
	s_waitcnt_vscnt null, 0x0
	s_barrier
	buffer_gl0_inv
	global_load_b32 v4, v2, s[6:7]
	s_waitcnt vmcnt(0)
	v_add_nc_u32_e32 v3, v3, v4
	global_store_b32 v1, v3, s[8:9]
	s_endpgm
