//! Text forms against programs that people and generators write.

pub(crate) mod generator;

use super::parse;
use crate::diagnose::Location;
use crate::tile::{Id, Op, Program, Region, digest, print, print_located, verify};
use generator::{Random, program};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The same program in another arena: values in reverse, after one that nothing refers to.
fn scrambled(program: &Program) -> Program {
    let last = program.nodes.len() as u32;
    let moved = |id: &mut Id| id.0 = last - id.0;
    let region = |region: &mut Region| {
        let Region { params, values, yields } = region;
        params.iter_mut().chain(values).chain(yields).for_each(moved);
    };
    let mut scrambled = program.clone();
    for node in &mut scrambled.nodes {
        generator::operands_mut(&mut node.op).into_iter().for_each(moved);
        if let Op::Fold { body, .. } | Op::When { body, .. } = &mut node.op {
            region(body);
        }
    }
    region(&mut scrambled.body);
    let unused = scrambled.nodes[0].clone();
    scrambled.nodes.push(unused);
    scrambled.nodes.reverse();
    scrambled
}

proptest! {
    #[test]
    fn every_program_is_read_back_exactly(seed: u64) {
        let program = program(seed);
        prop_assert_eq!(verify(&program), Ok(()));
        let parsed = parse(&print(&program));
        prop_assert_eq!(parsed.as_ref(), Ok(&program), "{}", print(&program));
    }

    #[test]
    fn the_arena_shows_neither_in_text_nor_digest(seed: u64) {
        let program = program(seed);
        let other = scrambled(&program);
        prop_assert_eq!(verify(&other), Ok(()));
        prop_assert_eq!(print(&other), print(&program));
        prop_assert_eq!(digest(&other), digest(&program));
    }

    #[test]
    fn locations_are_comments(seed: u64) {
        let mut program = program(seed);
        for (line, node) in (1..).zip(&mut program.nodes) {
            node.location = Location { file: "recipe.rs", line: line / 2 };
        }
        let text = print_located(&program);
        prop_assert!(text.contains("  ; recipe.rs:1\n"));
        prop_assert_eq!(print(&parse(&text).unwrap()), print(&program));
    }

    #[test]
    fn damaged_text_is_refused_or_read_but_never_panics(seed: u64) {
        let mut random = Random::new(seed);
        let mut text = print(&program(seed)).into_bytes();
        for _ in 0..=random.below(3) {
            let (from, to) = (random.below(text.len()), random.below(text.len()));
            match random.below(3) {
                0 => drop(text.remove(from)),
                1 => text[from] = text[to],
                _ => text.swap(from, to),
            }
        }
        let text = String::from_utf8(text).unwrap();
        if let Ok(program) = parse(&text) && verify(&program).is_ok() {
            prop_assert_eq!(print(&parse(&print(&program)).unwrap()), print(&program));
        }
    }
}

#[test]
fn the_generated_programs_contain_every_op() {
    let mut seen = BTreeSet::new();
    for seed in 0..400 {
        for node in &program(seed).nodes {
            let shown = format!("{:?}", node.op);
            let end = shown.find(|c: char| !c.is_alphanumeric()).unwrap_or(shown.len());
            seen.insert(shown[..end].to_owned());
        }
    }
    let all = "Binary Bound Cast Compare Dim Element Fma Fold Full Grid Index IndexCompare IndexOp Iota \
               Join Load Mma Read Reduce Result Select Share Slices Splat Store Transpose Unary When Window";
    assert_eq!(seen.into_iter().collect::<Vec<_>>().join(" "), all);
}

#[test]
fn numbers_keep_every_bit_in_text() {
    let text = include_str!("fixtures/numbers.tile");
    let program = parse(text).unwrap();
    verify(&program).unwrap();
    let numbers: Vec<f64> = program
        .nodes
        .iter()
        .filter_map(|node| if let Op::Full(value) = node.op { Some(value) } else { None })
        .collect();
    let expect = [-0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-40, 0.1, 16777217.0];
    let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&numbers), bits(&expect));
    assert_eq!(print(&program), text);
}

#[test]
fn a_hand_written_program_is_canonical_after_printing() {
    let program = parse(include_str!("fixtures/loose.tile")).unwrap();
    verify(&program).unwrap();
    assert_eq!(print(&program), include_str!("fixtures/canonical.tile"));
    assert_eq!(digest(&program).len(), 64);
}

#[test]
fn unreadable_text_is_refused_at_its_line_with_what_should_stand_there() {
    let header = "kernel k\ndim n multiple 1\npart x input f32 [n, 2*n/3] order \"k0 n0\"\n";
    let cases = [
        ("kernel", "the text ends before the program does", 1),
        ("kernel k\nwave [1, 1, 1]", "`wave` does not begin a line of a header", 2),
        ("kernel k\nwaves [1, 1]", "waves are given along slices, rows and columns", 2),
        ("kernel k\ndim n 4", "`multiple` should stand in place of `4`", 2),
        ("kernel k\ngrid [m]", "there is no dim `m`, only ", 2),
        ("kernel k\n{\n}\n{", "the program has ended above", 4),
        ("{\n%0 : index = index x", "a number should stand in place of `x`", 5),
        ("{\n%0 : index = index 1 2", "`2` is left over", 5),
        ("{\n%0 : index = inc 1", "a value such as %0 should stand in place of `1`", 5),
        ("{\n%0 : f99[1, 2] = full 0", "unknown dtype `f99`", 5),
        ("{\n%0 : f32[1] = full 0", "a shape has two or three sizes, not 1", 5),
        ("{\n%0 : f32[1, 2] = neg %1", "%1 is not defined above", 5),
        ("{\n%0 : index = index 1\n%0 : index = index 2", "%0 is defined twice", 6),
        (
            "{\n%0 : index = index 1\n%1 : index = shl %0, %0",
            "there is no operation `shl` that makes index",
            6,
        ),
        ("{\n%0 : index = dim m", "there is no dim `m`", 5),
        (
            "{\n%0 : index = index 0\n%1 : f32[1, 1] = load v at %0, %0 or 0",
            "there is no part `v`",
            6,
        ),
    ];
    for (text, expect, line) in cases {
        let full = if text.starts_with('{') { format!("{header}{text}") } else { text.to_owned() };
        let error = parse(&full).unwrap_err();
        assert!(error.message.starts_with(expect), "{error} instead of {expect}");
        assert_eq!(error.location.line, line, "{error}");
    }
}
