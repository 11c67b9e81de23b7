//! Execution of grids, wave by wave.
