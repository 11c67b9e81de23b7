//! Cycles of a kernel on a chip that a target file describes.
