//! Every law, each broken once.

use super::verify;
use crate::tile::parse::tests::generator::{Random, operands_mut, program};
use crate::tile::{Id, Node, Op, Program, Region, Type, parse, print};
use proptest::prelude::*;

const HEADER: &str = "kernel laws
dim n multiple 1
part x input f32 [n, n] order \"\"
part b input i8 [n, n] order \"\"
part y output f32 [n, n] order \"\"
grid [n/16]
waves [1, 1, 1]
{
  %zero : index = index 0
  %one : index = index 1
  %t : f32[4, 8] = full 1
  %i : i32[4, 8] = iota 2
  %q : u4[4, 8] = full 1
  %m : bool[4, 8] = lt %t, %t
  %c : condition = lt %zero, %one
  store %t to y at %zero, %zero
";

#[test]
fn each_broken_law_is_named() {
    for case in include_str!("fixtures/laws.txt").split("\n--- ").skip(1) {
        let (expect, body) = case.split_once('\n').unwrap();
        let text = match body.starts_with("kernel") {
            true => body.to_owned(),
            false => format!("{HEADER}{body}\n}}"),
        };
        let program = parse(&text).unwrap_or_else(|error| panic!("{expect}: {error}"));
        let found = verify(&program).expect_err(expect);
        assert_eq!(found[0].message, expect);
    }
}

#[test]
fn the_program_that_the_laws_are_broken_in_obeys_them() {
    let program = parse(&format!("{HEADER}}}")).unwrap();
    assert_eq!(verify(&program), Ok(()));
}

#[test]
fn a_mistake_quotes_the_line_it_is_in() {
    let program = parse(&format!("{HEADER}%bad : f32[4, 8] = add %t, %i\n}}")).unwrap();
    let found = verify(&program).unwrap_err();
    assert_eq!(found.len(), 1);
    assert!(found[0].notes.contains(&"in `%8 : f32[4, 8] = add %2, %3`".to_owned()), "{found:?}");
}

#[test]
fn values_that_text_cannot_express_are_refused_too() {
    let sound = parse(&format!("{HEADER}}}")).unwrap();
    let broken = |spoil: fn(&mut Program)| {
        let mut program = sound.clone();
        spoil(&mut program);
        verify(&program).unwrap_err()[0].message.clone()
    };
    assert_eq!(broken(|p| p.body.values.push(Id(99))), "value 99 does not exist");
    assert_eq!(broken(|p| p.body.values.push(Id(2))), "the value is defined twice");
    assert_eq!(broken(|p| p.body.params.push(Id(2))), "a region has 1 parameters and is given 0");
    assert_eq!(broken(|p| p.nodes[2].ty = Type::None), "this makes a tile of numbers, not nothing");
    assert_eq!(broken(|p| p.nodes[2].op = Op::Bound), "only a loop's region has such parameters");
    assert_eq!(broken(|p| p.body.values.swap(2, 5)), "a value is used that is not defined here");
    assert_eq!(broken(|p| p.multiples.clear()), "every dim has one known divisor");
    assert_eq!(broken(|p| p.parts[0].extent[0].div = 0), "an extent of `x` is out of range");
    assert_eq!(broken(|p| p.grid[0].dim = Some(7)), "grid axis 0 is out of range");
}

/// Replaces something in one random value by something random.
fn damage(program: &mut Program, random: &mut Random) {
    let count = program.nodes.len();
    let id = Id(random.below(count + 3) as u32);
    let other: Node = program.nodes[random.below(count)].clone();
    let node = &mut program.nodes[random.below(count)];
    let (choice, which) = (random.below(5), random.below(8));
    match (&mut node.op, choice) {
        (Op::Fold { body, .. } | Op::When { body, .. }, 0..3) => {
            let Region { params, values, yields } = body;
            let lists = [params, values, yields];
            let list: &mut Vec<Id> = lists.into_iter().nth(choice).unwrap();
            match list.get_mut(which) {
                Some(found) => *found = id,
                None => list.push(id),
            }
        }
        (_, 3) => node.ty = other.ty,
        (_, 4) => node.op = other.op,
        (op, _) => {
            if let Some(operand) = operands_mut(op).into_iter().nth(which) {
                *operand = id;
            }
        }
    }
}

proptest! {
    #[test]
    fn damaged_programs_are_refused_or_accepted_but_never_panic(seed: u64) {
        let (mut program, mut random) = (program(seed), Random::new(!seed));
        for _ in 0..=random.below(4) {
            damage(&mut program, &mut random);
        }
        if verify(&program).is_ok() {
            let text = print(&program);
            prop_assert_eq!(print(&parse(&text).unwrap()), text);
        }
    }
}
