use super::*;

#[test]
fn every_f16_survives_the_way_through_f32() {
    for h in 0..=0xffff_u32 {
        let expected = f16::from_bits(h as u16);
        let x = f16_to_f32(h);
        if expected.is_nan() {
            assert!(x.is_nan() && f32_to_f16(x) == h | 0x200, "{h:#x}");
        } else {
            assert_eq!(x.to_bits(), expected.to_f32().to_bits(), "{h:#x}");
            assert_eq!(f32_to_f16(x), h, "{h:#x}");
            assert_eq!(narrow(f64::from(x), F16, Round::Down), h);
        }
    }
}

#[test]
fn f32_to_f16_rounds_to_the_nearest_even() {
    // Every neighbourhood of a tie, against the `half` crate.
    for h in 0..0x7c00_u32 {
        let middle = (f16_to_f32(h).to_bits() + f16_to_f32(h + 1).to_bits()) / 2;
        for bits in [middle - 1, middle, middle + 1] {
            let x = f32::from_bits(bits);
            let expected = u32::from(f16::from_f32(x).to_bits());
            assert_eq!(f32_to_f16(x), expected, "{x:e}");
            assert_eq!(narrow(f64::from(x), F16, Round::Nearest), expected, "{x:e}");
            assert_eq!(f32_to_bf16(x), u32::from(half::bf16::from_f32(x).to_bits()));
        }
    }
    assert_eq!(f32_to_f16(65519.996), 0x7bff);
    assert_eq!(f32_to_f16(65520.0), 0x7c00);
    assert_eq!(f32_to_f16(-1e30), 0xfc00);
}

#[test]
fn f16_fma_rounds_once() {
    // 1.0009765625 * 1.0009765625 = 1 + 2^-9 + 2^-20; adding 2^-24's multiples decides a tie of f16.
    let (a, tiny) = (0x3c01, 0x0001);
    let exact = |a: u32, b: u32, c: u32| {
        let [a, b, c] = [a, b, c].map(|h| f64::from(f16_to_f32(h)));
        // Products and sums of these operands fit f64.
        f16::from_f64(a * b + c).to_bits()
    };
    for (a, b, c) in
        [(a, a, tiny), (a, a, 0x8001), (0x7bff, 0x3c01, 0x0001), (0x4c01, 0x3801, 0x9000)]
    {
        assert_eq!(fma16(a, b, c), u32::from(exact(a, b, c)), "{a:#x} {b:#x} {c:#x}");
        assert_eq!(fma16_in(a, b, c, Round::Nearest), fma16(a, b, c));
    }
}

#[test]
fn directed_sums_enclose_the_exact_one() {
    let cases = [(1.0, 1e-20), (1.0, -1e-20), (3.4e38, 3.4e38), (1e-45, -1e-45), (0.1, 0.2)];
    for (a, b) in cases {
        let exact = f64::from(a) + f64::from(b);
        let up = add32(a, b, Round::Up);
        let down = add32(a, b, Round::Down);
        assert!(f64::from(down) <= exact && exact <= f64::from(up), "{a} + {b}");
        assert!(up.to_bits() == down.to_bits() || up == down.next_up() || exact == 0.0);
        assert_eq!(add32(a, b, Round::Nearest).to_bits(), (a + b).to_bits());
        let toward = if exact > 0.0 { down } else { up };
        assert_eq!(add32(a, b, Round::Zero), toward);
    }
    assert_eq!(add32(1.0, -1.0, Round::Down).to_bits(), 0x8000_0000);
    assert_eq!(add32(1.0, 1e-20, Round::Up), 1.0f32.next_up());
    assert_eq!(add32(1.0, -1e-20, Round::Down), 1.0f32.next_down());
    assert_eq!(fma32(1.0, 1.0, 1e-30, Round::Up), 1.0f32.next_up());
    assert_eq!(mul32(1.1, 1.1, Round::Down).next_up(), mul32(1.1, 1.1, Round::Up));
    assert_eq!(add64(1.0, 1e-300, Round::Up), 1.0f64.next_up());
    assert_eq!(fma64(1.0, 1.0, -1e-300, Round::Zero), 1.0f64.next_down());
}

#[test]
fn minimum_and_maximum_order_zeros_and_prefer_numbers() {
    let quiet = f32::from_bits(0x7fc0_0001);
    let signalling = f32::from_bits(0x7f80_0001);
    assert_eq!(min32(0.0, -0.0).to_bits(), 0x8000_0000);
    assert_eq!(max32(-0.0, 0.0).to_bits(), 0);
    assert_eq!(min32(quiet, 3.0), 3.0);
    assert_eq!(max32(3.0, quiet), 3.0);
    assert_eq!(min32(signalling, 3.0).to_bits(), 0x7fc0_0001);
    assert_eq!(min32(-1.0, -2.0), -2.0);
    assert_eq!(max32(f32::NEG_INFINITY, f32::MIN), f32::MIN);
    assert_eq!(min64(0.0, -0.0).to_bits(), 1 << 63);
    assert_eq!(max64(f64::NAN, 1.0), 1.0);
}

#[test]
fn ldexp_overflows_underflows_and_rounds_once() {
    assert_eq!(ldexp32(1.0, 128, Round::Nearest), f32::INFINITY);
    assert_eq!(ldexp32(1.0, i32::MIN, Round::Nearest), 0.0);
    assert_eq!(ldexp32(-1.0, i32::MAX, Round::Nearest), f32::NEG_INFINITY);
    assert_eq!(ldexp32(f32::from_bits(1), 149, Round::Nearest), 1.0);
    // 1.5 * 2^-149 lies half-way between the two least denormals, and goes to the even one.
    assert_eq!(ldexp32(1.5, -149, Round::Nearest).to_bits(), 2);
    assert_eq!(ldexp64(1.5, -1074).to_bits(), 2);
    assert_eq!(ldexp64(1.0, 1024), f64::INFINITY);
    assert_eq!(ldexp64(f64::from_bits(1), 1074), 1.0);
    assert_eq!(ldexp64(1.0, -1075), 0.0);
    assert_eq!(ldexp64(1.0, -1074).to_bits(), 1);
    assert_eq!(ldexp64(3.0, 5), 96.0);
}
