s_add_u32 s2, s4, s6
s_add_u32 vcc_lo, null, 0xabcd
s_add_u32 ttmp0, -0.5, -3
s_sub_u32 s2, s4, s6
s_sub_u32 vcc_lo, null, 0xabcd
s_sub_u32 ttmp0, -0.5, -3
s_add_i32 s2, s4, s6
s_add_i32 vcc_lo, null, 0xabcd
s_add_i32 ttmp0, -0.5, -3
s_sub_i32 s2, s4, s6
s_sub_i32 vcc_lo, null, 0xabcd
s_sub_i32 ttmp0, -0.5, -3
s_addc_u32 s2, s4, s6
s_addc_u32 vcc_lo, null, 0xabcd
s_addc_u32 ttmp0, -0.5, -3
s_subb_u32 s2, s4, s6
s_subb_u32 vcc_lo, null, 0xabcd
s_subb_u32 ttmp0, -0.5, -3
s_absdiff_i32 s2, s4, s6
s_absdiff_i32 vcc_lo, null, 0xabcd
s_absdiff_i32 ttmp0, -0.5, -3
s_lshl_b32 s2, s4, s6
s_lshl_b32 vcc_lo, null, 0xabcd
s_lshl_b32 ttmp0, -0.5, -3
s_lshl_b64 s[2:3], s[4:5], s6
s_lshl_b64 vcc, null, 0xabcd
s_lshl_b64 ttmp[0:1], -0.5, -3
s_lshr_b32 s2, s4, s6
s_lshr_b32 vcc_lo, null, 0xabcd
s_lshr_b32 ttmp0, -0.5, -3
s_lshr_b64 s[2:3], s[4:5], s6
s_lshr_b64 vcc, null, 0xabcd
s_lshr_b64 ttmp[0:1], -0.5, -3
s_ashr_i32 s2, s4, s6
s_ashr_i32 vcc_lo, null, 0xabcd
s_ashr_i32 ttmp0, -0.5, -3
s_ashr_i64 s[2:3], s[4:5], s6
s_ashr_i64 vcc, null, 0xabcd
s_ashr_i64 ttmp[0:1], -0.5, -3
s_lshl1_add_u32 s2, s4, s6
s_lshl1_add_u32 vcc_lo, null, 0xabcd
s_lshl1_add_u32 ttmp0, -0.5, -3
s_lshl2_add_u32 s2, s4, s6
s_lshl2_add_u32 vcc_lo, null, 0xabcd
s_lshl2_add_u32 ttmp0, -0.5, -3
s_lshl3_add_u32 s2, s4, s6
s_lshl3_add_u32 vcc_lo, null, 0xabcd
s_lshl3_add_u32 ttmp0, -0.5, -3
s_lshl4_add_u32 s2, s4, s6
s_lshl4_add_u32 vcc_lo, null, 0xabcd
s_lshl4_add_u32 ttmp0, -0.5, -3
s_min_i32 s2, s4, s6
s_min_i32 vcc_lo, null, 0xabcd
s_min_i32 ttmp0, -0.5, -3
s_min_u32 s2, s4, s6
s_min_u32 vcc_lo, null, 0xabcd
s_min_u32 ttmp0, -0.5, -3
s_max_i32 s2, s4, s6
s_max_i32 vcc_lo, null, 0xabcd
s_max_i32 ttmp0, -0.5, -3
s_max_u32 s2, s4, s6
s_max_u32 vcc_lo, null, 0xabcd
s_max_u32 ttmp0, -0.5, -3
s_and_b32 s2, s4, s6
s_and_b32 vcc_lo, null, 0xabcd
s_and_b32 ttmp0, -0.5, -3
s_and_b64 s[2:3], s[4:5], s[6:7]
s_and_b64 vcc, null, 0xabcd
s_and_b64 ttmp[0:1], -0.5, -3
s_or_b32 s2, s4, s6
s_or_b32 vcc_lo, null, 0xabcd
s_or_b32 ttmp0, -0.5, -3
s_or_b64 s[2:3], s[4:5], s[6:7]
s_or_b64 vcc, null, 0xabcd
s_or_b64 ttmp[0:1], -0.5, -3
s_xor_b32 s2, s4, s6
s_xor_b32 vcc_lo, null, 0xabcd
s_xor_b32 ttmp0, -0.5, -3
s_xor_b64 s[2:3], s[4:5], s[6:7]
s_xor_b64 vcc, null, 0xabcd
s_xor_b64 ttmp[0:1], -0.5, -3
s_nand_b32 s2, s4, s6
s_nand_b32 vcc_lo, null, 0xabcd
s_nand_b32 ttmp0, -0.5, -3
s_nand_b64 s[2:3], s[4:5], s[6:7]
s_nand_b64 vcc, null, 0xabcd
s_nand_b64 ttmp[0:1], -0.5, -3
s_nor_b32 s2, s4, s6
s_nor_b32 vcc_lo, null, 0xabcd
s_nor_b32 ttmp0, -0.5, -3
s_nor_b64 s[2:3], s[4:5], s[6:7]
s_nor_b64 vcc, null, 0xabcd
s_nor_b64 ttmp[0:1], -0.5, -3
s_xnor_b32 s2, s4, s6
s_xnor_b32 vcc_lo, null, 0xabcd
s_xnor_b32 ttmp0, -0.5, -3
s_xnor_b64 s[2:3], s[4:5], s[6:7]
s_xnor_b64 vcc, null, 0xabcd
s_xnor_b64 ttmp[0:1], -0.5, -3
s_and_not1_b32 s2, s4, s6
s_and_not1_b32 vcc_lo, null, 0xabcd
s_and_not1_b32 ttmp0, -0.5, -3
s_and_not1_b64 s[2:3], s[4:5], s[6:7]
s_and_not1_b64 vcc, null, 0xabcd
s_and_not1_b64 ttmp[0:1], -0.5, -3
s_or_not1_b32 s2, s4, s6
s_or_not1_b32 vcc_lo, null, 0xabcd
s_or_not1_b32 ttmp0, -0.5, -3
s_or_not1_b64 s[2:3], s[4:5], s[6:7]
s_or_not1_b64 vcc, null, 0xabcd
s_or_not1_b64 ttmp[0:1], -0.5, -3
s_bfe_u32 s2, s4, s6
s_bfe_u32 vcc_lo, null, 0xabcd
s_bfe_u32 ttmp0, -0.5, -3
s_bfe_i32 s2, s4, s6
s_bfe_i32 vcc_lo, null, 0xabcd
s_bfe_i32 ttmp0, -0.5, -3
s_bfe_u64 s[2:3], s[4:5], s6
s_bfe_u64 vcc, null, 0xabcd
s_bfe_u64 ttmp[0:1], -0.5, -3
s_bfe_i64 s[2:3], s[4:5], s6
s_bfe_i64 vcc, null, 0xabcd
s_bfe_i64 ttmp[0:1], -0.5, -3
s_bfm_b32 s2, s4, s6
s_bfm_b32 vcc_lo, null, 0xabcd
s_bfm_b32 ttmp0, -0.5, -3
s_bfm_b64 s[2:3], s4, s6
s_bfm_b64 vcc, null, 0xabcd
s_bfm_b64 ttmp[0:1], -0.5, -3
s_mul_i32 s2, s4, s6
s_mul_i32 vcc_lo, null, 0xabcd
s_mul_i32 ttmp0, -0.5, -3
s_mul_hi_u32 s2, s4, s6
s_mul_hi_u32 vcc_lo, null, 0xabcd
s_mul_hi_u32 ttmp0, -0.5, -3
s_mul_hi_i32 s2, s4, s6
s_mul_hi_i32 vcc_lo, null, 0xabcd
s_mul_hi_i32 ttmp0, -0.5, -3
s_cselect_b32 s2, s4, s6
s_cselect_b32 vcc_lo, null, 0xabcd
s_cselect_b32 ttmp0, -0.5, -3
s_cselect_b64 s[2:3], s[4:5], s[6:7]
s_cselect_b64 vcc, null, 0xabcd
s_cselect_b64 ttmp[0:1], -0.5, -3
s_pack_ll_b32_b16 s2, s4, s6
s_pack_ll_b32_b16 vcc_lo, null, 0xabcd
s_pack_ll_b32_b16 ttmp0, -0.5, -3
s_pack_lh_b32_b16 s2, s4, s6
s_pack_lh_b32_b16 vcc_lo, null, 0xabcd
s_pack_lh_b32_b16 ttmp0, -0.5, -3
s_pack_hh_b32_b16 s2, s4, s6
s_pack_hh_b32_b16 vcc_lo, null, 0xabcd
s_pack_hh_b32_b16 ttmp0, -0.5, -3
s_pack_hl_b32_b16 s2, s4, s6
s_pack_hl_b32_b16 vcc_lo, null, 0xabcd
s_pack_hl_b32_b16 ttmp0, -0.5, -3
s_add_f32 s2, s4, s6
s_add_f32 vcc_lo, null, 0xabcd
s_add_f32 ttmp0, -0.5, -3
s_sub_f32 s2, s4, s6
s_sub_f32 vcc_lo, null, 0xabcd
s_sub_f32 ttmp0, -0.5, -3
s_min_f32 s2, s4, s6
s_min_f32 vcc_lo, null, 0xabcd
s_min_f32 ttmp0, -0.5, -3
s_max_f32 s2, s4, s6
s_max_f32 vcc_lo, null, 0xabcd
s_max_f32 ttmp0, -0.5, -3
s_mul_f32 s2, s4, s6
s_mul_f32 vcc_lo, null, 0xabcd
s_mul_f32 ttmp0, -0.5, -3
s_fmaak_f32 s2, s4, s6, 0x11111111
s_fmamk_f32 s2, s4, 0x11111111, s6
s_fmac_f32 s2, s4, s6
s_fmac_f32 vcc_lo, null, 0xabcd
s_fmac_f32 ttmp0, -0.5, -3
s_cvt_pk_rtz_f16_f32 s2, s4, s6
s_cvt_pk_rtz_f16_f32 vcc_lo, null, 0xabcd
s_cvt_pk_rtz_f16_f32 ttmp0, -0.5, -3
s_add_f16 s2, s4, s6
s_add_f16 vcc_lo, null, 0xabcd
s_add_f16 ttmp0, -0.5, -3
s_sub_f16 s2, s4, s6
s_sub_f16 vcc_lo, null, 0xabcd
s_sub_f16 ttmp0, -0.5, -3
s_min_f16 s2, s4, s6
s_min_f16 vcc_lo, null, 0xabcd
s_min_f16 ttmp0, -0.5, -3
s_max_f16 s2, s4, s6
s_max_f16 vcc_lo, null, 0xabcd
s_max_f16 ttmp0, -0.5, -3
s_mul_f16 s2, s4, s6
s_mul_f16 vcc_lo, null, 0xabcd
s_mul_f16 ttmp0, -0.5, -3
s_fmac_f16 s2, s4, s6
s_fmac_f16 vcc_lo, null, 0xabcd
s_fmac_f16 ttmp0, -0.5, -3
s_movk_i32 s2, 0x4
s_movk_i32 s104, 0xfff6
s_version 0xfff6
s_cmovk_i32 s2, 0x4
s_cmovk_i32 s104, 0xfff6
s_cmpk_eq_i32 s2, 0x4
s_cmpk_eq_i32 s104, 0xfff6
s_cmpk_lg_i32 s2, 0x4
s_cmpk_lg_i32 s104, 0xfff6
s_cmpk_gt_i32 s2, 0x4
s_cmpk_gt_i32 s104, 0xfff6
s_cmpk_ge_i32 s2, 0x4
s_cmpk_ge_i32 s104, 0xfff6
s_cmpk_lt_i32 s2, 0x4
s_cmpk_lt_i32 s104, 0xfff6
s_cmpk_le_i32 s2, 0x4
s_cmpk_le_i32 s104, 0xfff6
s_cmpk_eq_u32 s2, 0x4
s_cmpk_eq_u32 s104, 0xfff6
s_cmpk_lg_u32 s2, 0x4
s_cmpk_lg_u32 s104, 0xfff6
s_cmpk_gt_u32 s2, 0x4
s_cmpk_gt_u32 s104, 0xfff6
s_cmpk_ge_u32 s2, 0x4
s_cmpk_ge_u32 s104, 0xfff6
s_cmpk_lt_u32 s2, 0x4
s_cmpk_lt_u32 s104, 0xfff6
s_cmpk_le_u32 s2, 0x4
s_cmpk_le_u32 s104, 0xfff6
s_addk_i32 s2, 0x4
s_addk_i32 s104, 0xfff6
s_mulk_i32 s2, 0x4
s_mulk_i32 s104, 0xfff6
s_getreg_b32 s2, hwreg(4, 0, 1)
s_getreg_b32 s104, hwreg(54, 31, 32)
s_setreg_b32 hwreg(4, 0, 1), s2
s_setreg_b32 hwreg(54, 31, 32), s104
s_setreg_imm32_b32 hwreg(4, 0, 1), 0x11111111
s_setreg_imm32_b32 hwreg(54, 31, 32), 0x11111111
s_call_b64 s[2:3], 4
s_call_b64 s[104:105], 65526
s_subvector_loop_begin s2, 4
s_subvector_loop_begin s104, 65526
s_subvector_loop_end s2, 4
s_subvector_loop_end s104, 65526
s_mov_b32 s2, s4
s_mov_b32 exec_lo, 0xfeed
s_mov_b64 s[2:3], s[4:5]
s_mov_b64 exec, 0xfeed
s_cmov_b32 s2, s4
s_cmov_b32 exec_lo, 0xfeed
s_cmov_b64 s[2:3], s[4:5]
s_cmov_b64 exec, 0xfeed
s_brev_b32 s2, s4
s_brev_b32 exec_lo, 0xfeed
s_brev_b64 s[2:3], s[4:5]
s_brev_b64 exec, 0xfeed
s_ctz_i32_b32 s2, s4
s_ctz_i32_b32 exec_lo, 0xfeed
s_ctz_i32_b64 s2, s[4:5]
s_ctz_i32_b64 exec_lo, 0xfeed
s_clz_i32_u32 s2, s4
s_clz_i32_u32 exec_lo, 0xfeed
s_clz_i32_u64 s2, s[4:5]
s_clz_i32_u64 exec_lo, 0xfeed
s_cls_i32 s2, s4
s_cls_i32 exec_lo, 0xfeed
s_cls_i32_i64 s2, s[4:5]
s_cls_i32_i64 exec_lo, 0xfeed
s_sext_i32_i8 s2, s4
s_sext_i32_i8 exec_lo, 0xfeed
s_sext_i32_i16 s2, s4
s_sext_i32_i16 exec_lo, 0xfeed
s_bitset0_b32 s2, s4
s_bitset0_b32 exec_lo, 0xfeed
s_bitset0_b64 s[2:3], s4
s_bitset0_b64 exec, 0xfeed
s_bitset1_b32 s2, s4
s_bitset1_b32 exec_lo, 0xfeed
s_bitset1_b64 s[2:3], s4
s_bitset1_b64 exec, 0xfeed
s_bitreplicate_b64_b32 s[2:3], s4
s_bitreplicate_b64_b32 exec, 0xfeed
s_abs_i32 s2, s4
s_abs_i32 exec_lo, 0xfeed
s_bcnt0_i32_b32 s2, s4
s_bcnt0_i32_b32 exec_lo, 0xfeed
s_bcnt0_i32_b64 s2, s[4:5]
s_bcnt0_i32_b64 exec_lo, 0xfeed
s_bcnt1_i32_b32 s2, s4
s_bcnt1_i32_b32 exec_lo, 0xfeed
s_bcnt1_i32_b64 s2, s[4:5]
s_bcnt1_i32_b64 exec_lo, 0xfeed
s_quadmask_b32 s2, s4
s_quadmask_b32 exec_lo, 0xfeed
s_quadmask_b64 s[2:3], s[4:5]
s_quadmask_b64 exec, 0xfeed
s_wqm_b32 s2, s4
s_wqm_b32 exec_lo, 0xfeed
s_wqm_b64 s[2:3], s[4:5]
s_wqm_b64 exec, 0xfeed
s_not_b32 s2, s4
s_not_b32 exec_lo, 0xfeed
s_not_b64 s[2:3], s[4:5]
s_not_b64 exec, 0xfeed
s_and_saveexec_b32 s2, s4
s_and_saveexec_b32 exec_lo, 0xfeed
s_and_saveexec_b64 s[2:3], s[4:5]
s_and_saveexec_b64 exec, 0xfeed
s_or_saveexec_b32 s2, s4
s_or_saveexec_b32 exec_lo, 0xfeed
s_or_saveexec_b64 s[2:3], s[4:5]
s_or_saveexec_b64 exec, 0xfeed
s_xor_saveexec_b32 s2, s4
s_xor_saveexec_b32 exec_lo, 0xfeed
s_xor_saveexec_b64 s[2:3], s[4:5]
s_xor_saveexec_b64 exec, 0xfeed
s_nand_saveexec_b32 s2, s4
s_nand_saveexec_b32 exec_lo, 0xfeed
s_nand_saveexec_b64 s[2:3], s[4:5]
s_nand_saveexec_b64 exec, 0xfeed
s_nor_saveexec_b32 s2, s4
s_nor_saveexec_b32 exec_lo, 0xfeed
s_nor_saveexec_b64 s[2:3], s[4:5]
s_nor_saveexec_b64 exec, 0xfeed
s_xnor_saveexec_b32 s2, s4
s_xnor_saveexec_b32 exec_lo, 0xfeed
s_xnor_saveexec_b64 s[2:3], s[4:5]
s_xnor_saveexec_b64 exec, 0xfeed
s_and_not0_saveexec_b32 s2, s4
s_and_not0_saveexec_b32 exec_lo, 0xfeed
s_and_not0_saveexec_b64 s[2:3], s[4:5]
s_and_not0_saveexec_b64 exec, 0xfeed
s_or_not0_saveexec_b32 s2, s4
s_or_not0_saveexec_b32 exec_lo, 0xfeed
s_or_not0_saveexec_b64 s[2:3], s[4:5]
s_or_not0_saveexec_b64 exec, 0xfeed
s_and_not1_saveexec_b32 s2, s4
s_and_not1_saveexec_b32 exec_lo, 0xfeed
s_and_not1_saveexec_b64 s[2:3], s[4:5]
s_and_not1_saveexec_b64 exec, 0xfeed
s_or_not1_saveexec_b32 s2, s4
s_or_not1_saveexec_b32 exec_lo, 0xfeed
s_or_not1_saveexec_b64 s[2:3], s[4:5]
s_or_not1_saveexec_b64 exec, 0xfeed
s_and_not0_wrexec_b32 s2, s4
s_and_not0_wrexec_b32 exec_lo, 0xfeed
s_and_not0_wrexec_b64 s[2:3], s[4:5]
s_and_not0_wrexec_b64 exec, 0xfeed
s_and_not1_wrexec_b32 s2, s4
s_and_not1_wrexec_b32 exec_lo, 0xfeed
s_and_not1_wrexec_b64 s[2:3], s[4:5]
s_and_not1_wrexec_b64 exec, 0xfeed
s_movrels_b32 s2, s4
s_movrels_b64 s[2:3], s[4:5]
s_movreld_b32 s2, s4
s_movreld_b32 exec_lo, 0xfeed
s_movreld_b64 s[2:3], s[4:5]
s_movreld_b64 exec, 0xfeed
s_movrelsd_2_b32 s2, s4
s_getpc_b64 s[2:3]
s_setpc_b64 s[4:5]
s_swappc_b64 s[2:3], s[4:5]
s_rfe_b64 s[4:5]
s_sendmsg_rtn_b32 s2, sendmsg(4, 0, 0)
s_sendmsg_rtn_b64 s[2:3], sendmsg(4, 0, 0)
s_ceil_f32 s2, s4
s_ceil_f32 exec_lo, 0xfeed
s_floor_f32 s2, s4
s_floor_f32 exec_lo, 0xfeed
s_trunc_f32 s2, s4
s_trunc_f32 exec_lo, 0xfeed
s_rndne_f32 s2, s4
s_rndne_f32 exec_lo, 0xfeed
s_cvt_f32_i32 s2, s4
s_cvt_f32_i32 exec_lo, 0xfeed
s_cvt_f32_u32 s2, s4
s_cvt_f32_u32 exec_lo, 0xfeed
s_cvt_i32_f32 s2, s4
s_cvt_i32_f32 exec_lo, 0xfeed
s_cvt_u32_f32 s2, s4
s_cvt_u32_f32 exec_lo, 0xfeed
s_cvt_f16_f32 s2, s4
s_cvt_f16_f32 exec_lo, 0xfeed
s_cvt_f32_f16 s2, s4
s_cvt_f32_f16 exec_lo, 0xfeed
s_cvt_hi_f32_f16 s2, s4
s_cvt_hi_f32_f16 exec_lo, 0xfeed
s_ceil_f16 s2, s4
s_ceil_f16 exec_lo, 0xfeed
s_floor_f16 s2, s4
s_floor_f16 exec_lo, 0xfeed
s_trunc_f16 s2, s4
s_trunc_f16 exec_lo, 0xfeed
s_rndne_f16 s2, s4
s_rndne_f16 exec_lo, 0xfeed
s_cmp_eq_i32 s4, s6
s_cmp_eq_i32 vcc_hi, 0x98765432
s_cmp_lg_i32 s4, s6
s_cmp_lg_i32 vcc_hi, 0x98765432
s_cmp_gt_i32 s4, s6
s_cmp_gt_i32 vcc_hi, 0x98765432
s_cmp_ge_i32 s4, s6
s_cmp_ge_i32 vcc_hi, 0x98765432
s_cmp_lt_i32 s4, s6
s_cmp_lt_i32 vcc_hi, 0x98765432
s_cmp_le_i32 s4, s6
s_cmp_le_i32 vcc_hi, 0x98765432
s_cmp_eq_u32 s4, s6
s_cmp_eq_u32 vcc_hi, 0x98765432
s_cmp_lg_u32 s4, s6
s_cmp_lg_u32 vcc_hi, 0x98765432
s_cmp_gt_u32 s4, s6
s_cmp_gt_u32 vcc_hi, 0x98765432
s_cmp_ge_u32 s4, s6
s_cmp_ge_u32 vcc_hi, 0x98765432
s_cmp_lt_u32 s4, s6
s_cmp_lt_u32 vcc_hi, 0x98765432
s_cmp_le_u32 s4, s6
s_cmp_le_u32 vcc_hi, 0x98765432
s_bitcmp0_b32 s4, s6
s_bitcmp0_b32 vcc_hi, 0x98765432
s_bitcmp1_b32 s4, s6
s_bitcmp1_b32 vcc_hi, 0x98765432
s_bitcmp0_b64 s[4:5], s6
s_bitcmp1_b64 s[4:5], s6
s_cmp_eq_u64 s[4:5], s[6:7]
s_cmp_lg_u64 s[4:5], s[6:7]
s_cmp_lt_f32 s4, s6
s_cmp_lt_f32 vcc_hi, 0x98765432
s_cmp_eq_f32 s4, s6
s_cmp_eq_f32 vcc_hi, 0x98765432
s_cmp_le_f32 s4, s6
s_cmp_le_f32 vcc_hi, 0x98765432
s_cmp_gt_f32 s4, s6
s_cmp_gt_f32 vcc_hi, 0x98765432
s_cmp_lg_f32 s4, s6
s_cmp_lg_f32 vcc_hi, 0x98765432
s_cmp_ge_f32 s4, s6
s_cmp_ge_f32 vcc_hi, 0x98765432
s_cmp_o_f32 s4, s6
s_cmp_o_f32 vcc_hi, 0x98765432
s_cmp_u_f32 s4, s6
s_cmp_u_f32 vcc_hi, 0x98765432
s_cmp_nge_f32 s4, s6
s_cmp_nge_f32 vcc_hi, 0x98765432
s_cmp_nlg_f32 s4, s6
s_cmp_nlg_f32 vcc_hi, 0x98765432
s_cmp_ngt_f32 s4, s6
s_cmp_ngt_f32 vcc_hi, 0x98765432
s_cmp_nle_f32 s4, s6
s_cmp_nle_f32 vcc_hi, 0x98765432
s_cmp_neq_f32 s4, s6
s_cmp_neq_f32 vcc_hi, 0x98765432
s_cmp_nlt_f32 s4, s6
s_cmp_nlt_f32 vcc_hi, 0x98765432
s_cmp_lt_f16 s4, s6
s_cmp_lt_f16 vcc_hi, 0x5432
s_cmp_eq_f16 s4, s6
s_cmp_eq_f16 vcc_hi, 0x5432
s_cmp_le_f16 s4, s6
s_cmp_le_f16 vcc_hi, 0x5432
s_cmp_gt_f16 s4, s6
s_cmp_gt_f16 vcc_hi, 0x5432
s_cmp_lg_f16 s4, s6
s_cmp_lg_f16 vcc_hi, 0x5432
s_cmp_ge_f16 s4, s6
s_cmp_ge_f16 vcc_hi, 0x5432
s_cmp_o_f16 s4, s6
s_cmp_o_f16 vcc_hi, 0x5432
s_cmp_u_f16 s4, s6
s_cmp_u_f16 vcc_hi, 0x5432
s_cmp_nge_f16 s4, s6
s_cmp_nge_f16 vcc_hi, 0x5432
s_cmp_nlg_f16 s4, s6
s_cmp_nlg_f16 vcc_hi, 0x5432
s_cmp_ngt_f16 s4, s6
s_cmp_ngt_f16 vcc_hi, 0x5432
s_cmp_nle_f16 s4, s6
s_cmp_nle_f16 vcc_hi, 0x5432
s_cmp_neq_f16 s4, s6
s_cmp_neq_f16 vcc_hi, 0x5432
s_cmp_nlt_f16 s4, s6
s_cmp_nlt_f16 vcc_hi, 0x5432
s_waitcnt_vscnt null, 0x0
s_waitcnt_vmcnt null, 0x3
s_waitcnt_expcnt null, 0x1
s_waitcnt_lgkmcnt null, 0x2
