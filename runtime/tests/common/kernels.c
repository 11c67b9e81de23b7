// Kernels in the form in which the compiler emits them for the host.

typedef unsigned char u8;
typedef unsigned int u32;

// Counts the calls of every workgroup.
typedef struct { u32 *out; u32 width; u32 height; } Plane;
void visit(const u8 *args, u8 *scratch, u32 x, u32 y, u32 z) {
    const Plane *plane = (const Plane *)args;
    __atomic_fetch_add(&plane->out[(z * plane->height + y) * plane->width + x], 1, __ATOMIC_RELAXED);
}

// Fills scratch memory with its own number, dawdles, and counts what others overwrote.
typedef struct { u32 *out; u32 words; u32 turns; } Private;
void privacy(const u8 *args, u8 *scratch, u32 x, u32 y, u32 z) {
    const Private *p = (const Private *)args;
    volatile u32 *mine = (volatile u32 *)scratch;
    u32 wrong = ((unsigned long)scratch & 63) != 0;
    for (u32 i = 0; i < p->words; i++) mine[i] = x;
    for (u32 t = 0; t < p->turns; t++)
        for (u32 i = 0; i < p->words; i++) wrong += mine[i] != x;
    p->out[x] = wrong + 1;
}

// Sixteen products for each workgroup.
typedef struct { const float *x; float *y; u32 n; float scale; } Scale;
void scale(const u8 *args, u8 *scratch, u32 x, u32 y, u32 z) {
    const Scale *s = (const Scale *)args;
    u32 end = (x + 1) * 16 < s->n ? (x + 1) * 16 : s->n;
    for (u32 i = x * 16; i < end; i++) s->y[i] = s->x[i] * s->scale;
}

// Writes one byte before or after its buffer.
typedef struct { u8 *out; int at; } Poke;
void poke(const u8 *args, u8 *scratch, u32 x, u32 y, u32 z) {
    const Poke *p = (const Poke *)args;
    p->out[p->at] = 1;
}

void nothing(const u8 *args, u8 *scratch, u32 x, u32 y, u32 z) {}
