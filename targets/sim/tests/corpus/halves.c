// Halves, alone, in pairs, and mixed with singles.
#include "short.h"

#define HALF1(name, A, tolerance, expression)                                                       \
  KERNEL(name, A, A, F16, tolerance) {                                                              \
    EACH;                                                                                           \
    f16 x = half_of(a[i]);                                                                          \
    out[i] = bits_of_half(expression);                                                              \
  }
#define HALF2(name, A, tolerance, expression)                                                       \
  KERNEL(name, A, A, F16, tolerance) {                                                              \
    EACH;                                                                                           \
    f16 x = half_of(a[i]), y = half_of(b[i]);                                                       \
    out[i] = bits_of_half(expression);                                                              \
  }

HALF2(add_f16, F16, 0, x + y)
HALF2(sub_f16, F16, 0, x - y)
HALF2(mul_f16, F16, 0, x *y)
HALF2(div_f16, F16, 1, x / y)
HALF2(fma_f16, F16, 0, __builtin_fmaf16(x, y, (f16)1.5))
HALF2(min_f16, TAME16, 0, __builtin_fminf16(x, y))
HALF2(max_f16, TAME16, 0, __builtin_fmaxf16(x, y))
HALF2(copysign_f16, F16, 0, __builtin_copysignf16(x, y))
HALF1(floor_f16, F16, 0, __builtin_floorf16(x))
HALF1(ceil_f16, F16, 0, __builtin_ceilf16(x))
HALF1(trunc_f16, F16, 0, __builtin_truncf16(x))
HALF1(rint_f16, F16, 0, __builtin_rintf16(x))
HALF1(root_f16, F16, 1, __builtin_sqrtf16(__builtin_fabsf16(x)))
HALF1(negate_f16, F16, 0, -x)
MAP1(f32_to_f16, F32, F16, 0, bits_of_half((f16)x))
MAP1(f16_to_f32, F16, F32, 0, (f32)half_of(x))
MAP1(f64_to_f16, F64, F16, 0, bits_of_half((f16)x))
MAP1(f16_to_f64, F16, F64, 0, (f64)half_of(x))
MAP1(f16_from_i16, I16, F16, 0, bits_of_half((f16)(i16)x))
MAP1(f16_from_u16, I16, F16, 0, bits_of_half((f16)x))
MAP1(f16_to_i32, TAME16, I32, 0, (i32)half_of(x))
MAP1(f16_from_i32, I32, F16, 0, bits_of_half((f16)x))
MAP2(compare_f16, F16, F16, I32, 0, (half_of(x) < half_of(y)) | (half_of(x) >= half_of(y)) << 1 | (half_of(x) == half_of(y)) << 2 | !(half_of(x) > half_of(y)) << 3)

#define PAIR(name, tolerance, expression)                                                           \
  KERNEL(name, F16X2, F16X2, F16X2, tolerance) {                                                    \
    EACH;                                                                                           \
    f16x2 x = halves_of(a[i]), y = halves_of(b[i]);                                                 \
    out[i] = bits_of_halves(expression);                                                            \
  }

PAIR(pair_add, 0, x + y)
PAIR(pair_sub, 0, x - y)
PAIR(pair_mul, 0, x *y)
PAIR(pair_crossed, 0, x.yx + y.xx)
PAIR(pair_negated, 0, -x *y)
PAIR(pair_constant, 0, x *(f16)0.5 + (f16)3.0)

KERNEL(pair_fma, F16X2, F16X2, F16X2, 0) {
  EACH;
  f16x2 x = halves_of(a[i]), y = halves_of(b[i]);
  f16x2 z = {__builtin_fmaf16(x.x, y.x, x.y), __builtin_fmaf16(x.y, y.y, y.x)};
  out[i] = bits_of_halves(z);
}

KERNEL(mixed_fma, TAME16, TAME16, F32, 0) {
  EACH;
  out[i] = __builtin_fmaf((f32)half_of(a[i]), (f32)half_of(b[i]), 0.25f);
}

KERNEL(mixed_accumulate, TAME16, UNIT32, F32, 0) {
  EACH;
  f32 sum = 0.0f;
  for (int k = 0; k < 8; k++)
    sum = __builtin_fmaf((f32)half_of(a[i * 8 + k]), b[i * 8 + k], sum);
  out[i] = sum;
}

KERNEL(mixed_to_half, TAME16, UNIT32, F16, 1) {
  EACH;
  out[i] = bits_of_half((f16)__builtin_fmaf((f32)half_of(a[i]), b[i], 1.0f));
}

KERNEL(half_sums, TAME16, TAME16, F16, 0) {
  EACH;
  f16 sum = 0;
  for (int k = 0; k < 8; k++)
    sum = sum + half_of(a[i * 8 + k]) * half_of(b[i * 8 + k]);
  out[i] = bits_of_half(sum);
}

KERNEL(half_copies, F16, F16, F16, 0) {
  EACH;
  for (int k = 0; k < 4; k++) {
    out[i * 8 + 2 * k] = a[i * 8 + 2 * k + 1];
    out[i * 8 + 2 * k + 1] = b[i * 8 + 2 * k];
  }
}

KERNEL(pack_towards_zero, F32, F32, F16X2, 0) {
  EACH;
  union { typeof(__builtin_amdgcn_cvt_pkrtz(a[i], b[i])) pair; u32 bits; } u;
  u.pair = __builtin_amdgcn_cvt_pkrtz(a[i], b[i]);
  out[i] = u.bits;
}

KERNEL(half_select, TAME16, TAME16, F16, 0) {
  EACH;
  f16 x = half_of(a[i]), y = half_of(b[i]);
  out[i] = bits_of_half(x < y ? y - x : x * (f16)2.0);
}

KERNEL(brain_floats, TAMEB16, TAMEB16, F32, 0) {
  EACH;
  out[i] = __builtin_fmaf(float_of((u32)a[i] << 16), float_of((u32)b[i] << 16), 0.5f);
}

KERNEL(round_to_brain, TAME32, TAME32, I16, 0) {
  EACH;
  u32 bits = bits_of(a[i]);
  out[i] = (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
