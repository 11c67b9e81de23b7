ds_mskor_rtn_b32 v2, v5, v8, v12
ds_mskor_rtn_b32 v2, v5, v8, v12 offset:528
ds_storexchg_2addr_rtn_b32 v[2:3], v5, v8, v12
ds_storexchg_2addr_rtn_b32 v[2:3], v5, v8, v12 offset0:16 offset1:2
ds_storexchg_2addr_stride64_rtn_b32 v[2:3], v5, v8, v12
ds_storexchg_2addr_stride64_rtn_b32 v[2:3], v5, v8, v12 offset0:16 offset1:2
ds_cmpstore_rtn_b32 v2, v5, v8, v12
ds_cmpstore_rtn_b32 v2, v5, v8, v12 offset:528
ds_cmpstore_rtn_f32 v2, v5, v8, v12
ds_cmpstore_rtn_f32 v2, v5, v8, v12 offset:528
ds_wrap_rtn_b32 v2, v5, v8, v12
ds_wrap_rtn_b32 v2, v5, v8, v12 offset:528
ds_mskor_rtn_b64 v[2:3], v5, v[8:9], v[12:13]
ds_mskor_rtn_b64 v[2:3], v5, v[8:9], v[12:13] offset:528
ds_storexchg_2addr_rtn_b64 v[2:5], v5, v[8:9], v[12:13]
ds_storexchg_2addr_rtn_b64 v[2:5], v5, v[8:9], v[12:13] offset0:16 offset1:2
ds_storexchg_2addr_stride64_rtn_b64 v[2:5], v5, v[8:9], v[12:13]
ds_storexchg_2addr_stride64_rtn_b64 v[2:5], v5, v[8:9], v[12:13] offset0:16 offset1:2
ds_cmpstore_rtn_b64 v[2:3], v5, v[8:9], v[12:13]
ds_cmpstore_rtn_b64 v[2:3], v5, v[8:9], v[12:13] offset:528
ds_cmpstore_rtn_f64 v[2:3], v5, v[8:9], v[12:13]
ds_cmpstore_rtn_f64 v[2:3], v5, v[8:9], v[12:13] offset:528
ds_bvh_stack_rtn_b32 v2, v5, v8, v[12:15]
ds_bvh_stack_rtn_b32 v2, v5, v8, v[12:15] offset:528
ds_add_rtn_u32 v2, v5, v8
ds_add_rtn_u32 v2, v5, v8 offset:528
ds_sub_rtn_u32 v2, v5, v8
ds_sub_rtn_u32 v2, v5, v8 offset:528
ds_rsub_rtn_u32 v2, v5, v8
ds_rsub_rtn_u32 v2, v5, v8 offset:528
ds_inc_rtn_u32 v2, v5, v8
ds_inc_rtn_u32 v2, v5, v8 offset:528
ds_dec_rtn_u32 v2, v5, v8
ds_dec_rtn_u32 v2, v5, v8 offset:528
ds_min_rtn_i32 v2, v5, v8
ds_min_rtn_i32 v2, v5, v8 offset:528
ds_max_rtn_i32 v2, v5, v8
ds_max_rtn_i32 v2, v5, v8 offset:528
ds_min_rtn_u32 v2, v5, v8
ds_min_rtn_u32 v2, v5, v8 offset:528
ds_max_rtn_u32 v2, v5, v8
ds_max_rtn_u32 v2, v5, v8 offset:528
ds_and_rtn_b32 v2, v5, v8
ds_and_rtn_b32 v2, v5, v8 offset:528
ds_or_rtn_b32 v2, v5, v8
ds_or_rtn_b32 v2, v5, v8 offset:528
ds_xor_rtn_b32 v2, v5, v8
ds_xor_rtn_b32 v2, v5, v8 offset:528
ds_storexchg_rtn_b32 v2, v5, v8
ds_storexchg_rtn_b32 v2, v5, v8 offset:528
ds_min_rtn_f32 v2, v5, v8
ds_min_rtn_f32 v2, v5, v8 offset:528
ds_max_rtn_f32 v2, v5, v8
ds_max_rtn_f32 v2, v5, v8 offset:528
ds_add_rtn_u64 v[2:3], v5, v[8:9]
ds_add_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_sub_rtn_u64 v[2:3], v5, v[8:9]
ds_sub_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_rsub_rtn_u64 v[2:3], v5, v[8:9]
ds_rsub_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_inc_rtn_u64 v[2:3], v5, v[8:9]
ds_inc_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_dec_rtn_u64 v[2:3], v5, v[8:9]
ds_dec_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_min_rtn_i64 v[2:3], v5, v[8:9]
ds_min_rtn_i64 v[2:3], v5, v[8:9] offset:528
ds_max_rtn_i64 v[2:3], v5, v[8:9]
ds_max_rtn_i64 v[2:3], v5, v[8:9] offset:528
ds_min_rtn_u64 v[2:3], v5, v[8:9]
ds_min_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_max_rtn_u64 v[2:3], v5, v[8:9]
ds_max_rtn_u64 v[2:3], v5, v[8:9] offset:528
ds_and_rtn_b64 v[2:3], v5, v[8:9]
ds_and_rtn_b64 v[2:3], v5, v[8:9] offset:528
ds_or_rtn_b64 v[2:3], v5, v[8:9]
ds_or_rtn_b64 v[2:3], v5, v[8:9] offset:528
ds_xor_rtn_b64 v[2:3], v5, v[8:9]
ds_xor_rtn_b64 v[2:3], v5, v[8:9] offset:528
ds_storexchg_rtn_b64 v[2:3], v5, v[8:9]
ds_storexchg_rtn_b64 v[2:3], v5, v[8:9] offset:528
ds_min_rtn_f64 v[2:3], v5, v[8:9]
ds_min_rtn_f64 v[2:3], v5, v[8:9] offset:528
ds_max_rtn_f64 v[2:3], v5, v[8:9]
ds_max_rtn_f64 v[2:3], v5, v[8:9] offset:528
ds_add_rtn_f32 v2, v5, v8
ds_add_rtn_f32 v2, v5, v8 offset:528
ds_condxchg32_rtn_b64 v[2:3], v5, v[8:9]
ds_condxchg32_rtn_b64 v[2:3], v5, v[8:9] offset:528
ds_permute_b32 v2, v5, v8
ds_permute_b32 v2, v5, v8 offset:528
ds_bpermute_b32 v2, v5, v8
ds_bpermute_b32 v2, v5, v8 offset:528
ds_swizzle_b32 v2, v5
ds_swizzle_b32 v2, v5 offset:33029
ds_load_b32 v2, v5
ds_load_b32 v2, v5 offset:528
ds_load_2addr_b32 v[2:3], v5
ds_load_2addr_b32 v[2:3], v5 offset0:16 offset1:2
ds_load_2addr_stride64_b32 v[2:3], v5
ds_load_2addr_stride64_b32 v[2:3], v5 offset0:16 offset1:2
ds_load_i8 v2, v5
ds_load_i8 v2, v5 offset:528
ds_load_u8 v2, v5
ds_load_u8 v2, v5 offset:528
ds_load_i16 v2, v5
ds_load_i16 v2, v5 offset:528
ds_load_u16 v2, v5
ds_load_u16 v2, v5 offset:528
ds_load_b64 v[2:3], v5
ds_load_b64 v[2:3], v5 offset:528
ds_load_2addr_b64 v[2:5], v5
ds_load_2addr_b64 v[2:5], v5 offset0:16 offset1:2
ds_load_2addr_stride64_b64 v[2:5], v5
ds_load_2addr_stride64_b64 v[2:5], v5 offset0:16 offset1:2
ds_load_u8_d16 v2, v5
ds_load_u8_d16 v2, v5 offset:528
ds_load_u8_d16_hi v2, v5
ds_load_u8_d16_hi v2, v5 offset:528
ds_load_i8_d16 v2, v5
ds_load_i8_d16 v2, v5 offset:528
ds_load_i8_d16_hi v2, v5
ds_load_i8_d16_hi v2, v5 offset:528
ds_load_u16_d16 v2, v5
ds_load_u16_d16 v2, v5 offset:528
ds_load_u16_d16_hi v2, v5
ds_load_u16_d16_hi v2, v5 offset:528
ds_load_b96 v[2:4], v5
ds_load_b96 v[2:4], v5 offset:528
ds_load_b128 v[2:5], v5
ds_load_b128 v[2:5], v5 offset:528
ds_add_u32 v5, v8
ds_add_u32 v5, v8 offset:528
ds_sub_u32 v5, v8
ds_sub_u32 v5, v8 offset:528
ds_rsub_u32 v5, v8
ds_rsub_u32 v5, v8 offset:528
ds_inc_u32 v5, v8
ds_inc_u32 v5, v8 offset:528
ds_dec_u32 v5, v8
ds_dec_u32 v5, v8 offset:528
ds_min_i32 v5, v8
ds_min_i32 v5, v8 offset:528
ds_max_i32 v5, v8
ds_max_i32 v5, v8 offset:528
ds_min_u32 v5, v8
ds_min_u32 v5, v8 offset:528
ds_max_u32 v5, v8
ds_max_u32 v5, v8 offset:528
ds_and_b32 v5, v8
ds_and_b32 v5, v8 offset:528
ds_or_b32 v5, v8
ds_or_b32 v5, v8 offset:528
ds_xor_b32 v5, v8
ds_xor_b32 v5, v8 offset:528
ds_mskor_b32 v5, v8, v12
ds_mskor_b32 v5, v8, v12 offset:528
ds_store_b32 v5, v8
ds_store_b32 v5, v8 offset:528
ds_store_2addr_b32 v5, v8, v12
ds_store_2addr_b32 v5, v8, v12 offset0:16 offset1:2
ds_store_2addr_stride64_b32 v5, v8, v12
ds_store_2addr_stride64_b32 v5, v8, v12 offset0:16 offset1:2
ds_cmpstore_b32 v5, v8, v12
ds_cmpstore_b32 v5, v8, v12 offset:528
ds_cmpstore_f32 v5, v8, v12
ds_cmpstore_f32 v5, v8, v12 offset:528
ds_min_f32 v5, v8
ds_min_f32 v5, v8 offset:528
ds_max_f32 v5, v8
ds_max_f32 v5, v8 offset:528
ds_add_f32 v5, v8
ds_add_f32 v5, v8 offset:528
ds_store_b8 v5, v8
ds_store_b8 v5, v8 offset:528
ds_store_b16 v5, v8
ds_store_b16 v5, v8 offset:528
ds_add_u64 v5, v[8:9]
ds_add_u64 v5, v[8:9] offset:528
ds_sub_u64 v5, v[8:9]
ds_sub_u64 v5, v[8:9] offset:528
ds_rsub_u64 v5, v[8:9]
ds_rsub_u64 v5, v[8:9] offset:528
ds_inc_u64 v5, v[8:9]
ds_inc_u64 v5, v[8:9] offset:528
ds_dec_u64 v5, v[8:9]
ds_dec_u64 v5, v[8:9] offset:528
ds_min_i64 v5, v[8:9]
ds_min_i64 v5, v[8:9] offset:528
ds_max_i64 v5, v[8:9]
ds_max_i64 v5, v[8:9] offset:528
ds_min_u64 v5, v[8:9]
ds_min_u64 v5, v[8:9] offset:528
ds_max_u64 v5, v[8:9]
ds_max_u64 v5, v[8:9] offset:528
ds_and_b64 v5, v[8:9]
ds_and_b64 v5, v[8:9] offset:528
ds_or_b64 v5, v[8:9]
ds_or_b64 v5, v[8:9] offset:528
ds_xor_b64 v5, v[8:9]
ds_xor_b64 v5, v[8:9] offset:528
ds_mskor_b64 v5, v[8:9], v[12:13]
ds_mskor_b64 v5, v[8:9], v[12:13] offset:528
ds_store_b64 v5, v[8:9]
ds_store_b64 v5, v[8:9] offset:528
ds_store_2addr_b64 v5, v[8:9], v[12:13]
ds_store_2addr_b64 v5, v[8:9], v[12:13] offset0:16 offset1:2
ds_store_2addr_stride64_b64 v5, v[8:9], v[12:13]
ds_store_2addr_stride64_b64 v5, v[8:9], v[12:13] offset0:16 offset1:2
ds_cmpstore_b64 v5, v[8:9], v[12:13]
ds_cmpstore_b64 v5, v[8:9], v[12:13] offset:528
ds_cmpstore_f64 v5, v[8:9], v[12:13]
ds_cmpstore_f64 v5, v[8:9], v[12:13] offset:528
ds_min_f64 v5, v[8:9]
ds_min_f64 v5, v[8:9] offset:528
ds_max_f64 v5, v[8:9]
ds_max_f64 v5, v[8:9] offset:528
ds_store_b8_d16_hi v5, v8
ds_store_b8_d16_hi v5, v8 offset:528
ds_store_b16_d16_hi v5, v8
ds_store_b16_d16_hi v5, v8 offset:528
ds_store_b96 v5, v[8:10]
ds_store_b96 v5, v[8:10] offset:528
ds_store_b128 v5, v[8:11]
ds_store_b128 v5, v[8:11] offset:528
ds_nop
ds_consume v2
ds_consume v2 offset:528
ds_append v2
ds_append v2 offset:528
ds_load_addtid_b32 v2
ds_load_addtid_b32 v2 offset:528
ds_store_addtid_b32 v8
ds_store_addtid_b32 v8 offset:528
ds_swizzle_b32 v2, v5 offset:swizzle(QUAD_PERM,0,1,2,3)
ds_swizzle_b32 v2, v5 offset:swizzle(SWAP,1)
ds_swizzle_b32 v2, v5 offset:swizzle(REVERSE,4)
ds_swizzle_b32 v2, v5 offset:swizzle(BITMASK_PERM,"ppppp")
ds_swizzle_b32 v2, v5 offset:swizzle(REVERSE,32)
ds_swizzle_b32 v2, v5 offset:swizzle(BROADCAST,16,0)
ds_swizzle_b32 v2, v5 offset:swizzle(BITMASK_PERM,"10i01")
ds_swizzle_b32 v2, v5 offset:swizzle(FFT,3)
ds_swizzle_b32 v2, v5 offset:swizzle(ROTATE,1,3)
ds_swizzle_b32 v2, v5 offset:swizzle(BROADCAST,32,30)
ds_gws_init v4 offset:16 gds
ds_gws_init v0 offset:16 gds
ds_gws_sema_br v4 offset:16 gds
ds_gws_sema_br v0 offset:16 gds
ds_gws_barrier v4 offset:16 gds
ds_gws_barrier v0 offset:16 gds
ds_ordered_count v2, v4 offset:16 gds
ds_ordered_count v0, v0 offset:16 gds
ds_gws_sema_release_all offset:16 gds
ds_gws_sema_v offset:16 gds
ds_gws_sema_p offset:16 gds
ds_add_gs_reg_rtn v[2:3], v8 offset:16 gds
ds_add_gs_reg_rtn v[0:1], v0 offset:16 gds
ds_sub_gs_reg_rtn v[2:3], v8 offset:16 gds
ds_sub_gs_reg_rtn v[0:1], v0 offset:16 gds
ds_nop
