//! Builds lane IR: numbers values, keeps the open blocks, folds trivial constants.

use std::collections::HashMap;

use super::{Address, Binary, Block, Compare, Const, Elt, Inst, Op, Ty, Unary, Value};
use crate::diagnose::Location;
use kiln_targets::DType;

/// Appends instructions to the innermost open block.
#[derive(Clone, Debug)]
pub struct Builder {
    types: Vec<Ty>,
    blocks: Vec<Block>,
    constants: HashMap<Value, Const>,
    /// Location given to the instructions that follow.
    pub location: Location,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            types: Vec::new(),
            blocks: vec![Block::default()],
            constants: HashMap::new(),
            location: Location::UNKNOWN,
        }
    }
}

impl Builder {
    /// Type of a value built so far.
    pub fn ty(&self, value: Value) -> Ty {
        self.types[value.0 as usize]
    }

    /// A new value of a type, not yet defined (loop-carried values and inductions).
    pub fn fresh(&mut self, ty: Ty) -> Value {
        self.types.push(ty);
        Value(self.types.len() as u32 - 1)
    }

    /// Appends an instruction with one result.
    pub fn push(&mut self, op: Op, ty: Ty) -> Value {
        let value = self.fresh(ty);
        self.insert(op, vec![value]);
        value
    }

    /// Appends an instruction that defines the given values.
    pub fn insert(&mut self, op: Op, results: Vec<Value>) {
        let inst = Inst { op, results, location: self.location };
        self.blocks.last_mut().expect("a block should be open").insts.push(inst);
    }

    /// Opens a nested block.
    pub fn open(&mut self) {
        self.blocks.push(Block::default());
    }

    /// Closes the innermost block and returns it.
    pub fn close(&mut self) -> Block {
        self.blocks.pop().expect("a block should be open")
    }

    /// Ends building: the outermost block and the types of all values.
    pub fn finish(mut self) -> (Block, Vec<Ty>) {
        (self.close(), self.types)
    }

    /// A constant of any type.
    pub fn constant(&mut self, value: Const, ty: Ty) -> Value {
        let result = self.push(Op::Const(value), ty);
        self.constants.insert(result, value);
        result
    }

    /// A uniform I32 constant.
    pub fn index(&mut self, value: i64) -> Value {
        self.constant(Const::Int(value), Ty::uniform(Elt::Num(DType::I32)))
    }

    /// The integer a value is known to be.
    pub fn known(&self, value: Value) -> Option<i64> {
        match self.constants.get(&value) {
            Some(Const::Int(known)) => Some(*known),
            _ => None,
        }
    }

    /// Element-wise operation on one operand.
    pub fn unary(&mut self, op: Unary, a: Value) -> Value {
        self.push(Op::Unary(op, a), self.ty(a))
    }

    /// Element-wise operation on two operands; uniform integers are folded where known.
    pub fn binary(&mut self, op: Binary, a: Value, b: Value) -> Value {
        let ty = self.ty(a);
        match (op, self.known(a), self.known(b)) {
            (_, Some(x), Some(y)) if fold(op, x, y).is_some() => {
                let folded = fold(op, x, y).expect("the guard should have folded");
                self.constant(Const::Int(folded), ty)
            }
            (Binary::Add | Binary::Or | Binary::Xor, Some(0), _) => b,
            (Binary::Add | Binary::Sub | Binary::Or | Binary::Xor, _, Some(0)) => a,
            (Binary::Shl | Binary::Shr | Binary::Sar, _, Some(0)) => a,
            (Binary::Mul, Some(1), _) => b,
            (Binary::Mul | Binary::Div, _, Some(1)) => a,
            _ => self.push(Op::Binary(op, a, b), ty),
        }
    }

    /// `a op constant`, the constant taking the type of `a`.
    pub fn binary_const(&mut self, op: Binary, a: Value, constant: i64) -> Value {
        let b = self.constant(Const::Int(constant), self.ty(a));
        self.binary(op, a, b)
    }

    /// Comparison; yields truth values of the operands' count and uniformity.
    pub fn compare(&mut self, op: Compare, a: Value, b: Value) -> Value {
        let ty = Ty { elt: Elt::Pred, ..self.ty(a) };
        self.push(Op::Compare(op, a, b), ty)
    }

    /// Fused multiply-add.
    pub fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.push(Op::Fma(a, b, c), self.ty(a))
    }

    /// Number conversion of every element.
    pub fn cast(&mut self, a: Value, to: Elt) -> Value {
        let ty = Ty { elt: to, ..self.ty(a) };
        if ty == self.ty(a) { a } else { self.push(Op::Cast(a), ty) }
    }

    /// A uniform value in every element of a lane type.
    pub fn splat(&mut self, a: Value, count: u32) -> Value {
        let ty = Ty { elt: self.ty(a).elt, count, uniform: false };
        match self.constants.get(&a) {
            Some(known) => self.constant(*known, ty),
            None => self.push(Op::Splat(a), ty),
        }
    }

    /// Elements `start .. start + count`.
    pub fn extract(&mut self, of: Value, start: u32, count: u32) -> Value {
        let ty = self.ty(of);
        if start == 0 && count == ty.count {
            return of;
        }
        self.push(Op::Extract { of, start }, Ty { count, ..ty })
    }

    /// Concatenation of lane values of one element type.
    pub fn concat(&mut self, parts: Vec<Value>) -> Value {
        if let [only] = parts[..] {
            return only;
        }
        let count = parts.iter().map(|part| self.ty(*part).count).sum();
        let ty = Ty { count, ..self.ty(parts[0]) };
        self.push(Op::Concat(parts), ty)
    }

    /// The same bits as another lane type.
    pub fn bitcast(&mut self, a: Value, ty: Ty) -> Value {
        if ty == self.ty(a) { a } else { self.push(Op::Bitcast(a), ty) }
    }

    /// A load of a lane or uniform type.
    pub fn load(&mut self, address: Address, guard: Option<Value>, ty: Ty) -> Value {
        self.push(Op::Load { address, guard }, ty)
    }

    /// A store.
    pub fn store(&mut self, address: Address, value: Value, guard: Option<Value>) {
        self.insert(Op::Store { address, value, guard }, Vec::new());
    }
}

/// The result of an integer operation on known values, where it cannot fail or wrap.
fn fold(op: Binary, a: i64, b: i64) -> Option<i64> {
    match op {
        Binary::Add => a.checked_add(b),
        Binary::Sub => a.checked_sub(b),
        Binary::Mul => a.checked_mul(b),
        Binary::Div if b > 0 && a >= 0 => Some(a / b),
        Binary::Rem if b > 0 && a >= 0 => Some(a % b),
        Binary::Min => Some(a.min(b)),
        Binary::Max => Some(a.max(b)),
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
        Binary::Shl if (0..31).contains(&b) => a.checked_shl(b as u32),
        Binary::Shr if (0..31).contains(&b) && a >= 0 => Some(a >> b),
        _ => None,
    }
}
