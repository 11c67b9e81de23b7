//! The model as the runtime sees it.
//!
//! | module | noun |
//! |---|---|
//! | [`config`] | what `config.json` says: layers, sizes, positions, quantisation; the reader is in the room that the tuner shares |

pub use kiln_cache::model as config;
