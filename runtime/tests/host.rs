//! What only the host device does: threads and measured ceilings.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use kiln_cache::device::Peak;
use kiln_runtime::Error;
use kiln_runtime::device::{Arguments, Device, HostDevice, Launch};
use kiln_targets::Target;

use common::{Subject, block, words};

#[test]
fn every_workgroup_runs_exactly_once_on_any_number_of_threads() {
    let mut device = HostDevice::new().unwrap();
    let object = device.load_object(&Subject::Host.object()).unwrap();
    let kernel = device.kernel(object, "visit").unwrap();
    let all = device.describe().threads;
    for threads in [0, 1, all] {
        device.use_threads(threads).unwrap();
        let out = device.alloc(4 * 1000, 256).unwrap();
        let arguments = Arguments::new(block(&[0, 0, 1000, 1]), vec![(0, out.into())]).unwrap();
        let launch = Launch { kernel, grid: [1000, 1, 1], threads: 1, lds_bytes: 0, arguments };
        device.launch(&launch).unwrap();
        let mut counts = vec![0; 4 * 1000];
        device.read(out, 0, &mut counts).unwrap();
        assert_eq!(words(&counts), vec![1; 1000]);
    }
    let error = device.use_threads(all + 1).unwrap_err();
    assert!(error.to_string().contains("threads"), "{error}");
}

#[test]
fn ceilings_are_measured_or_said_to_be_absent() {
    let mut device = HostDevice::new().unwrap();
    assert!(device.bandwidth().unwrap() > 1e8);
    assert!(device.canary().unwrap().as_nanos() > 0);
    if cfg!(target_arch = "x86_64") && Target::native_host_name().is_ok() {
        assert!(device.peak(Peak::Dot4I8).unwrap() > 1e8);
        assert!(device.peak(Peak::FmaF32).unwrap() > 1e8);
    }
    assert!(matches!(device.peak(Peak::MatrixF16), Err(Error::Unsupported(_))));
}
