//! Text of tile IR, one value a line.
//!
//! * A header names dims, argument parts, grid and waves; the body follows between braces.
//! * `%n : type = op operands` defines a value; ops that only act omit `%n : type =`, but count.
//! * Values are numbered in program order, so equal programs print equally whatever their arena.
//! * Comments start with `;` and end with the line. With locations, one follows each value whose
//!   recipe line differs from that of the value above.

mod words;

pub(super) use words::{BINARY, COMPARE, INDEX, REDUCTION, ROLE, UNARY, word};
pub(crate) use words::{binary_symbol, compare_symbol, dtype_constant, extent_text, shape_text};

use super::{Id, Op, Part, Program, Region, Type};
use crate::diagnose::Location;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The canonical text of a program, without locations.
///
/// # Panics
/// If a region lists a value that the program does not have; verified programs never do.
pub fn print(program: &Program) -> String {
    Printer::new(program, false).program()
}

/// The text of a program with the recipe line of every value, as comments.
///
/// # Panics
/// As [`print`] does.
pub fn print_located(program: &Program) -> String {
    Printer::new(program, true).program()
}

/// The first line of one value, with the arena's own numbers.
pub(super) fn line(program: &Program, id: Id) -> String {
    let mut printer = Printer::new(program, false);
    printer.numbers = (0..program.nodes.len() as u32).map(|id| (Id(id), id)).collect();
    printer.head(id)
}

struct Printer<'p> {
    program: &'p Program,
    located: bool,
    location: Location,
    text: String,
    numbers: HashMap<Id, u32>,
}

impl<'p> Printer<'p> {
    fn new(program: &'p Program, located: bool) -> Printer<'p> {
        let (text, numbers) = (String::new(), HashMap::new());
        Printer { program, located, location: Location::UNKNOWN, text, numbers }
    }

    fn program(mut self) -> String {
        let Program { name, dims, multiples, parts, grid, waves, ahead, body, .. } = self.program;
        self.line(0, &format!("kernel {name}"));
        for (dim, multiple) in dims.iter().zip(multiples) {
            self.line(0, &format!("dim {dim} multiple {multiple}"));
        }
        for part in parts {
            let line = self.part(part);
            self.line(0, &line);
        }
        let grid: Vec<String> = grid.iter().map(|extent| extent_text(*extent, dims)).collect();
        self.line(0, &format!("grid [{}]", grid.join(", ")));
        self.line(0, &format!("waves [{}, {}, {}]", waves.slices, waves.rows, waves.cols));
        if *ahead > 0 {
            self.line(0, &format!("ahead {ahead}"));
        }
        self.number(body);
        self.line(0, "{");
        self.region(body, 1);
        self.line(0, "}");
        self.text
    }

    fn part(&self, part: &Part) -> String {
        let Part { name, dtype, extent, order, role } = part;
        let [rows, cols] = extent.map(|extent| extent_text(extent, &self.program.dims));
        format!("part {name} {} {dtype} [{rows}, {cols}] order \"{order}\"", word(&ROLE, *role))
    }

    /// Numbers a region's values in program order, nested ones after their op.
    fn number(&mut self, region: &Region) {
        for id in region.params.iter().chain(&region.values) {
            self.numbers.insert(*id, self.numbers.len() as u32);
            if let Some(body) = body(&self.program.node(*id).op) {
                self.number(body);
            }
        }
    }

    fn region(&mut self, region: &Region, depth: usize) {
        for id in &region.values {
            let node = self.program.node(*id);
            let mut line = self.head(*id);
            if self.located && node.location != self.location {
                self.location = node.location;
                line.push_str(&format!("  ; {}", node.location));
            }
            self.line(depth, &line);
            if let Some(body) = body(&node.op) {
                self.region(body, depth + 1);
                if !body.yields.is_empty() {
                    let yields = self.ids(&body.yields);
                    self.line(depth + 1, &format!("yield {yields}"));
                }
                self.line(depth, "}");
            }
        }
    }

    fn head(&self, id: Id) -> String {
        let node = self.program.node(id);
        let op = self.op(&node.op);
        match (&node.op, node.ty) {
            (Op::Fold { .. }, _) => format!("{} = {op}", self.id(id)),
            (_, Type::None) => op,
            (_, ty) => format!("{} : {ty} = {op}", self.id(id)),
        }
    }

    fn op(&self, op: &Op) -> String {
        match op {
            Op::Index(value) => format!("index {value}"),
            Op::Dim(dim) => format!("dim {}", self.name(*dim, &self.program.dims)),
            Op::Grid(axis) => format!("grid {axis}"),
            Op::IndexOp(op, a, b) => self.named(word(&INDEX, *op), &[*a, *b]),
            Op::IndexCompare(op, a, b) | Op::Compare(op, a, b) => {
                self.named(word(&COMPARE, *op), &[*a, *b])
            }
            Op::Element(a) => self.named("element", &[*a]),
            Op::Bound => "bound".to_owned(),
            Op::Load { arg, at, fill } => {
                format!("load {} at {} or {fill:?}", self.part_name(*arg), self.ids(at))
            }
            Op::Store { arg, at, until, value } => {
                let (value, at) = (self.id(*value), self.ids(at));
                let until = until.map(|row| format!(" until {}", self.id(row)));
                let until = until.unwrap_or_default();
                format!("store {value} to {} at {at}{until}", self.part_name(*arg))
            }
            Op::Share(a) => self.named("share", &[*a]),
            Op::Read { shared, at: [row, col] } => {
                format!("read {} at {row}, {col}", self.id(*shared))
            }
            Op::Full(value) => format!("full {value:?}"),
            Op::Splat(a) => self.named("splat", &[*a]),
            Op::Iota(axis) => format!("iota {axis}"),
            Op::Unary(op, a) => self.named(word(&UNARY, *op), &[*a]),
            Op::Binary(op, a, b) => self.named(word(&BINARY, *op), &[*a, *b]),
            Op::Fma(a, b, c) => self.named("fma", &[*a, *b, *c]),
            Op::Select(condition, a, b) => self.named("select", &[*condition, *a, *b]),
            Op::Cast(a) => self.named("cast", &[*a]),
            Op::Transpose(a) => self.named("transpose", &[*a]),
            Op::Slices(a) => self.named("slices", &[*a]),
            Op::Join(a) => self.named("join", &[*a]),
            Op::Window { of, at: [row, col] } => {
                format!("window {} at {row}, {col}", self.id(*of))
            }
            Op::Mma { a, b, acc } => self.named("mma", &[*a, *b, *acc]),
            Op::Reduce(op, axis, a) => {
                format!("{} {} over {axis}", word(&REDUCTION, *op), self.id(*a))
            }
            Op::Result(fold, number) => format!("result {}, {number}", self.id(*fold)),
            Op::When { condition, .. } => format!("when {} {{", self.id(*condition)),
            Op::Fold { .. } => self.fold(op),
        }
    }

    fn fold(&self, op: &Op) -> String {
        let Op::Fold { lower, upper, step, stages, init, body } = op else { return String::new() };
        let [lower, upper] = [lower, upper].map(|id| self.id(*id));
        let params: Vec<String> = body.params.iter().map(|id| self.id(*id)).collect();
        let (index, carried) = params.split_first().map_or(("?", &[][..]), |(i, c)| (i, c));
        let mut text = format!("fold {index} in {lower} .. {upper} step {step} stages {stages}");
        for (at, (name, start)) in carried.iter().zip(init).enumerate() {
            let word = if at == 0 { " carry" } else { "," };
            let node = self.program.nodes.get(body.params[at + 1].0 as usize);
            let ty = node.map_or(Type::None, |node| node.ty);
            text.push_str(&format!("{word} {name} : {ty} = {}", self.id(*start)));
        }
        text.push_str(" {");
        text
    }

    fn named(&self, name: &str, operands: &[Id]) -> String {
        format!("{name} {}", self.ids(operands))
    }

    fn part_name(&self, arg: u32) -> String {
        let name = self.program.parts.get(arg as usize).map(|part| part.name.clone());
        name.unwrap_or_else(|| format!("?{arg}"))
    }

    fn name(&self, number: u32, names: &[String]) -> String {
        names.get(number as usize).cloned().unwrap_or_else(|| format!("?{number}"))
    }

    fn id(&self, id: Id) -> String {
        self.numbers.get(&id).map_or_else(|| "%?".to_owned(), |number| format!("%{number}"))
    }

    fn ids(&self, ids: &[Id]) -> String {
        let ids: Vec<String> = ids.iter().map(|id| self.id(*id)).collect();
        ids.join(", ")
    }

    fn line(&mut self, depth: usize, text: &str) {
        let indent = 2 * depth;
        writeln!(self.text, "{:indent$}{text}", "").expect("a string should take any text");
    }
}

fn body(op: &Op) -> Option<&Region> {
    match op {
        Op::Fold { body, .. } | Op::When { body, .. } => Some(body),
        _ => None,
    }
}
