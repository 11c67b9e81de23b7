//! What a bundle promises its reader.

use std::fs;
use std::time::Instant;

use kiln_cache::Error;
use kiln_cache::bundle::{Bundle, BundleWriter};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{Dims, Extent, Predicate, Table};
use proptest::prelude::*;

use crate::sample::{CLASSES, dims, kernel, manifest, operation, rule, writer};

fn one() -> BundleWriter {
    let mut writer = BundleWriter::new(manifest());
    writer.object(vec![7; 100]);
    writer
}

fn total(kernel: &str) -> Table {
    Table::new(operation(0), vec![rule(Predicate::always(), kernel, 1)]).unwrap()
}

#[test]
fn what_is_written_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("host.kiln");
    let writer = writer(1, 8, 40_000);
    let digest = writer.write(&path).unwrap();
    let bundle = Bundle::open(&path).unwrap();
    assert_eq!(*bundle.manifest(), manifest());
    assert_eq!((bundle.kernels().len(), bundle.tables().len(), bundle.object_count()), (8, 2, 8));
    assert_eq!(bundle.coverage().len(), 8);
    assert_eq!(bundle.verify().unwrap().sha256, digest);
    for kernel in bundle.kernels() {
        let code = bundle.object(kernel.object).unwrap();
        assert_eq!(Digest::of(code), kernel.statics.isa_hash, "{}", kernel.name);
    }
    assert!(bundle.object(8).is_err());
}

#[test]
fn a_request_finds_its_kernel_and_its_grid() {
    let bundle = Bundle::from_bytes(writer(2, 8, 4000).encode().unwrap(), "b").unwrap();
    let table = bundle.table(&operation(1)).unwrap();
    for (m, class) in [(1, 1), (15, 16), (17, 33), (33, 33), (34, 2048), (1 << 20, 2048)] {
        let free = dims(&[("m", m)]);
        let kernel = bundle.kernel(&table.select(&free).kernel).unwrap();
        assert_eq!(kernel.name, format!("mmq_1_{class}"));
        let grid = kernel.launch(&table.operation().with_dims(&free).unwrap()).unwrap();
        assert_eq!(grid, [81, 2 * m.div_ceil(16) as u32, 1]);
    }
    assert!(bundle.table(&operation(2)).is_none());
}

#[test]
fn the_order_of_additions_does_not_change_a_byte() {
    let (code, other) = (vec![1; 5000], vec![2; 100]);
    let mut forward = BundleWriter::new(manifest());
    let mut backward = BundleWriter::new(manifest());
    let (a, b) = (forward.object(code.clone()), forward.object(other.clone()));
    let (d, c) = (backward.object(other.clone()), backward.object(code.clone()));
    assert_eq!(forward.object(code.clone()), a, "equal objects are stored once");
    forward.kernel(kernel("one", a, &code));
    forward.kernel(kernel("two", b, &other));
    backward.kernel(kernel("two", d, &other));
    backward.kernel(kernel("one", c, &code));
    for writer in [&mut forward, &mut backward] {
        writer.table(total("one"));
    }
    for m in CLASSES {
        forward.request(operation(0), dims(&[("m", m)]));
    }
    for m in CLASSES.into_iter().rev().chain(CLASSES) {
        backward.request(operation(0), dims(&[("m", m)]));
    }
    assert_eq!(forward.encode().unwrap(), backward.encode().unwrap());
}

#[test]
fn two_writes_are_byte_identical_and_leave_nothing_beside_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("host.kiln");
    writer(3, 8, 4000).write(&path).unwrap();
    let first = fs::read(&path).unwrap();
    writer(3, 8, 4000).write(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn objects_begin_at_multiples_of_4096_and_can_be_mapped() {
    let bytes = writer(4, 8, 40_000).encode().unwrap();
    let bundle = Bundle::from_bytes(bytes.clone(), "b").unwrap();
    for index in 0..bundle.object_count() as u32 {
        let code = bundle.object(index).unwrap();
        assert!(bytes.chunks(4096).any(|page| page.starts_with(&code[..64])), "object {index}");
    }
}

#[test]
fn contents_that_contradict_each_other_are_refused_with_a_reason() {
    let code = [7; 100];
    type Spoil<'a> = &'a dyn Fn(&mut BundleWriter);
    let spoil: [(&str, Spoil); 9] = [
        ("kernel ghost does not exist", &|w| w.table(total("ghost"))),
        ("used twice", &|w| {
            w.kernel(kernel("a", 0, &code));
            w.kernel(kernel("a", 0, &code));
        }),
        ("was not added", &|w| w.kernel(kernel("a", 5, &code))),
        ("no table covers it", &|w| w.request(operation(0), dims(&[("m", 1)]))),
        ("appears twice", &|w| {
            w.kernel(kernel("a", 0, &code));
            w.table(total("a"));
            w.table(total("a"));
        }),
        ("needs dim m", &|w| {
            w.kernel(kernel("a", 0, &code));
            w.table(total("a"));
            w.request(operation(0), Dims::new());
        }),
        ("cannot be launched", &|w| {
            w.kernel(kernel("a", 0, &code));
            w.table(total("a"));
            w.request(operation(0), dims(&[("m", 0)]));
        }),
        ("it has a zero", &|w| {
            let mut zero = kernel("a", 0, &code);
            zero.geometry[2] = Extent::ceil_div("m", 0);
            w.kernel(zero);
        }),
        ("fixed at 5120", &|w| {
            w.kernel(kernel("a", 0, &code));
            w.table(total("a"));
            w.request(operation(0), dims(&[("m", 1), ("k", 1)]));
        }),
    ];
    for (expect, spoil) in spoil {
        let mut writer = one();
        spoil(&mut writer);
        let error = writer.encode().unwrap_err().to_string();
        assert!(error.contains(expect), "expected '{expect}' in '{error}'");
    }
    let mut empty = one();
    empty.object(Vec::new());
    assert!(empty.encode().unwrap_err().to_string().contains("code object"));
}

#[test]
fn what_is_not_a_bundle_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let error = Bundle::open(dir.path().join("none.kiln")).unwrap_err().to_string();
    assert!(error.starts_with("cannot open ") && error.contains("none.kiln"), "{error}");
    for special in [dir.path(), "/dev/zero".as_ref()] {
        let error = Bundle::open(special).unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
    }
    let path = dir.path().join("text.kiln");
    fs::write(&path, "x".repeat(1000)).unwrap();
    assert!(Bundle::open(&path).unwrap_err().to_string().contains("does not begin like a bundle"));
    fs::write(&path, "").unwrap();
    assert!(matches!(Bundle::open(&path), Err(Error::Corrupt { .. })));
}

#[test]
fn an_unwritable_path_is_one_clear_line() {
    let error = one().write("/proc/nowhere/out.kiln").unwrap_err().to_string();
    assert!(error.starts_with("cannot write /proc/nowhere/out.kiln: "), "{error}");
    assert!(!error.contains('\n'));
}

#[test]
fn the_report_has_exactly_the_agreed_fields_and_a_row_for_each_decision() {
    let bundle = Bundle::from_bytes(writer(5, 8, 4000).encode().unwrap(), "b").unwrap();
    let report = serde_json::to_value(bundle.inspect()).unwrap();
    let fields = |value: &serde_json::Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(fields(&report), "coverage format kernels model target toolchain");
    let expect = "code_bytes dims error lds_bytes op params provenance recipe roofline \
                  scratch_bytes sgprs spills time_us vgprs";
    assert_eq!(fields(&report["kernels"][0]), expect);
    assert_eq!(report["kernels"].as_array().unwrap().len(), 8);
    assert_eq!(report["coverage"].as_array().unwrap().len(), 8);
    assert_eq!(report["kernels"][0]["op"], "linear_q4[epilogue=none,out=f16]");
    assert_eq!(report["kernels"][0]["dims"]["n"], 5120);
    let table = bundle.inspect().to_table();
    assert_eq!(table.lines().filter(|line| line.contains("mmq_q4")).count(), 8);
    assert!(table.contains("83 %") && table.contains("measured"), "{table}");
}

#[test]
#[ignore = "a timing: run it alone with --release"]
fn a_bundle_of_120_kernels_and_5_megabytes_opens_in_5_milliseconds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.kiln");
    writer(6, 120, 5 << 20).write(&path).unwrap();
    let time = |work: &dyn Fn()| {
        let mut times: Vec<f64> = (0..41)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (times[20], times[40])
    };
    let open = time(&|| drop(Bundle::open(&path).unwrap()));
    let verify = time(&|| assert_eq!(Bundle::open(&path).unwrap().verify().unwrap().kernels, 120));
    println!("open: median {:.2} ms, worst {:.2} ms", open.0, open.1);
    println!("open and verify: median {:.2} ms, worst {:.2} ms", verify.0, verify.1);
    assert!(open.0 < 5.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bundles_of_any_shape_read_back(seed in any::<u64>(), kernels in 0usize..5, bytes in 64usize..20_000) {
        let writer = writer(seed, kernels * CLASSES.len(), bytes);
        let encoded = writer.encode().unwrap();
        prop_assert_eq!(&encoded, &writer.encode().unwrap());
        let bundle = Bundle::from_bytes(encoded, "b").unwrap();
        prop_assert_eq!(bundle.kernels().len(), kernels * CLASSES.len());
        bundle.verify().unwrap();
        for kernel in bundle.kernels() {
            let code = bundle.object(kernel.object).unwrap();
            prop_assert_eq!(Digest::of(code), kernel.statics.isa_hash);
        }
    }
}
