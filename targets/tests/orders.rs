//! Memory orders: text, addresses, padding, and moving parts between orders.

use std::collections::BTreeSet;

use kiln_targets::{DType, Order, read_element, write_element};
use proptest::prelude::*;

fn order(text: &str) -> Order {
    Order::parse(text).expect("the order should parse")
}

/// Orders of blocks up to 8 rows by 16 columns, every permutation possible.
fn any_order() -> impl Strategy<Value = Order> {
    (0usize..4, 0usize..5).prop_flat_map(|(rows, cols)| {
        let bits: Vec<String> = (0..rows)
            .map(|bit| format!("n{bit}"))
            .chain((0..cols).map(|bit| format!("k{bit}")))
            .collect();
        Just(bits).prop_shuffle().prop_map(|bits| order(&bits.join(" ")))
    })
}

fn any_shape() -> impl Strategy<Value = [usize; 2]> {
    let size =
        || prop_oneof![prop::sample::select(vec![1usize, 15, 16, 17, 31, 32, 33]), 0usize..40];
    (size(), size()).prop_map(|(rows, cols)| [rows, cols])
}

proptest! {
    #[test]
    fn printed_orders_parse_back(order in any_order()) {
        prop_assert_eq!(Order::parse(&order.to_string()), Ok(order));
    }

    #[test]
    fn parsing_never_panics(text in "[nmk0-9 +é]{0,16}") {
        if let Ok(order) = Order::parse(&text) {
            prop_assert_eq!(Order::parse(&order.to_string()), Ok(order));
        }
    }

    #[test]
    fn every_element_has_its_own_address(order in any_order(), shape in any_shape()) {
        let padded = order.padded_shape(shape);
        let all: BTreeSet<usize> = (0..padded[0])
            .flat_map(|row| (0..padded[1]).map(move |col| (row, col)))
            .map(|(row, col)| order.address(row, col, shape[1]))
            .collect();
        prop_assert_eq!(all.len(), padded[0] * padded[1]);
        prop_assert_eq!(all.len(), order.elements(shape));
        prop_assert!(all.last().is_none_or(|last| *last == all.len() - 1));
        let [rows, cols] = order.offsets(shape);
        for (row, col) in (0..shape[0]).flat_map(|row| (0..shape[1]).map(move |col| (row, col))) {
            prop_assert_eq!(rows[row] + cols[col], order.address(row, col, shape[1]));
        }
    }

    #[test]
    fn reordering_moves_each_element_and_zeroes_the_padding(
        from in any_order(),
        to in any_order(),
        shape in any_shape(),
        dtype in prop::sample::select(DType::ALL.to_vec()),
        seed: u32,
    ) {
        let mut source = vec![0xA5; from.bytes(shape, dtype)];
        let value = |row: usize, col: usize| {
            let mixed = (seed ^ (row * 977 + col) as u32).wrapping_mul(0x9E37_79B1);
            (mixed >> 7 | 1) & dtype.mask()
        };
        let mut expected = vec![0; to.bytes(shape, dtype)];
        for (row, col) in (0..shape[0]).flat_map(|row| (0..shape[1]).map(move |col| (row, col))) {
            write_element(&mut source, dtype, from.address(row, col, shape[1]), value(row, col));
            write_element(&mut expected, dtype, to.address(row, col, shape[1]), value(row, col));
        }
        let moved = from.reorder(&to, &source, shape, dtype).unwrap();
        prop_assert_eq!(&moved, &expected);
        let back = to.reorder(&from, &moved, shape, dtype).unwrap();
        let again = from.reorder(&to, &back, shape, dtype).unwrap();
        prop_assert_eq!(again, expected);
    }
}

#[test]
fn the_text_says_which_element_comes_next() {
    let order = order("k0 k1 k2 n0 n1 n2 n3 k3 k4");
    assert_eq!(order.block(), [16, 32]);
    assert_eq!(order.padded_shape([17, 33]), [32, 64]);
    assert_eq!(order.address(0, 1, 64), 1);
    assert_eq!(order.address(1, 0, 64), 8);
    assert_eq!(order.address(0, 8, 64), 128);
    assert_eq!(order.address(0, 32, 64), 512);
    assert_eq!(order.address(16, 0, 64), 1024);
    assert_eq!(order.address(16, 0, 33), 1024, "a ragged row of blocks counts whole");
    assert_eq!(order.bytes([17, 33], DType::U4), 1024);
}

#[test]
fn the_empty_order_is_row_major_without_padding() {
    let order = Order::row_major();
    assert_eq!(order, Order::parse("  ").unwrap());
    assert_eq!(order.to_string(), "");
    assert_eq!(order.address(3, 2, 5), 17);
    assert_eq!(order.bytes([3, 5], DType::U4), 8);
}

#[test]
fn rows_of_activations_may_be_called_m() {
    assert_eq!(order("k0 m0 m1"), order("k0 n0 n1"));
    assert_eq!(order("k0 m0").to_string(), "k0 n0");
}

#[test]
fn malformed_orders_say_what_is_wrong() {
    for (bad, expected) in [
        ("k1", "the bits of k must be k0, k1, ..."),
        ("k0 n0 k0", "the bits of k must be"),
        ("k0 n0 n2", "the bits of n must be"),
        ("k0 n0 m0", "the bits of n must be"),
        ("k0 0", "`0` is not a bit"),
        ("k0+n0", "is not a bit"),
        ("k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12 k13 k14 k15 k16", "at most 16 bits"),
    ] {
        let error = Order::parse(bad).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read `{bad}` as a memory order: ")), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn data_of_the_wrong_size_is_refused() {
    let error = order("k0 k1 k2").reorder(&Order::row_major(), &[0; 7], [2, 8], DType::U4);
    assert_eq!(
        error.unwrap_err().to_string(),
        "a 2 x 8 part of u4 in order `k0 k1 k2` takes 8 bytes, not 7"
    );
}

#[test]
fn nibbles_keep_their_checkpoint_words_when_the_words_are_reordered() {
    let (from, to) = (order("k0 k1 k2"), order("k0 k1 k2 n0 n1 n2 n3 k3 k4"));
    let source: Vec<u8> = (0..16 * 64 / 2).map(|byte| (byte * 37 % 251) as u8).collect();
    let moved = from.reorder(&to, &source, [16, 64], DType::U4).unwrap();
    assert_eq!(moved[..4], source[..4]);
    assert_eq!(moved[4..8], source[32..36], "then the same columns of the next row");
    assert_eq!(read_element(&moved, DType::U4, 129), read_element(&source, DType::U4, 9));
}
