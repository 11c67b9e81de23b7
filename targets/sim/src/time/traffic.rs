//! Bytes that a launch moves between the caches and memory.
//!
//! A workgroup's requests beyond the first cache are known from its record. What the workgroups that
//! run at the same time share is known from probing them: an instruction whose first line is the same
//! in many of them reads the same data in all of those.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kiln_targets::{Pipeline, Target};

use super::cache::Cache;
use super::record::Record;
use crate::memory::View;

/// Bytes that a launch moves, and atomic operations that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Traffic {
    /// Bytes that the first caches ask for, and that stores send.
    pub l2_bytes: f64,
    /// Bytes that the cache before the memory side asks for again although it had them once.
    pub mall_bytes: f64,
    /// Bytes read from memory.
    pub read_bytes: f64,
    /// Bytes written to memory.
    pub written_bytes: f64,
    /// Lanes of atomic operations.
    pub atomic_lanes: f64,
}

/// How many of the workgroups that were probed start their reading at different places, for each
/// load instruction.
#[derive(Debug, Clone, Default)]
pub(super) struct Sharing {
    starts: BTreeMap<u32, BTreeSet<u64>>,
    groups: usize,
}

impl Sharing {
    /// Adds a workgroup with the first line that each load of its first wave asked for.
    pub(super) fn add(&mut self, firsts: &[(u64, u32, u64)]) {
        self.groups += 1;
        for (_, at, line) in firsts {
            self.starts.entry(*at).or_default().insert(*line);
        }
    }

    /// The number of different streams among the workgroups that the instruction reads; all of them
    /// differ where nothing is known.
    fn streams(&self, at: u32) -> f64 {
        let known = self.starts.get(&at).map_or(self.groups, BTreeSet::len);
        known.max(1) as f64
    }

    /// The part of a workgroup's data that it does not share with the others.
    fn own(&self, at: u32) -> f64 {
        (self.streams(at) / self.groups.max(1) as f64).min(1.0)
    }
}

/// One workgroup's bytes beyond the second cache.
struct Behind {
    /// Of those that nobody had asked for: by allocation.
    first: BTreeMap<usize, f64>,
    /// Of those that were asked for again.
    again: f64,
}

/// The traffic of a launch of `total` workgroups like those recorded.
pub(super) fn of(
    records: &[Record],
    sharing: &Sharing,
    total: u64,
    target: &Target,
    pipeline: &Pipeline,
    memory: &View,
    together: u64,
) -> Traffic {
    let line = f64::from(pipeline.line_bytes);
    let each = total as f64 / records.len().max(1) as f64;
    let mut traffic = Traffic::default();
    let (mut reads, mut writes) = (BTreeMap::new(), BTreeMap::new());
    for record in records {
        traffic.l2_bytes += each * line * record.misses.len() as f64;
        traffic.l2_bytes += each * f64::from(pipeline.store_bytes) * record.stores as f64;
        traffic.atomic_lanes += each * record.atomics as f64;
        let behind = behind(record, sharing, together, target, pipeline, memory);
        traffic.mall_bytes += each * behind.again;
        for (place, bytes) in behind.first {
            *reads.entry(place).or_insert(0.0) += each * bytes;
        }
        for written in &record.written {
            let place = allocation(memory, written * u64::from(pipeline.line_bytes));
            *writes.entry(place).or_insert(0.0) += each * line;
        }
    }
    let size = |place: usize| memory.allocations().get(place).map_or(0.0, |a| a.size() as f64);
    for (place, bytes) in reads {
        let once = bytes.min(size(place));
        traffic.read_bytes += once;
        traffic.mall_bytes += bytes - once;
    }
    let kept = target.timing.mall_bytes.unwrap_or(0) as f64;
    for (place, bytes) in writes {
        let size = size(place);
        let once: f64 = bytes.min(size);
        // What is written again after more than the cache holds has left it in between.
        let left = (bytes - once) * (1.0 - kept / size.max(1.0)).max(0.0);
        traffic.written_bytes += once + left;
        traffic.mall_bytes += bytes - once - left;
    }
    traffic
}

/// What one workgroup asks of the memory side when `together` run at the same time.
///
/// They drift apart, and so a line that one of them asks for again has to survive what all of them
/// touch in between: their own data, or all data of the workgroups that run, if that is less.
fn behind(
    record: &Record,
    sharing: &Sharing,
    together: u64,
    target: &Target,
    pipeline: &Pipeline,
    memory: &View,
) -> Behind {
    let line = u64::from(pipeline.line_bytes);
    let mut known = HashSet::new();
    let fresh: Vec<bool> = record.misses.iter().map(|(_, line)| known.insert(*line)).collect();
    let firsts = record.misses.iter().zip(&fresh).filter(|(_, fresh)| **fresh);
    let all: f64 = firsts.map(|((at, _), _)| sharing.own(*at) * together as f64).sum();
    let lines = target.timing.l2_bytes.unwrap_or(0) / line;
    // The part of what is touched in between that the cache cannot hold, if phases are random.
    let lost = (1.0 - lines as f64 / all.max(1.0)).max(0.0);
    let share = (lines / together.max(1)) as usize;
    let mut cache = Cache::new(share, pipeline.l2_ways as usize, 0.0);
    let mut behind = Behind { first: BTreeMap::new(), again: 0.0 };
    for ((at, number), fresh) in record.misses.iter().zip(&fresh) {
        let hit = cache.ask(scattered(*number));
        if *fresh {
            let place = allocation(memory, number * line);
            *behind.first.entry(place).or_insert(0.0) += line as f64 * sharing.own(*at);
        } else if !hit && sharing.streams(*at) > 1.0 {
            // What all workgroups read is always there: one of them has just asked for it.
            behind.again += line as f64 * lost;
        }
    }
    behind
}

/// A line number whose low bits depend on all bits: the second cache spreads lines over its channels
/// so that strides do not matter.
fn scattered(line: u64) -> u64 {
    line.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

/// The number of the allocation that holds an address, or that begins in the line there.
fn allocation(memory: &View, address: u64) -> usize {
    memory.allocations().partition_point(|a| a.base() <= address).saturating_sub(1)
}
