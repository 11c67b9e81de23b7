//! What is left unknown of a result when bits of its operands are unknown.
//!
//! Every formula errs on the side of calling a bit known: a kernel that is right must pass, even where the
//! compiler computes with registers of which it needs only a part. Operations that have no formula here spread
//! one unknown bit over their whole result.

/// A value of which some bits are unknown. Where a bit is unknown its value means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Partial {
    pub value: u64,
    pub unknown: u64,
}

impl Partial {
    pub(super) fn known(value: u64) -> Self {
        Self { value, unknown: 0 }
    }

    fn zeros(self) -> u64 {
        !self.value & !self.unknown
    }

    fn ones(self) -> u64 {
        self.value & !self.unknown
    }

    pub(super) fn is_known(self) -> bool {
        self.unknown == 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        let unknown = (self.unknown | other.unknown) & !self.zeros() & !other.zeros();
        Self { value: self.value & other.value, unknown }
    }

    pub(super) fn or(self, other: Self) -> Self {
        let unknown = (self.unknown | other.unknown) & !self.ones() & !other.ones();
        Self { value: self.value | other.value, unknown }
    }

    pub(super) fn xor(self, other: Self) -> Self {
        Self { value: self.value ^ other.value, unknown: self.unknown | other.unknown }
    }

    pub(super) fn not(self) -> Self {
        Self { value: !self.value, ..self }
    }

    /// Sums and differences: a carry only travels upward.
    pub(super) fn plus(self, other: Self) -> Self {
        let value = self.value.wrapping_add(other.value);
        Self { value, unknown: upward(self.unknown | other.unknown) }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        let value = self.value.wrapping_sub(other.value);
        Self { value, unknown: upward(self.unknown | other.unknown) }
    }

    /// The low bits of a product: an unknown bit reaches from its own place times the lowest bit of the other
    /// factor upward, and nowhere if that factor is zero.
    pub(super) fn times(self, other: Self) -> Self {
        let lowest = |a: Self, b: Self| {
            let (unknown, factor) =
                (a.unknown.trailing_zeros(), (b.value | b.unknown).trailing_zeros());
            unknown + factor
        };
        let unknown = match lowest(self, other).min(lowest(other, self)) {
            from @ 0..64 => u64::MAX << from,
            _ => 0,
        };
        Self { value: self.value.wrapping_mul(other.value), unknown }
    }

    /// Both parts shifted left by a known amount.
    pub(super) fn left(self, by: u32) -> Self {
        self.map(|bits| bits.checked_shl(by).unwrap_or(0))
    }

    /// Both parts shifted right by a known amount.
    pub(super) fn right(self, by: u32) -> Self {
        self.map(|bits| bits.checked_shr(by).unwrap_or(0))
    }

    /// The low `width` bits, the highest of them repeated above.
    pub(super) fn extend(self, width: u32) -> Self {
        let up = 64 - width.clamp(1, 64);
        self.map(|bits| ((bits << up) as i64 >> up) as u64)
    }

    /// The low `width` bits.
    pub(super) fn low(self, width: u32) -> Self {
        self.map(|bits| if width < 64 { bits & !(u64::MAX << width) } else { bits })
    }

    /// Where `picks` is one, this; elsewhere `other`.
    pub(super) fn picked(self, picks: Self, other: Self) -> Self {
        let either = self.unknown | other.unknown | (self.value ^ other.value);
        let blend = |a: u64, b: u64| (picks.value & a) | (!picks.value & b);
        let unknown = blend(self.unknown, other.unknown) & !picks.unknown;
        Self { value: blend(self.value, other.value), unknown: unknown | (either & picks.unknown) }
    }

    /// Whether the two are surely different.
    pub(super) fn differs(self, other: Self) -> bool {
        (self.value ^ other.value) & !self.unknown & !other.unknown != 0
    }

    /// Whether "is it zero?" has an answer.
    pub(super) fn zero_is_known(self) -> bool {
        self.unknown == 0 || self.ones() != 0
    }

    pub(super) fn map(self, f: impl Fn(u64) -> u64) -> Self {
        Self { value: f(self.value), unknown: f(self.unknown) }
    }

    /// All bits unknown if `parts` has an unknown bit.
    pub(super) fn spread(parts: &[Self]) -> Self {
        let any = parts.iter().any(|p| p.unknown != 0);
        Self { value: 0, unknown: if any { u64::MAX } else { 0 } }
    }
}

/// Every bit from the lowest one on.
fn upward(bits: u64) -> u64 {
    bits | bits.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(value: u64, unknown: u64) -> Partial {
        Partial { value, unknown }
    }

    /// Whether `formula` calls a bit known that `compute` can make differ, over all values of three bits.
    fn sound(formula: impl Fn(Partial, Partial) -> Partial, compute: impl Fn(u64, u64) -> u64) {
        for bits in 0..1_u32 << 12 {
            let nibble = |i: u32| u64::from(bits >> (3 * i) & 7);
            let (a, b) = (partial(nibble(0), nibble(1)), partial(nibble(2), nibble(3)));
            let result = formula(a, b);
            for fill in 0..1_u64 << 6 {
                let settle = |p: Partial, f: u64| (p.value & !p.unknown) | (f & p.unknown);
                let exact = compute(settle(a, fill & 7), settle(b, fill >> 3));
                let wrong = (exact ^ result.value) & !result.unknown & 0xff;
                assert_eq!(wrong, 0, "{a:?} {b:?} give {result:?}, but also {exact:#x}");
            }
        }
    }

    #[test]
    fn no_formula_calls_a_bit_known_that_is_not() {
        sound(Partial::and, |a, b| a & b);
        sound(Partial::or, |a, b| a | b);
        sound(Partial::xor, |a, b| a ^ b);
        sound(Partial::plus, |a, b| a + b);
        sound(Partial::minus, u64::wrapping_sub);
        sound(Partial::times, |a, b| a * b);
        sound(|a, b| a.picked(b, Partial::known(5)), |a, b| (b & a) | (!b & 5));
        sound(|a, _| a.extend(4), |a, _| ((a << 60) as i64 >> 60) as u64);
    }

    #[test]
    fn masks_and_shifts_take_unknown_bits_away() {
        let half = partial(0x1234, 0xffff_0000);
        assert_eq!(half.and(Partial::known(0xffff)), Partial::known(0x1234));
        assert_eq!(half.or(Partial::known(0xffff_0000)).unknown, 0);
        assert_eq!(half.left(16).low(32).unknown, 0);
        assert_eq!(half.right(16).unknown, 0xffff);
    }

    #[test]
    fn an_unknown_high_word_leaves_the_low_words_of_sums_and_products_known() {
        let wide = partial(7, 0xffff_ffff_0000_0000);
        assert_eq!(wide.plus(Partial::known(1)).low(32), Partial::known(8));
        assert_eq!(wide.times(Partial::known(3)).low(32), Partial::known(21));
        assert_eq!(wide.times(Partial::known(0)), Partial::known(0));
    }

    #[test]
    fn a_choice_between_equal_values_needs_no_known_condition() {
        let (seven, unknown) = (Partial::known(7), partial(0, u64::MAX));
        assert!(seven.picked(unknown, seven).is_known());
        assert_eq!(seven.picked(unknown, Partial::known(6)).unknown, 1);
        assert_eq!(unknown.picked(Partial::known(0), seven), seven);
    }

    #[test]
    fn one_known_one_says_that_a_value_is_not_zero() {
        assert!(partial(4, 0xf0).zero_is_known());
        assert!(!partial(0, 0xf0).zero_is_known());
        assert!(
            partial(1, 0xf0).differs(partial(0, 0xf0)) && !partial(1, 1).differs(partial(0, 0))
        );
    }
}
