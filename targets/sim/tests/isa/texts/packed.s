v_pk_mad_i16 v2, v4, v20, v36
v_pk_mad_i16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_pk_mad_i16 v2, v4, v20, v36 clamp
v_pk_mad_i16 v2, s5, v20, v36
v_pk_mad_i16 v2, v4, 1.0, v36
v_pk_mul_lo_u16 v2, v4, v20
v_pk_mul_lo_u16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_mul_lo_u16 v2, v4, v20 clamp
v_pk_mul_lo_u16 v2, s5, v20
v_pk_mul_lo_u16 v2, v4, 1.0
v_pk_add_i16 v2, v4, v20
v_pk_add_i16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_add_i16 v2, v4, v20 clamp
v_pk_add_i16 v2, s5, v20
v_pk_add_i16 v2, v4, 1.0
v_pk_sub_i16 v2, v4, v20
v_pk_sub_i16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_sub_i16 v2, v4, v20 clamp
v_pk_sub_i16 v2, s5, v20
v_pk_sub_i16 v2, v4, 1.0
v_pk_lshlrev_b16 v2, v4, v20
v_pk_lshlrev_b16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_lshlrev_b16 v2, v4, v20 clamp
v_pk_lshlrev_b16 v2, s5, v20
v_pk_lshlrev_b16 v2, v4, 1.0
v_pk_lshrrev_b16 v2, v4, v20
v_pk_lshrrev_b16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_lshrrev_b16 v2, v4, v20 clamp
v_pk_lshrrev_b16 v2, s5, v20
v_pk_lshrrev_b16 v2, v4, 1.0
v_pk_ashrrev_i16 v2, v4, v20
v_pk_ashrrev_i16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_ashrrev_i16 v2, v4, v20 clamp
v_pk_ashrrev_i16 v2, s5, v20
v_pk_ashrrev_i16 v2, v4, 1.0
v_pk_max_i16 v2, v4, v20
v_pk_max_i16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_max_i16 v2, v4, v20 clamp
v_pk_max_i16 v2, s5, v20
v_pk_max_i16 v2, v4, 1.0
v_pk_min_i16 v2, v4, v20
v_pk_min_i16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_min_i16 v2, v4, v20 clamp
v_pk_min_i16 v2, s5, v20
v_pk_min_i16 v2, v4, 1.0
v_pk_mad_u16 v2, v4, v20, v36
v_pk_mad_u16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_pk_mad_u16 v2, v4, v20, v36 clamp
v_pk_mad_u16 v2, s5, v20, v36
v_pk_mad_u16 v2, v4, 1.0, v36
v_pk_add_u16 v2, v4, v20
v_pk_add_u16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_add_u16 v2, v4, v20 clamp
v_pk_add_u16 v2, s5, v20
v_pk_add_u16 v2, v4, 1.0
v_pk_sub_u16 v2, v4, v20
v_pk_sub_u16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_sub_u16 v2, v4, v20 clamp
v_pk_sub_u16 v2, s5, v20
v_pk_sub_u16 v2, v4, 1.0
v_pk_max_u16 v2, v4, v20
v_pk_max_u16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_max_u16 v2, v4, v20 clamp
v_pk_max_u16 v2, s5, v20
v_pk_max_u16 v2, v4, 1.0
v_pk_min_u16 v2, v4, v20
v_pk_min_u16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_min_u16 v2, v4, v20 clamp
v_pk_min_u16 v2, s5, v20
v_pk_min_u16 v2, v4, 1.0
v_pk_fma_f16 v2, v4, v20, v36
v_pk_fma_f16 v2, v4, v20, v36 neg_lo:[0,1,0] neg_hi:[1,0,0]
v_pk_fma_f16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_pk_fma_f16 v2, v4, v20, v36 clamp
v_pk_fma_f16 v2, s5, v20, v36
v_pk_fma_f16 v2, v4, 1.0, v36
v_pk_add_f16 v2, v4, v20
v_pk_add_f16 v2, v4, v20 neg_lo:[0,1] neg_hi:[1,0]
v_pk_add_f16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_add_f16 v2, v4, v20 clamp
v_pk_add_f16 v2, s5, v20
v_pk_add_f16 v2, v4, 1.0
v_pk_mul_f16 v2, v4, v20
v_pk_mul_f16 v2, v4, v20 neg_lo:[0,1] neg_hi:[1,0]
v_pk_mul_f16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_mul_f16 v2, v4, v20 clamp
v_pk_mul_f16 v2, s5, v20
v_pk_mul_f16 v2, v4, 1.0
v_pk_min_f16 v2, v4, v20
v_pk_min_f16 v2, v4, v20 neg_lo:[0,1] neg_hi:[1,0]
v_pk_min_f16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_min_f16 v2, v4, v20 clamp
v_pk_min_f16 v2, s5, v20
v_pk_min_f16 v2, v4, 1.0
v_pk_max_f16 v2, v4, v20
v_pk_max_f16 v2, v4, v20 neg_lo:[0,1] neg_hi:[1,0]
v_pk_max_f16 v2, v4, v20 op_sel:[0,1] op_sel_hi:[0,1]
v_pk_max_f16 v2, v4, v20 clamp
v_pk_max_f16 v2, s5, v20
v_pk_max_f16 v2, v4, 1.0
v_dot2_f32_f16 v2, v4, v20, v36
v_dot2_f32_f16 v2, v4, v20, v36 neg_lo:[0,1,0] neg_hi:[1,0,0]
v_dot2_f32_f16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_dot2_f32_f16 v2, v4, v20, v36 clamp
v_dot2_f32_f16 v2, s5, v20, v36
v_dot2_f32_f16 v2, v4, 1.0, v36
v_dot2_f32_f16_e64_dpp v2, v5, v20, v36 row_ror:1 row_mask:0xf bank_mask:0x3
v_dot4_i32_iu8 v2, v4, v20, v36
v_dot4_i32_iu8 v2, v4, v20, v36 neg_lo:[1,0,0]
v_dot4_i32_iu8 v2, v4, v20, v36 neg_lo:[1,1,0]
v_dot4_i32_iu8 v2, v4, v20, v36 clamp
v_dot4_i32_iu8 v2, s5, v20, v36
v_dot4_i32_iu8 v2, v4, 1.0, v36
v_dot4_u32_u8 v2, v4, v20, v36
v_dot4_u32_u8 v2, v4, v20, v36 clamp
v_dot4_u32_u8 v2, s5, v20, v36
v_dot4_u32_u8 v2, v4, 1.0, v36
v_dot8_i32_iu4 v2, v4, v20, v36
v_dot8_i32_iu4 v2, v4, v20, v36 neg_lo:[1,0,0]
v_dot8_i32_iu4 v2, v4, v20, v36 neg_lo:[1,1,0]
v_dot8_i32_iu4 v2, v4, v20, v36 clamp
v_dot8_i32_iu4 v2, s5, v20, v36
v_dot8_i32_iu4 v2, v4, 1.0, v36
v_dot8_u32_u4 v2, v4, v20, v36
v_dot8_u32_u4 v2, v4, v20, v36 clamp
v_dot8_u32_u4 v2, s5, v20, v36
v_dot8_u32_u4 v2, v4, 1.0, v36
v_dot2_f32_bf16 v2, v4, v20, v36
v_dot2_f32_bf16 v2, v4, v20, v36 neg_lo:[0,1,0] neg_hi:[1,0,0]
v_dot2_f32_bf16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_dot2_f32_bf16 v2, v4, v20, v36 clamp
v_dot2_f32_bf16 v2, s5, v20, v36
v_dot2_f32_bf16 v2, v4, 1.0, v36
v_dot2_f32_bf16_e64_dpp v2, v5, v20, v36 row_ror:1 row_mask:0xf bank_mask:0x3
v_fma_mix_f32 v2, v4, v20, v36 op_sel_hi:[1,1,1]
v_fma_mix_f32 v2, |v4|, -v20, v36 op_sel_hi:[1,1,1]
v_fma_mix_f32 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_fma_mix_f32 v2, v4, v20, v36 op_sel_hi:[1,1,1] clamp
v_fma_mix_f32 v2, s5, v20, v36 op_sel_hi:[1,1,1]
v_fma_mix_f32 v2, v4, 1.0, v36 op_sel_hi:[1,1,1]
v_fma_mix_f32_e64_dpp v2, v5, v20, v36 op_sel_hi:[1,1,1] row_ror:1 row_mask:0xf bank_mask:0x3
v_fma_mixlo_f16 v2, v4, v20, v36 op_sel_hi:[1,1,1]
v_fma_mixlo_f16 v2, |v4|, -v20, v36 op_sel_hi:[1,1,1]
v_fma_mixlo_f16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_fma_mixlo_f16 v2, v4, v20, v36 op_sel_hi:[1,1,1] clamp
v_fma_mixlo_f16 v2, s5, v20, v36 op_sel_hi:[1,1,1]
v_fma_mixlo_f16 v2, v4, 1.0, v36 op_sel_hi:[1,1,1]
v_fma_mixlo_f16_e64_dpp v2, v5, v20, v36 op_sel_hi:[1,1,1] row_ror:1 row_mask:0xf bank_mask:0x3
v_fma_mixhi_f16 v2, v4, v20, v36 op_sel_hi:[1,1,1]
v_fma_mixhi_f16 v2, |v4|, -v20, v36 op_sel_hi:[1,1,1]
v_fma_mixhi_f16 v2, v4, v20, v36 op_sel:[0,1,0] op_sel_hi:[0,1,1]
v_fma_mixhi_f16 v2, v4, v20, v36 op_sel_hi:[1,1,1] clamp
v_fma_mixhi_f16 v2, s5, v20, v36 op_sel_hi:[1,1,1]
v_fma_mixhi_f16 v2, v4, 1.0, v36 op_sel_hi:[1,1,1]
v_fma_mixhi_f16_e64_dpp v2, v5, v20, v36 op_sel_hi:[1,1,1] row_ror:1 row_mask:0xf bank_mask:0x3
v_wmma_f32_16x16x16_f16 v[2:9], v[4:11], v[20:27], v[36:43]
v_wmma_f32_16x16x16_f16 v[2:9], v[4:11], v[20:27], v[36:43] neg_lo:[0,1,0] neg_hi:[1,0,0]
v_wmma_f32_16x16x16_f16 v[2:9], v[4:11], v[20:27], 0
v_wmma_f32_16x16x16_bf16 v[2:9], v[4:11], v[20:27], v[36:43]
v_wmma_f32_16x16x16_bf16 v[2:9], v[4:11], v[20:27], v[36:43] neg_lo:[0,1,0] neg_hi:[1,0,0]
v_wmma_f32_16x16x16_bf16 v[2:9], v[4:11], v[20:27], 0
v_wmma_f16_16x16x16_f16 v[2:9], v[4:11], v[20:27], v[36:43]
v_wmma_f16_16x16x16_f16 v[2:9], v[4:11], v[20:27], v[36:43] neg_lo:[0,1,0] neg_hi:[1,0,0]
v_wmma_f16_16x16x16_f16 v[2:9], v[4:11], v[20:27], v[36:43] op_sel:[0,0,1]
v_wmma_f16_16x16x16_f16 v[2:9], v[4:11], v[20:27], 0
v_wmma_bf16_16x16x16_bf16 v[2:9], v[4:11], v[20:27], v[36:43]
v_wmma_bf16_16x16x16_bf16 v[2:9], v[4:11], v[20:27], v[36:43] neg_lo:[0,1,0] neg_hi:[1,0,0]
v_wmma_bf16_16x16x16_bf16 v[2:9], v[4:11], v[20:27], v[36:43] op_sel:[0,0,1]
v_wmma_bf16_16x16x16_bf16 v[2:9], v[4:11], v[20:27], 0
v_wmma_i32_16x16x16_iu8 v[2:9], v[4:7], v[20:23], v[36:43]
v_wmma_i32_16x16x16_iu8 v[2:9], v[4:7], v[20:23], v[36:43] neg_lo:[1,0,0]
v_wmma_i32_16x16x16_iu8 v[2:9], v[4:7], v[20:23], v[36:43] neg_lo:[1,1,0]
v_wmma_i32_16x16x16_iu8 v[2:9], v[4:7], v[20:23], v[36:43] clamp
v_wmma_i32_16x16x16_iu8 v[2:9], v[4:7], v[20:23], 0
v_wmma_i32_16x16x16_iu4 v[2:9], v[4:5], v[20:21], v[36:43]
v_wmma_i32_16x16x16_iu4 v[2:9], v[4:5], v[20:21], v[36:43] neg_lo:[1,0,0]
v_wmma_i32_16x16x16_iu4 v[2:9], v[4:5], v[20:21], v[36:43] neg_lo:[1,1,0]
v_wmma_i32_16x16x16_iu4 v[2:9], v[4:5], v[20:21], v[36:43] clamp
v_wmma_i32_16x16x16_iu4 v[2:9], v[4:5], v[20:21], 0
