//! F2-linear layouts: which matrix element sits in which register, lane and wave.
//!
//! A layout maps the bits of a register index, a lane index and a wave index to a (row, column)
//! coordinate. Each bit has one basis vector; the coordinate of a slot is the XOR of the bases of
//! its set bits. A **zero basis** means that the bit does not change the coordinate: the slots
//! that differ in it hold copies of one element.

use std::fmt;

use crate::Error;

/// What one bit contributes, by XOR, to the (row, column) coordinate.
pub type Basis = [u32; 2];

/// An axis of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Axis(u8);

impl Axis {
    /// Axis 0, counted down the matrix.
    pub const ROWS: Self = Self(0);
    /// Axis 1, counted along a row.
    pub const COLS: Self = Self(1);

    /// Position of this axis in a shape or coordinate.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The other axis.
    pub const fn other(self) -> Self {
        Self(1 - self.0)
    }
}

/// A place where an element can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slot {
    /// Element index within the lane.
    pub register: u32,
    /// Lane within the wave.
    pub lane: u32,
    /// Wave within the workgroup.
    pub wave: u32,
}

/// An F2-linear map from (register, lane, wave) bits to (row, column).
///
/// `register` counts *elements* held by a lane, not dwords: an operand of sixteen f16 has four
/// register bits although it fills eight dwords.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct BitLayout {
    /// One basis for each bit of the element index within a lane, lowest first.
    pub register: Vec<Basis>,
    /// One basis for each bit of the lane index, lowest first.
    pub lane: Vec<Basis>,
    /// One basis for each bit of the wave index, lowest first.
    pub wave: Vec<Basis>,
}

impl BitLayout {
    /// Reads the three rows; see [`parse_basis_row`] for the notation.
    ///
    /// # Errors
    /// If a row is malformed or uses a letter that is not in `axes`.
    pub fn parse(axes: [char; 2], register: &str, lane: &str, wave: &str) -> Result<Self, Error> {
        Ok(Self {
            register: parse_basis_row(axes, register)?,
            lane: parse_basis_row(axes, lane)?,
            wave: parse_basis_row(axes, wave)?,
        })
    }

    /// The coordinate held in a slot: the XOR of the bases of the set bits. Bits beyond the
    /// layout's are ignored.
    pub fn apply(&self, register: u32, lane: u32, wave: u32) -> [u32; 2] {
        let parts = [(&self.register, register), (&self.lane, lane), (&self.wave, wave)];
        parts.into_iter().fold([0, 0], |sum, (bases, index)| xor(sum, combine(bases, index)))
    }

    /// Elements held by one lane.
    pub fn registers(&self) -> u32 {
        1 << self.register.len()
    }

    /// Lanes in a wave.
    pub fn lanes(&self) -> u32 {
        1 << self.lane.len()
    }

    /// Waves in a workgroup.
    pub fn waves(&self) -> u32 {
        1 << self.wave.len()
    }

    /// Rows and columns spanned: on each axis the smallest power of two above every coordinate.
    pub fn shape(&self) -> [u32; 2] {
        let reach = self.bases().fold([0, 0], |[r, c], basis| [r | basis[0], c | basis[1]]);
        reach.map(|bits| (bits + 1).next_power_of_two())
    }

    /// Whether no two slots hold the same element, except where a zero basis says so.
    pub fn is_injective_modulo_zero(&self) -> bool {
        self.rank() == self.bases().filter(|basis| **basis != [0, 0]).count()
    }

    /// Whether every element of [`shape`](Self::shape) is held somewhere.
    pub fn is_surjective(&self) -> bool {
        let area: u32 = self.shape().iter().map(|size| size.trailing_zeros()).sum();
        self.rank() == area as usize
    }

    /// Dimension of the space spanned by the bases.
    pub fn rank(&self) -> usize {
        let mut reduced = Vec::<u64>::new();
        for basis in self.bases() {
            let rest = reduced.iter().fold(flat(*basis), |rest, &pivot| rest.min(rest ^ pivot));
            if rest != 0 {
                reduced.push(rest);
            }
        }
        reduced.len()
    }

    /// Every slot, wave outermost and register innermost, with the coordinate it holds.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, [u32; 2])> {
        let [registers, lanes, waves] = [self.registers(), self.lanes(), self.waves()];
        (0..waves).flat_map(move |wave| {
            (0..lanes).flat_map(move |lane| {
                (0..registers).map(move |register| {
                    (Slot { register, lane, wave }, self.apply(register, lane, wave))
                })
            })
        })
    }

    /// The lowest slot that holds `coordinate`, or `None` if there is none.
    pub fn find(&self, coordinate: [u32; 2]) -> Option<Slot> {
        self.slots().find(|(_, held)| *held == coordinate).map(|(slot, _)| slot)
    }

    /// One line of text, such as `register k0 k1, lane m0 m1 0, wave -`.
    pub fn text(&self, axes: [char; 2]) -> String {
        let row = |name: &str, bases: &[Basis]| match print_basis_row(axes, bases) {
            text if text.is_empty() => format!("{name} -"),
            text => format!("{name} {text}"),
        };
        let rows =
            [row("register", &self.register), row("lane", &self.lane), row("wave", &self.wave)];
        rows.join(", ")
    }

    fn bases(&self) -> impl Iterator<Item = &Basis> {
        self.register.iter().chain(&self.lane).chain(&self.wave)
    }
}

impl fmt::Display for BitLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(['r', 'c']))
    }
}

/// Reads a row of basis vectors: words separated by blanks, one for each bit, lowest bit first.
///
/// A word is `0` (the zero basis) or a sum such as `m0+k3` of single coordinate bits, each named
/// by a letter of `axes` and an index from 0 to 30. The empty text is the empty row.
///
/// # Errors
/// If a word is none of these or names a bit twice.
pub fn parse_basis_row(axes: [char; 2], text: &str) -> Result<Vec<Basis>, Error> {
    text.split_whitespace()
        .map(|word| parse_basis(axes, word).map_err(|why| Error::syntax(WHAT, text, why)))
        .collect()
}

const WHAT: &str = "a row of basis vectors";

/// Writes a row so that [`parse_basis_row`] reads it back.
pub fn print_basis_row(axes: [char; 2], bases: &[Basis]) -> String {
    let words: Vec<String> = bases.iter().map(|basis| print_basis(axes, *basis)).collect();
    words.join(" ")
}

fn parse_basis(axes: [char; 2], word: &str) -> Result<Basis, String> {
    let mut basis = [0, 0];
    if word == "0" {
        return Ok(basis);
    }
    for term in word.split('+') {
        let (axis, bit) = parse_bit(axes, term)?;
        let mask = 1 << bit;
        if basis[axis.index()] & mask != 0 {
            return Err(format!("`{term}` appears twice in `{word}`"));
        }
        basis[axis.index()] |= mask;
    }
    Ok(basis)
}

/// Reads a coordinate bit such as `k3`.
pub(crate) fn parse_bit(axes: [char; 2], term: &str) -> Result<(Axis, u32), String> {
    let expected = || format!("`{term}` is not a bit such as `{}0` or `{}3`", axes[0], axes[1]);
    let letter = term.chars().next().ok_or_else(expected)?;
    let axis = match axes.iter().position(|axis| *axis == letter) {
        Some(0) => Axis::ROWS,
        Some(_) => Axis::COLS,
        None => return Err(expected()),
    };
    let digits = &term[letter.len_utf8()..];
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    match digits.parse() {
        Ok(bit) if plain && bit < 31 => Ok((axis, bit)),
        _ => Err(expected()),
    }
}

fn print_basis(axes: [char; 2], basis: Basis) -> String {
    let bits = |axis: usize| {
        (0..31).filter(move |bit| basis[axis] >> bit & 1 == 1).map(move |bit| (axes[axis], bit))
    };
    let terms: Vec<String> =
        bits(0).chain(bits(1)).map(|(letter, bit)| format!("{letter}{bit}")).collect();
    if terms.is_empty() { "0".to_owned() } else { terms.join("+") }
}

fn combine(bases: &[Basis], index: u32) -> Basis {
    let set = bases.iter().enumerate().filter(|(bit, _)| index >> bit & 1 == 1);
    set.fold([0, 0], |sum, (_, basis)| xor(sum, *basis))
}

fn xor(a: Basis, b: Basis) -> Basis {
    [a[0] ^ b[0], a[1] ^ b[1]]
}

fn flat(basis: Basis) -> u64 {
    u64::from(basis[0]) << 32 | u64::from(basis[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MK: [char; 2] = ['m', 'k'];

    fn layout(register: &str, lane: &str, wave: &str) -> BitLayout {
        BitLayout::parse(MK, register, lane, wave).unwrap()
    }

    #[test]
    fn a_coordinate_is_the_xor_of_the_set_bits() {
        let swizzled = layout("k0 k1", "m0+k0 m1 0", "m2");
        assert_eq!(swizzled.apply(0, 0, 0), [0, 0]);
        assert_eq!(swizzled.apply(3, 1, 0), [1, 2]);
        assert_eq!(swizzled.apply(0, 7, 1), [7, 1]);
        assert_eq!(swizzled.shape(), [8, 4]);
        assert!(swizzled.is_injective_modulo_zero() && swizzled.is_surjective());
        assert_eq!(swizzled.find([1, 2]), Some(Slot { register: 3, lane: 1, wave: 0 }));
    }

    #[test]
    fn a_layout_that_repeats_or_skips_elements_is_found_out() {
        assert!(!layout("k0 k0", "m0", "").is_injective_modulo_zero());
        assert!(!layout("k0 m0", "k0+m0", "").is_injective_modulo_zero());
        assert!(!layout("k1", "m0", "").is_surjective());
        assert_eq!(layout("k1", "m0", "").find([0, 1]), None);
        assert!(layout("", "0 0", "").is_injective_modulo_zero());
        assert_eq!(layout("", "0 0", "").shape(), [1, 1]);
    }

    #[test]
    fn rank_does_not_depend_on_the_order_of_the_bases() {
        assert_eq!(layout("k0 k3+k0 k3", "m4 m4+k0", "").rank(), 3);
        assert_eq!(layout("k3 k3+k0", "m4+k0 m4 k0", "").rank(), 3);
    }

    #[test]
    fn text_shows_all_three_rows() {
        let text = layout("k0 k1+m2", "m0 0", "").text(MK);
        assert_eq!(text, "register k0 m2+k1, lane m0 0, wave -");
    }

    #[test]
    fn malformed_rows_say_which_word_is_wrong() {
        for bad in ["q0", "k", "k+", "k01", "k31", "k-1", "k+1", "k0+k0", "0+k0", "é1", "00"] {
            let error = parse_basis_row(MK, &format!("m0 {bad}")).unwrap_err().to_string();
            assert!(error.starts_with("cannot read `m0 "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn printed_rows_parse_back(bases in prop::collection::vec(
            [0u32..1 << 31, 0u32..1 << 31], 0..8
        )) {
            let text = print_basis_row(MK, &bases);
            prop_assert_eq!(parse_basis_row(MK, &text).unwrap(), bases);
        }

        #[test]
        fn parsing_never_panics(text in "[mk0-9+ é-]{0,12}") {
            if let Ok(bases) = parse_basis_row(MK, &text) {
                let again = parse_basis_row(MK, &print_basis_row(MK, &bases));
                prop_assert_eq!(again.unwrap(), bases);
            }
        }

        #[test]
        fn distinct_elements_counted_by_enumeration_match_the_rank(
            bases in prop::collection::vec([0u32..8, 0u32..8], 0..7)
        ) {
            let layout = BitLayout { register: bases, ..BitLayout::default() };
            let held: std::collections::BTreeSet<_> = layout.slots().map(|(_, at)| at).collect();
            prop_assert_eq!(held.len(), 1 << layout.rank());
            let [rows, cols] = layout.shape();
            prop_assert_eq!(layout.is_surjective(), held.len() as u32 == rows * cols);
        }
    }
}
