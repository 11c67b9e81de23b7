// C = A B for signed bytes, 16 by 64 by 16, with the loads two steps ahead of the matrix instructions.
// Arguments: A (rows), B (columns), C.
matrix:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_load_b64 s[8:9], s[0:1], 0x10
	v_and_b32_e32 v1, 15, v0
	v_lshlrev_b32_e32 v1, 6, v1
	v_lshlrev_b32_e32 v2, 2, v0
	v_dual_mov_b32 v8, 0 :: v_dual_mov_b32 v9, 0
	v_dual_mov_b32 v10, 0 :: v_dual_mov_b32 v11, 0
	v_dual_mov_b32 v12, 0 :: v_dual_mov_b32 v13, 0
	v_dual_mov_b32 v14, 0 :: v_dual_mov_b32 v15, 0
	s_waitcnt lgkmcnt(0)
	global_load_b128 v[16:19], v1, s[4:5]
	global_load_b128 v[20:23], v1, s[6:7]
	global_load_b128 v[24:27], v1, s[4:5] offset:16
	global_load_b128 v[28:31], v1, s[6:7] offset:16
	s_waitcnt vmcnt(2)
	v_wmma_i32_16x16x16_iu8 v[8:15], v[16:19], v[20:23], v[8:15] neg_lo:[1,1,0]
	global_load_b128 v[16:19], v1, s[4:5] offset:32
	global_load_b128 v[20:23], v1, s[6:7] offset:32
	s_waitcnt vmcnt(2)
	v_wmma_i32_16x16x16_iu8 v[8:15], v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]
	global_load_b128 v[24:27], v1, s[4:5] offset:48
	global_load_b128 v[28:31], v1, s[6:7] offset:48
	s_waitcnt vmcnt(2)
	v_wmma_i32_16x16x16_iu8 v[8:15], v[16:19], v[20:23], v[8:15] neg_lo:[1,1,0]
	s_waitcnt vmcnt(0)
	v_wmma_i32_16x16x16_iu8 v[8:15], v[24:27], v[28:31], v[8:15] neg_lo:[1,1,0]
	global_store_b32 v2, v8, s[8:9]
	global_store_b32 v2, v9, s[8:9] offset:128
	global_store_b32 v2, v10, s[8:9] offset:256
	global_store_b32 v2, v11, s[8:9] offset:384
	global_store_b32 v2, v12, s[8:9] offset:512
	global_store_b32 v2, v13, s[8:9] offset:640
	global_store_b32 v2, v14, s[8:9] offset:768
	global_store_b32 v2, v15, s[8:9] offset:896
	s_endpgm
