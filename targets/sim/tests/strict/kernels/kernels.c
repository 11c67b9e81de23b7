// The kernels of the listings beside this file as a compiler writes them.

typedef unsigned char u8;
typedef unsigned int u32;
typedef int i32x4 __attribute__((ext_vector_type(4)));
typedef int i32x8 __attribute__((ext_vector_type(8)));

#define GLOBAL __attribute__((address_space(1)))
#define SHARED static __attribute__((address_space(3), loader_uninitialized))
#define KERNEL __attribute__((amdgpu_kernel)) void
#define LANE __builtin_amdgcn_workitem_id_x()
#define GROUP __builtin_amdgcn_workgroup_id_x()

static void barrier(void) {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

SHARED u32 words[1056];

KERNEL sum(GLOBAL const u32 *in, GLOBAL u32 *out) {
  words[LANE] = in[GROUP * 256 + LANE];
  for (u32 half = 128; half > 0; half /= 2) {
    barrier();
    if (LANE < half)
      words[LANE] += words[LANE + half];
  }
  if (LANE == 0)
    out[GROUP] = words[0];
}

KERNEL transpose(GLOBAL const u32 *in, GLOBAL u32 *out) {
  u32 x = LANE % 32, y = LANE / 32;
  for (u32 i = 0; i < 32; i += 4)
    words[(y + i) * 33 + x] = in[GROUP * 1024 + (y + i) * 32 + x];
  barrier();
  for (u32 i = 0; i < 32; i += 4)
    out[GROUP * 1024 + (y + i) * 32 + x] = words[x * 33 + y + i];
}

KERNEL affine(GLOBAL const u32 *a, GLOBAL const u32 *b, GLOBAL u32 *out, u32 x, u32 y, int n) {
  int i = GROUP * 64 + LANE;
  if (i < n)
    out[i] = a[i] * x + b[i] * y;
}

KERNEL histogram(GLOBAL const u8 *in, GLOBAL u32 *out) {
  words[LANE] = 0;
  barrier();
  for (u32 i = 0; i < 4; i++)
    __scoped_atomic_fetch_add(&words[in[GROUP * 256 + i * 64 + LANE] & 63], 1, __ATOMIC_RELAXED,
                              __MEMORY_SCOPE_WRKGRP);
  barrier();
  __scoped_atomic_fetch_add(&out[LANE], words[LANE], __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
}

KERNEL scratch(GLOBAL const u32 *in, GLOBAL u32 *out, u32 n) {
  volatile u32 own[4];
  u32 folded = 0;
  for (u32 i = 0; i < 4; i++)
    own[i] = in[32 * i + LANE];
  for (u32 i = 0; i < n; i++)
    folded = 3 * folded + own[(LANE + 5 * i) % 4];
  out[LANE] = folded;
}

KERNEL branch(GLOBAL const u32 *in, GLOBAL u32 *out) {
  u32 i = GROUP * 64 + LANE, v = in[i], r;
  if (v % 2 == 1) {
    r = in[v / 2 % 64] + 7;
    for (u32 k = 0; k < v % 8; k++)
      r = 5 * r + k;
  } else {
    r = 3 * v;
    if (v % 4 == 2)
      r -= in[v % 64];
  }
  out[i] = r;
}

KERNEL pipeline(GLOBAL const u32 *in, GLOBAL u32 *out, u32 steps) {
  u32 total = 0;
  words[LANE] = in[LANE];
  for (u32 s = 0; s < steps; s++) {
    u32 now = s % 2 * 64, next = s + 1 < steps ? in[(s + 1) * 64 + LANE] : 0;
    barrier();
    total += words[now + 63 - LANE] * (s + 1) + words[now + (LANE + 7) % 64];
    words[64 - now + LANE] = next;
  }
  out[LANE] = total;
}

KERNEL matrix(GLOBAL const i32x4 *a, GLOBAL const i32x4 *b, GLOBAL int *c) {
  i32x8 sum = 0;
  for (u32 k = 0; k < 4; k++)
    sum = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(1, a[LANE % 16 * 4 + k], 1, b[LANE % 16 * 4 + k],
                                                     sum, 0);
  for (u32 r = 0; r < 8; r++)
    c[LANE + 32 * r] = sum[r];
}

KERNEL chain(GLOBAL const i32x4 *a, GLOBAL const i32x4 *b, GLOBAL int *c) {
  i32x8 d = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(0, a[0], 0, b[LANE % 16], (i32x8)0, 0);
  i32x8 e = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(0, d.s0123, 0, b[LANE % 16], (i32x8)0, 0);
  for (u32 r = 0; r < 8; r++)
    c[LANE + 32 * r] = e[r];
}

KERNEL scan(GLOBAL const u32 *in, GLOBAL u32 *out) {
  u32 sum = in[LANE];
  for (u32 by = 1; by < 32; by *= 2) {
    u32 other = __builtin_amdgcn_ds_bpermute((LANE - by) * 4, sum);
    sum += LANE >= by ? other : 0;
  }
  out[LANE] = sum;
}

KERNEL bytes(GLOBAL const u8 *in, GLOBAL u32 *out) {
  u32 lane = LANE % 32, wave = LANE / 32;
  ((__attribute__((address_space(3))) u8 *)words)[(4 * lane + wave) ^ 3] = in[4 * lane + wave];
  barrier();
  if (wave == 0) {
    u32 low = words[lane] & 0xffff, high = words[lane] >> 16;
    out[lane] = ((low + 1) & 0xffff) | (high + 2) << 16;
  }
}

KERNEL exchange(GLOBAL const u32 *in, GLOBAL u32 *middle, GLOBAL u32 *out) {
  u32 own = in[LANE];
  middle[LANE] = own;
  barrier();
  out[LANE] = own + middle[255 - LANE];
}

KERNEL last(GLOBAL const u32 *in, GLOBAL u32 *sums, GLOBAL u32 *counter, GLOBAL u32 *out, u32 groups) {
  u32 sum = in[GROUP * 32 + LANE];
  for (u32 by = 1; by < 32; by *= 2)
    sum += __builtin_amdgcn_ds_bpermute((LANE ^ by) * 4, sum);
  if (LANE != 0)
    return;
  sums[GROUP] = sum;
  u32 before = __scoped_atomic_fetch_add(counter, 1, __ATOMIC_ACQ_REL, __MEMORY_SCOPE_DEVICE);
  if (before + 1 != groups)
    return;
  u32 total = 0;
  for (u32 g = 0; g < groups; g++)
    total += sums[g];
  *out = total;
}

KERNEL maximum(GLOBAL const u32 *in, GLOBAL u32 *out) {
  u32 own = in[GROUP * 32 + LANE], old = out[LANE];
  while (!__scoped_atomic_compare_exchange_n(&out[LANE], &old, old > own ? old : own, 0, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE))
    ;
}
