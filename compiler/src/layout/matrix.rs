//! Layouts of matrix products: the atom's rows, the division between waves, and the order in
//! which the contracted axis is taken.

use kiln_targets::{Atom, BitLayout};

use super::{Coord, Layout};
use crate::tile::{Shape, Waves};

/// Layouts of the three operands of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixLayouts {
    /// Left operand `[s, i, k]`.
    pub a: Layout,
    /// Right operand `[s, k, j]`.
    pub b: Layout,
    /// Accumulator and result `[s, i, j]`.
    pub c: Layout,
}

/// The layouts of `c[s, i, j] += a[s, i, k] * b[s, k, j]` done with an atom.
///
/// `k_order` lists the bits of k; the atom contracts the first ones. Any order is right as long as
/// both operands use the same, so the compiler takes the one in which the packed operand lies in
/// memory. `i_order` lists the bits of i that stand for the atom's row bits; likewise, any
/// permutation is right. Returns what is wrong where the shapes are not whole atoms.
pub fn matrix(
    atom: &Atom,
    shape: Shape,
    depth: u32,
    waves: Waves,
    k_order: &[u8],
    i_order: &[u8],
) -> Result<MatrixLayouts, String> {
    let [slices, rows, cols] = shape;
    check(atom, shape, depth, waves)?;
    let wave_bits = wave_bits(atom, waves);
    let build = |layout: &BitLayout, axes: [usize; 2], shape: Shape| {
        let place = |basis: &[u32; 2]| coordinate(*basis, axes, [i_order, k_order]);
        let rest = &k_order[atom.shape.k.trailing_zeros() as usize..];
        let contracted = axes.iter().position(|axis| *axis == K).map(|place| place + 1);
        let beyond = |axis: usize| rest.iter().map(move |bit| Coord::new(axis, *bit as usize));
        let shared = |bit: &Coord| Some(bit.axis as usize) != contracted;
        Layout {
            shape,
            register: layout.register.iter().filter_map(place).collect(),
            chunk: contracted.into_iter().flat_map(beyond).collect(),
            lane: layout.lane.iter().map(place).collect(),
            wave: wave_bits.iter().map(|bit| Some(*bit).filter(shared)).collect(),
        }
    };
    Ok(MatrixLayouts {
        a: build(&atom.a.layout, [M, K], [slices, rows, depth]),
        b: build(&atom.b.layout, [K, N], [slices, depth, cols]),
        c: build(&atom.c.layout, [M, N], shape),
    })
}

const M: usize = 0;
const N: usize = 1;
const K: usize = 2;

fn check(atom: &Atom, shape: Shape, depth: u32, waves: Waves) -> Result<(), String> {
    let wants = [waves.slices, atom.shape.m * waves.rows, atom.shape.n * waves.cols];
    let names = ["slices", "rows", "columns"];
    for axis in 0..3 {
        if !shape[axis].is_multiple_of(wants[axis]) {
            return Err(format!(
                "{} {} of the product do not divide into {} for each of {} and the waves",
                shape[axis], names[axis], wants[axis], atom.instruction
            ));
        }
    }
    if !depth.is_power_of_two() || depth < atom.shape.k {
        return Err(format!(
            "the contracted axis has {depth} elements; {} takes a power of two of at least {}",
            atom.instruction, atom.shape.k
        ));
    }
    Ok(())
}

/// Wave bits lie just above the atom's: rows first, then columns, then slices.
fn wave_bits(atom: &Atom, waves: Waves) -> Vec<Coord> {
    let bits = |axis: usize, low: u32, count: u32| {
        let low = low.trailing_zeros() as usize;
        (low..low + count.trailing_zeros() as usize).map(move |bit| Coord::new(axis, bit))
    };
    bits(1, atom.shape.m, waves.rows)
        .chain(bits(2, atom.shape.n, waves.cols))
        .chain(bits(0, 1, waves.slices))
        .collect()
}

/// The tile coordinate bit of an atom's basis vector over two of the axes m, n and k.
fn coordinate(basis: [u32; 2], axes: [usize; 2], [i_order, k_order]: [&[u8]; 2]) -> Option<Coord> {
    let place = basis.iter().position(|part| *part != 0)?;
    let bit = basis[place].trailing_zeros() as usize;
    let bit = match axes[place] {
        M => i_order[bit].into(),
        K => k_order[bit].into(),
        _ => bit,
    };
    Some(Coord::new(place + 1, bit))
}

/// An order of an atom's row bits that puts neighbouring rows of the result into the registers of
/// one lane, and the rows after them into other lanes.
pub(super) fn rows_in_registers(atom: &Atom) -> Vec<u8> {
    let row_bit = |basis: &[u32; 2]| (basis[0] != 0).then(|| basis[0].trailing_zeros() as usize);
    let layout = &atom.c.layout;
    let mut order = natural_rows(atom);
    for (at, bit) in (0..).zip(layout.register.iter().chain(&layout.lane).filter_map(row_bit)) {
        order[bit] = at;
    }
    order
}

/// An atom's row bits as they are.
pub(super) fn natural_rows(atom: &Atom) -> Vec<u8> {
    (0..atom.shape.m.trailing_zeros() as u8).collect()
}
