//! Laws of a kernel as a whole: wave shape, kernarg block, local memory, types.

use kiln_targets::{Backend, Target};

use super::{Law, require};
use crate::lane::{ArgKind, Elt, LaneKernel, Ty};

/// Every violation of the laws of waves, arguments and local memory.
pub(super) fn problems(kernel: &LaneKernel, target: &Target) -> Vec<String> {
    let laws = [wave(kernel, target), kernarg(kernel), local(kernel, target)];
    laws.into_iter().filter_map(Law::err).collect()
}

/// That every type can exist.
pub(super) fn types(kernel: &LaneKernel) -> Result<(), Vec<String>> {
    let types = kernel.types.iter().enumerate();
    let problems: Vec<String> = types.filter_map(|(at, ty)| type_law(at, *ty).err()).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn wave(kernel: &LaneKernel, target: &Target) -> Law {
    let (lanes, waves) = (kernel.lanes, kernel.waves);
    require(lanes == target.lanes, || {
        format!("waves of {lanes} lanes, but those of {} have {}", target.name, target.lanes)
    })?;
    let most = if target.backend == Backend::Host { 1 } else { target.max_waves_per_group };
    require((1..=most).contains(&waves), || {
        format!("{waves} waves in a workgroup, {} takes 1 to {most}", target.name)
    })
}

fn kernarg(kernel: &LaneKernel) -> Law {
    let (mut end, mut last) = (0, 0);
    for arg in &kernel.args {
        let (rank, bytes) = match arg.kind {
            ArgKind::Input | ArgKind::Output | ArgKind::InOut => (0, 8),
            ArgKind::Dim => (1, 4),
            ArgKind::Scalar => (2, 4),
        };
        require(rank >= last, || {
            format!("argument `{}` is out of order: buffers, dims, then scalars", arg.name)
        })?;
        require(arg.offset == end, || {
            format!("argument `{}` is at byte {}, should be at {end}", arg.name, arg.offset)
        })?;
        (end, last) = (end + bytes, rank);
    }
    let bytes = kernel.kernarg_bytes;
    require(bytes == end || bytes == end.next_multiple_of(8), || {
        format!("a kernarg block of {bytes} bytes for {end} bytes of arguments")
    })
}

/// Buffers may lie over each other; execution finds out whether one is read where another is held.
fn local(kernel: &LaneKernel, target: &Target) -> Law {
    for local in &kernel.locals {
        let (start, end) =
            (u64::from(local.offset), u64::from(local.offset) + u64::from(local.bytes));
        require(start.is_multiple_of(64), || {
            format!("local buffer `{}` is at byte {start}, no multiple of 64", local.name)
        })?;
        let most = target.lds_bytes_per_group;
        require(end <= u64::from(most), || {
            format!("local buffer `{}` ends at byte {end}, a group has {most}", local.name)
        })?;
    }
    Ok(())
}

fn type_law(index: usize, ty: Ty) -> Law {
    require(ty.count > 0, || format!("%{index} has no elements"))?;
    require(ty.count <= MOST_ELEMENTS, || format!("%{index} has {} elements", ty.count))?;
    require(!ty.uniform || ty.count == 1, || {
        format!("%{index} is uniform, but has {} elements", ty.count)
    })?;
    require(ty.uniform || ty.elt != Elt::I64, || format!("%{index} is an i64 held by lanes"))
}

/// More elements than any register file holds; keeps the arithmetic on counts from overflowing.
const MOST_ELEMENTS: u32 = 1 << 16;
