//! Properties of random layouts and of coalesced ones over random shapes.

use super::{announced, copies, held, slots};
use crate::layout::coalesce::tile_bits;
use crate::layout::{Coord, Layout, coalesced};
use crate::tile::{Shape, Waves};
use kiln_targets::Target;
use proptest::prelude::*;

/// A valid layout: some bits of each axis dealt to registers, chunks, lanes and waves, with zero
/// bases, and every axis repeated.
fn layouts() -> impl Strategy<Value = Layout> {
    let sizes = ([0usize..2, 0..4, 0..4], [1u32..3, 1..4, 1..4]);
    let dealt = sizes.prop_flat_map(|(bits, repeated)| {
        let coords: Vec<Option<Coord>> = (0..3)
            .flat_map(|axis| (0..bits[axis]).map(move |bit| Some(Coord::new(axis, bit))))
            .collect();
        let held = prop::collection::vec(0usize..4, coords.len());
        (Just(bits), Just(repeated), Just(coords).prop_shuffle(), held, 0usize..3)
    });
    dealt.prop_map(|(bits, repeated, coords, to, zeros)| {
        let shape: Shape = [0, 1, 2].map(|axis| repeated[axis] << bits[axis]);
        let mut places: [Vec<Option<Coord>>; 4] = Default::default();
        for (coord, to) in coords.into_iter().zip(to) {
            places[to].push(coord);
        }
        let [register, chunk, mut lane, mut wave] = places;
        lane.extend(vec![None; zeros]);
        wave.extend(vec![None; zeros / 2]);
        let all = |bits: Vec<Option<Coord>>| bits.into_iter().flatten().collect();
        Layout { shape, register: all(register), chunk: all(chunk), lane, wave }
    })
}

/// Checks that two layouts place elements alike under a renaming of coordinates: the same lanes,
/// waves and registers of a chunk hold them.
fn assert_same_places(
    outer: &Layout,
    inner: &Layout,
    rename: impl Fn(Shape) -> Shape,
) -> Result<(), TestCaseError> {
    prop_assert!(inner.is_valid(), "{:?}", inner);
    for slot in slots(outer) {
        let [wave, lane, chunk, element] = slot;
        let (other, place) = inner.find(rename(outer.coordinates(chunk, element)));
        prop_assert_eq!(place, element);
        prop_assert_eq!(rename(held(outer, slot)), held(inner, [wave, lane, other, element]));
    }
    Ok(())
}

fn exchanged([s, r, c]: Shape) -> Shape {
    [s, c, r]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn elements_are_found_where_they_are_and_every_element_has_its_copies(layout in layouts()) {
        prop_assert!(layout.is_valid());
        for chunk in 0..layout.chunks() {
            for element in 0..layout.chunk_elements() {
                let at = layout.coordinates(chunk, element);
                prop_assert_eq!(layout.find(at), (chunk, element));
            }
        }
        prop_assert_eq!(copies(&layout), Some(announced(&layout)));
    }

    #[test]
    fn transposing_moves_nothing(layout in layouts()) {
        let transposed = layout.transposed();
        assert_same_places(&layout, &transposed, exchanged)?;
        assert_same_places(&transposed, &transposed.transposed(), exchanged)?;
    }

    #[test]
    fn writing_out_repetitions_moves_nothing(layout in layouts()) {
        assert_same_places(&layout, &layout.without_repetitions(), |at| at)?;
    }

    #[test]
    fn projecting_keeps_what_every_holder_needs(layout in layouts(), hidden in 0usize..8) {
        let size = |axis: usize| if hidden >> axis & 1 == 1 { 1 } else { layout.shape[axis] };
        let shape = [0, 1, 2].map(size);
        let inner = layout.project(shape);
        prop_assert!(inner.is_valid());
        let own = |at: Shape| [0, 1, 2].map(|axis| if shape[axis] == 1 { 0 } else { at[axis] });
        for slot in slots(&layout) {
            let [wave, lane, chunk, element] = slot;
            let (number, place) = inner.find(own(layout.coordinates(chunk, element)));
            prop_assert_eq!(held(&inner, [wave, lane, number, place]), own(held(&layout, slot)));
        }
    }

    #[test]
    fn splitting_and_joining_move_nothing(
        layout in layouts().prop_filter("a power of two of columns in one slice", |layout| {
            layout.shape[0] == 1 && layout.shape[2].is_power_of_two()
        }),
        slices in 0u32..4,
    ) {
        let cols = layout.shape[2];
        let slices = (1 << slices).min(cols);
        let width = cols / slices;
        let split = layout.split(slices);
        prop_assert_eq!(split.shape, [slices, layout.shape[1], width]);
        assert_same_places(&layout, &split, |[_, r, c]| [c / width, r, c % width])?;
        let joined = split.joined();
        prop_assert_eq!(joined.shape, layout.shape);
        assert_same_places(&split, &joined, |[s, r, c]| [0, r, s * width + c])?;
    }

    #[test]
    fn coalesced_layouts_hold_every_element_and_follow_memory(
        (shape, waves, bits) in (
            ([1u32..3, 1..70, 1..70], 0u32..4),
            prop::sample::select(vec![4u32, 8, 16, 32]),
        ).prop_map(|((shape, waves), bits)| (shape, 1 << waves, bits)),
        order in Just((0..12u32).collect::<Vec<u32>>()).prop_shuffle(),
        host in any::<bool>(),
    ) {
        let target = Target::builtin(if host { "x86-64-v4" } else { "gfx1151" }).unwrap();
        let waves = Waves { slices: 1, rows: waves, cols: 1 };
        let order: Vec<Coord> = order
            .into_iter()
            .map(|bit| Coord::new(1 + bit as usize / 6, bit as usize % 6))
            .collect();
        let layout = coalesced(shape, &order, bits, &target, waves);
        prop_assert!(layout.is_valid());
        prop_assert_eq!(layout.lane.len() as u32, target.lanes.trailing_zeros());
        prop_assert_eq!(copies(&layout), Some(announced(&layout)));
        let lanes = layout.lane.iter().chain(&layout.wave).flatten();
        let placed: Vec<Coord> =
            layout.register.iter().chain(lanes).chain(&layout.chunk).copied().collect();
        prop_assert_eq!(placed, tile_bits(shape, &order));
    }
}
