//! A sanitizer for kernels: what only works by luck is reported.
