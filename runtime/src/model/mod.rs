//! The model as the runtime sees it.
//!
//! | module | noun |
//! |---|---|
//! | [`config`] | what `config.json` says: layers, sizes, positions, quantisation |

pub mod config;
