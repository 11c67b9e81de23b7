// Kernels for the tests of launches, compiled as OpenCL C with clang's builtins.

typedef unsigned int uint;
#define ITEM(axis) __builtin_amdgcn_workitem_id_##axis()
#define SIZE(axis) __builtin_amdgcn_workgroup_size_##axis()
#define GLOBAL(axis) (__builtin_amdgcn_workgroup_id_##axis() * SIZE(axis) + ITEM(axis))

kernel void places(global uint *out, uint number) {
    uint x = GLOBAL(x), y = GLOBAL(y), z = GLOBAL(z);
    uint width = __builtin_amdgcn_grid_size_x(), height = __builtin_amdgcn_grid_size_y();
    out[(z * height + y) * width + x] = number | x | y << 4 | z << 8 | (uint)SIZE(x) << 12 |
                                        (uint)SIZE(z) << 16 | width << 20;
}

kernel void fill(global uint *out, uint number) {
    out[GLOBAL(x)] = number;
}

kernel void reverse(global uint *out, uint number) {
    local uint shared[256];
    uint i = ITEM(x);
    shared[i] = number + i;
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
    out[i] = shared[SIZE(x) - 1 - i];
}

kernel void relay(global volatile uint *out, uint number) {
    // The first wave waits for the second, which runs after it.
    if (ITEM(x) == 0) {
        while (out[0] == number) {
        }
        out[1] = 7;
    } else if (ITEM(x) == 32) {
        out[0] = 1;
    }
}

kernel void count(global uint *out, uint number) {
    __scoped_atomic_fetch_add(out, number, __ATOMIC_RELAXED, __MEMORY_SCOPE_DEVICE);
}

__attribute__((noinline)) void sort(uint *numbers, uint count) {
    for (uint i = 1; i < count; i++)
        for (uint k = i; k > 0 && numbers[k - 1] > numbers[k]; k--) {
            uint other = numbers[k];
            numbers[k] = numbers[k - 1];
            numbers[k - 1] = other;
        }
}

kernel void private_array(global uint *out, uint number) {
    uint numbers[7], i = GLOBAL(x);
    for (uint k = 0; k < 7; k++)
        numbers[k] = (i * 37 + k * 11) % 101;
    sort(numbers, 7);
    out[i] = numbers[number];
}

kernel void endless(global volatile uint *out, uint number) {
    while (number)
        number |= out[0] | 1;
}
