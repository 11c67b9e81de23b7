//! Conversion of a tile from the layout that it has to one that is demanded, through workgroup
//! memory. Conversions cost a write, a barrier and a read; reports list them.

use super::Lowering;
use super::scope::{ChunkKey, LayoutId};
use super::shared::Place;
use crate::lane::{Binary, Compare, Op as LaneOp, Value};
use crate::layout::{Coord, Layout};
use crate::tile::Id;

impl Lowering<'_> {
    /// A chunk of an anchored tile in a layout that places elements in other lanes or waves.
    pub(super) fn converted_chunk(&mut self, key: ChunkKey, anchored: &Layout) -> Value {
        let wanted = self.scopes.layout(key.layout);
        if let Some(value) = self.own_copies(key, anchored, &wanted) {
            return value;
        }
        let place = self.spill(key.id, anchored);
        self.read_place(key, &place, &wanted)
    }

    /// Writes a whole anchored tile of one slice to workgroup memory.
    fn spill(&mut self, id: Id, anchored: &Layout) -> Place {
        if self.program.shape(id)[0] != 1 {
            self.reject("a tile of several slices would have to change its layout");
        }
        let place = self.spill_place(id);
        self.barrier();
        let own = self.scopes.intern(anchored.clone());
        self.write_place(&place, anchored, |this, chunk| this.own_chunk(id, own, chunk));
        self.barrier();
        place
    }

    /// A conversion for which every lane already holds all that it needs, because lanes held
    /// copies before: each selects by its own number. None where some must be fetched.
    fn own_copies(&mut self, key: ChunkKey, from: &Layout, to: &Layout) -> Option<Value> {
        let held = |have: &[Option<Coord>], want: &[Option<Coord>]| {
            have.iter().zip(want).all(|(have, want)| have.is_none() || have == want)
        };
        if !held(&from.lane, &to.lane) || !held(&from.wave, &to.wave) {
            return None;
        }
        let own = self.scopes.intern(from.clone());
        let varying: Vec<(bool, u32, Coord)> = missing(&from.lane, &to.lane)
            .map(|(bit, coord)| (false, bit, coord))
            .chain(missing(&from.wave, &to.wave).map(|(bit, coord)| (true, bit, coord)))
            .collect();
        let mut parts = Vec::new();
        for element in 0..to.chunk_elements() {
            let at = to.coordinates(key.number, element);
            let at = [at[0], at[1] + key.at[0], at[2] + key.at[1]];
            parts.push(self.select_element(key.id, own, from, at, &varying));
        }
        Some(self.build.concat(parts))
    }

    fn select_element(
        &mut self,
        id: Id,
        own: LayoutId,
        from: &Layout,
        at: [u32; 3],
        varying: &[(bool, u32, Coord)],
    ) -> Value {
        let Some(((wave, bit, coord), rest)) = varying.split_first() else {
            let (chunk, element) = from.find(at);
            let whole = self.own_chunk(id, own, chunk);
            return self.build.extract(whole, element, 1);
        };
        let mut set = at;
        set[coord.axis as usize] += 1 << coord.bit;
        let clear = self.select_element(id, own, from, at, rest);
        let set = self.select_element(id, own, from, set, rest);
        let part = if *wave {
            let part = self.wave_bit(*bit, 0);
            self.build.splat(part, 1)
        } else {
            self.lane_bit(*bit, 1)
        };
        let zero = self.build.binary_const(Binary::And, part, 0);
        let chosen = self.build.compare(Compare::Ne, part, zero);
        let ty = self.build.ty(set);
        self.build.push(LaneOp::Select(chosen, set, clear), ty)
    }
}

/// Bits that stand for a coordinate in `want` but for none in `have`.
fn missing<'a>(
    have: &'a [Option<Coord>],
    want: &'a [Option<Coord>],
) -> impl Iterator<Item = (u32, Coord)> + 'a {
    have.iter().zip(want).enumerate().filter_map(|(bit, (have, want))| match (have, want) {
        (None, Some(coord)) => Some((bit as u32, *coord)),
        _ => None,
    })
}
