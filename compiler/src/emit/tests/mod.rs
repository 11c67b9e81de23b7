//! Emission, checked by what its code says and does.

mod gpu;
mod kernels;
