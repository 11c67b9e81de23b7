//! Number formats in exact arithmetic: an integer times a power of two, rounded once.

/// How a result is rounded; the values are those of the MODE register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    Nearest,
    Up,
    Down,
    Zero,
}

/// A binary interchange format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    exponent: u32,
    fraction: u32,
}

pub(crate) const F16: Format = Format { exponent: 5, fraction: 10 };
pub(crate) const BF16: Format = Format { exponent: 8, fraction: 7 };
pub(crate) const F32: Format = Format { exponent: 8, fraction: 23 };
pub(crate) const F64: Format = Format { exponent: 11, fraction: 52 };

/// A number by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    Nan,
    Infinite {
        negative: bool,
    },
    /// `value * 2^power`; `negative` tells zeros apart.
    Finite {
        negative: bool,
        value: i128,
        power: i32,
    },
}

impl Format {
    const fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }

    const fn infinity(self) -> u64 {
        ((1 << self.exponent) - 1) << self.fraction
    }

    const fn sign(self) -> u64 {
        1 << (self.exponent + self.fraction)
    }

    pub(crate) fn is_nan(self, bits: u64) -> bool {
        self.parts(bits) == Parts::Nan
    }

    /// The parts of a number's bits.
    pub(crate) fn parts(self, bits: u64) -> Parts {
        let negative = bits & self.sign() != 0;
        let exponent = (bits & self.infinity()) >> self.fraction;
        let fraction = bits & ((1 << self.fraction) - 1);
        if exponent == (1 << self.exponent) - 1 {
            return if fraction == 0 { Parts::Infinite { negative } } else { Parts::Nan };
        }
        let whole = if exponent == 0 { fraction } else { fraction | 1 << self.fraction };
        let power = exponent.max(1) as i32 - self.bias() - self.fraction as i32;
        let value = if negative { -i128::from(whole) } else { i128::from(whole) };
        Parts::Finite { negative, value, power }
    }

    /// Bits of `value * 2^power`, rounded once; `negative` is the sign of a zero.
    pub(crate) fn round(self, value: i128, power: i32, negative: bool, mode: Round) -> u64 {
        if value == 0 {
            return if negative { self.sign() } else { 0 };
        }
        let (negative, magnitude) = (value < 0, value.unsigned_abs());
        let sign = if negative { self.sign() } else { 0 };
        let lowest = 1 - self.bias() - self.fraction as i32;
        let top = 127 - magnitude.leading_zeros() as i32;
        // The power of two of the result's last bit.
        let last = (power + top - self.fraction as i32).max(lowest);
        let shift = last - power;
        let (whole, rest, half) = match shift {
            ..=0 => (magnitude << -shift, 0, 1),
            1..=126 => (magnitude >> shift, magnitude & ((1 << shift) - 1), 1u128 << (shift - 1)),
            _ => (0, 1, 2),
        };
        let up = match mode {
            Round::Nearest => rest > half || rest == half && whole & 1 == 1,
            Round::Up => rest != 0 && !negative,
            Round::Down => rest != 0 && negative,
            Round::Zero => false,
        };
        let whole = whole as u64 + u64::from(up);
        // A carry into the exponent is what the encoding does by itself.
        let steps = (last - lowest).min(1 << self.exponent) as u64;
        let bits = whole + (steps << self.fraction);
        if bits < self.infinity() {
            return sign | bits;
        }
        let kept = mode == Round::Zero
            || mode == Round::Up && negative
            || mode == Round::Down && !negative;
        sign | (self.infinity() - u64::from(kept))
    }

    /// A number of one format in this one.
    pub(crate) fn convert(self, from: Format, bits: u64, mode: Round) -> u64 {
        match from.parts(bits) {
            Parts::Nan => self.infinity() | 1 << (self.fraction - 1),
            Parts::Infinite { negative } => {
                self.infinity() | if negative { self.sign() } else { 0 }
            }
            Parts::Finite { negative, value, power } => self.round(value, power, negative, mode),
        }
    }

    /// `a * b + c` rounded once, for formats whose products and sums fit 128 bits.
    pub(crate) fn fma(self, a: u64, b: u64, c: u64, mode: Round) -> u64 {
        let nan = self.infinity() | 1 << (self.fraction - 1);
        let infinite = |negative| self.infinity() | if negative { self.sign() } else { 0 };
        let sign = (a ^ b) & self.sign() != 0;
        let zero = |bits: u64| bits & !self.sign() == 0;
        match (self.parts(a), self.parts(b), self.parts(c)) {
            (Parts::Nan, _, _) | (_, Parts::Nan, _) | (_, _, Parts::Nan) => nan,
            (Parts::Infinite { .. }, _, _) if zero(b) => nan,
            (_, Parts::Infinite { .. }, _) if zero(a) => nan,
            (Parts::Infinite { .. }, _, Parts::Infinite { negative })
            | (_, Parts::Infinite { .. }, Parts::Infinite { negative })
                if negative != sign =>
            {
                nan
            }
            (Parts::Infinite { .. }, _, _) | (_, Parts::Infinite { .. }, _) => infinite(sign),
            (_, _, Parts::Infinite { negative }) => infinite(negative),
            (
                Parts::Finite { value: a, power: pa, .. },
                Parts::Finite { value: b, power: pb, .. },
                Parts::Finite { value: c, power: pc, negative },
            ) => {
                let (product, power) = (a * b, pa + pb);
                let low = match (product, c) {
                    (0, _) => pc,
                    (_, 0) => power,
                    _ => power.min(pc),
                };
                let shifted = |value: i128, by: i32| if value == 0 { 0 } else { value << by };
                let sum = shifted(product, power - low) + shifted(c, pc - low);
                let zero_sign = if sign == negative { sign } else { mode == Round::Down };
                self.round(sum, low, zero_sign, mode)
            }
        }
    }
}

/// The half nearest to a number.
pub(crate) fn f16_of(value: f64) -> u16 {
    F16.convert(F64, value.to_bits(), Round::Nearest) as u16
}

/// The value of a half.
pub(crate) fn of_f16(bits: u16) -> f64 {
    f64::from_bits(F64.convert(F16, u64::from(bits), Round::Nearest))
}

/// The value of a brain float.
pub(crate) fn of_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// How many representable numbers lie between two, where neither is a NaN; `None` where exactly one is.
pub(crate) fn distance(format: Format, a: u64, b: u64) -> Option<u64> {
    let nan = |bits: u64| bits & !format.sign() > format.infinity();
    let order = |bits: u64| {
        let magnitude = (bits & !format.sign()) as i64;
        if bits & format.sign() != 0 { -magnitude } else { magnitude }
    };
    match (nan(a), nan(b)) {
        (true, true) => Some(0),
        (false, false) => Some(order(a).abs_diff(order(b))),
        _ => None,
    }
}

#[test]
fn rounding_agrees_with_the_conversions_of_the_language() {
    let mut random = crate::values::Random::new(1);
    for _ in 0..20_000 {
        let bits = crate::values::Kind::F64.draw(&mut random);
        let (ours, theirs) = (F32.convert(F64, bits, Round::Nearest), f64::from_bits(bits) as f32);
        assert!(distance(F32, ours, u64::from(theirs.to_bits())) == Some(0), "{bits:#x}");
        let single = theirs.to_bits();
        let wide = F64.convert(F32, u64::from(single), Round::Nearest);
        assert!(distance(F64, wide, f64::from(theirs).to_bits()) == Some(0), "{single:#x}");
    }
    assert_eq!(f16_of(65519.0), 0x7bff);
    assert_eq!(f16_of(65520.0), 0x7c00);
    assert_eq!(F16.convert(F64, 65520f64.to_bits(), Round::Zero), 0x7bff);
    assert_eq!(f16_of(2f64.powi(-25)), 0);
    assert_eq!(f16_of(2f64.powi(-25) * 1.001), 1);
    assert_eq!(F16.fma(0x3c00, 0x3c00, 0x1000, Round::Nearest), 0x3c00);
}
