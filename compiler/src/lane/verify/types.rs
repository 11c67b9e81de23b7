//! Types of operands and results, op by op.

use kiln_targets::{Backend, DType};

use super::{INDEX, Law, Verifier, require};
use crate::lane::{ArgKind, Binary, Const, Elt, Inst, Op, Ty, Unary, Value};

impl Verifier<'_> {
    /// The law of one instruction, nested blocks aside. All its values have types.
    pub(super) fn op(&self, inst: &Inst) -> Law {
        match &inst.op {
            Op::Barrier => self.barrier(inst),
            Op::ScheduleFence | Op::Prefetch(_) | Op::If { .. } | Op::Store { .. } => {
                self.no_result(inst)
            }
            Op::Loop { .. } => self.loop_types(inst),
            _ => self.value(&inst.op, self.result(inst)?),
        }
    }

    fn barrier(&self, inst: &Inst) -> Law {
        let parallel = self.target.backend != Backend::Host;
        require(parallel, || "the target runs one wave per workgroup, without barriers".into())?;
        self.no_result(inst)
    }

    fn no_result(&self, inst: &Inst) -> Law {
        require(inst.results.is_empty(), || "defines a value, should define none".into())?;
        match &inst.op {
            Op::If { condition, .. } => {
                let ty = self.ty(*condition);
                require(ty == Ty::uniform(Elt::Pred), || {
                    format!("the condition is {ty}, should be a uniform truth value")
                })
            }
            Op::Store { address, value, guard } => self.store(address, *value, *guard),
            _ => Ok(()),
        }
    }

    fn loop_types(&self, inst: &Inst) -> Law {
        let Op::Loop { lower, upper, step, induction, init, carried, yields, .. } = &inst.op else {
            return Ok(());
        };
        for (what, value) in [("start", lower), ("end", upper), ("induction", induction)] {
            let ty = self.ty(*value);
            require(ty == INDEX, || format!("the {what} is {ty}, should be a uniform i32"))?;
        }
        require(*step > 0 && *step <= i32::MAX as u32, || format!("cannot step by {step}"))?;
        let lists = [("inside", carried), ("yielded", yields), ("results", &inst.results)];
        for (what, list) in lists {
            let (found, wanted) = (list.len(), init.len());
            require(found == wanted, || {
                format!("{wanted} values are carried in, but {found} are {what}")
            })?;
            for (start, value) in init.iter().zip(list) {
                let (from, to) = (self.ty(*start), self.ty(*value));
                require(from == to, || {
                    format!("{start} of type {from} is carried as {value} of type {to}")
                })?;
            }
        }
        Ok(())
    }

    /// The law of an op with one result of type `result`.
    fn value(&self, op: &Op, result: Ty) -> Law {
        match op {
            Op::Const(value) => constant(*value, result),
            Op::BlockId(axis) => {
                require(*axis < 3, || format!("there is no axis {axis}"))?;
                self.is(result, INDEX)
            }
            Op::WaveId => self.is(result, INDEX),
            Op::LaneId => self.is(result, Ty::lane(DType::I32, 1)),
            Op::Param(index) => self.param(*index, result),
            Op::Unary(op, a) => {
                unary(*op, self.ty(*a).elt)?;
                self.is(result, self.ty(*a))
            }
            Op::Binary(op, a, b) => {
                binary(*op, self.ty(*a).elt)?;
                self.same(*a, *b)?;
                self.is(result, self.ty(*a))
            }
            Op::Fma(a, b, c) => {
                require(is_float(self.ty(*a).elt), || "takes floats".into())?;
                self.same(*a, *b)?;
                self.same(*a, *c)?;
                self.is(result, self.ty(*a))
            }
            Op::Compare(_, a, b) => {
                let ty = self.ty(*a);
                require(ty.elt != Elt::Pred, || "compares numbers, not truth values".into())?;
                self.same(*a, *b)?;
                self.is(result, Ty { elt: Elt::Pred, ..ty })
            }
            Op::Select(condition, a, b) => self.select(*condition, *a, *b, result),
            Op::Load { address, guard } => self.load(address, *guard, result),
            Op::Mma { .. } => self.mma(op, result),
            _ => self.rearrangement(op, result),
        }
    }

    fn rearrangement(&self, op: &Op, result: Ty) -> Law {
        match op {
            Op::Cast(a) => self.cast(self.ty(*a), result),
            Op::Splat(a) => {
                let ty = self.ty(*a);
                require(ty.uniform, || format!("{a} is {ty}, should be uniform"))?;
                self.is(result, Ty { count: result.count, uniform: false, ..ty })
            }
            Op::Extract { of, start } => self.extract(*of, *start, result),
            Op::Concat(parts) => self.concat(parts, result),
            Op::Bitcast(a) => self.bitcast(self.ty(*a), result),
            Op::LaneXor { of, mask } => {
                self.is_lane(*of)?;
                let lanes = self.kernel.lanes;
                require(*mask < lanes, || format!("mask {mask} leaves the {lanes} lanes"))?;
                self.is(result, self.ty(*of))
            }
            Op::FirstLane(a) => {
                self.is_lane(*a)?;
                let ty = self.ty(*a);
                require(ty.count == 1, || format!("{a} has {} elements, not 1", ty.count))?;
                self.is(result, Ty::uniform(ty.elt))
            }
            _ => Ok(()),
        }
    }

    fn param(&self, index: u32, result: Ty) -> Law {
        let wanted = match self.kernel.args.get(index as usize).map(|arg| arg.kind) {
            Some(ArgKind::Dim) => INDEX,
            Some(ArgKind::Scalar) => Ty::uniform(Elt::Num(DType::F32)),
            Some(_) => return Err(format!("argument {index} is a buffer")),
            None => return Err(format!("there is no argument {index}")),
        };
        self.is(result, wanted)
    }

    fn select(&self, condition: Value, a: Value, b: Value, result: Ty) -> Law {
        let (ty, chosen) = (self.ty(condition), self.ty(a));
        let fits = ty.uniform || (!chosen.uniform && ty.count == chosen.count);
        require(ty.elt == Elt::Pred && fits, || {
            format!("the condition is {ty}, which does not choose between values of {chosen}")
        })?;
        self.same(a, b)?;
        self.is(result, chosen)
    }

    fn cast(&self, from: Ty, result: Ty) -> Law {
        require(from.elt != Elt::Pred && result.elt != Elt::Pred, || {
            "converts numbers, not truth values".into()
        })?;
        self.is(result, Ty { elt: result.elt, ..from })
    }

    fn extract(&self, of: Value, start: u32, result: Ty) -> Law {
        self.is_lane(of)?;
        let held = self.ty(of);
        let end = u64::from(start) + u64::from(result.count);
        require(end <= u64::from(held.count), || {
            format!("elements {start}..{end} of {of}, which has {}", held.count)
        })?;
        self.is(result, Ty { count: result.count, ..held })
    }

    fn concat(&self, parts: &[Value], result: Ty) -> Law {
        let first = parts.first().ok_or("joins nothing")?;
        for part in parts {
            self.is_lane(*part)?;
            let (elt, ty) = (self.ty(*first).elt, self.ty(*part));
            require(ty.elt == elt, || format!("{part} of {ty} differs in element type"))?;
        }
        let count = parts.iter().map(|part| self.ty(*part).count).sum();
        self.is(result, Ty { count, ..self.ty(*first) })
    }

    fn bitcast(&self, from: Ty, result: Ty) -> Law {
        let packed = |ty: Ty| !ty.uniform && ty.elt != Elt::Pred;
        require(packed(from) && packed(result), || {
            format!("{from} to {result}: only numbers held by lanes have register bits")
        })?;
        require(from.registers() == result.registers(), || {
            let (held, wanted) = (from.registers(), result.registers());
            format!("{from} fills {held} registers, {result} fills {wanted}")
        })
    }

    fn same(&self, a: Value, b: Value) -> Law {
        let (left, right) = (self.ty(a), self.ty(b));
        require(left == right, || format!("{a} is {left}, but {b} is {right}"))
    }

    fn is(&self, result: Ty, wanted: Ty) -> Law {
        require(result == wanted, || format!("yields {result}, should yield {wanted}"))
    }

    /// That a value is held by lanes.
    pub(super) fn is_lane(&self, value: Value) -> Law {
        let ty = self.ty(value);
        require(!ty.uniform, || format!("{value} is uniform ({ty}), should be held by lanes"))
    }
}

fn constant(value: Const, ty: Ty) -> Law {
    let holds = match (value, ty.elt) {
        (Const::Int(value), Elt::Num(dtype)) if dtype.is_integer() => {
            let span = 1i64 << dtype.bits();
            (-span / 2..span).contains(&value)
        }
        (Const::Int(_), Elt::I64) | (Const::Pred(_), Elt::Pred) => true,
        (Const::Float(_), Elt::Num(dtype)) => dtype.is_float(),
        _ => false,
    };
    require(holds, || format!("{value} is not a value of {ty}"))
}

fn unary(op: Unary, elt: Elt) -> Law {
    let holds = match op {
        Unary::Neg | Unary::Abs => elt != Elt::Pred,
        Unary::Exp2 | Unary::Log2 | Unary::Rsqrt | Unary::Recip => elt == Elt::Num(DType::F32),
        Unary::RoundEven => is_float(elt),
        Unary::Not => !is_float(elt),
    };
    require(holds, || "is not defined for this element type".into())
}

fn binary(op: Binary, elt: Elt) -> Law {
    let holds = match op {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Div => elt != Elt::Pred,
        Binary::Min | Binary::Max => elt != Elt::Pred,
        Binary::And | Binary::Or | Binary::Xor => !is_float(elt),
        Binary::Rem | Binary::Shl | Binary::Shr | Binary::Sar => !is_float(elt) && elt != Elt::Pred,
    };
    require(holds, || "is not defined for this element type".into())
}

fn is_float(elt: Elt) -> bool {
    matches!(elt, Elt::Num(dtype) if dtype.is_float())
}
