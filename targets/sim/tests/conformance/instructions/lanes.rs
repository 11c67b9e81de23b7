//! Movement between lanes: DPP of both kinds, permutations, reads and writes of single lanes.

use super::row::Rows;
use super::wave::{A, B, C, Check, D, LANES, Wave};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    dpp16(r);
    dpp8(r);
    folded(r);
    permutes(r);
    single_lanes(r);
}

/// Where a lane reads from: a lane, or nowhere.
type Source = fn(usize, usize) -> Option<usize>;

fn within_row(lane: usize, to: isize) -> Option<usize> {
    let position = lane as isize % 16 + to;
    (0..16).contains(&position).then(|| lane / 16 * 16 + position as usize)
}

/// Controls of DPP16, with an argument, as chapter "DPP16" lists them.
const CONTROLS: [(&str, &[usize], Source); 9] = [
    ("row_shl:", &[1, 5, 15], |lane, n| within_row(lane, n as isize)),
    ("row_shr:", &[1, 2, 4, 8, 15], |lane, n| within_row(lane, -(n as isize))),
    ("row_ror:", &[1, 8, 15], |lane, n| Some(lane / 16 * 16 + (lane + 16 - n) % 16)),
    ("row_mirror", &[0], |lane, _| Some(lane / 16 * 16 + 15 - lane % 16)),
    ("row_half_mirror", &[0], |lane, _| Some(lane / 8 * 8 + 7 - lane % 8)),
    ("row_share:", &[0, 7, 15], |lane, n| Some(lane / 16 * 16 + n)),
    ("row_xmask:", &[1, 2, 4, 8, 15], |lane, n| Some(lane ^ n)),
    ("quad_perm:[1,0,3,2]", &[0], |lane, _| Some(lane ^ 1)),
    ("quad_perm:[3,3,0,1]", &[0], |lane, _| Some(lane / 4 * 4 + [3, 3, 0, 1][lane % 4])),
];

#[derive(Clone, Copy)]
struct Dpp {
    source: Source,
    argument: usize,
    row_mask: u32,
    bank_mask: u32,
    bound_zero: bool,
    fetch_inactive: bool,
}

impl Dpp {
    /// The value that a lane gets; `None` leaves its destination alone.
    fn fetch(&self, w: &Wave, register: usize, lane: usize) -> Option<u32> {
        let enabled =
            self.row_mask >> (lane / 16) & 1 == 1 && self.bank_mask >> (lane % 16 / 4) & 1 == 1;
        let from = (self.source)(lane, self.argument)
            .filter(|&from| w.active(from) || self.fetch_inactive);
        match from {
            _ if !enabled => None,
            Some(from) => Some(w.v(register, from)),
            None => self.bound_zero.then_some(0),
        }
    }

    fn text(&self, control: &str) -> String {
        let argument =
            if control.ends_with(':') { self.argument.to_string() } else { String::new() };
        let mut text = format!(
            "{control}{argument} row_mask:{:#x} bank_mask:{:#x}",
            self.row_mask, self.bank_mask
        );
        if self.bound_zero {
            text += " bound_ctrl:1";
        }
        if self.fetch_inactive {
            text += " fi:1";
        }
        text
    }
}

fn dpp16(r: &mut Rows) {
    for (control, arguments, source) in CONTROLS {
        for &argument in arguments {
            for (bound_zero, fetch_inactive) in [(false, false), (true, false), (true, true)] {
                let all = (0xf, 0xf);
                let masks: &[(u32, u32)] =
                    if bound_zero { &[all] } else { &[all, (0x5, 0xf), (0xf, 0xa)] };
                for &(row_mask, bank_mask) in masks.iter().take(if argument > 1 { 1 } else { 3 }) {
                    let dpp =
                        Dpp { source, argument, row_mask, bank_mask, bound_zero, fetch_inactive };
                    moved(r, control, dpp);
                }
            }
        }
    }
}

fn moved(r: &mut Rows, control: &str, dpp: Dpp) {
    let text = format!("v_mov_b32_dpp v32, v8 {}", dpp.text(control));
    r.wave(&text, move |w| {
        let old = w.clone();
        for lane in w.lanes() {
            if let Some(value) = dpp.fetch(&old, A, lane) {
                w.set_v(D, lane, value);
            }
        }
    });
}

fn dpp8(r: &mut Rows) {
    for (select, fetch_inactive) in [
        ([7, 6, 5, 4, 3, 2, 1, 0], false),
        ([1, 1, 0, 7, 4, 5, 2, 2], false),
        ([3, 0, 1, 2, 7, 4, 5, 6], true),
    ] {
        let list = select.map(|s: usize| s.to_string()).join(",");
        let end = if fetch_inactive { " fi:1" } else { "" };
        r.wave(&format!("v_mov_b32_dpp v32, v8 dpp8:[{list}]{end}"), move |w| {
            let old = w.clone();
            for lane in w.lanes() {
                let from = lane / 8 * 8 + select[lane % 8];
                // DPP8 has no bound control: an inactive source reads as zero.
                let value = if old.active(from) || fetch_inactive { old.v(A, from) } else { 0 };
                w.set_v(D, lane, value);
            }
        });
    }
}

/// DPP folded into arithmetic: only the first source moves.
fn folded(r: &mut Rows) {
    let shift = Dpp {
        source: |lane, n| within_row(lane, -(n as isize)),
        argument: 1,
        row_mask: 0xf,
        bank_mask: 0xf,
        bound_zero: true,
        fetch_inactive: false,
    };
    let xmask = Dpp { source: |lane, n| Some(lane ^ n), argument: 3, ..shift };
    let keep = Dpp { bound_zero: false, ..shift };
    type Meaning = fn(u32, u32, u32) -> u32;
    let cases: [(&str, &str, Dpp, Meaning, Check); 13] = [
        (
            "v_add_f32_dpp v32, v8, v16",
            "row_shr:",
            shift,
            |a, b, _| (f32::from_bits(a) + f32::from_bits(b)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_add_f32_dpp v32, v8, v16",
            "row_shr:",
            keep,
            |a, b, _| (f32::from_bits(a) + f32::from_bits(b)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_add_f32_dpp v32, -v8, |v16|",
            "row_xmask:",
            xmask,
            |a, b, _| (f32::from_bits(b).abs() - f32::from_bits(a)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_add_nc_u32_dpp v32, v8, v16",
            "row_xmask:",
            xmask,
            |a, b, _| a.wrapping_add(b),
            Check::Bits,
        ),
        (
            "v_max_i32_dpp v32, v8, v16",
            "row_shr:",
            keep,
            |a, b, _| (a as i32).max(b as i32) as u32,
            Check::Bits,
        ),
        (
            "v_lshlrev_b32_dpp v32, v8, v16",
            "row_xmask:",
            xmask,
            |a, b, _| b << (a & 31),
            Check::Bits,
        ),
        (
            "v_fmac_f32_dpp v32, v8, v16",
            "row_xmask:",
            xmask,
            |a, b, d| f32::from_bits(a).mul_add(f32::from_bits(b), f32::from_bits(d)).to_bits(),
            Check::F32(0),
        ),
        ("v_xor_b32_dpp v32, v8, v16", "row_shr:", shift, |a, b, _| a ^ b, Check::Bits),
        (
            "v_add3_u32_e64_dpp v32, v8, v16, v32",
            "row_xmask:",
            xmask,
            |a, b, d| a.wrapping_add(b).wrapping_add(d),
            Check::Bits,
        ),
        (
            "v_fma_f32_e64_dpp v32, v8, v16, v32",
            "row_shr:",
            shift,
            |a, b, d| f32::from_bits(a).mul_add(f32::from_bits(b), f32::from_bits(d)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_max_f32_dpp v32, v8, v16",
            "row_xmask:",
            xmask,
            |a, b, _| super::vop2::max32(f32::from_bits(a), f32::from_bits(b)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_max_f32_e64_dpp v32, v8, v16",
            "row_xmask:",
            xmask,
            |a, b, _| super::vop2::max32(f32::from_bits(a), f32::from_bits(b)).to_bits(),
            Check::F32(0),
        ),
        (
            "v_med3_u32_e64_dpp v32, v8, v16, v32",
            "row_xmask:",
            xmask,
            |a, b, d| a.min(b).max(a.max(b).min(d)),
            Check::Bits,
        ),
    ];
    for (op, control, dpp, meaning, check) in cases {
        let float = check != Check::Bits;
        let kind = if float { Kind::F32 } else { Kind::I32 };
        r.wave(&format!("{op} {}", dpp.text(control)), move |w| {
            let old = w.clone();
            for lane in w.lanes() {
                if let Some(a) = dpp.fetch(&old, A, lane) {
                    let value = meaning(a, old.v(B, lane), old.v(D, lane));
                    w.set_v(D, lane, value);
                }
            }
        })
        .kinds(&[kind, kind, kind, kind])
        .check(check);
    }
    compares(r, xmask);
    r.wave("v_add_f32_e64_dpp v32, v8, v16 dpp8:[7,6,5,4,3,2,1,0]", |w| {
        let old = w.clone();
        for lane in w.lanes() {
            let from = lane / 8 * 8 + 7 - lane % 8;
            let a = if old.active(from) { f32::from_bits(old.v(A, from)) } else { 0.0 };
            w.set_v(D, lane, (a + f32::from_bits(old.v(B, lane))).to_bits());
        }
    })
    .kinds(&[Kind::F32, Kind::F32])
    .check(Check::F32(0));
}

fn compares(r: &mut Rows, xmask: Dpp) {
    r.wave(&format!("v_cmp_lt_u32_dpp vcc_lo, v8, v16 {}", xmask.text("row_xmask:")), move |w| {
        let mut mask = 0;
        for lane in w.lanes() {
            let a = xmask.fetch(w, A, lane).unwrap_or(0);
            mask |= u32::from(a < w.v(B, lane)) << lane;
        }
        w.set_vcc(mask);
    });
    r.wave(
        &format!("v_cndmask_b32_dpp v32, v8, v16, vcc_lo {}", xmask.text("row_xmask:")),
        move |w| {
            let old = w.clone();
            for lane in w.lanes() {
                let a = xmask.fetch(&old, A, lane).unwrap_or(0);
                let chosen = if w.vcc() >> lane & 1 == 1 { old.v(B, lane) } else { a };
                w.set_v(D, lane, chosen);
            }
        },
    );
}

fn permutes(r: &mut Rows) {
    for (op, other) in [("v_permlane16_b32", 0), ("v_permlanex16_b32", 16)] {
        for (fetch, bound) in [(false, false), (true, false), (false, true), (true, true)] {
            let end = format!("op_sel:[{},{}]", u8::from(fetch), u8::from(bound));
            r.wave(&format!("{op} v32, v8, s16, s20 {end}"), move |w| {
                let selects = u64::from(w.s(20)) << 32 | u64::from(w.s(16));
                permute(w, selects, other, fetch, bound);
            });
        }
        r.wave(&format!("{op} v32, v8, 1, 0x76543210 op_sel:[1,0]"), move |w| {
            permute(w, 0x7654_3210_0000_0001, other, true, false);
        });
    }
    // There are no other 32 lanes in wave32: nothing happens.
    r.wave("v_permlane64_b32 v32, v8", |_| ());
}

fn permute(w: &mut Wave, selects: u64, other: usize, fetch: bool, bound: bool) {
    let old = w.clone();
    for lane in w.lanes() {
        let row = (lane / 16 * 16) ^ other;
        let from = row + (selects >> (4 * (lane % 16)) & 15) as usize;
        if old.active(from) || fetch {
            w.set_v(D, lane, old.v(A, from));
        } else if bound {
            w.set_v(D, lane, 0);
        }
    }
}

fn single_lanes(r: &mut Rows) {
    r.wave("v_readlane_b32 s28, v8, 5", |w| w.set_s(28, w.v(A, 5)));
    r.wave("v_readlane_b32 s28, v8, s16", |w| w.set_s(28, w.v(A, w.s(16) as usize % LANES)));
    r.wave("v_readlane_b32 s28, v8, m0", |w| w.set_s(28, w.v(A, w.m0() as usize % LANES)));
    r.wave("v_readfirstlane_b32 s28, v8", |w| {
        let lane = w.exec().trailing_zeros() as usize % LANES;
        w.set_s(28, w.v(A, lane));
    });
    // Writes and reads of single lanes ignore EXEC.
    r.wave("v_writelane_b32 v32, s16, 7", |w| w.set_v(D, 7, w.s(16)));
    r.wave("v_writelane_b32 v32, s16, s20", |w| {
        w.set_v(D, w.s(20) as usize % LANES, w.s(16));
    });
    r.wave("v_writelane_b32 v32, -3, s20", |w| {
        w.set_v(D, w.s(20) as usize % LANES, -3i32 as u32);
    });
    r.wave("v_mov_b32_dpp v32, v24 row_share:3 row_mask:0xf bank_mask:0xf bound_ctrl:1", |w| {
        let old = w.clone();
        for lane in w.lanes() {
            let from = lane / 16 * 16 + 3;
            w.set_v(D, lane, if old.active(from) { old.v(C, from) } else { 0 });
        }
    });
}
