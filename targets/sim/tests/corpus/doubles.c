// Doubles.
#include "short.h"

MAP2(add_f64, F64, F64, F64, 0, x + y)
MAP2(sub_f64, F64, F64, F64, 0, x - y)
MAP2(mul_f64, F64, F64, F64, 0, x *y)
MAP2(div_f64, F64, F64, F64, 0, x / y)
MAP2(fma_f64, F64, F64, F64, 0, __builtin_fma(x, y, 1.5))
MAP1(root_f64, F64, F64, 1, __builtin_sqrt(__builtin_fabs(x)))
MAP1(floor_f64, F64, F64, 0, __builtin_floor(x))
MAP1(ceil_f64, F64, F64, 0, __builtin_ceil(x))
MAP1(trunc_f64, F64, F64, 0, __builtin_trunc(x))
MAP1(rint_f64, F64, F64, 0, __builtin_rint(x))
MAP2(copysign_f64, F64, F64, F64, 0, __builtin_copysign(x, y))
MAP2(compare_f64, F64, F64, I32, 0, (x < y) | (x <= y) << 1 | (x > y) << 2 | (x >= y) << 3 | (x == y) << 4 | (x != y) << 5)
MAP2(not_compare_f64, F64, F64, I32, 0, !(x < y) | !(x <= y) << 1 | !(x > y) << 2 | !(x >= y) << 3)
MAP2(minimum_f64, I32, I32, F64, 0, __builtin_fmin(x * 0.37 + 0.1, y * 0.21 + 0.1))
MAP2(maximum_f64, I32, I32, F64, 0, __builtin_fmax(x * 0.37 + 0.1, y * 0.21 + 0.1))
MAP1(f64_to_f32, F64, F32, 0, (f32)x)
MAP1(f32_to_f64, F32, F64, 0, (f64)x)
MAP1(f64_from_i32, I32, F64, 0, (f64)x)
MAP1(f64_from_u32, U32, F64, 0, (f64)x)
MAP1(f64_from_i64, I64, F64, 0, (f64)x)
MAP1(f64_from_u64, U64, F64, 0, (f64)x)
MAP1(f64_to_i32, I32, I32, 0, (i32)((f64)x * 0.99 + 0.25))
MAP1(f64_to_u32, U32, U32, 0, (u32)((f64)x * 0.99))
MAP1(f64_to_i64, I64, I64, 0, (i64)((f64)x * 0.5))
MAP1(f64_to_u64, U64, U64, 0, (u64)((f64)x * 0.25))
MAP2(ldexp_f64, F64, SMALL, F64, 0, __builtin_ldexp(x, y * 50 - 1500))
MAP1(classify_f64, F64, I32, 0, !!__builtin_isnan(x) | !!__builtin_isinf(x) << 1 | !!__builtin_isnormal(x) << 2)

KERNEL(horner_f64, UNIT32, UNIT32, F64, 0) {
  EACH;
  f64 x = a[i], p = 1.0;
  for (int k = 0; k < 8; k++)
    p = p * x + (f64)b[i * 8 + k];
  out[i] = p;
}

KERNEL(uniform_f64, I32, I32, F64, 0) {
  EACH;
  f64 x = (f64)a[0] * 0.1, y = (f64)b[0] * 0.3;
  out[i] = x * y + x - __builtin_floor(y) + (x < y ? 1.0 : 2.0) + (f64)n + i;
}
