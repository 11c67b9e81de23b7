// Branches, loops, calls, tables of jumps, and arrays on the stack.
#define KERNEL __attribute__((amdgpu_kernel))
#define GLOBAL __attribute__((address_space(1)))

__attribute__((noinline)) static int deep(GLOBAL int *p, int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum += p[i] * (sum & 1 ? 3 : 5);
  return sum;
}

KERNEL void branches(GLOBAL int *y, GLOBAL int *x, int n, int mode) {
  int i = __builtin_amdgcn_workitem_id_x() + 64 * __builtin_amdgcn_workgroup_id_x();
  if (i >= n) return;
  int v = x[i];
  switch (mode) {
  case 0: v += 1; break;
  case 1: v *= 3; break;
  case 2: v = deep(x + i, v & 7); break;
  case 3: v ^= v << 4; break;
  case 4: v = __builtin_amdgcn_readfirstlane(v); break;
  case 5: v = -v; break;
  default: v = 0;
  }
  while (v > 100) v = v & 1 ? (v * 3 + 1) >> 2 : v >> 1;
  y[i] = v;
}

KERNEL void stack(GLOBAL int *y, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  int table[40];
  for (int k = 0; k < 40; k++) table[k] = k * i;
  for (int k = 0; k < n; k++) table[(k * 7 + i) % 40] += table[(k * 5) % 40];
  y[i] = table[i % 40] + table[n % 40];
}

KERNEL void votes(GLOBAL unsigned *y, GLOBAL const int *x) {
  int i = __builtin_amdgcn_workitem_id_x();
  unsigned mask = __builtin_amdgcn_ballot_w32(x[i] > 3);
  y[i] = __builtin_popcount(mask) + __builtin_amdgcn_mbcnt_lo(mask, 7);
  y[i + 32] = __builtin_amdgcn_update_dpp(0, x[i], 0x111, 0xf, 0xf, 1) +
              __builtin_amdgcn_mov_dpp8(x[i], 0x053977) +
              __builtin_amdgcn_permlanex16(x[i], x[i], 0x76543210, 0xfedcba98, 0, 0) +
              __builtin_amdgcn_ds_bpermute(i * 4 ^ 64, x[i]) +
              __builtin_amdgcn_ds_swizzle(x[i], 0x041f);
  __builtin_amdgcn_s_sleep(2);
}
