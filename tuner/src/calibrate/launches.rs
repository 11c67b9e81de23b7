//! How the kernels of the public data set are launched.
//!
//! A plain product has one workgroup for each tile, and as many again for each part of a split
//! depth. Grouped products run over tasks that the host lists (forward, groups of rows), or over
//! every tile of every group (backward, groups along the depth). Operands of four bits take half a
//! byte; tasks are tables of 64-bit numbers, depths one of 32-bit numbers. All pointers come before all numbers; pointers that the compiler adds are null.

use std::path::Path;
use std::sync::Arc;

use kiln_sim::machine::Launch;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::{ArgKind, CodeObject, KernelInfo};

use super::rows::Row;
use crate::{Error, Result};

/// A launch with its memory, and what was measured besides it.
#[derive(Debug)]
pub struct Prepared {
    /// The launch.
    pub launch: Launch,
    /// Its operands.
    pub memory: Arc<Memory>,
    /// Bytes that are set to zero before each launch.
    pub cleared: u64,
    /// Whether the host lists tasks before each launch, within the time measured.
    pub host: bool,
}

/// Rows of a block of tasks begin at multiples of this.
const ALIGNED: u64 = 8;

/// Prepares the launch of a row's kernel.
///
/// # Errors
/// If the kernel does not take the arguments that its name promises.
pub fn prepare(row: &Row, object: &CodeObject, lds: u32) -> Result<Prepared> {
    let kernel = object.kernels().first();
    let kernel = kernel.ok_or_else(|| refused(row, "its object has no kernel"))?;
    let memory = Arc::new(Memory::new());
    let mut operands = Operands { row, memory: &memory, values: Vec::new() };
    let (grid, cleared, host) = if row.id.contains("ragged") {
        let forward = row.id.contains("_fwd_");
        let grid = if forward { operands.forward(kernel) } else { operands.backward(kernel) }?;
        (grid, 0, forward)
    } else {
        let (grid, cleared) = operands.plain()?;
        (grid, cleared, false)
    };
    let kernarg = arguments(kernel, &operands.values);
    let block = [kernel.max_flat_workgroup_size, 1, 1];
    let mut launch = Launch::new(&kernel.name, grid, block, kernarg);
    launch.dynamic_lds = lds;
    Ok(Prepared { launch, memory, cleared, host })
}

/// Bytes of dynamic LDS that the file beside a kernel's code names, if there is one.
pub fn shared_memory(folder: &Path, row: &Row) -> Option<u32> {
    let text = std::fs::read_to_string(folder.join(format!("{}.json", row.file))).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    let bytes = json.pointer("/launch_metadata/shared_memory_bytes")?.as_u64()?;
    u32::try_from(bytes).ok()
}

struct Operands<'a> {
    row: &'a Row,
    memory: &'a Memory,
    values: Vec<u64>,
}

impl Operands<'_> {
    /// Workgroups, and the bytes that are cleared for sums of a split depth.
    fn plain(&mut self) -> Result<([u32; 3], u64)> {
        let [m, n, k] = self.row.shape;
        let columns = if self.row.gated { 2 * n } else { n };
        let scales = self.scales(k);
        self.buffer("a", m * self.packed(k))?;
        self.buffer("b", self.packed(k) * columns)?;
        self.buffer("scales of a", m * scales * 2)?;
        self.buffer("scales of b", scales * columns * 2)?;
        let split = self.row.split_k > 1;
        let wide = split || self.row.id.contains("float32");
        let bytes = m * n * if wide { 4 } else { 2 };
        self.buffer("c", bytes)?;
        self.values.push(0);
        self.values.extend([m, n, k]);
        let tiles = (m / self.row.tile[0]).max(1) * (n / self.row.tile[1]).max(1);
        let grid = [self.count(tiles)?, self.count(self.row.split_k)?, 1];
        Ok((grid, if split { bytes } else { 0 }))
    }

    fn forward(&mut self, kernel: &KernelInfo) -> Result<[u32; 3]> {
        let [m, n, k] = self.row.shape;
        let (groups, scales) = (self.row.groups.len() as u64, self.scales(k));
        let packed = self.packed(k);
        self.buffer("a", m * packed)?;
        self.buffer("b", groups * packed * n)?;
        self.buffer("scales of a", m * scales * 2)?;
        self.buffer("scales of b", groups * scales * n * 2)?;
        let tasks = tasks(&self.row.groups, self.row.tile[0]);
        for column in 0..4 {
            self.table("tasks", tasks.iter().flat_map(|task| task[column].to_le_bytes()))?;
        }
        self.buffer("c", m * n * 2)?;
        self.values.extend([m, n, packed]);
        if numbers(kernel) > 4 {
            self.values.push(scales);
        }
        self.values.push(tasks.len() as u64);
        Ok([self.count(tasks.len() as u64 * n.div_ceil(self.row.tile[1]))?, 1, 1])
    }

    fn backward(&mut self, kernel: &KernelInfo) -> Result<[u32; 3]> {
        let [m, n, k] = self.row.shape;
        let (groups, scales) = (self.row.groups.len() as u64, self.scales(k));
        let packed = self.packed(k);
        self.buffer("a", groups * m * packed)?;
        self.buffer("b", groups * packed * n)?;
        self.buffer("scales of a", groups * m * scales * 2)?;
        self.buffer("scales of b", groups * scales * n * 2)?;
        self.table("depths", self.row.groups.iter().flat_map(|d| (*d as u32).to_le_bytes()))?;
        self.buffer("c", groups * m * n * 4)?;
        self.values.extend([m, n, packed]);
        if numbers(kernel) > 3 {
            self.values.push(scales);
        }
        let tiles = m.div_ceil(self.row.tile[0]) * n.div_ceil(self.row.tile[1]);
        Ok([self.count(groups * tiles)?, self.count(self.row.split_k)?, 1])
    }

    /// Bytes of `k` operands.
    fn packed(&self, k: u64) -> u64 {
        k * self.row.bits / 8
    }

    fn scales(&self, k: u64) -> u64 {
        self.row.scale.map_or(1, |size| k.div_ceil(size))
    }

    fn buffer(&mut self, name: &str, bytes: u64) -> Result<u64> {
        let base = self.memory.allocate(name, bytes.max(1), Access::ReadWrite, Storage::Sparse);
        let base = base.map_err(|error| refused(self.row, error))?;
        self.values.push(base);
        Ok(base)
    }

    fn table(&mut self, name: &str, bytes: impl Iterator<Item = u8>) -> Result<()> {
        let bytes: Vec<u8> = bytes.collect();
        let base = self.buffer(name, bytes.len() as u64)?;
        self.memory.write(base, &bytes).map_err(|error| refused(self.row, error))
    }

    fn count(&self, number: u64) -> Result<u32> {
        u32::try_from(number).map_err(|_| refused(self.row, "its grid is too large"))
    }
}

/// Group, first row of the block, and the rows that count, for each block of rows of each group.
fn tasks(groups: &[u64], rows: u64) -> Vec<[u64; 4]> {
    let (mut tasks, mut start) = (Vec::new(), 0);
    for (group, size) in groups.iter().enumerate() {
        let (end, aligned) = (start + size, start / ALIGNED * ALIGNED);
        let blocks = if *size == 0 { 0 } else { (end - aligned).div_ceil(rows) };
        for block in (0..blocks).map(|block| aligned + block * rows) {
            tasks.push([group as u64, block, block.max(start), (block + rows).min(end)]);
        }
        start = end;
    }
    tasks
}

/// How many numbers a kernel takes.
fn numbers(kernel: &KernelInfo) -> usize {
    kernel.args.iter().filter(|arg| arg.kind == ArgKind::ByValue).count()
}

/// The argument block: values in the order of the arguments, zeros after them.
fn arguments(kernel: &KernelInfo, values: &[u64]) -> Vec<u8> {
    let mut block = vec![0; kernel.kernarg_size as usize];
    for (arg, value) in kernel.args.iter().zip(values) {
        let (from, size) = (arg.offset as usize, (arg.size as usize).min(8));
        if let Some(place) = block.get_mut(from..from + size) {
            place.copy_from_slice(&value.to_le_bytes()[..size]);
        }
    }
    block
}

fn refused(row: &Row, why: impl ToString) -> Error {
    Error::invalid(format!("kernel {}", row.id), why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_cover_every_row_of_every_group_once() {
        let groups = [9, 127, 0, 252, 62];
        let tasks = tasks(&groups, 64);
        let mut covered = vec![0; 450];
        for [group, block, start, end] in tasks {
            assert_eq!(block % 8, 0);
            assert!(block <= start && end <= block + 64);
            let before: u64 = groups[..group as usize].iter().sum();
            assert!(start >= before);
            (start..end).for_each(|row| covered[row as usize] += 1);
        }
        assert!(covered.iter().all(|times| *times == 1));
    }
}
