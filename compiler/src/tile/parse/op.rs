//! One op from the words of its line.

use super::super::print::{BINARY, COMPARE, INDEX, REDUCTION, UNARY};
use super::super::{Elem, Id, Op, Program, Region, Type};
use super::cursor::{Cursor, Problem, lookup};
use std::collections::HashMap;

/// The names that an op may mention.
pub(super) struct Names<'p> {
    pub(super) program: &'p Program,
    pub(super) values: &'p HashMap<String, Id>,
}

impl Names<'_> {
    /// The op that follows, of the type that stood before it; regions are left empty.
    pub(super) fn op(&self, line: &mut Cursor<'_>, ty: Type) -> Result<Op, Problem> {
        match line.next() {
            "index" => line.number().map(Op::Index),
            "dim" => self.dim(line.next()).map(Op::Dim),
            "grid" => line.number().map(Op::Grid),
            "load" => self.load(line),
            "store" => self.store(line),
            "share" => self.id(line).map(Op::Share),
            "read" => {
                let shared = self.id(line)?;
                Ok(Op::Read { shared, at: self.place(line)? })
            }
            "full" => line.number().map(Op::Full),
            "splat" => self.id(line).map(Op::Splat),
            "element" => self.id(line).map(Op::Element),
            "iota" => line.number().map(Op::Iota),
            "fma" => self.three(line).map(|[a, b, c]| Op::Fma(a, b, c)),
            "select" => self.three(line).map(|[c, a, b]| Op::Select(c, a, b)),
            "cast" => self.id(line).map(Op::Cast),
            "transpose" => self.id(line).map(Op::Transpose),
            "slices" => self.id(line).map(Op::Slices),
            "join" => self.id(line).map(Op::Join),
            "window" => {
                let of = self.id(line)?;
                Ok(Op::Window { of, at: self.place(line)? })
            }
            "mma" => self.three(line).map(|[a, b, acc]| Op::Mma { a, b, acc }),
            "result" => {
                let fold = self.id(line)?;
                line.expect(",")?;
                Ok(Op::Result(fold, line.number()?))
            }
            "when" => {
                let condition = self.id(line)?;
                line.expect("{")?;
                Ok(Op::When { condition, body: Region::default() })
            }
            word => self.calculation(word, line, ty),
        }
    }

    /// The value of an id that was defined above.
    pub(super) fn id(&self, line: &mut Cursor<'_>) -> Result<Id, Problem> {
        let word = line.next();
        match self.values.get(word) {
            Some(id) => Ok(*id),
            None if word.starts_with('%') => Err(format!("{word} is not defined above")),
            None => Err(format!("a value such as %0 should stand in place of `{word}`")),
        }
    }

    /// An operation whose word means one thing for indices and another for tiles.
    fn calculation(&self, word: &str, line: &mut Cursor<'_>, ty: Type) -> Result<Op, Problem> {
        if let Some(op) = lookup(&UNARY, word) {
            return self.id(line).map(|a| Op::Unary(op, a));
        }
        let a = self.id(line)?;
        if let Some(op) = lookup(&REDUCTION, word)
            && line.take("over")
        {
            return Ok(Op::Reduce(op, line.number()?, a));
        }
        line.expect(",")?;
        let b = self.id(line)?;
        let op = match ty {
            Type::Index => lookup(&INDEX, word).map(|op| Op::IndexOp(op, a, b)),
            Type::Condition => lookup(&COMPARE, word).map(|op| Op::IndexCompare(op, a, b)),
            Type::Tile(Elem::Bool, _) => lookup(&COMPARE, word)
                .map(|op| Op::Compare(op, a, b))
                .or_else(|| lookup(&BINARY, word).map(|op| Op::Binary(op, a, b))),
            _ => lookup(&BINARY, word).map(|op| Op::Binary(op, a, b)),
        };
        op.ok_or_else(|| format!("there is no operation `{word}` that makes {ty}"))
    }

    fn load(&self, line: &mut Cursor<'_>) -> Result<Op, Problem> {
        let arg = self.part(line.next())?;
        line.expect("at")?;
        let at = line.pair(|line| self.id(line))?;
        line.expect("or")?;
        Ok(Op::Load { arg, at, fill: line.number()? })
    }

    fn store(&self, line: &mut Cursor<'_>) -> Result<Op, Problem> {
        let value = self.id(line)?;
        line.expect("to")?;
        let arg = self.part(line.next())?;
        line.expect("at")?;
        let at = line.pair(|line| self.id(line))?;
        let until = if line.take("until") { Some(self.id(line)?) } else { None };
        Ok(Op::Store { arg, at, until, value })
    }

    fn place(&self, line: &mut Cursor<'_>) -> Result<[u32; 2], Problem> {
        line.expect("at")?;
        line.pair(Cursor::number)
    }

    fn three(&self, line: &mut Cursor<'_>) -> Result<[Id; 3], Problem> {
        let [a, b] = line.pair(|line| self.id(line))?;
        line.expect(",")?;
        Ok([a, b, self.id(line)?])
    }

    fn dim(&self, name: &str) -> Result<u32, Problem> {
        let found = self.program.dims.iter().position(|dim| dim == name);
        found.map(|dim| dim as u32).ok_or_else(|| format!("there is no dim `{name}`"))
    }

    fn part(&self, name: &str) -> Result<u32, Problem> {
        let found = self.program.parts.iter().position(|part| part.name == name);
        found.map(|part| part as u32).ok_or_else(|| format!("there is no part `{name}`"))
    }
}
