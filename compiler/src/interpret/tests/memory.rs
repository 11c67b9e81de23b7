//! Loads, stores and shared tiles against memory images.

use super::build::{Build, apply};
use super::{buffers, contents, dims, image, message, noise};
use crate::interpret::{Buffer, Buffers, run};
use crate::tile::{Binary, IndexOp, Op, Program, Role, Type};
use kiln_targets::DType;

/// Copies `x [m, n]` to `y [m, n]` in tiles of 8 x 8, shifted by whole elements.
fn copy(dtype: DType, orders: [&str; 2], shift: [i64; 2], fill: f64) -> Program {
    let mut b = Build::new();
    let (m, n) = (b.dim("m"), b.dim("n"));
    let x = b.part("x", dtype, [m, n], orders[0], Role::Input);
    let y = b.part("y", dtype, [m, n], orders[1], Role::Output);
    let at = [b.grid(m, 8), b.grid(n, 8)];
    let mut from = at;
    for (place, by) in from.iter_mut().zip(shift) {
        let by = b.index(by);
        *place = b.op(Op::IndexOp(IndexOp::Add, *place, by), Type::Index);
    }
    let tile = b.tile(Op::Load { arg: x, at: from, fill }, dtype, [1, 8, 8]);
    b.store(y, at, tile);
    b.finish()
}

#[test]
fn tiles_move_between_any_orders_and_never_look_at_padding() {
    let orders = ["", "k0 k1 k2 n0 n1", "n0 k0 n1 k1 n2", "k0 n0 n1 n2 n3 k1 k2 k3 k4"];
    let dtypes = [DType::U4, DType::I8, DType::F16, DType::BF16, DType::F32, DType::I16];
    for (from, to) in orders.iter().flat_map(|a| orders.iter().map(move |b| (*a, *b))) {
        for (dtype, size) in dtypes.iter().zip([[1, 15], [15, 17], [17, 31], [31, 1], [33, 9]]) {
            let value = |row, col| dtype.decode(dtype.encode(noise(row, col).abs()));
            let mut parts = buffers([
                ("x", image(from, size, *dtype, value)),
                ("y", image(to, size, *dtype, |_, _| 0.0)),
            ]);
            let before = parts.get("y").unwrap().clone();
            let sizes = dims([("m", size[0] as u64), ("n", size[1] as u64)]);
            run(&copy(*dtype, [from, to], [0, 0], 3.0), &sizes, &mut parts).unwrap();
            let y = parts.get("y").unwrap();
            let found = contents(y, to, size, *dtype);
            let expected: Vec<f32> =
                (0..size[0] * size[1]).map(|at| value(at / size[1], at % size[1])).collect();
            assert_eq!(found, expected, "{dtype} {size:?} from `{from}` to `{to}`");
            assert_eq!(y.first_trespass(), None);
            // Writing the zeros back must give the old image: padding is as it was.
            let mut restored = parts.clone();
            restored.insert("x", image(from, size, *dtype, |_, _| 0.0));
            run(&copy(*dtype, [from, to], [0, 0], 0.0), &sizes, &mut restored).unwrap();
            assert_eq!(restored.get("y"), Some(&before));
        }
    }
}

#[test]
fn outside_the_extent_a_load_gives_its_fill_on_every_side() {
    for shift in [[-3, 2], [2, -3], [-20, 0], [0, 40]] {
        let size = [9, 10];
        let mut parts = buffers([
            ("x", image("k0 n0 n1", size, DType::F16, noise)),
            ("y", image("", size, DType::F16, |_, _| 0.0)),
        ]);
        let program = copy(DType::F16, ["k0 n0 n1", ""], shift, -0.1);
        run(&program, &dims([("m", 9), ("n", 10)]), &mut parts).unwrap();
        let fill = half::f16::from_f64(-0.1).to_f32();
        let found = contents(parts.get("y").unwrap(), "", size, DType::F16);
        for (at, value) in found.into_iter().enumerate() {
            let (row, col) = ((at / 10) as i64 + shift[0], (at % 10) as i64 + shift[1]);
            let inside = (0..9).contains(&row) && (0..10).contains(&col);
            let expected = if inside { noise(row as usize, col as usize) } else { fill };
            assert_eq!(value, expected, "{shift:?}, {row}, {col}");
        }
    }
}

#[test]
fn shared_tiles_are_read_by_windows() {
    let program = apply(DType::I32, [6, 8], DType::I32, [2, 3], |b, x| {
        let shared = b.op(Op::Share(x), Type::Shared(DType::I32, [1, 6, 8]));
        let near = b.tile(Op::Read { shared, at: [4, 5] }, DType::I32, [1, 2, 3]);
        let far = b.tile(Op::Window { of: x, at: [0, 1] }, DType::I32, [1, 2, 3]);
        b.binary(Binary::Sub, near, far)
    });
    let mut parts = buffers([
        ("x", image("", [6, 8], DType::I32, noise)),
        ("y", image("", [2, 3], DType::I32, |_, _| 0.0)),
    ]);
    run(&program, &dims([]), &mut parts).unwrap();
    let expected: Vec<f32> =
        (0..6).map(|i| noise(4 + i / 3, 5 + i % 3) - noise(i / 3, 1 + i % 3)).collect();
    assert_eq!(contents(parts.get("y").unwrap(), "", [2, 3], DType::I32), expected);
}

#[test]
fn a_window_beyond_its_tile_is_an_error() {
    let program = apply(DType::I32, [6, 8], DType::I32, [2, 3], |b, x| {
        b.tile(Op::Window { of: x, at: [5, 0] }, DType::I32, [1, 2, 3])
    });
    let part = |size| image("", size, DType::I32, |_, _| 0.0);
    let mut parts = buffers([("x", part([6, 8])), ("y", part([2, 3]))]);
    let text = message(&program, &dims([]), &mut parts);
    assert!(text.starts_with("a window of [2, 3] at [5, 0] leaves a tile"), "{text}");
}

#[test]
fn missing_and_small_buffers_and_dims_are_named() {
    let program = copy(DType::F16, ["", "k0 k1 k2 n0 n1"], [0, 0], 0.0);
    let sizes = dims([("m", 3), ("n", 5)]);
    let x = || image("", [3, 5], DType::F16, noise);
    let cases: [(Buffers, _, &str); 3] = [
        (buffers([("x", x())]), &sizes, "part `y` has no buffer of its own"),
        (
            buffers([("x", x()), ("y", Buffer::plain(vec![0; 63]))]),
            &sizes,
            "part `y` (3 x 5 of f16) takes 64 bytes; its buffer has 63",
        ),
        (buffers([]), &dims([("m", 3)]), "dim `n` has no value"),
    ];
    for (mut parts, sizes, expected) in cases {
        assert_eq!(message(&program, sizes, &mut parts), expected);
    }
}

#[test]
fn dims_keep_the_multiples_they_promise() {
    let mut program = copy(DType::F16, ["", ""], [0, 0], 0.0);
    program.multiples[1] = 4;
    let text = message(&program, &dims([("m", 3), ("n", 6)]), &mut Buffers::new());
    assert_eq!(text, "dim `n` is 6, but must be a multiple of 4");
}

#[test]
fn workgroups_that_disagree_about_an_element_are_found() {
    let stores = |value_of_group: bool, role, dtype: DType| {
        let mut b = Build::new();
        let n = b.dim("n");
        let y = b.part("y", dtype, [Build::fixed(1), Build::fixed(4)], "", role);
        let (group, zero) = (b.grid(n, 1), b.index(0));
        let tile = match value_of_group {
            true => {
                let tile = b.tile(Op::Splat(group), DType::I32, [1, 1, 1]);
                b.tile(Op::Cast(tile), dtype, [1, 1, 1])
            }
            false => b.full(1.0, dtype, [1, 1, 1]),
        };
        if role == Role::InOut {
            b.load(y, [zero; 2], [1, 1]);
        }
        let place = if dtype == DType::U4 { group } else { zero };
        b.store(y, [zero, place], tile);
        let mut parts = buffers([("y", image("", [1, 4], dtype, |_, _| 0.0))]);
        run(&b.finish(), &dims([("n", 2)]), &mut parts).map_err(|error| error.message)
    };
    let clash = "two workgroups write different values to the same place of `y`";
    assert_eq!(stores(false, Role::Output, DType::I32), Ok(()));
    assert_eq!(stores(true, Role::Output, DType::I32), Err(clash.to_owned()));
    assert_eq!(stores(false, Role::Output, DType::U4), Err(clash.to_owned()));
    let read = "`y` is read where another workgroup has written";
    assert_eq!(stores(false, Role::InOut, DType::I32), Err(read.to_owned()));
}
