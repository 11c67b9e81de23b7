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
/// If its grid or the shape of an operand has no form in a bundle.
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
        kernarg: kernarg(point)?,
        lds_bytes,
        statics: Statics { lds_bytes, ..code.statics.clone() },
    })
}

/// The argument block: each part a pointer, then each dim.
///
/// # Errors
/// If the shape of an operand has no form in a bundle.
pub fn kernarg(point: &Point) -> Result<Kernarg> {
    let program = &point.program;
    let buffers = program.parts.iter().zip(&point.formats).map(|(part, [format, name])| {
        let order = match part.order.to_string() {
            natural if natural.is_empty() => "row_major".to_owned(),
            order => order,
        };
        let [rows, columns] = part.extent;
        let kind = ArgKind::Buffer {
            format: format.clone(),
            part: name.clone(),
            dtype: stored(part.dtype),
            bits: part.dtype.bits(),
            shape: [extent(program, rows)?, extent(program, columns)?],
            order,
            access: match part.role {
                Role::Input => Access::In,
                Role::Output => Access::Out,
                Role::InOut => Access::InOut,
            },
        };
        Ok((part.name.clone(), kind))
    });
    let buffers = buffers.collect::<Result<Vec<_>>>()?;
    let dims = program.dims.iter().map(|dim| (dim.clone(), ArgKind::Dim));
    Ok(Kernarg::lay_out(buffers.into_iter().chain(dims)))
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

/// `ceil(dim * mul / div)`, where one of the two divides the other.
fn extent(program: &Program, of: tile::Extent) -> Result<Extent> {
    let (mul, div) = (u64::from(of.mul), u64::from(of.div));
    let Some(dim) = of.dim else { return Ok(Extent::constant(mul.div_ceil(div))) };
    let dim = &program.dims[dim as usize];
    match (div.is_multiple_of(mul), mul.is_multiple_of(div)) {
        (true, _) => Ok(Extent::ceil_div(dim, div / mul)),
        (_, true) => {
            let whole = Factor::CeilDiv { dim: dim.clone(), by: 1 };
            Ok(Extent(vec![Factor::Const(mul / div), whole]))
        }
        _ => {
            let why = format!("{mul}/{div} of a dim has no form in a bundle");
            Err(Error::invalid(&program.name, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::Dims;
    use kiln_compiler::interpret;
    use kiln_recipes::catalogue::{examples, recipes};

    use super::*;

    #[test]
    fn shapes_in_a_bundle_are_those_of_the_program_for_any_dims() {
        let target = Target::builtin("x86-64-v4").unwrap();
        let mut doubled = 0;
        for (operation, attributes) in examples() {
            for recipe in recipes(operation, &attributes).unwrap() {
                let candidate = recipe.default_candidate(&target);
                let (recipe, candidate) = (recipe.as_ref(), candidate.as_ref());
                if candidate.admits(&target).is_err() {
                    continue;
                }
                let point = Point::new(operation, &attributes, recipe, candidate, &target).unwrap();
                let program = &point.program;
                for base in [1u64, 7, 33] {
                    let size = |(at, (dim, by)): (usize, (&String, &u32))| {
                        (dim.clone(), (base + at as u64) * u64::from(*by))
                    };
                    let dims: Dims =
                        program.dims.iter().zip(&program.multiples).enumerate().map(size).collect();
                    let sizes: Vec<i64> = program.dims.iter().map(|dim| dims[dim] as i64).collect();
                    for (arg, part) in kernarg(&point).unwrap().args.iter().zip(&program.parts) {
                        let ArgKind::Buffer { shape, bits, .. } = &arg.kind else { panic!() };
                        let found = shape.each_ref().map(|of| of.product(&dims).unwrap() as i64);
                        assert_eq!(found, part.extent.map(|of| interpret::extent(of, &sizes)));
                        assert_eq!(*bits, part.dtype.bits());
                        doubled += usize::from(shape[0].0.len() == 2);
                    }
                }
            }
        }
        assert!(doubled > 0, "gate and value together have twice n rows");
    }
}
