// Half precision and bfloat16, one and two at a time, and 16-bit integers.
#define KERNEL __attribute__((amdgpu_kernel))
#define GLOBAL __attribute__((address_space(1)))
typedef _Float16 half;
typedef half half2 __attribute__((ext_vector_type(2)));
typedef __fp16 fp2 __attribute__((ext_vector_type(2)));
typedef short short2 __attribute__((ext_vector_type(2)));
typedef unsigned short ushort2 __attribute__((ext_vector_type(2)));

KERNEL void single(GLOBAL half *y, GLOBAL const half *x, half a) {
  int i = __builtin_amdgcn_workitem_id_x();
  half v = x[i], w = x[i + 64];
  y[i] = v * w + a;
  y[i + 64] = v > w ? v - a : (half)((float)w * 2.5f);
  y[i + 128] = (half)(int)(v + (half)0.5) + (half)(short)w;
  y[i + 192] = __builtin_amdgcn_rcph(v) * __builtin_fminf16(v, w);
}

KERNEL void pair(GLOBAL half2 *y, GLOBAL const half2 *x, half2 a, GLOBAL fp2 *packed) {
  int i = __builtin_amdgcn_workitem_id_x();
  half2 v = x[i], w = x[i + 64];
  y[i] = v * w + a;
  y[i + 64] = v.yx - w.yy;
  packed[i] = __builtin_amdgcn_cvt_pkrtz((float)v.x, (float)w.y);
}

KERNEL void mixed(GLOBAL float *y, GLOBAL const half2 *x, float a) {
  int i = __builtin_amdgcn_workitem_id_x();
  half2 v = x[i], w = x[i + 64];
  y[i] = (float)v.x * (float)w.y + a;
  y[i + 64] = __builtin_amdgcn_fdot2(v, w, a, 0);
}

KERNEL void shorts(GLOBAL short2 *y, GLOBAL const short2 *x, GLOBAL ushort2 *u) {
  int i = __builtin_amdgcn_workitem_id_x();
  short2 v = x[i], w = x[i + 64];
  y[i] = v * w + v;
  y[i + 64] = v >> 3;
  y[i + 128] = __builtin_elementwise_max(v, w);
  u[i] = u[i] >> 2;
  short s = v.x, t = w.y;
  y[i + 192].x = s > t ? s + t : (short)(s << (t & 15));
}

KERNEL void brains(GLOBAL __bf16 *y, GLOBAL const __bf16 *x, float a) {
  int i = __builtin_amdgcn_workitem_id_x();
  y[i] = (__bf16)((float)x[i] * a + (float)x[i + 64]);
}
