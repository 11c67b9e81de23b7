//! The scalar unit: integers, bits, comparisons, masks.

use super::relation::ORDERED;
use super::row::Rows;
use super::wave::Wave;

pub(super) fn rows(r: &mut Rows) {
    sums(r);
    logic(r);
    shifts(r);
    counts(r);
    moves(r);
    constants(r);
    comparisons(r);
    masks(r);
    relative(r);
}

fn sums(r: &mut Rows) {
    r.scalar("s_add_u32", |a, b| carry(a.overflowing_add(b)));
    r.scalar("s_sub_u32", |a, b| carry(a.overflowing_sub(b)));
    r.scalar("s_add_i32", |a, b| signed((a as i32).overflowing_add(b as i32)));
    r.scalar("s_sub_i32", |a, b| signed((a as i32).overflowing_sub(b as i32)));
    with_carry(r, "s_addc_u32 s28, s16, s20", |a, b, c| a + b + c);
    with_carry(r, "s_subb_u32 s28, s16, s20", |a, b, c| a - b - c);
    r.scalar("s_mul_i32", |a, b| (a.wrapping_mul(b), None));
    r.scalar("s_mul_hi_u32", |a, b| (((u64::from(a) * u64::from(b)) >> 32) as u32, None));
    r.scalar("s_mul_hi_i32", |a, b| {
        (((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32, None)
    });
    r.scalar("s_min_i32", |a, b| ((a as i32).min(b as i32) as u32, Some((a as i32) < b as i32)));
    r.scalar("s_max_i32", |a, b| ((a as i32).max(b as i32) as u32, Some(a as i32 >= b as i32)));
    r.scalar("s_min_u32", |a, b| (a.min(b), Some(a < b)));
    r.scalar("s_max_u32", |a, b| (a.max(b), Some(a >= b)));
    r.scalar("s_absdiff_i32", |a, b| {
        let value = (a as i32).wrapping_sub(b as i32).wrapping_abs() as u32;
        (value, Some(value != 0))
    })
    .setup(|w, random| {
        // The difference of two large numbers wraps in a way that nobody documents.
        w.set_s(16, random.bits() >> 1 & 0x3fff_ffff);
        w.set_s(20, random.bits() >> 1 & 0x3fff_ffff);
    });
    r.scalar("s_abs_i32 s28, s16", |a, _| bits((a as i32).wrapping_abs() as u32));
    for shift in 1..5u32 {
        r.scalar(&format!("s_lshl{shift}_add_u32"), move |a, b| {
            let sum = (u64::from(a) << shift) + u64::from(b);
            (sum as u32, Some(sum >> 32 != 0))
        });
    }
}

fn carry((value, over): (u32, bool)) -> (u32, Option<bool>) {
    (value, Some(over))
}

fn signed((value, over): (i32, bool)) -> (u32, Option<bool>) {
    (value as u32, Some(over))
}

fn bits(value: u32) -> (u32, Option<bool>) {
    (value, Some(value != 0))
}

fn bits64(value: u64) -> (u64, Option<bool>) {
    (value, Some(value != 0))
}

fn with_carry(r: &mut Rows, text: &str, f: fn(i64, i64, i64) -> i64) {
    r.wave(text, move |w| {
        let sum = f(w.s(16).into(), w.s(20).into(), w.scc().into());
        w.set_s(28, sum as u32);
        w.set_scc(!(0..1 << 32).contains(&sum));
    });
}

fn logic(r: &mut Rows) {
    type Logic = (&'static str, fn(u64, u64) -> u64);
    let operations: [Logic; 8] = [
        ("and", |a, b| a & b),
        ("or", |a, b| a | b),
        ("xor", |a, b| a ^ b),
        ("nand", |a, b| !(a & b)),
        ("nor", |a, b| !(a | b)),
        ("xnor", |a, b| !(a ^ b)),
        ("and_not1", |a, b| a & !b),
        ("or_not1", |a, b| a | !b),
    ];
    for (name, f) in operations {
        r.scalar(&format!("s_{name}_b32"), move |a, b| bits(f(a.into(), b.into()) as u32));
        r.scalar64(&format!("s_{name}_b64"), move |a, b| bits64(f(a, b)));
    }
    r.scalar("s_not_b32 s28, s16", |a, _| bits(!a));
    r.scalar64("s_not_b64 s[28:29], s[16:17]", |a, _| bits64(!a));
}

fn shifts(r: &mut Rows) {
    r.scalar("s_lshl_b32", |a, b| bits(a << (b & 31)));
    r.scalar("s_lshr_b32", |a, b| bits(a >> (b & 31)));
    r.scalar("s_ashr_i32", |a, b| bits((a as i32 >> (b & 31)) as u32));
    r.scalar64("s_lshl_b64 s[28:29], s[16:17], s20", |a, b| bits64(a << (b & 63)));
    r.scalar64("s_lshr_b64 s[28:29], s[16:17], s20", |a, b| bits64(a >> (b & 63)));
    r.scalar64("s_ashr_i64 s[28:29], s[16:17], s20", |a, b| bits64((a as i64 >> (b & 63)) as u64));
    // Offset in [4:0] or [5:0], width in [22:16]; a field that reaches past the top ends there.
    r.scalar("s_bfe_u32", |a, b| {
        let (offset, width) = (b & 31, b >> 16 & 127);
        bits(mask(u64::from(a >> offset), width) as u32)
    })
    .setup(field);
    r.scalar("s_bfe_i32", |a, b| {
        let (offset, width) = (b & 31, b >> 16 & 127);
        bits(extend(i64::from(a as i32 >> offset), width) as u32)
    })
    .setup(field);
    r.scalar64("s_bfe_u64 s[28:29], s[16:17], s20", |a, b| {
        bits64(mask(a >> (b & 63), (b >> 16 & 127) as u32))
    })
    .setup(field);
    r.scalar64("s_bfe_i64 s[28:29], s[16:17], s20", |a, b| {
        bits64(extend(a as i64 >> (b & 63), (b >> 16 & 127) as u32) as u64)
    })
    .setup(field);
    r.scalar("s_bfm_b32", |a, b| (((1u32 << (a & 31)) - 1) << (b & 31), None));
    r.scalar64("s_bfm_b64 s[28:29], s16, s20", |a, b| (((1u64 << (a & 63)) - 1) << (b & 63), None));
    r.scalar("s_pack_ll_b32_b16", |a, b| (a & 0xffff | b << 16, None));
    r.scalar("s_pack_lh_b32_b16", |a, b| (a & 0xffff | b & 0xffff_0000, None));
    r.scalar("s_pack_hh_b32_b16", |a, b| (a >> 16 | b & 0xffff_0000, None));
    r.scalar("s_pack_hl_b32_b16", |a, b| (a >> 16 | b << 16, None));
}

/// Fields of up to 40 bits anywhere.
fn field(w: &mut Wave, random: &mut crate::values::Random) {
    let junk = random.bits() & 0xff80_ffc0;
    w.set_s(20, junk | random.below(64) | random.below(41) << 16);
}

fn mask(value: u64, width: u32) -> u64 {
    if width >= 64 { value } else { value & ((1 << width) - 1) }
}

fn extend(value: i64, width: u32) -> i64 {
    match width {
        0 => 0,
        1..64 => value << (64 - width) >> (64 - width),
        _ => value,
    }
}

fn counts(r: &mut Rows) {
    let or_none = |count: u32, all: u32| if count == all { u32::MAX } else { count };
    r.scalar("s_bcnt0_i32_b32 s28, s16", |a, _| bits(a.count_zeros()));
    r.scalar("s_bcnt1_i32_b32 s28, s16", |a, _| bits(a.count_ones()));
    r.scalar("s_ctz_i32_b32 s28, s16", move |a, _| (or_none(a.trailing_zeros(), 32), None));
    r.scalar("s_clz_i32_u32 s28, s16", move |a, _| (or_none(a.leading_zeros(), 32), None));
    r.scalar("s_cls_i32 s28, s16", move |a, _| {
        (or_none((a ^ (a as i32 >> 31) as u32).leading_zeros(), 32), None)
    });
    r.scalar("s_brev_b32 s28, s16", |a, _| (a.reverse_bits(), None));
    let wide = |r: &mut Rows, text: &str, f: fn(u64) -> (u32, Option<bool>)| {
        r.wave(text, move |w| {
            let (value, scc) = f(w.s64(16));
            w.set_s(28, value);
            w.set_scc(scc.unwrap_or(w.scc()));
        });
    };
    wide(r, "s_bcnt0_i32_b64 s28, s[16:17]", |a| bits(a.count_zeros()));
    wide(r, "s_bcnt1_i32_b64 s28, s[16:17]", |a| bits(a.count_ones()));
    wide(r, "s_ctz_i32_b64 s28, s[16:17]", |a| {
        (if a == 0 { u32::MAX } else { a.trailing_zeros() }, None)
    });
    wide(r, "s_clz_i32_u64 s28, s[16:17]", |a| {
        (if a == 0 { u32::MAX } else { a.leading_zeros() }, None)
    });
    wide(r, "s_cls_i32_i64 s28, s[16:17]", |a| {
        let same = (a ^ (a as i64 >> 63) as u64).leading_zeros();
        (if same == 64 { u32::MAX } else { same }, None)
    });
    r.scalar64("s_brev_b64 s[28:29], s[16:17]", |a, _| (a.reverse_bits(), None));
    r.scalar("s_sext_i32_i8 s28, s16", |a, _| (a as i8 as u32, None));
    r.scalar("s_sext_i32_i16 s28, s16", |a, _| (a as i16 as u32, None));
    r.scalar("s_wqm_b32 s28, s16", |a, _| bits(quads(a) * 15));
    r.scalar("s_quadmask_b32 s28, s16", |a, _| {
        let mask = (0..8).fold(0, |mask, quad| mask | (quads(a) >> (4 * quad) & 1) << quad);
        bits(mask)
    });
    r.scalar64("s_bitreplicate_b64_b32 s[28:29], s16", |a, _| {
        ((0..64).fold(0, |all, bit| all | (a >> (bit / 2) & 1) << bit), None)
    });
}

/// The lowest bit of each group of four in which any bit is set.
fn quads(a: u32) -> u32 {
    (a | a >> 1 | a >> 2 | a >> 3) & 0x1111_1111
}

fn moves(r: &mut Rows) {
    r.scalar("s_mov_b32 s28, s16", |a, _| (a, None));
    r.scalar64("s_mov_b64 s[28:29], s[16:17]", |a, _| (a, None));
    r.wave("s_cmov_b32 s28, s16", |w| {
        if w.scc() {
            w.set_s(28, w.s(16));
        }
    });
    r.wave("s_cmov_b64 s[28:29], s[16:17]", |w| {
        if w.scc() {
            w.set_s64(28, w.s64(16));
        }
    });
    r.wave("s_cselect_b32 s28, s16, s20", |w| w.set_s(28, w.s(if w.scc() { 16 } else { 20 })));
    r.wave("s_cselect_b64 s[28:29], s[16:17], s[20:21]", |w| {
        w.set_s64(28, w.s64(if w.scc() { 16 } else { 20 }));
    });
    r.wave("s_bitset0_b32 s28, s16", |w| w.set_s(28, w.s(28) & !(1 << (w.s(16) & 31))));
    r.wave("s_bitset1_b32 s28, s16", |w| w.set_s(28, w.s(28) | 1 << (w.s(16) & 31)));
    r.wave("s_bitset0_b64 s[28:29], s16", |w| w.set_s64(28, w.s64(28) & !(1 << (w.s(16) & 63))));
    r.wave("s_bitset1_b64 s[28:29], s16", |w| w.set_s64(28, w.s64(28) | 1 << (w.s(16) & 63)));
    r.scalar("s_mov_b32 s28, 0xdeadbeef", |_, _| (0xdead_beef, None));
    r.scalar("s_mov_b32 s28, -7", |_, _| (-7i32 as u32, None));
    r.scalar("s_mov_b32 s28, 0.5", |_, _| (0x3f00_0000, None));
    r.scalar64("s_mov_b64 s[28:29], -1", |_, _| (u64::MAX, None));
    r.scalar64("s_mov_b64 s[28:29], 0x12345678", |_, _| (0x1234_5678, None));
    r.scalar("s_mov_b32 s28, vcc_lo\ns_mov_b32 null, s16", |_, _| (0, None));
    let row = r.0.last_mut().expect("a row was pushed");
    row.meaning = Box::new(|w| w.set_s(28, w.vcc()));
}

fn constants(r: &mut Rows) {
    r.scalar("s_movk_i32 s28, 0x8001", |_, _| (0xffff_8001, None));
    r.wave("s_cmovk_i32 s28, 0x1234", |w| {
        if w.scc() {
            w.set_s(28, 0x1234);
        }
    });
    r.wave("s_addk_i32 s28, 0xfff0", |w| {
        let (sum, over) = (w.s(28) as i32).overflowing_add(-16);
        w.set_s(28, sum as u32);
        w.set_scc(over);
    });
    r.wave("s_mulk_i32 s28, 0xfffd", |w| w.set_s(28, w.s(28).wrapping_mul(-3i32 as u32)));
    for (test, holds) in ORDERED {
        let test = if test == "ne" { "lg" } else { test };
        r.wave(&format!("s_cmpk_{test}_i32 s16, 0xffff"), move |w| {
            let a = w.s(16).cast_signed();
            w.set_scc(holds(a.cmp(&-1)));
        });
        r.wave(&format!("s_cmpk_{test}_u32 s16, 0x7f"), move |w| {
            let a = w.s(16);
            w.set_scc(holds(a.cmp(&0x7f)));
        });
    }
}

fn comparisons(r: &mut Rows) {
    for (test, holds) in ORDERED {
        let test = if test == "ne" { "lg" } else { test };
        r.wave(&format!("s_cmp_{test}_i32 s16, s20"), move |w| {
            let (a, b) = (w.s(16) as i32, w.s(20) as i32);
            w.set_scc(holds(a.cmp(&b)));
        });
        r.wave(&format!("s_cmp_{test}_u32 s16, s20"), move |w| {
            let (a, b) = (w.s(16), w.s(20));
            w.set_scc(holds(a.cmp(&b)));
        });
    }
    r.wave("s_cmp_eq_u64 s[16:17], s[20:21]", |w| w.set_scc(w.s64(16) == w.s64(20)))
        .setup(sometimes_equal);
    r.wave("s_cmp_lg_u64 s[16:17], s[20:21]", |w| w.set_scc(w.s64(16) != w.s64(20)))
        .setup(sometimes_equal);
    r.wave("s_bitcmp0_b32 s16, s20", |w| w.set_scc(w.s(16) >> (w.s(20) & 31) & 1 == 0));
    r.wave("s_bitcmp1_b32 s16, s20", |w| w.set_scc(w.s(16) >> (w.s(20) & 31) & 1 == 1));
    r.wave("s_bitcmp0_b64 s[16:17], s20", |w| w.set_scc(w.s64(16) >> (w.s(20) & 63) & 1 == 0));
    r.wave("s_bitcmp1_b64 s[16:17], s20", |w| w.set_scc(w.s64(16) >> (w.s(20) & 63) & 1 == 1));
}

fn sometimes_equal(w: &mut Wave, random: &mut crate::values::Random) {
    if random.below(2) == 0 {
        w.set_s64(20, w.s64(16));
    }
}

/// What a scalar source and the old EXEC become.
fn saveexec(r: &mut Rows, name: &str, f: fn(u32, u32) -> u32) {
    r.wave(&format!("s_{name}_saveexec_b32 s28, s16"), move |w| {
        let (source, exec) = (w.s(16), w.exec());
        w.set_s(28, exec);
        w.set_exec(f(source, exec));
        w.set_scc(w.exec() != 0);
    });
}

fn masks(r: &mut Rows) {
    saveexec(r, "and", |s, exec| s & exec);
    saveexec(r, "or", |s, exec| s | exec);
    saveexec(r, "xor", |s, exec| s ^ exec);
    saveexec(r, "nand", |s, exec| !(s & exec));
    saveexec(r, "nor", |s, exec| !(s | exec));
    saveexec(r, "xnor", |s, exec| !(s ^ exec));
    // NOT0 negates the source, NOT1 the old mask.
    saveexec(r, "and_not0", |s, exec| !s & exec);
    saveexec(r, "and_not1", |s, exec| s & !exec);
    saveexec(r, "or_not0", |s, exec| !s | exec);
    saveexec(r, "or_not1", |s, exec| s | !exec);
    for (name, f) in [
        ("s_and_not0_wrexec_b32", (|s, exec| !s & exec) as fn(u32, u32) -> u32),
        ("s_and_not1_wrexec_b32", |s, exec| s & !exec),
    ] {
        r.wave(&format!("{name} s28, s16"), move |w| {
            let value = f(w.s(16), w.exec());
            w.set_exec(value);
            w.set_s(28, value);
            w.set_scc(value != 0);
        });
    }
    r.wave("s_and_b32 exec_lo, exec_lo, s16", |w| {
        let value = w.exec() & w.s(16);
        w.set_exec(value);
        w.set_scc(value != 0);
    });
    r.wave("s_and_not1_b32 vcc_lo, exec_lo, vcc_lo", |w| {
        let value = w.exec() & !w.vcc();
        w.set_vcc(value);
        w.set_scc(value != 0);
    });
}

fn relative(r: &mut Rows) {
    r.wave("s_movrels_b32 s28, s16", |w| w.set_s(28, w.s(16 + w.m0() as usize)))
        .setup(|w, random| w.set_m0(random.below(12)));
    r.wave("s_movreld_b32 s20, s16", |w| w.set_s(20 + w.m0() as usize, w.s(16)))
        .setup(|w, random| w.set_m0(random.below(12)));
    r.wave("s_movrels_b64 s[28:29], s[16:17]", |w| w.set_s64(28, w.s64(16 + w.m0() as usize)))
        .setup(|w, random| w.set_m0(2 * random.below(5)));
    r.wave("s_movreld_b64 s[20:21], s[16:17]", |w| w.set_s64(20 + w.m0() as usize, w.s64(16)))
        .setup(|w, random| w.set_m0(2 * random.below(5)));
    r.wave("s_movrelsd_2_b32 s24, s16", |w| {
        let (from, to) = ((w.m0() & 0x3ff) as usize, (w.m0() >> 16 & 0x3ff) as usize);
        w.set_s(24 + to, w.s(16 + from));
    })
    .setup(|w, random| w.set_m0(random.below(8) | random.below(8) << 16));
}
