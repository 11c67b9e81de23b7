flat_load_u8 v2, v[4:5] offset:16
flat_load_u8 v2, v[4:5] dlc
flat_load_i8 v2, v[4:5] offset:16
flat_load_i8 v2, v[4:5] dlc
flat_load_u16 v2, v[4:5] offset:16
flat_load_u16 v2, v[4:5] dlc
flat_load_i16 v2, v[4:5] offset:16
flat_load_i16 v2, v[4:5] dlc
flat_load_b32 v2, v[4:5] offset:16
flat_load_b32 v2, v[4:5] dlc
flat_load_b64 v[2:3], v[4:5] offset:16
flat_load_b64 v[2:3], v[4:5] dlc
flat_load_b96 v[2:4], v[4:5] offset:16
flat_load_b96 v[2:4], v[4:5] dlc
flat_load_b128 v[2:5], v[4:5] offset:16
flat_load_b128 v[2:5], v[4:5] dlc
flat_store_b8 v[4:5], v8 offset:16
flat_store_b8 v[4:5], v8 dlc
flat_store_b16 v[4:5], v8 offset:16
flat_store_b16 v[4:5], v8 dlc
flat_store_b32 v[4:5], v8 offset:16
flat_store_b32 v[4:5], v8 dlc
flat_store_b64 v[4:5], v[8:9] offset:16
flat_store_b64 v[4:5], v[8:9] dlc
flat_store_b96 v[4:5], v[8:10] offset:16
flat_store_b96 v[4:5], v[8:10] dlc
flat_store_b128 v[4:5], v[8:11] offset:16
flat_store_b128 v[4:5], v[8:11] dlc
flat_load_d16_u8 v2, v[4:5] offset:16
flat_load_d16_u8 v2, v[4:5] dlc
flat_load_d16_i8 v2, v[4:5] offset:16
flat_load_d16_i8 v2, v[4:5] dlc
flat_load_d16_b16 v2, v[4:5] offset:16
flat_load_d16_b16 v2, v[4:5] dlc
flat_load_d16_hi_u8 v2, v[4:5] offset:16
flat_load_d16_hi_u8 v2, v[4:5] dlc
flat_load_d16_hi_i8 v2, v[4:5] offset:16
flat_load_d16_hi_i8 v2, v[4:5] dlc
flat_load_d16_hi_b16 v2, v[4:5] offset:16
flat_load_d16_hi_b16 v2, v[4:5] dlc
flat_store_d16_hi_b8 v[4:5], v8 offset:16
flat_store_d16_hi_b8 v[4:5], v8 dlc
flat_store_d16_hi_b16 v[4:5], v8 offset:16
flat_store_d16_hi_b16 v[4:5], v8 dlc
flat_atomic_swap_b32 v2, v[4:5], v8 offset:16 glc
flat_atomic_swap_b32 v[4:5], v8 dlc
flat_atomic_cmpswap_b32 v2, v[4:5], v[8:9] offset:16 glc
flat_atomic_cmpswap_b32 v[4:5], v[8:9] dlc
flat_atomic_add_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_add_u32 v[4:5], v8 dlc
flat_atomic_sub_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_sub_u32 v[4:5], v8 dlc
flat_atomic_min_i32 v2, v[4:5], v8 offset:16 glc
flat_atomic_min_i32 v[4:5], v8 dlc
flat_atomic_min_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_min_u32 v[4:5], v8 dlc
flat_atomic_max_i32 v2, v[4:5], v8 offset:16 glc
flat_atomic_max_i32 v[4:5], v8 dlc
flat_atomic_max_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_max_u32 v[4:5], v8 dlc
flat_atomic_and_b32 v2, v[4:5], v8 offset:16 glc
flat_atomic_and_b32 v[4:5], v8 dlc
flat_atomic_or_b32 v2, v[4:5], v8 offset:16 glc
flat_atomic_or_b32 v[4:5], v8 dlc
flat_atomic_xor_b32 v2, v[4:5], v8 offset:16 glc
flat_atomic_xor_b32 v[4:5], v8 dlc
flat_atomic_inc_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_inc_u32 v[4:5], v8 dlc
flat_atomic_dec_u32 v2, v[4:5], v8 offset:16 glc
flat_atomic_dec_u32 v[4:5], v8 dlc
flat_atomic_swap_b64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_swap_b64 v[4:5], v[8:9] dlc
flat_atomic_cmpswap_b64 v[2:3], v[4:5], v[8:11] offset:16 glc
flat_atomic_cmpswap_b64 v[4:5], v[8:11] dlc
flat_atomic_add_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_add_u64 v[4:5], v[8:9] dlc
flat_atomic_sub_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_sub_u64 v[4:5], v[8:9] dlc
flat_atomic_min_i64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_min_i64 v[4:5], v[8:9] dlc
flat_atomic_min_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_min_u64 v[4:5], v[8:9] dlc
flat_atomic_max_i64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_max_i64 v[4:5], v[8:9] dlc
flat_atomic_max_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_max_u64 v[4:5], v[8:9] dlc
flat_atomic_and_b64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_and_b64 v[4:5], v[8:9] dlc
flat_atomic_or_b64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_or_b64 v[4:5], v[8:9] dlc
flat_atomic_xor_b64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_xor_b64 v[4:5], v[8:9] dlc
flat_atomic_inc_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_inc_u64 v[4:5], v[8:9] dlc
flat_atomic_dec_u64 v[2:3], v[4:5], v[8:9] offset:16 glc
flat_atomic_dec_u64 v[4:5], v[8:9] dlc
flat_atomic_cmpswap_f32 v2, v[4:5], v[8:9] offset:16 glc
flat_atomic_cmpswap_f32 v[4:5], v[8:9] dlc
flat_atomic_min_f32 v2, v[4:5], v8 offset:16 glc
flat_atomic_min_f32 v[4:5], v8 dlc
flat_atomic_max_f32 v2, v[4:5], v8 offset:16 glc
flat_atomic_max_f32 v[4:5], v8 dlc
flat_atomic_add_f32 v2, v[4:5], v8 offset:16 glc
flat_atomic_add_f32 v[4:5], v8 dlc
