//! Headers against a second reader, the tensors of the published model, files of prepared weights, and
//! repacking against the reference of `kiln-targets`.

mod files;
mod headers;
mod prepared;
mod published;
mod repacking;
