//! Kernel families written in the tile DSL, each with search space and reference.
