//! Code objects: linking and reading.
