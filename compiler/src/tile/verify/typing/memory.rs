//! Loads, stores and workgroup memory.

use super::super::super::print::dtype_constant;
use super::super::super::{Id, Part, Role, Type};
use super::shapes::{inside, one_slice};
use super::{Rules, Typed, error, fault, representable};
use crate::diagnose::Diagnostic;

impl Rules<'_> {
    pub(super) fn load(&self, arg: u32, at: [Id; 2], fill: f64) -> Typed {
        let part = self.part(arg)?;
        let (name, dtype) = (&part.name, part.dtype);
        if part.role == Role::Output {
            return Err(error(format!("`{name}` is an output and cannot be read"))
                .note("declare it with .inout(..) to read what it holds before the kernel runs"));
        }
        self.indices(&at)?;
        representable(fill, dtype)?;
        match self.declared()? {
            (loaded, [1, _, _]) if loaded == dtype => Ok(self.declared),
            _ => fault(format!("`{name}` is loaded as {dtype} tiles of one slice")),
        }
    }

    pub(super) fn store(&self, arg: u32, (at, until): ([Id; 2], Option<Id>), value: Id) -> Typed {
        let part = self.part(arg)?;
        let (name, dtype) = (&part.name, part.dtype);
        if part.role == Role::Input {
            return Err(error(format!("`{name}` is an input and cannot be written"))
                .note("declare it with .output(..) or .inout(..)"));
        }
        self.indices(&at)?;
        self.indices(until.as_slice())?;
        let (stored, shape) = self.number(value)?;
        one_slice("stored", shape)?;
        if stored == dtype {
            return Ok(Type::None);
        }
        Err(error(format!("`{name}` holds {dtype} and cannot take {stored}"))
            .note(format!("convert the tile with .to({})", dtype_constant(dtype))))
    }

    pub(super) fn part(&self, arg: u32) -> Result<&Part, Diagnostic> {
        let parts = &self.program.parts;
        parts.get(arg as usize).ok_or_else(|| {
            error(format!("there is no argument {arg}: the kernel has {}", parts.len()))
        })
    }

    pub(super) fn share(&self, tile: Id) -> Typed {
        let (dtype, shape) = self.number(tile)?;
        one_slice("shared", shape)?;
        Ok(Type::Shared(dtype, shape))
    }

    pub(super) fn read(&self, shared: Id, at: [u32; 2]) -> Typed {
        let Type::Shared(dtype, whole) = self.program.ty(shared) else {
            let other = self.program.ty(shared);
            return fault(format!("a shared tile is needed here, not {other}"));
        };
        match self.declared()? {
            (read, [1, rows, cols]) if read == dtype => {
                inside("shared tile", at, [rows, cols], whole).map(|()| self.declared)
            }
            _ => fault(format!("a shared tile of {dtype} is read as {dtype} tiles of one slice")),
        }
    }
}
