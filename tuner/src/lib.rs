//! Enumerates, compiles, checks, times and packs kernels (kiln-tune).
