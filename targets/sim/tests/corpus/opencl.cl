// OpenCL C: the same macros, with the qualifiers of the language. The host reads it as C.
#include "short.h"

MAP2(cl_scaled_sum, TAME32, TAME32, F32, 0, x * 2.5f + y)
// The language asks for 2.5 units in the last place of a quotient and 3 of a root, and gets no more.
MAP2(cl_quotient, TAME32, TAME32, F32, 3, x / y)
MAP2(cl_remainder, I32, I32, I32, 0, y == 0 || y == -1 ? 0 : x % y)
MAP1(cl_half_and_back, TAME16, F16, 0, bits_of_half(half_of(x) * half_of(x) + half_of(x)))
MAP1(cl_root, TAME32, F32, 3, __builtin_sqrtf(__builtin_fabsf(x)))

KERNEL(cl_swizzles, TAME32, TAME32, F32, 0) {
  EACH;
  GLOBAL const f32x4 *p = (GLOBAL const f32x4 *)a;
  f32x4 v = p[i], w = v.wzyx;
  w.xy = v.zw * 2.0f;
  *((GLOBAL f32x4 *)out + i) = v * w + b[i];
}

KERNEL(cl_integer_vectors, I32, I32, I32, 0) {
  EACH;
  i32x4 v = *((GLOBAL const i32x4 *)a + i), w = *((GLOBAL const i32x4 *)b + i);
  i32x4 less = v < w;
  *((GLOBAL i32x4 *)out + i) = (less & v) | (~less & w) | (v >> 28);
}

CONSTANT i32 cl_table[8] = {2, 3, 5, 7, 11, 13, 17, 19};

KERNEL(cl_constants, SMALL, SMALL, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum += cl_table[(a[i] + k) & 7] * (k ^ b[i]);
  out[i] = sum;
}

KERNEL(cl_tile_maximum, I32, I32, I32, 0) {
  TILE i32 tile[64];
  int i = INDEX;
  tile[LANE] = i < n ? a[i] : (i32)0x80000000;
  for (int step = 32; step > 0; step >>= 1) {
    barrier();
    if (LANE < step && tile[LANE + step] > tile[LANE])
      tile[LANE] = tile[LANE + step];
  }
  barrier();
  if (i < n)
    out[i] = tile[0];
}

KERNEL(cl_private_window, SMALL, I32, I32, 0) {
  EACH;
  i32 window[16];
  for (int k = 0; k < 16; k++)
    window[k] = b[i] * k;
  for (int k = 0; k < 8; k++)
    window[(a[i * 8 + k] + k) & 15] ^= a[i * 8 + k];
  i32 sum = 0;
  for (int k = 0; k < 16; k++)
    sum = sum * 3 + window[k];
  out[i] = sum;
}

KERNEL(cl_switch, I32, I32, I32, 0) {
  EACH;
  i32 r = b[i];
  switch (a[i] & 15) {
  case 1: r += 5; break;
  case 2: r *= 3; break;
  case 4: r ^= 0x77; // falls through
  case 5: r <<= 2; break;
  case 9: r = -r; break;
  case 12: r /= 3; break;
  default: r = r > 0 ? r % 10 : r;
  }
  out[i] = r;
}

KERNEL(cl_lane_sums, I8X4, I8X4, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? __builtin_amdgcn_sudot4(1, (i32)a[i], 1, (i32)b[i], 7, 0) : 0;
  for (int mask = 1; mask < 32; mask <<= 1)
    x += __builtin_amdgcn_ds_bpermute((LANE ^ mask) * 4, x);
  if (i < n)
    out[i] = x;
}
