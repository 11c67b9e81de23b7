// Private memory: arrays that are indexed, and more live values than registers.
#include "short.h"

KERNEL(private_array, I32, SMALL, I32, 0) {
  EACH;
  i32 values[8];
  for (int k = 0; k < 8; k++)
    values[k] = a[i * 8 + k];
  i32 sum = 0;
  for (int k = 0; k < 8; k++)
    sum = sum * 3 + values[(b[i * 8 + k] + k) & 7];
  out[i] = sum;
}

KERNEL(private_sort, I32, I32, I32, 0) {
  EACH;
  i32 values[8];
  for (int k = 0; k < 8; k++)
    values[k] = a[i * 8 + k];
  for (int k = 1; k < 8; k++) {
    i32 x = values[k], j = k - 1;
    while (j >= 0 && values[j] > x) {
      values[j + 1] = values[j];
      j--;
    }
    values[j + 1] = x;
  }
  for (int k = 0; k < 8; k++)
    out[i * 8 + k] = values[k];
}

KERNEL(private_histogram, I8, I8, I32, 0) {
  EACH;
  u8 counts[32];
  for (int k = 0; k < 32; k++)
    counts[k] = (u8)k;
  for (int k = 0; k < 8; k++)
    counts[a[i * 8 + k] & 31] += b[i * 8 + k];
  i32 sum = 0;
  for (int k = 0; k < 32; k++)
    sum = sum * 31 + counts[k];
  out[i] = sum;
}

KERNEL(private_doubles, F32, SMALL, F64, 0) {
  EACH;
  f64 values[4] = {1.0, 2.0, 3.0, 4.0};
  values[b[i] & 3] = (f64)a[i];
  values[b[i] >> 2 & 3] += 0.5;
  out[i] = values[0] + values[1] + values[2] + values[3];
}

KERNEL(private_shorts, I16, SMALL, I16, 0) {
  EACH;
  u16 values[12];
  for (int k = 0; k < 12; k++)
    values[k] = (u16)(a[i] + k * 257);
  values[b[i] % 12] ^= 0x1111;
  u16 sum = 0;
  for (int k = 0; k < 12; k++)
    sum = (u16)(sum * 7 + values[(k * 5 + b[i]) % 12]);
  out[i] = sum;
}

KERNEL(private_matrix, SMALL, SMALL, I32, 0) {
  EACH;
  i32 m[4][4], t[4][4];
  for (int r = 0; r < 4; r++)
    for (int c = 0; c < 4; c++)
      m[r][c] = a[(i * 8 + r * 4 + c) % (n * 8)] + r - c;
  for (int r = 0; r < 4; r++)
    for (int c = 0; c < 4; c++)
      t[c][r] = m[r][c] * m[c][r] + m[b[i] & 3][c];
  i32 sum = 0;
  for (int r = 0; r < 4; r++)
    for (int c = 0; c < 4; c++)
      sum += t[r][(c + a[i]) & 3] * (r + 1);
  out[i] = sum;
}

KERNEL(large_array, SMALL, SMALL, I32, 0) {
  EACH;
  i32 values[200];
  for (int k = 0; k < 200; k++)
    values[k] = k * a[i] + b[i];
  i32 at = a[i], sum = 0;
  for (int k = 0; k < 20; k++) {
    sum += values[at];
    at = (at * 7 + values[at]) % 200;
    at = at < 0 ? 0 : at;
  }
  out[i] = sum;
}

// Few registers and many values that live through a call: they go to memory and back.
NOINLINE i32 opaque(i32 x) { return x * 31 ^ x >> 3; }

#define VALUES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
  X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)      \
  X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47)

KERNEL(many_live_values, I32, I32, I32, 0) {
  EACH;
#define LOAD(k) i32 v##k = a[(i + k) % n] * (k + 1);
  VALUES(LOAD)
  i32 middle = opaque(v0) + opaque(v17);
#define USE(k) middle = middle * 3 + v##k;
  VALUES(USE)
  out[i] = middle;
}

#ifdef __AMDGCN__
#define FEW_REGISTERS __attribute__((amdgpu_num_vgpr(24)))
#else
#define FEW_REGISTERS
#endif

FEW_REGISTERS KERNEL(few_registers, I32, I32, I32, 0) {
  EACH;
#define LOAD2(k) i32 v##k = a[(i * 7 + k * 3) % n] ^ b[(i + k) % n];
  VALUES(LOAD2)
  i32 sum = 0;
  for (int round = 0; round < 3; round++) {
#define MIX(k) v##k = v##k * 5 + sum; sum ^= v##k >> 1;
    VALUES(MIX)
  }
  out[i] = sum;
}

#ifdef __AMDGCN__
#define FEW_SCALARS __attribute__((amdgpu_num_sgpr(32)))
#else
#define FEW_SCALARS
#endif

FEW_SCALARS KERNEL(few_scalars, I32, I32, I32, 0) {
  EACH;
#define LOAD3(k) i32 v##k = a[k % (n * 8)];
  VALUES(LOAD3)
  i32 sum = n;
  for (int round = 0; round < 2; round++) {
    sum += opaque(b[i] + round);
#define MIX2(k) sum = sum * 3 + v##k;
    VALUES(MIX2)
  }
  out[i] = sum;
}

struct pair { f32 x; i64 y; };
NOINLINE struct pair swap_parts(struct pair p, i64 by) {
  struct pair q = {(f32)(i32)(p.y & 1023), by + (i64)p.x};
  return q;
}

KERNEL(returned_structures, SMALL, SMALL, I64, 0) {
  EACH;
  struct pair p = {(f32)a[i], b[i]};
  for (int k = 0; k < 3; k++)
    p = swap_parts(p, k);
  out[i] = p.y * 1000 + (i64)p.x;
}
