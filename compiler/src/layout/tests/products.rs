//! Layouts of matrix products, for every atom of every target: each slot holds the coordinate
//! that composing the atom's layout, the wave and the repetition says.

use super::held;
use crate::layout::matrix::rows_in_registers;
use crate::layout::{Layout, matrix};
use crate::tile::{Shape, Waves};
use kiln_targets::{Atom, BitLayout, Target};

/// A product and how it is divided.
struct Product<'a> {
    atom: &'a Atom,
    waves: Waves,
    order: Vec<u8>,
    rows: Vec<u8>,
    shape: Shape,
}

const DIVISIONS: [[u32; 3]; 6] = [[1, 1, 1], [1, 2, 1], [1, 1, 4], [1, 2, 2], [2, 1, 1], [2, 2, 2]];

/// Orders of the bits of a contracted axis: natural, reversed, and as nibbles unpack.
fn orders(bits: u8) -> Vec<Vec<u8>> {
    let natural: Vec<u8> = (0..bits).collect();
    let reversed = natural.iter().rev().copied().collect();
    let mut rotated = natural.clone();
    rotated.rotate_left(1.min(usize::from(bits)));
    vec![natural, reversed, rotated]
}

impl Product<'_> {
    /// Wave number `wave` as slice, row and column.
    fn wave(&self, wave: u32) -> Shape {
        let Waves { rows, cols, .. } = self.waves;
        [wave / (rows * cols), wave % rows, wave / rows % cols]
    }

    /// Coordinate along k of an atom's k in a step.
    fn depth(&self, within: u32, step: u32) -> u32 {
        let index = step * self.atom.shape.k + within;
        self.order.iter().enumerate().map(|(i, bit)| (index >> i & 1) << bit).sum()
    }

    /// Row of the result that an atom's row stands for.
    fn row(&self, within: u32) -> u32 {
        self.rows.iter().enumerate().map(|(i, bit)| (within >> i & 1) << bit).sum()
    }

    /// Checks an operand whose atom axes `part` stand for the tile's rows and columns, m being
    /// 0, n 1 and k 2.
    fn check(&self, layout: &Layout, atom: &BitLayout, part: [usize; 2]) {
        assert!(layout.is_valid(), "{layout:?}");
        let steps = 1 << layout.chunk.len();
        let [slices, rows, cols] = layout.repetitions();
        let atom_size = [self.atom.shape.m, self.atom.shape.n];
        let divided = [self.waves.rows, self.waves.cols];
        let mut slots = 0;
        for repetition in 0..slices * rows * cols {
            let [rs, rr, rc] =
                [repetition / (rows * cols), repetition / cols % rows, repetition % cols];
            for (step, wave) in
                (0..steps).flat_map(|s| (0..self.waves.count()).map(move |w| (s, w)))
            {
                let [ws, wr, wc] = self.wave(wave);
                for (slot, inside) in atom.slots() {
                    let place = |axis: usize, repetition: u32| match part[axis] {
                        2 => self.depth(inside[axis], step),
                        mn => {
                            let number = repetition * divided[mn] + [wr, wc][mn];
                            let inside = [self.row(inside[0]), inside[1]][mn];
                            number * atom_size[mn] + inside
                        }
                    };
                    let wanted = [rs * self.waves.slices + ws, place(0, rr), place(1, rc)];
                    let chunk = repetition * steps + step;
                    let found = held(layout, [wave, slot.lane, chunk, slot.register]);
                    assert_eq!(found, wanted, "{} {:?}", self.atom.name, self.waves);
                    slots += 1;
                }
            }
        }
        let all = layout.chunks() * layout.chunk_elements() * self.waves.count();
        assert_eq!(slots, all << layout.lane.len());
    }
}

#[test]
fn every_slot_holds_what_atom_wave_and_repetition_say() {
    for atom in Atom::builtins() {
        for [slices, rows, cols] in DIVISIONS {
            let waves = Waves { slices, rows, cols };
            let shape = [slices, 3 * rows * atom.shape.m, 2 * cols * atom.shape.n];
            let bits = atom.shape.k.trailing_zeros() as u8 + 1;
            let natural = (0..atom.shape.m.trailing_zeros() as u8).collect();
            let rows = [natural, rows_in_registers(atom)];
            for (order, rows) in orders(bits).into_iter().zip(rows.into_iter().cycle()) {
                let product = Product { atom, waves, order, rows, shape };
                let Product { order, rows, .. } = &product;
                let layouts = matrix(atom, shape, 1 << bits, waves, order, rows).unwrap();
                product.check(&layouts.a, &atom.a.layout, [0, 2]);
                product.check(&layouts.b, &atom.b.layout, [2, 1]);
                product.check(&layouts.c, &atom.c.layout, [0, 1]);
                assert_eq!(layouts.c.shape, product.shape);
            }
        }
    }
}

#[test]
fn rows_of_a_gfx11_result_can_lie_side_by_side_in_a_lane() {
    let atom = Atom::builtin("wmma_f32_16x16x16_bf16").unwrap();
    let waves = Waves { slices: 1, rows: 1, cols: 1 };
    let rows = rows_in_registers(atom);
    let layouts = matrix(atom, [1, 16, 16], 16, waves, &[0, 1, 2, 3], &rows).unwrap();
    for lane in [0, 16] {
        let rows = (0..8).map(|register| held(&layouts.c, [0, lane, 0, register])[1]);
        let first = lane / 2;
        assert_eq!(rows.collect::<Vec<_>>(), (first..first + 8).collect::<Vec<_>>());
    }
}

#[test]
fn every_target_has_its_atoms_among_those_checked() {
    for name in Target::builtin_names() {
        for atom in Target::builtin(name).unwrap().atoms {
            assert!(Atom::builtins().contains(&atom), "{name}: {}", atom.name);
        }
    }
}

#[test]
fn products_that_are_not_whole_atoms_are_refused_with_the_axis_named() {
    let atom = Atom::builtin("wmma_f32_16x16x16_f16").unwrap();
    let waves = Waves { slices: 1, rows: 2, cols: 1 };
    let order = [0, 1, 2, 3, 4];
    let refuse = |shape, depth| matrix(atom, shape, depth, waves, &order, &order[..4]).unwrap_err();
    assert!(refuse([1, 48, 16], 32).contains("48 rows"));
    assert!(refuse([1, 32, 24], 32).contains("24 columns"));
    assert!(refuse([1, 32, 16], 8).contains("8 elements"));
    assert!(refuse([1, 32, 16], 24).contains("24 elements"));
}
