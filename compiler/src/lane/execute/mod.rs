//! Executes lane IR: every lane of every wave, without a device.
//!
//! Laws:
//! * The waves of a workgroup execute each instruction together; what differs between orders that
//!   a device may choose is an error, so no other order has to be tried.
//! * Memory outside a part's image does not exist, and lanes under a false guard touch nothing.
//!   A part's byte written by one wave is neither read nor changed by another.
//! * Workgroup memory starts without contents. Between two barriers no wave touches a byte that
//!   another one writes; only one instruction may write one value from several waves.
//! * What an access claims of its addresses holds: alignment, variation over lanes.
//! * Register bits beyond a value's last element hold a pattern that shows if it is computed with.
//! * Numbers are those of the op's documentation, transcendental functions in f64, rounded; matrix
//!   atoms are their reference, and operand elements held by several lanes have to agree.

mod access;
mod elements;
mod error;
mod global;
mod group;
mod local;
mod matrix;
mod numbers;
mod rearrange;
mod slots;
#[cfg(test)]
mod tests;
mod wide;

pub use error::{ExecuteError, Fault};

use std::collections::BTreeMap;

use super::{ArgKind, LaneKernel, verify};
use crate::interpret::Buffers;
use global::Image;
use group::Group;
use kiln_targets::Target;
use matrix::Products;
use slots::Slots;

/// What one call of a kernel is given besides memory.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Workgroups along each axis, fastest first.
    pub grid: [u64; 3],
    /// Value of each dim by name.
    pub dims: &'a BTreeMap<String, u64>,
    /// Value of each scalar by name.
    pub scalars: &'a BTreeMap<String, f32>,
}

/// A lane program made ready for execution.
#[derive(Clone, Debug)]
pub struct LaneMachine {
    kernel: LaneKernel,
    slots: Slots,
    products: Products,
}

impl LaneMachine {
    /// Takes a program for a target.
    ///
    /// # Errors
    /// If the program breaks the laws of lane IR.
    pub fn new(kernel: LaneKernel, target: &Target) -> Result<LaneMachine, ExecuteError> {
        let name = || kernel.name.clone();
        verify(&kernel, target).map_err(|laws| ExecuteError::Law { kernel: name(), laws })?;
        let products = Products::of(&kernel, target);
        Ok(LaneMachine { slots: Slots::assign(&kernel), products, kernel })
    }

    /// The program.
    pub fn kernel(&self) -> &LaneKernel {
        &self.kernel
    }

    /// Executes every workgroup of a grid, one after the other, fastest axis first, on the memory
    /// images of the parts by name.
    ///
    /// # Errors
    /// If an argument is missing, or an instruction does what no device defines. What was stored
    /// before stays stored.
    pub fn execute(&self, call: Call<'_>, buffers: &mut Buffers) -> Result<(), ExecuteError> {
        let wrong = |what| ExecuteError::Call { kernel: self.kernel.name.clone(), what };
        let params = self.params(call).map_err(wrong)?;
        let images = self.images(buffers).map_err(wrong)?;
        let mut group = Group::new(self, params, images);
        for z in 0..call.grid[2] {
            for y in 0..call.grid[1] {
                for x in 0..call.grid[0] {
                    group.run([x, y, z])?;
                }
            }
        }
        Ok(())
    }

    /// The bits of every dim and scalar, 0 in place of buffers.
    fn params(&self, call: Call<'_>) -> Result<Vec<u32>, String> {
        let value = |arg: &super::Arg| {
            let missing = || format!("`{}` has no value", arg.name);
            match arg.kind {
                ArgKind::Dim => {
                    let size = *call.dims.get(&arg.name).ok_or_else(missing)?;
                    let fits = i32::try_from(size).map(|size| size as u32);
                    fits.map_err(|_| format!("`{}` is {size}, which exceeds 32 bits", arg.name))
                }
                ArgKind::Scalar => {
                    call.scalars.get(&arg.name).map(|value| value.to_bits()).ok_or_else(missing)
                }
                _ => Ok(0),
            }
        };
        self.kernel.args.iter().map(value).collect()
    }

    /// The image of every buffer, `None` in place of dims and scalars.
    fn images<'b>(&self, buffers: &'b mut Buffers) -> Result<Vec<Option<Image<'b>>>, String> {
        let mut given: BTreeMap<&str, _> = buffers.iter_mut().collect();
        let take = |arg: &super::Arg| {
            if matches!(arg.kind, ArgKind::Dim | ArgKind::Scalar) {
                return Ok(None);
            }
            let buffer = given.remove(arg.name.as_str());
            let buffer = buffer.ok_or_else(|| format!("no buffer is called `{}`", arg.name))?;
            Ok(Some(Image::new(arg, buffer.bytes_mut())))
        };
        self.kernel.args.iter().map(take).collect()
    }
}
