// The kernels of kernels.c for a GPU, 32 threads to a workgroup, without OpenCL's library.

#define LANE __builtin_amdgcn_workitem_id_x()
#define X __builtin_amdgcn_workgroup_id_x()
#define Y __builtin_amdgcn_workgroup_id_y()
#define Z __builtin_amdgcn_workgroup_id_z()

// Counts the calls of every workgroup.
kernel void visit(global atomic_uint *out, uint width, uint height) {
    if (LANE == 0)
        __opencl_atomic_fetch_add(&out[(Z * height + Y) * width + X], 1, __ATOMIC_RELAXED, __OPENCL_MEMORY_SCOPE_DEVICE);
}

// Fills local memory with its own number, dawdles, and counts what others overwrote.
kernel void privacy(global uint *out, uint words, uint turns) {
    local volatile uint mine[512];
    uint wrong = 0;
    for (uint i = LANE; i < words; i += 32) mine[i] = X;
    for (uint t = 0; t < turns; t++)
        for (uint i = LANE; i < words; i += 32) wrong += mine[i] != X;
    for (uint step = 16; step > 0; step /= 2) wrong += __builtin_amdgcn_ds_bpermute(4 * (LANE ^ step), wrong);
    if (LANE == 0) out[X] = wrong + 1;
}

// Sixteen products for each workgroup.
kernel void scale(global const float *x, global float *y, uint n, float factor) {
    uint i = X * 16 + LANE;
    if (LANE < 16 && i < n) y[i] = x[i] * factor;
}

// Writes one byte before or after its buffer.
kernel void poke(global uchar *out, int at) {
    if (LANE == 0) out[at] = 1;
}

kernel void nothing(void) {}

// Writes where nothing is allocated.
kernel void stray(global uint *out) {
    if (LANE == 0) *(global uint *)((ulong)out + (1ul << 44)) = 1;
}
