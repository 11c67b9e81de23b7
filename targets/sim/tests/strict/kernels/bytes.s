// out[l] = in[l] with its bytes reversed: each of four waves moves one byte of every word through LDS; the first wave
// gathers them, and adds 1 to the low and 2 to the high half.
// Arguments: in (32 words), out. LDS: 128 bytes.
bytes:
	s_load_b128 s[4:7], s[0:1], 0x0
	v_and_b32_e32 v1, 31, v0
	v_lshrrev_b32_e32 v2, 5, v0
	v_lshlrev_b32_e32 v1, 2, v1
	v_or_b32_e32 v3, v1, v2
	v_xor_b32_e32 v4, 3, v3
	s_waitcnt lgkmcnt(0)
	global_load_u8 v5, v3, s[4:5]
	s_waitcnt vmcnt(0)
	ds_store_b8 v4, v5
	s_waitcnt lgkmcnt(0)
	s_barrier
	buffer_gl0_inv
	v_cmp_eq_u32_e32 vcc_lo, 0, v2
	s_and_saveexec_b32 s3, vcc_lo
	s_cbranch_execz .Lend
	ds_load_u16_d16 v6, v1
	ds_load_u16_d16_hi v6, v1 offset:2
	v_mov_b32_e32 v7, 0x20001
	s_waitcnt lgkmcnt(0)
	v_pk_add_u16 v6, v6, v7
	global_store_b32 v1, v6, s[6:7]
.Lend:
	s_endpgm
