// out[i] = a[i] x + b[i] y for i < n; the last workgroup is partly idle.
// Arguments: a, b, out, x, y, n (36 bytes, of which the first load reads four more, as compilers do).
affine:
	s_load_b128 s[4:7], s[0:1], 0x18
	v_lshl_or_b32 v0, s2, 6, v0
	s_waitcnt lgkmcnt(0)
	v_cmp_gt_i32_e32 vcc_lo, s6, v0
	s_and_saveexec_b32 s3, vcc_lo
	s_cbranch_execz .Lend
	s_load_b128 s[8:11], s[0:1], 0x0
	s_load_b64 s[12:13], s[0:1], 0x10
	v_lshlrev_b32_e32 v0, 2, v0
	s_waitcnt lgkmcnt(0)
	global_load_b32 v1, v0, s[8:9]
	global_load_b32 v2, v0, s[10:11]
	s_waitcnt vmcnt(1)
	v_mul_lo_u32 v4, v1, s4
	s_waitcnt vmcnt(0)
	v_mad_u64_u32 v[4:5], null, v2, s5, v[4:5]
	global_store_b32 v0, v4, s[12:13]
.Lend:
	s_endpgm
