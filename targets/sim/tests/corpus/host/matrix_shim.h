// Matrix instructions, from their definition. Lane i of A holds row i, lane j of B column j, lanes 16 to 31
// repeat them; register r of lane l of C and D is the element in row 2r + l / 16 and column l % 16.
#ifndef MATRIX_SHIM_H
#define MATRIX_SHIM_H

i32x8 shim_wmma_integer(int place, int bits, int sign_a, const void *a, int sign_b, const void *b,
                        i32x8 c, int clamp);
f32x8 shim_wmma_single(int place, int brain, const void *a, const void *b, f32x8 c);
void shim_wmma_half(int place, int brain, const void *a, const void *b, const void *c, int high,
                    void *d);

#define __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(sa, a, sb, b, c, clamp)                           \
  shim_wmma_integer(__COUNTER__, 8, sa, &(i32x4){a}, sb, &(i32x4){b}, c, clamp)
#define __builtin_amdgcn_wmma_i32_16x16x16_iu4_w32(sa, a, sb, b, c, clamp)                           \
  shim_wmma_integer(__COUNTER__, 4, sa, &(i32x2){a}, sb, &(i32x2){b}, c, clamp)
#define __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(a, b, c)                                         \
  shim_wmma_single(__COUNTER__, 0, &(f16x16){a}, &(f16x16){b}, c)
#define __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(a, b, c)                                        \
  shim_wmma_single(__COUNTER__, 1, &(i16x16){a}, &(i16x16){b}, c)

static inline f16x16 shim_half_result(int place, f16x16 a, f16x16 b, f16x16 c, int high) {
  f16x16 d = c;
  shim_wmma_half(place, 0, &a, &b, &c, high, &d);
  return d;
}
static inline i16x16 shim_brain_result(int place, i16x16 a, i16x16 b, i16x16 c, int high) {
  i16x16 d = c;
  shim_wmma_half(place, 1, &a, &b, &c, high, &d);
  return d;
}
// Tied: the other half of D is that of C.
#define __builtin_amdgcn_wmma_f16_16x16x16_f16_tied_w32(a, b, c, high)                              \
  shim_half_result(__COUNTER__, a, b, c, high)
#define __builtin_amdgcn_wmma_bf16_16x16x16_bf16_tied_w32(a, b, c, high)                            \
  shim_brain_result(__COUNTER__, a, b, c, high)

#endif
