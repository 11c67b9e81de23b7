// Waves: votes, lanes that read one another, reductions.
#include "short.h"

KERNEL(votes, I32, I32, I32, 0) {
  EACH;
  u32 mask = __builtin_amdgcn_ballot_w32(a[i] > 0);
  u32 here = __builtin_amdgcn_ballot_w32(1);
  out[i] = (i32)mask ^ __builtin_popcount(here);
}

KERNEL(votes_in_branches, I32, I32, I32, 0) {
  EACH;
  i32 r = 0;
  if (a[i] & 1)
    r = (i32)__builtin_amdgcn_ballot_w32(b[i] > 0);
  else
    r = (i32)~__builtin_amdgcn_ballot_w32(b[i] < 0);
  out[i] = r;
}

KERNEL(read_lanes, I32, I32, I32, 0) {
  EACH;
  i32 first = __builtin_amdgcn_readfirstlane(a[i]);
  i32 zero = __builtin_amdgcn_readlane(b[i], 0);
  out[i] = first * 3 + zero;
}

KERNEL(first_of_each, SMALL, I32, I32, 0) {
  EACH;
  i32 left = a[i] & 3, r = 0;
  // Lanes with equal keys leave together.
  for (;;) {
    i32 key = __builtin_amdgcn_readfirstlane(left);
    u32 same = __builtin_amdgcn_ballot_w32(key == left);
    if (key == left) {
      r = key * 100 + __builtin_popcount(same);
      break;
    }
  }
  out[i] = r;
}

KERNEL(shuffle_xor, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : 0;
  for (int mask = 1; mask < 32; mask *= 2)
    x += __builtin_amdgcn_ds_bpermute((LANE ^ mask) * 4, x);
  if (i < n)
    out[i] = x;
}

KERNEL(shuffle_any, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : i, y = i < n ? b[i] : 0;
  i32 r = __builtin_amdgcn_ds_bpermute(y * 4, x);
  if (i < n)
    out[i] = r;
}

KERNEL(shuffle_send, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : i;
  i32 r = __builtin_amdgcn_ds_permute((LANE * 5 + 3) * 4, x);
  if (i < n)
    out[i] = r;
}

KERNEL(swizzles, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : i;
  i32 r = __builtin_amdgcn_ds_swizzle(x, 0x041f) + __builtin_amdgcn_ds_swizzle(x, 0x401f) * 3 +
          __builtin_amdgcn_ds_swizzle(x, 0x801b) * 5 + __builtin_amdgcn_ds_swizzle(x, 0x0078) * 7;
  if (i < n)
    out[i] = r;
}

KERNEL(dpp_sum, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : 0;
  x += __builtin_amdgcn_update_dpp(0, x, 0x161, 0xf, 0xf, 1);
  x += __builtin_amdgcn_update_dpp(0, x, 0x162, 0xf, 0xf, 1);
  x += __builtin_amdgcn_update_dpp(0, x, 0x164, 0xf, 0xf, 1);
  x += __builtin_amdgcn_update_dpp(0, x, 0x168, 0xf, 0xf, 1);
  x += (i32)__builtin_amdgcn_permlanex16(0, x, 0x76543210, 0xfedcba98, 0, 1);
  if (i < n)
    out[i] = x;
}

KERNEL(dpp_float_maximum, TAME32, TAME32, F32, 0) {
  int i = INDEX;
  f32 x = i < n ? a[i] : -1.0e30f;
#define STEP(control)                                                                               \
  x = __builtin_fmaxf(x, float_of((u32)__builtin_amdgcn_update_dpp(0, (i32)bits_of(x), control, 0xf, 0xf, 1)));
  STEP(0x161)
  STEP(0x162)
  STEP(0x164)
  STEP(0x168)
  x = __builtin_fmaxf(x, float_of(__builtin_amdgcn_permlanex16(0, bits_of(x), 0x76543210, 0xfedcba98, 1, 0)));
  if (i < n)
    out[i] = x;
}

KERNEL(dpp_float_sum, SMALL, SMALL, F32, 0) {
  int i = INDEX;
  f32 x = i < n ? (f32)a[i] * 0.25f : 0.0f;
#define ADD(control)                                                                                \
  x += float_of((u32)__builtin_amdgcn_update_dpp(0, (i32)bits_of(x), control, 0xf, 0xf, 1));
  ADD(0x118)
  ADD(0x114)
  ADD(0x112)
  ADD(0x111)
  f32 row = float_of((u32)__builtin_amdgcn_update_dpp(0, (i32)bits_of(x), 0x15f, 0xf, 0xf, 0));
  if (i < n)
    out[i] = x + row;
}

KERNEL(dpp_prefix, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : 0;
  x += __builtin_amdgcn_update_dpp(0, x, 0x111, 0xf, 0xf, 0);
  x += __builtin_amdgcn_update_dpp(0, x, 0x112, 0xf, 0xf, 0);
  x += __builtin_amdgcn_update_dpp(0, x, 0x114, 0xf, 0xe, 0);
  x += __builtin_amdgcn_update_dpp(0, x, 0x118, 0xf, 0xc, 0);
  i32 last = __builtin_amdgcn_readlane(x, 15);
  x += LANE & 16 ? last : 0;
  if (i < n)
    out[i] = x;
}

KERNEL(dpp_with_old, I32, I32, I32, 0) {
  EACH;
  i32 x = a[i], y = b[i];
  i32 r = __builtin_amdgcn_update_dpp(y, x, 0x101, 0xf, 0xf, 0);
  r = r * 3 + __builtin_amdgcn_update_dpp(y, x, 0x118, 0x5, 0x3, 0);
  r = r * 3 + __builtin_amdgcn_update_dpp(y, x, 0x1b, 0xf, 0xf, 0);
  r = r * 3 + __builtin_amdgcn_mov_dpp(x, 0x140, 0xf, 0xf, 1);
  r = r * 3 + __builtin_amdgcn_mov_dpp(x, 0x141, 0xf, 0xf, 1);
  r = r * 3 + __builtin_amdgcn_update_dpp(y, x, 0x125, 0xf, 0xf, 0);
  r = r * 3 + __builtin_amdgcn_update_dpp(y, x, 0x153, 0xf, 0xf, 0);
  out[i] = r;
}

KERNEL(dpp8, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : 5;
  // Stored by all lanes: under a condition the compiler might move the exchange there as well.
  out[i] = __builtin_amdgcn_mov_dpp8(x, 0x053977) + __builtin_amdgcn_mov_dpp8(x, 0xfac688) * 3;
}

KERNEL(permlanes, I32, I32, I32, 0) {
  EACH;
  u32 x = (u32)a[i], y = (u32)b[i];
  u32 r = __builtin_amdgcn_permlane16(y, x, 0x12345678, 0x0fedcba9, 0, 0);
  r = r * 3 + __builtin_amdgcn_permlanex16(y, x, 0x89abcdef, 0x01234567, 0, 0);
  r = r * 3 + __builtin_amdgcn_permlane16(y, x, 0x00000000, 0xffffffff, 0, 1);
  r = r * 3 + __builtin_amdgcn_permlanex16(y, x, 0x76543210, 0xfedcba98, 0, 1);
  out[i] = (i32)r;
}

KERNEL(lane_counts, I32, I32, I32, 0) {
  EACH;
  u32 mask = __builtin_amdgcn_ballot_w32(a[i] & 1);
  out[i] = (i32)(__builtin_amdgcn_mbcnt_lo(mask, 5) + __builtin_amdgcn_mbcnt_hi(~0u, 0) * 100 +
                 __builtin_amdgcn_mbcnt_lo(~0u, 0) * 1000);
}

KERNEL(inverse_votes, I32, I32, I32, 0) {
  EACH;
  u32 mask = (u32)__builtin_amdgcn_readfirstlane(b[i]);
  out[i] = __builtin_amdgcn_inverse_ballot_w32(mask) ? a[i] : ~a[i];
}

KERNEL(whole_reductions, I32, I32, I32, 0) {
  EACH;
  u32 x = (u32)a[i];
  u32 r = __builtin_amdgcn_wave_reduce_add_u32(x, 0);
  r = r * 3 + __builtin_amdgcn_wave_reduce_max_u32(x, 0);
  r = r * 3 + __builtin_amdgcn_wave_reduce_min_u32(x, 0);
  r = r * 3 + __builtin_amdgcn_wave_reduce_xor_b32(x, 0);
  out[i] = (i32)r;
}

KERNEL(compaction, I32, I32, I32, 0) {
  EACH;
  i32 keep = a[i] > 0;
  u32 mask = __builtin_amdgcn_ballot_w32(keep);
  int base = GROUP * BLOCK + (LANE & 32);
  if (keep)
    out[base + __builtin_amdgcn_mbcnt_lo(mask, 0)] = a[i];
}

// Sixteen partial sums a row, combined by every lane: the shape of a split product.
KERNEL(bytes_reduced, I8X4, I8X4, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? __builtin_amdgcn_sudot4(1, a[i], 1, b[i], 0, 0) : 0;
  for (int mask = 16; mask > 0; mask /= 2)
    x += __builtin_amdgcn_ds_bpermute((LANE ^ mask) * 4, x);
  if (i < n)
    out[i] = x;
}
