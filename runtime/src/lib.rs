//! Devices and the execution of bundles.
