// Singles. Arithmetic is exact; functions that the chip approximates have a tolerance.
#include "short.h"

MAP2(add_f32, F32, F32, F32, 0, x + y)
MAP2(sub_f32, F32, F32, F32, 0, x - y)
MAP2(mul_f32, F32, F32, F32, 0, x *y)
MAP2(div_f32, F32, F32, F32, 0, x / y)
MAP1(div_by_127, F32, F32, 0, x / 127.0f)
MAP1(one_over, F32, F32, 0, 1.0f / x)
MAP1(root_f32, F32, F32, 0, __builtin_sqrtf(__builtin_fabsf(x)))
MAP2(fma_f32, F32, F32, F32, 0, __builtin_fmaf(x, y, 1.5f))
MAP2(fma_negated, F32, F32, F32, 0, __builtin_fmaf(-x, y, __builtin_fabsf(x)))
MAP1(floor_f32, F32, F32, 0, __builtin_floorf(x))
MAP1(ceil_f32, F32, F32, 0, __builtin_ceilf(x))
MAP1(trunc_f32, F32, F32, 0, __builtin_truncf(x))
MAP1(rint_f32, F32, F32, 0, __builtin_rintf(x))
MAP1(round_f32, F32, F32, 0, __builtin_roundf(x))
MAP1(fabs_f32, F32, F32, 0, __builtin_fabsf(x))
MAP2(copysign_f32, F32, F32, F32, 0, __builtin_copysignf(x, y))
MAP2(min_f32, TAME32, TAME32, F32, 0, __builtin_fminf(x, y))
MAP2(max_f32, TAME32, TAME32, F32, 0, __builtin_fmaxf(x, y))
MAP2(med3_f32, TAME32, TAME32, F32, 0, __builtin_amdgcn_fmed3f(x, y, 1.0f))
MAP2(clamp_f32, TAME32, TAME32, F32, 0, __builtin_fminf(__builtin_fmaxf(x + y, 0.0f), 1.0f))
MAP2(compare_f32, F32, F32, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x == y) << 4 | (x != y) << 5)
MAP2(not_compare_f32, F32, F32, I32, 0, !(x < y) | !(x <= y) << 1 | !(x > y) << 2 | !(x >= y) << 3 | !(x == y) << 4)
MAP2(unordered_f32, F32, F32, I32, 0, __builtin_isunordered(x, y) | __builtin_islessgreater(x, y) << 1)
MAP1(classify_f32, F32, I32, 0, !!__builtin_isnan(x) | !!__builtin_isinf(x) << 1 | !!__builtin_isfinite(x) << 2 | !!__builtin_isnormal(x) << 3)
MAP2(select_f32, F32, F32, F32, 0, x < y ? x * 2.0f : y)
MAP1(to_i32, TAME32, I32, 0, (i32)x)
MAP1(to_u32, TAME32, U32, 0, (u32)__builtin_fabsf(x))
MAP1(round_to_i32, TAME32, I32, 0, (i32)__builtin_rintf(x))
MAP1(floor_to_i32, TAME32, I32, 0, (i32)__builtin_floorf(x))
MAP1(from_i32, I32, F32, 0, (f32)x)
MAP1(from_u32, U32, F32, 0, (f32)x)
MAP1(from_i64, I64, F32, 0, (f32)x)
MAP1(from_u64, U64, F32, 0, (f32)x)
MAP1(to_i64, TAME32, I64, 0, (i64)(x * 1000000.0f))
MAP2(ldexp_f32, F32, SMALL, F32, 0, __builtin_ldexpf(x, y * 5 - 160))
MAP1(fract_f32, F32, F32, 0, __builtin_amdgcn_fractf(x))
MAP1(frexp_f32, F32, F32, 0, __builtin_amdgcn_frexp_mantf(x))
MAP1(frexp_exponent_f32, F32, I32, 0, __builtin_amdgcn_frexp_expf(x))
MAP1(exp2_f32, UNIT32, F32, 2, __builtin_exp2f(x))
MAP1(exp_f32, UNIT32, F32, 4, __builtin_expf(x))
MAP1(exp10_f32, UNIT32, F32, 8, __builtin_exp10f(x))
MAP1(log2_f32, TAME32, F32, 2, __builtin_log2f(__builtin_fabsf(x)))
MAP1(log_f32, TAME32, F32, 4, __builtin_logf(__builtin_fabsf(x)))
MAP1(log10_f32, TAME32, F32, 4, __builtin_log10f(__builtin_fabsf(x)))
MAP1(rcp_f32, TAME32, F32, 1, __builtin_amdgcn_rcpf(x))
MAP1(rsq_f32, TAME32, F32, 1, __builtin_amdgcn_rsqf(__builtin_fabsf(x)))
MAP1(sqrt_f32, TAME32, F32, 1, __builtin_amdgcn_sqrtf(__builtin_fabsf(x)))
MAP1(exp2_direct, UNIT32, F32, 1, __builtin_amdgcn_exp2f(x))
MAP1(log2_direct, TAME32, F32, 1, __builtin_amdgcn_logf(__builtin_fabsf(x)))
MAP1(sine_of_turns, UNIT32, NEAR, 2, __builtin_amdgcn_sinf(x))
MAP1(cosine_of_turns, UNIT32, NEAR, 2, __builtin_amdgcn_cosf(x))
MAP1(bits_as_integer, F32, U32, 0, bits_of(x) >> 23 & 255)

KERNEL(polynomial, UNIT32, UNIT32, F32, 0) {
  EACH;
  f32 x = a[i], p = 0.25f;
  for (int k = 0; k < 8; k++)
    p = __builtin_fmaf(p, x, b[i * 8 + k]);
  out[i] = p;
}

KERNEL(newton_root, TAME32, TAME32, F32, 0) {
  EACH;
  f32 x = __builtin_fabsf(a[i]), r = x;
  for (int k = 0; k < 12; k++)
    r = 0.5f * (r + x / r);
  out[i] = r;
}

KERNEL(sigmoid, UNIT32, UNIT32, F32, 16) {
  EACH;
  out[i] = a[i] / (1.0f + __builtin_expf(-a[i]));
}

KERNEL(norm_of_eight, UNIT32, UNIT32, F32, 2) {
  EACH;
  f32 sum = 0.0f;
  for (int k = 0; k < 8; k++)
    sum = __builtin_fmaf(a[i * 8 + k], a[i * 8 + k], sum);
  f32 scale = __builtin_amdgcn_rsqf(sum * 0.125f + 1.0e-6f);
  for (int k = 0; k < 8; k++)
    out[i * 8 + k] = a[i * 8 + k] * scale;
}

// The same for all lanes: the scalar unit has floating point too.
KERNEL(uniform_floats, TAME32, TAME32, F32, 0) {
  EACH;
  f32 x = a[0], y = b[0];
  f32 sum = x + y * 3.0f;
  sum = __builtin_fmaf(x, y, sum) + __builtin_floorf(x) - __builtin_ceilf(y) + __builtin_truncf(x);
  sum += __builtin_rintf(y) + (f32)(i32)x + (f32)n + (x < y ? x : y) - (f32)(u32)n;
  sum += __builtin_fminf(x, y) + __builtin_fmaxf(x, 2.0f) + (x >= 1.0f ? 4.0f : 0.5f);
  sum += (f32)(f16)(x * 0.0001f) + (y != y ? 1.0f : 0.0f) + (f32)(i32)(y * 0.5f);
  out[i] = sum;
}
