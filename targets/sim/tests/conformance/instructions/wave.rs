//! What one wave holds before and after a tested instruction, and how typed values stand in it.

use crate::numbers;
use crate::values::{Kind, Random};

/// Lanes of a wave.
pub(crate) const LANES: usize = 32;
/// Bytes of memory and of LDS that belong to a wave.
pub(crate) const BYTES: usize = 1024;

/// Number of the first vector register of each group: sources A, B and C, and the destination D.
pub(crate) const A: usize = 8;
pub(crate) const B: usize = 16;
pub(crate) const C: usize = 24;
pub(crate) const D: usize = 32;
/// Vector registers that a test may use: `v8` to `v39`.
pub(crate) const VGPRS: std::ops::Range<usize> = A..D + 8;
/// Scalar registers that a test may use: `s16` to `s31` and `s36` to `s39`.
pub(crate) const SGPRS: std::ops::Range<usize> = 16..40;

/// The state of a wave, as far as tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wave {
    /// `v8` to `v39`, each lane by lane.
    pub(crate) vgprs: Vec<[u32; LANES]>,
    /// `s16` to `s39`; `s32` to `s35` stand for VCC, EXEC, M0 and SCC.
    pub(crate) sgprs: [u32; 24],
    /// Global memory of the wave's own.
    pub(crate) memory: Vec<u8>,
    /// LDS of the wave's workgroup.
    pub(crate) lds: Vec<u8>,
    /// Where `memory` is.
    pub(crate) address: u64,
}

impl Wave {
    /// A wave whose registers and memories hold any bits.
    pub(crate) fn random(random: &mut Random, address: u64) -> Wave {
        let mut bytes = |count: usize| (0..count).map(|_| random.bits() as u8).collect();
        let (memory, lds) = (bytes(BYTES), bytes(BYTES));
        let vgprs = VGPRS.map(|_| std::array::from_fn(|_| random.bits())).collect();
        let mut sgprs = std::array::from_fn(|_| random.bits());
        sgprs[3 + 16] &= 1;
        Wave { vgprs, sgprs, memory, lds, address }
    }

    pub(crate) fn v(&self, register: usize, lane: usize) -> u32 {
        self.vgprs[register - VGPRS.start][lane]
    }

    pub(crate) fn set_v(&mut self, register: usize, lane: usize, value: u32) {
        self.vgprs[register - VGPRS.start][lane] = value;
    }

    pub(crate) fn s(&self, register: usize) -> u32 {
        self.sgprs[register - SGPRS.start]
    }

    pub(crate) fn set_s(&mut self, register: usize, value: u32) {
        self.sgprs[register - SGPRS.start] = value;
    }

    pub(crate) fn s64(&self, register: usize) -> u64 {
        u64::from(self.s(register)) | u64::from(self.s(register + 1)) << 32
    }

    pub(crate) fn set_s64(&mut self, register: usize, value: u64) {
        self.set_s(register, value as u32);
        self.set_s(register + 1, (value >> 32) as u32);
    }

    pub(crate) fn vcc(&self) -> u32 {
        self.s(32)
    }

    pub(crate) fn set_vcc(&mut self, value: u32) {
        self.set_s(32, value);
    }

    pub(crate) fn exec(&self) -> u32 {
        self.s(33)
    }

    pub(crate) fn set_exec(&mut self, value: u32) {
        self.set_s(33, value);
    }

    pub(crate) fn m0(&self) -> u32 {
        self.s(34)
    }

    pub(crate) fn set_m0(&mut self, value: u32) {
        self.set_s(34, value);
    }

    pub(crate) fn scc(&self) -> bool {
        self.s(35) != 0
    }

    pub(crate) fn set_scc(&mut self, value: bool) {
        self.set_s(35, value.into());
    }

    pub(crate) fn active(&self, lane: usize) -> bool {
        self.exec() >> lane & 1 == 1
    }

    /// The lanes that execute.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = usize> + use<> {
        let exec = self.exec();
        (0..LANES).filter(move |lane| exec >> lane & 1 == 1)
    }

    /// A value of a type, in the registers from `register` on.
    pub(crate) fn get<T: Value>(&self, register: usize, lane: usize) -> T {
        let high = if T::KIND.dwords() == 2 { self.v(register + 1, lane) } else { 0 };
        T::from_bits(u64::from(self.v(register, lane)) | u64::from(high) << 32)
    }

    pub(crate) fn put<T: Value>(&mut self, register: usize, lane: usize, value: T) {
        let old = self.v(register, lane);
        let bits = value.to_bits();
        self.set_v(register, lane, (bits & T::MASK) as u32 | old & !(T::MASK as u32));
        if T::KIND.dwords() == 2 {
            self.set_v(register + 1, lane, (bits >> 32) as u32);
        }
    }
}

/// How a result is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Bit for bit.
    Bits,
    /// As singles: any NaN is as good as another, and a few units in the last place are allowed.
    F32(u64),
    /// As doubles in register pairs.
    F64(u64),
    /// The low half as a half, the high half bit for bit.
    F16(u64),
    /// Both halves as halves.
    F16x2(u64),
    /// Two registers, each bit for bit or a NaN of a single where a NaN is expected.
    NanPair,
    /// As singles of which a denormal is as good as a zero of either sign.
    Flushed32(u64),
    /// The low half as a half that differs by at most so many millionths.
    NearHalf(u32),
    /// As singles that differ by at most so many millionths of the larger of them and one.
    Near32(u32),
}

/// A type of operand.
pub(crate) trait Value: Copy {
    const KIND: Kind;
    const CHECK: Check = Check::Bits;
    /// The bits that a result writes; the others are kept.
    const MASK: u64 = u64::MAX;
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;

    /// How the assembler writes an operand of this type.
    fn operand(register: usize) -> String {
        match (Self::KIND.dwords(), Self::MASK) {
            (2, _) => format!("v[{register}:{}]", register + 1),
            (_, 0xffff) => format!("v{register}.l"),
            _ => format!("v{register}"),
        }
    }
}

macro_rules! integers {
    ($($type:ty, $unsigned:ty, $kind:expr, $mask:expr;)*) => {$(
        impl Value for $type {
            const KIND: Kind = $kind;
            const MASK: u64 = $mask;
            fn from_bits(bits: u64) -> Self { bits as $type }
            fn to_bits(self) -> u64 { u64::from(self as $unsigned) }
        }
    )*};
}

integers! {
    u16, u16, Kind::I16x2, 0xffff;
    i16, u16, Kind::I16x2, 0xffff;
    u32, u32, Kind::I32, u64::MAX;
    i32, u32, Kind::I32, u64::MAX;
    u64, u64, Kind::I64, u64::MAX;
    i64, u64, Kind::I64, u64::MAX;
}

impl Value for f32 {
    const KIND: Kind = Kind::F32;
    const CHECK: Check = Check::F32(0);
    fn from_bits(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
    fn to_bits(self) -> u64 {
        self.to_bits().into()
    }
}

impl Value for f64 {
    const KIND: Kind = Kind::F64;
    const CHECK: Check = Check::F64(0);
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    fn to_bits(self) -> u64 {
        self.to_bits()
    }
}

/// Four bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes(pub(crate) [u8; 4]);

impl Value for Bytes {
    const KIND: Kind = Kind::I8x4;
    fn from_bits(bits: u64) -> Bytes {
        Bytes((bits as u32).to_le_bytes())
    }
    fn to_bits(self) -> u64 {
        u32::from_le_bytes(self.0).into()
    }
}

/// Two 16-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shorts(pub(crate) [u16; 2]);

impl Value for Shorts {
    const KIND: Kind = Kind::I16x2;
    fn from_bits(bits: u64) -> Shorts {
        Shorts([bits as u16, (bits >> 16) as u16])
    }
    fn to_bits(self) -> u64 {
        u64::from(self.0[0]) | u64::from(self.0[1]) << 16
    }
}

/// The bits of a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Half(pub(crate) u16);

impl Half {
    pub(crate) fn value(self) -> f64 {
        numbers::of_f16(self.0)
    }

    pub(crate) fn of(value: f64) -> Half {
        Half(numbers::f16_of(value))
    }

    pub(crate) fn fma(self, b: Half, c: Half) -> Half {
        let mode = numbers::Round::Nearest;
        Half(numbers::F16.fma(self.0.into(), b.0.into(), c.0.into(), mode) as u16)
    }
}

impl Value for Half {
    const KIND: Kind = Kind::F16x2;
    const CHECK: Check = Check::F16(0);
    const MASK: u64 = 0xffff;
    fn from_bits(bits: u64) -> Half {
        Half(bits as u16)
    }
    fn to_bits(self) -> u64 {
        self.0.into()
    }
}

/// Two halves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Halves(pub(crate) [Half; 2]);

impl Value for Halves {
    const KIND: Kind = Kind::F16x2;
    const CHECK: Check = Check::F16x2(0);
    fn from_bits(bits: u64) -> Halves {
        Halves([Half(bits as u16), Half((bits >> 16) as u16)])
    }
    fn to_bits(self) -> u64 {
        u64::from(self.0[0].0) | u64::from(self.0[1].0) << 16
    }
}
