// Structures as arguments.
#include "short.h"

struct __attribute__((aligned(8))) mixed {
  i8 byte;
  i16 half;
  i32 word;
  i64 wide;
  u8 bytes[5];
  u16 halves[3];
  u32 words[4];
};

KERNEL_WITH(structure_argument, I32, I32, I64, 0, struct mixed) {
  EACH;
  i64 sum = a[i] + extra.byte + extra.half * 3 + (i64)extra.word * 5 + extra.wide;
  for (int k = 0; k < 5; k++)
    sum = sum * 7 + extra.bytes[k];
  for (int k = 0; k < 3; k++)
    sum = sum * 11 + extra.halves[k];
  for (int k = 0; k < 4; k++)
    sum = sum * 13 + extra.words[k];
  out[i] = sum;
}

struct __attribute__((aligned(8))) indexed { i32 values[16]; };

KERNEL_WITH(indexed_argument, SMALL, I32, I32, 0, struct indexed) {
  EACH;
  out[i] = extra.values[a[i] & 15] + b[i];
}

struct __attribute__((aligned(8))) small_parts { u8 parts[16]; };

KERNEL_WITH(bytes_as_argument, I32, I32, I32, 0, struct small_parts) {
  EACH;
  i32 sum = 0;
  for (int k = 0; k < 16; k++)
    sum += extra.parts[k] << (k & 7);
  out[i] = sum ^ a[i];
}

NOINLINE i64 consume(struct mixed m, i32 x) { return m.wide + m.words[x & 3] - m.half; }

KERNEL_WITH(argument_passed_on, I32, I32, I64, 0, struct mixed) {
  EACH;
  out[i] = consume(extra, a[i]) + b[i];
}

// Where a work-item is: what the launch tells and what hidden arguments tell.
KERNEL(places, I32, I32, I32, 0) {
  EACH;
  out[i] = LANE + GROUP * 1000 + (i32)__builtin_amdgcn_workgroup_size_x() * 100000;
}
