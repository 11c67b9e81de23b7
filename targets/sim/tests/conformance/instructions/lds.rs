//! LDS: loads and stores of every width, atomics, and movement between lanes through it.

use super::bytes::{
    ATOMICS, Load, Space, load, operand, put, registers, returned, slots, store, unaligned,
};
use super::row::Rows;
use super::wave::{A, B, C, D, LANES, Wave};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    loads(r);
    stores(r);
    pairs(r);
    atomics(r);
    exchanges(r);
    float_atomics(r);
    counters(r);
    permutes(r);
    swizzles(r);
}

fn one_load(r: &mut Rows, op: &str, what: Load) {
    let (size, d) = (what.size, registers(D, what.size));
    let aligned = if size == 12 { 16 } else { size.max(4) } as u32;
    for (end, offset) in [("", 0), (" offset:16", 16)] {
        let text = format!("{op} {d}, v8{end}");
        let meaning = move |w: &mut Wave| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize + offset;
                what.run(Space::Lds, w, lane, at);
            }
        };
        r.wave(&text, meaning).setup(slots(aligned));
        if offset == 0 && size <= 8 {
            r.wave(&format!("{text} offset:3"), move |w| {
                for lane in w.lanes() {
                    let at = w.v(A, lane) as usize + 3;
                    what.run(Space::Lds, w, lane, at);
                }
            })
            .setup(unaligned(size as u32));
        }
    }
}

fn loads(r: &mut Rows) {
    let signed = |size| Load { size, signed: true, half: None };
    let half = |size, signed, high| Load { size, signed, half: Some(high) };
    for (op, what) in [
        ("ds_load_u8", Load::whole(1)),
        ("ds_load_i8", signed(1)),
        ("ds_load_u16", Load::whole(2)),
        ("ds_load_i16", signed(2)),
        ("ds_load_b32", Load::whole(4)),
        ("ds_load_b64", Load::whole(8)),
        ("ds_load_b96", Load::whole(12)),
        ("ds_load_b128", Load::whole(16)),
        ("ds_load_u8_d16", half(1, false, false)),
        ("ds_load_u8_d16_hi", half(1, false, true)),
        ("ds_load_i8_d16", half(1, true, false)),
        ("ds_load_i8_d16_hi", half(1, true, true)),
        ("ds_load_u16_d16", half(2, false, false)),
        ("ds_load_u16_d16_hi", half(2, false, true)),
    ] {
        one_load(r, op, what);
    }
}

fn stores(r: &mut Rows) {
    for (op, size, high) in [
        ("ds_store_b8", 1, false),
        ("ds_store_b16", 2, false),
        ("ds_store_b32", 4, false),
        ("ds_store_b64", 8, false),
        ("ds_store_b96", 12, false),
        ("ds_store_b128", 16, false),
        ("ds_store_b8_d16_hi", 1, true),
        ("ds_store_b16_d16_hi", 2, true),
    ] {
        let aligned = if size == 12 { 16 } else { size } as u32;
        let text = format!("{op} v8, {}", registers(B, size));
        r.wave(&format!("{text} offset:16"), move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize + 16;
                put(Space::Lds, w, lane, at, size, high);
            }
        })
        .setup(slots(aligned));
        if (2..=8).contains(&size) {
            r.wave(&text, move |w| {
                for lane in w.lanes() {
                    let at = w.v(A, lane) as usize;
                    put(Space::Lds, w, lane, at, size, high);
                }
            })
            .setup(unaligned(size as u32));
        }
    }
}

fn pairs(r: &mut Rows) {
    for (size, stride) in [(4, 4), (8, 8), (4, 256), (8, 512)] {
        let (bits, far) = (8 * size, stride != size);
        let kind = if far { format!("stride64_b{bits}") } else { format!("b{bits}") };
        // Two offsets within 1,024 bytes beyond a quarter of it.
        let (first, second) = if far { (1, 0) } else { (3, 40) };
        let d = format!("v[{D}:{}]", D + size / 2 - 1);
        let text = format!("ds_load_2addr_{kind} {d}, v8 offset0:{first} offset1:{second}");
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                for (i, offset) in [first, second].into_iter().enumerate() {
                    let at = w.v(A, lane) as usize + offset * stride;
                    for part in 0..size / 4 {
                        let value = load(&w.lds, at + 4 * part, 4) as u32;
                        w.set_v(D + i * size / 4 + part, lane, value);
                    }
                }
            }
        })
        .setup(slots(size as u32));
        let (b, c) = (registers(B, size), registers(C, size));
        let text = format!("ds_store_2addr_{kind} v8, {b}, {c} offset0:{first} offset1:{second}");
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                for (register, offset) in [(B, first), (C, second)] {
                    let at = w.v(A, lane) as usize + offset * stride;
                    let value = operand(w, register, lane, size);
                    store(&mut w.lds, at, size, value);
                }
            }
        })
        .setup(move |w, _| {
            // Lanes 0 to 7 only: their slots stay clear of one another at both offsets.
            let few = w.exec() & 0xff;
            w.set_exec(few);
            (0..8).for_each(|lane| w.set_v(A, lane, (lane * size) as u32));
        });
    }
}

fn atomics(r: &mut Rows) {
    for (name, size, f) in ATOMICS {
        let value = registers(B, size);
        let run = move |w: &mut Wave, give: bool| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize + 8;
                let old = load(&w.lds, at, size);
                let new = f(old, operand(w, B, lane, size));
                store(&mut w.lds, at, size, new);
                if give {
                    returned(w, lane, size, old);
                }
            }
        };
        r.wave(&format!("ds_{name} v8, {value} offset:8"), move |w| run(w, false))
            .setup(slots(size as u32));
        let (op, kind) = name.rsplit_once('_').expect("an atomic has a type");
        let d = registers(D, size);
        r.wave(&format!("ds_{op}_rtn_{kind} {d}, v8, {value} offset:8"), move |w| run(w, true))
            .setup(slots(size as u32));
    }
    // All lanes at one address: the sum does not depend on their order.
    for (text, f) in [
        ("ds_add_u32 v8, v16", u32::wrapping_add as fn(u32, u32) -> u32),
        ("ds_max_u32 v8, v16", |m, v| m.max(v)),
        ("ds_xor_b32 v8, v16", |m, v| m ^ v),
    ] {
        r.wave(text, move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let new = f(load(&w.lds, at, 4) as u32, w.v(B, lane));
                store(&mut w.lds, at, 4, new.into());
            }
        })
        .setup(|w, _| (0..LANES).for_each(|lane| w.set_v(A, lane, 64)));
    }
}

fn exchanges(r: &mut Rows) {
    for size in [4, 8] {
        let bits = 8 * size;
        let (b, c, d) = (registers(B, size), registers(C, size), registers(D, size));
        r.wave(&format!("ds_storexchg_rtn_b{bits} {d}, v8, {b}"), move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let (old, new) = (load(&w.lds, at, size), operand(w, B, lane, size));
                store(&mut w.lds, at, size, new);
                returned(w, lane, size, old);
            }
        })
        .setup(slots(size as u32));
        for give in [false, true] {
            let text = match give {
                true => format!("ds_cmpstore_rtn_b{bits} {d}, v8, {b}, {c}"),
                false => format!("ds_cmpstore_b{bits} v8, {b}, {c}"),
            };
            // The second operand is compared, the first one stored.
            r.wave(&text, move |w| {
                for lane in w.lanes() {
                    let at = w.v(A, lane) as usize;
                    let old = load(&w.lds, at, size);
                    if old == operand(w, C, lane, size) {
                        let new = operand(w, B, lane, size);
                        store(&mut w.lds, at, size, new);
                    }
                    if give {
                        returned(w, lane, size, old);
                    }
                }
            })
            .setup(move |w, random| {
                slots(size as u32)(w, random);
                for lane in (0..LANES).filter(|lane| lane % 3 != 0) {
                    let old = load(&w.lds, w.v(A, lane) as usize, size);
                    w.set_v(C, lane, old as u32);
                    w.set_v(C + 1, lane, (old >> 32) as u32);
                }
            });
        }
        masked(r, size);
        reversed(r, size);
        for (kind, stride) in [("", size), ("stride64_", 64 * size)] {
            exchange_pair(r, kind, size, stride);
        }
    }
}

/// Memory becomes B's bits cleared and C's set.
fn masked(r: &mut Rows, size: usize) {
    let (bits, b, c, d) = (8 * size, registers(B, size), registers(C, size), registers(D, size));
    for give in [false, true] {
        let text = match give {
            true => format!("ds_mskor_rtn_b{bits} {d}, v8, {b}, {c}"),
            false => format!("ds_mskor_b{bits} v8, {b}, {c}"),
        };
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let (mask, value) = (operand(w, B, lane, size), operand(w, C, lane, size));
                let old = load(&w.lds, at, size);
                store(&mut w.lds, at, size, old & !mask | value);
                if give {
                    returned(w, lane, size, old);
                }
            }
        })
        .setup(slots(size as u32));
    }
}

/// Memory becomes B less memory.
fn reversed(r: &mut Rows, size: usize) {
    let (bits, b, d) = (8 * size, registers(B, size), registers(D, size));
    for give in [false, true] {
        let text = match give {
            true => format!("ds_rsub_rtn_u{bits} {d}, v8, {b}"),
            false => format!("ds_rsub_u{bits} v8, {b}"),
        };
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let old = load(&w.lds, at, size);
                let new = operand(w, B, lane, size).wrapping_sub(old);
                store(&mut w.lds, at, size, new);
                if give {
                    returned(w, lane, size, old);
                }
            }
        })
        .setup(slots(size as u32));
    }
}

fn exchange_pair(r: &mut Rows, kind: &str, size: usize, stride: usize) {
    let (bits, b, c) = (8 * size, registers(B, size), registers(C, size));
    let (first, second) = if stride == size { (2, 50) } else { (0, 1) };
    let d = format!("v[{D}:{}]", D + size / 2 - 1);
    let op = format!("ds_storexchg_2addr_{kind}rtn_b{bits}");
    let text = format!("{op} {d}, v8, {b}, {c} offset0:{first} offset1:{second}");
    r.wave(&text, move |w| {
        for lane in w.lanes() {
            for (i, (register, offset)) in [(B, first), (C, second)].into_iter().enumerate() {
                let at = w.v(A, lane) as usize + offset * stride;
                let (old, new) = (load(&w.lds, at, size), operand(w, register, lane, size));
                store(&mut w.lds, at, size, new);
                for part in 0..size / 4 {
                    w.set_v(D + i * size / 4 + part, lane, (old >> (32 * part)) as u32);
                }
            }
        }
    })
    .setup(slots(size as u32));
}

fn float_atomics(r: &mut Rows) {
    type Float = fn(f32, f32) -> f32;
    let operations: [(&str, Float); 3] =
        [("add", |m, v| m + v), ("min", super::vop2::min32), ("max", super::vop2::max32)];
    for (name, f) in operations {
        r.wave(&format!("ds_{name}_rtn_f32 v32, v8, v16"), move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let old = load(&w.lds, at, 4) as u32;
                let new = f(f32::from_bits(old), w.get(B, lane));
                store(&mut w.lds, at, 4, new.to_bits().into());
                w.set_v(D, lane, old);
            }
        })
        .kinds(&[Kind::I32, Kind::Tame32])
        .setup(|w, random| {
            slots(4)(w, random);
            for at in (0..w.lds.len()).step_by(4) {
                let value = Kind::Tame32.draw(random);
                store(&mut w.lds, at, 4, value);
            }
        });
        r.wave(&format!("ds_{name}_f32 v8, v16"), move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let old = f32::from_bits(load(&w.lds, at, 4) as u32);
                let new = f(old, w.get(B, lane));
                store(&mut w.lds, at, 4, new.to_bits().into());
            }
        })
        .kinds(&[Kind::I32, Kind::Tame32])
        .setup(|w, random| {
            slots(4)(w, random);
            for at in (0..w.lds.len()).step_by(4) {
                let value = Kind::Tame32.draw(random);
                store(&mut w.lds, at, 4, value);
            }
        });
    }
    for (name, f) in
        [("min", super::vop2::min64 as fn(f64, f64) -> f64), ("max", super::vop2::max64)]
    {
        r.wave(&format!("ds_{name}_f64 v8, v[16:17]"), move |w| {
            for lane in w.lanes() {
                let at = w.v(A, lane) as usize;
                let old = f64::from_bits(load(&w.lds, at, 8));
                let new = f(old, w.get(B, lane));
                store(&mut w.lds, at, 8, new.to_bits());
            }
        })
        .setup(|w, random| {
            slots(8)(w, random);
            for lane in 0..LANES {
                w.put(B, lane, f64::from(random.bits() as i32) * 0.37);
                let at = lane * 8;
                store(&mut w.lds, at, 8, (f64::from(random.bits() as i32) * 0.37).to_bits());
            }
        });
    }
}

/// Append and consume count active lanes at M0's address and give every lane the old value.
fn counters(r: &mut Rows) {
    for (op, sign) in [("ds_append", 1i32), ("ds_consume", -1)] {
        r.wave(&format!("{op} v32 offset:4"), move |w| {
            let at = (w.m0() & 0xffff) as usize + 4;
            let old = load(&w.lds, at, 4) as u32;
            let count = w.lanes().count() as i32 * sign;
            store(&mut w.lds, at, 4, old.wrapping_add(count.cast_unsigned()).into());
            for lane in w.lanes() {
                w.set_v(D, lane, old);
            }
        })
        .setup(|w, random| {
            w.set_m0(random.below(60) * 4);
            let exec = w.exec() | 2;
            w.set_exec(exec);
        });
    }
    r.wave("ds_load_addtid_b32 v32 offset:64", |w| {
        for lane in w.lanes() {
            let at = (w.m0() & 0xffff) as usize + 64 + 4 * lane;
            let value = load(&w.lds, at, 4) as u32;
            w.set_v(D, lane, value);
        }
    })
    .setup(|w, random| w.set_m0(random.below(60) * 4));
    r.wave("ds_store_addtid_b32 v8 offset:64", |w| {
        for lane in w.lanes() {
            let at = (w.m0() & 0xffff) as usize + 64 + 4 * lane;
            let value = w.v(A, lane);
            store(&mut w.lds, at, 4, value.into());
        }
    })
    .setup(|w, random| w.set_m0(random.below(60) * 4));
}

/// ds_permute sends, ds_bpermute fetches; of an inactive lane neither gets anything but zero.
fn permutes(r: &mut Rows) {
    for offset in [0u32, 8] {
        let end = if offset == 0 { String::new() } else { format!(" offset:{offset}") };
        r.wave(&format!("ds_bpermute_b32 v32, v8, v16{end}"), move |w| {
            let old = w.clone();
            for lane in w.lanes() {
                let from = (old.v(A, lane).wrapping_add(offset) / 4) as usize % LANES;
                w.set_v(D, lane, if old.active(from) { old.v(B, from) } else { 0 });
            }
        });
        r.wave(&format!("ds_permute_b32 v32, v8, v16{end}"), move |w| {
            let mut sent = [0; LANES];
            for lane in w.lanes() {
                let to = (w.v(A, lane).wrapping_add(offset) / 4) as usize % LANES;
                sent[to] = w.v(B, lane);
            }
            for lane in w.lanes() {
                w.set_v(D, lane, sent[lane]);
            }
        })
        .setup(slots(4));
    }
}

fn swizzles(r: &mut Rows) {
    type Source = fn(usize) -> usize;
    let patterns: [(&str, Source); 7] = [
        ("swizzle(SWAP,1)", |lane| lane ^ 1),
        ("swizzle(SWAP,16)", |lane| lane ^ 16),
        ("swizzle(REVERSE,8)", |lane| lane ^ 7),
        ("swizzle(BROADCAST,8,3)", |lane| lane / 8 * 8 + 3),
        ("swizzle(QUAD_PERM,3,0,2,1)", |lane| lane / 4 * 4 + [3, 0, 2, 1][lane % 4]),
        ("swizzle(BITMASK_PERM,\"01pip\")", |lane| {
            lane & 0b00101 | 0b01000 | (lane ^ 0b00010) & 0b00010
        }),
        ("swizzle(REVERSE,32)", |lane| lane ^ 31),
    ];
    for (pattern, source) in patterns {
        r.wave(&format!("ds_swizzle_b32 v32, v8 offset:{pattern}"), move |w| {
            let old = w.clone();
            for lane in w.lanes() {
                let from = source(lane);
                w.set_v(D, lane, if old.active(from) { old.v(A, from) } else { 0 });
            }
        });
    }
}
