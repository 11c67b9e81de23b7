//! Inference on whole programs: what is anchored, and by what.

use crate::layout::{Coord, Layout, Layouts};
use crate::tile::{Id, Op, Program, parse, verify};
use kiln_targets::Target;

/// `y = x w` by steps of 32; the weights as they lie in a part of the given type and order, cast.
fn product(dtype: &str, order: &str) -> Program {
    read(&format!(
        "kernel product\ndim k multiple 32\n\
         part x input f16 [64, k] order \"\"\n\
         part w input {dtype} [64, k] order \"{order}\"\n\
         part y output f32 [64, 1] order \"\"\n\
         grid [1]\nwaves [1, 2, 2]\n{{\n\
         %zero : index = index 0\n%end : index = dim k\n\
         %none : f32[64, 64] = full 0.0\n\
         %sums = fold %j in %zero .. %end step 32 stages 1 carry %sum : f32[64, 64] = %none {{\n\
         %x : f16[64, 32] = load x at %zero, %j or 0.0\n\
         %w : {dtype}[64, 32] = load w at %zero, %j or 0.0\n\
         %wide : f16[64, 32] = cast %w\n\
         %shared : shared f16[64, 32] = share %wide\n\
         %read : f16[64, 32] = read %shared at 0, 0\n\
         %turned : f16[32, 64] = transpose %read\n\
         %next : f32[64, 64] = mma %x, %turned, %sum\n\
         yield %next\n}}\n\
         %done : f32[64, 64] = result %sums, 0\n\
         %twice : f32[64, 64] = add %done, %done\n\
         %row : f32[64, 1] = sum %twice over 2\n\
         store %row to y at %zero, %zero\n}}\n"
    ))
}

fn read(text: &str) -> Program {
    let program = parse(text).unwrap();
    assert_eq!(verify(&program), Ok(()));
    program
}

fn find(program: &Program, wanted: impl Fn(&Op) -> bool) -> Id {
    let place = program.nodes.iter().position(|node| wanted(&node.op));
    Id(place.expect("the program should have such a node") as u32)
}

fn gfx() -> Target {
    Target::builtin("gfx1151").unwrap()
}

fn columns(layout: &Layout) -> Vec<u8> {
    let bits = layout.register.iter().chain(&layout.chunk);
    bits.filter(|coord| coord.axis == 2).map(|coord| coord.bit).collect()
}

#[test]
fn products_anchor_what_they_sum_into_and_everything_made_from_it() {
    let (program, target) = (product("f16", ""), gfx());
    let layouts = Layouts::infer(&program, &target).unwrap();
    let mma = find(&program, |op| matches!(op, Op::Mma { .. }));
    let (atom, operands) = layouts.product(mma);
    assert_eq!(atom, "wmma_f32_16x16x16_f16");
    let Op::Mma { acc, .. } = program.node(mma).op else { unreachable!() };
    let result = find(&program, |op| matches!(op, Op::Result(..)));
    for id in [mma, acc, result] {
        assert_eq!(layouts.anchored(id), Some(&operands.c));
    }
    let twice = find(&program, |op| matches!(op, Op::Binary(..)));
    assert_eq!(layouts.anchored(twice), None);
    assert_eq!(layouts.known(twice).as_ref(), Some(&operands.c));
    let row = find(&program, |op| matches!(op, Op::Reduce(..)));
    assert_eq!(layouts.anchored(row), Some(&operands.c.project([1, 64, 1])));
}

#[test]
fn loads_are_free_and_prefer_the_order_of_their_memory() {
    let (program, target) = (product("f16", "k0 k1 k2 n0 n1 n2 n3"), gfx());
    let layouts = Layouts::infer(&program, &target).unwrap();
    let load = find(&program, |op| matches!(op, Op::Load { arg: 1, .. }));
    assert_eq!((layouts.known(load), layouts.anchored(load)), (None, None));
    let preferred = layouts.preferred(load);
    assert_eq!(preferred.register, [0, 1, 2].map(|bit| Coord::new(2, bit)));
    let lanes = [(1, 0), (1, 1), (1, 2), (1, 3), (2, 3)];
    assert_eq!(preferred.lane, lanes.map(|(axis, bit)| Some(Coord::new(axis, bit))));
}

#[test]
fn nibbles_decide_the_order_in_which_the_contracted_axis_is_taken() {
    let target = gfx();
    for (order, taken) in [
        ("k0 k1 k2 k3 k4", [2, 0, 1, 3, 4]),
        ("k1 k2 k0 k3 k4", [0, 1, 2, 3, 4]),
        ("k4 k3 k2 k1 k0", [2, 4, 3, 1, 0]),
    ] {
        let program = product("u4", order);
        let layouts = Layouts::infer(&program, &target).unwrap();
        let mma = find(&program, |op| matches!(op, Op::Mma { .. }));
        let (_, operands) = layouts.product(mma);
        assert_eq!(columns(&operands.a), taken, "{order}");
    }
}

#[test]
fn sums_without_products_follow_the_memory_of_what_they_sum() {
    let program = read(
        "kernel sums\ndim m multiple 1\n\
         part x input f32 [m, 64] order \"\"\npart y output f32 [m, 1] order \"\"\n\
         grid [m/4]\nwaves [1, 1, 1]\n{\n\
         %i : index = grid 0\n%four : index = index 4\n%row : index = mul %i, %four\n\
         %zero : index = index 0\n\
         %x : f32[4, 64] = load x at %row, %zero or 0.0\n\
         %sum : f32[4, 1] = sum %x over 2\n\
         store %sum to y at %row, %zero\n}\n",
    );
    let target = gfx();
    let layouts = Layouts::infer(&program, &target).unwrap();
    let sum = find(&program, |op| matches!(op, Op::Reduce(..)));
    let load = find(&program, |op| matches!(op, Op::Load { .. }));
    let anchored = layouts.anchored(sum).unwrap();
    assert_eq!(anchored, &layouts.preferred(load).project([1, 4, 1]));
    assert!(anchored.is_valid());
}

#[test]
fn a_product_without_an_atom_is_reported_at_its_line() {
    let text = "kernel none\ngrid [1]\nwaves [1, 1, 1]\n{\n\
                %a : u8[16, 16] = full 1.0\n%c : i32[16, 16] = full 0.0\n\
                %p : i32[16, 16] = mma %a, %a, %c\n}\n";
    let program = read(text);
    let mut target = gfx();
    target.atoms.clear();
    let wrong = Layouts::infer(&program, &target).unwrap_err();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].message, "gfx1151 has no matrix atom for u8 x u8 -> i32");
}
