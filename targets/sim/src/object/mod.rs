//! The HSA code object: segments, kernel descriptors, argument metadata.
