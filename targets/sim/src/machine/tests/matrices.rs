//! Matrix arithmetic against plain loops.

use half::{bf16, f16};

use super::*;

/// A generator of small numbers, the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }
}

/// Registers from `first` on with `bits` a value, `k` consecutive: lane `i` holds row (or column) `i`.
fn fill(bench: &mut Bench, first: usize, bits: u32, matrix: &[[u32; 16]; 16]) {
    let per_register = 32 / bits as usize;
    for register in 0..16 / per_register {
        bench.set(first + register, |lane| {
            (0..per_register).fold(0, |word, k| {
                word | matrix[lane % 16][register * per_register + k] << (bits as usize * k)
            })
        });
    }
}

/// C as the accumulator registers hold it.
fn fill_accumulator(bench: &mut Bench, first: usize, value: impl Fn(usize, usize) -> u32) {
    for register in 0..8 {
        bench.set(first + register, |lane| value(2 * register + lane / 16, lane % 16));
    }
}

fn element(bench: &Bench, first: usize, row: usize, column: usize) -> u32 {
    bench.get(first + row / 2)[16 * (row % 2) + column]
}

fn signed(value: u32, bits: u32, is_signed: bool) -> i64 {
    let top = i64::from(1u32 << (bits - 1));
    let value = i64::from(value);
    if is_signed && value >= top { value - 2 * top } else { value }
}

fn integers(words: &[u32], bits: u32, signs: [bool; 2], clamp: bool, c: Option<i32>) {
    let mut numbers = Numbers(7);
    let mask = (1 << bits) - 1;
    let [a, b]: [[[u32; 16]; 16]; 2] = std::array::from_fn(|_| {
        std::array::from_fn(|_| std::array::from_fn(|_| numbers.next() & mask))
    });
    let mut bench = Bench::new();
    fill(&mut bench, 0, bits, &a);
    fill(&mut bench, 4, bits, &b);
    // Near both ends, so that sums overflow.
    let start = |row: usize, column: usize| {
        c.unwrap_or(if (row + column).is_multiple_of(2) { i32::MAX - 50 } else { i32::MIN + 50 })
    };
    fill_accumulator(&mut bench, 32, |row, column| start(row, column) as u32);
    bench.run(words).unwrap();
    for row in 0..16 {
        for column in 0..16 {
            let sum: i64 = (0..16)
                .map(|k| signed(a[row][k], bits, signs[0]) * signed(b[column][k], bits, signs[1]))
                .sum();
            let exact = i64::from(start(row, column)) + sum;
            let expected = if clamp {
                exact.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
            } else {
                exact as i32
            };
            let got = element(&bench, 32, row, column) as i32;
            assert_eq!(got, expected, "{bits} bits, row {row}, column {column}");
        }
    }
}

#[test]
fn integer_operands_are_unsigned_unless_negated_and_clamp_saturates() {
    integers(&[0xcc44_4020, 0x1c82_0900], 8, [false, false], false, None);
    integers(&[0xcc44_4020, 0x3c82_0900], 8, [true, false], false, None);
    integers(&[0xcc44_c020, 0x7c82_0900], 8, [true, true], true, None);
    integers(&[0xcc45_4020, 0x5c82_0900], 4, [false, true], false, None);
}

#[test]
fn an_inline_constant_is_the_accumulator_of_every_element() {
    integers(&[0xcc45_4020, 0x1a1e_0900], 4, [false, false], false, Some(7));
}

/// Multiples of an eighth up to 4 in magnitude: products and their sums are exact in every order.
fn eighths(numbers: &mut Numbers) -> f32 {
    (numbers.next() % 65) as f32 / 8.0 - 4.0
}

type Encode = fn(f32) -> u32;

type Floats = [[f32; 16]; 16];

fn operands(bench: &mut Bench, encode: impl Fn(f32) -> u32) -> [Floats; 2] {
    let mut numbers = Numbers(11);
    let matrices: [Floats; 2] = std::array::from_fn(|_| {
        std::array::from_fn(|_| std::array::from_fn(|_| eighths(&mut numbers)))
    });
    for (matrix, first) in matrices.iter().zip([0, 8]) {
        fill(bench, first, 16, &matrix.map(|row| row.map(&encode)));
    }
    matrices
}

fn product([a, b]: &[Floats; 2], row: usize, column: usize) -> f32 {
    (0..16).map(|k| a[row][k] * b[column][k]).sum()
}

fn f16_bits(x: f32) -> u32 {
    u32::from(f16::from_f32(x).to_bits())
}

fn bf16_bits(x: f32) -> u32 {
    u32::from(bf16::from_f32(x).to_bits())
}

#[test]
fn halves_and_bfloats_accumulate_in_single_precision() {
    let c = |row: usize, column: usize| row as f32 - 2.0 * column as f32;
    let cases: [(&[u32], Encode); 2] =
        [(&[0xcc40_4020, 0x1c82_1100], f16_bits), (&[0xcc41_4020, 0x1c82_1100], bf16_bits)];
    for (words, encode) in cases {
        let mut bench = Bench::new();
        let matrices = operands(&mut bench, encode);
        fill_accumulator(&mut bench, 32, |row, column| c(row, column).to_bits());
        bench.run(words).unwrap();
        for (row, column) in (0..16).flat_map(|row| (0..16).map(move |column| (row, column))) {
            let expected = c(row, column) + product(&matrices, row, column);
            assert_eq!(f32::from_bits(element(&bench, 32, row, column)), expected);
        }
    }
}

#[test]
fn floats_take_constants_negations_and_absolute_values_of_c() {
    let mut bench = Bench::new();
    let matrices = operands(&mut bench, f16_bits);
    bench.run(&[0xcc40_4020, 0x1bca_1100]).unwrap();
    assert_eq!(f32::from_bits(element(&bench, 32, 3, 9)), 1.0 + product(&matrices, 3, 9));
    // neg_lo:[1,0,1] neg_hi:[1,0,1]: -A, and -|C|.
    fill_accumulator(&mut bench, 32, |row, _| if row % 2 == 0 { 5f32 } else { -5f32 }.to_bits());
    bench.run(&[0xcc40_4520, 0xbc82_1100]).unwrap();
    for row in [4, 5] {
        assert_eq!(f32::from_bits(element(&bench, 32, row, 2)), -5.0 - product(&matrices, row, 2));
    }
}

#[test]
fn sixteen_bit_results_keep_the_other_half_of_their_registers() {
    let mut bench = Bench::new();
    let matrices = operands(&mut bench, f16_bits);
    // op_sel:[0,0,1]: C and D are the high halves.
    fill_accumulator(&mut bench, 32, |row, column| f16_bits(row as f32) << 16 | column as u32);
    bench.run(&[0xcc42_6020, 0x1c82_1100]).unwrap();
    for (row, column) in [(0, 0), (7, 3), (15, 15)] {
        let expected = f16_bits(row as f32 + product(&matrices, row, column));
        assert_eq!(element(&bench, 32, row, column), expected << 16 | column as u32);
    }
    // The low halves of a bf16 result.
    let matrices = operands(&mut bench, bf16_bits);
    fill_accumulator(&mut bench, 32, |row, _| 0x1234_0000 | bf16_bits(row as f32));
    bench.run(&[0xcc43_4020, 0x1c82_1100]).unwrap();
    for (row, column) in [(0, 0), (7, 3), (15, 15)] {
        let expected = bf16_bits(row as f32 + product(&matrices, row, column));
        assert_eq!(element(&bench, 32, row, column), 0x1234_0000 | expected);
    }
}

#[test]
fn operands_come_from_the_first_sixteen_lanes_and_exec_is_ignored() {
    let mut bench = Bench::new();
    let matrices = operands(&mut bench, f16_bits);
    for register in 0..16 {
        bench.wave.vgprs[register].0[16..].fill(0x7e00_7e00);
    }
    bench.wave.sgprs[EXEC] = 1;
    bench.run(&[0xcc40_4020, 0x1bca_1100]).unwrap();
    assert_eq!(f32::from_bits(element(&bench, 32, 15, 1)), 1.0 + product(&matrices, 15, 1));
}
