buffer_load_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_load_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_format_x v8, off, s[12:15], null
buffer_load_format_xy v[8:9], v4, s[12:15], s6 offen offset:16
buffer_load_format_xy v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_format_xy v[8:9], off, s[12:15], null
buffer_load_format_xyz v[8:10], v4, s[12:15], s6 offen offset:16
buffer_load_format_xyz v[8:10], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_format_xyz v[8:10], off, s[12:15], null
buffer_load_format_xyzw v[8:11], v4, s[12:15], s6 offen offset:16
buffer_load_format_xyzw v[8:11], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_format_xyzw v[8:11], off, s[12:15], null
buffer_store_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_store_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_format_x v8, off, s[12:15], null
buffer_store_format_xy v[8:9], v4, s[12:15], s6 offen offset:16
buffer_store_format_xy v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_format_xy v[8:9], off, s[12:15], null
buffer_store_format_xyz v[8:10], v4, s[12:15], s6 offen offset:16
buffer_store_format_xyz v[8:10], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_format_xyz v[8:10], off, s[12:15], null
buffer_store_format_xyzw v[8:11], v4, s[12:15], s6 offen offset:16
buffer_store_format_xyzw v[8:11], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_format_xyzw v[8:11], off, s[12:15], null
buffer_load_d16_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_format_x v8, off, s[12:15], null
buffer_load_d16_format_xy v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_format_xy v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_format_xy v8, off, s[12:15], null
buffer_load_d16_format_xyz v[8:9], v4, s[12:15], s6 offen offset:16
buffer_load_d16_format_xyz v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_format_xyz v[8:9], off, s[12:15], null
buffer_load_d16_format_xyzw v[8:9], v4, s[12:15], s6 offen offset:16
buffer_load_d16_format_xyzw v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_format_xyzw v[8:9], off, s[12:15], null
buffer_store_d16_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_store_d16_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_format_x v8, off, s[12:15], null
buffer_store_d16_format_xy v8, v4, s[12:15], s6 offen offset:16
buffer_store_d16_format_xy v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_format_xy v8, off, s[12:15], null
buffer_store_d16_format_xyz v[8:9], v4, s[12:15], s6 offen offset:16
buffer_store_d16_format_xyz v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_format_xyz v[8:9], off, s[12:15], null
buffer_store_d16_format_xyzw v[8:9], v4, s[12:15], s6 offen offset:16
buffer_store_d16_format_xyzw v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_format_xyzw v[8:9], off, s[12:15], null
buffer_load_u8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_u8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_u8 v8, off, s[12:15], null
buffer_load_i8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_i8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_i8 v8, off, s[12:15], null
buffer_load_u16 v8, v4, s[12:15], s6 offen offset:16
buffer_load_u16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_u16 v8, off, s[12:15], null
buffer_load_i16 v8, v4, s[12:15], s6 offen offset:16
buffer_load_i16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_i16 v8, off, s[12:15], null
buffer_load_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_load_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_b32 v8, off, s[12:15], null
buffer_load_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_load_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_b64 v[8:9], off, s[12:15], null
buffer_load_b96 v[8:10], v4, s[12:15], s6 offen offset:16
buffer_load_b96 v[8:10], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_b96 v[8:10], off, s[12:15], null
buffer_load_b128 v[8:11], v4, s[12:15], s6 offen offset:16
buffer_load_b128 v[8:11], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_b128 v[8:11], off, s[12:15], null
buffer_store_b8 v8, v4, s[12:15], s6 offen offset:16
buffer_store_b8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b8 v8, off, s[12:15], null
buffer_store_b16 v8, v4, s[12:15], s6 offen offset:16
buffer_store_b16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b16 v8, off, s[12:15], null
buffer_store_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_store_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b32 v8, off, s[12:15], null
buffer_store_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_store_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b64 v[8:9], off, s[12:15], null
buffer_store_b96 v[8:10], v4, s[12:15], s6 offen offset:16
buffer_store_b96 v[8:10], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b96 v[8:10], off, s[12:15], null
buffer_store_b128 v[8:11], v4, s[12:15], s6 offen offset:16
buffer_store_b128 v[8:11], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_b128 v[8:11], off, s[12:15], null
buffer_load_d16_u8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_u8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_u8 v8, off, s[12:15], null
buffer_load_d16_i8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_i8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_i8 v8, off, s[12:15], null
buffer_load_d16_b16 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_b16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_b16 v8, off, s[12:15], null
buffer_load_d16_hi_u8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_hi_u8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_hi_u8 v8, off, s[12:15], null
buffer_load_d16_hi_i8 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_hi_i8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_hi_i8 v8, off, s[12:15], null
buffer_load_d16_hi_b16 v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_hi_b16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_hi_b16 v8, off, s[12:15], null
buffer_store_d16_hi_b8 v8, v4, s[12:15], s6 offen offset:16
buffer_store_d16_hi_b8 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_hi_b8 v8, off, s[12:15], null
buffer_store_d16_hi_b16 v8, v4, s[12:15], s6 offen offset:16
buffer_store_d16_hi_b16 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_hi_b16 v8, off, s[12:15], null
buffer_load_d16_hi_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_load_d16_hi_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_load_d16_hi_format_x v8, off, s[12:15], null
buffer_store_d16_hi_format_x v8, v4, s[12:15], s6 offen offset:16
buffer_store_d16_hi_format_x v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_store_d16_hi_format_x v8, off, s[12:15], null
buffer_atomic_swap_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_swap_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_swap_b32 v8, off, s[12:15], null
buffer_atomic_cmpswap_b32 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_cmpswap_b32 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_cmpswap_b32 v[8:9], off, s[12:15], null
buffer_atomic_add_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_add_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_add_u32 v8, off, s[12:15], null
buffer_atomic_sub_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_sub_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_sub_u32 v8, off, s[12:15], null
buffer_atomic_csub_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_csub_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_csub_u32 v8, off, s[12:15], null
buffer_atomic_min_i32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_min_i32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_min_i32 v8, off, s[12:15], null
buffer_atomic_min_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_min_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_min_u32 v8, off, s[12:15], null
buffer_atomic_max_i32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_max_i32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_max_i32 v8, off, s[12:15], null
buffer_atomic_max_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_max_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_max_u32 v8, off, s[12:15], null
buffer_atomic_and_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_and_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_and_b32 v8, off, s[12:15], null
buffer_atomic_or_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_or_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_or_b32 v8, off, s[12:15], null
buffer_atomic_xor_b32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_xor_b32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_xor_b32 v8, off, s[12:15], null
buffer_atomic_inc_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_inc_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_inc_u32 v8, off, s[12:15], null
buffer_atomic_dec_u32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_dec_u32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_dec_u32 v8, off, s[12:15], null
buffer_atomic_swap_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_swap_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_swap_b64 v[8:9], off, s[12:15], null
buffer_atomic_cmpswap_b64 v[8:11], v4, s[12:15], s6 offen offset:16
buffer_atomic_cmpswap_b64 v[8:11], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_cmpswap_b64 v[8:11], off, s[12:15], null
buffer_atomic_add_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_add_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_add_u64 v[8:9], off, s[12:15], null
buffer_atomic_sub_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_sub_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_sub_u64 v[8:9], off, s[12:15], null
buffer_atomic_min_i64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_min_i64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_min_i64 v[8:9], off, s[12:15], null
buffer_atomic_min_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_min_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_min_u64 v[8:9], off, s[12:15], null
buffer_atomic_max_i64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_max_i64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_max_i64 v[8:9], off, s[12:15], null
buffer_atomic_max_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_max_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_max_u64 v[8:9], off, s[12:15], null
buffer_atomic_and_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_and_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_and_b64 v[8:9], off, s[12:15], null
buffer_atomic_or_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_or_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_or_b64 v[8:9], off, s[12:15], null
buffer_atomic_xor_b64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_xor_b64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_xor_b64 v[8:9], off, s[12:15], null
buffer_atomic_inc_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_inc_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_inc_u64 v[8:9], off, s[12:15], null
buffer_atomic_dec_u64 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_dec_u64 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_dec_u64 v[8:9], off, s[12:15], null
buffer_atomic_cmpswap_f32 v[8:9], v4, s[12:15], s6 offen offset:16
buffer_atomic_cmpswap_f32 v[8:9], v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_cmpswap_f32 v[8:9], off, s[12:15], null
buffer_atomic_min_f32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_min_f32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_min_f32 v8, off, s[12:15], null
buffer_atomic_max_f32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_max_f32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_max_f32 v8, off, s[12:15], null
buffer_atomic_add_f32 v8, v4, s[12:15], s6 offen offset:16
buffer_atomic_add_f32 v8, v[4:5], s[12:15], 0 idxen offen offset:4095 glc slc dlc
buffer_atomic_add_f32 v8, off, s[12:15], null
buffer_gl0_inv
buffer_gl1_inv
tbuffer_load_format_x v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_format_x v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_format_x v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_format_xy v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_format_xy v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_format_xy v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_format_xyz v[8:10], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_format_xyz v[8:10], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_format_xyz v[8:10], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_format_xyzw v[8:11], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_format_xyzw v[8:11], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_format_xyzw v[8:11], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_format_x v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_format_x v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_format_x v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_format_xy v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_format_xy v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_format_xy v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_format_xyz v[8:10], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_format_xyz v[8:10], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_format_xyz v[8:10], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_format_xyzw v[8:11], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_format_xyzw v[8:11], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_format_xyzw v[8:11], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_d16_format_x v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_d16_format_x v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_d16_format_x v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_d16_format_xy v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_d16_format_xy v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_d16_format_xy v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_d16_format_xyz v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_d16_format_xyz v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_d16_format_xyz v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_load_d16_format_xyzw v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_load_d16_format_xyzw v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_load_d16_format_xyzw v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_d16_format_x v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_d16_format_x v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_d16_format_x v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_d16_format_xy v8, v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_d16_format_xy v8, v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_d16_format_xy v8, off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_d16_format_xyz v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_d16_format_xyz v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_d16_format_xyz v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
tbuffer_store_d16_format_xyzw v[8:9], v4, s[12:15], s6 format:[BUF_FMT_32_FLOAT] offen offset:16
tbuffer_store_d16_format_xyzw v[8:9], v[4:5], s[12:15], 0 format:[BUF_FMT_32_FLOAT] idxen offen offset:4095 glc slc dlc
tbuffer_store_d16_format_xyzw v[8:9], off, s[12:15], null format:[BUF_FMT_32_FLOAT]
