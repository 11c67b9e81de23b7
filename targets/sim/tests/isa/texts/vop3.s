v_fma_dx9_zero_f32 v2, v4, v8, v12
v_fma_dx9_zero_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_fma_dx9_zero_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_mad_i32_i24 v2, v4, v8, v12
v_mad_i32_i24 v2, v4, v8, v12 clamp
v_mad_i32_i24 v2, s5, v8, v12 clamp
v_mad_u32_u24 v2, v4, v8, v12
v_mad_u32_u24 v2, v4, v8, v12 clamp
v_mad_u32_u24 v2, s5, v8, v12 clamp
v_cubeid_f32 v2, v4, v8, v12
v_cubeid_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_cubeid_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_cubesc_f32 v2, v4, v8, v12
v_cubesc_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_cubesc_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_cubetc_f32 v2, v4, v8, v12
v_cubetc_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_cubetc_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_cubema_f32 v2, v4, v8, v12
v_cubema_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_cubema_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_bfe_u32 v2, v4, v8, v12
v_bfe_u32 v2, s5, v8, v12
v_bfe_i32 v2, v4, v8, v12
v_bfe_i32 v2, s5, v8, v12
v_bfi_b32 v2, v4, v8, v12
v_bfi_b32 v2, s5, v8, v12
v_fma_f32 v2, v4, v8, v12
v_fma_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_fma_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_fma_f64 v[2:3], v[4:5], v[8:9], v[12:13]
v_fma_f64 v[2:3], -|v[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_fma_f64 v[2:3], -|s[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_lerp_u8 v2, v4, v8, v12
v_lerp_u8 v2, s5, v8, v12
v_alignbit_b32 v2, v4, v8, v12.l
v_alignbit_b32 v2, v4, v8, v12.h op_sel:[0,0,1,0] clamp
v_alignbit_b32 v2, s5, v8, v12.h op_sel:[0,0,1,0] clamp
v_alignbyte_b32 v2, v4, v8, v12.l
v_alignbyte_b32 v2, v4, v8, v12.h op_sel:[0,0,1,0] clamp
v_alignbyte_b32 v2, s5, v8, v12.h op_sel:[0,0,1,0] clamp
v_mullit_f32 v2, v4, v8, v12
v_mullit_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_mullit_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_min3_f32 v2, v4, v8, v12
v_min3_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_min3_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_min3_i32 v2, v4, v8, v12
v_min3_i32 v2, s5, v8, v12
v_min3_u32 v2, v4, v8, v12
v_min3_u32 v2, s5, v8, v12
v_max3_f32 v2, v4, v8, v12
v_max3_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_max3_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_max3_i32 v2, v4, v8, v12
v_max3_i32 v2, s5, v8, v12
v_max3_u32 v2, v4, v8, v12
v_max3_u32 v2, s5, v8, v12
v_med3_f32 v2, v4, v8, v12
v_med3_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_med3_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_med3_i32 v2, v4, v8, v12
v_med3_i32 v2, s5, v8, v12
v_med3_u32 v2, v4, v8, v12
v_med3_u32 v2, s5, v8, v12
v_sad_u8 v2, v4, v8, v12
v_sad_u8 v2, v4, v8, v12 clamp
v_sad_u8 v2, s5, v8, v12 clamp
v_sad_hi_u8 v2, v4, v8, v12
v_sad_hi_u8 v2, v4, v8, v12 clamp
v_sad_hi_u8 v2, s5, v8, v12 clamp
v_sad_u16 v2, v4, v8, v12
v_sad_u16 v2, v4, v8, v12 clamp
v_sad_u16 v2, s5, v8, v12 clamp
v_sad_u32 v2, v4, v8, v12
v_sad_u32 v2, v4, v8, v12 clamp
v_sad_u32 v2, s5, v8, v12 clamp
v_cvt_pk_u8_f32 v2, v4, v8, v12
v_cvt_pk_u8_f32 v2, -|v4|, v8, v12 clamp
v_cvt_pk_u8_f32 v2, -|s5|, v8, v12 clamp
v_div_fixup_f32 v2, v4, v8, v12
v_div_fixup_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_div_fixup_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_div_fixup_f64 v[2:3], v[4:5], v[8:9], v[12:13]
v_div_fixup_f64 v[2:3], -|v[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_div_fixup_f64 v[2:3], -|s[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_div_fmas_f32 v2, v4, v8, v12
v_div_fmas_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_div_fmas_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_div_fmas_f64 v[2:3], v[4:5], v[8:9], v[12:13]
v_div_fmas_f64 v[2:3], -|v[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_div_fmas_f64 v[2:3], -|s[4:5]|, |v[8:9]|, -v[12:13] clamp mul:4
v_msad_u8 v2, v4, v8, v12
v_msad_u8 v2, v4, v8, v12 clamp
v_msad_u8 v2, s5, v8, v12 clamp
v_qsad_pk_u16_u8 v[2:3], v[4:5], v8, v[12:13]
v_qsad_pk_u16_u8 v[2:3], v[4:5], v8, v[12:13] clamp
v_qsad_pk_u16_u8 v[2:3], s[4:5], v8, v[12:13] clamp
v_mqsad_pk_u16_u8 v[2:3], v[4:5], v8, v[12:13]
v_mqsad_pk_u16_u8 v[2:3], v[4:5], v8, v[12:13] clamp
v_mqsad_pk_u16_u8 v[2:3], s[4:5], v8, v[12:13] clamp
v_mqsad_u32_u8 v[2:5], v[4:5], v8, v[12:15]
v_mqsad_u32_u8 v[2:5], v[4:5], v8, v[12:15] clamp
v_mqsad_u32_u8 v[2:5], s[4:5], v8, v[12:15] clamp
v_xor3_b32 v2, v4, v8, v12
v_xor3_b32 v2, s5, v8, v12
v_mad_u16 v2.l, v4.l, v8.l, v12.l
v_mad_u16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_mad_u16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_perm_b32 v2, v4, v8, v12
v_perm_b32 v2, s5, v8, v12
v_xad_u32 v2, v4, v8, v12
v_xad_u32 v2, s5, v8, v12
v_lshl_add_u32 v2, v4, v8, v12
v_lshl_add_u32 v2, s5, v8, v12
v_add_lshl_u32 v2, v4, v8, v12
v_add_lshl_u32 v2, s5, v8, v12
v_fma_f16 v2.l, v4.l, v8.l, v12.l
v_fma_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_fma_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_min3_f16 v2.l, v4.l, v8.l, v12.l
v_min3_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_min3_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_min3_i16 v2.l, v4.l, v8.l, v12.l
v_min3_i16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_min3_i16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_min3_u16 v2.l, v4.l, v8.l, v12.l
v_min3_u16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_min3_u16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_max3_f16 v2.l, v4.l, v8.l, v12.l
v_max3_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_max3_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_max3_i16 v2.l, v4.l, v8.l, v12.l
v_max3_i16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_max3_i16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_max3_u16 v2.l, v4.l, v8.l, v12.l
v_max3_u16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_max3_u16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_med3_f16 v2.l, v4.l, v8.l, v12.l
v_med3_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_med3_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_med3_i16 v2.l, v4.l, v8.l, v12.l
v_med3_i16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_med3_i16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_med3_u16 v2.l, v4.l, v8.l, v12.l
v_med3_u16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_med3_u16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_mad_i16 v2.l, v4.l, v8.l, v12.l
v_mad_i16 v2.h, v4.l, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_mad_i16 v2.h, s5, v8.h, v12.h op_sel:[0,1,1,1] clamp
v_div_fixup_f16 v2.l, v4.l, v8.l, v12.l
v_div_fixup_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_div_fixup_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_add3_u32 v2, v4, v8, v12
v_add3_u32 v2, s5, v8, v12
v_lshl_or_b32 v2, v4, v8, v12
v_lshl_or_b32 v2, s5, v8, v12
v_and_or_b32 v2, v4, v8, v12
v_and_or_b32 v2, s5, v8, v12
v_or3_b32 v2, v4, v8, v12
v_or3_b32 v2, s5, v8, v12
v_mad_u32_u16 v2, v4.l, v8.l, v12
v_mad_u32_u16 v2, v4.l, v8.h, v12 op_sel:[0,1,0,0] clamp
v_mad_u32_u16 v2, s5, v8.h, v12 op_sel:[0,1,0,0] clamp
v_mad_i32_i16 v2, v4.l, v8.l, v12
v_mad_i32_i16 v2, v4.l, v8.h, v12 op_sel:[0,1,0,0] clamp
v_mad_i32_i16 v2, s5, v8.h, v12 op_sel:[0,1,0,0] clamp
v_permlane16_b32 v2, v4, s12, s12
v_permlanex16_b32 v2, v4, s12, s12
v_cndmask_b16 v2.l, v4.l, v8.l, s12
v_cndmask_b16 v2.h, v4.l, v8.h, s12
v_cndmask_b16 v2.h, s5, v8.h, s12
v_maxmin_f32 v2, v4, v8, v12
v_maxmin_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_maxmin_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_minmax_f32 v2, v4, v8, v12
v_minmax_f32 v2, -|v4|, |v8|, -v12 clamp mul:4
v_minmax_f32 v2, -|s5|, |v8|, -v12 clamp mul:4
v_maxmin_f16 v2.l, v4.l, v8.l, v12.l
v_maxmin_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_maxmin_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_minmax_f16 v2.l, v4.l, v8.l, v12.l
v_minmax_f16 v2.h, -|v4.l|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_minmax_f16 v2.h, -|s5|, |v8.h|, -v12.h op_sel:[0,1,1,1] clamp mul:4
v_maxmin_u32 v2, v4, v8, v12
v_maxmin_u32 v2, s5, v8, v12
v_minmax_u32 v2, v4, v8, v12
v_minmax_u32 v2, s5, v8, v12
v_maxmin_i32 v2, v4, v8, v12
v_maxmin_i32 v2, s5, v8, v12
v_minmax_i32 v2, v4, v8, v12
v_minmax_i32 v2, s5, v8, v12
v_dot2_f16_f16 v2.l, v4, v8, v12.l
v_dot2_f16_f16 v2.h, v4, v8, -v12.h op_sel:[0,0,1,1]
v_dot2_f16_f16 v2.h, s5, v8, -v12.h op_sel:[0,0,1,1]
v_dot2_bf16_bf16 v2.l, v4, v8, v12.l
v_dot2_bf16_bf16 v2.h, v4, v8, -v12.h op_sel:[0,0,1,1]
v_dot2_bf16_bf16 v2.h, s5, v8, -v12.h op_sel:[0,0,1,1]
v_div_scale_f32 v2, vcc_lo, v4, v8, v12
v_div_scale_f32 v2, vcc_lo, -v4, v8, -v12 clamp mul:4
v_div_scale_f32 v2, vcc_lo, -s5, v8, -v12 clamp mul:4
v_div_scale_f64 v[2:3], vcc_lo, v[4:5], v[8:9], v[12:13]
v_div_scale_f64 v[2:3], vcc_lo, -v[4:5], v[8:9], -v[12:13] clamp mul:4
v_div_scale_f64 v[2:3], vcc_lo, -s[4:5], v[8:9], -v[12:13] clamp mul:4
v_mad_u64_u32 v[2:3], vcc_lo, v4, v8, v[12:13]
v_mad_u64_u32 v[2:3], vcc_lo, v4, v8, v[12:13] clamp
v_mad_u64_u32 v[2:3], vcc_lo, s5, v8, v[12:13] clamp
v_mad_i64_i32 v[2:3], vcc_lo, v4, v8, v[12:13]
v_mad_i64_i32 v[2:3], vcc_lo, v4, v8, v[12:13] clamp
v_mad_i64_i32 v[2:3], vcc_lo, s5, v8, v[12:13] clamp
v_add_co_u32 v2, vcc_lo, v4, v8
v_add_co_u32 v2, vcc_lo, v4, v8 clamp
v_add_co_u32 v2, vcc_lo, s5, v8 clamp
v_sub_co_u32 v2, vcc_lo, v4, v8
v_sub_co_u32 v2, vcc_lo, v4, v8 clamp
v_sub_co_u32 v2, vcc_lo, s5, v8 clamp
v_subrev_co_u32 v2, vcc_lo, v4, v8
v_subrev_co_u32 v2, vcc_lo, v4, v8 clamp
v_subrev_co_u32 v2, vcc_lo, s5, v8 clamp
v_add_nc_u16 v2.l, v4.l, v8.l
v_add_nc_u16 v2.h, v4.l, v8.h op_sel:[0,1,1] clamp
v_add_nc_u16 v2.h, s5, v8.h op_sel:[0,1,1] clamp
v_sub_nc_u16 v2.l, v4.l, v8.l
v_sub_nc_u16 v2.h, v4.l, v8.h op_sel:[0,1,1] clamp
v_sub_nc_u16 v2.h, s5, v8.h op_sel:[0,1,1] clamp
v_mul_lo_u16 v2.l, v4.l, v8.l
v_mul_lo_u16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_mul_lo_u16 v2.h, s5, v8.h op_sel:[0,1,1]
v_cvt_pk_i16_f32 v2, v4, v8
v_cvt_pk_i16_f32 v2, -|v4|, |v8| clamp
v_cvt_pk_i16_f32 v2, -|s5|, |v8| clamp
v_cvt_pk_u16_f32 v2, v4, v8
v_cvt_pk_u16_f32 v2, -|v4|, |v8| clamp
v_cvt_pk_u16_f32 v2, -|s5|, |v8| clamp
v_max_u16 v2.l, v4.l, v8.l
v_max_u16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_max_u16 v2.h, s5, v8.h op_sel:[0,1,1]
v_max_i16 v2.l, v4.l, v8.l
v_max_i16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_max_i16 v2.h, s5, v8.h op_sel:[0,1,1]
v_min_u16 v2.l, v4.l, v8.l
v_min_u16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_min_u16 v2.h, s5, v8.h op_sel:[0,1,1]
v_min_i16 v2.l, v4.l, v8.l
v_min_i16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_min_i16 v2.h, s5, v8.h op_sel:[0,1,1]
v_add_nc_i16 v2.l, v4.l, v8.l
v_add_nc_i16 v2.h, v4.l, v8.h op_sel:[0,1,1] clamp
v_add_nc_i16 v2.h, s5, v8.h op_sel:[0,1,1] clamp
v_sub_nc_i16 v2.l, v4.l, v8.l
v_sub_nc_i16 v2.h, v4.l, v8.h op_sel:[0,1,1] clamp
v_sub_nc_i16 v2.h, s5, v8.h op_sel:[0,1,1] clamp
v_pack_b32_f16 v2, v4.l, v8.l
v_pack_b32_f16 v2, -|v4.l|, |v8.h| op_sel:[0,1,0] clamp
v_pack_b32_f16 v2, -|s5|, |v8.h| op_sel:[0,1,0] clamp
v_cvt_pk_norm_i16_f16 v2, v4.l, v8.l
v_cvt_pk_norm_i16_f16 v2, -|v4.l|, |v8.h| op_sel:[0,1,0] clamp
v_cvt_pk_norm_i16_f16 v2, -|s5|, |v8.h| op_sel:[0,1,0] clamp
v_cvt_pk_norm_u16_f16 v2, v4.l, v8.l
v_cvt_pk_norm_u16_f16 v2, -|v4.l|, |v8.h| op_sel:[0,1,0] clamp
v_cvt_pk_norm_u16_f16 v2, -|s5|, |v8.h| op_sel:[0,1,0] clamp
v_ldexp_f32 v2, v4, v8
v_ldexp_f32 v2, -|v4|, v8 clamp mul:4
v_ldexp_f32 v2, -|s5|, v8 clamp mul:4
v_bfm_b32 v2, v4, v8
v_bfm_b32 v2, s5, v8
v_bcnt_u32_b32 v2, v4, v8
v_bcnt_u32_b32 v2, s5, v8
v_mbcnt_lo_u32_b32 v2, v4, v8
v_mbcnt_lo_u32_b32 v2, s5, v8
v_mbcnt_hi_u32_b32 v2, v4, v8
v_mbcnt_hi_u32_b32 v2, s5, v8
v_cvt_pk_norm_i16_f32 v2, v4, v8
v_cvt_pk_norm_i16_f32 v2, -|v4|, |v8| clamp
v_cvt_pk_norm_i16_f32 v2, -|s5|, |v8| clamp
v_cvt_pk_norm_u16_f32 v2, v4, v8
v_cvt_pk_norm_u16_f32 v2, -|v4|, |v8| clamp
v_cvt_pk_norm_u16_f32 v2, -|s5|, |v8| clamp
v_cvt_pk_u16_u32 v2, v4, v8
v_cvt_pk_u16_u32 v2, s5, v8
v_cvt_pk_i16_i32 v2, v4, v8
v_cvt_pk_i16_i32 v2, s5, v8
v_sub_nc_i32 v2, v4, v8
v_sub_nc_i32 v2, v4, v8 clamp
v_sub_nc_i32 v2, s5, v8 clamp
v_add_nc_i32 v2, v4, v8
v_add_nc_i32 v2, v4, v8 clamp
v_add_nc_i32 v2, s5, v8 clamp
v_add_f64 v[2:3], v[4:5], v[8:9]
v_add_f64 v[2:3], -|v[4:5]|, |v[8:9]| clamp mul:4
v_add_f64 v[2:3], -|s[4:5]|, |v[8:9]| clamp mul:4
v_mul_f64 v[2:3], v[4:5], v[8:9]
v_mul_f64 v[2:3], -|v[4:5]|, |v[8:9]| clamp mul:4
v_mul_f64 v[2:3], -|s[4:5]|, |v[8:9]| clamp mul:4
v_min_f64 v[2:3], v[4:5], v[8:9]
v_min_f64 v[2:3], -|v[4:5]|, |v[8:9]| clamp mul:4
v_min_f64 v[2:3], -|s[4:5]|, |v[8:9]| clamp mul:4
v_max_f64 v[2:3], v[4:5], v[8:9]
v_max_f64 v[2:3], -|v[4:5]|, |v[8:9]| clamp mul:4
v_max_f64 v[2:3], -|s[4:5]|, |v[8:9]| clamp mul:4
v_ldexp_f64 v[2:3], v[4:5], v8
v_ldexp_f64 v[2:3], -|v[4:5]|, v8 clamp mul:4
v_ldexp_f64 v[2:3], -|s[4:5]|, v8 clamp mul:4
v_mul_lo_u32 v2, v4, v8
v_mul_lo_u32 v2, s5, v8
v_mul_hi_u32 v2, v4, v8
v_mul_hi_u32 v2, s5, v8
v_mul_hi_i32 v2, v4, v8
v_mul_hi_i32 v2, s5, v8
v_trig_preop_f64 v[2:3], v[4:5], v8
v_trig_preop_f64 v[2:3], -|v[4:5]|, v8 clamp mul:4
v_trig_preop_f64 v[2:3], -|s[4:5]|, v8 clamp mul:4
v_lshlrev_b16 v2.l, v4.l, v8.l
v_lshlrev_b16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_lshlrev_b16 v2.h, s5, v8.h op_sel:[0,1,1]
v_lshrrev_b16 v2.l, v4.l, v8.l
v_lshrrev_b16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_lshrrev_b16 v2.h, s5, v8.h op_sel:[0,1,1]
v_ashrrev_i16 v2.l, v4.l, v8.l
v_ashrrev_i16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_ashrrev_i16 v2.h, s5, v8.h op_sel:[0,1,1]
v_lshlrev_b64 v[2:3], v4, v[8:9]
v_lshlrev_b64 v[2:3], s5, v[8:9]
v_lshrrev_b64 v[2:3], v4, v[8:9]
v_lshrrev_b64 v[2:3], s5, v[8:9]
v_ashrrev_i64 v[2:3], v4, v[8:9]
v_ashrrev_i64 v[2:3], s5, v[8:9]
v_readlane_b32 s2, v4, s12
v_writelane_b32 v2, s12, s12
v_and_b16 v2.l, v4.l, v8.l
v_and_b16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_and_b16 v2.h, s5, v8.h op_sel:[0,1,1]
v_or_b16 v2.l, v4.l, v8.l
v_or_b16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_or_b16 v2.h, s5, v8.h op_sel:[0,1,1]
v_xor_b16 v2.l, v4.l, v8.l
v_xor_b16 v2.h, v4.l, v8.h op_sel:[0,1,1]
v_xor_b16 v2.h, s5, v8.h op_sel:[0,1,1]
