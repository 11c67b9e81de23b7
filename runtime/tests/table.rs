//! Bundles on a device.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use kiln_cache::bundle::{Bundle, BundleWriter, Manifest, Model};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{
    Access, ArgKind, Dims, Dtype, Extent, Kernarg, KernelEntry, Operation, Provenance, Rule,
    Statics, Table,
};
use kiln_runtime::LaunchTable;
use kiln_runtime::device::Operands;

use common::Subject;

const OPERATION: &str = "scale";

fn bundle(subject: Subject, target: &str, symbol: &str) -> Bundle {
    let mut writer = BundleWriter::new(Manifest {
        target: target.into(),
        noise_floor: None,
        model: Model { name: "tiny".into(), config_hash: Digest::of(b"") },
        device: Default::default(),
        toolchain: Default::default(),
        peaks: Default::default(),
    });
    let object = writer.object(subject.object());
    for name in ["few", "many"] {
        writer.kernel(KernelEntry { name: name.into(), ..kernel(subject, object, symbol) });
    }
    let rules = vec![rule("1 <= n <= 16", "few"), rule("true", "many")];
    writer.table(Table::new(operation(), rules).unwrap());
    Bundle::from_bytes(writer.encode().unwrap(), "test.kiln").unwrap()
}

fn operation() -> Operation {
    Operation { name: OPERATION.into(), dims: dims("k", 8), ..Default::default() }
}

fn dims(name: &str, size: u64) -> Dims {
    [(name.to_owned(), size)].into()
}

fn kernel(subject: Subject, object: u32, symbol: &str) -> KernelEntry {
    let buffer = |access| ArgKind::Buffer {
        format: "f32".into(),
        part: "values".into(),
        dtype: Dtype::F32,
        bits: 32,
        shape: [Extent::constant(1), Extent::ceil_div("n", 1)],
        order: "row_major".into(),
        access,
    };
    let args = [
        ("x", buffer(Access::In)),
        ("y", buffer(Access::Out)),
        ("n", ArgKind::Dim),
        ("factor", ArgKind::F32),
    ];
    KernelEntry {
        name: String::new(),
        recipe: "scale".into(),
        params: Default::default(),
        object,
        symbol: symbol.into(),
        threads: subject.threads(),
        geometry: [Extent::ceil_div("n", 16), Extent::default(), Extent::default()],
        kernarg: Kernarg::lay_out(args.map(|(name, kind)| (name.to_owned(), kind))),
        lds_bytes: 0,
        statics: Statics {
            vgprs: 1,
            sgprs: 1,
            lds_bytes: 0,
            spills: 0,
            scratch_bytes: 0,
            code_bytes: 1,
            isa_hash: Digest::of(b""),
        },
    }
}

fn rule(when: &str, kernel: &str) -> Rule {
    Rule {
        when: when.parse().unwrap(),
        kernel: kernel.into(),
        inputs: Default::default(),
        provenance: Provenance::Modelled,
        time_us: None,
        interval: None,
        roofline: None,
        bound: None,
        error: 0.0,
        dims: dims("n", 1),
    }
}

const SUBJECTS: [Subject; 3] = [Subject::Host, Subject::Sim, Subject::Hip];

#[test]
fn a_request_is_answered_by_the_first_matching_rule_and_computes_what_it_should() {
    SUBJECTS.into_iter().for_each(answers);
}

fn answers(subject: Subject) {
    let Some(target) = subject.target() else { return };
    let mut device = subject.device();
    let table = LaunchTable::load(bundle(subject, target, "scale"), &mut *device).unwrap();
    for (n, kernel) in [(1, "few"), (16, "few"), (17, "many"), (1000, "many")] {
        let choice = table.select(&operation(), &dims("n", n)).unwrap();
        assert_eq!(choice.entry.name, kernel);
        let [x, y] = [0, 1].map(|_| device.alloc(4 * n, 256).unwrap());
        let input: Vec<u8> = (0..n).flat_map(|i| (i as f32).to_le_bytes()).collect();
        device.write(x, 0, &input).unwrap();
        let operands = Operands {
            buffers: [("x".to_owned(), x.into()), ("y".to_owned(), y.into())].into(),
            scalars: [("factor".to_owned(), 3.0)].into(),
        };
        let launch = choice.launch(&operands).unwrap();
        assert_eq!(launch.grid, [n.div_ceil(16) as u32, 1, 1]);
        device.launch(&launch).unwrap();
        let mut output = vec![0; 4 * n as usize];
        device.read(y, 0, &mut output).unwrap();
        let expected: Vec<u8> = (0..n).flat_map(|i| (i as f32 * 3.0).to_le_bytes()).collect();
        assert_eq!(output, expected);
        device.check_red_zones(y).unwrap();
    }
    let other = Operation { name: "absent".into(), ..Default::default() };
    let error = table.select(&other, &dims("n", 1)).unwrap_err().to_string();
    assert!(error.contains("does not cover absent"), "{error}");
    assert!(table.select(&operation(), &dims("k", 9)).is_err(), "k is fixed at 8");
    table.unload(&mut *device).unwrap();
}

#[test]
fn bundles_that_cannot_run_here_are_refused_whole() {
    for subject in SUBJECTS {
        let mut device = subject.device();
        let mut refused = |target: &str, symbol: &str| {
            let bundle = bundle(subject, target, symbol);
            LaunchTable::load(bundle, &mut *device).map(|_| ()).unwrap_err().to_string()
        };
        let other = if subject == Subject::Host { common::GPU } else { "gfx1100" };
        assert!(refused(other, "scale").contains(other), "{subject:?}");
        assert!(refused("z80", "scale").contains("z80"));
        if let Some(target) = subject.target() {
            assert!(refused(target, "absent").contains("no symbol 'absent'"));
        }
    }
}
