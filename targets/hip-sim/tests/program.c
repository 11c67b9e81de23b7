// A program that knows HIP's module API and nothing else: it declares what it needs itself, loads the library
// by its path and a code object by its path, and ends with 1 if a check failed.
//
//   program LIBRARY OBJECT [fault]
//
// With `fault` the checks are those of kernels that do wrong.

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int hipError;
typedef void *handle;
typedef struct { unsigned x, y, z; } dim3;
typedef struct { dim3 block; void **extra; handle function; dim3 grid; void **parameters; unsigned lds; } kernel_node;
typedef struct { void *to; unsigned element_size; size_t height, pitch; unsigned value; size_t width; } memset_node;

enum { SUCCESS, INVALID_VALUE = 1, INVALID_CONFIGURATION = 9, INVALID_DEVICE = 101, INVALID_IMAGE = 200, NO_BINARY = 209,
       FILE_NOT_FOUND = 301, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, NOT_REGISTERED = 713,
       LAUNCH_FAILURE = 719, NOT_SUPPORTED = 801, CAPTURE_UNSUPPORTED = 900 };
enum { HOST_TO_DEVICE = 1, DEVICE_TO_HOST = 2, DEVICE_TO_DEVICE = 3, DEFAULT = 4 };

static void *library;
static const char *object;
static int failures;

static void *find(const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        printf("the library has no %s\n", name);
        exit(100);
    }
    return found;
}

// Ends the program where it cannot go on.
static void need(hipError code, const char *what, int line) {
    if (code == SUCCESS) return;
    printf("line %d: %s gave error %d\n", line, what, code);
    exit(1);
}
#define NEED(call) need((call), #call, __LINE__)

// A call of a function by its name; the compiler converts no argument, so each has its exact type.
#define CALL(name, types) ((hipError(*) types)find(#name))

static void expect(hipError found, hipError expected, const char *what, int line) {
    if (found == expected) return;
    const char *(*name)(hipError) = (const char *(*)(hipError))find("hipGetErrorName");
    printf("line %d: %s gave %s, not %s\n", line, what, name(found), name(expected));
    failures++;
}
#define GIVES(code, call) expect((call), (code), #call, __LINE__)
#define OK(call) GIVES(SUCCESS, call)
#define HOLDS(condition) \
    do { if (!(condition)) { printf("line %d: %s does not hold\n", __LINE__, #condition); failures++; } } while (0)

static hipError allocate(void *to, size_t bytes) { return CALL(hipMalloc, (void *, size_t))(to, bytes); }
static hipError release(void *at) { return CALL(hipFree, (void *))(at); }
static hipError copy(void *to, const void *from, size_t bytes, int kind) {
    return CALL(hipMemcpy, (void *, const void *, size_t, int))(to, from, bytes, kind);
}
static hipError synchronize(void) { return CALL(hipDeviceSynchronize, (void))(); }
static handle load(void) {
    handle module = NULL;
    OK(CALL(hipModuleLoad, (handle *, const char *))(&module, object));
    return module;
}
static handle function(handle module, const char *name) {
    handle found = NULL;
    OK(CALL(hipModuleGetFunction, (handle *, handle, const char *))(&found, module, name));
    return found;
}
static hipError launch(handle kernel, unsigned groups, unsigned threads, handle stream, void **parameters) {
    return CALL(hipModuleLaunchKernel, (handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                        handle, void **, void **))(kernel, groups, 1, 1, threads, 1, 1, 0, stream,
                                                                   parameters, NULL);
}

static void device(void) {
    int count = 0, value = 0;
    OK(CALL(hipInit, (unsigned))(0));
    OK(CALL(hipGetDeviceCount, (int *))(&count));
    HOLDS(count == 1);
    OK(CALL(hipSetDevice, (int))(0));
    GIVES(INVALID_DEVICE, CALL(hipSetDevice, (int))(1));
    OK(CALL(hipDeviceGetAttribute, (int *, int, int))(&value, 63, 0));
    HOLDS(value == 20);
    OK(CALL(hipDeviceGetAttribute, (int *, int, int))(&value, 87, 0));
    HOLDS(value == 32);
    GIVES(INVALID_VALUE, CALL(hipDeviceGetAttribute, (int *, int, int))(&value, 99999, 0));
    // The fields of hipDeviceProp_tR0600 that are looked at, by their offsets.
    static char properties[1472];
    OK(CALL(hipGetDevicePropertiesR0600, (void *, int))(properties, 0));
    HOLDS(strcmp(properties + 1160, "gfx1151") == 0);
    HOLDS(*(int *)(properties + 388) == 20 && *(int *)(properties + 308) == 32);
    static char old[792];
    OK(CALL(hipGetDeviceProperties, (void *, int))(old, 0));
    HOLDS(strcmp(old + 396, "gfx1151") == 0 && *(int *)(old + 336) == 20);
    char name[64];
    OK(CALL(hipDeviceGetName, (char *, int, int))(name, sizeof name, 0));
    HOLDS(strlen(name) > 0);
    size_t free = 0, total = 0;
    OK(CALL(hipMemGetInfo, (size_t *, size_t *))(&free, &total));
    HOLDS(free > 0 && free <= total);
    const char *(*text)(hipError) = (const char *(*)(hipError))find("hipGetErrorString");
    HOLDS(strlen(text(ILLEGAL_ADDRESS)) > 0);
}

static void last_error(void) {
    CALL(hipGetLastError, (void))();
    GIVES(INVALID_DEVICE, CALL(hipSetDevice, (int))(9));
    GIVES(INVALID_DEVICE, CALL(hipPeekAtLastError, (void))());
    GIVES(INVALID_DEVICE, CALL(hipGetLastError, (void))());
    OK(CALL(hipGetLastError, (void))());
}

static void memory(void) {
    char *a, *b, host[256], back[256];
    for (int i = 0; i < 256; i++) host[i] = (char)i;
    NEED(allocate(&a, 256));
    NEED(allocate(&b, 256));
    OK(copy(a, host, 256, HOST_TO_DEVICE));
    OK(copy(b, a, 256, DEVICE_TO_DEVICE));
    OK(copy(back, b, 256, DEVICE_TO_HOST));
    HOLDS(memcmp(host, back, 256) == 0);
    OK(CALL(hipMemsetD16, (void *, unsigned short, size_t))(b + 8, 0x1234, 4));
    OK(copy(back, b, 256, DEFAULT));
    HOLDS(back[7] == 7 && back[8] == 0x34 && back[15] == 0x12 && back[16] == 16);
    OK(CALL(hipMemset, (void *, int, size_t))(a, 5, 256));
    HOLDS(a[0] == 5 && a[255] == 5);
    GIVES(INVALID_VALUE, copy(a, host, 257, HOST_TO_DEVICE));
    GIVES(17, copy(host, back, 16, HOST_TO_DEVICE));
    GIVES(INVALID_VALUE, CALL(hipMemset, (void *, int, size_t))(a + 1, 0, 256));
    OK(release(a));
    GIVES(INVALID_VALUE, release(a));
    OK(release(b));
    OK(release(NULL));
    GIVES(2, allocate(&a, (size_t)1 << 50));
    void *pinned, *seen;
    NEED(CALL(hipHostMalloc, (void *, size_t, unsigned))(&pinned, 64, 0));
    OK(CALL(hipHostGetDevicePointer, (void **, void *, unsigned))(&seen, pinned, 0));
    HOLDS(seen == pinned);
    OK(CALL(hipHostFree, (void *))(pinned));
    GIVES(NOT_REGISTERED, CALL(hipHostUnregister, (void *))(host));
}

static void modules(void) {
    handle module = load(), found;
    GIVES(NOT_FOUND, CALL(hipModuleGetFunction, (handle *, handle, const char *))(&found, module, "absent"));
    GIVES(FILE_NOT_FOUND, CALL(hipModuleLoad, (handle *, const char *))(&found, "no/such/file"));
    static const char junk[64] = "this is no code object";
    GIVES(INVALID_IMAGE, CALL(hipModuleLoadData, (handle *, const void *))(&found, junk));
    handle add = function(module, "add");
    int value = 0;
    OK(CALL(hipFuncGetAttribute, (int *, int, handle))(&value, 1, function(module, "sum")));
    HOLDS(value == 1024);
    OK(CALL(hipModuleOccupancyMaxActiveBlocksPerMultiprocessor, (int *, handle, int, size_t))(&value, add, 256, 0));
    HOLDS(value == 8);
    OK(CALL(hipModuleUnload, (handle))(module));
    GIVES(INVALID_HANDLE, CALL(hipModuleUnload, (handle))(module));
    GIVES(INVALID_HANDLE, launch(add, 1, 64, NULL, NULL));
    // The same object from memory.
    FILE *file = fopen(object, "rb");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    char *image = malloc((size_t)size);
    rewind(file);
    HOLDS(fread(image, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    OK(CALL(hipModuleLoadData, (handle *, const void *))(&module, image));
    free(image);
    function(module, "add");
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void vectors(void) {
    enum { N = 1000 };
    handle module = load(), add = function(module, "add");
    float *a, *b, *c, host[N];
    int n = N;
    NEED(allocate(&a, sizeof host));
    NEED(allocate(&b, sizeof host));
    NEED(allocate(&c, sizeof host));
    for (int i = 0; i < N; i++) a[i] = (float)i, b[i] = 0.5f;
    void *parameters[] = {&a, &b, &c, &n};
    OK(launch(add, (N + 63) / 64, 64, NULL, parameters));
    OK(synchronize());
    OK(copy(host, c, sizeof host, DEVICE_TO_HOST));
    int wrong = 0;
    for (int i = 0; i < N; i++) wrong += host[i] != (float)i + 0.5f;
    HOLDS(wrong == 0);
    // The same through one block of arguments.
    struct { float *a, *b, *c; int n; } block = {a, a, c, N};
    size_t size = 28;
    void *extra[] = {(void *)1, &block, (void *)2, &size, (void *)3};
    OK(CALL(hipModuleLaunchKernel, (handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                    handle, void **, void **))(add, 16, 1, 1, 64, 1, 1, 0, NULL, NULL, extra));
    for (int i = 0; i < N; i++) wrong += c[i] != 2.0f * (float)i;
    HOLDS(wrong == 0);
    GIVES(INVALID_CONFIGURATION, launch(add, 0, 64, NULL, parameters));
    GIVES(INVALID_CONFIGURATION, launch(add, 1, 2048, NULL, parameters));
    GIVES(INVALID_VALUE, launch(add, 1, 64, NULL, NULL));
    GIVES(INVALID_HANDLE, launch(add, 1, 64, (handle)0x55550, parameters));
    OK(launch(function(module, "nothing"), 1, 1, NULL, NULL));
    OK(release(a));
    OK(release(b));
    OK(release(c));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void sums(void) {
    enum { N = 5 * 256 - 56 };
    handle module = load(), sum = function(module, "sum");
    float *x, *parts;
    int n = N;
    NEED(CALL(hipMallocManaged, (void *, size_t, unsigned))(&x, N * sizeof *x, 1));
    NEED(CALL(hipMallocManaged, (void *, size_t, unsigned))(&parts, 5 * sizeof *parts, 1));
    for (int i = 0; i < N; i++) x[i] = (float)(i % 7);
    void *parameters[] = {&x, &parts, &n};
    OK(launch(sum, 5, 256, NULL, parameters));
    OK(synchronize());
    for (int group = 0; group < 5; group++) {
        float expected = 0;
        for (int i = 256 * group; i < 256 * (group + 1) && i < N; i++) expected += (float)(i % 7);
        HOLDS(parts[group] == expected);
    }
    OK(release(x));
    OK(release(parts));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void arguments(void) {
    handle module = load();
    long *out;
    NEED(allocate(&out, 64));
    char a = -1;
    short b = -2;
    int c = -3;
    long d = -4;
    void *parameters[] = {&a, &b, &c, &d, &out};
    OK(launch(function(module, "mixed"), 1, 1, NULL, parameters));
    HOLDS(out[0] == -1 && out[1] == -2 && out[2] == -3 && out[3] == -4);
    OK(release(out));
    int *places, width = 3;
    NEED(allocate(&places, 6 * sizeof *places));
    void *of_place[] = {&places, &width};
    OK(CALL(hipModuleLaunchKernel, (handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                    handle, void **, void **))(function(module, "place"), 3, 2, 1, 32, 1, 1, 0, NULL,
                                                               of_place, NULL));
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 3; x++) HOLDS(places[y * 3 + x] == 1000 * y + x);
    OK(release(places));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void registered(void) {
    handle module = load(), count = function(module, "count");
    static int counters[3];
    int *counter = &counters[1];
    OK(CALL(hipHostRegister, (void *, size_t, unsigned))(counter, sizeof *counter, 0));
    void *parameters[] = {&counter};
    OK(launch(count, 10, 96, NULL, parameters));
    OK(synchronize());
    HOLDS(counters[0] == 0 && counters[1] == 960 && counters[2] == 0);
    OK(CALL(hipHostUnregister, (void *))(counter));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void globals(void) {
    handle module = load();
    int *limit = NULL, *out, host = 5;
    size_t bytes = 0;
    OK(CALL(hipModuleGetGlobal, (void *, size_t *, handle, const char *))(&limit, &bytes, module, "limit"));
    HOLDS(bytes == 4);
    OK(copy(&host, limit, 4, DEVICE_TO_HOST));
    HOLDS(host == 7);
    host = 9;
    OK(copy(limit, &host, 4, HOST_TO_DEVICE));
    NEED(allocate(&out, 8));
    void *parameters[] = {&out};
    OK(launch(function(module, "variables"), 1, 32, NULL, parameters));
    HOLDS(out[0] == 9 && out[1] == 2);
    OK(copy(&host, limit, 4, DEVICE_TO_HOST));
    HOLDS(host == 11);
    GIVES(NOT_FOUND, CALL(hipModuleGetGlobal, (void *, size_t *, handle, const char *))(&limit, &bytes, module, "none"));
    OK(release(out));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void streams(void) {
    handle module = load(), add = function(module, "add"), stream, start, stop, silent;
    float *a, ms = -1;
    int n = 64;
    NEED(allocate(&a, 256));
    OK(CALL(hipMemsetD32, (void *, int, size_t))(a, 0x3f800000, 64));
    OK(CALL(hipStreamCreateWithFlags, (handle *, unsigned))(&stream, 1));
    OK(CALL(hipEventCreate, (handle *))(&start));
    OK(CALL(hipEventCreate, (handle *))(&stop));
    OK(CALL(hipEventCreateWithFlags, (handle *, unsigned))(&silent, 2));
    GIVES(INVALID_HANDLE, CALL(hipEventElapsedTime, (float *, handle, handle))(&ms, start, stop));
    void *parameters[] = {&a, &a, &a, &n};
    OK(CALL(hipEventRecord, (handle, handle))(start, stream));
    OK(launch(add, 1, 64, stream, parameters));
    OK(CALL(hipEventRecord, (handle, handle))(stop, stream));
    OK(CALL(hipEventSynchronize, (handle))(stop));
    OK(CALL(hipEventQuery, (handle))(stop));
    OK(CALL(hipEventElapsedTime, (float *, handle, handle))(&ms, start, stop));
    HOLDS(ms > 0 && ms < 10);
    HOLDS(a[0] == 2.0f && a[63] == 2.0f);
    OK(CALL(hipEventRecord, (handle, handle))(silent, stream));
    GIVES(INVALID_HANDLE, CALL(hipEventElapsedTime, (float *, handle, handle))(&ms, start, silent));
    OK(CALL(hipStreamWaitEvent, (handle, handle, unsigned))(NULL, stop, 0));
    OK(CALL(hipStreamSynchronize, (handle))(stream));
    OK(CALL(hipStreamQuery, (handle))(stream));
    OK(CALL(hipEventDestroy, (handle))(start));
    OK(CALL(hipEventDestroy, (handle))(stop));
    OK(CALL(hipEventDestroy, (handle))(silent));
    OK(CALL(hipStreamDestroy, (handle))(stream));
    GIVES(INVALID_HANDLE, CALL(hipStreamSynchronize, (handle))(stream));
    OK(release(a));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void graphs(void) {
    handle module = load(), add = function(module, "add"), stream, graph, run;
    float *a, *b, host[64];
    int n = 64;
    NEED(allocate(&a, 256));
    NEED(allocate(&b, 256));
    OK(CALL(hipStreamCreate, (handle *))(&stream));
    OK(CALL(hipStreamBeginCapture, (handle, int))(stream, 0));
    void *parameters[] = {&a, &b, &a, &n};
    OK(CALL(hipMemsetD32Async, (void *, int, size_t, handle))(b, 0x3f800000, 64, stream));
    OK(launch(add, 1, 64, stream, parameters));
    GIVES(CAPTURE_UNSUPPORTED, synchronize());
    HOLDS(a[0] == 0.0f);
    OK(CALL(hipStreamEndCapture, (handle, handle *))(stream, &graph));
    size_t nodes = 0;
    OK(CALL(hipGraphGetNodes, (handle, handle *, size_t *))(graph, NULL, &nodes));
    HOLDS(nodes == 2);
    OK(CALL(hipGraphInstantiate, (handle *, handle, handle *, char *, size_t))(&run, graph, NULL, NULL, 0));
    OK(CALL(hipGraphDestroy, (handle))(graph));
    for (int i = 0; i < 3; i++) OK(CALL(hipGraphLaunch, (handle, handle))(run, stream));
    OK(CALL(hipStreamSynchronize, (handle))(stream));
    HOLDS(a[0] == 3.0f && a[63] == 3.0f);
    OK(CALL(hipGraphExecDestroy, (handle))(run));
    // The same kind of graph, node by node.
    OK(CALL(hipGraphCreate, (handle *, unsigned))(&graph, 0));
    handle first, second, third;
    memset_node zero = {a, 4, 1, 0, 0, 64};
    OK(CALL(hipGraphAddMemsetNode, (handle *, handle, handle *, size_t, memset_node *))(&first, graph, NULL, 0, &zero));
    kernel_node node = {{64, 1, 1}, NULL, add, {1, 1, 1}, parameters, 0};
    OK(CALL(hipGraphAddKernelNode, (handle *, handle, handle *, size_t, kernel_node *))(&second, graph, &first, 1, &node));
    OK(CALL(hipGraphAddMemcpyNode1D, (handle *, handle, handle *, size_t, void *, void *, size_t, int))(
        &third, graph, &second, 1, host, a, 256, DEVICE_TO_HOST));
    OK(CALL(hipGraphInstantiateWithFlags, (handle *, handle, unsigned long))(&run, graph, 0));
    OK(CALL(hipGraphLaunch, (handle, handle))(run, NULL));
    HOLDS(host[0] == 1.0f && host[63] == 1.0f);
    OK(CALL(hipGraphExecDestroy, (handle))(run));
    OK(CALL(hipGraphDestroy, (handle))(graph));
    OK(CALL(hipStreamDestroy, (handle))(stream));
    OK(release(a));
    OK(release(b));
    OK(CALL(hipModuleUnload, (handle))(module));
}

static void unsupported(void) {
    GIVES(NOT_SUPPORTED, CALL(hipMalloc3D, (void *, ...))(NULL, 0));
    GIVES(NOT_SUPPORTED, CALL(hipTexRefSetFormat, (void *, ...))(NULL, 0));
    GIVES(NOT_SUPPORTED, CALL(hipIpcGetMemHandle, (void *, ...))(NULL, 0));
}

// A kernel that writes past its buffer: the device is out of order until it is reset.
static void faults(void) {
    handle module = load();
    int *out, n = 16;
    NEED(allocate(&out, 64));
    void *parameters[] = {&out, &n};
    GIVES(ILLEGAL_ADDRESS, launch(function(module, "overrun"), 1, 32, NULL, parameters));
    GIVES(ILLEGAL_ADDRESS, synchronize());
    GIVES(ILLEGAL_ADDRESS, CALL(hipGetLastError, (void))());
    GIVES(ILLEGAL_ADDRESS, CALL(hipGetLastError, (void))());
    GIVES(ILLEGAL_ADDRESS, launch(function(module, "nothing"), 1, 32, NULL, NULL));
    OK(CALL(hipDeviceReset, (void))());
    OK(synchronize());
    GIVES(INVALID_VALUE, release(out));
}

// A kernel that only works by luck: the sanitizer objects, unless it is switched off.
static void luck(hipError expected) {
    handle module = load();
    float *out;
    NEED(allocate(&out, 256));
    void *parameters[] = {&out};
    GIVES(expected, launch(function(module, "unwritten"), 1, 64, NULL, parameters));
    GIVES(expected, synchronize());
    OK(CALL(hipDeviceReset, (void))());
}

int main(int count, char **values) {
    library = dlopen(values[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        printf("%s\n", dlerror());
        return 100;
    }
    object = values[2];
    if (count > 3) {
        const char *strict = getenv("KILN_SIM_STRICT");
        faults();
        luck(strict && strcmp(strict, "0") == 0 ? SUCCESS : LAUNCH_FAILURE);
        return failures > 0;
    }
    device();
    if (failures > 0) return 1;
    void (*all[])(void) = {last_error, memory, modules, vectors, sums, arguments,
                           registered, globals, streams, graphs, unsupported};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) all[i]();
    return failures > 0;
}
