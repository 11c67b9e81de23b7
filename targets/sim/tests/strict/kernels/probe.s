// Stores what a body leaves in v2. Arguments: in, out. Private memory: 16 bytes. LDS: 128 bytes.
probe:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_lshlrev_b32_e32 v1, 2, v0
	s_mov_b32 s16, 16
	s_waitcnt lgkmcnt(0)
	.body
	global_store_b32 v1, v2, s[6:7]
	s_endpgm
