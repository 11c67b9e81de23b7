// Dot products of packed numbers.
#include "short.h"

MAP2(dot4_unsigned, I8X4, I8X4, U32, 0, __builtin_amdgcn_udot4(x, y, 1000u, 0))
MAP2(dot4_unsigned_clamped, I8X4, I8X4, U32, 0, __builtin_amdgcn_udot4(x, y, 0xfffffff0u, 1))
MAP2(dot4_signed, I8X4, I8X4, I32, 0, __builtin_amdgcn_sudot4(1, x, 1, y, -7, 0))
MAP2(dot4_mixed, I8X4, I8X4, I32, 0, __builtin_amdgcn_sudot4(1, x, 0, y, 5, 0))
MAP2(dot4_mixed_other, I8X4, I8X4, I32, 0, __builtin_amdgcn_sudot4(0, x, 1, y, 5, 0))
MAP2(dot4_clamped, I8X4, I8X4, I32, 0, __builtin_amdgcn_sudot4(0, x, 0, y, 0x7ffffff0, 1))
MAP2(dot8_unsigned, U32, U32, U32, 0, __builtin_amdgcn_udot8(x, y, 3u, 0))
MAP2(dot8_signed, U32, U32, I32, 0, __builtin_amdgcn_sudot8(1, x, 1, y, 3, 0))
MAP2(dot8_mixed, U32, U32, I32, 0, __builtin_amdgcn_sudot8(0, x, 1, y, 3, 0))
MAP2(dot8_clamped, U32, U32, I32, 0, __builtin_amdgcn_sudot8(1, x, 1, y, (i32)0x80000010, 1))

KERNEL(dot_of_rows, I8X4, I8X4, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum = __builtin_amdgcn_sudot4(1, a[i * 8 + k], 1, b[i * 8 + k], sum, 0);
  out[i] = sum;
}

// Small integers, so that the undocumented order of the sum does not matter.
KERNEL(dot2_halves, SMALL, SMALL, F32, 0) {
  EACH;
  f16x2 x = {(f16)a[i], (f16)(a[i] - 9)}, y = {(f16)b[i], (f16)(7 - b[i])};
  out[i] = __builtin_amdgcn_fdot2(x, y, 3.0f, 0);
}

// Four-bit weights as the quantised kernels unpack them.
KERNEL(unpacked_nibbles, U32, I8X4, I32, 0) {
  EACH;
  u32 w = a[i], low = w & 0x0f0f0f0f, high = w >> 4 & 0x0f0f0f0f;
  i32 sum = __builtin_amdgcn_sudot4(0, low, 1, b[i], 0, 0);
  out[i] = __builtin_amdgcn_sudot4(0, high, 1, b[i], sum, 0);
}

KERNEL(nibbles_to_halves, U32, TAME16, F16X2, 0) {
  EACH;
  // 0x6400 is 1024: its low bits hold the nibble.
  u32 pair = (a[i] & 0x000f000f) | 0x64006400;
  f16x2 offset = {(f16)1032, (f16)1032};
  out[i] = bits_of_halves(halves_of(pair) - offset);
}
