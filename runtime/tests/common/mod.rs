//! Shared objects for tests, compiled from a few lines of C.

#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Kernels in the form in which the compiler emits them for the host.
const SOURCE: &str = r#"
typedef unsigned char u8;
typedef unsigned int u32;
typedef struct { u32 *out; u32 width; u32 height; } Plane;

// Counts the calls of every workgroup.
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
"#;

/// A path of the shared object, compiled once for each test program.
pub(crate) fn object_path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap().keep();
        let source = dir.join("kernels.c");
        std::fs::write(&source, SOURCE).unwrap();
        let object = dir.join("kernels.so");
        let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
        let flags = ["-O2", "-ffreestanding", "-nostdlib", "-shared", "-fPIC", "-fuse-ld=lld"];
        let status = Command::new(&clang).args(flags).arg("-o").arg(&object).arg(&source).status();
        let status = status.unwrap_or_else(|error| panic!("{clang} should run: {error}"));
        assert!(status.success(), "{clang} should compile the test kernels");
        object
    })
}

/// The shared object's bytes.
pub(crate) fn object() -> Vec<u8> {
    std::fs::read(object_path()).unwrap()
}

/// An argument block from 4-byte words; pointers take two.
pub(crate) fn block(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Little-endian words.
pub(crate) fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}
