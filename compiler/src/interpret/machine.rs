//! One workgroup at a time: values by id, regions in program order.

use super::RunError;
use super::arith::{float_constant, int_constant};
use super::elementwise::{binary, cast, compare, fma, select, unary};
use super::matrix::Matrix;
use super::product::{mma, reduce};
use super::rearrange::{join, slices, transpose, window};
use super::tile::{Data, Tile, volume};
use crate::tile::{Elem, Id, IndexOp, Op, Program, Region, Shape, Type};
use kiln_targets::DType;
use std::rc::Rc;

/// What an id stands for while a workgroup executes.
#[derive(Clone)]
enum Value {
    Index(i64),
    Condition(bool),
    Tile(Rc<Tile>),
    /// The carried values at the end of a fold.
    Carried(Vec<Value>),
    Nothing,
}

/// The state of an execution.
pub(super) struct Machine<'p, 'b> {
    program: &'p Program,
    dims: &'p [i64],
    parts: Vec<Matrix<'b>>,
    values: Vec<Option<Value>>,
    workgroup: [i64; 3],
    /// Number of the workgroup in order of execution.
    group: u32,
}

type Step<T> = Result<T, String>;

impl<'p, 'b> Machine<'p, 'b> {
    /// A machine before its first workgroup.
    pub(super) fn new(program: &'p Program, dims: &'p [i64], parts: Vec<Matrix<'b>>) -> Self {
        let values = vec![None; program.nodes.len()];
        Machine { program, dims, parts, values, workgroup: [0; 3], group: 0 }
    }

    /// Executes the program for one workgroup.
    pub(super) fn workgroup(&mut self, at: [i64; 3]) -> Result<(), RunError> {
        self.workgroup = at;
        self.values.fill(None);
        let program = self.program;
        self.region(&program.body)?;
        self.group += 1;
        Ok(())
    }

    fn region(&mut self, region: &'p Region) -> Result<(), RunError> {
        for &id in &region.values {
            let value = match &self.program.node(id).op {
                Op::Fold { lower, upper, step, init, body, .. } => {
                    self.fold(id, [*lower, *upper], *step, init, body)?
                }
                Op::When { condition, body } => {
                    if self.condition(*condition).map_err(|why| self.error(id, why))? {
                        self.region(body)?;
                    }
                    Value::Nothing
                }
                // Already bound by the fold around it.
                Op::Bound => continue,
                op => self.step(id, op).map_err(|why| self.error(id, why))?,
            };
            self.values[id.0 as usize] = Some(value);
        }
        Ok(())
    }

    fn fold(
        &mut self,
        id: Id,
        bounds: [Id; 2],
        step: u32,
        init: &'p [Id],
        body: &'p Region,
    ) -> Result<Value, RunError> {
        let (range, mut carried) =
            self.fold_start(bounds, step, init, body).map_err(|why| self.error(id, why))?;
        for index in range.step_by(step as usize) {
            let entering = std::iter::once(Value::Index(index)).chain(carried);
            for (param, value) in body.params.iter().zip(entering) {
                self.values[param.0 as usize] = Some(value);
            }
            self.region(body)?;
            carried = self.all(&body.yields).map_err(|why| self.error(id, why))?;
        }
        Ok(Value::Carried(carried))
    }

    fn fold_start(
        &self,
        [lower, upper]: [Id; 2],
        step: u32,
        init: &[Id],
        body: &Region,
    ) -> Step<(std::ops::Range<i64>, Vec<Value>)> {
        if step == 0 {
            return Err("a fold needs a positive step".to_owned());
        }
        if body.params.len() != init.len() + 1 || body.yields.len() != init.len() {
            return Err("a fold must start, bind and yield equally many values".to_owned());
        }
        Ok((self.index(lower)?..self.index(upper)?, self.all(init)?))
    }

    fn step(&mut self, id: Id, op: &Op) -> Step<Value> {
        match op {
            Op::Index(_)
            | Op::Dim(_)
            | Op::Grid(_)
            | Op::IndexOp(..)
            | Op::IndexCompare(..)
            | Op::Element(..)
            | Op::Result(..) => self.scalar(op),
            Op::Store { arg, at, until, value } => {
                let (at, tile) = (self.place(*at)?, Rc::clone(self.held(*value)?));
                let end = until.map_or(Ok(i64::MAX), |row| self.index(row))?;
                let group = self.group;
                let part = self.parts.get_mut(*arg as usize).ok_or("no such argument")?;
                part.store((at, end), &tile, group).map(|()| Value::Nothing)
            }
            Op::Share(tile) => Ok(Value::Tile(Rc::clone(self.held(*tile)?))),
            _ => self.make(id, op).map(|tile| Value::Tile(Rc::new(tile))),
        }
    }

    fn scalar(&self, op: &Op) -> Step<Value> {
        let index = match op {
            Op::Index(value) => *value,
            Op::Dim(dim) => *self.dims.get(*dim as usize).ok_or("no such dim")?,
            Op::Grid(axis) => *self.workgroup.get(*axis as usize).ok_or("no such grid axis")?,
            Op::Element(tile) => self.element(*tile)?,
            Op::IndexOp(op, a, b) => arithmetic(*op, self.index(*a)?, self.index(*b)?)?,
            Op::IndexCompare(op, a, b) => {
                return Ok(Value::Condition(op.holds(self.index(*a)?, self.index(*b)?)));
            }
            Op::Result(fold, number) => {
                return match self.value(*fold)? {
                    Value::Carried(values) => values.get(*number as usize).cloned(),
                    _ => None,
                }
                .ok_or_else(|| format!("there is no carried value number {number}"));
            }
            _ => return Err("this is not index arithmetic".to_owned()),
        };
        match i32::try_from(index) {
            Ok(_) => Ok(Value::Index(index)),
            Err(_) => Err(format!("the index {index} exceeds 32 bits")),
        }
    }

    /// The number in a tile of one integer; what is negative counts as 0.
    fn element(&self, tile: Id) -> Step<i64> {
        match &self.tile(tile)?.data {
            Data::Int(numbers) if numbers.len() == 1 => Ok(i64::from(numbers[0]).max(0)),
            _ => Err("an index is made of a single integer".to_owned()),
        }
    }

    /// The tile that an operation makes.
    fn make(&self, id: Id, op: &Op) -> Step<Tile> {
        let shape = self.program.shape(id);
        let size = [shape[1], shape[2]];
        match op {
            Op::Load { arg, at, fill } => {
                let part = self.parts.get(*arg as usize).ok_or("no such argument")?;
                part.load(self.place(*at)?, size, *fill, self.group)
            }
            Op::Read { shared: of, at } | Op::Window { of, at } => {
                window(self.tile(*of)?, *at, size)
            }
            Op::Full(value) => Ok(full(shape, self.dtype(id)?, *value)),
            Op::Splat(index) => {
                let value = self.index(*index)? as i32;
                Ok(Tile::ints(shape, DType::I32, vec![value; volume(shape)]))
            }
            Op::Iota(axis) => iota(shape, *axis),
            Op::Unary(op, x) => unary(*op, self.tile(*x)?, self.dtype(id).ok()),
            Op::Binary(op, a, b) => {
                binary(*op, self.tile(*a)?, self.tile(*b)?, self.dtype(id).ok())
            }
            Op::Fma(a, b, c) => fma(self.tile(*a)?, self.tile(*b)?, self.tile(*c)?),
            Op::Compare(op, a, b) => compare(*op, self.tile(*a)?, self.tile(*b)?),
            Op::Select(condition, a, b) => {
                select(self.tile(*condition)?, self.tile(*a)?, self.tile(*b)?)
            }
            Op::Cast(x) => cast(self.tile(*x)?, self.dtype(id)?),
            Op::Transpose(x) => Ok(transpose(self.tile(*x)?)),
            Op::Slices(x) => slices(self.tile(*x)?, shape[0]),
            Op::Join(x) => Ok(join(self.tile(*x)?)),
            Op::Mma { a, b, acc } => mma(self.tile(*a)?, self.tile(*b)?, self.tile(*acc)?),
            Op::Reduce(op, axis, x) => reduce(*op, *axis, self.tile(*x)?, self.dtype(id)?),
            _ => Err("this operation makes no tile".to_owned()),
        }
    }

    fn value(&self, id: Id) -> Step<&Value> {
        let value = self.values.get(id.0 as usize).and_then(Option::as_ref);
        value.ok_or_else(|| "an operand is used before it is defined".to_owned())
    }

    fn all(&self, ids: &[Id]) -> Step<Vec<Value>> {
        ids.iter().map(|id| self.value(*id).cloned()).collect()
    }

    fn index(&self, id: Id) -> Step<i64> {
        match self.value(id)? {
            Value::Index(index) => Ok(*index),
            _ => Err("an operand should be an index".to_owned()),
        }
    }

    fn place(&self, [row, col]: [Id; 2]) -> Step<[i64; 2]> {
        Ok([self.index(row)?, self.index(col)?])
    }

    fn condition(&self, id: Id) -> Step<bool> {
        match self.value(id)? {
            Value::Condition(holds) => Ok(*holds),
            _ => Err("an operand should be a condition".to_owned()),
        }
    }

    fn held(&self, id: Id) -> Step<&Rc<Tile>> {
        match self.value(id)? {
            Value::Tile(tile) => Ok(tile),
            _ => Err("an operand should be a tile".to_owned()),
        }
    }

    fn tile(&self, id: Id) -> Step<&Tile> {
        self.held(id).map(|tile| &**tile)
    }

    fn dtype(&self, id: Id) -> Step<DType> {
        match self.program.ty(id) {
            Type::Tile(Elem::Num(dtype), _) | Type::Shared(dtype, _) => Ok(dtype),
            _ => Err("the result should be a tile of numbers".to_owned()),
        }
    }

    fn error(&self, id: Id, message: String) -> RunError {
        let location = Some(self.program.node(id).location);
        RunError { message, location, workgroup: self.workgroup }
    }
}

fn arithmetic(op: IndexOp, a: i64, b: i64) -> Step<i64> {
    Ok(match op {
        IndexOp::Add => a + b,
        IndexOp::Sub => a - b,
        IndexOp::Mul => a * b,
        IndexOp::Div | IndexOp::Rem if b <= 0 => {
            return Err(format!("index division by {b}, which is not positive"));
        }
        IndexOp::Div => a / b,
        IndexOp::Rem => a % b,
        IndexOp::Min => a.min(b),
        IndexOp::Max => a.max(b),
    })
}

fn full(shape: Shape, dtype: DType, value: f64) -> Tile {
    match dtype.is_float() {
        true => Tile::floats(shape, dtype, vec![float_constant(value, dtype); volume(shape)]),
        false => Tile::ints(shape, dtype, vec![int_constant(value, dtype); volume(shape)]),
    }
}

fn iota(shape: Shape, axis: u32) -> Step<Tile> {
    let axis = axis as usize;
    if axis > 2 {
        return Err(format!("a tile has no axis {axis}"));
    }
    let inner: usize = shape[axis + 1..].iter().map(|size| *size as usize).product();
    let size = shape[axis] as usize;
    let data = (0..volume(shape)).map(|at| (at / inner % size) as i32).collect();
    Ok(Tile::ints(shape, DType::I32, data))
}
