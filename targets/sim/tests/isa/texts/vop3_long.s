v_cndmask_b32_e64 v2, v4, v8, s12
v_cndmask_b32_e64 v2, s5, v8, s12
v_add_f32_e64 v2, v4, v8
v_add_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_add_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_sub_f32_e64 v2, v4, v8
v_sub_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_sub_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_subrev_f32_e64 v2, v4, v8
v_subrev_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_subrev_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_fmac_dx9_zero_f32_e64 v2, v4, v8
v_fmac_dx9_zero_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_fmac_dx9_zero_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_mul_dx9_zero_f32_e64 v2, v4, v8
v_mul_dx9_zero_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_mul_dx9_zero_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_mul_f32_e64 v2, v4, v8
v_mul_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_mul_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_mul_i32_i24_e64 v2, v4, v8
v_mul_i32_i24_e64 v2, v4, v8 clamp
v_mul_i32_i24_e64 v2, s5, v8 clamp
v_mul_hi_i32_i24_e64 v2, v4, v8
v_mul_hi_i32_i24_e64 v2, s5, v8
v_mul_u32_u24_e64 v2, v4, v8
v_mul_u32_u24_e64 v2, v4, v8 clamp
v_mul_u32_u24_e64 v2, s5, v8 clamp
v_mul_hi_u32_u24_e64 v2, v4, v8
v_mul_hi_u32_u24_e64 v2, s5, v8
v_min_f32_e64 v2, v4, v8
v_min_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_min_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_max_f32_e64 v2, v4, v8
v_max_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_max_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_min_i32_e64 v2, v4, v8
v_min_i32_e64 v2, s5, v8
v_max_i32_e64 v2, v4, v8
v_max_i32_e64 v2, s5, v8
v_min_u32_e64 v2, v4, v8
v_min_u32_e64 v2, s5, v8
v_max_u32_e64 v2, v4, v8
v_max_u32_e64 v2, s5, v8
v_lshlrev_b32_e64 v2, v4, v8
v_lshlrev_b32_e64 v2, s5, v8
v_lshrrev_b32_e64 v2, v4, v8
v_lshrrev_b32_e64 v2, s5, v8
v_ashrrev_i32_e64 v2, v4, v8
v_ashrrev_i32_e64 v2, s5, v8
v_and_b32_e64 v2, v4, v8
v_and_b32_e64 v2, s5, v8
v_or_b32_e64 v2, v4, v8
v_or_b32_e64 v2, s5, v8
v_xor_b32_e64 v2, v4, v8
v_xor_b32_e64 v2, s5, v8
v_xnor_b32_e64 v2, v4, v8
v_xnor_b32_e64 v2, s5, v8
v_add_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12
v_add_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12 clamp
v_add_co_ci_u32_e64 v2, vcc_lo, s5, v8, s12 clamp
v_sub_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12
v_sub_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12 clamp
v_sub_co_ci_u32_e64 v2, vcc_lo, s5, v8, s12 clamp
v_subrev_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12
v_subrev_co_ci_u32_e64 v2, vcc_lo, v4, v8, s12 clamp
v_subrev_co_ci_u32_e64 v2, vcc_lo, s5, v8, s12 clamp
v_add_nc_u32_e64 v2, v4, v8
v_add_nc_u32_e64 v2, v4, v8 clamp
v_add_nc_u32_e64 v2, s5, v8 clamp
v_sub_nc_u32_e64 v2, v4, v8
v_sub_nc_u32_e64 v2, v4, v8 clamp
v_sub_nc_u32_e64 v2, s5, v8 clamp
v_subrev_nc_u32_e64 v2, v4, v8
v_subrev_nc_u32_e64 v2, v4, v8 clamp
v_subrev_nc_u32_e64 v2, s5, v8 clamp
v_fmac_f32_e64 v2, v4, v8
v_fmac_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_fmac_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_cvt_pk_rtz_f16_f32_e64 v2, v4, v8
v_cvt_pk_rtz_f16_f32_e64 v2, -|v4|, |v8| clamp mul:4
v_cvt_pk_rtz_f16_f32_e64 v2, -|s5|, |v8| clamp mul:4
v_add_f16_e64 v2.l, v4.l, v8.l
v_add_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_add_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_sub_f16_e64 v2.l, v4.l, v8.l
v_sub_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_sub_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_subrev_f16_e64 v2.l, v4.l, v8.l
v_subrev_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_subrev_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_mul_f16_e64 v2.l, v4.l, v8.l
v_mul_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_mul_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_fmac_f16_e64 v2.l, v4.l, v8.l
v_max_f16_e64 v2.l, v4.l, v8.l
v_max_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_max_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_min_f16_e64 v2.l, v4.l, v8.l
v_min_f16_e64 v2.h, -|v4.l|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_min_f16_e64 v2.h, -|s5|, |v8.h| op_sel:[0,1,1] clamp mul:4
v_ldexp_f16_e64 v2.l, v4.l, v8.l
v_ldexp_f16_e64 v2.h, -|v4.l|, v8.h op_sel:[0,1,1] clamp mul:4
v_ldexp_f16_e64 v2.h, -|s5|, v8.h op_sel:[0,1,1] clamp mul:4
v_mov_b32_e64 v2, v4
v_cvt_i32_f64_e64 v2, v[4:5]
v_cvt_i32_f64_e64 v2, -|v[4:5]| clamp mul:4
v_cvt_f64_i32_e64 v[2:3], v4
v_cvt_f64_i32_e64 v[2:3], v4 clamp mul:4
v_cvt_f32_i32_e64 v2, v4
v_cvt_f32_i32_e64 v2, v4 clamp mul:4
v_cvt_f32_u32_e64 v2, v4
v_cvt_f32_u32_e64 v2, v4 clamp mul:4
v_cvt_u32_f32_e64 v2, v4
v_cvt_u32_f32_e64 v2, -|v4| clamp mul:4
v_cvt_i32_f32_e64 v2, v4
v_cvt_i32_f32_e64 v2, -|v4| clamp mul:4
v_cvt_f16_f32_e64 v2.l, v4
v_cvt_f16_f32_e64 v2.h, -|v4| op_sel:[0,1] clamp mul:4
v_cvt_f32_f16_e64 v2, v4.l
v_cvt_f32_f16_e64 v2, -|v4.l| clamp mul:4
v_cvt_nearest_i32_f32_e64 v2, v4
v_cvt_nearest_i32_f32_e64 v2, -|v4| clamp
v_cvt_floor_i32_f32_e64 v2, v4
v_cvt_floor_i32_f32_e64 v2, -|v4| clamp
v_cvt_off_f32_i4_e64 v2, v4
v_cvt_off_f32_i4_e64 v2, v4 clamp mul:4
v_cvt_f32_f64_e64 v2, v[4:5]
v_cvt_f32_f64_e64 v2, -|v[4:5]| clamp mul:4
v_cvt_f64_f32_e64 v[2:3], v4
v_cvt_f64_f32_e64 v[2:3], -|v4| clamp mul:4
v_cvt_f32_ubyte0_e64 v2, v4
v_cvt_f32_ubyte0_e64 v2, v4 clamp mul:4
v_cvt_f32_ubyte1_e64 v2, v4
v_cvt_f32_ubyte1_e64 v2, v4 clamp mul:4
v_cvt_f32_ubyte2_e64 v2, v4
v_cvt_f32_ubyte2_e64 v2, v4 clamp mul:4
v_cvt_f32_ubyte3_e64 v2, v4
v_cvt_f32_ubyte3_e64 v2, v4 clamp mul:4
v_cvt_u32_f64_e64 v2, v[4:5]
v_cvt_u32_f64_e64 v2, -|v[4:5]| clamp mul:4
v_cvt_f64_u32_e64 v[2:3], v4
v_cvt_f64_u32_e64 v[2:3], v4 clamp mul:4
v_trunc_f64_e64 v[2:3], v[4:5]
v_trunc_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_ceil_f64_e64 v[2:3], v[4:5]
v_ceil_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_rndne_f64_e64 v[2:3], v[4:5]
v_rndne_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_floor_f64_e64 v[2:3], v[4:5]
v_floor_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_mov_b16_e64 v2.l, v4.l
v_mov_b16_e64 v2.h, v4.l op_sel:[0,1]
v_fract_f32_e64 v2, v4
v_fract_f32_e64 v2, -|v4| clamp mul:4
v_trunc_f32_e64 v2, v4
v_trunc_f32_e64 v2, -|v4| clamp mul:4
v_ceil_f32_e64 v2, v4
v_ceil_f32_e64 v2, -|v4| clamp mul:4
v_rndne_f32_e64 v2, v4
v_rndne_f32_e64 v2, -|v4| clamp mul:4
v_floor_f32_e64 v2, v4
v_floor_f32_e64 v2, -|v4| clamp mul:4
v_exp_f32_e64 v2, v4
v_exp_f32_e64 v2, -|v4| clamp mul:4
v_log_f32_e64 v2, v4
v_log_f32_e64 v2, -|v4| clamp mul:4
v_rcp_f32_e64 v2, v4
v_rcp_f32_e64 v2, -|v4| clamp mul:4
v_rcp_iflag_f32_e64 v2, v4
v_rcp_iflag_f32_e64 v2, -|v4| clamp mul:4
v_rsq_f32_e64 v2, v4
v_rsq_f32_e64 v2, -|v4| clamp mul:4
v_rcp_f64_e64 v[2:3], v[4:5]
v_rcp_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_rsq_f64_e64 v[2:3], v[4:5]
v_rsq_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_sqrt_f32_e64 v2, v4
v_sqrt_f32_e64 v2, -|v4| clamp mul:4
v_sqrt_f64_e64 v[2:3], v[4:5]
v_sqrt_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_sin_f32_e64 v2, v4
v_sin_f32_e64 v2, -|v4| clamp mul:4
v_cos_f32_e64 v2, v4
v_cos_f32_e64 v2, -|v4| clamp mul:4
v_not_b32_e64 v2, v4
v_bfrev_b32_e64 v2, v4
v_clz_i32_u32_e64 v2, v4
v_ctz_i32_b32_e64 v2, v4
v_cls_i32_e64 v2, v4
v_frexp_exp_i32_f64_e64 v2, v[4:5]
v_frexp_exp_i32_f64_e64 v2, -|v[4:5]| clamp mul:4
v_frexp_mant_f64_e64 v[2:3], v[4:5]
v_frexp_mant_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_fract_f64_e64 v[2:3], v[4:5]
v_fract_f64_e64 v[2:3], -|v[4:5]| clamp mul:4
v_frexp_exp_i32_f32_e64 v2, v4
v_frexp_exp_i32_f32_e64 v2, -|v4| clamp
v_frexp_mant_f32_e64 v2, v4
v_frexp_mant_f32_e64 v2, -|v4| clamp mul:4
v_movreld_b32_e64 v2, v4
v_movrels_b32_e64 v2, v4
v_movrelsd_b32_e64 v2, v4
v_movrelsd_2_b32_e64 v2, v4
v_cvt_f16_u16_e64 v2.l, v4.l
v_cvt_f16_u16_e64 v2.h, v4.l op_sel:[0,1] clamp mul:4
v_cvt_f16_i16_e64 v2.l, v4.l
v_cvt_f16_i16_e64 v2.h, v4.l op_sel:[0,1] clamp mul:4
v_cvt_u16_f16_e64 v2.l, v4.l
v_cvt_u16_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_cvt_i16_f16_e64 v2.l, v4.l
v_cvt_i16_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_rcp_f16_e64 v2.l, v4.l
v_rcp_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_sqrt_f16_e64 v2.l, v4.l
v_sqrt_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_rsq_f16_e64 v2.l, v4.l
v_rsq_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_log_f16_e64 v2.l, v4.l
v_log_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_exp_f16_e64 v2.l, v4.l
v_exp_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_frexp_mant_f16_e64 v2.l, v4.l
v_frexp_mant_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_frexp_exp_i16_f16_e64 v2.l, v4.l
v_frexp_exp_i16_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_floor_f16_e64 v2.l, v4.l
v_floor_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_ceil_f16_e64 v2.l, v4.l
v_ceil_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_trunc_f16_e64 v2.l, v4.l
v_trunc_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_rndne_f16_e64 v2.l, v4.l
v_rndne_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_fract_f16_e64 v2.l, v4.l
v_fract_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_sin_f16_e64 v2.l, v4.l
v_sin_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_cos_f16_e64 v2.l, v4.l
v_cos_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_sat_pk_u8_i16_e64 v2.l, v4
v_sat_pk_u8_i16_e64 v2.h, v4 op_sel:[0,1]
v_cvt_norm_i16_f16_e64 v2.l, v4.l
v_cvt_norm_i16_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_cvt_norm_u16_f16_e64 v2.l, v4.l
v_cvt_norm_u16_f16_e64 v2.h, -|v4.l| op_sel:[0,1] clamp mul:4
v_not_b16_e64 v2.l, v4.l
v_not_b16_e64 v2.h, v4.l op_sel:[0,1]
v_cvt_i32_i16_e64 v2, v4.l
v_cvt_u32_u16_e64 v2, v4.l
