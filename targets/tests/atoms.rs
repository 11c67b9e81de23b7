//! Every slot of every operand of every atom row, against positions written out by hand, and the
//! arithmetic of every row.

use kiln_targets::{Atom, DType, Operand, Overflow, Role};
use proptest::prelude::*;

/// Where the manuals put element (row, col): the lanes that hold it, the dword and the low bit.
///
/// WMMA factors: lane `i` and lane `i + 16` hold row (of a) or column (of b) `i` with `k`
/// ascending through the registers; WMMA results: register `r` of lane `l` holds row
/// `2 r + l / 16`, column `l % 16`. Per-lane atoms: lane `n` holds column `n`, every lane all of a.
fn documented(atom: &Atom, role: Role, dtype: DType, [row, col]: [u32; 2]) -> Vec<(u32, u32, u32)> {
    let within = |k: u32| (k * dtype.bits() / 32, k * dtype.bits() % 32);
    let wmma = atom.shape.m == 16;
    let (lanes, (dword, shift)): (Vec<u32>, _) = match role {
        Role::A if wmma => (vec![row, row + 16], within(col)),
        Role::B if wmma => (vec![col, col + 16], within(row)),
        Role::C if wmma => (vec![row % 2 * 16 + col], (row / 2, 0)),
        Role::A => ((0..atom.shape.n).collect(), within(col)),
        Role::B => (vec![col], within(row)),
        Role::C => (vec![col], (0, 0)),
    };
    lanes.into_iter().map(|lane| (lane, dword, shift)).collect()
}

fn each_operand(mut check: impl FnMut(&Atom, Role, &Operand, DType)) {
    for atom in Atom::builtins() {
        for role in Role::ALL {
            for dtype in &atom.operand(role).dtypes {
                check(atom, role, atom.operand(role), *dtype);
            }
        }
    }
}

#[test]
fn each_element_sits_exactly_where_the_manuals_put_it() {
    each_operand(|atom, role, operand, dtype| {
        let [rows, cols] = atom.shape.of(role);
        for at in 0..rows * cols {
            let mut matrix = vec![0; (rows * cols) as usize];
            matrix[at as usize] = dtype.mask();
            let mut expected = vec![0; (atom.lanes() * operand.dwords) as usize];
            for (lane, dword, shift) in documented(atom, role, dtype, [at / cols, at % cols]) {
                expected[(lane * operand.dwords + dword) as usize] = dtype.mask() << shift;
            }
            let packed = operand.pack(dtype, &matrix);
            assert_eq!(packed, expected, "{} {role:?} {dtype} element {at}", atom.name);
            assert_eq!(operand.unpack(dtype, &packed), Some(matrix));
        }
    });
}

#[test]
fn each_bit_of_each_register_belongs_to_one_element() {
    each_operand(|atom, role, operand, dtype| {
        let [rows, cols] = atom.shape.of(role);
        let all = operand.pack(dtype, &vec![u32::MAX; (rows * cols) as usize]);
        assert!(all.iter().all(|dword| *dword == u32::MAX), "{} {role:?}", atom.name);
    });
}

#[test]
fn copies_that_differ_are_refused() {
    each_operand(|atom, role, operand, dtype| {
        let [rows, cols] = atom.shape.of(role);
        let blank = operand.pack(dtype, &vec![0; (rows * cols) as usize]);
        let replicated = operand.layout.lane.contains(&[0, 0]);
        for bit in 0..32 * blank.len() {
            let mut touched = blank.clone();
            touched[bit / 32] ^= 1 << (bit % 32);
            assert_eq!(operand.unpack(dtype, &touched).is_none(), replicated, "{}", atom.name);
        }
    });
}

#[test]
fn lane_counts_and_operation_counts_follow_the_shape() {
    for atom in Atom::builtins() {
        let expected = if atom.shape.m == 16 { 32 } else { atom.shape.n };
        assert_eq!(atom.lanes(), expected, "{}", atom.name);
        let [m, n, k] = [atom.shape.m, atom.shape.n, atom.shape.k].map(u64::from);
        assert_eq!(atom.operations(), 2 * m * n * k);
    }
    let names: Vec<&str> = Atom::builtins().iter().map(|atom| atom.name.as_str()).collect();
    assert_eq!(names.len(), 13, "{names:?}");
}

/// Runs an integer atom on values, through registers, and compares with plain loops.
fn check_integers(atom: &Atom, types: [DType; 2], seed: u64, overflow: Overflow) {
    let mut random = Random(seed | 1);
    let mut fill = |role: Role, dtype: DType| -> Vec<i64> {
        let [rows, cols] = atom.shape.of(role);
        (0..rows * cols).map(|_| random.value(dtype)).collect()
    };
    let (a, b) = (fill(Role::A, types[0]), fill(Role::B, types[1]));
    let c = fill(Role::C, DType::I32);
    let [n, k] = [atom.shape.n as usize, atom.shape.k as usize];
    let exact = |at: usize| -> i128 {
        let sum = |k_at| i128::from(a[at / n * k + k_at]) * i128::from(b[k_at * n + at % n]);
        i128::from(c[at]) + (0..k).map(sum).sum::<i128>()
    };
    let encode = |dtype: DType, values: &[i64]| -> Vec<u32> {
        values.iter().map(|value| dtype.encode_int(*value)).collect()
    };
    let packed = [
        atom.a.pack(types[0], &encode(types[0], &a)),
        atom.b.pack(types[1], &encode(types[1], &b)),
        atom.c.pack(DType::I32, &encode(DType::I32, &c)),
    ];
    let result = atom.execute(types, [&packed[0], &packed[1], &packed[2]], overflow);
    let result = atom.c.unpack(DType::I32, &result.expect("packed copies should agree"));
    let result = result.expect("results have no copies");
    for (at, bits) in result.into_iter().enumerate() {
        let expected = match overflow {
            Overflow::Wrap => exact(at) as i32,
            Overflow::Clamp => exact(at).clamp(i32::MIN.into(), i32::MAX.into()) as i32,
        };
        assert_eq!(bits as i32, expected, "{} {types:?} {overflow:?} element {at}", atom.name);
    }
}

/// A small generator that favours the ends of the range.
struct Random(u64);

impl Random {
    fn value(&mut self, dtype: DType) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let (low, high) = dtype.range().expect("integers have a range");
        match self.0 % 8 {
            0 => low,
            1 => high,
            2 => 0,
            _ => dtype.decode_int((self.0 >> 20) as u32),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn integer_atoms_are_exact_for_every_signedness_and_overflow_rule(seed: u64) {
        for atom in Atom::builtins().iter().filter(|atom| atom.c.dtypes[0] == DType::I32) {
            for a in &atom.a.dtypes {
                for b in &atom.b.dtypes {
                    check_integers(atom, [*a, *b], seed, Overflow::Wrap);
                    if atom.arguments.can_clamp() {
                        check_integers(atom, [*a, *b], seed, Overflow::Clamp);
                    }
                }
            }
        }
    }

    #[test]
    fn any_matrix_survives_packing(seed: u64) {
        each_operand(|atom, role, operand, dtype| {
            let [rows, cols] = atom.shape.of(role);
            let spread = |at: u32| (seed.wrapping_mul(2 * u64::from(at) + 1) >> 16) as u32;
            let matrix: Vec<u32> =
                (0..rows * cols).map(|at| spread(at) & dtype.mask()).collect();
            let back = operand.unpack(dtype, &operand.pack(dtype, &matrix));
            assert_eq!(back, Some(matrix), "{} {role:?}", atom.name);
        });
    }
}

#[test]
fn all_pairs_of_nibbles_multiply_exactly_for_every_signedness() {
    let atom = Atom::builtin("dot8_i32_iu4").unwrap();
    let zero = vec![0; 32];
    for types in [DType::I4, DType::U4].into_iter().flat_map(|a| [[a, DType::I4], [a, DType::U4]]) {
        for (x, y) in (0..16).flat_map(|x| (0..16).map(move |y| (x, y))) {
            let a = atom.a.pack(types[0], &[x, 0, 0, 0, 0, 0, 0, 0]);
            let b = atom.b.pack(types[1], &vec![y; 256]);
            let result = atom.execute(types, [&a, &b, &zero], Overflow::Wrap).unwrap();
            let product = types[0].decode_int(x) * types[1].decode_int(y);
            assert!(result.iter().all(|bits| i64::from(*bits as i32) == product));
        }
    }
}

#[test]
fn the_identity_times_a_matrix_is_the_matrix() {
    for atom in Atom::builtins().iter().filter(|atom| atom.shape.m == 16) {
        let [a_type, b_type, c_type] = Role::ALL.map(|role| atom.operand(role).dtypes[0]);
        let identity: Vec<f32> = (0..256).map(|at| if at % 17 == 0 { 1.0 } else { 0.0 }).collect();
        let matrix: Vec<f32> = (0..256).map(|at| ((at * 7 + at / 16) % 15) as f32 - 7.0).collect();
        let encode = |dtype: DType, values: &[f32]| -> Vec<u32> {
            values.iter().map(|value| dtype.encode(*value)).collect()
        };
        let zero = vec![0; 256];
        let left = atom.execute(
            [a_type, b_type],
            [
                &atom.a.pack(a_type, &encode(a_type, &identity)),
                &atom.b.pack(b_type, &encode(b_type, &matrix)),
                &zero,
            ],
            Overflow::Wrap,
        );
        let right = atom.execute(
            [a_type, b_type],
            [
                &atom.a.pack(a_type, &encode(a_type, &matrix)),
                &atom.b.pack(b_type, &encode(b_type, &identity)),
                &zero,
            ],
            Overflow::Wrap,
        );
        let expected = atom.c.pack(c_type, &encode(c_type, &matrix));
        assert_eq!(left.unwrap(), expected, "{}", atom.name);
        assert_eq!(right.unwrap(), expected, "{}", atom.name);
    }
}

#[test]
fn floats_accumulate_in_single_precision() {
    let atom = Atom::builtin("wmma_f32_16x16x16_f16").unwrap();
    let (a, b) = (vec![1.0; 256], vec![0.25; 256]);
    let c = vec![f64::from(1 << 24); 256];
    // Each addition of 0.25 is lost to rounding, which a wider accumulator would not show.
    assert!(atom.reference_floats(&a, &b, &c).iter().all(|sum| *sum == f64::from(1 << 24)));
    let fma = Atom::builtin("fma_f32_x8").unwrap();
    let tiny = f64::from(f32::EPSILON);
    let product = fma.reference_floats(&[1.0 + tiny], &[1.0 - tiny; 8], &[-1.0; 8]);
    assert!(product.iter().all(|value| *value == -tiny * tiny), "the product is not rounded");
}

#[test]
fn madd_of_the_most_negative_words_wraps() {
    let atom = Atom::builtin("vpmaddwd_x8").unwrap();
    let low = [-32768; 2];
    let result = atom.reference_integers(&low, &[-32768; 16], &[0; 8], Overflow::Wrap);
    assert!(result.iter().all(|sum| *sum == i64::from(i32::MIN)));
}

#[test]
fn the_unsigned_side_of_vpdpbusd_is_b() {
    for name in ["vpdpbusd_x16", "vpdpbusd_x8"] {
        let atom = Atom::builtin(name).unwrap();
        assert!(atom.accepts(DType::I8, DType::U8, DType::I32));
        assert!(!atom.accepts(DType::U8, DType::I8, DType::I32));
    }
}

#[test]
fn rows_that_contradict_themselves_do_not_load() {
    let text = include_str!("../atoms.toml");
    let first = &text[..text.match_indices("[[atom]]").nth(1).unwrap().0];
    assert_eq!(Atom::parse_table(first).unwrap().len(), 1);
    for (from, to, expected) in [
        ("m = 16", "m = 8", "operand a: the layout spans [16, 16], the shape needs [8, 16]"),
        ("k0 k1 k2 k3", "k0 k1 k3 k3", "every element exactly once"),
        ("k0 k1 k2 k3", "k0 k1 k3", "every element exactly once"),
        ("dwords = 8", "dwords = 4", "16 elements of f16 do not fill 4 dwords"),
        ("[\"f16\"]", "[\"f16\", \"u8\"]", "16 elements of u8 do not fill 8 dwords"),
        ("[\"f16\"]", "[]", "no dtype"),
        ("[\"f16\"]", "[\"i16\"]", "mixed"),
        ("[\"f16\"]", "[\"f64\"]", "unknown variant `f64`"),
        ("n3 m0\"", "n3 0\"", "every element exactly once"),
        ("m1 m2 m3\"", "m1 m2 m3 0\"", "cannot be replicated"),
        ("m3 0\"", "m3\"", "16 lanes, but c has 32"),
        ("m3 0\"", "m3 q\"", "`q` is not a bit"),
        ("\"a_b_c\"", "\"a_c_b\"", "unknown variant `a_c_b`"),
        ("\"a_b_c\"", "\"signed_a_signed_b_c_clamp\"", "only integer accumulators can clamp"),
        ("instruction =", "opcode =", "unknown field `opcode`"),
        ("mlir =", "mlri =", "unknown field `mlri`"),
    ] {
        assert!(first.contains(from), "{from}");
        let error = Atom::parse_table(&first.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "`{from}` -> `{to}`: {error}");
    }
    let error = Atom::parse_table(&first.repeat(2)).unwrap_err().to_string();
    assert!(error.contains("the name is used twice"), "{error}");
}
