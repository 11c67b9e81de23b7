//! Addresses, and single loads and stores.

use melior::ir::Attribute;
use melior::ir::attribute::DenseI32ArrayAttribute;

use super::code::Named;
use super::emitter::Emitter;
use super::types::{Form, Prim, Val};
use crate::lane::{Address, ArgKind, Space};

/// What a load or store needs to know beside its pointer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'c> {
    /// Address of lane 0 on a host, of the lane on a GPU.
    pub(super) pointer: Val<'c>,
    /// Guaranteed alignment in bytes.
    pub(super) align: u32,
    /// The memory does not change while the kernel runs.
    pub(super) constant: bool,
}

impl<'c> Emitter<'c, '_> {
    /// The address of each lane on a GPU; of lane 0 on a host.
    ///
    /// On a GPU the uniform part comes first and the lane part is zero-extended from 32 bits,
    /// which is the shape that selects to a scalar base with a 32-bit vector offset.
    pub(super) fn place(&mut self, address: &Address) -> Place<'c> {
        let mut pointer = self.base(address);
        if let Some(lane) = address.lane {
            let offset = self.single(lane);
            let offset = if self.host() { self.code.element(offset, 0) } else { offset };
            let offset = match address.space {
                Space::Local(_) if !self.host() => offset,
                _ => self.code.convert("arith.extui", offset, Prim::I64),
            };
            pointer = self.step(pointer, offset);
        }
        let pointer = self.displaced(pointer, address.offset);
        Place { pointer, align: address.align, constant: self.is_constant(address.space) }
    }

    /// The addresses of all lanes of a host, as a vector.
    pub(super) fn places(&mut self, address: &Address) -> Place<'c> {
        let base = self.base(address);
        let base = self.displaced(base, address.offset);
        let offsets = match address.lane {
            Some(lane) => self.single(lane),
            None => self.code.zero(self.lift(Prim::I32)),
        };
        let offsets = self.code.convert("arith.extsi", offsets, Prim::I64);
        let pointer = self.step(base, offsets);
        Place { pointer, align: address.align, constant: self.is_constant(address.space) }
    }

    /// Start of the buffer plus the uniform offset.
    fn base(&mut self, address: &Address) -> Val<'c> {
        let start = match address.space {
            Space::Global(index) => self.abi.args[index as usize],
            Space::Local(index) => {
                let local = self.kernel.locals[index as usize].offset;
                let memory = self.abi.local.expect("a kernel with local buffers should have some");
                self.displaced(memory, local as i32)
            }
        };
        match address.base {
            Some(base) => {
                let offset = self.uniform(base);
                self.step(start, offset)
            }
            None => start,
        }
    }

    fn is_constant(&self, space: Space) -> bool {
        match space {
            Space::Global(index) => self.kernel.args[index as usize].kind == ArgKind::Input,
            Space::Local(_) => false,
        }
    }

    /// A pointer moved by a number of bytes; a vector of pointers where the number is a vector.
    fn step(&mut self, pointer: Val<'c>, offset: Val<'c>) -> Val<'c> {
        let dynamic = DenseI32ArrayAttribute::new(self.code.context, &[i32::MIN]).into();
        let form = Form::vector(pointer.form.prim, pointer.form.width.max(offset.form.width));
        let attributes = self.gep_attributes(dynamic);
        self.code.op("llvm.getelementptr", &[pointer, offset], &attributes, form)
    }

    /// A pointer, or each of a vector of pointers, moved by constant bytes.
    pub(super) fn displaced(&mut self, pointer: Val<'c>, bytes: i32) -> Val<'c> {
        if bytes == 0 {
            return pointer;
        }
        let constant = DenseI32ArrayAttribute::new(self.code.context, &[bytes]).into();
        let attributes = self.gep_attributes(constant);
        self.code.op("llvm.getelementptr", &[pointer], &attributes, pointer.form)
    }

    fn gep_attributes(&self, indices: Attribute<'c>) -> [Named<'c>; 2] {
        let byte = self.code.type_attribute(Form::scalar(Prim::I8));
        [("rawConstantIndices", indices), ("elem_type", byte)]
    }

    /// A load `bytes` after a place.
    pub(super) fn load_at(&mut self, place: Place<'c>, bytes: u32, form: Form) -> Val<'c> {
        let pointer = self.displaced(place.pointer, bytes as i32);
        let align = self.code.i64_attribute(place.aligned(bytes).into());
        let mut attributes = vec![("alignment", align)];
        if place.constant {
            attributes.push(("invariant", Attribute::unit(self.code.context)));
        }
        self.code.op("llvm.load", &[pointer], &attributes, form)
    }

    /// A store `bytes` after a place.
    pub(super) fn store_at(&mut self, place: Place<'c>, bytes: u32, value: Val<'c>) {
        let pointer = self.displaced(place.pointer, bytes as i32);
        let align = self.code.i64_attribute(place.aligned(bytes).into());
        self.code.effect("llvm.store", &[value, pointer], &[("alignment", align)]);
    }
}

impl Place<'_> {
    /// Alignment known `bytes` after the place.
    pub(super) fn aligned(&self, bytes: u32) -> u32 {
        match bytes {
            0 => self.align,
            _ => self.align.min(1 << bytes.trailing_zeros()),
        }
    }
}
