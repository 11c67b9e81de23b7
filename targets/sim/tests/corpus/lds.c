// LDS and barriers. All work-items take part; those beyond `n` bring nothing.
#include "short.h"

SHARED i32 words[BLOCK * 4];
SHARED f32 tile_a[8 * 8], tile_b[8 * 8];
SHARED u8 raw[BLOCK * 8];
SHARED u16 shorts[BLOCK * 4];
SHARED f64 wide[BLOCK];
SHARED i32x4 quads[BLOCK];

KERNEL(reversed, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = i < n ? a[i] : -1;
  barrier();
  if (i < n)
    out[i] = words[BLOCK - 1 - LANE];
}

KERNEL(tree_sum, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = i < n ? a[i] : 0;
  for (int half = BLOCK / 2; half > 0; half /= 2) {
    barrier();
    if (LANE < half)
      words[LANE] += words[LANE + half];
  }
  barrier();
  if (i < n)
    out[i] = words[0];
}

KERNEL(running_sum, I32, I32, I32, 0) {
  int i = INDEX;
  i32 x = i < n ? a[i] : 0;
  words[LANE] = x;
  barrier();
  for (int step = 1; step < BLOCK; step *= 2) {
    i32 other = LANE >= step ? words[LANE - step] : 0;
    barrier();
    words[LANE] += other;
    barrier();
  }
  if (i < n)
    out[i] = words[LANE];
}

KERNEL(histogram, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = 0;
  barrier();
  if (i < n)
    __scoped_atomic_fetch_add(&words[a[i] & 15], 1, __ATOMIC_RELAXED, __MEMORY_SCOPE_WRKGRP);
  barrier();
  if (i < n)
    out[i] = words[LANE & 15];
}

KERNEL(tile_product, UNIT32, UNIT32, F32, 0) {
  int row = LANE / 8, column = LANE % 8, base = GROUP * BLOCK;
  int most = n * 8;
  tile_a[LANE] = a[(base + LANE) % most];
  tile_b[LANE] = b[(base * 3 + LANE) % most];
  barrier();
  f32 sum = 0.0f;
  for (int k = 0; k < 8; k++)
    sum = __builtin_fmaf(tile_a[row * 8 + k], tile_b[k * 8 + column], sum);
  if (base + LANE < n)
    out[base + LANE] = sum;
}

KERNEL(bytes_in_lds, I8, I8, I32, 0) {
  int i = INDEX;
  for (int k = 0; k < 8; k++)
    raw[LANE * 8 + k] = i < n ? a[i * 8 + k] : (u8)k;
  barrier();
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum = sum * 5 + (i8)raw[k * BLOCK + LANE] + raw[(LANE * 3 + k) % (BLOCK * 8)];
  if (i < n)
    out[i] = sum;
}

KERNEL(shorts_in_lds, I16, I16, I16, 0) {
  int i = INDEX;
  for (int k = 0; k < 4; k++)
    shorts[LANE + BLOCK * k] = i < n ? (u16)(a[i] + k) : 0;
  barrier();
  i16 sum = 0;
  for (int k = 0; k < 4; k++)
    sum = (i16)(sum * 3 + (i16)shorts[(LANE * 4 + k * 7) % (BLOCK * 4)]);
  if (i < n)
    out[i] = (u16)sum;
}

KERNEL(doubles_in_lds, F64, F64, F64, 0) {
  int i = INDEX;
  wide[LANE] = i < n ? a[i] : 0.0;
  barrier();
  if (i < n)
    out[i] = wide[LANE ^ 5] + wide[LANE ^ 1];
}

KERNEL(vectors_in_lds, I32, I32, I32, 0) {
  int i = INDEX;
  i32x4 v = {LANE, 1, 2, 3};
  if (i < n)
    v = v + a[i];
  quads[LANE] = v;
  barrier();
  i32x4 w = quads[BLOCK - 1 - LANE];
  if (i < n)
    *(GLOBAL i32x4 *)&out[i * 8] = w.wzyx;
}

KERNEL(pairs_in_lds, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = i < n ? a[i] : 0;
  words[LANE + BLOCK] = i < n ? b[i] : 0;
  words[LANE + 2 * BLOCK] = LANE;
  words[LANE + 3 * BLOCK] = -LANE;
  barrier();
  int j = BLOCK - 1 - LANE;
  i32 r = words[j] + words[j + BLOCK] * 3 + words[j + 2 * BLOCK] * 5 + words[j + 3 * BLOCK] * 7;
  if (i < n)
    out[i] = r;
}

KERNEL(transposed, I32, I32, I32, 0) {
  int i = INDEX;
  for (int k = 0; k < 4; k++)
    words[LANE * 4 + k] = i < n ? a[i * 4 + k] : 0;
  barrier();
  if (i < n)
    for (int k = 0; k < 4; k++)
      out[i * 4 + k] = words[k * BLOCK + LANE];
}

NOINLINE i32 generic_sum(const i32 *p, int count) {
  i32 sum = 0;
  for (int k = 0; k < count; k++)
    sum += p[k];
  return sum;
}

// A pointer whose address space the callee finds out by itself.
KERNEL(generic_lds, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = i < n ? a[i] : 1;
  barrier();
  i32 mine[4] = {LANE, 2, 3, 4};
  const i32 *p = LANE & 1 ? (const i32 *)&words[LANE & ~3] : mine;
  i32 sum = generic_sum(p, 4);
  if (i < n)
    out[i] = sum;
}

KERNEL(atomics_in_lds, I32, I32, I32, 0) {
  int i = INDEX;
  words[LANE] = LANE == 3 ? 0x7fffffff : 0;
  words[LANE + BLOCK] = LANE;
  barrier();
  i32 x = i < n ? a[i] : 0;
#define IN_LDS __ATOMIC_RELAXED, __MEMORY_SCOPE_WRKGRP
  __scoped_atomic_fetch_add(&words[0], x, IN_LDS);
  __scoped_atomic_fetch_sub(&words[1], x, IN_LDS);
  __scoped_atomic_fetch_max(&words[2], x, IN_LDS);
  __scoped_atomic_fetch_min(&words[3], x, IN_LDS);
  __scoped_atomic_fetch_or(&words[4], x, IN_LDS);
  __scoped_atomic_fetch_xor(&words[5], x, IN_LDS);
  __scoped_atomic_fetch_and(&words[6], x, IN_LDS);
  __scoped_atomic_fetch_max((LOCAL u32 *)&words[7], (u32)x, IN_LDS);
  i32 before = __scoped_atomic_fetch_add(&words[BLOCK + LANE], x, IN_LDS);
  barrier();
  if (i < n)
    out[i] = words[LANE & 7] + before;
}

SHARED u64 longs[BLOCK];
KERNEL(wide_atomics_in_lds, I64, I64, I64, 0) {
  int i = INDEX;
  longs[LANE] = LANE;
  barrier();
  i64 x = i < n ? a[i] : 0;
  __scoped_atomic_fetch_add(&longs[0], (u64)x, IN_LDS);
  __scoped_atomic_fetch_max((LOCAL i64 *)&longs[1], x, IN_LDS);
  __scoped_atomic_fetch_min(&longs[2], (u64)x, IN_LDS);
  __scoped_atomic_fetch_xor(&longs[3], (u64)x, IN_LDS);
  u64 before = __scoped_atomic_exchange_n(&longs[4 + LANE % 60], (u64)7, IN_LDS);
  barrier();
  if (i < n)
    out[i] = (i64)(longs[LANE & 3] + (before & 0));
}
