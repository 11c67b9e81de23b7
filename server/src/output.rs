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
    say("error", &format!("{error:#}"));
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
