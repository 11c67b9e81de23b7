// Transposes one tile of 32 by 32 words for each workgroup, through LDS rows of 33 words, with four waves.
// Arguments: in, out. LDS: 4224 bytes.
transpose:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_and_b32_e32 v1, 31, v0
	v_lshrrev_b32_e32 v2, 5, v0
	s_lshl_b32 s3, s2, 12
	v_lshl_add_u32 v3, v0, 2, s3
	v_mul_u32_u24_e32 v4, 0x84, v2
	v_lshl_add_u32 v4, v1, 2, v4
	v_mul_u32_u24_e32 v5, 0x84, v1
	v_lshl_add_u32 v5, v2, 2, v5
	v_add_nc_u32_e32 v6, 0x420, v4
	v_add_nc_u32_e32 v7, 0x840, v4
	v_add_nc_u32_e32 v16, 0xc60, v4
	s_waitcnt lgkmcnt(0)
	s_clause 0x7
	global_load_b32 v8, v3, s[4:5]
	global_load_b32 v9, v3, s[4:5] offset:512
	global_load_b32 v10, v3, s[4:5] offset:1024
	global_load_b32 v11, v3, s[4:5] offset:1536
	global_load_b32 v12, v3, s[4:5] offset:2048
	global_load_b32 v13, v3, s[4:5] offset:2560
	global_load_b32 v14, v3, s[4:5] offset:3072
	global_load_b32 v15, v3, s[4:5] offset:3584
	s_waitcnt vmcnt(6)
	ds_store_2addr_b32 v4, v8, v9 offset1:132
	s_waitcnt vmcnt(4)
	ds_store_2addr_b32 v6, v10, v11 offset1:132
	s_waitcnt vmcnt(2)
	ds_store_2addr_b32 v7, v12, v13 offset1:132
	s_waitcnt vmcnt(0)
	ds_store_2addr_b32 v16, v14, v15 offset1:132
	s_waitcnt lgkmcnt(0)
	s_barrier
	buffer_gl0_inv
	ds_load_2addr_b32 v[8:9], v5 offset1:4
	ds_load_2addr_b32 v[10:11], v5 offset0:8 offset1:12
	ds_load_2addr_b32 v[12:13], v5 offset0:16 offset1:20
	ds_load_2addr_b32 v[14:15], v5 offset0:24 offset1:28
	s_waitcnt lgkmcnt(3)
	global_store_b32 v3, v8, s[6:7]
	global_store_b32 v3, v9, s[6:7] offset:512
	s_waitcnt lgkmcnt(2)
	global_store_b32 v3, v10, s[6:7] offset:1024
	global_store_b32 v3, v11, s[6:7] offset:1536
	s_waitcnt lgkmcnt(1)
	global_store_b32 v3, v12, s[6:7] offset:2048
	global_store_b32 v3, v13, s[6:7] offset:2560
	s_waitcnt lgkmcnt(0)
	global_store_b32 v3, v14, s[6:7] offset:3072
	global_store_b32 v3, v15, s[6:7] offset:3584
	s_endpgm
