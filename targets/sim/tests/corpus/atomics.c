// Atomics on global memory, where the result does not depend on the order of work-items.
#include "short.h"

#define EVERYWHERE __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE
#define ORDERED __ATOMIC_ACQ_REL, __MEMORY_SCOPE_DEVICE

KERNEL(atomic_sums, I32, I32, I32, 0) {
  EACH;
  __scoped_atomic_fetch_add(&out[0], a[i], EVERYWHERE);
  __scoped_atomic_fetch_sub(&out[1], b[i], EVERYWHERE);
  __scoped_atomic_fetch_add(&out[2 + (i & 3)], 1, ORDERED);
}

KERNEL(atomic_extremes, I32, I32, I32, 0) {
  EACH;
  __scoped_atomic_fetch_max(&out[0], a[i], EVERYWHERE);
  __scoped_atomic_fetch_min(&out[1], a[i], EVERYWHERE);
  __scoped_atomic_fetch_max((GLOBAL u32 *)&out[2], (u32)b[i], EVERYWHERE);
  __scoped_atomic_fetch_min((GLOBAL u32 *)&out[3], (u32)b[i], EVERYWHERE);
}

KERNEL(atomic_logic, I32, I32, I32, 0) {
  EACH;
  __scoped_atomic_fetch_and(&out[0], a[i] | 0xff, EVERYWHERE);
  __scoped_atomic_fetch_or(&out[1], a[i], EVERYWHERE);
  __scoped_atomic_fetch_xor(&out[2], b[i], EVERYWHERE);
}

KERNEL(atomic_wide, I64, I64, I64, 0) {
  EACH;
  __scoped_atomic_fetch_add(&out[0], a[i], EVERYWHERE);
  __scoped_atomic_fetch_max(&out[1], a[i], EVERYWHERE);
  __scoped_atomic_fetch_min((GLOBAL u64 *)&out[2], (u64)b[i], EVERYWHERE);
  __scoped_atomic_fetch_or(&out[3], a[i], EVERYWHERE);
  __scoped_atomic_fetch_xor(&out[4], b[i], EVERYWHERE);
  __scoped_atomic_fetch_and(&out[5], b[i] | 255, EVERYWHERE);
  __scoped_atomic_fetch_sub(&out[6], b[i], EVERYWHERE);
}

// Each work-item has a place of its own, so that the old values are known.
KERNEL(atomic_results, I32, I32, I32, 0) {
  EACH;
  GLOBAL i32 *mine = &out[i * 8];
  mine[0] = a[i];
  i32 sum = __scoped_atomic_fetch_add(mine, 5, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_sub(mine, b[i], EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_max(mine, 100, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_min(mine, b[i], EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_xor(mine, 0x55, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_or(mine, 3, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_and(mine, 0xffff, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_exchange_n(mine, sum, EVERYWHERE);
  mine[1] = sum;
}

KERNEL(atomic_wide_results, I64, I64, I64, 0) {
  EACH;
  GLOBAL i64 *mine = &out[i * 8];
  mine[0] = a[i];
  i64 sum = __scoped_atomic_fetch_add(mine, 5, EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_fetch_max(mine, b[i], EVERYWHERE);
  sum = sum * 3 + __scoped_atomic_exchange_n(mine, b[i] ^ sum, EVERYWHERE);
  mine[1] = sum;
}

KERNEL(compare_and_swap, I32, I32, I32, 0) {
  EACH;
  GLOBAL i32 *mine = &out[i * 8];
  mine[0] = a[i];
  i32 expected = i & 1 ? a[i] : b[i];
  i32 done = __scoped_atomic_compare_exchange_n(mine, &expected, 77, 0, __ATOMIC_RELAXED,
                                                __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  mine[1] = done;
  mine[2] = expected;
}

KERNEL(compare_and_swap_wide, I64, I64, I64, 0) {
  EACH;
  GLOBAL i64 *mine = &out[i * 8];
  mine[0] = a[i];
  i64 expected = i & 1 ? a[i] : b[i];
  i64 done = __scoped_atomic_compare_exchange_n(mine, &expected, 77, 0, __ATOMIC_SEQ_CST,
                                                __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
  mine[1] = done;
  mine[2] = expected;
}

// An operation that the hardware has not: a loop around compare and swap.
KERNEL(swap_loop, SMALL, SMALL, I32, 0) {
  EACH;
  GLOBAL i32 *shared = &out[i & 3];
  i32 old = __scoped_atomic_load_n(shared, EVERYWHERE);
  while (!__scoped_atomic_compare_exchange_n(shared, &old, (i32)((u32)old * 3u), 0, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE)) {
  }
}

KERNEL(atomic_floats, SMALL, SMALL, F32, 0) {
  EACH;
  GLOBAL f32 *mine = &out[i * 8];
  __scoped_atomic_store_n((GLOBAL i32 *)mine, 0x3f800000, EVERYWHERE);
  f32 old = __scoped_atomic_fetch_add(mine, (f32)a[i] * 0.5f, EVERYWHERE);
  mine[1] = old + __scoped_atomic_fetch_add(mine, (f32)b[i], EVERYWHERE);
}

KERNEL(loads_and_stores, I32, I32, I32, 0) {
  EACH;
  __scoped_atomic_store_n(&out[i], a[i], __ATOMIC_RELEASE, __MEMORY_SCOPE_SYSTEM);
  i32 back = __scoped_atomic_load_n(&out[i], __ATOMIC_ACQUIRE, __MEMORY_SCOPE_SYSTEM);
  __scoped_atomic_store_n(&out[i], back + b[i], __ATOMIC_SEQ_CST, __MEMORY_SCOPE_DEVICE);
}

NOINLINE i32 add_somewhere(i32 *p, i32 x) { return __scoped_atomic_fetch_add(p, x, EVERYWHERE); }

KERNEL(generic_atomics, I32, I32, I32, 0) {
  EACH;
  out[i * 8] = a[i];
  i32 old = add_somewhere((i32 *)&out[i * 8], b[i]);
  out[i * 8 + 1] = old;
}
