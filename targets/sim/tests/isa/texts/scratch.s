scratch_load_u8 v2, v4, off offset:16
scratch_load_u8 v2, off, s6 offset:-8 slc dlc
scratch_load_u8 v2, off, off
scratch_load_u8 v2, v5, s6 offset:4
scratch_load_i8 v2, v4, off offset:16
scratch_load_i8 v2, off, s6 offset:-8 slc dlc
scratch_load_i8 v2, off, off
scratch_load_i8 v2, v5, s6 offset:4
scratch_load_u16 v2, v4, off offset:16
scratch_load_u16 v2, off, s6 offset:-8 slc dlc
scratch_load_u16 v2, off, off
scratch_load_u16 v2, v5, s6 offset:4
scratch_load_i16 v2, v4, off offset:16
scratch_load_i16 v2, off, s6 offset:-8 slc dlc
scratch_load_i16 v2, off, off
scratch_load_i16 v2, v5, s6 offset:4
scratch_load_b32 v2, v4, off offset:16
scratch_load_b32 v2, off, s6 offset:-8 slc dlc
scratch_load_b32 v2, off, off
scratch_load_b32 v2, v5, s6 offset:4
scratch_load_b64 v[2:3], v4, off offset:16
scratch_load_b64 v[2:3], off, s6 offset:-8 slc dlc
scratch_load_b64 v[2:3], off, off
scratch_load_b64 v[2:3], v5, s6 offset:4
scratch_load_b96 v[2:4], v4, off offset:16
scratch_load_b96 v[2:4], off, s6 offset:-8 slc dlc
scratch_load_b96 v[2:4], off, off
scratch_load_b96 v[2:4], v5, s6 offset:4
scratch_load_b128 v[2:5], v4, off offset:16
scratch_load_b128 v[2:5], off, s6 offset:-8 slc dlc
scratch_load_b128 v[2:5], off, off
scratch_load_b128 v[2:5], v5, s6 offset:4
scratch_store_b8 v4, v8, off offset:16
scratch_store_b8 off, v8, s6 offset:-8 slc dlc
scratch_store_b8 off, v8, off
scratch_store_b8 v5, v8, s6 offset:4
scratch_store_b16 v4, v8, off offset:16
scratch_store_b16 off, v8, s6 offset:-8 slc dlc
scratch_store_b16 off, v8, off
scratch_store_b16 v5, v8, s6 offset:4
scratch_store_b32 v4, v8, off offset:16
scratch_store_b32 off, v8, s6 offset:-8 slc dlc
scratch_store_b32 off, v8, off
scratch_store_b32 v5, v8, s6 offset:4
scratch_store_b64 v4, v[8:9], off offset:16
scratch_store_b64 off, v[8:9], s6 offset:-8 slc dlc
scratch_store_b64 off, v[8:9], off
scratch_store_b64 v5, v[8:9], s6 offset:4
scratch_store_b96 v4, v[8:10], off offset:16
scratch_store_b96 off, v[8:10], s6 offset:-8 slc dlc
scratch_store_b96 off, v[8:10], off
scratch_store_b96 v5, v[8:10], s6 offset:4
scratch_store_b128 v4, v[8:11], off offset:16
scratch_store_b128 off, v[8:11], s6 offset:-8 slc dlc
scratch_store_b128 off, v[8:11], off
scratch_store_b128 v5, v[8:11], s6 offset:4
scratch_load_d16_u8 v2, v4, off offset:16
scratch_load_d16_u8 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_u8 v2, off, off
scratch_load_d16_u8 v2, v5, s6 offset:4
scratch_load_d16_i8 v2, v4, off offset:16
scratch_load_d16_i8 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_i8 v2, off, off
scratch_load_d16_i8 v2, v5, s6 offset:4
scratch_load_d16_b16 v2, v4, off offset:16
scratch_load_d16_b16 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_b16 v2, off, off
scratch_load_d16_b16 v2, v5, s6 offset:4
scratch_load_d16_hi_u8 v2, v4, off offset:16
scratch_load_d16_hi_u8 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_hi_u8 v2, off, off
scratch_load_d16_hi_u8 v2, v5, s6 offset:4
scratch_load_d16_hi_i8 v2, v4, off offset:16
scratch_load_d16_hi_i8 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_hi_i8 v2, off, off
scratch_load_d16_hi_i8 v2, v5, s6 offset:4
scratch_load_d16_hi_b16 v2, v4, off offset:16
scratch_load_d16_hi_b16 v2, off, s6 offset:-8 slc dlc
scratch_load_d16_hi_b16 v2, off, off
scratch_load_d16_hi_b16 v2, v5, s6 offset:4
scratch_store_d16_hi_b8 v4, v8, off offset:16
scratch_store_d16_hi_b8 off, v8, s6 offset:-8 slc dlc
scratch_store_d16_hi_b8 off, v8, off
scratch_store_d16_hi_b8 v5, v8, s6 offset:4
scratch_store_d16_hi_b16 v4, v8, off offset:16
scratch_store_d16_hi_b16 off, v8, s6 offset:-8 slc dlc
scratch_store_d16_hi_b16 off, v8, off
scratch_store_d16_hi_b16 v5, v8, s6 offset:4
