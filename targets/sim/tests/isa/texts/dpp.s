v_cndmask_b32_dpp v2, v5, v8, vcc_lo row_shr:1 row_mask:0xf bank_mask:0x3
v_cndmask_b32_dpp v2, v5, v8, vcc_lo dpp8:[7,6,5,4,3,2,1,0]
v_dot2acc_f32_f16_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_dot2acc_f32_f16_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_add_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_add_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_sub_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_sub_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_subrev_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_subrev_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_dx9_zero_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_dx9_zero_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_i32_i24_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_i32_i24_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_hi_i32_i24_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_hi_i32_i24_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_u32_u24_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_u32_u24_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_mul_hi_u32_u24_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_hi_u32_u24_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_min_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_min_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_max_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_max_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_min_i32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_min_i32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_max_i32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_max_i32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_min_u32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_min_u32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_max_u32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_max_u32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_lshlrev_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_lshlrev_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_lshrrev_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_lshrrev_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_ashrrev_i32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_ashrrev_i32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_and_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_and_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_or_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_or_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_xor_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_xor_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_xnor_b32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_xnor_b32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_add_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo row_shr:1 row_mask:0xf bank_mask:0x3
v_add_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo dpp8:[7,6,5,4,3,2,1,0]
v_sub_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo row_shr:1 row_mask:0xf bank_mask:0x3
v_sub_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo dpp8:[7,6,5,4,3,2,1,0]
v_subrev_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo row_shr:1 row_mask:0xf bank_mask:0x3
v_subrev_co_ci_u32_dpp v2, vcc_lo, v5, v8, vcc_lo dpp8:[7,6,5,4,3,2,1,0]
v_add_nc_u32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_add_nc_u32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_sub_nc_u32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_sub_nc_u32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_subrev_nc_u32_dpp v2, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_subrev_nc_u32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_fmac_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_fmac_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_pk_rtz_f16_f32_dpp v2, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_pk_rtz_f16_f32_dpp v2, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_add_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_add_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_sub_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_sub_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_subrev_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_subrev_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_mul_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_mul_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_fmac_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_fmac_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_max_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_max_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_min_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_min_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_ldexp_f16_dpp v2.l, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_ldexp_f16_dpp v2.l, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_mov_b32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_mov_b32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_i32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_i32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_u32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_u32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_u32_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_u32_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_i32_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_i32_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f16_f32_dpp v2.l, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f16_f32_dpp v2.l, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_f16_dpp v2, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_f16_dpp v2, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_nearest_i32_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_nearest_i32_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_floor_i32_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_floor_i32_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_off_f32_i4_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_off_f32_i4_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_ubyte0_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_ubyte0_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_ubyte1_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_ubyte1_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_ubyte2_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_ubyte2_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f32_ubyte3_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f32_ubyte3_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_mov_b16_dpp v2.l, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_mov_b16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_fract_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_fract_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_trunc_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_trunc_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_ceil_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_ceil_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_rndne_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_rndne_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_floor_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_floor_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_exp_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_exp_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_log_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_log_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_rcp_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_rcp_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_rcp_iflag_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_rcp_iflag_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_rsq_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_rsq_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_sqrt_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_sqrt_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_sin_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_sin_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cos_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_cos_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_not_b32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_not_b32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_bfrev_b32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_bfrev_b32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_clz_i32_u32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_clz_i32_u32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_ctz_i32_b32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_ctz_i32_b32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cls_i32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_cls_i32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_frexp_exp_i32_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_frexp_exp_i32_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_frexp_mant_f32_dpp v2, |v5| row_shr:1 row_mask:0xf bank_mask:0x3
v_frexp_mant_f32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_movreld_b32_dpp v2, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_movreld_b32_dpp v2, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f16_u16_dpp v2.l, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f16_u16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_f16_i16_dpp v2.l, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_f16_i16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_u16_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_u16_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_i16_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_i16_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_rcp_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_rcp_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_sqrt_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_sqrt_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_rsq_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_rsq_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_log_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_log_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_exp_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_exp_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_frexp_mant_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_frexp_mant_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_frexp_exp_i16_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_frexp_exp_i16_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_floor_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_floor_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_ceil_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_ceil_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_trunc_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_trunc_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_rndne_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_rndne_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_fract_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_fract_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_sin_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_sin_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cos_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cos_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_sat_pk_u8_i16_dpp v2.l, v5 row_shr:1 row_mask:0xf bank_mask:0x3
v_sat_pk_u8_i16_dpp v2.l, v5 dpp8:[7,6,5,4,3,2,1,0]
v_cvt_norm_i16_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_norm_i16_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_norm_u16_f16_dpp v2.l, |v5.l| row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_norm_u16_f16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_not_b16_dpp v2.l, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_not_b16_dpp v2.l, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_i32_i16_dpp v2, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_i32_i16_dpp v2, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cvt_u32_u16_dpp v2, v5.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cvt_u32_u16_dpp v2, v5.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_f_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_f_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lg_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lg_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_o_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_o_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_u_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_u_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nge_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nge_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nlg_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nlg_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ngt_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ngt_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nle_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nle_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_neq_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_neq_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nlt_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nlt_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_t_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_t_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_f_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_f_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lg_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lg_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_o_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_o_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_u_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_u_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nge_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nge_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nlg_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nlg_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ngt_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ngt_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nle_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nle_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_neq_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_neq_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_nlt_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_nlt_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_t_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_t_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ne_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ne_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_i16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_i16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ne_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ne_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_u16 vcc_lo, v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_u16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_f_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_f_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ne_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ne_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_t_i32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_t_i32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_f_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_f_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_lt_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_lt_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_eq_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_eq_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_le_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_le_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_gt_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_gt_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ne_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ne_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_ge_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_ge_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_t_u32 vcc_lo, v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_t_u32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmp_class_f16 vcc_lo, |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_class_f16 vcc_lo, v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmp_class_f32 vcc_lo, |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmp_class_f32 vcc_lo, v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_f_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_f_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lg_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lg_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_o_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_o_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_u_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_u_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nge_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nge_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nlg_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nlg_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ngt_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ngt_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nle_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nle_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_neq_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_neq_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nlt_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nlt_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_t_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_t_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_f_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_f_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lg_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lg_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_o_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_o_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_u_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_u_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nge_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nge_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nlg_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nlg_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ngt_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ngt_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nle_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nle_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_neq_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_neq_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_nlt_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_nlt_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_t_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_t_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ne_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ne_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_i16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_i16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ne_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ne_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_u16 v5.l, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_u16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_f_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_f_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ne_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ne_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_t_i32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_t_i32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_f_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_f_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_lt_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_lt_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_eq_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_eq_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_le_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_le_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_gt_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_gt_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ne_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ne_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_ge_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_ge_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_t_u32 v5, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_t_u32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_class_f16 |v5.l|, v8.l row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_class_f16 v5.l, v8.l dpp8:[7,6,5,4,3,2,1,0]
v_cmpx_class_f32 |v5|, v8 row_shr:1 row_mask:0xf bank_mask:0x3
v_cmpx_class_f32 v5, v8 dpp8:[7,6,5,4,3,2,1,0]
