// Matrix instructions of every kind. Whole waves take part and store: under a condition the compiler might
// move the instruction to where only some lanes are active, which it must not be.
#include "short.h"

// Lanes 16 to 31 of A and B repeat lanes 0 to 15: the word that a lane takes.
static inline int source(int n, int k) {
  int first = GROUP * BLOCK + (LANE & 32);
  return (first + (LANE & 15)) % n * 8 + k;
}

#define BYTES(name, sign_a, sign_b, clamp)                                                          \
  KERNEL(name, I8X4, I8X4, I32, 0) {                                                                \
    i32x4 x, y;                                                                                     \
    for (int k = 0; k < 4; k++) {                                                                   \
      x[k] = (i32)a[source(n, k)];                                                                  \
      y[k] = (i32)b[source(n, k)];                                                                  \
    }                                                                                               \
    i32x8 c;                                                                                        \
    for (int k = 0; k < 8; k++)                                                                     \
      c[k] = clamp ? ((LANE ^ k) & 1 ? 0x7fffff00 : (i32)0x80000100) : LANE * 8 + k;                \
    c = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(sign_a, x, sign_b, y, c, clamp);                 \
    for (int k = 0; k < 8; k++)                                                                     \
      out[INDEX * 8 + k] = c[k];                                                                    \
  }

BYTES(bytes_uu, 0, 0, 0)
BYTES(bytes_us, 0, 1, 0)
BYTES(bytes_su, 1, 0, 0)
BYTES(bytes_ss, 1, 1, 0)
BYTES(bytes_uu_clamped, 0, 0, 1)
BYTES(bytes_us_clamped, 0, 1, 1)
BYTES(bytes_su_clamped, 1, 0, 1)
BYTES(bytes_ss_clamped, 1, 1, 1)

#define NIBBLES(name, sign_a, sign_b, clamp)                                                        \
  KERNEL(name, U32, U32, I32, 0) {                                                                  \
    i32x2 x, y;                                                                                     \
    for (int k = 0; k < 2; k++) {                                                                   \
      x[k] = (i32)a[source(n, k)];                                                                  \
      y[k] = (i32)b[source(n, k)];                                                                  \
    }                                                                                               \
    i32x8 c;                                                                                        \
    for (int k = 0; k < 8; k++)                                                                     \
      c[k] = clamp ? ((LANE ^ k) & 1 ? 0x7fffff80 : (i32)0x80000080) : LANE - k;                    \
    c = __builtin_amdgcn_wmma_i32_16x16x16_iu4_w32(sign_a, x, sign_b, y, c, clamp);                 \
    for (int k = 0; k < 8; k++)                                                                     \
      out[INDEX * 8 + k] = c[k];                                                                    \
  }

NIBBLES(nibbles_uu, 0, 0, 0)
NIBBLES(nibbles_us, 0, 1, 0)
NIBBLES(nibbles_su, 1, 0, 0)
NIBBLES(nibbles_ss, 1, 1, 0)
NIBBLES(nibbles_uu_clamped, 0, 0, 1)
NIBBLES(nibbles_us_clamped, 0, 1, 1)
NIBBLES(nibbles_su_clamped, 1, 0, 1)
NIBBLES(nibbles_ss_clamped, 1, 1, 1)

KERNEL(chained_bytes, I8X4, I8X4, I32, 0) {
  i32x8 c = {0, 0, 0, 0, 0, 0, 0, 0};
  for (int step = 0; step < 2; step++) {
    i32x4 x, y;
    for (int k = 0; k < 4; k++) {
      x[k] = (i32)a[source(n, step * 4 + k)];
      y[k] = (i32)b[source(n, step * 4 + k)];
    }
    c = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(1, x, 1, y, c, 0);
  }
  for (int k = 0; k < 8; k++)
    out[INDEX * 8 + k] = c[k];
}

// Sums of sixteen products of small integers: exact in any order.
KERNEL(halves_to_singles, SMALL, SMALL, F32, 0) {
  f16x16 x, y;
  for (int k = 0; k < 16; k++) {
    x[k] = (f16)(a[source(n, k & 7)] - k);
    y[k] = (f16)(b[source(n, k & 7)] - 2 * k);
  }
  f32x8 c;
  for (int k = 0; k < 8; k++)
    c[k] = (f32)(LANE - 4 * k);
  c = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(x, y, c);
  for (int k = 0; k < 8; k++)
    out[INDEX * 8 + k] = c[k];
}

KERNEL(halves_to_singles_rounded, UNIT32, UNIT32, NEAR, 200) {
  f16x16 x, y;
  for (int k = 0; k < 16; k++) {
    x[k] = (f16)a[source(n, k & 7)];
    y[k] = (f16)b[source(n, 7 - (k & 7))];
  }
  f32x8 c = {0.5f, 0.25f, 0.0f, -1.0f, 3.0f, 100.0f, -0.125f, 1.0f};
  c = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(x, y, c);
  for (int k = 0; k < 8; k++)
    out[INDEX * 8 + k] = c[k];
}

static inline i16 brain_of_small(i32 x) { return (i16)(bits_of((f32)x) >> 16); }

KERNEL(brains_to_singles, SMALL, SMALL, F32, 0) {
  i16x16 x, y;
  for (int k = 0; k < 16; k++) {
    x[k] = brain_of_small(a[source(n, k & 7)] - k);
    y[k] = brain_of_small(b[source(n, k & 7)] - 2 * k);
  }
  f32x8 c;
  for (int k = 0; k < 8; k++)
    c[k] = (f32)(LANE - 4 * k);
  c = __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(x, y, c);
  for (int k = 0; k < 8; k++)
    out[INDEX * 8 + k] = c[k];
}

#define HALVES(name, high)                                                                          \
  KERNEL(name, SMALL, SMALL, F16X2, 0) {                                                            \
    f16x16 x, y, c;                                                                                 \
    for (int k = 0; k < 16; k++) {                                                                  \
      x[k] = (f16)((a[source(n, k & 7)] & 7) - 3);                                                  \
      y[k] = (f16)((b[source(n, k & 7)] & 7) - 4);                                                  \
      c[k] = (f16)(LANE + k);                                                                       \
    }                                                                                               \
    union { f16x16 halves; u32 words[8]; } d;                                                       \
    d.halves = __builtin_amdgcn_wmma_f16_16x16x16_f16_tied_w32(x, y, c, high);                      \
    for (int k = 0; k < 8; k++)                                                                     \
      out[INDEX * 8 + k] = d.words[k];                                                              \
  }

HALVES(halves_to_low_halves, 0)
HALVES(halves_to_high_halves, 1)

#define BRAINS(name, high)                                                                          \
  KERNEL(name, SMALL, SMALL, U32, 0) {                                                              \
    i16x16 x, y, c;                                                                                 \
    for (int k = 0; k < 16; k++) {                                                                  \
      x[k] = brain_of_small((a[source(n, k & 7)] & 3) - 1);                                         \
      y[k] = brain_of_small((b[source(n, k & 7)] & 3) - 2);                                         \
      c[k] = brain_of_small(LANE + k);                                                              \
    }                                                                                               \
    union { i16x16 halves; u32 words[8]; } d;                                                       \
    d.halves = __builtin_amdgcn_wmma_bf16_16x16x16_bf16_tied_w32(x, y, c, high);                    \
    for (int k = 0; k < 8; k++)                                                                     \
      out[INDEX * 8 + k] = d.words[k];                                                              \
  }

BRAINS(brains_to_low_halves, 0)
BRAINS(brains_to_high_halves, 1)
