//! Emission of lane IR through MLIR and LLVM.
