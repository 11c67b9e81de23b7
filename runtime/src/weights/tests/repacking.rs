//! Repacking, compared with the reference that moves one element at a time.

use std::path::Path;

use kiln_targets::{AwqTensor, DType, Format, Order};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::weights::Layout;
use crate::weights::{Packed, Progress, Repack, Shard, Weight};

/// A packed layer of random nibbles in a file of its own, as a checkpoint stores it.
fn packed_shard(seed: u64, [rows, cols]: [usize; 2], scale: DType) -> Shard {
    let format = Format::builtin("awq_g32_asym").unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let groups = cols.div_ceil(32);
    let tensor = AwqTensor {
        shape: [rows, cols],
        group: 32,
        quants: (0..rows * cols).map(|_| random.random_range(0..16)).collect(),
        scales: (0..rows * groups).map(|_| random.random_range(1..200) as f32 / 64.0).collect(),
        zeros: Some((0..rows * groups).map(|_| random.random_range(0..16)).collect()),
    };
    let parts = tensor.to_parts(format, scale).unwrap();
    let element = scale.name().to_uppercase();
    let shapes = [
        ("q", "I32", [rows, cols.div_ceil(8)]),
        ("s", element.as_str(), [rows, groups]),
        ("z", "I32", [rows.div_ceil(8), groups]),
    ];
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for ((name, element, [n, k]), part) in shapes.into_iter().zip(&parts) {
        let (start, end) = (data.len(), data.len() + part.len());
        header.push(format!(
            r#""{name}":{{"dtype":"{element}","shape":[{n},{k}],"data_offsets":[{start},{end}]}}"#
        ));
        data.extend_from_slice(part);
    }
    let header = format!("{{{}}}", header.join(","));
    let length = (header.len() as u64).to_le_bytes();
    let bytes = [&length[..], header.as_bytes(), &data].concat();
    Shard::from_bytes(Path::new("m/a.safetensors"), bytes).unwrap()
}

fn weight(shard: &Shard, shape: [usize; 2]) -> Weight<'_> {
    let tensor = |name| shard.tensor(name).unwrap();
    let format = Format::builtin("awq_g32_asym").unwrap();
    let (quants, scales, zeros) = (tensor("q"), tensor("s"), Some(tensor("z")));
    Weight::Packed(Packed { format, shape, quants, scales, zeros })
}

fn layout(part: &str, dtype: DType, order: &str) -> Layout {
    let format = Format::builtin("awq_g32_asym").unwrap();
    let part = format.part(part).unwrap();
    Layout { format, part, dtype, order: order.parse().unwrap() }
}

/// The array, put together from what the sink gets.
fn stream(weights: &[Weight<'_>], layout: &Layout) -> crate::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut report = |_: Progress| {};
    let size = Repack::new(0, &mut report).array(weights, layout, &mut |offset, bytes| {
        assert_eq!(offset, out.len() as u64, "pieces should ascend without gaps");
        out.extend_from_slice(bytes);
        Ok(())
    })?;
    assert_eq!(size, out.len() as u64);
    Ok(out)
}

/// The reference: every element by its coordinates.
fn by_elements(weights: &[Weight<'_>], layout: &Layout) -> Vec<u8> {
    let sources: Vec<_> =
        weights.iter().map(|weight| weight.part(&layout.part.name).unwrap()).collect();
    let rows: usize = sources.iter().map(|source| source.shape[0]).sum();
    let cols = sources[0].shape[1];
    let mut out = vec![0; layout.order.bytes([rows, cols], layout.dtype)];
    let mut first = 0;
    for source in &sources {
        for row in 0..source.shape[0] {
            for col in 0..cols {
                let at = source.order.address(row, col, cols);
                let bits = kiln_targets::read_element(source.tensor.bytes(), source.dtype, at);
                let bits = layout.dtype.encode(source.dtype.decode(bits));
                let place = layout.order.address(first + row, col, cols);
                kiln_targets::write_element(&mut out, layout.dtype, place, bits);
            }
        }
        first += source.shape[0];
    }
    out
}

/// Some order of a block of up to 32 by 64.
fn any_order() -> impl Strategy<Value = String> {
    (0u32..=5, 0u32..=6).prop_flat_map(|(rows, cols)| {
        let rows = (0..rows).map(|bit| format!("n{bit}"));
        let bits: Vec<String> = rows.chain((0..cols).map(|bit| format!("k{bit}"))).collect();
        Just(bits).prop_shuffle().prop_map(|bits| bits.join(" "))
    })
}

fn known_order() -> impl Strategy<Value = String> {
    let orders = [
        "k1 k2 k0 k3 k4 n0 n1 n2 n3",
        "k0 k1 k2 n0 n1 n2 n3 k3 k4",
        "n0 n1 n2 n3",
        "n0 n1 n2",
        "k0 k1 k2",
        "k2 k0 k1",
        "",
    ];
    prop::sample::select(orders.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_stack_in_any_order_holds_every_element_in_its_place(
        heights in prop::collection::vec(1usize..40, 1..4),
        cols in 1usize..130,
        wide: bool,
        order in prop_oneof![any_order(), known_order()],
        part in prop::sample::select(vec!["quants", "scales", "zeros"]),
        widened: bool,
        seed: u64,
    ) {
        let cols = if wide { cols.next_multiple_of(64) } else { cols };
        let shards: Vec<Shard> = (0..)
            .zip(&heights)
            .map(|(at, rows)| packed_shard(seed ^ at, [*rows, cols], DType::BF16))
            .collect();
        let weights: Vec<Weight<'_>> =
            shards.iter().zip(&heights).map(|(shard, rows)| weight(shard, [*rows, cols])).collect();
        let dtype = match part {
            "scales" if widened => DType::F32,
            "scales" => DType::BF16,
            _ => DType::U4,
        };
        let layout = layout(part, dtype, &order);
        prop_assert_eq!(stream(&weights, &layout).unwrap(), by_elements(&weights, &layout));
    }
}

#[test]
fn arrays_of_many_pieces_are_the_same_as_the_reference_reorders() {
    let shape = [4096, 5120];
    let shard = packed_shard(3, shape, DType::BF16);
    let weight = weight(&shard, shape);
    for (part, dtype, order) in [
        ("quants", DType::U4, "k1 k2 k0 k3 k4 n0 n1 n2 n3"),
        ("quants", DType::U4, "k0 k1 k2 n0 n1 n2 n3 k3 k4"),
        ("scales", DType::BF16, "n0 n1 n2 n3"),
        ("zeros", DType::U4, "n0 n1 n2 n3"),
        ("zeros", DType::U4, "n0 n1 n2"),
    ] {
        let layout = layout(part, dtype, order);
        let source = weight.part(part).unwrap();
        let expect = source
            .order
            .reorder(&layout.order, source.tensor.bytes(), source.shape, dtype)
            .unwrap();
        assert!(stream(&[weight], &layout).unwrap() == expect, "{part} in {order}");
    }
}

#[test]
fn progress_ends_at_the_bytes_of_the_weight() {
    let shape = [4096, 5120];
    let shard = packed_shard(4, shape, DType::BF16);
    let weight = weight(&shard, shape);
    let mut seen = Vec::new();
    let mut report = |progress: Progress| seen.push(progress);
    let mut repack = Repack::new(weight.bytes(), &mut report);
    for part in ["quants", "scales", "zeros"] {
        let dtype = if part == "scales" { DType::BF16 } else { DType::U4 };
        repack.array(&[weight], &layout(part, dtype, ""), &mut |_, _| Ok(())).unwrap();
    }
    assert!(seen.len() > 3 && seen.is_sorted_by_key(|progress| progress.bytes));
    let last = seen.last().unwrap();
    assert_eq!((last.bytes, last.total), (weight.bytes(), weight.bytes()));
}

#[test]
fn values_that_the_layout_cannot_hold_are_refused_and_others_converted() {
    let shape = [16, 64];
    let shard = packed_shard(5, shape, DType::F32);
    let weight = weight(&shard, shape);
    let exact = layout("scales", DType::BF16, "");
    assert_eq!(stream(&[weight], &exact).unwrap(), by_elements(&[weight], &exact));
    let third = [
        &(65u64).to_le_bytes()[..],
        br#"{"x":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}         "#,
        &(1.0f32 / 3.0).to_le_bytes(),
    ]
    .concat();
    let third = Shard::from_bytes(Path::new("m/b.safetensors"), third).unwrap();
    let plain = Weight::Plain(third.tensor("x").unwrap());
    let format = Format::builtin("bf16").unwrap();
    let part = &format.parts[0];
    let bf16 = Layout { format, part, dtype: DType::BF16, order: Order::row_major() };
    let error = stream(&[plain], &bf16).unwrap_err().to_string();
    let expect = "m/b.safetensors: tensor 'x': its value 0.33333334 does not exist in bf16";
    assert_eq!(error, expect);
}

#[test]
fn weights_of_another_format_or_width_are_refused_by_name() {
    let (a, b) = (packed_shard(6, [16, 64], DType::BF16), packed_shard(7, [16, 96], DType::BF16));
    let (a, b) = (weight(&a, [16, 64]), weight(&b, [16, 96]));
    let quants = layout("quants", DType::U4, "");
    let error = stream(&[a, b], &quants).unwrap_err().to_string();
    assert!(error.starts_with("m/a.safetensors: tensor 'q': 96 columns"), "{error}");
    let format = Format::builtin("awq_g32_sym").unwrap();
    let other = Layout { format, ..quants };
    let error = stream(&[a], &other).unwrap_err().to_string();
    assert!(error.contains("is stored as awq_g32_asym, the kernel reads awq_g32_sym"), "{error}");
    assert!(stream(&[], &other).is_err());
}
