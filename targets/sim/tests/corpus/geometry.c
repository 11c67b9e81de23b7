// Where a work-item is, in three dimensions, and LDS whose size the launch decides. The test computes itself
// what these write.
#include "kernel.h"

// Offsets in the hidden arguments of code object version 5.
#define COUNTS 0
#define SIZES 12

ENTRY void places_in_three_dimensions(GLOBAL u32 *out) {
  GLOBAL const u8 *hidden = (GLOBAL const u8 *)__builtin_amdgcn_implicitarg_ptr();
  GLOBAL const u32 *counts = (GLOBAL const u32 *)(hidden + COUNTS);
  GLOBAL const u16 *sizes = (GLOBAL const u16 *)(hidden + SIZES);
  u32 x = __builtin_amdgcn_workitem_id_x(), y = __builtin_amdgcn_workitem_id_y(),
      z = __builtin_amdgcn_workitem_id_z();
  u32 gx = __builtin_amdgcn_workgroup_id_x(), gy = __builtin_amdgcn_workgroup_id_y(),
      gz = __builtin_amdgcn_workgroup_id_z();
  u32 item = x + sizes[0] * (y + sizes[1] * z);
  u32 group = gx + counts[0] * (gy + counts[1] * gz);
  u32 index = group * sizes[0] * sizes[1] * sizes[2] + item;
  out[index * 4] = x | y << 8 | z << 16;
  out[index * 4 + 1] = gx | gy << 8 | gz << 16;
  out[index * 4 + 2] = sizes[0] | sizes[1] << 8 | sizes[2] << 16;
  out[index * 4 + 3] = (u32)__builtin_popcount(__builtin_amdgcn_ballot_w32(1));
}

extern LOCAL u32 dynamic[];

ENTRY void reversed_through_dynamic_lds(GLOBAL u32 *out) {
  u32 lane = __builtin_amdgcn_workitem_id_x(), size = __builtin_amdgcn_workgroup_size_x();
  dynamic[lane] = out[lane];
  barrier();
  out[lane] = dynamic[size - 1 - lane];
}
