//! The one place that prints: findings and faults, for people, on the standard error.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Says something on the standard error.
pub(crate) fn say(text: &str) {
    // There is nowhere else to complain to.
    let _ = writeln!(io::stderr().lock(), "kiln-hip-sim: {}", text.trim_end());
}

/// Says that a function is not there, once for each name.
pub(crate) fn missing(function: &'static str) {
    static SAID: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(function) {
        say(&format!("{function} is not supported by the simulated device"));
    }
}
