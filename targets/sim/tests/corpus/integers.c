// 32-bit integers.
#include "short.h"

MAP2(add_i32, I32, I32, I32, 0, x + y)
MAP2(sub_i32, I32, I32, I32, 0, x - y)
MAP2(mul_i32, I32, I32, I32, 0, x *y)
MAP2(div_i32, I32, I32, I32, 0, y == 0 || y == -1 ? x : x / y)
MAP2(mod_i32, I32, I32, I32, 0, y == 0 || y == -1 ? x : x % y)
MAP2(div_u32, U32, U32, U32, 0, y == 0 ? x : x / y)
MAP2(mod_u32, U32, U32, U32, 0, y == 0 ? x : x % y)
MAP1(div_by_constants, U32, U32, 0, x / 7 + x / 10 * 3 + x % 1000003)
MAP1(signed_div_by_constants, I32, I32, 0, x / 7 - x / -10 + x % 64 + x / 16)
MAP2(mul_hi_u32, U32, U32, U32, 0, (u32)((u64)x * y >> 32))
MAP2(mul_hi_i32, I32, I32, I32, 0, (i32)((i64)x * y >> 32))
MAP2(mul_u24, U32, U32, U32, 0, (x & 0xffffff) * (y & 0xffffff))
MAP2(mul_i24, I32, I32, I32, 0, (x << 8 >> 8) * (y << 8 >> 8))
MAP2(mad_u24, U32, U32, U32, 0, (x & 0xffffff) * (y & 0xffffff) + x)
MAP2(shifts, U32, U32, U32, 0, (x << (y & 31)) ^ (x >> (y & 31)))
MAP2(shift_arithmetic, I32, U32, I32, 0, x >> (y & 31))
MAP2(rotate_left, U32, U32, U32, 0, x << (y & 31) | x >> (-y & 31))
MAP2(logic, U32, U32, U32, 0, (x & y) ^ (x | ~y) ^ ~(x ^ y))
MAP2(bit_select, U32, U32, U32, 0, (x & 0x0ff0f00f) | (y & ~0x0ff0f00fu))
MAP1(leading_zeros, U32, U32, 0, x == 0 ? 32 : __builtin_clz(x))
MAP1(trailing_zeros, U32, U32, 0, x == 0 ? 32 : __builtin_ctz(x))
MAP1(count_bits, U32, U32, 0, __builtin_popcount(x) + 7)
MAP1(first_set, I32, I32, 0, __builtin_ffs(x))
MAP1(reverse_bits, U32, U32, 0, __builtin_bitreverse32(x))
MAP1(swap_bytes, U32, U32, 0, __builtin_bswap32(x))
MAP1(absolute, I32, I32, 0, x < 0 ? -x : x)
MAP2(minimum_i32, I32, I32, I32, 0, x < y ? x : y)
MAP2(maximum_u32, U32, U32, U32, 0, x > y ? x : y)
MAP2(median, I32, I32, I32, 0, x < y ? (y < 77 ? y : x > 77 ? x : 77) : (x < 77 ? x : y > 77 ? y : 77))
MAP1(clamp_constant, I32, I32, 0, x < -100 ? -100 : x > 1000 ? 1000 : x)
MAP2(saturating_add_i32, I32, I32, I32, 0, __builtin_elementwise_add_sat(x, y))
MAP2(saturating_sub_u32, U32, U32, U32, 0, __builtin_elementwise_sub_sat(x, y))
MAP2(compare_signed, I32, I32, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x == y) << 4)
MAP2(compare_unsigned, U32, U32, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x != y) << 4)
MAP1(extract_fields, U32, U32, 0, (x >> 3 & 0x1f) * 1000 + (x >> 17 & 0x7ff))
MAP1(extract_signed, I32, I32, 0, (x << 5 >> 20) + (x << 24 >> 27))
MAP2(funnel, U32, U32, U32, 0, __builtin_amdgcn_alignbit(x, y, 13))
MAP2(insert_field, U32, U32, U32, 0, (x & ~(0xffu << 9)) | (y & 0xff) << 9)
MAP2(three_adds, U32, U32, U32, 0, x + y + 12345 + (x << 4) + y * 3)
MAP2(shift_add, U32, U32, U32, 0, (x << 5) + y)
MAP2(add_shift, U32, U32, U32, 0, (x + y) << 7)
MAP2(shift_or, U32, U32, U32, 0, x << 8 | y)
MAP2(and_or, U32, U32, U32, 0, (x & 0xf0f0) | y)
MAP2(three_xors, U32, U32, U32, 0, x ^ y ^ (x >> 16))
MAP2(xor_add, U32, U32, U32, 0, (x ^ y) + 99)
MAP2(three_ors, U32, U32, U32, 0, x | y | x >> 3)
MAP2(minimum_of_three, I32, I32, I32, 0, (x < y ? x : y) < 5 ? (x < y ? x : y) : 5)
MAP2(carry_out, U32, U32, I32, 0, x + y < x)
MAP2(difference, U32, U32, U32, 0, x > y ? x - y : y - x)

KERNEL(greatest_divisor, U32, U32, U32, 0) {
  EACH;
  u32 x = a[i] & 0xffff, y = b[i] & 0xffff;
  while (y != 0) {
    u32 rest = x % y;
    x = y;
    y = rest;
  }
  out[i] = x;
}

KERNEL(integer_root, U32, U32, U32, 0) {
  EACH;
  u32 x = a[i], root = 0;
  for (u32 bit = 1u << 15; bit != 0; bit >>= 1)
    if ((root | bit) * (root | bit) <= x)
      root |= bit;
  out[i] = root;
}

KERNEL(interleave, U32, U32, U32, 0) {
  EACH;
  u32 x = a[i] & 0xffff;
  x = (x | x << 8) & 0x00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f;
  x = (x | x << 2) & 0x33333333;
  x = (x | x << 1) & 0x55555555;
  out[i] = x | x << 1;
}

KERNEL(hash, U32, U32, U32, 0) {
  EACH;
  u32 h = 2166136261u;
  for (int k = 0; k < 8; k++) {
    h = (h ^ a[i * 8 + k]) * 16777619u;
    h ^= h >> 15;
  }
  out[i] = h;
}

KERNEL(byte_sums, I8X4, I8X4, U32, 0) {
  EACH;
  u32 x = a[i], y = b[i];
  out[i] = __builtin_amdgcn_sad_u8(x, y, 5) + __builtin_amdgcn_msad_u8(x, y, 1) +
           __builtin_amdgcn_sad_u16(x, y, 2) + __builtin_amdgcn_sad_hi_u8(x, y, 3) +
           __builtin_amdgcn_lerp(x, y, 0x01000101);
}

KERNEL(permute_bytes, U32, U32, U32, 0) {
  EACH;
  out[i] = __builtin_amdgcn_perm(a[i], b[i], 0x0c07020d) ^ __builtin_amdgcn_perm(a[i], b[i], b[i]) ^
           __builtin_amdgcn_alignbyte(a[i], b[i], 3);
}

KERNEL(bit_fields, U32, U32, U32, 0) {
  EACH;
  out[i] = __builtin_amdgcn_ubfe(a[i], b[i], 9) + __builtin_amdgcn_sbfe(a[i], 4, b[i]) +
           __builtin_amdgcn_ubfe(a[i], 5, 12);
}

KERNEL(packs, I32, I32, U32, 0) {
  EACH;
  union { i16x2 s; u16x2 u; u32 bits; } p, q;
  p.s = __builtin_amdgcn_cvt_pk_i16(a[i], b[i]);
  q.u = __builtin_amdgcn_cvt_pk_u16((u32)a[i], (u32)b[i]);
  out[i] = p.bits ^ q.bits;
}

// Everything here is the same for all lanes, so that the scalar unit does it.
KERNEL(uniform_integers, I32, I32, I32, 0) {
  EACH;
  i32 x = a[0], y = b[0], sum = n;
  u32 u = (u32)x, v = (u32)y;
  sum += x * y + (x << 3) - (y >> 2) + (x < y ? x : y) + __builtin_popcount(u) + (u > v);
  sum ^= (i32)((u64)u * v >> 32) + (i32)((i64)x * y >> 32) + (x & ~y) + (x | ~y) + ~(x ^ y);
  sum += __builtin_ctz(u | 1) + __builtin_clz(v | 1) + (i32)__builtin_bitreverse32(u);
  sum += (x < 0 ? -x : x) + (i32)(u >> (v & 31)) + (u << 1) + (u << 2) + v + (i8)x + (i16)y;
  for (int k = 0; k < (n & 7); k++)
    sum = sum * 5 + k;
  out[i] = sum + (u & 0xff00) / 3 + i;
}
