//! How many workgroups of a kernel a multiprocessor holds.

use super::export;
use crate::error::{Error, Result};
use crate::raw::Out;
use crate::runtime::with;

fn blocks(to: Out<i32>, function: usize, threads: i32, lds: usize) -> Result {
    let threads = u32::try_from(threads).ok().filter(|threads| *threads > 0);
    let threads = threads.ok_or(Error::InvalidValue)?;
    let lds = u32::try_from(lds).map_err(|_| Error::InvalidValue)?;
    with(|runtime| {
        let target = runtime.properties.target();
        to.set(runtime.function(function)?.resident_groups(target, threads, lds) as i32)
    })
}

/// The largest block that fits, and as many blocks as fill the device.
fn largest(grid: Out<i32>, block: Out<i32>, function: usize, lds: usize, limit: i32) -> Result {
    let lds = u32::try_from(lds).map_err(|_| Error::InvalidValue)?;
    with(|runtime| {
        let target = runtime.properties.target();
        let limits = runtime.limits();
        let function = runtime.function(function)?;
        let most = function.most_threads(&limits);
        let most =
            u32::try_from(limit).ok().filter(|limit| *limit > 0).map_or(most, |l| l.min(most));
        let candidates = (1..=most / target.lanes).map(|waves| waves * target.lanes);
        let resident = |threads: u32| function.resident_groups(target, threads, lds) * threads;
        let best = candidates.max_by_key(|threads| (resident(*threads), *threads));
        let best = best.ok_or(Error::InvalidValue)?;
        let processors = runtime.properties.processors();
        block.set(best as i32)?;
        grid.set((function.resident_groups(target, best, lds) * processors) as i32)
    })
}

export! {
    fn hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(
        to: Out<i32>,
        function: usize,
        threads: i32,
        lds: usize,
    ) {
        blocks(to, function, threads, lds)
    }

    fn hipModuleOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        to: Out<i32>,
        function: usize,
        threads: i32,
        lds: usize,
        _flags: u32,
    ) {
        blocks(to, function, threads, lds)
    }

    fn hipModuleOccupancyMaxPotentialBlockSize(
        grid: Out<i32>,
        block: Out<i32>,
        function: usize,
        lds: usize,
        limit: i32,
    ) {
        largest(grid, block, function, lds, limit)
    }

    fn hipModuleOccupancyMaxPotentialBlockSizeWithFlags(
        grid: Out<i32>,
        block: Out<i32>,
        function: usize,
        lds: usize,
        limit: i32,
        _flags: u32,
    ) {
        largest(grid, block, function, lds, limit)
    }
}
