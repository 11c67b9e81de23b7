//! The words of one line, read from left to right.

use super::super::Type;
use super::super::print::word;
use super::super::{Elem, Shape};
use kiln_targets::DType;
use std::fmt::Display;
use std::str::FromStr;

/// What is wrong in a line.
pub(super) type Problem = String;

/// A line without its comment, cut into words, strings and punctuation.
pub(super) struct Cursor<'t> {
    rest: &'t str,
}

const PUNCTUATION: [char; 7] = ['[', ']', ',', ':', '=', '{', '}'];

impl<'t> Cursor<'t> {
    pub(super) fn new(line: &'t str) -> Cursor<'t> {
        Cursor { rest: line.trim() }
    }

    /// The next word without taking it; empty at the end.
    pub(super) fn peek(&self) -> &'t str {
        let end = match self.rest.chars().next() {
            Some('"') => self.rest[1..].find('"').map_or(self.rest.len(), |end| end + 2),
            Some(first) if PUNCTUATION.contains(&first) => 1,
            _ => {
                let ends = |c: char| c.is_whitespace() || c == '"' || PUNCTUATION.contains(&c);
                self.rest.find(ends).unwrap_or(self.rest.len())
            }
        };
        &self.rest[..end]
    }

    /// Takes the next word; empty at the end.
    pub(super) fn next(&mut self) -> &'t str {
        let word = self.peek();
        self.rest = self.rest[word.len()..].trim_start();
        word
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.next();
        }
        found
    }

    /// Takes this word, which must follow.
    pub(super) fn expect(&mut self, word: &str) -> Result<(), Problem> {
        match self.next() {
            found if found == word => Ok(()),
            "" => Err(format!("the line ends where `{word}` should follow")),
            found => Err(format!("`{word}` should stand in place of `{found}`")),
        }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&self) -> Result<(), Problem> {
        match self.rest {
            "" => Ok(()),
            rest => Err(format!("`{rest}` is left over")),
        }
    }

    /// Takes a number.
    pub(super) fn number<T: FromStr>(&mut self) -> Result<T, Problem> {
        let word = self.next();
        word.parse().map_err(|_| format!("a number should stand in place of `{word}`"))
    }

    /// Takes a quoted text, without its quotes.
    pub(super) fn quoted(&mut self) -> Result<&'t str, Problem> {
        let word = self.next();
        let inner = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        inner.ok_or_else(|| format!("a quoted text should stand in place of `{word}`"))
    }

    /// Takes what a table lists.
    pub(super) fn one_of<T: Copy + PartialEq>(
        &mut self,
        table: &[(T, &'static str)],
    ) -> Result<T, Problem> {
        let found = self.next();
        lookup(table, found).ok_or_else(|| {
            let known: Vec<&str> = table.iter().map(|(op, _)| word(table, *op)).collect();
            format!("one of {} should stand in place of `{found}`", known.join(", "))
        })
    }

    /// Takes `[a, b, ...]`.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.take("]") {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Takes `a, b` after the first of two numbers.
    pub(super) fn pair<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<[T; 2], Problem> {
        let first = item(self)?;
        self.expect(",")?;
        Ok([first, item(self)?])
    }

    /// Takes a type.
    pub(super) fn ty(&mut self) -> Result<Type, Problem> {
        match self.next() {
            "index" => Ok(Type::Index),
            "condition" => Ok(Type::Condition),
            "shared" => Ok(Type::Shared(self.dtype()?, self.shape()?)),
            "bool" => Ok(Type::Tile(Elem::Bool, self.shape()?)),
            word => Ok(Type::Tile(Elem::Num(parsed(word)?), self.shape()?)),
        }
    }

    /// Takes a number type.
    pub(super) fn dtype(&mut self) -> Result<DType, Problem> {
        parsed(self.next())
    }

    fn shape(&mut self) -> Result<Shape, Problem> {
        let sizes = self.list(Cursor::number)?;
        match sizes[..] {
            [rows, cols] => Ok([1, rows, cols]),
            [slices, rows, cols] => Ok([slices, rows, cols]),
            _ => Err(format!("a shape has two or three sizes, not {}", sizes.len())),
        }
    }
}

/// What a table lists under a word.
pub(super) fn lookup<T: Copy>(table: &[(T, &'static str)], word: &str) -> Option<T> {
    table.iter().find(|(_, known)| *known == word).map(|(op, _)| *op)
}

/// A word as a value of a type that explains its own errors.
pub(super) fn parsed<T: FromStr<Err: Display>>(word: &str) -> Result<T, Problem> {
    word.parse().map_err(|error: T::Err| error.to_string())
}
