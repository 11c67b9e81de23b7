//! What is known of an operation before it is decoded: widths, unit, implicit registers.

use super::Op;
use super::table::{OPS, ROWS};

/// An encoding of gfx11, named as in the ISA document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Format {
    /// Scalar, two sources.
    Sop2,
    /// Scalar, 16-bit immediate.
    Sopk,
    /// Scalar, one source.
    Sop1,
    /// Scalar compare.
    Sopc,
    /// Program control.
    Sopp,
    /// Scalar memory.
    Smem,
    /// Vector, one source, short.
    Vop1,
    /// Vector, two sources, short.
    Vop2,
    /// Vector compare, short.
    Vopc,
    /// Vector, long: three sources and modifiers.
    Vop3,
    /// Vector, long, with a scalar destination beside the vector one.
    Vop3Sd,
    /// Packed and matrix arithmetic.
    Vop3p,
    /// Two operations at once.
    Vopd,
    /// Local data share.
    Ds,
    /// Untyped buffer.
    Mubuf,
    /// Typed buffer.
    Mtbuf,
    /// Memory by an address of any kind.
    Flat,
    /// Private memory.
    Scratch,
    /// Device memory.
    Global,
}

/// The unit that executes an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Unit {
    /// Vector ALU at full rate.
    Valu,
    /// Vector ALU, 32-bit integer multiply (quarter rate).
    Multiply,
    /// Vector ALU, 64-bit float.
    Double,
    /// Transcendental unit.
    Trans,
    /// Matrix arithmetic.
    Wmma,
    /// Scalar ALU.
    Salu,
    /// Scalar float ALU.
    SaluFloat,
    /// Changes the program counter.
    Branch,
    /// Scalar memory.
    Smem,
    /// Local data share.
    Lds,
    /// Global data share and wave synchronisation; not present on chips without GDS.
    Gws,
    /// Load from a flat address.
    FlatLoad,
    /// Store to a flat address.
    FlatStore,
    /// Atomic on a flat address.
    FlatAtomic,
    /// Load from private memory.
    ScratchLoad,
    /// Store to private memory.
    ScratchStore,
    /// Load from device memory.
    GlobalLoad,
    /// Store to device memory.
    GlobalStore,
    /// Atomic on device memory.
    GlobalAtomic,
    /// Load through a buffer descriptor.
    BufferLoad,
    /// Store through a buffer descriptor.
    BufferStore,
    /// Atomic through a buffer descriptor.
    BufferAtomic,
    /// Workgroup barrier.
    Barrier,
    /// Waits for counters or time.
    Wait,
    /// Sends a message.
    Message,
    /// Invalidates a cache.
    Cache,
    /// Ends the wave.
    End,
    /// Changes nothing that a program can see.
    Nop,
}

/// Type of an operand: how many registers it takes and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[rustfmt::skip]
pub enum Ty {
    /// No operand.
    None,
    /// 16 bits, half of a register.
    B16,
    /// Signed 16 bits, half of a register.
    I16,
    /// Unsigned 16 bits, half of a register.
    U16,
    /// Half precision, half of a register.
    F16,
    /// bfloat16, half of a register.
    Bf16,
    /// 32 bits.
    B32,
    /// Signed 32 bits.
    I32,
    /// Unsigned 32 bits.
    U32,
    /// Single precision.
    F32,
    /// 32 bits that must be scalar.
    S32,
    /// One bit a lane: one scalar register in wave32, two in wave64.
    Mask,
    /// Single or half precision, as the instruction's op_sel says.
    Mix,
    /// Two times 16 bits.
    V2B16,
    /// Two signed 16-bit integers.
    V2I16,
    /// Two unsigned 16-bit integers.
    V2U16,
    /// Two halves.
    V2F16,
    /// Two bfloat16.
    V2Bf16,
    /// 64 bits.
    B64,
    /// Signed 64 bits.
    I64,
    /// Unsigned 64 bits.
    U64,
    /// Double precision.
    F64,
    /// 96 bits.
    B96,
    /// 128 bits.
    B128,
    /// 256 bits.
    B256,
    /// 512 bits.
    B512,
    /// A matrix operand of halves.
    V16F16,
    /// A matrix operand of bfloat16.
    V16Bf16,
    /// An accumulator of single precision.
    V8F32,
    /// An accumulator of 32-bit integers.
    V8I32,
    /// An accumulator of halves, one a register.
    V8F16,
    /// An accumulator of bfloat16, one a register.
    V8Bf16,
}

impl Ty {
    /// Registers that an operand of this type takes in wave32.
    #[must_use]
    pub const fn dwords(self) -> u8 {
        match self {
            Ty::None => 0,
            Ty::B16 | Ty::I16 | Ty::U16 | Ty::F16 | Ty::Bf16 => 1,
            Ty::B32 | Ty::I32 | Ty::U32 | Ty::F32 | Ty::S32 | Ty::Mask | Ty::Mix => 1,
            Ty::V2B16 | Ty::V2I16 | Ty::V2U16 | Ty::V2F16 | Ty::V2Bf16 => 1,
            Ty::B64 | Ty::I64 | Ty::U64 | Ty::F64 => 2,
            Ty::B96 => 3,
            Ty::B128 => 4,
            Ty::B256 | Ty::V16F16 | Ty::V16Bf16 => 8,
            Ty::V8F32 | Ty::V8I32 | Ty::V8F16 | Ty::V8Bf16 => 8,
            Ty::B512 => 16,
        }
    }

    /// Whether the operand is a number, or several, whose sign an instruction can change.
    #[must_use]
    pub const fn is_float(self) -> bool {
        let scalar = matches!(self, Ty::F16 | Ty::Bf16 | Ty::F32 | Ty::F64 | Ty::Mix);
        let pair = matches!(self, Ty::V2F16 | Ty::V2Bf16);
        let factor = matches!(self, Ty::V16F16 | Ty::V16Bf16);
        let sum = matches!(self, Ty::V8F32 | Ty::V8F16 | Ty::V8Bf16);
        scalar || pair || factor || sum
    }

    /// Whether the operand is one half of a register.
    #[must_use]
    pub const fn is_half(self) -> bool {
        matches!(self, Ty::B16 | Ty::I16 | Ty::U16 | Ty::F16 | Ty::Bf16)
    }
}

/// Registers that an operation uses without naming them, and other facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Flags(u16);

impl Flags {
    /// Reads VCC although no operand says so.
    pub const READS_VCC: Flags = Flags(1);
    /// Reads SCC.
    pub const READS_SCC: Flags = Flags(2);
    /// Writes SCC.
    pub const WRITES_SCC: Flags = Flags(4);
    /// Reads EXEC as data; every vector operation is masked by EXEC besides.
    pub const READS_EXEC: Flags = Flags(8);
    /// Writes EXEC.
    pub const WRITES_EXEC: Flags = Flags(16);
    /// Reads M0.
    pub const READS_M0: Flags = Flags(32);
    /// Reads its destination: an accumulator, or a part that is kept.
    pub const READS_DST: Flags = Flags(64);
    /// Has no VOP3 form.
    pub const SHORT_ONLY: Flags = Flags(128);
    /// Works on the global data share.
    pub const GDS: Flags = Flags(256);

    /// Has results that can be clamped.
    pub const CLAMP: Flags = Flags(512);
    /// Has an output multiplier.
    pub const OMOD: Flags = Flags(1024);
    /// Can exchange lanes first.
    pub const DPP: Flags = Flags(2048);

    /// Whether all of `other` is in `self`.
    #[must_use]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The static facts of one operation.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Mnemonic without a suffix for the encoding.
    pub name: &'static str,
    /// Its shortest encoding.
    pub format: Format,
    /// Number within that encoding.
    pub code: u16,
    /// The unit that executes it.
    pub unit: Unit,
    /// Types of the vector (or only) destination and of the second, scalar one.
    pub dst: [Ty; 2],
    /// Types of the sources.
    pub src: [Ty; 4],
    /// Implicit registers and other facts.
    pub flags: Flags,
}

impl OpInfo {
    pub(super) const fn new(
        name: &'static str,
        format: Format,
        code: u16,
        unit: Unit,
        dst: &[Ty],
        src: &[Ty],
        flags: &[Flags],
    ) -> OpInfo {
        let mut info = OpInfo {
            name,
            format,
            code,
            unit,
            dst: [Ty::None; 2],
            src: [Ty::None; 4],
            flags: Flags(0),
        };
        let mut i = 0;
        while i < dst.len() {
            info.dst[i] = dst[i];
            i += 1;
        }
        i = 0;
        while i < src.len() {
            info.src[i] = src[i];
            i += 1;
        }
        i = 0;
        while i < flags.len() {
            info.flags.0 |= flags[i].0;
            i += 1;
        }
        info
    }
}

impl Op {
    /// The static facts of this operation.
    #[must_use]
    pub fn info(self) -> &'static OpInfo {
        &ROWS[self as usize]
    }

    /// Mnemonic without a suffix for the encoding.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The unit that executes this operation.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.info().unit
    }

    /// Every operation.
    #[must_use]
    pub fn all() -> &'static [Op] {
        OPS
    }
}
