// D = A B, then E = (the first four registers of D read as unsigned bytes) B. All rows of A are equal, so lanes 16 to 31 of D
// repeat lanes 0 to 15, as an A operand must.
// Arguments: A (one row of 16 bytes), B (columns of 16 bytes), E.
chain:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_load_b64 s[8:9], s[0:1], 0x10
	v_and_b32_e32 v1, 15, v0
	v_lshlrev_b32_e32 v1, 4, v1
	v_lshlrev_b32_e32 v2, 2, v0
	v_mov_b32_e32 v3, 0
	s_waitcnt lgkmcnt(0)
	global_load_b128 v[4:7], v3, s[4:5]
	global_load_b128 v[8:11], v1, s[6:7]
	s_waitcnt vmcnt(0)
	v_wmma_i32_16x16x16_iu8 v[16:23], v[4:7], v[8:11], 0
	v_nop
	v_wmma_i32_16x16x16_iu8 v[24:31], v[16:19], v[8:11], 0
	global_store_b32 v2, v24, s[8:9]
	global_store_b32 v2, v25, s[8:9] offset:128
	global_store_b32 v2, v26, s[8:9] offset:256
	global_store_b32 v2, v27, s[8:9] offset:384
	global_store_b32 v2, v28, s[8:9] offset:512
	global_store_b32 v2, v29, s[8:9] offset:640
	global_store_b32 v2, v30, s[8:9] offset:768
	global_store_b32 v2, v31, s[8:9] offset:896
	s_endpgm
