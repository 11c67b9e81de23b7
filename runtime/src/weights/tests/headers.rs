//! The header reader, compared with the format's own library.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::weights::{Element, Shard};

/// A file with this header and data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + data, 7);
    bytes
}

fn open(bytes: Vec<u8>) -> crate::Result<Shard> {
    Shard::from_bytes(Path::new("m/a.safetensors"), bytes)
}

fn refusal(bytes: Vec<u8>) -> String {
    let error = open(bytes).expect_err("the file should be refused").to_string();
    assert!(error.starts_with("m/a.safetensors: "), "{error}");
    assert!(error.chars().all(|c| !c.is_control()), "one line: {error:?}");
    error
}

const GOOD: &str = r#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"none":{"dtype":"I64","shape":[0,9],"data_offsets":[26,26]}}"#;

#[test]
fn tensors_are_found_where_the_header_says() {
    let shard = open(file(GOOD, 26)).unwrap();
    let names: Vec<&str> = shard.tensors().map(|tensor| tensor.name()).collect();
    assert_eq!(names, ["a", "b", "none"]);
    let a = shard.tensor("a").unwrap();
    assert_eq!((a.element(), a.shape(), a.bytes().len()), (Element::F32, &[2, 3][..], 24));
    assert_eq!(shard.tensor("b").unwrap().bytes(), [7, 7]);
    assert_eq!(shard.tensor("none").unwrap().bytes(), [0u8; 0]);
    assert!(shard.tensor("__metadata__").is_none());
}

#[test]
fn a_header_that_is_wrong_is_refused_with_the_tensor_and_the_file() {
    let cases = [
        (r#""F32""#, r#""F4""#, "tensor 'a': its type 'F4' is not known"),
        ("[2,3]", "[2,4]", "tensor 'a': its type and shape take 32 bytes, its place has 24"),
        ("[2,3]", "[4294967296,4294967296]", "tensor 'a': its shape has too many elements"),
        ("[2,3]", "[18446744073709551616]", "tensor 'a': "),
        ("[2,3]", "[-2,3]", "tensor 'a': "),
        ("[0,24]", "[24,0]", "tensor 'a': it ends at 0, before it begins at 24"),
        ("[0,24]", "[0,24,1]", "tensor 'a': "),
        ("[24,26]", "[23,25]", "tensor 'b': its bytes overlap those of tensor 'a'"),
        ("[24,26]", "[25,27]", "tensor 'b': it ends at byte 27 of 26; the file is truncated"),
        (r#""b":{"#, r#""a":{"#, "tensor 'a': it is listed twice"),
        (r#""shape":[],"#, "", "tensor 'b': missing field `shape`"),
        (r#""shape":[],"#, r#""shape":[],"x":1,"#, "tensor 'b': unknown field `x`"),
        (r#""pt""#, "3", "tensor '__metadata__': invalid type"),
        (r#"{"a""#, r#"["a""#, "the header: "),
        (r#"[26,26]}}"#, r#"[26,26]}}}"#, "the header: trailing characters"),
    ];
    for (from, to, expect) in cases {
        let header = GOOD.replacen(from, to, 1);
        assert_ne!(header, GOOD);
        let error = refusal(file(&header, 26));
        assert!(error.contains(expect), "{to}: {error}");
    }
    let cases = [
        (file(GOOD, 25), "the file is truncated"),
        (file(GOOD, 27), "1 bytes after it belong to no tensor"),
        (file(&GOOD.replace("[26,26]", "[27,27]"), 27), "1 bytes before it belong to no tensor"),
        (file("{}", 3), "the header: 3 bytes after it belong to no tensor"),
        (vec![1, 2, 3], "the file of 3 bytes ends before it begins"),
        (vec![], "the file of 0 bytes"),
        (vec![255; 64], "no safetensors file"),
        (100u64.to_le_bytes().to_vec(), "it takes 100 bytes, the file has 8; it is truncated"),
    ];
    for (bytes, expect) in cases {
        let error = refusal(bytes);
        assert!(error.contains(expect), "{error}");
    }
    assert_eq!(open(file("{}", 0)).unwrap().tensors().count(), 0);
}

fn any_tensors() -> impl Strategy<Value = BTreeMap<String, (Dtype, Vec<usize>)>> {
    let types = vec![Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::I32, Dtype::I64, Dtype::U8];
    let tensor = (prop::sample::select(types), prop::collection::vec(0usize..5, 0..4));
    prop::collection::btree_map("[a-z.\"\\\\é]{1,12}", tensor, 0..6)
}

fn size(dtype: Dtype) -> usize {
    match dtype {
        Dtype::U8 => 1,
        Dtype::BF16 | Dtype::F16 => 2,
        Dtype::I64 => 8,
        _ => 4,
    }
}

proptest! {
    #[test]
    fn what_the_library_writes_is_read_as_it_was(tensors in any_tensors(), seed: u8) {
        let data: BTreeMap<&String, Vec<u8>> = tensors
            .iter()
            .map(|(name, (dtype, shape))| {
                let bytes = shape.iter().product::<usize>() * size(*dtype);
                (name, (0..bytes).map(|at| (at as u8).wrapping_mul(seed)).collect())
            })
            .collect();
        let views = tensors.iter().map(|(name, (dtype, shape))| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), &data[name]).unwrap())
        });
        let shard = open(serialize(views, None).unwrap()).unwrap();
        prop_assert_eq!(shard.tensors().count(), tensors.len());
        for (name, (dtype, shape)) in &tensors {
            let tensor = shard.tensor(name).unwrap();
            prop_assert_eq!(tensor.element().name(), format!("{dtype:?}"));
            prop_assert_eq!(tensor.shape(), &shape[..]);
            prop_assert_eq!(tensor.bytes(), &data[name][..]);
        }
    }

    #[test]
    fn whatever_is_accepted_the_library_accepts_and_reads_alike(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        cuts: bool,
    ) {
        let mut bytes = file(GOOD, 26);
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        match open(bytes.clone()) {
            Ok(shard) => {
                let other = SafeTensors::deserialize(&bytes).unwrap();
                prop_assert_eq!(shard.tensors().count(), other.len());
                for tensor in shard.tensors() {
                    let theirs = other.tensor(tensor.name()).unwrap();
                    prop_assert_eq!((tensor.shape(), tensor.bytes()), (theirs.shape(), theirs.data()));
                }
            }
            Err(error) => prop_assert!(error.to_string().starts_with("m/a.safetensors: ")),
        }
    }

    #[test]
    fn any_header_is_read_or_refused(text in "[\\[\\]{}\",:a-z0-9.\u{0}-\u{20}-]{0,80}", data in 0usize..64) {
        if let Err(error) = open(file(&text, data)) {
            prop_assert!(error.to_string().chars().all(|c| !c.is_control()));
        }
    }
}
