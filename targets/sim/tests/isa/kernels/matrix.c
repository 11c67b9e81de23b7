// The matrix instructions of wave32, with accumulators in registers and in zeros.
#define KERNEL __attribute__((amdgpu_kernel, amdgpu_flat_work_group_size(32, 128)))
#define GLOBAL __attribute__((address_space(1)))
#define V(type, n) type __attribute__((ext_vector_type(n)))
typedef V(_Float16, 16) v16h;
typedef V(short, 16) v16s;
typedef V(float, 8) v8f;
typedef V(int, 8) v8i;
typedef V(int, 4) v4i;
typedef V(int, 2) v2i;

KERNEL void halves(GLOBAL v8f *y, GLOBAL const v16h *a, GLOBAL const v16h *b, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  v8f sum = 0;
  for (int k = 0; k < n; k++)
    sum = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(a[i + k], b[i + k], sum);
  y[i] = sum;
}

KERNEL void brains(GLOBAL v8f *y, GLOBAL const v16s *a, GLOBAL const v16s *b) {
  int i = __builtin_amdgcn_workitem_id_x();
  y[i] = __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(a[i], b[i], y[i]);
}

KERNEL void short_sums(GLOBAL v16h *y, GLOBAL const v16h *a, GLOBAL const v16h *b) {
  int i = __builtin_amdgcn_workitem_id_x();
  v16h sum = y[i];
  sum = __builtin_amdgcn_wmma_f16_16x16x16_f16_w32(a[i], b[i], sum, 0);
  y[i] = __builtin_amdgcn_wmma_f16_16x16x16_f16_w32(b[i], a[i], sum, 1);
}

KERNEL void bytes(GLOBAL v8i *y, GLOBAL const v4i *a, GLOBAL const v4i *b, int n) {
  int i = __builtin_amdgcn_workitem_id_x();
  v8i sum = 0, other = y[i];
  for (int k = 0; k < n; k++) {
    sum = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(1, a[i + k], 1, b[i + k], sum, 0);
    other = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(0, a[i + k], 1, b[i + k], other, 1);
  }
  y[i] = sum + other;
}

KERNEL void nibbles(GLOBAL v8i *y, GLOBAL const v2i *a, GLOBAL const v2i *b) {
  int i = __builtin_amdgcn_workitem_id_x();
  y[i] = __builtin_amdgcn_wmma_i32_16x16x16_iu4_w32(0, a[i], 1, b[i], y[i], 0);
}
