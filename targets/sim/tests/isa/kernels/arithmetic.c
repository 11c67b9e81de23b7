// Integers and floats of all widths: division, conversion, shifts, carries, clamps.
#define KERNEL __attribute__((amdgpu_kernel))
#define GLOBAL __attribute__((address_space(1)))

static int lane(void) { return __builtin_amdgcn_workitem_id_x(); }

KERNEL void floats(GLOBAL float *y, GLOBAL const float *x, float a) {
  int i = lane();
  float v = x[i];
  y[i] = v / a + __builtin_sqrtf(v) * __builtin_fmaf(v, a, 2.0f) - __builtin_floorf(v) +
         __builtin_fabsf(v - 0.5f) + __builtin_amdgcn_rcpf(v) + __builtin_amdgcn_exp2f(v) +
         __builtin_amdgcn_logf(v) + __builtin_amdgcn_fmed3f(v, a, 1.0f);
  y[i + 64] = (float)(int)v + (float)(unsigned)a + __builtin_rintf(v) + __builtin_ldexpf(v, i);
}

KERNEL void doubles(GLOBAL double *y, GLOBAL const double *x, double a) {
  int i = lane();
  double v = x[i];
  y[i] = v / a + __builtin_sqrt(v) * __builtin_fma(v, a, 0.25) - __builtin_floor(v);
  y[i + 64] = (double)(int)v + (double)(float)a + (v > a ? 1.0 : -4.0);
}

KERNEL void integers(GLOBAL int *y, GLOBAL const int *x, int a, unsigned b) {
  int i = lane();
  int v = x[i];
  unsigned u = v;
  y[i] = v / a + v % a + (v >> (a & 31)) + (u >> 3) * 7 + (u & b | ~u) + (v ^ 0x12345);
  y[i + 64] = __builtin_popcount(u) + __builtin_clz(u | 1) + __builtin_ctz(u | 1) +
              (v < a ? v : a) + (u > b ? u : b) + (int)(u / b) + (int)(u % 10u);
  y[i + 128] = __builtin_amdgcn_perm(u, b, 0x05010400) + __builtin_amdgcn_ubfe(u, 3, 8) +
               __builtin_amdgcn_sudot4(1, v, 0, a, v, 0) + __builtin_amdgcn_alignbit(u, b, 5);
}

KERNEL void longs(GLOBAL long *y, GLOBAL const long *x, long a) {
  int i = lane();
  long v = x[i];
  y[i] = v * a + (v >> 5) - (v << (a & 63)) + (v < a ? v : -a);
  y[i + 64] = v / a + (long)((unsigned long)v % 1000000007ul);
}
