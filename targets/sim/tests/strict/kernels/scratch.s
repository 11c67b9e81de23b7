// Each lane keeps four words of its column in private memory and folds n of them, in an order of its own:
// sum = 3 sum + t[(lane + 5 i) mod 4].
// Arguments: in (four rows of 32), out, n. Private memory: 16 bytes.
scratch:
	s_load_b128 s[4:7], s[0:1], 0x0
	s_load_b32 s3, s[0:1], 0x10
	v_lshlrev_b32_e32 v1, 2, v0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v2, v1, s[4:5]
	global_load_b32 v3, v1, s[4:5] offset:128
	global_load_b32 v4, v1, s[4:5] offset:256
	global_load_b32 v5, v1, s[4:5] offset:384
	s_waitcnt vmcnt(0)
	scratch_store_b32 off, v2, off
	scratch_store_b32 off, v3, off offset:4
	scratch_store_b32 off, v4, off offset:8
	scratch_store_b32 off, v5, off offset:12
	v_mov_b32_e32 v6, 0
.Lfold:
	v_and_b32_e32 v7, 3, v0
	v_add_nc_u32_e32 v0, 5, v0
	v_lshlrev_b32_e32 v7, 2, v7
	scratch_load_b32 v8, v7, off
	v_lshl_add_u32 v6, v6, 1, v6
	s_add_i32 s3, s3, -1
	s_cmp_lg_u32 s3, 0
	s_waitcnt vmcnt(0)
	v_add_nc_u32_e32 v6, v6, v8
	s_cbranch_scc1 .Lfold
	global_store_b32 v1, v6, s[6:7]
	s_endpgm
