//! The unknown bits of a wave's registers.

use std::fmt;

use crate::strict::registers::{Half, Registers, SCC, scalar_name};

/// Lanes of a wave.
pub(super) const LANES: usize = 32;

/// Vector registers that an instruction can name.
const VECTORS: usize = 256;

/// Scalar registers that an instruction can name, and SCC.
const SCALARS: usize = SCC as usize + 1;

/// Where an unknown value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::strict) enum Origin {
    /// A vector register that nothing has written.
    Vector(u32),
    /// A scalar register that nothing has written.
    Scalar(u32),
    /// Bytes of LDS that nothing has written.
    Lds(u32),
    /// Bytes of scratch that nothing has written.
    Scratch(u32),
    /// Bytes after the kernel's arguments.
    Kernarg(u32),
}

impl Origin {
    /// A number that tells causes apart: registers by their number, memory by its kind.
    pub(in crate::strict) fn key(self) -> u64 {
        match self {
            Self::Vector(register) => u64::from(register),
            Self::Scalar(register) => 1 << 8 | u64::from(register),
            Self::Lds(_) => 2 << 8,
            Self::Scratch(_) => 3 << 8,
            Self::Kernarg(at) => 4 << 8 | u64::from(at) << 16,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Vector(r) => write!(f, "v{r}, which nothing has written"),
            Self::Scalar(r) => write!(f, "{}, which nothing has written", scalar_name(r)),
            Self::Lds(at) => write!(f, "LDS byte {at}, which nothing has written"),
            Self::Scratch(at) => write!(f, "scratch byte {at}, which nothing has written"),
            Self::Kernarg(at) => write!(f, "byte {at} of the arguments, which is beyond their end"),
        }
    }
}

/// The unknown bits of every register of one wave, each register with the origin of what is unknown in it.
#[derive(Debug)]
pub(in crate::strict) struct Shadow {
    vectors: Vec<[u32; LANES]>,
    lanes: Vec<u32>,
    vector_origins: Vec<Origin>,
    scalars: Vec<u32>,
    scalar_origins: Vec<Origin>,
    unknown: Registers,
}

impl Shadow {
    /// A wave that starts with what the dispatcher sets: EXEC and the registers in `known`.
    pub(in crate::strict) fn new(known: &Registers) -> Self {
        let mut unknown = Registers::EMPTY;
        let mut vectors = vec![[0; LANES]; VECTORS];
        let mut lanes = vec![0; VECTORS];
        for register in 0..VECTORS as u32 {
            if !known.has_vector(register) {
                (vectors[register as usize], lanes[register as usize]) =
                    ([u32::MAX; LANES], u32::MAX);
                unknown.add_vector(register, Half::Both);
            }
        }
        let mut scalars = vec![0; SCALARS];
        for register in 0..SCALARS as u32 {
            let dispatched =
                matches!(register, 108..=124 | 126 | 127) || known.has_scalar(register);
            if !dispatched {
                scalars[register as usize] = if register == SCC { 1 } else { u32::MAX };
                unknown.add_scalar(register);
            }
        }
        let vector_origins = (0..VECTORS as u32).map(Origin::Vector).collect();
        let scalar_origins = (0..SCALARS as u32).map(Origin::Scalar).collect();
        Self { vectors, lanes, vector_origins, scalars, scalar_origins, unknown }
    }

    /// The registers of which any bit is unknown.
    pub(in crate::strict) fn unknown(&self) -> &Registers {
        &self.unknown
    }

    /// The unknown bits of a vector register in one lane; none of a register that does not exist.
    pub(super) fn vector(&self, register: u32, lane: usize) -> u32 {
        self.vectors.get(register as usize).map_or(0, |bits| bits[lane])
    }

    /// The lanes in which any of `bits` of a vector register is unknown.
    pub(super) fn lanes(&self, register: u32, bits: u32) -> u32 {
        let Some(lanes) = self.lanes.get(register as usize) else { return 0 };
        if bits == u32::MAX || *lanes == 0 {
            return *lanes;
        }
        let all = self.vectors[register as usize].iter().enumerate();
        all.fold(0, |mask, (lane, unknown)| mask | u32::from(unknown & bits != 0) << lane)
    }

    /// The unknown bits of a scalar register.
    pub(super) fn scalar(&self, register: u32) -> u32 {
        self.scalars.get(register as usize).copied().unwrap_or(0)
    }

    /// Where what is unknown in a vector register comes from.
    pub(super) fn vector_origin(&self, register: u32) -> Origin {
        self.vector_origins.get(register as usize).copied().unwrap_or(Origin::Vector(register))
    }

    /// Where what is unknown in a scalar register comes from.
    pub(super) fn scalar_origin(&self, register: u32) -> Origin {
        self.scalar_origins.get(register as usize).copied().unwrap_or(Origin::Scalar(register))
    }

    /// Where what is unknown in any of `count` vector registers in `lanes` comes from.
    pub(in crate::strict) fn origin_of(
        &self,
        first: u32,
        count: u32,
        lanes: u32,
    ) -> Option<Origin> {
        let unknown = |r: &u32| self.lanes(*r, u32::MAX) & lanes != 0;
        (first..first + count).find(unknown).map(|register| self.vector_origin(register))
    }

    /// Makes a scalar register unknown.
    pub(in crate::strict) fn forget_scalar(&mut self, register: u32, origin: Origin) {
        self.set_scalar(register, u32::MAX, Some(origin));
    }

    /// Whether any of the vector registers has an unknown bit in `lanes`.
    pub(in crate::strict) fn any_unknown(&self, registers: &[u32], lanes: u32) -> bool {
        registers.iter().any(|r| self.lanes.get(*r as usize).is_some_and(|l| l & lanes != 0))
    }

    /// Where the first unknown value comes from that an instruction finds in its sources, and its lanes if it is in a
    /// vector register.
    pub(in crate::strict) fn first_unknown(
        &self,
        vectors: &[u32],
        scalars: impl Iterator<Item = u32>,
        lanes: u32,
    ) -> Option<(Origin, u32)> {
        let here = |register: u32| self.lanes(register, u32::MAX) & lanes;
        let vector = vectors.iter().find(|r| here(**r) != 0);
        let vector = vector.map(|r| (self.vector_origin(*r), here(*r)));
        let mut scalars = scalars.filter(|r| self.scalar(*r) != 0);
        vector.or_else(|| scalars.next().map(|r| (self.scalar_origin(r), 0)))
    }

    /// Makes `bits` of a vector register known in the lanes of `mask`.
    pub(in crate::strict) fn settle_vector(&mut self, register: u32, bits: u32, mask: u32) {
        let at = register as usize;
        if self.lanes.get(at).is_none_or(|lanes| lanes & mask == 0) {
            return;
        }
        if bits == u32::MAX && mask == u32::MAX {
            self.vectors[at] = [0; LANES];
            self.lanes[at] = 0;
            self.unknown.remove_vector(register);
            return;
        }
        self.set_vector(register, mask, bits, |_| 0, None);
    }

    /// Makes a scalar register known.
    pub(in crate::strict) fn settle_scalar(&mut self, register: u32) {
        self.set_scalar(register, 0, None);
    }

    /// Replaces `bits` of a vector register in the lanes of `mask` by what `unknown` says.
    pub(super) fn set_vector(
        &mut self,
        register: u32,
        mask: u32,
        bits: u32,
        unknown: impl Fn(usize) -> u32,
        origin: Option<Origin>,
    ) {
        let Some(lanes) = self.vectors.get_mut(register as usize) else { return };
        let mut any = 0;
        for (lane, word) in lanes.iter_mut().enumerate() {
            if mask >> lane & 1 == 1 {
                *word = (*word & !bits) | (unknown(lane) & bits);
            }
            any |= u32::from(*word != 0) << lane;
        }
        self.lanes[register as usize] = any;
        if any == 0 {
            self.unknown.remove_vector(register);
            return;
        }
        self.unknown.add_vector(register, Half::Both);
        if let Some(origin) = origin {
            self.vector_origins[register as usize] = origin;
        }
    }

    /// Replaces the unknown bits of a scalar register.
    pub(super) fn set_scalar(&mut self, register: u32, unknown: u32, origin: Option<Origin>) {
        let Some(word) = self.scalars.get_mut(register as usize) else { return };
        if register == 124 {
            return;
        }
        *word = unknown;
        match unknown {
            0 => self.unknown.remove_scalar(register),
            _ => self.unknown.add_scalar(register),
        }
        if let Some(origin) = origin {
            self.scalar_origins[register as usize] = origin;
        }
    }
}
