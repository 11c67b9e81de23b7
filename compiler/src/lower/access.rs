//! Grouping of elements into memory accesses.
//!
//! Every element of a tile has an address that is a sum of a part common to all lanes and a part
//! common to all elements. Elements whose common parts differ by a constant and lie side by side
//! become one access, as wide as alignment and the target allow.

use std::collections::BTreeMap;

use super::scope::LayoutId;
use crate::lane::Pattern;
use crate::tile::Id;

/// A load demanded in some layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Demand {
    /// The load.
    pub(super) load: Id,
    /// First row and column of the window demanded.
    pub(super) at: [u32; 2],
    /// Layout of the window.
    pub(super) layout: LayoutId,
}

/// One access of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access<C> {
    /// What distinguishes its address from others except for a constant.
    pub(super) class: C,
    /// Constant part of the address, in bits.
    pub(super) offset: i64,
    /// Elements accessed.
    pub(super) count: u32,
    /// Its elements in address order, by their number in the layout (chunk by chunk).
    pub(super) elements: Vec<u32>,
}

/// How the elements of a tile are accessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan<C> {
    /// The accesses of a lane.
    pub(super) accesses: Vec<Access<C>>,
    /// For each element: its access and its place in it.
    pub(super) places: Vec<(u32, u32)>,
}

/// Limits of the accesses of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bits of an element.
    pub(super) bits: u32,
    /// Most bits of an access.
    pub(super) widest: u32,
    /// Bits that every address is a multiple of, apart from the constant part; a power of two.
    pub(super) alignment: u32,
}

/// Groups elements, given as (class, constant address in bits) in the layout's numbering.
pub(super) fn group<C: Copy + Ord>(elements: &[(C, i64)], limits: Limits) -> Plan<C> {
    let mut classes: BTreeMap<C, Vec<(i64, u32)>> = BTreeMap::new();
    for (number, (class, offset)) in elements.iter().enumerate() {
        classes.entry(*class).or_default().push((*offset, number as u32));
    }
    let mut plan = Plan { accesses: Vec::new(), places: vec![(0, 0); elements.len()] };
    for (class, mut run) in classes {
        run.sort_unstable();
        let mut rest = &run[..];
        while let Some((offset, _)) = rest.first() {
            let count = widest_run(rest, limits);
            for (place, (_, number)) in rest[..count].iter().enumerate() {
                plan.places[*number as usize] = (plan.accesses.len() as u32, place as u32);
            }
            let elements = rest[..count].iter().map(|(_, number)| *number).collect();
            plan.accesses.push(Access { class, offset: *offset, count: count as u32, elements });
            rest = &rest[count..];
        }
    }
    plan
}

/// How many of the leading elements one access can take.
fn widest_run(run: &[(i64, u32)], limits: Limits) -> usize {
    let bits = i64::from(limits.bits);
    let contiguous =
        run.iter().zip(0..).take_while(|((at, _), i)| *at == run[0].0 + i * bits).count();
    let mut size = limits.widest;
    while size > limits.bits {
        let fits = contiguous as u32 * limits.bits >= size;
        let aligned = run[0].0 % i64::from(size) == 0 && limits.alignment.is_multiple_of(size);
        if size >= 8 && fits && aligned {
            return (size / limits.bits) as usize;
        }
        size /= 2;
    }
    1
}

/// The pattern of an access of `width` bytes whose lane bits add `strides` bytes each; `None`
/// where a lane bit adds an amount that is only known at run time.
pub(super) fn pattern(strides: &[Option<i64>], width: i64) -> Pattern {
    let Some(strides) = strides.iter().copied().collect::<Option<Vec<i64>>>() else {
        return Pattern::Scattered;
    };
    let moving = strides.iter().filter(|stride| **stride != 0).count();
    let still = strides.iter().take_while(|stride| **stride == 0).count();
    let rises = |bits: &[i64]| bits.iter().enumerate().all(|(i, bit)| *bit == width << i);
    if moving == 0 {
        Pattern::Broadcast
    } else if moving == strides.len() && rises(&strides) {
        Pattern::Contiguous
    } else if rises(&strides[..moving]) {
        Pattern::Periodic { period: 1 << moving }
    } else if moving + still == strides.len() && rises(&strides[still..]) {
        Pattern::Repeated { repeat: 1 << still }
    } else {
        Pattern::Scattered
    }
}
