//! Global, flat, scratch, buffer and scalar memory.

use super::bytes::{Load, Space, load, pointers, put, registers, slots, store, unaligned};
use super::row::Rows;
use super::wave::{A, B, BYTES, D, LANES, Wave};
use crate::values::Random;

pub(super) fn rows(r: &mut Rows) {
    for (name, what) in LOADS {
        global_load(r, name, what);
    }
    for (name, size, high) in STORES {
        global_store(r, name, size, high);
    }
    thread_indexed(r);
    flat_to_lds(r);
    scratch(r);
    scalar(r);
    scalar_buffer(r);
    for (name, what) in LOADS {
        buffer_load(r, name, what);
    }
    for (name, size, high) in STORES {
        buffer_store(r, name, size, high);
    }
    buffer_modes(r);
}

const fn signed(size: usize) -> Load {
    Load { size, signed: true, half: None }
}

const fn half(size: usize, signed: bool, high: bool) -> Load {
    Load { size, signed, half: Some(high) }
}

const LOADS: [(&str, Load); 14] = [
    ("load_u8", Load::whole(1)),
    ("load_i8", signed(1)),
    ("load_u16", Load::whole(2)),
    ("load_i16", signed(2)),
    ("load_b32", Load::whole(4)),
    ("load_b64", Load::whole(8)),
    ("load_b96", Load::whole(12)),
    ("load_b128", Load::whole(16)),
    ("load_d16_u8", half(1, false, false)),
    ("load_d16_hi_u8", half(1, false, true)),
    ("load_d16_i8", half(1, true, false)),
    ("load_d16_hi_i8", half(1, true, true)),
    ("load_d16_b16", half(2, false, false)),
    ("load_d16_hi_b16", half(2, false, true)),
];

const STORES: [(&str, usize, bool); 8] = [
    ("store_b8", 1, false),
    ("store_b16", 2, false),
    ("store_b32", 4, false),
    ("store_b64", 8, false),
    ("store_b96", 12, false),
    ("store_b128", 16, false),
    ("store_d16_hi_b8", 1, true),
    ("store_d16_hi_b16", 2, true),
];

fn step(size: usize) -> u32 {
    if size == 12 { 16 } else { size as u32 }
}

/// The forms of an address: a scalar base with an offset in A, or a pointer in A.
fn global_load(r: &mut Rows, name: &str, what: Load) {
    let d = registers(D, what.size);
    let forms = [
        (format!("global_{name} {d}, v8, s[10:11] offset:24"), 24, false),
        (format!("global_{name} {d}, v[8:9], off offset:-8"), -8, true),
        (format!("flat_{name} {d}, v[8:9] offset:20"), 20, true),
    ];
    for (index, (text, offset, pointer)) in forms.into_iter().enumerate() {
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = place(w, lane, offset, pointer);
                what.run(Space::Global, w, lane, at);
            }
        })
        .setup(move |w, random| addresses(w, random, what.size, index, pointer));
    }
}

fn global_store(r: &mut Rows, name: &str, size: usize, high: bool) {
    let b = registers(B, size);
    let forms = [
        (format!("global_{name} v8, {b}, s[10:11] offset:24"), 24, false),
        (format!("global_{name} v[8:9], {b}, off offset:-8"), -8, true),
        (format!("flat_{name} v[8:9], {b} offset:20"), 20, true),
    ];
    for (index, (text, offset, pointer)) in forms.into_iter().enumerate() {
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let at = place(w, lane, offset, pointer);
                put(Space::Global, w, lane, at, size, high);
            }
        })
        .setup(move |w, random| addresses(w, random, size, index, pointer));
    }
}

/// Where a lane's access falls in the wave's memory.
fn place(w: &Wave, lane: usize, offset: i64, pointer: bool) -> usize {
    let base =
        if pointer { w.get::<u64>(A, lane).wrapping_sub(w.address) } else { w.v(A, lane).into() };
    base.wrapping_add_signed(offset) as usize
}

/// Slots from byte 16 on; of the second form, at any byte.
fn addresses(w: &mut Wave, random: &mut Random, size: usize, form: usize, pointer: bool) {
    if form == 1 {
        unaligned(step(size).min(12))(w, random)
    } else {
        slots(step(size))(w, random)
    }
    for lane in 0..LANES {
        let offset = w.v(A, lane) + 16;
        w.set_v(A, lane, offset);
    }
    if pointer {
        pointers(w);
    }
}

fn thread_indexed(r: &mut Rows) {
    r.wave("global_load_addtid_b32 v32, s[10:11] offset:32", |w| {
        for lane in w.lanes() {
            let value = load(&w.memory, 32 + 4 * lane, 4) as u32;
            w.set_v(D, lane, value);
        }
    });
    r.wave("global_store_addtid_b32 v16, s[10:11] offset:32", |w| {
        for lane in w.lanes() {
            let value = w.v(B, lane);
            store(&mut w.memory, 32 + 4 * lane, 4, value.into());
        }
    });
}

/// A flat address in the shared aperture is LDS.
fn flat_to_lds(r: &mut Rows) {
    let aperture = "s_mov_b64 s[12:13], src_shared_base\nv_mov_b32 v9, s13";
    let after = "v_mov_b32 v9, 0";
    r.wave(
        &format!(
            "{aperture}\nflat_load_b32 v32, v[8:9] offset:8\ns_waitcnt vmcnt(0) lgkmcnt(0)\n{after}"
        ),
        |w| {
            for lane in w.lanes() {
                let value = load(&w.lds, w.v(A, lane) as usize + 8, 4) as u32;
                w.set_v(D, lane, value);
                w.set_v(A + 1, lane, 0);
            }
        },
    )
    .setup(slots(4));
    r.wave(&format!("{aperture}\nflat_store_b64 v[8:9], v[16:17]\ns_waitcnt vmcnt(0) lgkmcnt(0)\ns_waitcnt_vscnt null, 0\n{after}"), |w| {
        for lane in w.lanes() {
            let at = w.v(A, lane) as usize;
            put(Space::Lds, w, lane, at, 8, false);
            w.set_v(A + 1, lane, 0);
        }
    })
    .setup(slots(8));
}

/// Scratch is each lane's own: what it stores it reads again, whatever the others do.
fn scratch(r: &mut Rows) {
    let wait = "s_waitcnt_vscnt null, 0x0";
    for (name, what) in LOADS {
        let d = registers(D, what.size);
        let store_all = "scratch_store_b128 off, v[16:19], off offset:32\n\
                         scratch_store_b128 off, v[20:23], off offset:48";
        let text = format!(
            "{store_all}\n{wait}\nscratch_{name} {d}, v8, off offset:32\ns_waitcnt vmcnt(0)"
        );
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let mut bytes = Vec::new();
                (B..B + 8).for_each(|b| bytes.extend(w.v(b, lane).to_le_bytes()));
                let kept = std::mem::replace(&mut w.memory, bytes);
                let at = w.v(A, lane) as usize;
                what.run(Space::Global, w, lane, at);
                w.memory = kept;
            }
        })
        .setup(move |w, random| {
            for lane in 0..LANES {
                let units = 17 / step(what.size).min(4);
                w.set_v(A, lane, random.below(units) * step(what.size).min(4));
            }
        });
    }
    for (name, size, high) in STORES {
        let b = registers(B, size);
        let text = format!(
            "scratch_store_b128 off, v[24:27], off offset:64\n{wait}\n\
             scratch_{name} v8, {b}, off offset:64\n{wait}\n\
             scratch_load_b128 v[32:35], off, off offset:64\ns_waitcnt vmcnt(0)"
        );
        r.wave(&text, move |w| {
            for lane in w.lanes() {
                let mut bytes = Vec::new();
                (24..28).for_each(|c| bytes.extend(w.v(c, lane).to_le_bytes()));
                let kept = std::mem::replace(&mut w.memory, bytes);
                let at = w.v(A, lane) as usize;
                put(Space::Global, w, lane, at, size, high);
                Load::whole(16).run(Space::Global, w, lane, 0);
                w.memory = kept;
            }
        })
        .setup(move |w, random| {
            for lane in 0..LANES {
                let places = (16 - size as u32) / step(size).min(4) + 1;
                w.set_v(A, lane, random.below(places) * step(size).min(4));
            }
        });
    }
    // The scalar base form, and a scalar and a vector offset at once.
    r.wave(&format!("s_movk_i32 s12, 0x20\nscratch_store_b32 off, v16, s12 offset:4\n{wait}\nscratch_load_b32 v32, off, s12 offset:4\ns_waitcnt vmcnt(0)"), |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, w.v(B, lane));
        }
    });
    r.wave(&format!("s_movk_i32 s12, 0x20\nv_mov_b32 v2, 12\nscratch_store_b32 v2, v16, s12 offset:4\n{wait}\nscratch_load_b32 v32, off, off offset:48\ns_waitcnt vmcnt(0)"), |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, w.v(B, lane));
        }
    });
}

fn scalar(r: &mut Rows) {
    for (bits, count) in [(32, 1), (64, 2), (128, 4), (256, 8)] {
        let first = if count == 8 { 20 } else { 28 };
        let d =
            if count == 1 { "s28".to_owned() } else { format!("s[{first}:{}]", first + count - 1) };
        r.wave(&format!("s_load_b{bits} {d}, s[10:11], 0x24"), move |w| {
            for i in 0..count {
                let value = load(&w.memory, 0x24 + 4 * i, 4) as u32;
                w.set_s(first + i, value);
            }
        });
    }
    r.wave("s_load_b512 s[16:31], s[10:11], 0x40", |w| {
        for i in 0..16 {
            let value = load(&w.memory, 0x40 + 4 * i, 4) as u32;
            w.set_s(16 + i, value);
        }
    });
    let offset = |w: &mut Wave, random: &mut Random| w.set_s(16, random.below(200) * 4);
    r.wave("s_load_b32 s28, s[10:11], s16", |w| {
        let value = load(&w.memory, w.s(16) as usize, 4) as u32;
        w.set_s(28, value);
    })
    .setup(offset);
    r.wave("s_load_b64 s[28:29], s[10:11], s16 offset:0x10", |w| {
        let value = load(&w.memory, w.s(16) as usize + 16, 8);
        w.set_s64(28, value);
    })
    .setup(offset);
    r.wave(
        "s_add_u32 s12, s10, 0x40\ns_addc_u32 s13, s11, 0\ns_load_b32 s28, s[12:13], -0x10",
        |w| {
            let value = load(&w.memory, 0x30, 4) as u32;
            w.set_s(28, value);
            w.set_scc(false);
        },
    );
}

/// A resource for the wave's memory in s[36:39]: raw, of as many bytes as given.
fn resource(w: &mut Wave, bytes: u32) {
    w.set_s64(36, w.address);
    w.set_s(38, bytes);
    w.set_s(39, 0x3100_4000);
}

fn scalar_buffer(r: &mut Rows) {
    for (bits, count) in [(32, 1), (64, 2), (128, 4), (256, 8)] {
        let first = if count == 8 { 20 } else { 28 };
        let d =
            if count == 1 { "s28".to_owned() } else { format!("s[{first}:{}]", first + count - 1) };
        r.wave(&format!("s_buffer_load_b{bits} {d}, s[36:39], 0x24"), move |w| {
            for i in 0..count {
                let value = load(&w.memory, 0x24 + 4 * i, 4) as u32;
                w.set_s(first + i, value);
            }
        })
        .setup(|w, _| resource(w, BYTES as u32));
    }
    r.wave("s_buffer_load_b32 s28, s[36:39], s16", |w| {
        let value = load(&w.memory, w.s(16) as usize, 4) as u32;
        w.set_s(28, value);
    })
    .setup(|w, random| {
        resource(w, BYTES as u32);
        w.set_s(16, random.below(200) * 4);
    });
    r.wave("s_buffer_load_b512 s[16:31], s[36:39], 0x40", |w| {
        for i in 0..16 {
            let value = load(&w.memory, 0x40 + 4 * i, 4) as u32;
            w.set_s(16 + i, value);
        }
    })
    .setup(|w, _| resource(w, BYTES as u32));
}

/// Offsets of lanes into a buffer of 600 bytes; some lie behind its end.
fn buffer_slots(w: &mut Wave, random: &mut Random, size: usize) {
    slots(step(size).max(4))(w, random);
    resource(w, 600);
    for lane in (0..LANES).filter(|lane| lane % 5 == 0) {
        let behind = w.v(A, lane) + 640;
        w.set_v(A, lane, behind);
    }
}

fn buffer_load(r: &mut Rows, name: &str, what: Load) {
    let d = registers(D, what.size);
    r.wave(&format!("buffer_{name} {d}, v8, s[36:39], 0 offen offset:8"), move |w| {
        let kept = w.memory.clone();
        // Out of range reads zero.
        w.memory[600..].fill(0);
        w.memory.resize(2 * BYTES, 0);
        for lane in w.lanes() {
            let at = w.v(A, lane) as usize + 8;
            what.run(Space::Global, w, lane, at);
        }
        w.memory = kept;
    })
    .setup(move |w, random| buffer_slots(w, random, what.size));
}

fn buffer_store(r: &mut Rows, name: &str, size: usize, high: bool) {
    let b = registers(B, size);
    r.wave(&format!("buffer_{name} {b}, v8, s[36:39], 0 offen offset:8"), move |w| {
        for lane in w.lanes() {
            let at = w.v(A, lane) as usize + 8;
            if at < 600 {
                put(Space::Global, w, lane, at, size, high);
            }
        }
    })
    .setup(move |w, random| buffer_slots(w, random, size));
}

fn buffer_modes(r: &mut Rows) {
    r.wave("buffer_load_b32 v32, off, s[36:39], s16 offset:16", |w| {
        let value = load(&w.memory, w.s(16) as usize + 16, 4) as u32;
        for lane in w.lanes() {
            w.set_v(D, lane, value);
        }
    })
    .setup(|w, random| {
        resource(w, BYTES as u32);
        w.set_s(16, random.below(200) * 4);
    });
    // With a stride an index counts records of it.
    r.wave("buffer_load_b32 v32, v8, s[36:39], 0 idxen offset:4", |w| {
        for lane in w.lanes() {
            let value = load(&w.memory, w.v(A, lane) as usize * 16 + 4, 4) as u32;
            w.set_v(D, lane, value);
        }
    })
    .setup(|w, random| {
        slots(1)(w, random);
        resource(w, 64);
        let high = w.s(37) & 0xffff | 16 << 16;
        w.set_s(37, high);
        w.set_s(39, 0x0100_4000);
    });
}
