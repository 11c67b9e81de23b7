//! The kiln command: inspect, verify, bench, cache; serving grows here.
