//! Reads the text of tile IR back; the inverse of printing.
//!
//! * Values may have any numbers; they are renumbered in order of definition.
//! * Blank lines and comments (`;` to the end of the line) are skipped, so locations are lost.
//! * Only the form is checked here; [`verify`](super::verify) checks the laws.

mod cursor;
mod extent;
mod op;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use extent::{is_name, parse_extent};

use super::print::ROLE;
use super::{Extent, Id, Node, Op, Part, Program, Region, Type, Waves};
use crate::diagnose::{Diagnostic, Location};
use cursor::{Cursor, Problem, parsed};
use op::Names;
use std::collections::HashMap;

/// The program that a text describes.
///
/// # Errors
/// The first line that cannot be read, as line of a file named `<text>`, and why.
pub fn parse(text: &str) -> Result<Program, Diagnostic> {
    let bare = text.lines().map(|line| line.split(';').next().unwrap_or(""));
    let lines: Vec<(u32, &str)> =
        (1..).zip(bare).filter(|(_, line)| !line.trim().is_empty()).collect();
    let mut parser = Parser { lines: &lines, line: 0, program: empty(), values: HashMap::new() };
    match parser.program() {
        Ok(()) => Ok(parser.program),
        Err(problem) => {
            let location = Location { file: "<text>", line: parser.line };
            Err(Diagnostic::new(location, problem))
        }
    }
}

struct Parser<'t> {
    /// Lines not read yet, with their numbers.
    lines: &'t [(u32, &'t str)],
    /// Number of the line being read.
    line: u32,
    program: Program,
    values: HashMap<String, Id>,
}

impl<'t> Parser<'t> {
    fn program(&mut self) -> Result<(), Problem> {
        let mut line = self.next()?;
        line.expect("kernel")?;
        self.program.name = line.next().to_owned();
        line.end()?;
        loop {
            let mut line = self.next()?;
            match line.next() {
                "dim" => self.dim(&mut line)?,
                "part" => self.part(&mut line)?,
                "grid" => self.program.grid = line.list(|line| self.extent(line))?,
                "waves" => self.program.waves = waves(&mut line)?,
                "ahead" => self.program.ahead = line.number()?,
                "{" => break,
                word => return Err(format!("`{word}` does not begin a line of a header")),
            }
            line.end()?;
        }
        self.program.body = self.region(Vec::new())?;
        match self.lines.first() {
            None => Ok(()),
            Some((number, _)) => {
                self.line = *number;
                Err("the program has ended above".to_owned())
            }
        }
    }

    fn next(&mut self) -> Result<Cursor<'t>, Problem> {
        let ((number, line), rest) =
            self.lines.split_first().ok_or("the text ends before the program does")?;
        (self.lines, self.line) = (rest, *number);
        Ok(Cursor::new(line))
    }

    fn dim(&mut self, line: &mut Cursor<'_>) -> Result<(), Problem> {
        self.program.dims.push(line.next().to_owned());
        line.expect("multiple")?;
        self.program.multiples.push(line.number()?);
        Ok(())
    }

    fn part(&mut self, line: &mut Cursor<'_>) -> Result<(), Problem> {
        let name = line.next().to_owned();
        let role = line.one_of(&ROLE)?;
        let dtype = line.dtype()?;
        let extent = line.list(|line| self.extent(line))?;
        let extent = <[Extent; 2]>::try_from(extent).map_err(|_| "a part has rows and columns")?;
        line.expect("order")?;
        let order = parsed(line.quoted()?)?;
        self.program.parts.push(Part { name, dtype, extent, order, role });
        Ok(())
    }

    fn extent(&self, line: &mut Cursor<'_>) -> Result<Extent, Problem> {
        parse_extent(line.next(), &self.program.dims)
    }

    /// Values up to the closing brace.
    fn region(&mut self, params: Vec<Id>) -> Result<Region, Problem> {
        let mut region = Region { params, ..Region::default() };
        loop {
            let mut line = self.next()?;
            if line.take("}") {
                line.end()?;
                return Ok(region);
            }
            if line.take("yield") {
                region.yields = self.yields(&mut line)?;
                self.next()?.expect("}")?;
                return Ok(region);
            }
            let id = self.value(&mut line)?;
            region.values.push(id);
        }
    }

    fn yields(&self, line: &mut Cursor<'_>) -> Result<Vec<Id>, Problem> {
        let mut yields = vec![self.names().id(line)?];
        while line.take(",") {
            yields.push(self.names().id(line)?);
        }
        line.end()?;
        Ok(yields)
    }

    /// One value with its region, if any.
    fn value(&mut self, line: &mut Cursor<'_>) -> Result<Id, Problem> {
        let label = line.peek().starts_with('%').then(|| line.next().to_owned());
        let ty = if line.take(":") { line.ty()? } else { Type::None };
        if label.is_some() {
            line.expect("=")?;
        }
        if line.take("fold") {
            return self.fold(label, line);
        }
        let op = self.names().op(line, ty)?;
        line.end()?;
        let when = matches!(op, Op::When { .. });
        let id = self.define(label, op, ty)?;
        if when {
            let body = self.region(Vec::new())?;
            self.give(id, body);
        }
        Ok(id)
    }

    /// `fold %i in %lower .. %upper step n stages n carry %c : type = %start, ... {` and its body.
    fn fold(&mut self, label: Option<String>, line: &mut Cursor<'_>) -> Result<Id, Problem> {
        let index = line.next().to_owned();
        line.expect("in")?;
        let lower = self.names().id(line)?;
        line.expect("..")?;
        let upper = self.names().id(line)?;
        line.expect("step")?;
        let step = line.number()?;
        line.expect("stages")?;
        let stages = line.number()?;
        let mut carried = Vec::new();
        let mut more = line.take("carry");
        while more {
            carried.push(self.carried(line)?);
            more = line.take(",");
        }
        line.expect("{")?;
        line.end()?;
        let init = carried.iter().map(|(_, _, start)| *start).collect();
        let body = Region::default();
        let id =
            self.define(label, Op::Fold { lower, upper, step, stages, init, body }, Type::None)?;
        let mut params = vec![self.define(Some(index), Op::Bound, Type::Index)?];
        for (name, ty, _) in carried {
            params.push(self.define(Some(name), Op::Bound, ty)?);
        }
        let body = self.region(params)?;
        self.give(id, body);
        Ok(id)
    }

    /// `%c : type = %start`.
    fn carried(&self, line: &mut Cursor<'_>) -> Result<(String, Type, Id), Problem> {
        let name = line.next().to_owned();
        line.expect(":")?;
        let ty = line.ty()?;
        line.expect("=")?;
        Ok((name, ty, self.names().id(line)?))
    }

    fn define(&mut self, label: Option<String>, op: Op, ty: Type) -> Result<Id, Problem> {
        let id = Id(self.program.nodes.len() as u32);
        self.program.nodes.push(Node { op, ty, location: Location::UNKNOWN });
        let Some(label) = label else { return Ok(id) };
        if !label.starts_with('%') || label.len() < 2 {
            return Err(format!("a name such as %0 should stand in place of `{label}`"));
        }
        match self.values.insert(label.clone(), id) {
            None => Ok(id),
            Some(_) => Err(format!("{label} is defined twice")),
        }
    }

    fn give(&mut self, owner: Id, region: Region) {
        if let Op::Fold { body, .. } | Op::When { body, .. } =
            &mut self.program.nodes[owner.0 as usize].op
        {
            *body = region;
        }
    }

    fn names(&self) -> Names<'_> {
        Names { program: &self.program, values: &self.values }
    }
}

fn waves(line: &mut Cursor<'_>) -> Result<Waves, Problem> {
    match line.list(Cursor::number)?[..] {
        [slices, rows, cols] => Ok(Waves { slices, rows, cols }),
        _ => Err("waves are given along slices, rows and columns".to_owned()),
    }
}

fn empty() -> Program {
    Program {
        name: String::new(),
        dims: Vec::new(),
        multiples: Vec::new(),
        parts: Vec::new(),
        grid: Vec::new(),
        waves: Waves { slices: 1, rows: 1, cols: 1 },
        ahead: 0,
        nodes: Vec::new(),
        body: Region::default(),
    }
}
