//! Content-addressed store, journal, bundle format and the operation vocabulary.
