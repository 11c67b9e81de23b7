// One source for two machines: the chip, and a host that stands in for it.
//
// A kernel is `KERNEL(name, A, B, OUT, tolerance) { ... }`: it reads arrays `a` and `b`, writes `out`, and
// `n` is the number of work-items that have something to do. A, B and OUT are names of kinds (below); they
// tell the test what to fill the inputs with and how to compare the output. The tolerance is in units in
// the last place, or in millionths where OUT is NEAR. All arrays have eight elements for each work-item.
#ifndef KERNEL_H
#define KERNEL_H

typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long i64;
typedef unsigned long u64;
typedef float f32;
typedef double f64;
#ifdef __OPENCL_C_VERSION__
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half f16;
#else
typedef _Float16 f16;
#endif

#define VECTOR(type, count) __attribute__((ext_vector_type(count))) type
typedef VECTOR(i8, 4) i8x4;
typedef VECTOR(u8, 4) u8x4;
typedef VECTOR(i16, 2) i16x2;
typedef VECTOR(u16, 2) u16x2;
typedef VECTOR(i16, 16) i16x16;
typedef VECTOR(i32, 2) i32x2;
typedef VECTOR(i32, 3) i32x3;
typedef VECTOR(i32, 4) i32x4;
typedef VECTOR(i32, 8) i32x8;
typedef VECTOR(f16, 2) f16x2;
typedef VECTOR(f16, 16) f16x16;
typedef VECTOR(f32, 2) f32x2;
typedef VECTOR(f32, 4) f32x4;
typedef VECTOR(f32, 8) f32x8;
typedef VECTOR(f64, 2) f64x2;

// Kinds, and the type of an element of each.
typedef i32 of_I32;     // any integers, extremes included
typedef u32 of_U32;
typedef i64 of_I64;
typedef u64 of_U64;
typedef f32 of_F32;     // any singles: infinities, NaNs, denormals
typedef f32 of_TAME32;  // finite singles of ordinary size
typedef f32 of_UNIT32;  // singles in [-8, 8)
typedef f32 of_NEAR;    // an output that differs by at most so many millionths
typedef f64 of_F64;
typedef u16 of_F16;     // bits of halves
typedef u16 of_TAME16;
typedef u32 of_F16X2;   // pairs of halves
typedef u16 of_TAMEB16; // bits of brain floats of ordinary size
typedef u32 of_I8X4;
typedef u16 of_I16;
typedef u8 of_I8;
typedef i32 of_SMALL;   // integers in [0, 64)

#define BLOCK 64
#define NOINLINE __attribute__((noinline))

#ifdef __OPENCL_C_VERSION__

#define GLOBAL __global
#define CONSTANT __constant
#define TILE __local
#define KERNEL(name, A, B, OUT, tolerance)                                                          \
  __attribute__((reqd_work_group_size(64, 1, 1))) __kernel void name(                               \
      __global const of_##A *a, __global const of_##B *b, __global of_##OUT *out, int n)
#define LANE ((int)__builtin_amdgcn_workitem_id_x())
#define GROUP ((int)__builtin_amdgcn_workgroup_id_x())
#define barrier()                                                                                   \
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");                                            \
  __builtin_amdgcn_s_barrier();                                                                     \
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup")

#elif defined(__AMDGCN__)

#define GLOBAL __attribute__((address_space(1)))
#define LOCAL __attribute__((address_space(3)))
#define SHARED static LOCAL __attribute__((loader_uninitialized))
#define CONSTANT static const __attribute__((address_space(4)))
#define ENTRY __attribute__((amdgpu_kernel, amdgpu_flat_work_group_size(1, 64)))

#define KERNEL(name, A, B, OUT, tolerance)                                                          \
  ENTRY void name(GLOBAL const of_##A *a, GLOBAL const of_##B *b, GLOBAL of_##OUT *out, int n)

// The same with a structure as a last argument, aligned to 8 bytes.
#define KERNEL_WITH(name, A, B, OUT, tolerance, type)                                               \
  ENTRY void name(GLOBAL const of_##A *a, GLOBAL const of_##B *b, GLOBAL of_##OUT *out, int n,       \
                  type extra)

#define LANE ((int)__builtin_amdgcn_workitem_id_x())
#define GROUP ((int)__builtin_amdgcn_workgroup_id_x())

static inline void barrier(void) {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

#else
#include "host/shim.h"
#endif

#define INDEX (GROUP * BLOCK + LANE)

// The usual beginning: work-items beyond `n` leave.
#define EACH                                                                                        \
  int i = INDEX;                                                                                    \
  if (i >= n)                                                                                       \
    return

static inline f16 half_of(u16 bits) {
  union { u16 bits; f16 value; } u = {.bits = bits};
  return u.value;
}
static inline u16 bits_of_half(f16 value) {
  union { f16 value; u16 bits; } u = {.value = value};
  return u.bits;
}
static inline f16x2 halves_of(u32 bits) {
  union { u32 bits; f16x2 value; } u = {.bits = bits};
  return u.value;
}
static inline u32 bits_of_halves(f16x2 value) {
  union { f16x2 value; u32 bits; } u = {.value = value};
  return u.bits;
}
static inline f32 float_of(u32 bits) {
  union { u32 bits; f32 value; } u = {.bits = bits};
  return u.value;
}
static inline u32 bits_of(f32 value) {
  union { f32 value; u32 bits; } u = {.value = value};
  return u.bits;
}
static inline f64 double_of(u64 bits) {
  union { u64 bits; f64 value; } u = {.bits = bits};
  return u.value;
}

#endif
