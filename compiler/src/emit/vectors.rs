//! Conversions, comparisons and vector rearrangement: thin typed wrappers around single operations.

use melior::ir::attribute::DenseI32ArrayAttribute;

use super::code::Code;
use super::types::{Form, Prim, Val};
use crate::lane::Compare;

impl<'c> Code<'c> {
    /// The same bits as another form of the same size.
    pub(super) fn bitcast(&mut self, a: Val<'c>, form: Form) -> Val<'c> {
        if a.form == form { a } else { self.op("llvm.bitcast", &[a], &[], form) }
    }

    /// A conversion operation to another primitive.
    pub(super) fn convert(&mut self, name: &str, a: Val<'c>, prim: Prim) -> Val<'c> {
        let form = a.form.of(prim);
        if a.form == form { a } else { self.op(name, &[a], &[], form) }
    }

    /// Sum with a constant.
    pub(super) fn add_const(&mut self, a: Val<'c>, constant: i64) -> Val<'c> {
        let constant = self.int(a.form, constant);
        self.same("arith.addi", &[a, constant])
    }

    /// Bitwise and with a constant.
    pub(super) fn and_const(&mut self, a: Val<'c>, constant: i64) -> Val<'c> {
        let constant = self.int(a.form, constant);
        self.same("arith.andi", &[a, constant])
    }

    /// Bitwise exclusive or with a constant.
    pub(super) fn xor_const(&mut self, a: Val<'c>, constant: i64) -> Val<'c> {
        let constant = self.int(a.form, constant);
        self.same("arith.xori", &[a, constant])
    }

    /// Bitwise or.
    pub(super) fn or(&mut self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.same("arith.ori", &[a, b])
    }

    /// A shift by a constant: `arith.shli`, `arith.shrui` or `arith.shrsi`.
    pub(super) fn shift(&mut self, name: &str, a: Val<'c>, by: u32) -> Val<'c> {
        if by == 0 {
            return a;
        }
        let by = self.int(a.form, by.into());
        self.same(name, &[a, by])
    }

    /// `condition ? a : b`; the condition is a truth value, or one for each element.
    pub(super) fn select(&mut self, condition: Val<'c>, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.op("arith.select", &[condition, a, b], &[], a.form)
    }

    /// A comparison of floats (ordered, except `Ne`) or signed integers.
    pub(super) fn compare(&mut self, op: Compare, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let (name, predicate) = match (a.form.prim.is_float(), op) {
            (true, Compare::Eq) => ("arith.cmpf", 1),
            (true, Compare::Gt) => ("arith.cmpf", 2),
            (true, Compare::Ge) => ("arith.cmpf", 3),
            (true, Compare::Lt) => ("arith.cmpf", 4),
            (true, Compare::Le) => ("arith.cmpf", 5),
            (true, Compare::Ne) => ("arith.cmpf", 13),
            (false, Compare::Eq) => ("arith.cmpi", 0),
            (false, Compare::Ne) => ("arith.cmpi", 1),
            (false, Compare::Lt) => ("arith.cmpi", 2),
            (false, Compare::Le) => ("arith.cmpi", 3),
            (false, Compare::Gt) => ("arith.cmpi", 4),
            (false, Compare::Ge) => ("arith.cmpi", 5),
        };
        let predicate = self.i64_attribute(predicate);
        self.op(name, &[a, b], &[("predicate", predicate)], a.form.of(Prim::I1))
    }

    /// Whether a float is NaN.
    pub(super) fn is_nan(&mut self, a: Val<'c>) -> Val<'c> {
        let unordered = self.i64_attribute(14);
        self.op("arith.cmpf", &[a, a], &[("predicate", unordered)], a.form.of(Prim::I1))
    }

    /// An element of a vector.
    pub(super) fn element(&mut self, vector: Val<'c>, at: u32) -> Val<'c> {
        let at = self.int(Form::scalar(Prim::I32), at.into());
        self.op("llvm.extractelement", &[vector, at], &[], Form::scalar(vector.form.prim))
    }

    /// A vector with one element replaced.
    pub(super) fn insert(&mut self, vector: Val<'c>, element: Val<'c>, at: u32) -> Val<'c> {
        let at = self.int(Form::scalar(Prim::I32), at.into());
        self.op("llvm.insertelement", &[vector, element, at], &[], vector.form)
    }

    /// A vector of the given elements.
    pub(super) fn vector(&mut self, elements: &[Val<'c>]) -> Val<'c> {
        let form = Form::vector(elements[0].form.prim, elements.len() as u32);
        let mut vector = self.poison(form);
        for (at, element) in elements.iter().enumerate() {
            vector = self.insert(vector, *element, at as u32);
        }
        vector
    }

    /// Elements of `a` followed by `b`, picked by index.
    pub(super) fn shuffle(&mut self, a: Val<'c>, b: Val<'c>, picks: &[u32]) -> Val<'c> {
        let picks: Vec<i32> = picks.iter().map(|pick| *pick as i32).collect();
        let mask = DenseI32ArrayAttribute::new(self.context, &picks).into();
        let form = Form::vector(a.form.prim, picks.len() as u32);
        self.op("llvm.shufflevector", &[a, b], &[("mask", mask)], form)
    }

    /// Elements of one vector, picked by index.
    pub(super) fn pick(&mut self, a: Val<'c>, picks: &[u32]) -> Val<'c> {
        let none = self.poison(a.form);
        self.shuffle(a, none, picks)
    }

    /// A scalar in every element; the scalar itself where `width` is zero.
    pub(super) fn splat(&mut self, scalar: Val<'c>, width: u32) -> Val<'c> {
        if width == 0 {
            return scalar;
        }
        let none = self.poison(Form::vector(scalar.form.prim, width));
        let first = self.insert(none, scalar, 0);
        self.pick(first, &vec![0; width as usize])
    }
}
