//! The size ledger and the words that a finished file does not hold.

use std::collections::BTreeMap;

use crate::Violation;
use crate::rust_source::{Keep, blank, words};
use crate::workspace::SourceFile;

/// The most lines that a source file may have.
pub const MOST_LINES: usize = 600;

/// Words for work that was put off, written so that this file does not hold them.
const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Folders of somebody's machine, written so that this file does not hold them.
const MACHINE_FOLDERS: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Every Rust file of more than [`MOST_LINES`] lines.
pub fn no_file_too_long(files: &[SourceFile]) -> Vec<Violation> {
    let long = files.iter().filter(|f| f.is_rust() && lines(f) > MOST_LINES);
    long.map(|f| {
        let what = format!("has {} lines; split it below {MOST_LINES}", lines(f));
        Violation::new(&f.path, what)
    })
    .collect()
}

/// A table of lines of Rust by room, and of the `largest` files.
pub fn sizes(files: &[SourceFile], largest: usize) -> String {
    let mut rust: Vec<(usize, &str)> =
        files.iter().filter(|f| f.is_rust()).map(|f| (lines(f), f.path.as_str())).collect();
    let mut rooms: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (lines, path) in &rust {
        let room = rooms.entry(path.split('/').next().unwrap_or(path)).or_default();
        *room = (room.0 + 1, room.1 + lines);
    }
    rust.sort_unstable_by(|a, b| b.cmp(a));
    let mut table = String::from("room        files   lines\n");
    for (room, (files, lines)) in rooms {
        table += &format!("{room:<11} {files:>5} {lines:>7}\n");
    }
    table += "largest files\n";
    for (lines, path) in rust.iter().take(largest) {
        table += &format!("{lines:>7} {path}\n");
    }
    table
}

fn lines(file: &SourceFile) -> usize {
    file.text.lines().count()
}

/// Every line with a word for work that was put off.
pub fn nothing_put_off(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        for (line, word) in words(&file.text).filter(|(_, word)| PUT_OFF.contains(word)) {
            let place = format!("{}:{line}", file.path);
            violations.push(Violation::new(place, format!("says {word}: finish it or file it")));
        }
    }
    violations
}

/// Every use of the debug-print macro in Rust code.
pub fn no_debug_prints(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| f.is_rust()) {
        for (index, line) in blank(&file.text, Keep::Code).lines().enumerate() {
            if line.contains("dbg!") {
                let place = format!("{}:{}", file.path, index + 1);
                violations.push(Violation::new(place, "prints for debugging: remove it"));
            }
        }
    }
    violations
}

/// Every line with an absolute path into somebody's machine.
pub fn no_machine_paths(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            for folder in MACHINE_FOLDERS.iter().filter(|folder| starts_a_path(line, folder)) {
                let place = format!("{}:{}", file.path, index + 1);
                violations.push(Violation::new(place, format!("names {folder} of some machine")));
            }
        }
    }
    violations
}

/// Whether `folder` stands in `line` as the beginning of a path, not inside a longer one.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"_-./~}$".contains(c))
    })
}
