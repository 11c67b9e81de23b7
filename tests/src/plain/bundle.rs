//! Bundles without code.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_cache::bundle::{Bundle, BundleWriter, Manifest, Model};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{
    Extent, Kernarg, KernelEntry, Operation, Predicate, Provenance, Rule, Statics, Table,
};
use kiln_runtime::Result;
use kiln_runtime::plan::{Serving, issues};
use kiln_runtime::weights::Checkpoint;

use super::device::PlainDevice;
use super::signature::arguments;

/// Everything that a checkpoint's model can issue.
///
/// # Errors
/// If the checkpoint does not hold what its configuration implies.
pub fn issued(checkpoint: &Checkpoint, serving: &Serving) -> Result<Vec<Operation>> {
    Ok(issues(checkpoint.config(), checkpoint, serving)?.into_keys().collect())
}

/// A bundle that answers every operation of these, and the device that computes them. The file is
/// written into `directory`.
///
/// # Panics
/// If the bundle cannot be written.
pub fn bundle(directory: &Path, operations: &[Operation]) -> (Bundle, PlainDevice) {
    let mut writer = BundleWriter::new(Manifest {
        target: "x86-64-v3".into(),
        noise_floor: None,
        model: Model { name: "plain".into(), config_hash: Digest::of(b"plain") },
        device: BTreeMap::new(),
        toolchain: BTreeMap::new(),
        peaks: BTreeMap::new(),
    });
    let object = writer.object(b"plain loops".to_vec());
    let mut kernels = Vec::new();
    for operation in operations {
        let name = operation.to_string();
        let entry = entry(operation, &name, object);
        writer.kernel(entry.clone());
        kernels.push((operation.clone(), entry));
        writer.table(table(operation, name));
    }
    let path = directory.join("plain.kiln");
    writer.write(&path).expect("the bundle should be written");
    (Bundle::open(&path).expect("the bundle should open"), PlainDevice::new(kernels))
}

fn table(operation: &Operation, kernel: String) -> Table {
    let free = ["m", "b", "t", "c", "s"].into_iter();
    let free = free.filter(|dim| !operation.dims.contains_key(*dim));
    let rule = Rule {
        when: Predicate::always(),
        kernel,
        inputs: BTreeMap::new(),
        provenance: Provenance::Modelled,
        time_us: None,
        interval: None,
        roofline: None,
        bound: None,
        error: 0.0,
        dims: free.map(|dim| (dim.to_owned(), 1)).collect(),
    };
    let table = Table::new(operation.clone(), vec![rule]);
    table.expect("a total rule should make a table")
}

fn entry(operation: &Operation, name: &str, object: u32) -> KernelEntry {
    KernelEntry {
        name: name.to_owned(),
        recipe: "plain".into(),
        params: BTreeMap::new(),
        object,
        symbol: name.to_owned(),
        threads: 1,
        geometry: [Extent::constant(1), Extent::constant(1), Extent::constant(1)],
        kernarg: Kernarg::lay_out(arguments(operation)),
        lds_bytes: 0,
        statics: Statics {
            vgprs: 1,
            sgprs: 1,
            lds_bytes: 0,
            spills: 0,
            scratch_bytes: 0,
            code_bytes: 1,
            isa_hash: Digest::of(b"plain"),
        },
    }
}
