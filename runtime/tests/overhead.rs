//! What a launch costs and what the machine can do. Run it alone and optimised:
//! `cargo test --release -p kiln-runtime --test overhead -- --ignored --nocapture`

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use kiln_cache::device::Peak;
use kiln_runtime::device::{Arguments, Device, HostDevice, Launch};

const LAUNCHES: usize = 10_000;

#[test]
#[ignore = "measures, and so needs a quiet machine and optimised code"]
fn launches_cost_microseconds_and_ceilings_are_plausible() {
    let mut device = HostDevice::new().unwrap();
    let object = device.load_object(&common::Subject::Host.object()).unwrap();
    let kernel = device.kernel(object, "nothing").unwrap();
    let launch = |workgroups| Launch {
        kernel,
        grid: [workgroups, 1, 1],
        threads: 1,
        lds_bytes: 4096,
        arguments: Arguments::default(),
    };
    for threads in 1..=device.describe().threads {
        device.use_threads(threads).unwrap();
        println!("{threads} threads");
        for workgroups in [1, 2, 64, 4096] {
            let launch = launch(workgroups);
            let sequence = vec![&launch; LAUNCHES];
            let times = (0..5).map(|_| device.time(&sequence).unwrap().as_secs_f64());
            let best = times.fold(f64::MAX, f64::min) / LAUNCHES as f64 * 1e6;
            println!("  empty launch of {workgroups:4} workgroups  {best:8.3} us");
            assert!(best < 1000.0);
        }
        let mut best = |probe: &dyn Fn(&mut HostDevice) -> f64| {
            (0..9).map(|_| probe(&mut device)).fold(0.0, f64::max) / 1e9
        };
        println!("  read      {:8.1} GB/s", best(&|device| device.bandwidth().unwrap()));
        println!("  dot4 i8   {:8.1} Gop/s", best(&|device| device.peak(Peak::Dot4I8).unwrap()));
        println!("  fma f32   {:8.1} Gop/s", best(&|device| device.peak(Peak::FmaF32).unwrap()));
    }
}
