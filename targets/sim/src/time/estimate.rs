//! The modelled time of one launch.

use std::sync::Arc;

use kiln_targets::{Fitted, Target};

use super::error::TimeError;
use super::parts::{Parts, Resource};
use super::sample::Sampled;
use crate::machine::Launch;
use crate::memory::Memory;
use crate::object::CodeObject;

/// The modelled time of one launch, and how it came about.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// From launch to completion, in microseconds, where nothing runs before.
    pub microseconds: f64,
    /// What the launch adds to a queue of launches that nobody waits between, in microseconds.
    pub queued_microseconds: f64,
    /// The resource that takes longest.
    pub binding: Resource,
    /// The times of the resources with the target's corrections, in microseconds.
    pub resources: Vec<(Resource, f64)>,
    /// What the time was computed from.
    pub sampled: Sampled,
}

impl Estimate {
    /// The time of a launch that was sampled, with the corrections that the target lists; without
    /// any where it lists none.
    pub fn new(sampled: Sampled, target: &Target) -> Self {
        let neutral = Fitted::neutral();
        let fitted = target.timing.fitted.as_ref().unwrap_or(&neutral);
        let parts: &Parts = &sampled.parts;
        let [first, queued] = target.timing.launches_us();
        let microseconds = parts.microseconds(fitted);
        Self {
            microseconds,
            queued_microseconds: microseconds - first + queued,
            binding: parts.binding(fitted),
            resources: parts.corrected(fitted).to_vec(),
            sampled,
        }
    }
}

/// Models the time of a launch. Some of its workgroups are executed: they read and write `memory` as
/// the launch would.
///
/// # Errors
/// If the target cannot be modelled, the kernel does not fit it, or a wave cannot go on.
pub fn estimate(
    target: &Target,
    object: &CodeObject,
    launch: &Launch,
    memory: &Arc<Memory>,
) -> Result<Estimate, TimeError> {
    Ok(Estimate::new(Sampled::of(target, object, launch, memory)?, target))
}
