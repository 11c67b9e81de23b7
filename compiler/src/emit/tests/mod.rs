//! Emission, checked by what its code says and does.

mod elementwise;
mod gpu;
mod kernels;
mod lanes;
mod memory;
mod run;
