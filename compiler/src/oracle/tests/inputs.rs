//! What generated inputs hold.

use super::problem;
use super::recipes::{Linear, Patch};
use crate::dsl::{Recipe, Signature};
use crate::oracle::{Case, Inputs, Problem, ragged};
use kiln_targets::{DType, Format, Target};

fn linear() -> Signature {
    let target = Target::builtin("gfx1151").unwrap();
    Linear.signature(&Patch { rows: 16, fault: super::recipes::Fault::None }, &target)
}

fn generate(case: Case) -> Inputs {
    Inputs::generate(&linear(), &problem([("m", 5), ("n", 9), ("k", 96)], case)).unwrap()
}

#[test]
fn stored_parts_decode_to_what_the_reference_sees() {
    let signature = Signature::new("all", ["m", "k"])
        .input("a", "awq_g32_asym", ["m", "k"])
        .input("s", "awq_g32_sym", ["m", "k"])
        .input("b", "q8x32", ["m", "k"])
        .input("c", "q8x128", ["m", "k"])
        .input("d", "q4x2x128", ["m", "k"])
        .input("e", DType::F16, ["m", "k"])
        .output("y", DType::F32, ["m", "k"]);
    for case in Case::ALL {
        let problem = problem([("m", 8), ("k", 160)], case);
        let inputs = Inputs::generate(&signature, &problem).unwrap();
        let host = inputs.host();
        for argument in &signature.arguments()[..6] {
            let format = Format::builtin(&argument.format.name).unwrap();
            let parts: Vec<Vec<u8>> = argument
                .parts
                .iter()
                .map(|part| inputs.buffers.get(&part.name).unwrap().bytes().to_vec())
                .collect();
            let decoded = format.decode(&parts, [8, 160]).unwrap();
            let seen = host.dequantized(&argument.name);
            for (stored, seen) in decoded.iter().zip(&seen.data) {
                assert_eq!(f64::from(*stored), f64::from(*seen as f32), "{} {case}", argument.name);
            }
        }
    }
}

#[test]
fn inputs_depend_on_the_seed_and_on_nothing_else() {
    assert_eq!(generate(Case::Random).buffers, generate(Case::Random).buffers);
    let other = Problem { seed: 8, ..problem([("m", 5), ("n", 9), ("k", 96)], Case::Random) };
    let other = Inputs::generate(&linear(), &other).unwrap();
    assert_ne!(generate(Case::Random).buffers, other.buffers);
}

#[test]
fn formats_of_one_argument_share_their_original_values() {
    let original = |format: &str| {
        let signature = Signature::new("x", ["m", "k"]).input("x", format, ["m", "k"]);
        let problem = problem([("m", 3), ("k", 128)], Case::Random);
        let inputs = Inputs::generate(&signature, &problem).unwrap();
        let host = inputs.original_host().unwrap_or_else(|| inputs.host());
        host.dequantized("x").data.clone()
    };
    assert_eq!(original("q8x32"), original("q8x128"));
    assert_eq!(original("q8x32"), original("f32"));
}

#[test]
fn bounded_inputs_are_scaled_down_together_and_stored_as_they_are_seen() {
    let signature = Signature::new("x", ["m", "k"]).input("unit", DType::BF16, ["m", "k"]).input(
        "free",
        DType::BF16,
        ["m", "k"],
    );
    let problem = problem([("m", 3), ("k", 40)], Case::Random);
    let limit = |name: &str| (name == "unit").then_some(0.25);
    let inputs = Inputs::with_structure(&signature, &problem, &|_| None, &limit).unwrap();
    let free = Inputs::generate(&signature, &problem).unwrap().host();
    let host = inputs.host();
    let peak = |numbers: &[f64]| numbers.iter().fold(0.0, |peak: f64, of| peak.max(of.abs()));
    let (unit, before) = (host.dequantized("unit"), free.dequantized("unit"));
    assert_eq!(peak(&unit.data), 0.25);
    let scale = 0.25 / peak(&before.data);
    assert!(scale < 1.0);
    for (now, before) in unit.data.iter().zip(&before.data) {
        assert!((now - before * scale).abs() <= now.abs() / 256.0);
    }
    let stored = inputs.buffers.get("unit").unwrap().bytes();
    let stored = |at: usize| u32::from(u16::from_le_bytes([stored[2 * at], stored[2 * at + 1]]));
    assert!((0..120).all(|at| f64::from(DType::BF16.decode(stored(at))) == unit.data[at]));
    assert_eq!(host.dequantized("free"), free.dequantized("free"));
}

#[test]
fn random_inputs_look_like_a_models() {
    let inputs =
        Inputs::generate(&linear(), &problem([("m", 64), ("n", 64), ("k", 1024)], Case::Random))
            .unwrap();
    let host = inputs.host();
    let deviation = |name: &str| {
        let values = host.dequantized(name).data.clone();
        (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
    };
    assert!((0.019..0.021).contains(&deviation("w")), "{}", deviation("w"));
    let x = host.dequantized("x");
    let loud = (0..1024).filter(|col| (0..64).any(|row| x[[row, *col]].abs() > 12.0)).count();
    assert!((4..40).contains(&loud), "{loud} of 1024 channels");
}

#[test]
fn extreme_inputs_reach_every_end() {
    let inputs = generate(Case::Extremes);
    let host = inputs.host();
    let has = |part: &str, value: f64| {
        assert!(host.input(part).data.contains(&value), "{part} has no {value}");
    };
    for part in ["w.quants", "w.zeros"] {
        has(part, 0.0);
        has(part, 15.0);
    }
    has("w.scales", 0.0);
    has("x.scales", 0.0);
    has("x.quants", 127.0);
    has("x.quants", -127.0);
}

#[test]
fn denormal_inputs_are_below_the_smallest_normal_number() {
    let scales = generate(Case::Denormals).host().input("w.scales");
    let tiny = |scale: &&f64| **scale != 0.0 && scale.abs() < f64::from(f32::MIN_POSITIVE);
    assert!(scales.data.iter().filter(tiny).count() > scales.data.len() / 2);
}

#[test]
fn only_padding_differs_when_it_is_filled() {
    let (clean, dirty) = (generate(Case::Random), generate(Case::NanInPadding));
    let pairs = clean.buffers.iter().zip(dirty.buffers.iter());
    let different: Vec<&str> = pairs.filter(|(a, b)| a != b).map(|((name, _), _)| name).collect();
    assert_eq!(different, ["w.quants", "w.zeros"]);
    assert_eq!(clean.host().dequantized("w"), dirty.host().dequantized("w"));
}

#[test]
fn ragged_sizes_take_each_remainder_and_keep_multiples() {
    let all = ragged(&linear());
    for (dim, multiple) in [("m", 1), ("n", 1), ("k", 32)] {
        let mut sizes: Vec<u64> = all.iter().map(|dims| dims[dim]).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 15, 17, 31, 33].map(|size| size * multiple), "{dim}");
    }
}
