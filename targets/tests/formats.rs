//! Number formats: stored sizes, reference quantisation, and the checkpoint's packing.

use half::bf16;
use kiln_targets::{AwqTensor, DType, Format, Q8Tensor, Scheme, join, split};
use proptest::prelude::*;

fn format(name: &str) -> &'static Format {
    Format::builtin(name).expect("the format should be built in")
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// Seeded values in about [-1, 1].
fn noise(len: usize, seed: u32) -> Vec<f32> {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    std::iter::repeat_n((), len).scan(seed, |state, ()| step(state)).collect()
}

#[test]
fn stored_sizes_are_those_of_the_qwen_checkpoint() {
    for (module, shape, packed, scales, zeros, total) in [
        ("in_proj_qkv", [10240, 5120], [10240, 640], [10240, 160], [1280, 160], 30_310_400),
        ("in_proj_z", [6144, 5120], [6144, 640], [6144, 160], [768, 160], 18_186_240),
        ("o_proj", [5120, 6144], [5120, 768], [5120, 192], [640, 192], 18_186_240),
        ("q_proj", [12288, 5120], [12288, 640], [12288, 160], [1536, 160], 36_372_480),
        ("k_proj", [1024, 5120], [1024, 640], [1024, 160], [128, 160], 3_031_040),
        ("up_proj", [17408, 5120], [17408, 640], [17408, 160], [2176, 160], 51_527_680),
        ("down_proj", [5120, 17408], [5120, 2176], [5120, 544], [640, 544], 51_527_680),
    ] {
        let format = format("awq_g32_asym");
        let bytes = |name: &str| format.part(name).unwrap().bytes(shape);
        let area = |[rows, cols]: [usize; 2]| rows * cols;
        assert_eq!(bytes("quants"), 4 * area(packed), "{module}");
        assert_eq!(bytes("scales"), 2 * area(scales), "{module}");
        assert_eq!(bytes("zeros"), 4 * area(zeros), "{module}");
        assert_eq!(format.part("scales").unwrap().shape(shape), scales, "{module}");
        assert_eq!(format.bytes(shape), total, "{module}");
        let bits = |name: &str| Format::builtin(name).unwrap().bytes(shape) as f64 * 8.0;
        let weights = area(shape) as f64;
        assert_eq!(bits("awq_g32_asym") / weights, 4.625, "{module}");
        assert_eq!(bits("awq_g32_sym") / weights, 4.5, "{module}");
    }
}

#[test]
fn activation_formats_have_the_documented_parts() {
    for (name, block, values) in [("q8x32", 32, 1), ("q8x128", 128, 1), ("q4x2x128", 128, 2)] {
        let format = format(name);
        assert_eq!(format.parts.len(), values + 2);
        assert_eq!(format.part("scales").unwrap().shape([3, 256]), [3, 256 / block]);
        assert_eq!(format.part("sums").unwrap().shape([3, 256]), [3, 8]);
        assert_eq!(format.bytes([3, 256]), 3 * (256 + 4 * 256 / block + 4 * 8));
    }
    let error = Format::builtin("q8x64").unwrap_err().to_string();
    assert!(error.starts_with("unknown format `q8x64`; known formats: f32, f16,"), "{error}");
    let error = format("q8x32").part("zeros").unwrap_err().to_string();
    assert_eq!(error, "unknown part `zeros`; known parts: quants, scales, sums");
}

#[test]
fn checkpoint_words_hold_columns_of_weights_and_rows_of_zero_points() {
    let shape = [16, 64];
    let quants: Vec<u8> =
        (0..shape[0] * shape[1]).map(|at| ((at * 7 + at / 64) % 16) as u8).collect();
    let zeros: Vec<u8> = (0..32).map(|at| (at * 5 % 16) as u8).collect();
    let scales: Vec<f32> = (0..32).map(|at| (at + 1) as f32 / 64.0).collect();
    let tensor = AwqTensor {
        shape,
        group: 32,
        quants: quants.clone(),
        scales: scales.clone(),
        zeros: Some(zeros.clone()),
    };
    let format = format("awq_g32_asym");
    for scale_type in [DType::BF16, DType::F16, DType::F32] {
        let parts = tensor.to_parts(format, scale_type).unwrap();
        let (packed, packed_zeros) = (words(&parts[0]), words(&parts[2]));
        for (row, col) in (0..16).flat_map(|row| (0..64).map(move |col| (row, col))) {
            let nibble = packed[row * 8 + col / 8] >> (4 * (col % 8)) & 15;
            assert_eq!(nibble, u32::from(quants[row * 64 + col]));
            let zero = packed_zeros[row / 8 * 2 + col / 32] >> (4 * (row % 8)) & 15;
            assert_eq!(zero, u32::from(zeros[row * 2 + col / 32]));
            let weight = (nibble as f32 - zero as f32) * scales[row * 2 + col / 32];
            assert_eq!(tensor.dequantise()[row * 64 + col], weight);
        }
        assert_eq!(parts[1].len(), 32 * scale_type.bits() as usize / 8);
        let back = AwqTensor::from_parts(format, &parts, shape, scale_type).unwrap();
        assert_eq!(back, tensor);
    }
}

#[test]
fn a_symmetric_tensor_is_centred_on_eight() {
    let tensor = AwqTensor {
        shape: [1, 32],
        group: 32,
        quants: (0..32).map(|at| at % 16).collect(),
        scales: vec![0.5],
        zeros: None,
    };
    assert_eq!(tensor.dequantise()[..3], [-4.0, -3.5, -3.0]);
    assert_eq!(tensor.dequantise()[15], 3.5);
    let error = tensor.to_parts(format("awq_g32_asym"), DType::BF16).unwrap_err().to_string();
    assert!(error.contains("does not hold nibbles in groups of 32, symmetric"), "{error}");
}

#[test]
fn weights_that_cannot_be_quantised_are_refused() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = AwqTensor::quantise(&[0.0, bad], [1, 2], 32, true, DType::BF16).unwrap_err();
        assert!(error.to_string().contains("must be finite"), "{error}");
    }
    let error = AwqTensor::quantise(&[3e38; 2], [1, 2], 32, true, DType::F16).unwrap_err();
    assert!(error.to_string().contains("does not fit in f16"), "{error}");
    let error = AwqTensor::quantise(&[0.0; 3], [1, 2], 32, true, DType::F16).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 weights, found 3");
}

proptest! {
    #[test]
    fn grouped_nibbles_stay_within_half_a_step(
        rows in 1usize..4, cols in 1usize..70, asymmetric: bool, seed: u32, scale in 1e-3f32..1e3
    ) {
        let weights: Vec<f32> = noise(rows * cols, seed).iter().map(|w| w * scale).collect();
        let shape = [rows, cols];
        let tensor = AwqTensor::quantise(&weights, shape, 32, asymmetric, DType::F32).unwrap();
        prop_assert!(tensor.quants.iter().all(|quant| *quant < 16));
        for (at, (weight, back)) in weights.iter().zip(tensor.dequantise()).enumerate() {
            let step = tensor.scales[at / cols * cols.div_ceil(32) + at % cols / 32];
            // Rounding of the zero point and of the value, half a step each.
            prop_assert!((weight - back).abs() <= 1.001 * step, "{weight} {back} {step}");
        }
    }

    #[test]
    fn every_format_survives_storage(
        rows in 1usize..5,
        cols in prop::sample::select(vec![1usize, 15, 17, 31, 32, 33, 127, 128, 129, 256]),
        seed: u32,
    ) {
        let shape = [rows, cols];
        let values: Vec<f32> = noise(rows * cols, seed).iter().map(|x| x * 50.0).collect();
        for format in Format::builtins() {
            let parts = format.encode(&values, shape).unwrap();
            let sizes: Vec<usize> = format.parts.iter().map(|part| part.bytes(shape)).collect();
            prop_assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
            let decoded = format.decode(&parts, shape).unwrap();
            let coarsest = match format.scheme {
                Scheme::Plain if format.parts[0].dtypes.iter().all(|d| !d.is_float()) => 0.51,
                Scheme::Plain => 0.25,
                Scheme::GroupedNibbles { .. } => 7.0,
                Scheme::Blocks { .. } | Scheme::Rows => 0.21,
            };
            for (value, back) in values.iter().zip(&decoded) {
                prop_assert!((value - back).abs() <= coarsest, "{format} {value} {back}");
            }
            prop_assert!(format.decode(&parts[1..], shape).is_err());
            prop_assert!(format.encode(&values[1..], shape).is_err());
        }
    }

    #[test]
    fn the_nibble_planes_hold_the_same_values_as_the_bytes(seed: u32, cols in 1usize..300) {
        let values = noise(2 * cols, seed);
        let tensor = Q8Tensor::quantise(&values, [2, cols], 128).unwrap();
        for name in ["q8x128", "q4x2x128"] {
            let parts = tensor.to_parts(format(name)).unwrap();
            let back = Q8Tensor::from_parts(format(name), &parts, [2, cols]).unwrap();
            prop_assert_eq!(&back, &tensor);
        }
    }

    #[test]
    fn blocks_obey_their_definition(seed: u32, cols in 1usize..300, wide: bool) {
        let block = if wide { 128 } else { 32 };
        let values = noise(cols, seed);
        let tensor = Q8Tensor::quantise(&values, [1, cols], block).unwrap();
        for (at, values) in values.chunks(block).enumerate() {
            let largest = values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
            prop_assert_eq!(tensor.scales[at], largest / 127.0);
            for (x, quant) in values.iter().zip(&tensor.quants[at * block..]) {
                let expected = (x / tensor.scales[at]).round_ties_even().clamp(-127.0, 127.0);
                prop_assert_eq!(f32::from(*quant), expected);
            }
        }
        for (quants, sum) in tensor.quants.chunks(32).zip(&tensor.sums) {
            prop_assert_eq!(quants.iter().map(|q| i32::from(*q)).sum::<i32>(), i32::from(*sum));
        }
    }
}

#[test]
fn halves_round_to_even_and_the_ends_are_symmetric() {
    let mut values = [0f32; 32];
    values[..6].copy_from_slice(&[127.0, -127.0, 0.5, 1.5, 2.5, -2.5]);
    let tensor = Q8Tensor::quantise(&values, [1, 32], 32).unwrap();
    assert_eq!(tensor.scales, [1.0]);
    assert_eq!(tensor.quants[..6], [127, -127, 0, 2, 2, -2]);
    assert_eq!(tensor.sums, [2]);
}

#[test]
fn zero_and_vanishing_blocks_quantise_to_zero() {
    for value in [0.0, -0.0, f32::from_bits(1), -f32::from_bits(40)] {
        let tensor = Q8Tensor::quantise(&[value; 32], [1, 32], 32).unwrap();
        assert_eq!((tensor.scales[0], tensor.sums[0]), (0.0, 0), "{value:e}");
        assert!(tensor.quants.iter().all(|quant| *quant == 0));
    }
    let tensor = Q8Tensor::quantise(&[f32::MIN_POSITIVE; 32], [1, 32], 32).unwrap();
    assert!(tensor.scales[0] > 0.0 && tensor.quants.iter().all(|quant| *quant == 127));
}

#[test]
fn a_block_that_is_not_finite_poisons_itself_and_no_other() {
    for (bad, check) in [
        (f32::NAN, f32::is_nan as fn(f32) -> bool),
        (-f32::NAN, f32::is_nan),
        (f32::INFINITY, f32::is_infinite),
        (f32::NEG_INFINITY, f32::is_infinite),
    ] {
        let mut values = vec![1.0; 96];
        values[40] = bad;
        let tensor = Q8Tensor::quantise(&values, [1, 96], 32).unwrap();
        assert!(check(tensor.scales[1]), "{bad}");
        assert_eq!(tensor.sums, [32 * 127, 0, 32 * 127]);
        let back = tensor.dequantise();
        assert!(back[32..64].iter().all(|x| x.is_nan()));
        assert!(back[..32].iter().chain(&back[64..]).all(|x| (x - 1.0).abs() < 1e-6));
    }
    let mut values = [f32::INFINITY; 32];
    values[7] = f32::NAN;
    assert!(Q8Tensor::quantise(&values, [1, 32], 32).unwrap().scales[0].is_nan());
}

#[test]
fn sums_of_the_largest_quants_fit() {
    let tensor = Q8Tensor::quantise(&[-9.0; 128], [1, 128], 128).unwrap();
    assert_eq!(tensor.sums, [-4064; 4]);
}

#[test]
fn every_byte_splits_into_a_signed_and_an_unsigned_nibble() {
    for quant in i8::MIN..=i8::MAX {
        let (hi, lo) = split(quant);
        assert!((-8..8).contains(&hi) && lo < 16);
        assert_eq!(i32::from(quant), 16 * i32::from(hi) + i32::from(lo));
        assert_eq!(join(hi, lo), quant);
    }
}

#[test]
fn plain_formats_round_as_their_dtype_does() {
    let values = [1.0, 1.0 + 1.0 / 512.0, -3.75, 300.0];
    let decoded = |name: &str| {
        let parts = format(name).encode(&values, [2, 2]).unwrap();
        format(name).decode(&parts, [2, 2]).unwrap()
    };
    assert_eq!(decoded("f32"), values);
    assert_eq!(decoded("bf16"), values.map(|value| bf16::from_f32(value).to_f32()));
    assert_eq!(decoded("i8"), [1.0, 1.0, -4.0, 127.0]);
}

#[test]
fn rows_that_do_not_suit_their_scheme_do_not_load() {
    let text = include_str!("../formats.toml");
    for (from, to, expected) in [
        ("divisor = [1, 32]", "divisor = [1, 16]", "format `awq_g32_asym`: the parts do not suit"),
        ("divisor = [1, 1]", "divisor = [1, 0]", "divisors above 0"),
        ("dtypes = [\"f32\"]", "dtypes = []", "needs a dtype"),
        ("block = 32", "block = 48", "format `q8x32`: the parts do not suit"),
        ("group = 32", "grupe = 32", "formats.toml"),
        ("order = \"k0 k1 k2\"", "order = \"k0 k2\"", "cannot read `k0 k2` as a memory order"),
        ("order = \"\"", "ordre = \"\"", "unknown field `ordre`"),
        ("name = \"f16\"", "name = \"f32\"", "the name is used twice"),
        ("\"plain\"", "\"fancy\"", "unknown variant `fancy`"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Format::parse_table(&text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "`{from}` -> `{to}`: {error}");
    }
}
