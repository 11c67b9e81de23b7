// What the chip has and the host has not, written from the documentation of the instructions.
//
// Each work-item is a fiber. Where lanes of a wave meet, each leaves its operands and sleeps; when all lanes
// of the wave sleep or are done, those that wait at the earliest place of the source go on together, as the
// chip's compiler makes diverging lanes meet again.
#ifndef SHIM_H
#define SHIM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GLOBAL
#define LOCAL
#define SHARED static
#define CONSTANT static const
// LDS of a kernel in OpenCL C, and the qualifier of a pointer to private memory.
#define TILE static

struct kernel {
  const char *name, *a, *b, *out;
  int tolerance;
  void (*run)(void *a, void *b, void *out, int n, const void *extra);
};

#define ROW(name, A, B, OUT, tolerance)                                                             \
  static const struct kernel row_##name = {#name, #A, #B, #OUT, tolerance, run_##name};             \
  static const struct kernel *const entry_##name                                                    \
      __attribute__((section("kernels"), used)) = &row_##name;

#define KERNEL(name, A, B, OUT, tolerance)                                                          \
  static void name(const of_##A *a, const of_##B *b, of_##OUT *out, int n);                         \
  static void run_##name(void *a, void *b, void *out, int n, const void *extra) {                   \
    (void)extra;                                                                                    \
    name(a, b, out, n);                                                                             \
  }                                                                                                 \
  ROW(name, A, B, OUT, tolerance)                                                                   \
  static void name(const of_##A *a, const of_##B *b, of_##OUT *out, int n)

#define KERNEL_WITH(name, A, B, OUT, tolerance, type)                                               \
  static void name(const of_##A *a, const of_##B *b, of_##OUT *out, int n, type extra);             \
  static void run_##name(void *a, void *b, void *out, int n, const void *extra) {                   \
    type copy;                                                                                      \
    memcpy(&copy, extra, sizeof copy);                                                              \
    name(a, b, out, n, copy);                                                                       \
  }                                                                                                 \
  ROW(name, A, B, OUT, tolerance)                                                                   \
  static void name(const of_##A *a, const of_##B *b, of_##OUT *out, int n, type extra)

int shim_lane(void);
int shim_group(void);
int shim_groups(void);
#define LANE shim_lane()
#define GROUP shim_group()

void shim_barrier(void);
#define barrier() shim_barrier()

// Operands of one lane at a meeting, and what it takes away.
struct meeting {
  u32 in[40];
  u32 out[8];
};
// What the lanes of `mask` do together; `lanes[i]` is null outside of it.
typedef void (*together)(struct meeting *lanes[32], u32 mask);
void shim_meet(int place, together what, struct meeting *mine);

u32 shim_ballot(int place, int predicate);
u32 shim_readlane(int place, u32 value, int lane);
u32 shim_readfirstlane(int place, u32 value);
u32 shim_bpermute(int place, u32 address, u32 value);
u32 shim_permute(int place, u32 address, u32 value);
u32 shim_swizzle(int place, u32 value, int pattern);
u32 shim_dpp(int place, u32 old, u32 value, int control, int rows, int banks, int bound);
u32 shim_dpp8(int place, u32 value, u32 selects);
u32 shim_permlane(int place, u32 old, u32 value, u32 low, u32 high, int fetch, int bound, int other);
u32 shim_reduce(int place, u32 value, char operation);

#define __builtin_amdgcn_workgroup_size_x() BLOCK
#define __builtin_amdgcn_ballot_w32(p) shim_ballot(__COUNTER__, p)
#define __builtin_amdgcn_readlane(v, l) ((int)shim_readlane(__COUNTER__, v, l))
#define __builtin_amdgcn_readfirstlane(v) ((int)shim_readfirstlane(__COUNTER__, v))
#define __builtin_amdgcn_ds_bpermute(a, v) ((int)shim_bpermute(__COUNTER__, a, v))
#define __builtin_amdgcn_ds_permute(a, v) ((int)shim_permute(__COUNTER__, a, v))
#define __builtin_amdgcn_ds_swizzle(v, p) ((int)shim_swizzle(__COUNTER__, v, p))
#define __builtin_amdgcn_update_dpp(o, v, c, r, k, b) ((int)shim_dpp(__COUNTER__, o, v, c, r, k, b))
#define __builtin_amdgcn_mov_dpp(v, c, r, k, b) ((int)shim_dpp(__COUNTER__, 0, v, c, r, k, b))
#define __builtin_amdgcn_mov_dpp8(v, s) ((int)shim_dpp8(__COUNTER__, v, s))
#define __builtin_amdgcn_permlane16(o, v, l, h, f, b) shim_permlane(__COUNTER__, o, v, l, h, f, b, 0)
#define __builtin_amdgcn_permlanex16(o, v, l, h, f, b) shim_permlane(__COUNTER__, o, v, l, h, f, b, 16)
#define __builtin_amdgcn_wave_reduce_add_u32(v, s) shim_reduce(__COUNTER__, v, '+')
#define __builtin_amdgcn_wave_reduce_max_u32(v, s) shim_reduce(__COUNTER__, v, '>')
#define __builtin_amdgcn_wave_reduce_min_u32(v, s) shim_reduce(__COUNTER__, v, '<')
#define __builtin_amdgcn_wave_reduce_xor_b32(v, s) shim_reduce(__COUNTER__, v, '^')
#define __builtin_amdgcn_inverse_ballot_w32(m) ((m) >> (LANE & 31) & 1)
#define __builtin_amdgcn_mbcnt_lo(m, c)                                                             \
  ((u32)(__builtin_popcount((u32)(m) & ((1u << (LANE & 31)) - 1)) + (u32)(c)))
#define __builtin_amdgcn_mbcnt_hi(m, c) ((u32)(c))
#define __builtin_amdgcn_fence(order, scope) ((void)0)
#define __builtin_amdgcn_s_sleep(n) ((void)0)

#include "scalar_shim.h"
#include "matrix_shim.h"

#endif
