// Intrinsics of one lane.
#ifndef SCALAR_SHIM_H
#define SCALAR_SHIM_H

static inline u32 shim_perm(u32 high, u32 low, u32 selectors) {
  u64 data = (u64)high << 32 | low;
  u32 result = 0;
  for (int byte = 0; byte < 4; byte++) {
    u32 selector = selectors >> (8 * byte) & 255;
    u32 value = selector < 8    ? data >> (8 * selector) & 255
                : selector < 12 ? (data >> (16 * (selector - 8) + 15) & 1) * 255
                : selector == 12 ? 0 : 255;
    result |= value << (8 * byte);
  }
  return result;
}
#define __builtin_amdgcn_perm(a, b, c) shim_perm(a, b, c)
#define __builtin_amdgcn_alignbit(a, b, c) ((u32)(((u64)(u32)(a) << 32 | (u32)(b)) >> ((c) & 31)))
#define __builtin_amdgcn_alignbyte(a, b, c) ((u32)(((u64)(u32)(a) << 32 | (u32)(b)) >> (8 * ((c) & 3))))

static inline u32 shim_ubfe(u32 value, u32 offset, u32 width) {
  width &= 31;
  return value >> (offset & 31) & ((1u << width) - 1);
}
static inline i32 shim_sbfe(i32 value, u32 offset, u32 width) {
  width &= 31;
  return width == 0 ? 0 : (i32)((u32)(value >> (offset & 31)) << (32 - width)) >> (32 - width);
}
#define __builtin_amdgcn_ubfe(a, b, c) shim_ubfe(a, b, c)
#define __builtin_amdgcn_sbfe(a, b, c) shim_sbfe(a, b, c)

static inline u32 shim_byte(u32 word, int i) { return word >> (8 * i) & 255; }
static inline u32 shim_sad(u32 a, u32 b, u32 c, int masked) {
  for (int i = 0; i < 4; i++) {
    i32 difference = (i32)shim_byte(a, i) - (i32)shim_byte(b, i);
    if (!masked || shim_byte(b, i) != 0)
      c += difference < 0 ? -difference : difference;
  }
  return c;
}
static inline u32 shim_sad16(u32 a, u32 b, u32 c) {
  for (int i = 0; i < 32; i += 16) {
    i32 difference = (i32)(a >> i & 65535) - (i32)(b >> i & 65535);
    c += difference < 0 ? -difference : difference;
  }
  return c;
}
static inline u32 shim_lerp(u32 a, u32 b, u32 c) {
  u32 result = 0;
  for (int i = 0; i < 4; i++)
    result |= (shim_byte(a, i) + shim_byte(b, i) + (shim_byte(c, i) & 1)) / 2 << (8 * i);
  return result;
}
#define __builtin_amdgcn_sad_u8(a, b, c) shim_sad(a, b, c, 0)
#define __builtin_amdgcn_msad_u8(a, b, c) shim_sad(a, b, c, 1)
#define __builtin_amdgcn_sad_hi_u8(a, b, c) ((shim_sad(a, b, 0, 0) << 16) + (u32)(c))
#define __builtin_amdgcn_sad_u16(a, b, c) shim_sad16(a, b, c)
#define __builtin_amdgcn_lerp(a, b, c) shim_lerp(a, b, c)

// Element `i` of `bits` bits.
static inline i32 shim_element(u32 word, int i, int bits, int is_signed) {
  u32 up = word << (32 - bits - bits * i);
  return is_signed ? (i32)up >> (32 - bits) : (i32)(up >> (32 - bits));
}
static inline i32 shim_dot(u32 a, u32 b, i32 c, int bits, int sign_a, int sign_b, int clamp) {
  i64 sum = c;
  for (int i = 0; i < 32 / bits; i++)
    sum += shim_element(a, i, bits, sign_a) * shim_element(b, i, bits, sign_b);
  if (clamp)
    sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
  return (i32)sum;
}
static inline u32 shim_udot(u32 a, u32 b, u32 c, int bits, int clamp) {
  u64 sum = c;
  for (int i = 0; i < 32 / bits; i++)
    sum += shim_element(a, i, bits, 0) * shim_element(b, i, bits, 0);
  return clamp && sum > UINT32_MAX ? UINT32_MAX : (u32)sum;
}
#define __builtin_amdgcn_udot4(a, b, c, clamp) shim_udot(a, b, c, 8, clamp)
#define __builtin_amdgcn_udot8(a, b, c, clamp) shim_udot(a, b, c, 4, clamp)
#define __builtin_amdgcn_sudot4(sa, a, sb, b, c, clamp) shim_dot(a, b, c, 8, sa, sb, clamp)
#define __builtin_amdgcn_sudot8(sa, a, sb, b, c, clamp) shim_dot(a, b, c, 4, sa, sb, clamp)
#define __builtin_amdgcn_fdot2(a, b, c, clamp)                                                      \
  ((f32)((f64)(a).x * (f64)(b).x + (f64)(a).y * (f64)(b).y + (f64)(c)))

// Accurate functions; tolerances of the kernels cover what the chip's are allowed.
#define __builtin_amdgcn_rcpf(x) (1.0f / (x))
#define __builtin_amdgcn_rsqf(x) ((f32)(1.0 / sqrt((f64)(x))))
#define __builtin_amdgcn_sqrtf(x) sqrtf(x)
#define __builtin_amdgcn_exp2f(x) ((f32)exp2((f64)(x)))
#define __builtin_amdgcn_logf(x) ((f32)log2((f64)(x)))
static inline f32 shim_sin(f32 turns) { return (f32)sin(6.283185307179586 * fmod(turns, 1.0)); }
static inline f32 shim_cos(f32 turns) { return (f32)cos(6.283185307179586 * fmod(turns, 1.0)); }
#define __builtin_amdgcn_sinf(x) shim_sin(x)
#define __builtin_amdgcn_cosf(x) shim_cos(x)
static inline f32 shim_fract(f32 x) {
  f32 fract = x - floorf(x);
  return fract >= 1.0f ? 0x1.fffffep-1f : fract;
}
#define __builtin_amdgcn_fractf(x) shim_fract(x)
static inline f32 shim_mantissa(f32 x) {
  int exponent;
  return frexpf(x, &exponent);
}
static inline i32 shim_exponent(f32 x) {
  int exponent = 0;
  if (isfinite(x))
    frexpf(x, &exponent);
  return exponent;
}
#define __builtin_amdgcn_frexp_mantf(x) shim_mantissa(x)
#define __builtin_amdgcn_frexp_expf(x) shim_exponent(x)
static inline f32 shim_med3(f32 a, f32 b, f32 c) {
  f32 low = a < b ? a : b, high = a < b ? b : a;
  return c < low ? low : c > high ? high : c;
}
#define __builtin_amdgcn_fmed3f(a, b, c) shim_med3(a, b, c)

static inline u16 shim_rtz(f32 x) {
  f16 near = (f16)x;
  u16 bits;
  memcpy(&bits, &near, 2);
  // Where the nearest half is the larger in magnitude, the one before it is towards zero.
  return isfinite(x) && fabsf((f32)near) > fabsf(x) ? bits - 1 : bits;
}
static inline f16x2 shim_pkrtz(f32 a, f32 b) {
  u32 bits = shim_rtz(a) | (u32)shim_rtz(b) << 16;
  f16x2 result;
  memcpy(&result, &bits, 4);
  return result;
}
#define __builtin_amdgcn_cvt_pkrtz(a, b) shim_pkrtz(a, b)
static inline i16x2 shim_pk_i16(i32 a, i32 b) {
  i16x2 result = {(i16)(a > 32767 ? 32767 : a < -32768 ? -32768 : a),
                  (i16)(b > 32767 ? 32767 : b < -32768 ? -32768 : b)};
  return result;
}
static inline u16x2 shim_pk_u16(u32 a, u32 b) {
  u16x2 result = {(u16)(a > 65535 ? 65535 : a), (u16)(b > 65535 ? 65535 : b)};
  return result;
}
#define __builtin_amdgcn_cvt_pk_i16(a, b) shim_pk_i16(a, b)
#define __builtin_amdgcn_cvt_pk_u16(a, b) shim_pk_u16(a, b)

// Halves: the host has no library for them. Sums and products of halves are exact in an 80-bit float up to
// one rounding, which is far below a half's.
#define __builtin_fmaf16(a, b, c) ((f16)((long double)(a) * (long double)(b) + (long double)(c)))
#define __builtin_floorf16(x) ((f16)floorf((f32)(x)))
#define __builtin_ceilf16(x) ((f16)ceilf((f32)(x)))
#define __builtin_truncf16(x) ((f16)truncf((f32)(x)))
#define __builtin_rintf16(x) ((f16)rintf((f32)(x)))
#define __builtin_fabsf16(x) ((f16)fabsf((f32)(x)))
#define __builtin_sqrtf16(x) ((f16)sqrtf((f32)(x)))
#define __builtin_fminf16(a, b) ((f16)fminf((f32)(a), (f32)(b)))
#define __builtin_fmaxf16(a, b) ((f16)fmaxf((f32)(a), (f32)(b)))
#define __builtin_copysignf16(a, b) ((f16)copysignf((f32)(a), (f32)(b)))

#endif
