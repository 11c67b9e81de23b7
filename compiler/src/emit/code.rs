//! Appends operations to the block being emitted.

use std::collections::HashMap;

use melior::Context;
use melior::ir::attribute::{
    DenseElementsAttribute, DenseI32ArrayAttribute, FloatAttribute, IntegerAttribute,
    StringAttribute, TypeAttribute,
};
use melior::ir::operation::{OperationBuilder, OperationRef};
use melior::ir::r#type::IntegerType;
use melior::ir::{Attribute, BlockLike, BlockRef, Identifier, Location, Region, Value};

use super::types::{Form, Prim, Val};

/// A named attribute of an operation.
pub(super) type Named<'c> = (&'static str, Attribute<'c>);

/// The insertion point, and the constants made so far.
pub(super) struct Code<'c> {
    pub(super) context: &'c Context,
    pub(super) block: BlockRef<'c, 'c>,
    pub(super) location: Location<'c>,
    /// First block of the function, which holds the constants.
    entry: BlockRef<'c, 'c>,
    constants: HashMap<(Form, u64), Val<'c>>,
}

impl<'c> Code<'c> {
    /// Emission into the first block of a function.
    pub(super) fn new(context: &'c Context, entry: BlockRef<'c, 'c>) -> Code<'c> {
        Code {
            context,
            block: entry,
            location: Location::unknown(context),
            entry,
            constants: HashMap::new(),
        }
    }

    /// Any operation; its results are raw.
    pub(super) fn raw(
        &mut self,
        name: &str,
        operands: &[Val<'c>],
        attributes: &[Named<'c>],
        results: &[Form],
        regions: Vec<Region<'c>>,
    ) -> OperationRef<'c, 'c> {
        let operands: Vec<Value> = operands.iter().map(|operand| operand.raw).collect();
        let results: Vec<_> = results.iter().map(|form| form.mlir(self.context)).collect();
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(name, attribute)| (Identifier::new(self.context, name), *attribute))
            .collect();
        let operation = OperationBuilder::new(name, self.location)
            .add_operands(&operands)
            .add_results(&results)
            .add_attributes(&attributes)
            .add_regions_vec(regions)
            .build()
            .expect("a known operation should build");
        self.block.append_operation(operation)
    }

    /// An operation with one result.
    pub(super) fn op(
        &mut self,
        name: &str,
        operands: &[Val<'c>],
        attributes: &[Named<'c>],
        form: Form,
    ) -> Val<'c> {
        let operation = self.raw(name, operands, attributes, &[form], vec![]);
        result(operation, 0, form)
    }

    /// An operation without results.
    pub(super) fn effect(&mut self, name: &str, operands: &[Val<'c>], attributes: &[Named<'c>]) {
        self.raw(name, operands, attributes, &[], vec![]);
    }

    /// An operation on operands of one type that yields the same type.
    pub(super) fn same(&mut self, name: &str, operands: &[Val<'c>]) -> Val<'c> {
        self.op(name, operands, &[], operands[0].form)
    }

    /// An integer, in every element of a vector form.
    pub(super) fn int(&mut self, form: Form, value: i64) -> Val<'c> {
        let spare = 64 - form.prim.bits();
        let wrapped = value << spare >> spare;
        self.constant(form, wrapped as u64, |context| {
            IntegerAttribute::new(Form::scalar(form.prim).mlir(context), wrapped).into()
        })
    }

    /// A float, in every element of a vector form.
    pub(super) fn float(&mut self, form: Form, value: f64) -> Val<'c> {
        self.constant(form, value.to_bits(), |context| {
            FloatAttribute::new(context, Form::scalar(form.prim).mlir(context), value).into()
        })
    }

    /// Zero of any number type.
    pub(super) fn zero(&mut self, form: Form) -> Val<'c> {
        if form.prim.is_float() { self.float(form, 0.0) } else { self.int(form, 0) }
    }

    /// A vector of given integers.
    pub(super) fn ints(&mut self, prim: Prim, values: &[i32]) -> Val<'c> {
        let form = Form::vector(prim, values.len() as u32);
        let r#type = form.mlir(self.context);
        let value = DenseElementsAttribute::i32_values(r#type, values).into();
        self.op("arith.constant", &[], &[("value", value)], form)
    }

    /// A value nothing depends on.
    pub(super) fn poison(&mut self, form: Form) -> Val<'c> {
        self.op("llvm.mlir.poison", &[], &[], form)
    }

    /// Makes a constant once, at the head of the function so that it dominates every use.
    fn constant(
        &mut self,
        form: Form,
        key: u64,
        scalar: impl FnOnce(&'c Context) -> Attribute<'c>,
    ) -> Val<'c> {
        if let Some(known) = self.constants.get(&(form, key)) {
            return *known;
        }
        let r#type = form.mlir(self.context);
        let value = match form.width {
            0 => scalar(self.context),
            _ => DenseElementsAttribute::splat(r#type, scalar(self.context)).into(),
        };
        let operation = OperationBuilder::new("arith.constant", Location::unknown(self.context))
            .add_results(&[r#type])
            .add_attributes(&[(Identifier::new(self.context, "value"), value)])
            .build()
            .expect("a constant should build");
        let made = result(self.entry.insert_operation(0, operation), 0, form);
        self.constants.insert((form, key), made);
        made
    }

    /// A call of an LLVM intrinsic by its full name.
    pub(super) fn intrinsic(
        &mut self,
        name: &str,
        operands: &[Val<'c>],
        result: Option<Form>,
    ) -> Option<Val<'c>> {
        let attributes = self.intrinsic_attributes(name, operands.len());
        match result {
            Some(form) => Some(self.op("llvm.call_intrinsic", operands, &attributes, form)),
            None => {
                self.effect("llvm.call_intrinsic", operands, &attributes);
                None
            }
        }
    }

    /// A call of an LLVM intrinsic that yields a value.
    pub(super) fn call(&mut self, name: &str, operands: &[Val<'c>], form: Form) -> Val<'c> {
        self.intrinsic(name, operands, Some(form)).expect("a call should yield the value asked for")
    }

    fn intrinsic_attributes(&self, name: &str, operands: usize) -> [Named<'c>; 3] {
        let segments = DenseI32ArrayAttribute::new(self.context, &[operands as i32, 0]);
        [
            ("intrin", StringAttribute::new(self.context, name).into()),
            ("operandSegmentSizes", segments.into()),
            ("op_bundle_sizes", DenseI32ArrayAttribute::new(self.context, &[]).into()),
        ]
    }

    /// An `i64` attribute.
    pub(super) fn i64_attribute(&self, value: i64) -> Attribute<'c> {
        IntegerAttribute::new(IntegerType::new(self.context, 64).into(), value).into()
    }

    /// An `i32` attribute.
    pub(super) fn i32_attribute(&self, value: i64) -> Attribute<'c> {
        IntegerAttribute::new(IntegerType::new(self.context, 32).into(), value).into()
    }

    /// A type attribute.
    pub(super) fn type_attribute(&self, form: Form) -> Attribute<'c> {
        TypeAttribute::new(form.mlir(self.context)).into()
    }
}

/// The attribute of a known text.
pub(super) fn parse<'c>(context: &'c Context, text: &str) -> Attribute<'c> {
    Attribute::parse(context, text).expect("a known attribute should parse")
}

/// One result of an operation.
pub(super) fn result<'c>(operation: OperationRef<'c, 'c>, index: usize, form: Form) -> Val<'c> {
    let raw = operation.result(index).expect("an operation should have its results").into();
    Val { raw, form }
}
