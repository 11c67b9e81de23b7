//! Memory as rows use it: numbers in bytes, and addresses of lanes that do not meet.

use super::wave::{A, B, D, LANES, Wave};
use crate::values::Random;

/// The number of `size` bytes at an offset.
pub(super) fn load(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut word = [0; 8];
    word[..size].copy_from_slice(&bytes[at..at + size]);
    u64::from_le_bytes(word)
}

pub(super) fn store(bytes: &mut [u8], at: usize, size: usize, value: u64) {
    bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

/// Gives each lane a slot of its own, of `size` bytes, in a random order, as an offset in A.
pub(super) fn slots(size: u32) -> impl Fn(&mut Wave, &mut Random) + Send + Sync + Copy {
    move |w, random| {
        for (lane, slot) in shuffled(random).into_iter().enumerate() {
            w.set_v(A, lane, slot * size);
        }
    }
}

/// Slots whose addresses are not multiples of anything.
pub(super) fn unaligned(size: u32) -> impl Fn(&mut Wave, &mut Random) + Send + Sync + Copy {
    move |w, random| {
        for (lane, slot) in shuffled(random).into_iter().enumerate() {
            let off = random.below(size);
            w.set_v(A, lane, slot * 2 * size + off);
        }
    }
}

fn shuffled(random: &mut Random) -> [u32; LANES] {
    let mut order = std::array::from_fn(|i| i as u32);
    for i in (1..LANES).rev() {
        order.swap(i, random.below(i as u32 + 1) as usize);
    }
    order
}

/// Turns the offsets in A into addresses in the wave's memory, in A's first two registers.
pub(super) fn pointers(w: &mut Wave) {
    for lane in 0..LANES {
        let address = w.address + u64::from(w.v(A, lane));
        w.put(A, lane, address);
    }
}

/// Which of a wave's memories.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Lds,
    Global,
}

impl Space {
    pub(super) fn of(self, w: &Wave) -> &[u8] {
        match self {
            Space::Lds => &w.lds,
            Space::Global => &w.memory,
        }
    }

    pub(super) fn of_mut(self, w: &mut Wave) -> &mut [u8] {
        match self {
            Space::Lds => &mut w.lds,
            Space::Global => &mut w.memory,
        }
    }
}

/// The part of a register that a load writes, and how the value is extended.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) size: usize,
    pub(super) signed: bool,
    /// `None` writes whole registers, `Some(high)` one half of one.
    pub(super) half: Option<bool>,
}

impl Load {
    pub(super) const fn whole(size: usize) -> Load {
        Load { size, signed: false, half: None }
    }

    /// Writes what lies at an offset to a lane's destination.
    pub(super) fn run(self, space: Space, w: &mut Wave, lane: usize, at: usize) {
        if self.size > 4 {
            for i in 0..self.size / 4 {
                let value = load(space.of(w), at + 4 * i, 4) as u32;
                w.set_v(D + i, lane, value);
            }
            return;
        }
        let mut value = load(space.of(w), at, self.size) as u32;
        if self.signed {
            let unused = 32 - 8 * self.size as u32;
            value = (value << unused).cast_signed().wrapping_shr(unused).cast_unsigned();
        }
        let old = w.v(D, lane);
        w.set_v(
            D,
            lane,
            match self.half {
                None => value,
                Some(false) => old & 0xffff_0000 | value & 0xffff,
                Some(true) => old & 0xffff | value << 16,
            },
        );
    }
}

/// Writes `size` bytes of a lane's B, from its high half if asked, to an offset.
pub(super) fn put(space: Space, w: &mut Wave, lane: usize, at: usize, size: usize, high: bool) {
    for i in 0..size.div_ceil(4) {
        let value = w.v(B + i, lane) >> if high { 16 } else { 0 };
        let part = (size - 4 * i).min(4);
        store(space.of_mut(w), at + 4 * i, part, value.into());
    }
}

/// An atomic operation on numbers of a size: the new value of memory from the old and the operand.
pub(super) type Atomic = (&'static str, usize, fn(u64, u64) -> u64);

const fn low(value: u64) -> i32 {
    value as u32 as i32
}

/// Those that LDS and global memory share.
pub(super) const ATOMICS: [Atomic; 22] = [
    ("add_u32", 4, |m, v| (m as u32).wrapping_add(v as u32) as u64),
    ("sub_u32", 4, |m, v| (m as u32).wrapping_sub(v as u32) as u64),
    ("inc_u32", 4, |m, v| if m >= v { 0 } else { m + 1 }),
    ("dec_u32", 4, |m, v| if m == 0 || m > v { v } else { m - 1 }),
    ("min_i32", 4, |m, v| if low(v) < low(m) { v } else { m }),
    ("max_i32", 4, |m, v| if low(v) > low(m) { v } else { m }),
    ("min_u32", 4, |m, v| if v < m { v } else { m }),
    ("max_u32", 4, |m, v| if v > m { v } else { m }),
    ("and_b32", 4, |m, v| m & v),
    ("or_b32", 4, |m, v| m | v),
    ("xor_b32", 4, |m, v| m ^ v),
    ("add_u64", 8, u64::wrapping_add),
    ("sub_u64", 8, u64::wrapping_sub),
    ("inc_u64", 8, |m, v| if m >= v { 0 } else { m + 1 }),
    ("dec_u64", 8, |m, v| if m == 0 || m > v { v } else { m - 1 }),
    ("min_i64", 8, |m, v| if (v as i64) < m as i64 { v } else { m }),
    ("max_i64", 8, |m, v| if v as i64 > m as i64 { v } else { m }),
    ("min_u64", 8, |m, v| if v < m { v } else { m }),
    ("max_u64", 8, |m, v| if v > m { v } else { m }),
    ("and_b64", 8, |m, v| m & v),
    ("or_b64", 8, |m, v| m | v),
    ("xor_b64", 8, |m, v| m ^ v),
];

/// A lane's operand of a size in the registers from `register` on.
pub(super) fn operand(w: &Wave, register: usize, lane: usize, size: usize) -> u64 {
    if size == 8 { w.get(register, lane) } else { w.v(register, lane).into() }
}

/// Writes an old value of memory to a lane's destination.
pub(super) fn returned(w: &mut Wave, lane: usize, size: usize, value: u64) {
    w.set_v(D, lane, value as u32);
    if size == 8 {
        w.set_v(D + 1, lane, (value >> 32) as u32);
    }
}

/// Name of the registers of an operand.
pub(super) fn registers(first: usize, size: usize) -> String {
    if size <= 4 { format!("v{first}") } else { format!("v[{first}:{}]", first + size / 4 - 1) }
}
