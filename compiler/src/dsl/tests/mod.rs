//! Recipes as their authors write them, and the mistakes they make.

mod attention;
mod mistakes;
mod mmq;
mod search;
mod signatures;

use crate::tile::{self, Program};

/// Prints a program, reads it back and compares; returns the text.
fn round_trip(program: &Program) -> String {
    let text = tile::print(program);
    let parsed = tile::parse(&text).unwrap();
    tile::verify(&parsed).unwrap();
    assert_eq!(tile::print(&parsed), text);
    assert_eq!(tile::digest(&parsed), tile::digest(program));
    text
}
