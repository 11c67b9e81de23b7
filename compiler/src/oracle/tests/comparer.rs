//! The comparison itself, on outputs made by hand.

use crate::dsl::Matrix;
use crate::interpret::Buffer;
use crate::oracle::{Agreement, Bound, Mismatch, Output, compare, relative_rms};
use crate::tile::{Extent, Part, Role};
use kiln_targets::{DType, Order, write_element};

const BOUND: Bound = Bound { relative: 1e-3, absolute: 0.0 };

/// A 3 x 5 output in blocks of 2 x 4, filled as before a kernel and then with values.
struct Case {
    part: Part,
    buffer: Buffer,
}

impl Case {
    fn new(dtype: DType, values: &[f64; 15]) -> Case {
        let one = Extent { dim: None, mul: 1, div: 1 };
        let order = Order::parse("k0 n0 k1").unwrap();
        let part =
            Part { name: "y".to_owned(), dtype, extent: [one; 2], order, role: Role::Output };
        let fill = crate::oracle::inputs::untouched(dtype);
        let buffer = Buffer::guarded(&vec![fill; part.order.bytes([3, 5], dtype)]);
        let mut case = Case { part, buffer };
        for (at, value) in values.iter().enumerate() {
            case.write(at / 5, at % 5, *value);
        }
        case
    }

    fn write(&mut self, row: usize, col: usize, value: f64) {
        let (dtype, address) = (self.part.dtype, self.part.order.address(row, col, 5));
        write_element(self.buffer.bytes_mut(), dtype, address, dtype.encode(value as f32));
    }

    fn compare(&self, expected: &[f64; 15]) -> Result<Agreement, Mismatch> {
        let matrix = |values: &[f64]| Matrix::new(3, 5, values.to_vec());
        let (expected, magnitudes) = (matrix(expected), matrix(&[1.0; 15]));
        let output = Output { part: &self.part, expected: &expected, magnitudes: &magnitudes };
        compare(&self.buffer, output, BOUND)
    }
}

fn wrong(outcome: Result<Agreement, Mismatch>) -> ([usize; 2], usize) {
    match outcome {
        Err(Mismatch::Wrong { at, wrong, .. }) => (at, wrong),
        other => panic!("expected a wrong value, found {other:?}"),
    }
}

#[test]
fn floats_agree_within_the_bound_and_not_beyond() {
    let mut case = Case::new(DType::F32, &[0.5; 15]);
    assert_eq!(case.compare(&[0.5; 15]), Ok(Agreement::default()));
    case.write(2, 4, 0.5009);
    let agreement = case.compare(&[0.5; 15]).unwrap();
    assert!((agreement.max_rel - 0.0018).abs() < 1e-6, "{agreement:?}");
    case.write(1, 3, 0.5012);
    assert_eq!(wrong(case.compare(&[0.5; 15])), ([1, 3], 1));
    case.write(0, 1, f64::INFINITY);
    assert_eq!(wrong(case.compare(&[0.5; 15])), ([0, 1], 2));
}

#[test]
fn rounding_to_the_outputs_type_is_allowed_once() {
    let third = 1.0 / 3.0;
    for dtype in [DType::F16, DType::BF16] {
        let mut case = Case::new(dtype, &[third; 15]);
        let exact = Bound { relative: 0.0, absolute: 0.0 };
        let check = |case: &Case| {
            let expected = Matrix::new(3, 5, vec![third; 15]);
            let output = Output { part: &case.part, expected: &expected, magnitudes: &expected };
            compare(&case.buffer, output, exact).is_ok()
        };
        assert!(check(&case), "{dtype}");
        let ulps = if dtype == DType::F16 { 3.0 } else { 24.0 };
        case.write(0, 0, third * (1.0 + ulps / 2048.0));
        assert!(!check(&case), "{dtype}");
    }
}

#[test]
fn integers_are_exact_unless_the_reference_leaves_rounding_open() {
    let mut case = Case::new(DType::I8, &[7.0; 15]);
    let mut expected = [7.0; 15];
    assert!(case.compare(&expected).is_ok());
    expected[4] = 7.5;
    assert!(case.compare(&expected).is_ok());
    expected[4] = 7.6;
    assert_eq!(wrong(case.compare(&expected)), ([0, 4], 1));
    case.write(0, 4, 8.0);
    assert!(case.compare(&expected).is_ok());
    expected[4] = 9.0;
    assert_eq!(wrong(case.compare(&expected)), ([0, 4], 1));
}

#[test]
fn overflow_is_right_only_where_the_reference_overflows() {
    let mut case = Case::new(DType::F16, &[1.0; 15]);
    let mut expected = [1.0; 15];
    (expected[3], expected[6]) = (1e6, -65519.0);
    case.write(0, 3, f64::INFINITY);
    case.write(1, 1, f64::NEG_INFINITY);
    assert!(case.compare(&expected).is_ok());
    expected[6] = -60000.0;
    assert_eq!(wrong(case.compare(&expected)), ([1, 1], 1));
    expected[6] = f64::INFINITY;
    assert_eq!(wrong(case.compare(&expected)), ([1, 1], 1));
}

#[test]
fn a_nan_is_right_only_where_the_reference_has_one() {
    let mut case = Case::new(DType::F32, &[1.0; 15]);
    let mut expected = [1.0; 15];
    expected[7] = f64::NAN;
    assert_eq!(wrong(case.compare(&expected)), ([1, 2], 1));
    case.write(1, 2, f64::NAN);
    assert!(case.compare(&expected).is_ok());
    assert_eq!(wrong(case.compare(&[1.0; 15])), ([1, 2], 1));
}

#[test]
fn an_element_that_was_not_written_is_told_from_a_wrong_one() {
    for dtype in [DType::F32, DType::F16, DType::BF16, DType::I8, DType::I32, DType::U4] {
        let mut case = Case::new(dtype, &[3.0; 15]);
        let fresh = Case::new(dtype, &[3.0; 15]).part.order.address(2, 3, 5);
        let pattern = u32::from_le_bytes([crate::oracle::inputs::untouched(dtype); 4]);
        write_element(case.buffer.bytes_mut(), dtype, fresh, pattern);
        match case.compare(&[3.0; 15]) {
            Err(Mismatch::Unwritten { at, unwritten: 1, elements: 15, .. }) => {
                assert_eq!(at, [2, 3], "{dtype}");
            }
            other => panic!("{dtype}: {other:?}"),
        }
    }
}

#[test]
fn writes_to_padding_and_beyond_the_buffer_are_found() {
    let values = [3.0; 15];
    for dtype in [DType::F16, DType::I8, DType::U4] {
        let mut case = Case::new(dtype, &values);
        assert!(case.compare(&values).is_ok());
        // Row 3 does not exist; its block does.
        let padding = case.part.order.address(3, 4, 5);
        write_element(case.buffer.bytes_mut(), dtype, padding, 1);
        let byte = (padding * dtype.bits() as usize / 8) as i64;
        let outside = Err(Mismatch::Outside { part: "y".to_owned(), byte });
        assert_eq!(case.compare(&values), outside, "{dtype}");
    }
    let mut case = Case::new(DType::F16, &values);
    let last = case.buffer.memory().len() - 1;
    case.buffer.memory_mut()[last] = 0;
    let byte = (case.buffer.bytes().len() + Buffer::ZONE - 1) as i64;
    let outside = Err(Mismatch::Outside { part: "y".to_owned(), byte });
    assert_eq!(case.compare(&values), outside);
}

#[test]
fn a_buffer_that_shrank_is_an_error() {
    let mut case = Case::new(DType::F16, &[1.0; 15]);
    case.buffer = Buffer::plain(vec![0; 20]);
    assert_eq!(
        case.compare(&[1.0; 15]).unwrap_err().to_string(),
        "the buffer of `y` has 20 bytes, too few for it"
    );
}

#[test]
fn relative_rms_compares_energies() {
    assert_eq!(relative_rms(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
    assert_eq!(relative_rms(&[0.0, 0.0], &[0.0, 0.0]), 0.0);
    assert_eq!(relative_rms(&[3.0, 0.0], &[0.0, 4.0]), 1.25);
    assert_eq!(relative_rms(&[1.0], &[0.0]), f64::INFINITY);
}
