// Kernels of the C program: OpenCL C without its library, so that clang alone compiles them.

#define LOCAL_X __builtin_amdgcn_workitem_id_x()
#define GROUP_X __builtin_amdgcn_workgroup_id_x()
#define GROUP_Y __builtin_amdgcn_workgroup_id_y()

kernel void add(global const float *a, global const float *b, global float *c, int n) {
    int i = GROUP_X * 64 + LOCAL_X;
    if (i < n) c[i] = a[i] + b[i];
}

// One sum for each workgroup of 256 threads, by halves in LDS.
kernel void sum(global const float *x, global float *sums, int n) {
    local float part[256];
    int t = LOCAL_X, i = GROUP_X * 256 + t;
    part[t] = i < n ? x[i] : 0.0f;
    for (int step = 128; step > 0; step /= 2) {
        __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
        __builtin_amdgcn_s_barrier();
        __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
        if (t < step) part[t] += part[t + step];
    }
    if (t == 0) sums[GROUP_X] = part[0];
}

// Where each workgroup is in a grid of two axes.
kernel void place(global int *out, int width) {
    if (LOCAL_X == 0) out[GROUP_Y * width + GROUP_X] = 1000 * GROUP_Y + GROUP_X;
}

// Small arguments of several sizes, to see that each arrives in its place.
kernel void mixed(char a, short b, int c, long d, global long *out) {
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

// Counts with an atomic in memory that the host can see meanwhile.
kernel void count(global int *counter) {
    __opencl_atomic_fetch_add((global atomic_int *)counter, 1, __ATOMIC_RELAXED, __OPENCL_MEMORY_SCOPE_DEVICE);
}

// Writes one element past what it was given.
kernel void overrun(global int *out, int n) {
    if (LOCAL_X == 0) out[n] = 1;
}

// Uses a value of LDS that nobody wrote.
kernel void unwritten(global float *out) {
    local float part[64];
    if (LOCAL_X > 100) part[LOCAL_X] = 1.0f;
    __builtin_amdgcn_s_barrier();
    out[LOCAL_X] = part[LOCAL_X];
}

kernel void nothing(void) {}

// OpenCL hides its variables; these are to be found by name.
__attribute__((visibility("default"))) global int limit = 7;
__attribute__((visibility("default"))) constant int table[4] = {2, 3, 5, 7};

kernel void variables(global int *out) {
    if (LOCAL_X == 0) {
        out[0] = limit;
        limit = 11;
        out[1] = table[GROUP_X];
    }
}
