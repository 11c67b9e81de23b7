// 64-bit integers.
#include "short.h"

MAP2(add_i64, I64, I64, I64, 0, x + y)
MAP2(sub_u64, U64, U64, U64, 0, x - y)
MAP2(mul_i64, I64, I64, I64, 0, x *y)
MAP2(div_u64, U64, U64, U64, 0, y == 0 ? x : x / y)
MAP2(mod_i64, I64, I64, I64, 0, y == 0 || y == -1 ? x : x % y)
MAP2(shift_u64, U64, U64, U64, 0, (x << (y & 63)) ^ (x >> (y & 63)))
MAP2(shift_i64, I64, U64, I64, 0, x >> (y & 63))
MAP2(rotate_u64, U64, U64, U64, 0, x << (y & 63) | x >> (-y & 63))
MAP2(logic_u64, U64, U64, U64, 0, (x & y) ^ (x | ~y))
MAP2(compare_i64, I64, I64, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x == y) << 4)
MAP2(compare_u64, U64, U64, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x != y) << 4)
MAP2(minimum_i64, I64, I64, I64, 0, x < y ? x : y)
MAP2(maximum_u64, U64, U64, U64, 0, x > y ? x : y)
MAP1(absolute_i64, I64, I64, 0, x < 0 ? -x : x)
MAP1(leading_zeros_u64, U64, U32, 0, x == 0 ? 64 : __builtin_clzl(x))
MAP1(trailing_zeros_u64, U64, U32, 0, x == 0 ? 64 : __builtin_ctzl(x))
MAP1(count_bits_u64, U64, U32, 0, __builtin_popcountl(x))
MAP1(reverse_bits_u64, U64, U64, 0, __builtin_bitreverse64(x))
// Written out: of `__builtin_bswap64` LLVM 22 at -O0 copies only one half of each word.
MAP1(swap_bytes_u64, U64, U64, 0,
     x << 56 | (x & 0xff00) << 40 | (x & 0xff0000) << 24 | (x & 0xff000000) << 8 | (x >> 8 & 0xff000000) |
         (x >> 24 & 0xff0000) | (x >> 40 & 0xff00) | x >> 56)
MAP2(mul_hi_u64, U64, U64, U64, 0, (u64)((unsigned __int128)x * y >> 64))
MAP2(wide_product, U32, U32, U64, 0, (u64)x *y + x)
MAP2(wide_signed_product, I32, I32, I64, 0, (i64)x *y - y)
MAP2(add_128, U64, U64, U64, 0, (u64)(((unsigned __int128)x * 3 + y) >> 3))
MAP1(sign_extend, I32, I64, 0, (i64)x * 8)
MAP1(div_by_constant_u64, U64, U64, 0, x / 1000000007ul)

KERNEL(power_mod, U32, U32, U64, 0) {
  EACH;
  u64 modulus = 1000000007, base = a[i] % modulus, result = 1;
  for (u32 exponent = b[i] & 255; exponent != 0; exponent >>= 1) {
    if (exponent & 1)
      result = result * base % modulus;
    base = base * base % modulus;
  }
  out[i] = result;
}

KERNEL(random_walk, U64, U64, U64, 0) {
  EACH;
  u64 state = a[i];
  for (int k = 0; k < 10; k++)
    state = state * 6364136223846793005ul + 1442695040888963407ul;
  out[i] = state ^ state >> 33;
}

KERNEL(uniform_wide, U64, U64, U64, 0) {
  EACH;
  u64 x = a[0], y = b[0], sum = (u64)n << 40;
  sum += x * 5 + (x << (y & 63)) + (x >> 7) + (u64)((i64)y >> 9) + (x & ~y) + (x ^ y) + (x | y);
  sum += __builtin_popcountl(x) + __builtin_clzl(y | 1) + __builtin_ctzl(x | 256) + (x == y) + (x < y);
  out[i] = sum + ~x + i;
}
