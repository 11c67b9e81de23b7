//! The tile DSL and its compiler: tile IR, lane IR, MLIR, LLVM, code objects.
