//! What crosses rooms: laws, oracle suites, file tests, fault injection.
