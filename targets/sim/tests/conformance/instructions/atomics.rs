//! Atomics on global memory, by scalar base, by pointer and by buffer, with and without results.

use super::bytes::{ATOMICS, load, operand, pointers, registers, returned, slots, store};
use super::row::Rows;
use super::wave::{A, B, D, LANES, Wave};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    for (name, size, f) in ATOMICS {
        operation(r, name, size, f, Kind::I32);
    }
    operation(r, "swap_b32", 4, |_, v| v, Kind::I32);
    operation(r, "swap_b64", 8, |_, v| v, Kind::I32);
    float(r, "add_f32", |m, v| m + v);
    float(r, "min_f32", super::vop2::min32);
    float(r, "max_f32", super::vop2::max32);
    saturating(r);
    for size in [4, 8] {
        compare(r, size);
    }
    one_address(r);
}

/// Memory becomes f(memory, B) at each lane's slot.
fn run(
    w: &mut Wave,
    size: usize,
    f: fn(u64, u64) -> u64,
    give: bool,
    at: fn(&Wave, usize) -> usize,
) {
    for lane in w.lanes() {
        let at = at(w, lane);
        let old = load(&w.memory, at, size);
        let new = f(old, operand(w, B, lane, size));
        store(&mut w.memory, at, size, new);
        if give {
            returned(w, lane, size, old);
        }
    }
}

fn offset(w: &Wave, lane: usize) -> usize {
    w.v(A, lane) as usize + 16
}

fn pointed(w: &Wave, lane: usize) -> usize {
    (w.get::<u64>(A, lane) - w.address) as usize + 16
}

fn operation(r: &mut Rows, name: &str, size: usize, f: fn(u64, u64) -> u64, kind: Kind) {
    let (b, d) = (registers(B, size), registers(D, size));
    let slot = size as u32;
    r.wave(&format!("global_atomic_{name} v8, {b}, s[10:11] offset:16"), move |w| {
        run(w, size, f, false, offset);
    })
    .kinds(&[Kind::I32, kind])
    .setup(slots(slot));
    r.wave(&format!("global_atomic_{name} {d}, v8, {b}, s[10:11] offset:16 glc"), move |w| {
        run(w, size, f, true, offset);
    })
    .kinds(&[Kind::I32, kind])
    .setup(slots(slot));
    r.wave(&format!("flat_atomic_{name} {d}, v[8:9], {b} offset:16 glc"), move |w| {
        run(w, size, f, true, pointed);
    })
    .kinds(&[Kind::I32, kind])
    .setup(move |w, random| {
        slots(slot)(w, random);
        pointers(w);
    });
    r.wave(&format!("buffer_atomic_{name} {b}, v8, s[36:39], 0 offen offset:16"), move |w| {
        run(w, size, f, false, offset);
    })
    .kinds(&[Kind::I32, kind])
    .setup(move |w, random| {
        slots(slot)(w, random);
        resource(w);
    });
}

/// A raw buffer resource for the wave's memory in s[36:39].
fn resource(w: &mut Wave) {
    w.set_s64(36, w.address);
    w.set_s(38, 1024);
    w.set_s(39, 0x3100_4000);
}

fn float(r: &mut Rows, name: &str, f: fn(f32, f32) -> f32) {
    type Place = fn(&Wave, usize) -> usize;
    let direct: Place = |w, lane| w.v(A, lane) as usize;
    let forms: [(String, bool, Place); 4] = [
        (format!("global_atomic_{name} v8, v16, s[10:11]"), false, direct),
        (format!("global_atomic_{name} v32, v8, v16, s[10:11] glc"), true, direct),
        (format!("flat_atomic_{name} v32, v[8:9], v16 offset:16 glc"), true, pointed),
        (format!("buffer_atomic_{name} v16, v8, s[36:39], 0 offen"), false, direct),
    ];
    for (text, give, at) in forms {
        let pointer = text.starts_with("flat");
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = at(w, lane);
                let old = load(&w.memory, at, 4) as u32;
                let new = f(f32::from_bits(old), w.get(B, lane));
                store(&mut w.memory, at, 4, new.to_bits().into());
                if give {
                    w.set_v(D, lane, old);
                }
            }
        })
        .kinds(&[Kind::I32, Kind::Tame32])
        .setup(move |w, random| {
            slots(4)(w, random);
            for at in (0..w.memory.len()).step_by(4) {
                let value = Kind::Tame32.draw(random);
                store(&mut w.memory, at, 4, value);
            }
            resource(w);
            if pointer {
                pointers(w);
            }
        });
    }
}

/// Subtraction that stops at zero.
fn saturating(r: &mut Rows) {
    r.wave("global_atomic_csub_u32 v32, v8, v16, s[10:11] glc", |w| {
        run(w, 4, |m, v| m.saturating_sub(v), true, |w, lane| w.v(A, lane) as usize);
    })
    .setup(slots(4));
}

fn compare(r: &mut Rows, size: usize) {
    let (bits, d) = (8 * size, registers(D, size));
    // The value to store stands first, then the one to compare with.
    let pair = format!("v[{B}:{}]", B + size / 2 - 1);
    let forms = [
        (format!("global_atomic_cmpswap_b{bits} v8, {pair}, s[10:11] offset:16"), false),
        (format!("global_atomic_cmpswap_b{bits} {d}, v8, {pair}, s[10:11] offset:16 glc"), true),
        (format!("flat_atomic_cmpswap_b{bits} {d}, v[8:9], {pair} offset:16 glc"), true),
        (format!("buffer_atomic_cmpswap_b{bits} {pair}, v8, s[36:39], 0 offen offset:16"), false),
    ];
    for (text, give) in forms {
        let pointer = text.starts_with("flat");
        let place = if pointer { pointed } else { offset };
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = place(w, lane);
                let old = load(&w.memory, at, size);
                if old == operand(w, B + size / 4, lane, size) {
                    let new = operand(w, B, lane, size);
                    store(&mut w.memory, at, size, new);
                }
                if give {
                    returned(w, lane, size, old);
                }
            }
        })
        .setup(move |w, random| {
            slots(size as u32)(w, random);
            for lane in (0..LANES).filter(|lane| lane % 3 != 0) {
                let old = load(&w.memory, offset(w, lane), size);
                w.set_v(B + size / 4, lane, old as u32);
                if size == 8 {
                    w.set_v(B + 3, lane, (old >> 32) as u32);
                }
            }
            resource(w);
            if pointer {
                pointers(w);
            }
        });
    }
}

/// Every lane at one address, where the result does not depend on their order.
fn one_address(r: &mut Rows) {
    for (name, f) in [
        ("add_u32", u32::wrapping_add as fn(u32, u32) -> u32),
        ("max_u32", |m, v| m.max(v)),
        ("or_b32", |m, v| m | v),
    ] {
        r.wave(&format!("global_atomic_{name} v8, v16, s[10:11] offset:32"), move |w| {
            for lane in w.lanes() {
                let new = f(load(&w.memory, 64, 4) as u32, w.v(B, lane));
                store(&mut w.memory, 64, 4, new.into());
            }
        })
        .setup(|w, _| (0..LANES).for_each(|lane| w.set_v(A, lane, 32)));
    }
    r.wave(
        "global_atomic_add_u32 v32, v8, v16, s[10:11] glc\ns_waitcnt vmcnt(0)\nv_mov_b32 v32, 0",
        |w| {
            for lane in w.lanes() {
                let new = (load(&w.memory, 4, 4) as u32).wrapping_add(w.v(B, lane));
                store(&mut w.memory, 4, 4, new.into());
                w.set_v(D, lane, 0);
            }
        },
    )
    .setup(|w, _| (0..LANES).for_each(|lane| w.set_v(A, lane, 4)));
}
