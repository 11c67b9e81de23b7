// 8-bit and 16-bit integers, alone and packed.
#include "short.h"

MAP2(add_i16, I16, I16, I16, 0, (u16)(x + y))
MAP2(mul_u16, I16, I16, I16, 0, (u16)((u32)x * y))
MAP2(mad_u16, I16, I16, I16, 0, (u16)((u32)x * y + x))
MAP2(shift_u16, I16, I16, I16, 0, (u16)(x << (y & 15)) ^ (u16)(x >> (y & 15)))
MAP2(shift_i16, I16, I16, I16, 0, (u16)((i16)x >> (y & 15)))
MAP2(compare_i16, I16, I16, I32, 0, ((i16)x < (i16)y) | (x < y) << 1 | (x == y) << 2)
MAP2(extremes_i16, I16, I16, I16, 0, (u16)((i16)x < (i16)y ? x : y) ^ (u16)(x > y ? x : y))
MAP2(widen_i16, I16, I16, I32, 0, (i32)(i16)x * (i16)y + 5)
MAP2(div_i16, I16, I16, I16, 0, (u16)((i16)y == 0 || (i16)y == -1 ? x : (i16)x / (i16)y))
MAP2(add_i8, I8, I8, I8, 0, (u8)(x + y * 3))
MAP2(signed_i8, I8, I8, I32, 0, (i8)x * (i8)y - (i8)y)
MAP2(div_u8, I8, I8, I8, 0, (u8)(y == 0 ? x : x / y))
MAP1(saturate_i16, I32, I16, 0, (u16)(x > 32767 ? 32767 : x < -32768 ? -32768 : x))
MAP1(bytes_to_floats, U32, F32, 0, (f32)(x & 255) + (f32)(x >> 8 & 255) * 256.0f + (f32)(x >> 16 & 255) + (f32)(x >> 24))

#define PACKED(name, type, expression)                                                              \
  KERNEL(name, U32, U32, U32, 0) {                                                                  \
    EACH;                                                                                           \
    union { u32 bits; type v; } x = {.bits = a[i]}, y = {.bits = b[i]}, z;                          \
    z.v = (expression);                                                                             \
    out[i] = z.bits;                                                                                \
  }

PACKED(packed_add, i16x2, x.v + y.v)
PACKED(packed_sub, u16x2, x.v - y.v)
PACKED(packed_mul, u16x2, x.v *y.v)
PACKED(packed_mad, u16x2, x.v *y.v + (u16)7)
PACKED(packed_shift, u16x2, (x.v << (y.v & (u16)15)) ^ (x.v >> (y.v & (u16)15)))
PACKED(packed_shift_signed, i16x2, x.v >> (y.v & (i16)15))
PACKED(packed_min, i16x2, __builtin_elementwise_min(x.v, y.v))
PACKED(packed_max, u16x2, __builtin_elementwise_max(x.v, y.v))
PACKED(packed_saturating, i16x2, __builtin_elementwise_add_sat(x.v, y.v))
PACKED(packed_saturating_unsigned, u16x2, __builtin_elementwise_sub_sat(x.v, y.v))
PACKED(packed_swap, u16x2, x.v.yx + y.v)
PACKED(packed_bytes, i8x4, x.v + y.v.wzyx)

KERNEL(sum_of_bytes, I8, I8, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum += (i8)a[i * 8 + k] * (i8)b[i * 8 + k];
  out[i] = sum;
}

KERNEL(reverse_bytes_in_memory, I8, I8, I8, 0) {
  EACH;
  for (int k = 0; k < 8; k++)
    out[i * 8 + k] = a[i * 8 + 7 - k] ^ b[i * 8 + k];
}

KERNEL(reverse_shorts_in_memory, I16, I16, I16, 0) {
  EACH;
  for (int k = 0; k < 8; k++)
    out[i * 8 + k] = (u16)(a[i * 8 + 7 - k] + b[i * 8 + k]);
}
