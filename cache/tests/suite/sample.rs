//! A bundle in the shape of a real one, of any size.

use std::collections::BTreeMap;

use kiln_cache::bundle::{BundleWriter, Manifest, Model};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{
    Access, ArgKind, Dims, Dtype, Extent, Factor, Kernarg, KernelEntry, Operation, Predicate,
    Provenance, Rule, Statics, Table,
};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The classes of m that every operation is asked for.
pub(crate) const CLASSES: [u64; 4] = [1, 16, 33, 2048];

pub(crate) fn manifest() -> Manifest {
    let map = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    Manifest {
        target: "x86-64-v4".into(),
        noise_floor: Some(0.008),
        model: Model { name: "Sample 27B".into(), config_hash: Digest::of(b"config") },
        device: map("processor", "an \"ordinary\" one\nwith a line break"),
        toolchain: map("llvm", "22.1.8"),
        peaks: [("read_bytes".into(), 1.5e10), ("dot4_i8".into(), 0.1 + 0.2)].into(),
    }
}

pub(crate) fn dims(pairs: &[(&str, u64)]) -> Dims {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn operation(index: usize) -> Operation {
    Operation {
        name: "linear_q4".into(),
        attributes: [("epilogue".into(), "none".into()), ("out".into(), "f16".into())].into(),
        dims: dims(&[("n", 5120 + 16 * index as u64), ("k", 5120)]),
    }
}

fn kernarg() -> Kernarg {
    let buffer = |format: &str, part: &str, dtype: Dtype, access| ArgKind::Buffer {
        format: format.into(),
        part: part.into(),
        dtype,
        bits: 8 * dtype.bytes() as u32,
        shape: [Extent::ceil_div("n", 1), Extent::ceil_div("k", 32)],
        order: "row_major".into(),
        access,
    };
    Kernarg::lay_out([
        ("x".into(), buffer("q8x128", "values", Dtype::I8, Access::In)),
        ("x_scales".into(), buffer("q8x128", "scales", Dtype::F32, Access::In)),
        ("w".into(), buffer("awq_g32_asym", "values", Dtype::U32, Access::In)),
        ("w_scales".into(), buffer("awq_g32_asym", "scales", Dtype::F16, Access::In)),
        ("w_zeros".into(), buffer("awq_g32_asym", "zeros", Dtype::U32, Access::In)),
        ("y".into(), buffer("f16", "values", Dtype::F16, Access::Out)),
        ("m".into(), ArgKind::Dim),
        ("n".into(), ArgKind::Dim),
        ("k".into(), ArgKind::Dim),
        ("scale".into(), ArgKind::F32),
    ])
}

pub(crate) fn kernel(name: &str, object: u32, code: &[u8]) -> KernelEntry {
    let tiles = |dim: &str, by| Factor::CeilDiv { dim: dim.into(), by };
    KernelEntry {
        name: name.into(),
        recipe: "mmq_q4".into(),
        params: [("mmq_x".into(), 64.into()), ("arithmetic".into(), "iu8".into())].into(),
        object,
        symbol: format!("kiln_{name}"),
        threads: 256,
        geometry: [
            Extent(vec![tiles("n", 64)]),
            Extent(vec![tiles("m", 16), Factor::Const(2)]),
            Extent::default(),
        ],
        kernarg: kernarg(),
        lds_bytes: 16384,
        statics: Statics {
            vgprs: 144,
            sgprs: 40,
            lds_bytes: 16384,
            spills: 0,
            scratch_bytes: 0,
            code_bytes: code.len() as u32,
            isa_hash: Digest::of(code),
        },
    }
}

pub(crate) fn rule(when: Predicate, kernel: &str, m: u64) -> Rule {
    Rule {
        when,
        kernel: kernel.into(),
        inputs: [("x".into(), "q8x128".into()), ("w".into(), "awq_g32_asym".into())].into(),
        provenance: Provenance::Measured,
        time_us: Some(41.2 + 1e-9 * m as f64),
        interval: Some([41.0, 41.5]),
        roofline: Some(0.83),
        bound: Some("memory".into()),
        error: 0.0031,
        dims: dims(&[("m", m)]),
    }
}

/// A writer with `kernels` kernels and code objects of about `bytes` bytes altogether.
pub(crate) fn writer(seed: u64, kernels: usize, bytes: usize) -> BundleWriter {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut writer = BundleWriter::new(manifest());
    for index in 0..kernels / CLASSES.len() {
        let mut rules = Vec::new();
        for m in CLASSES {
            let mut code = vec![0; bytes / kernels + random.random_range(1..9)];
            random.fill_bytes(&mut code);
            let name = format!("mmq_{index}_{m}");
            let object = writer.object(code.clone());
            writer.kernel(kernel(&name, object, &code));
            let last = m == CLASSES[CLASSES.len() - 1];
            let when = if last { Predicate::always() } else { Predicate::range("m", 1, m) };
            rules.push(rule(when, &name, m));
            writer.request(operation(index), dims(&[("m", m)]));
        }
        writer.table(Table::new(operation(index), rules).unwrap());
    }
    writer
}
