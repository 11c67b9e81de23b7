global_load_u8 v2, v[4:5], off offset:16
global_load_u8 v2, v4, s[6:7] offset:-8 slc
global_load_i8 v2, v[4:5], off offset:16
global_load_i8 v2, v4, s[6:7] offset:-8 slc
global_load_u16 v2, v[4:5], off offset:16
global_load_u16 v2, v4, s[6:7] offset:-8 slc
global_load_i16 v2, v[4:5], off offset:16
global_load_i16 v2, v4, s[6:7] offset:-8 slc
global_load_b32 v2, v[4:5], off offset:16
global_load_b32 v2, v4, s[6:7] offset:-8 slc
global_load_b64 v[2:3], v[4:5], off offset:16
global_load_b64 v[2:3], v4, s[6:7] offset:-8 slc
global_load_b96 v[2:4], v[4:5], off offset:16
global_load_b96 v[2:4], v4, s[6:7] offset:-8 slc
global_load_b128 v[2:5], v[4:5], off offset:16
global_load_b128 v[2:5], v4, s[6:7] offset:-8 slc
global_store_b8 v[4:5], v8, off offset:16
global_store_b8 v4, v8, s[6:7] offset:-8 slc
global_store_b16 v[4:5], v8, off offset:16
global_store_b16 v4, v8, s[6:7] offset:-8 slc
global_store_b32 v[4:5], v8, off offset:16
global_store_b32 v4, v8, s[6:7] offset:-8 slc
global_store_b64 v[4:5], v[8:9], off offset:16
global_store_b64 v4, v[8:9], s[6:7] offset:-8 slc
global_store_b96 v[4:5], v[8:10], off offset:16
global_store_b96 v4, v[8:10], s[6:7] offset:-8 slc
global_store_b128 v[4:5], v[8:11], off offset:16
global_store_b128 v4, v[8:11], s[6:7] offset:-8 slc
global_load_d16_u8 v2, v[4:5], off offset:16
global_load_d16_u8 v2, v4, s[6:7] offset:-8 slc
global_load_d16_i8 v2, v[4:5], off offset:16
global_load_d16_i8 v2, v4, s[6:7] offset:-8 slc
global_load_d16_b16 v2, v[4:5], off offset:16
global_load_d16_b16 v2, v4, s[6:7] offset:-8 slc
global_load_d16_hi_u8 v2, v[4:5], off offset:16
global_load_d16_hi_u8 v2, v4, s[6:7] offset:-8 slc
global_load_d16_hi_i8 v2, v[4:5], off offset:16
global_load_d16_hi_i8 v2, v4, s[6:7] offset:-8 slc
global_load_d16_hi_b16 v2, v[4:5], off offset:16
global_load_d16_hi_b16 v2, v4, s[6:7] offset:-8 slc
global_store_d16_hi_b8 v[4:5], v8, off offset:16
global_store_d16_hi_b8 v4, v8, s[6:7] offset:-8 slc
global_store_d16_hi_b16 v[4:5], v8, off offset:16
global_store_d16_hi_b16 v4, v8, s[6:7] offset:-8 slc
global_load_addtid_b32 v2, off offset:16
global_load_addtid_b32 v2, s[6:7] offset:-8 slc
global_store_addtid_b32 v8, off offset:16
global_store_addtid_b32 v8, s[6:7] offset:-8 slc
global_atomic_swap_b32 v2, v[4:5], v8, off offset:16 glc
global_atomic_swap_b32 v4, v8, s[6:7] offset:-8 slc
global_atomic_cmpswap_b32 v2, v[4:5], v[8:9], off offset:16 glc
global_atomic_cmpswap_b32 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_add_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_add_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_sub_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_sub_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_csub_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_csub_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_min_i32 v2, v[4:5], v8, off offset:16 glc
global_atomic_min_i32 v4, v8, s[6:7] offset:-8 slc
global_atomic_min_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_min_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_max_i32 v2, v[4:5], v8, off offset:16 glc
global_atomic_max_i32 v4, v8, s[6:7] offset:-8 slc
global_atomic_max_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_max_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_and_b32 v2, v[4:5], v8, off offset:16 glc
global_atomic_and_b32 v4, v8, s[6:7] offset:-8 slc
global_atomic_or_b32 v2, v[4:5], v8, off offset:16 glc
global_atomic_or_b32 v4, v8, s[6:7] offset:-8 slc
global_atomic_xor_b32 v2, v[4:5], v8, off offset:16 glc
global_atomic_xor_b32 v4, v8, s[6:7] offset:-8 slc
global_atomic_inc_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_inc_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_dec_u32 v2, v[4:5], v8, off offset:16 glc
global_atomic_dec_u32 v4, v8, s[6:7] offset:-8 slc
global_atomic_swap_b64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_swap_b64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_cmpswap_b64 v[2:3], v[4:5], v[8:11], off offset:16 glc
global_atomic_cmpswap_b64 v4, v[8:11], s[6:7] offset:-8 slc
global_atomic_add_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_add_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_sub_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_sub_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_min_i64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_min_i64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_min_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_min_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_max_i64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_max_i64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_max_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_max_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_and_b64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_and_b64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_or_b64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_or_b64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_xor_b64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_xor_b64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_inc_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_inc_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_dec_u64 v[2:3], v[4:5], v[8:9], off offset:16 glc
global_atomic_dec_u64 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_cmpswap_f32 v2, v[4:5], v[8:9], off offset:16 glc
global_atomic_cmpswap_f32 v4, v[8:9], s[6:7] offset:-8 slc
global_atomic_min_f32 v2, v[4:5], v8, off offset:16 glc
global_atomic_min_f32 v4, v8, s[6:7] offset:-8 slc
global_atomic_max_f32 v2, v[4:5], v8, off offset:16 glc
global_atomic_max_f32 v4, v8, s[6:7] offset:-8 slc
global_atomic_add_f32 v2, v[4:5], v8, off offset:16 glc
global_atomic_add_f32 v4, v8, s[6:7] offset:-8 slc
