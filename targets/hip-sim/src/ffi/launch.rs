//! Launches: where a kernel's arguments are, and how they become an argument block.

use super::export;
use crate::error::{Error, Result};
use crate::graph::Work;
use crate::launch::Launch;
use crate::raw::{List, Place};
use crate::runtime::with;

/// `dim3`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Dims {
    x: u32,
    y: u32,
    z: u32,
}

/// Tags of the `extra` list.
const END: usize = 3;
const BUFFER_POINTER: usize = 1;
const BUFFER_SIZE: usize = 2;
/// Most entries of the `extra` list that are looked at.
const MOST_EXTRA: usize = 16;
/// Most bytes of an argument block that is handed over whole.
const LARGEST_BLOCK: usize = 1 << 16;

/// The two ways to hand over arguments, of which one is null.
#[derive(Clone, Copy)]
pub(super) struct Parameters {
    /// A pointer to each argument.
    pub(super) list: List<Place>,
    /// Tags and values that describe one block of all arguments.
    pub(super) extra: List<usize>,
}

impl Parameters {
    /// A launch with these arguments.
    pub(super) fn launch(
        self,
        function: usize,
        grid: Dims,
        block: Dims,
        lds: u32,
    ) -> Result<Launch> {
        let [grid, block] = [grid, block].map(|dims| [dims.x, dims.y, dims.z]);
        let function = with(|runtime| runtime.function(function).cloned())?;
        let explicit = match (self.list.is_null(), self.extra.is_null()) {
            (false, true) => function.gather(|index| self.list.get(index))?,
            (true, false) => self.block()?,
            (true, true) if function.is_without_arguments() => Vec::new(),
            _ => return Err(Error::InvalidValue),
        };
        let limits = with(|runtime| Ok(runtime.limits()))?;
        function.launch(&limits, grid, block, lds, explicit)
    }

    /// The block that `extra` describes.
    fn block(self) -> Result<Vec<u8>> {
        let (mut start, mut size) = (None, None);
        let mut at = 0;
        while at < MOST_EXTRA {
            match self.extra.get(at)? {
                END => break,
                BUFFER_POINTER => start = Some(Place::of(self.extra.get(at + 1)?)),
                BUFFER_SIZE => size = Some(List::<usize>::of(self.extra.get(at + 1)?).get(0)?),
                _ => return Err(Error::InvalidValue),
            }
            at += 2;
        }
        match (start, size) {
            (Some(start), Some(size)) if size <= LARGEST_BLOCK => start.bytes(size),
            _ => Err(Error::InvalidValue),
        }
    }
}

export! {
    fn hipModuleLaunchKernel(
        function: usize,
        grid_x: u32,
        grid_y: u32,
        grid_z: u32,
        block_x: u32,
        block_y: u32,
        block_z: u32,
        lds: u32,
        stream: usize,
        list: List<Place>,
        extra: List<usize>,
    ) {
        let grid = Dims { x: grid_x, y: grid_y, z: grid_z };
        let block = Dims { x: block_x, y: block_y, z: block_z };
        let launch = Parameters { list, extra }.launch(function, grid, block, lds)?;
        with(|runtime| runtime.submit(stream, Work::Kernel(launch)))
    }
}
