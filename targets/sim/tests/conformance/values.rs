//! Inputs: seeded random values mixed with the ones that break things.

/// A small generator with a fixed sequence for each seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A generator whose sequence depends on a text.
    pub(crate) fn of(text: &str) -> Random {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random::new(text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn bits(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.bits()) * u64::from(bound)) >> 32) as u32
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u32) as usize]
    }
}

/// What a value means, which decides what is adversarial about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 32 bits of an integer.
    I32,
    /// Two 16-bit integers.
    I16x2,
    /// Four 8-bit integers.
    I8x4,
    /// 64 bits of an integer.
    I64,
    /// One single.
    F32,
    /// Singles of ordinary size: finite, no denormals, |x| in [2^-20, 2^20).
    Tame32,
    /// Two halves.
    F16x2,
    /// Halves of ordinary size: |x| in [2^-4, 2^4).
    Tame16x2,
    /// Two brain floats of ordinary size.
    TameB16x2,
    /// One double.
    F64,
    /// Singles in [-8, 8).
    Unit32,
    /// A number below the bound.
    Below(u32),
}

const I32S: [u32; 20] = [
    0,
    1,
    2,
    3,
    31,
    32,
    33,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7f_ffff,
    0x80_0000,
    0xff_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ffff,
];
const F32S: [u32; 40] = [
    0x0000_0000,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x3f00_0000,
    0x4000_0000,
    0xc000_0000,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_0000,
    0x7fc1_2345,
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x8080_0000,
    0x0040_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x3eff_ffff,
    0x3f00_0001,
    0x4b00_0001,
    0x4aff_ffff,
    0x4f00_0000,
    0xcf00_0000,
    0x4f7f_ffff,
    0x4f80_0000,
    0xbf00_0000,
    0x3fc0_0000,
    0x4020_0000,
    0xc060_0000,
    0x477f_e000,
    0x477f_efff,
    0x477f_f000,
    0x3380_0000,
    0x3300_0000,
    0x3387_c000,
    0x3f7f_ffff,
    0x43ff_8000,
];
const F16S: [u16; 24] = [
    0x0000, 0x8000, 0x3c00, 0xbc00, 0x3800, 0x4000, 0xc000, 0x7c00, 0xfc00, 0x7e00, 0xfe00, 0x7e5a,
    0x0001, 0x8001, 0x03ff, 0x0400, 0x8400, 0x7bff, 0xfbff, 0x37ff, 0x3801, 0x6400, 0x7800, 0x3bff,
];
const F64S: [u64; 24] = [
    0,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3fe0_0000_0000_0000,
    0x4000_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x800f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x41df_ffff_ffc0_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0x41ef_ffff_ffe0_0000,
    0x41f0_0000_0000_0000,
    0x36a0_0000_0000_0000,
    0x47ef_ffff_e000_0000,
    0x3fe0_0000_0000_0001,
    0x4330_0000_0000_0001,
    0xc008_0000_0000_0000,
];

impl Kind {
    /// Dwords that a value takes.
    pub(crate) fn dwords(self) -> usize {
        if matches!(self, Kind::I64 | Kind::F64) { 2 } else { 1 }
    }

    /// The next value, in its lowest bits.
    pub(crate) fn draw(self, random: &mut Random) -> u64 {
        let special = random.below(2) == 0;
        match self {
            Kind::I32 if special => random.pick(&I32S).into(),
            Kind::F32 if special => random.pick(&F32S).into(),
            Kind::F64 if special => random.pick(&F64S),
            Kind::I64 if special => {
                u64::from(random.pick(&I32S)) << 32 | u64::from(random.pick(&I32S))
            }
            Kind::F16x2 if special => pair(|| random.pick(&F16S)).into(),
            Kind::I16x2 if special => pair(|| random.pick(&I32S) as u16).into(),
            Kind::I8x4 if special => {
                let byte = |random: &mut Random| random.pick(&[0u8, 1, 0x7f, 0x80, 0xff]);
                u32::from_le_bytes([(); 4].map(|()| byte(random))).into()
            }
            Kind::I32 | Kind::I16x2 | Kind::I8x4 => sized(random).into(),
            Kind::I64 => random.next() >> random.below(64),
            Kind::F32 => float(random, 8, 23) as u32 as u64,
            Kind::F64 => float(random, 11, 52),
            Kind::F16x2 => pair(|| float(random, 5, 10) as u16).into(),
            Kind::Tame32 => u64::from(tame(random, 20)),
            Kind::Tame16x2 => {
                pair(|| crate::numbers::f16_of(f64::from(f32::from_bits(tame(random, 4))))).into()
            }
            Kind::TameB16x2 => pair(|| (tame(random, 4) >> 16) as u16).into(),
            Kind::Unit32 => {
                let unit = f64::from(random.bits()) / 2f64.powi(28) - 8.0;
                u64::from((unit as f32).to_bits())
            }
            Kind::Below(bound) => random.below(bound).into(),
        }
    }
}

fn pair(mut half: impl FnMut() -> u16) -> u32 {
    let low = u32::from(half());
    low | u32::from(half()) << 16
}

/// An integer of any size, small ones included.
fn sized(random: &mut Random) -> u32 {
    let bits = random.bits();
    if random.below(2) == 0 { bits } else { bits >> random.below(32) }
}

/// Any bits, or a number whose exponent is near that of one, so that sums round and cancel.
fn float(random: &mut Random, exponent: u32, fraction: u32) -> u64 {
    let (width, bits) = (1 + exponent + fraction, random.next());
    if random.below(3) == 0 {
        return bits & (u64::MAX >> (64 - width));
    }
    let bias = (1u64 << (exponent - 1)) - 1;
    let spread = u64::from(random.below(2 * fraction)) + bias - u64::from(fraction).min(bias - 1);
    let sign = (bits >> 63) << (width - 1);
    sign | spread.min(2 * bias) << fraction | bits & ((1 << fraction) - 1)
}

/// Bits of a finite normal single with a magnitude in [2^-range, 2^range).
fn tame(random: &mut Random, range: u32) -> u32 {
    let exponent = 127 - range + random.below(2 * range);
    random.bits() & 0x807f_ffff | exponent << 23
}
