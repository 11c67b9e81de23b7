// Loads and stores of every width and address form.
#include "short.h"

KERNEL(copy_four, F32, F32, F32, 0) {
  EACH;
  *(GLOBAL f32x4 *)&out[i * 8] = *(GLOBAL const f32x4 *)&a[i * 8 + 4];
  *(GLOBAL f32x4 *)&out[i * 8 + 4] = *(GLOBAL const f32x4 *)&b[i * 8];
}

KERNEL(copy_two, I32, I32, I32, 0) {
  EACH;
  *(GLOBAL i32x2 *)&out[i * 2] = *(GLOBAL const i32x2 *)&a[i * 2] + *(GLOBAL const i32x2 *)&b[i * 2];
}

KERNEL(copy_three, I32, I32, I32, 0) {
  EACH;
  struct three { i32 x, y, z; };
  GLOBAL const struct three *from = (GLOBAL const struct three *)a;
  struct three t = from[i];
  t.y += b[i];
  ((GLOBAL struct three *)out)[i] = t;
}

KERNEL(gather, I32, SMALL, I32, 0) {
  EACH;
  out[i] = a[b[i] % n];
}

KERNEL(scatter, SMALL, I32, I32, 0) {
  EACH;
  out[n - 1 - i] = b[i];
  out[n + (i ^ 1)] = a[i];
}

KERNEL(stencil, I32, I32, I32, 0) {
  EACH;
  i32 left = i > 0 ? a[i - 1] : 0, right = i + 1 < n ? a[i + 1] : 0;
  out[i] = left - 2 * a[i] + right;
}

KERNEL(strided_rows, I32, I32, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum += a[k * n + i] * b[i * 8 + k];
  out[i] = sum;
}

KERNEL(unaligned_fields, I8, I8, I8, 0) {
  EACH;
  struct __attribute__((packed)) odd { u8 tag; u32 word; u16 half; u8 last; };
  struct odd o = ((GLOBAL const struct odd *)a)[i];
  o.word = o.word * 3 + o.tag;
  o.half ^= 0x5aa5;
  ((GLOBAL struct odd *)out)[i] = o;
}

KERNEL(structures, I64, I64, I64, 0) {
  EACH;
  struct record { i64 id; f32 weight; i16 kind; u8 flags[2]; };
  struct record r = ((GLOBAL const struct record *)a)[i];
  r.id += r.kind;
  r.flags[0] ^= r.flags[1];
  r.kind = (i16)(r.kind * 7);
  ((GLOBAL struct record *)out)[i] = r;
}

CONSTANT i32 table[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
CONSTANT f32 weights[4] = {0.5f, -1.0f, 2.0f, 0.25f};

KERNEL(constant_table, SMALL, F32, F32, 0) {
  EACH;
  out[i] = b[i] * weights[a[i] & 3] + (f32)table[a[i] & 15];
}

KERNEL(uniform_table, SMALL, SMALL, I32, 0) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < n; k++)
    sum += table[(a[0] + k) & 15] * (k + 1);
  out[i] = sum + i;
}

KERNEL(signed_bytes, I8, I8, I32, 0) {
  EACH;
  GLOBAL const i8 *p = (GLOBAL const i8 *)a;
  GLOBAL const i16 *q = (GLOBAL const i16 *)b;
  out[i] = p[i * 8] + p[i * 8 + 1] * 3 + q[i * 4] * 5 + q[i * 4 + 1];
}

KERNEL(narrow_stores, I32, I32, I8, 0) {
  EACH;
  out[i * 8] = (u8)a[i];
  out[i * 8 + 1] = (u8)(a[i] >> 8);
  *(GLOBAL u16 *)&out[i * 8 + 2] = (u16)b[i];
  *(GLOBAL u16 *)&out[i * 8 + 4] = (u16)(b[i] >> 16);
}

NOINLINE i32 through_pointer(i32 *p, i32 by) {
  *p += by;
  return *p * 2;
}

// Generic pointers: the callee does not know that it is private memory.
KERNEL(generic_pointer, I32, I32, I32, 0) {
  EACH;
  i32 mine = a[i];
  i32 twice = through_pointer(&mine, b[i]);
  out[i] = twice ^ mine;
}

KERNEL(generic_to_global, I32, I32, I32, 0) {
  EACH;
  out[i] = a[i];
  i32 twice = through_pointer((i32 *)&out[i], b[i]);
  out[i * 1 + 0] += twice;
}

KERNEL(negative_offsets, I32, I32, I32, 0) {
  EACH;
  GLOBAL const i32 *end = a + n * 8;
  out[i] = end[-1 - i] + end[-8 * n + i];
}

KERNEL(volatile_accesses, I32, I32, I32, 0) {
  EACH;
  GLOBAL volatile i32 *p = out + i * 8;
  p[0] = a[i];
  p[1] = p[0] + b[i];
  p[2] = p[1] ^ p[0];
}

KERNEL(copy_block, I32, I32, I32, 0) {
  EACH;
  struct block { i32 words[8]; };
  ((GLOBAL struct block *)out)[i] = ((GLOBAL const struct block *)a)[n - 1 - i];
}

KERNEL(pairs_of_doubles, F64, F64, F64, 0) {
  EACH;
  f64x2 x = *(GLOBAL const f64x2 *)&a[i * 2], y = *(GLOBAL const f64x2 *)&b[i * 2];
  *(GLOBAL f64x2 *)&out[i * 2] = x.yx + y;
}

KERNEL(nontemporal, I32, I32, I32, 0) {
  EACH;
  i32 x = __builtin_nontemporal_load(&a[i]);
  __builtin_nontemporal_store(x + b[i], &out[i]);
}
