//! Sets of registers, as fast to compare as a few words.

use std::fmt;

/// Number of M0 in a scalar operand field (ISA, table "Scalar operands").
pub(super) const M0: u32 = 125;
/// Number of VCC's low word.
pub(super) const VCC: u32 = 106;
/// Number of EXEC's low word.
pub(super) const EXEC: u32 = 126;
/// A number for SCC, which no operand field can encode.
pub(super) const SCC: u32 = 128;

/// Which part of a vector register is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Bits 15 to 0.
    Low,
    /// Bits 31 to 16.
    High,
    /// All 32 bits.
    Both,
}

/// A set of scalar registers and of halves of vector registers.
///
/// Scalars are counted as operands encode them: 0 to 105, VCC 106, M0 125, EXEC 126; SCC is 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Registers {
    vector: [u64; 8],
    scalar: [u64; 3],
}

impl Registers {
    pub(super) const EMPTY: Self = Self { vector: [0; 8], scalar: [0; 3] };

    pub(super) fn add_vector(&mut self, register: u32, half: Half) {
        let bits = match half {
            Half::Low => 1,
            Half::High => 2,
            Half::Both => 3,
        };
        if let Some(word) = self.vector.get_mut(register as usize / 32) {
            *word |= bits << (register % 32 * 2);
        }
    }

    /// Adds `count` whole vector registers from `first` on.
    pub(super) fn add_vectors(&mut self, first: u32, count: u32) {
        (first..first + count).for_each(|register| self.add_vector(register, Half::Both));
    }

    pub(super) fn add_scalar(&mut self, register: u32) {
        if let Some(word) = self.scalar.get_mut(register as usize / 64) {
            *word |= 1 << (register % 64);
        }
    }

    pub(super) fn remove_vector(&mut self, register: u32) {
        if let Some(word) = self.vector.get_mut(register as usize / 32) {
            *word &= !(3 << (register % 32 * 2));
        }
    }

    pub(super) fn remove_scalar(&mut self, register: u32) {
        if let Some(word) = self.scalar.get_mut(register as usize / 64) {
            *word &= !(1 << (register % 64));
        }
    }

    pub(super) fn has_vector(&self, register: u32) -> bool {
        let word = self.vector.get(register as usize / 32).copied().unwrap_or(0);
        word >> (register % 32 * 2) & 3 != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        let vector = self.vector.iter().zip(&other.vector).fold(0, |any, (a, b)| any | (a & b));
        let scalar = self.scalar.iter().zip(&other.scalar).fold(0, |any, (a, b)| any | (a & b));
        vector | scalar != 0
    }

    /// Whether a scalar register is in both.
    pub(super) fn meets_scalar(&self, other: &Self) -> bool {
        self.scalar.iter().zip(&other.scalar).any(|(a, b)| a & b != 0)
    }

    /// The vector registers, each with the bits of it that are meant.
    pub(super) fn vectors(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..256).filter_map(|register| {
            let halves = self.vector[register as usize / 32] >> (register % 32 * 2) & 3;
            let bits = [0, 0xffff, 0xffff_0000, u32::MAX][halves as usize];
            (bits != 0).then_some((register, bits))
        })
    }

    /// The scalar registers.
    pub(super) fn scalars(&self) -> impl Iterator<Item = u32> + '_ {
        (0..=SCC).filter(|register| self.has_scalar(*register))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = *self;
        both.vector.iter_mut().zip(&other.vector).for_each(|(a, b)| *a &= b);
        both.scalar.iter_mut().zip(&other.scalar).for_each(|(a, b)| *a &= b);
        both
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        let mut any = *self;
        any.vector.iter_mut().zip(&other.vector).for_each(|(a, b)| *a |= b);
        any.scalar.iter_mut().zip(&other.scalar).for_each(|(a, b)| *a |= b);
        any
    }

    /// The highest vector register of the set.
    pub(super) fn highest_vector(&self) -> Option<u32> {
        (0..8).rev().find(|&i| self.vector[i] != 0).map(|i| {
            let top = 63 - self.vector[i].leading_zeros();
            i as u32 * 32 + top / 2
        })
    }

    pub(super) fn has_scalar(&self, register: u32) -> bool {
        let word = self.scalar.get(register as usize / 64).copied().unwrap_or(0);
        word >> (register % 64) & 1 == 1
    }
}

impl fmt::Display for Registers {
    /// The registers as assembly writes them, vectors first: `v[4:7], v9.h, s0, vcc_lo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let halves = |r: u32| self.vector[r as usize / 32] >> (r % 32 * 2) & 3;
        let mut names = runs('v', 256, |r| halves(r) == 3);
        for register in 0..256 {
            match halves(register) {
                1 => names.push(format!("v{register}.l")),
                2 => names.push(format!("v{register}.h")),
                _ => {}
            }
        }
        names.extend(runs('s', VCC, |r| self.has_scalar(r)));
        names.extend((VCC..=SCC).filter(|&r| self.has_scalar(r)).map(scalar_name));
        f.write_str(&names.join(", "))
    }
}

/// What assembly calls the scalar that an operand encodes as `register`.
pub(super) fn scalar_name(register: u32) -> String {
    match register {
        0..VCC => format!("s{register}"),
        VCC => "vcc_lo".to_owned(),
        107 => "vcc_hi".to_owned(),
        108..=123 => format!("ttmp{}", register - 108),
        124 => "null".to_owned(),
        M0 => "m0".to_owned(),
        EXEC => "exec_lo".to_owned(),
        SCC => "scc".to_owned(),
        _ => "exec_hi".to_owned(),
    }
}

/// Names of the registers below `end` that `has` accepts, neighbours joined.
fn runs(letter: char, end: u32, has: impl Fn(u32) -> bool) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), 0);
    while at < end {
        let length = (at..end).take_while(|&r| has(r)).count() as u32;
        match length {
            0 => {}
            1 => names.push(format!("{letter}{at}")),
            _ => names.push(format!("{letter}[{at}:{}]", at + length - 1)),
        }
        at += length.max(1);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(vectors: &[(u32, Half)], scalars: &[u32]) -> Registers {
        let mut set = Registers::EMPTY;
        vectors.iter().for_each(|&(r, half)| set.add_vector(r, half));
        scalars.iter().for_each(|&r| set.add_scalar(r));
        set
    }

    #[test]
    fn halves_of_one_register_do_not_meet() {
        let low = set(&[(255, Half::Low)], &[]);
        assert!(!low.meets(&set(&[(255, Half::High), (254, Half::Both)], &[3])));
        assert!(low.meets(&set(&[(255, Half::Both)], &[])));
        assert!(set(&[], &[EXEC]).meets(&set(&[], &[0, EXEC])));
    }

    #[test]
    fn sets_print_as_assembly() {
        let both = Half::Both;
        let text = set(&[(4, both), (5, both), (6, both), (9, Half::High)], &[0, 106, 125, SCC]);
        assert_eq!(text.to_string(), "v[4:6], v9.h, s0, vcc_lo, m0, scc");
    }

    #[test]
    fn numbers_beyond_the_files_are_left_out() {
        let mut beyond = Registers::EMPTY;
        beyond.add_vector(256, Half::Both);
        beyond.add_scalar(192);
        assert!(beyond.is_empty());
        assert_eq!(set(&[(3, Half::Low), (70, Half::High)], &[]).highest_vector(), Some(70));
        assert_eq!(beyond.highest_vector(), None);
    }
}
