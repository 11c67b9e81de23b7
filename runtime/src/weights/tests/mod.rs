//! Headers against a second reader, the tensors of the published model, repacking against the
//! reference of `kiln-targets`.

mod files;
mod headers;
mod published;
mod repacking;
