//! The one place that prints.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Prints text as it is.
///
/// # Errors
/// If the output is gone; see [`is_closed`].
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Says what went wrong, in one line.
pub(crate) fn complain(error: &anyhow::Error) {
    say("error", &told(error));
}

/// An error with its causes, those that it does not name already.
pub(crate) fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| {
        match (text.is_empty(), text.ends_with(&cause)) {
            (true, _) => cause,
            (false, true) => text,
            // What is said of a file may name it.
            (false, false) if begins(&cause, &text) => cause,
            (false, false) => format!("{text}: {cause}"),
        }
    })
}

/// Whether a text begins with the words of another.
fn begins(text: &str, with: &str) -> bool {
    text.strip_prefix(with).is_some_and(|rest| rest.starts_with([' ', ':']))
}

/// Says something in one line that does not stop the command.
pub(crate) fn note(text: &str) {
    say("note", text);
}

fn say(kind: &str, text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    // There is nowhere else to complain to.
    let _ = writeln!(io::stderr().lock(), "{kind}: {}", words.join(" "));
}

/// Whether an error only says that whoever read the output has seen enough, like `head`.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Columns, the first `left` of them set to the left and the others to the right, two spaces
/// apart.
pub(crate) struct Columns {
    /// Width of each column.
    pub(crate) widths: Vec<usize>,
    /// Number of columns of words; the others hold numbers.
    pub(crate) left: usize,
}

impl Columns {
    /// One line of cells.
    pub(crate) fn line(&self, cells: &[String]) -> String {
        let set = |(at, (cell, width)): (usize, (&String, &usize))| match at < self.left {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        };
        let cells: Vec<String> = cells.iter().zip(&self.widths).enumerate().map(set).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_an_error_names_already_is_not_said_twice() {
        let missing = || io::Error::new(ErrorKind::NotFound, "no such file");
        let named = anyhow::Error::new(missing()).context("cannot open a: no such file");
        assert_eq!(told(&named), "cannot open a: no such file");
        let plain = anyhow::Error::new(missing()).context("kernel k");
        assert_eq!(told(&plain), "kernel k: no such file");
        let damaged = |file: &str| anyhow::anyhow!("a.kiln is damaged").context(file.to_owned());
        assert_eq!(told(&damaged("a.kiln")), "a.kiln is damaged");
        assert_eq!(told(&damaged("a.ki")), "a.ki: a.kiln is damaged");
    }
}
