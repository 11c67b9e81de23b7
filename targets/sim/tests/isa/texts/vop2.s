v_cndmask_b32_e32 v2, v4, v8, vcc_lo
v_cndmask_b32_e32 v2, 0x87654321, v8, vcc_lo
v_dot2acc_f32_f16 v2, v4, v8
v_dot2acc_f32_f16 v2, 0x87654321, v8
v_add_f32_e32 v2, v4, v8
v_add_f32_e32 v2, 0x87654321, v8
v_sub_f32_e32 v2, v4, v8
v_sub_f32_e32 v2, 0x87654321, v8
v_subrev_f32_e32 v2, v4, v8
v_subrev_f32_e32 v2, 0x87654321, v8
v_fmac_dx9_zero_f32_e32 v2, v4, v8
v_fmac_dx9_zero_f32_e32 v2, 0x87654321, v8
v_mul_dx9_zero_f32_e32 v2, v4, v8
v_mul_dx9_zero_f32_e32 v2, 0x87654321, v8
v_mul_f32_e32 v2, v4, v8
v_mul_f32_e32 v2, 0x87654321, v8
v_mul_i32_i24_e32 v2, v4, v8
v_mul_i32_i24_e32 v2, 0x87654321, v8
v_mul_hi_i32_i24_e32 v2, v4, v8
v_mul_hi_i32_i24_e32 v2, 0x87654321, v8
v_mul_u32_u24_e32 v2, v4, v8
v_mul_u32_u24_e32 v2, 0x87654321, v8
v_mul_hi_u32_u24_e32 v2, v4, v8
v_mul_hi_u32_u24_e32 v2, 0x87654321, v8
v_min_f32_e32 v2, v4, v8
v_min_f32_e32 v2, 0x87654321, v8
v_max_f32_e32 v2, v4, v8
v_max_f32_e32 v2, 0x87654321, v8
v_min_i32_e32 v2, v4, v8
v_min_i32_e32 v2, 0x87654321, v8
v_max_i32_e32 v2, v4, v8
v_max_i32_e32 v2, 0x87654321, v8
v_min_u32_e32 v2, v4, v8
v_min_u32_e32 v2, 0x87654321, v8
v_max_u32_e32 v2, v4, v8
v_max_u32_e32 v2, 0x87654321, v8
v_lshlrev_b32_e32 v2, v4, v8
v_lshlrev_b32_e32 v2, 0x87654321, v8
v_lshrrev_b32_e32 v2, v4, v8
v_lshrrev_b32_e32 v2, 0x87654321, v8
v_ashrrev_i32_e32 v2, v4, v8
v_ashrrev_i32_e32 v2, 0x87654321, v8
v_and_b32_e32 v2, v4, v8
v_and_b32_e32 v2, 0x87654321, v8
v_or_b32_e32 v2, v4, v8
v_or_b32_e32 v2, 0x87654321, v8
v_xor_b32_e32 v2, v4, v8
v_xor_b32_e32 v2, 0x87654321, v8
v_xnor_b32_e32 v2, v4, v8
v_xnor_b32_e32 v2, 0x87654321, v8
v_add_co_ci_u32_e32 v2, vcc_lo, v4, v8, vcc_lo
v_add_co_ci_u32_e32 v2, vcc_lo, 0x87654321, v8, vcc_lo
v_sub_co_ci_u32_e32 v2, vcc_lo, v4, v8, vcc_lo
v_sub_co_ci_u32_e32 v2, vcc_lo, 0x87654321, v8, vcc_lo
v_subrev_co_ci_u32_e32 v2, vcc_lo, v4, v8, vcc_lo
v_subrev_co_ci_u32_e32 v2, vcc_lo, 0x87654321, v8, vcc_lo
v_add_nc_u32_e32 v2, v4, v8
v_add_nc_u32_e32 v2, 0x87654321, v8
v_sub_nc_u32_e32 v2, v4, v8
v_sub_nc_u32_e32 v2, 0x87654321, v8
v_subrev_nc_u32_e32 v2, v4, v8
v_subrev_nc_u32_e32 v2, 0x87654321, v8
v_fmac_f32_e32 v2, v4, v8
v_fmac_f32_e32 v2, 0x87654321, v8
v_fmamk_f32 v2, v4, 0x11111111, v8
v_fmaak_f32 v2, v4, v8, 0x11111111
v_cvt_pk_rtz_f16_f32_e32 v2, v4, v8
v_cvt_pk_rtz_f16_f32_e32 v2, 0x87654321, v8
v_add_f16_e32 v2.l, v4.l, v8.l
v_add_f16_e32 v1.h, v3.h, v8.l
v_add_f16_e32 v2.l, 0x4321, v8.l
v_sub_f16_e32 v2.l, v4.l, v8.l
v_sub_f16_e32 v1.h, v3.h, v8.l
v_sub_f16_e32 v2.l, 0x4321, v8.l
v_subrev_f16_e32 v2.l, v4.l, v8.l
v_subrev_f16_e32 v1.h, v3.h, v8.l
v_subrev_f16_e32 v2.l, 0x4321, v8.l
v_mul_f16_e32 v2.l, v4.l, v8.l
v_mul_f16_e32 v1.h, v3.h, v8.l
v_mul_f16_e32 v2.l, 0x4321, v8.l
v_fmac_f16_e32 v2.l, v4.l, v8.l
v_fmac_f16_e32 v1.h, v3.h, v8.l
v_fmac_f16_e32 v2.l, 0x4321, v8.l
v_max_f16_e32 v2.l, v4.l, v8.l
v_max_f16_e32 v1.h, v3.h, v8.l
v_max_f16_e32 v2.l, 0x4321, v8.l
v_min_f16_e32 v2.l, v4.l, v8.l
v_min_f16_e32 v1.h, v3.h, v8.l
v_min_f16_e32 v2.l, 0x4321, v8.l
v_ldexp_f16_e32 v2.l, v4.l, v8.l
v_ldexp_f16_e32 v1.h, v3.h, v8.l
v_ldexp_f16_e32 v2.l, 0x4321, v8.l
v_pk_fmac_f16 v2, v4, v8
v_pk_fmac_f16 v2, 0x87654321, v8
v_fmamk_f16 v2.l, v4.l, 0x1111, v8.l
v_fmaak_f16 v1.h, v3.h, v8.l, 0x1111
