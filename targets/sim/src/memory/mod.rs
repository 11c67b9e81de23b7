//! The address space that kernels see.
