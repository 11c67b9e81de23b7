// Loads, stores and atomics of all widths and address spaces; barriers and fences.
#define KERNEL __attribute__((amdgpu_kernel, amdgpu_flat_work_group_size(1, 256)))
#define GLOBAL __attribute__((address_space(1)))
#define LOCAL __attribute__((address_space(3)))
#define CONSTANT __attribute__((address_space(4)))
typedef int int3 __attribute__((ext_vector_type(3)));
typedef int int4 __attribute__((ext_vector_type(4)));

GLOBAL int counter;
CONSTANT const int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};

KERNEL void widths(GLOBAL char *c, GLOBAL short *s, GLOBAL int4 *q, GLOBAL int3 *t, GLOBAL long *l) {
  int i = __builtin_amdgcn_workitem_id_x();
  c[i + 5] = c[i] + 1;
  s[i - 7] = s[i] + (unsigned char)c[i + 300];
  q[i + 100] = q[i] + q[i + 1];
  t[i] = t[i + 9] * primes[i & 7];
  l[i] = l[i + 4096] + primes[s[0] & 7];
}

LOCAL int4 tile[128] __attribute__((loader_uninitialized));
LOCAL short words[256] __attribute__((loader_uninitialized));

KERNEL void local(GLOBAL int *y, GLOBAL const int4 *x, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  tile[i & 127] = x[i];
  words[i] = (short)n;
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
  LOCAL int *flat = (LOCAL int *)tile;
  y[i] = flat[i * 3 & 511] + flat[(i * 3 & 511) ^ 64] + words[255 - i];
  __atomic_fetch_add(&flat[n & 511], i, __ATOMIC_RELAXED);
}

KERNEL void atomics(GLOBAL int *y, GLOBAL float *f, GLOBAL long *l, int *flat, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  y[i] = __atomic_fetch_add(&counter, n, __ATOMIC_SEQ_CST);
  __atomic_fetch_xor(&y[n], i, __ATOMIC_RELAXED);
  __atomic_fetch_max(&l[i], (long)n, __ATOMIC_ACQ_REL);
  __atomic_fetch_add(&f[n], 1.5f, __ATOMIC_RELAXED);
  int expected = n;
  __atomic_compare_exchange_n(&flat[i], &expected, i, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  flat[i + 64] = expected + flat[i + 65];
}

KERNEL void buffers(GLOBAL int *y, __amdgpu_buffer_rsrc_t r, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  y[i] = __builtin_amdgcn_raw_buffer_load_b32(r, i * 4, n, 0);
  __builtin_amdgcn_raw_buffer_store_b64((__attribute__((ext_vector_type(2))) unsigned){i, n}, r, i * 8, 16, 1);
}
