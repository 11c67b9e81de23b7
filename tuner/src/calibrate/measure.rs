//! What the timing model says of every row, before any correction.

use std::path::Path;
use std::time::Instant;

use kiln_sim::time::Sampled;
use kiln_targets::Target;
use rayon::prelude::*;

use super::fit::Sample;
use super::launches::{prepare, shared_memory};
use super::objects::{find_object, read_object};
use super::rows::Row;
use crate::{Error, Result};

/// Milliseconds that the host spends on listing tasks within the time measured of forward grouped
/// products, by the data set's own description.
const HOST_MS: f64 = 0.2;

/// A row with what the model says of it.
#[derive(Debug, Clone)]
pub struct Timed {
    /// The row.
    pub row: Row,
    /// What its kernel asks of the chip.
    pub sampled: Sampled,
    /// Milliseconds that are measured along with it.
    pub besides_ms: f64,
    /// Seconds that sampling took.
    pub seconds: f64,
}

impl Timed {
    /// The row as the fit sees it, if it was measured.
    pub fn sample(&self) -> Option<Sample> {
        Some(Sample {
            parts: self.sampled.parts,
            besides_ms: self.besides_ms,
            measured_ms: self.row.runtime_ms?,
            family: self.row.family.clone(),
        })
    }
}

/// Samples the kernel of every row; `folder` holds their code.
///
/// # Errors
/// If a kernel has no code, cannot be launched or cannot be executed.
pub fn measure(rows: &[Row], folder: &Path, target: &Target) -> Result<Vec<Timed>> {
    rows.par_iter().map(|row| measure_one(row, folder, target)).collect()
}

fn measure_one(row: &Row, folder: &Path, target: &Target) -> Result<Timed> {
    let refused = |why: &dyn ToString| Error::invalid(row.id.clone(), why.to_string());
    let object = read_object(&find_object(folder, &row.file)?, target)?;
    let begun = Instant::now();
    let named = shared_memory(folder, row);
    let mut prepared = prepare(row, &object, named.unwrap_or(most_lds(&object, target)))?;
    let sample = |prepared: &super::Prepared| {
        Sampled::of(target, &object, &prepared.launch, &prepared.memory)
            .map_err(|error| refused(&error))
    };
    let mut sampled = sample(&prepared)?;
    let own = object.kernels().first().map_or(0, |kernel| kernel.group_segment);
    let touched = sampled.lds_touched.saturating_sub(own);
    if named.is_none() && touched < prepared.launch.dynamic_lds {
        // Nothing says how much LDS the launch asks for: it is what the kernel uses.
        prepared = prepare(row, &object, touched)?;
        sampled = sample(&prepared)?;
    }
    let clear = clear_ms(prepared.cleared, target);
    let host = if prepared.host { HOST_MS } else { 0.0 };
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Timed { row: row.clone(), sampled, besides_ms: clear + host, seconds })
}

/// The most dynamic LDS that a workgroup may have.
fn most_lds(object: &kiln_sim::object::CodeObject, target: &Target) -> u32 {
    let own = object.kernels().first().map_or(0, |kernel| kernel.group_segment);
    target.lds_bytes_per_group.saturating_sub(own)
}

/// Milliseconds of setting bytes to zero: a launch of its own that writes memory.
fn clear_ms(bytes: u64, target: &Target) -> f64 {
    if bytes == 0 {
        return 0.0;
    }
    let copy = target.timing.pipeline.as_ref().map(|pipeline| pipeline.copy_gbps);
    let rate = copy.or(target.timing.dram_gbps).unwrap_or(f64::INFINITY);
    target.timing.launch_us.unwrap_or(0.0) / 1e3 + bytes as f64 / rate / 1e6
}
