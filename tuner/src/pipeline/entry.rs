//! A candidate as a bundle's kernel.

use kiln_cache::vocabulary::{
    Access, ArgKind, Dtype, Extent, Factor, Kernarg, KernelEntry, Statics,
};
use kiln_compiler::tile::{self, Program, Role};
use kiln_targets::{DType, Target};

use super::estimate::threads;
use super::{Code, Point};
use crate::{Error, Result};

/// The kernel of a candidate in code object number `object`.
///
/// # Errors
/// If its grid has no form in a bundle.
pub fn entry(point: &Point, code: &Code, target: &Target, object: u32) -> Result<KernelEntry> {
    let program = &point.program;
    let lds_bytes = code.statics.lds_bytes;
    Ok(KernelEntry {
        name: program.name.clone(),
        recipe: point.spec.recipe.clone(),
        params: point.spec.params.clone(),
        object,
        symbol: program.name.clone(),
        threads: threads(program, target),
        geometry: geometry(program)?,
        kernarg: kernarg(point),
        lds_bytes,
        statics: Statics { lds_bytes, ..code.statics.clone() },
    })
}

/// The argument block: each part a pointer, then each dim.
pub fn kernarg(point: &Point) -> Kernarg {
    let program = &point.program;
    let buffers = program.parts.iter().zip(&point.formats).map(|(part, [format, name])| {
        let order = match part.order.to_string() {
            natural if natural.is_empty() => "row_major".to_owned(),
            order => order,
        };
        let kind = ArgKind::Buffer {
            format: format.clone(),
            part: name.clone(),
            dtype: stored(part.dtype),
            order,
            access: match part.role {
                Role::Input => Access::In,
                Role::Output => Access::Out,
                Role::InOut => Access::InOut,
            },
        };
        (part.name.clone(), kind)
    });
    let dims = program.dims.iter().map(|dim| (dim.clone(), ArgKind::Dim));
    Kernarg::lay_out(buffers.chain(dims))
}

/// The scalar that numbers lie in: nibbles are packed into bytes.
fn stored(dtype: DType) -> Dtype {
    match dtype {
        DType::U4 | DType::U8 => Dtype::U8,
        DType::I4 | DType::I8 => Dtype::I8,
        DType::I16 => Dtype::I16,
        DType::I32 => Dtype::I32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::Bf16,
        DType::F32 => Dtype::F32,
    }
}

fn geometry(program: &Program) -> Result<[Extent; 3]> {
    let mut geometry = [const { Extent(Vec::new()) }; 3];
    for (axis, of) in geometry.iter_mut().zip(&program.grid) {
        *axis = extent(program, *of)?;
    }
    Ok(geometry)
}

fn extent(program: &Program, of: tile::Extent) -> Result<Extent> {
    let (mul, div) = (u64::from(of.mul), u64::from(of.div));
    let Some(dim) = of.dim else { return Ok(Extent(vec![Factor::Const(mul.div_ceil(div))])) };
    if !div.is_multiple_of(mul) {
        let why = format!("a grid of {mul}/{div} of a dim has no form in a bundle");
        return Err(Error::invalid(&program.name, why));
    }
    Ok(Extent::ceil_div(&program.dims[dim as usize], div / mul))
}
