//! The host device: objects, memory, grids, scratch memory, ceilings.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use kiln_cache::device::Peak;
use kiln_runtime::device::{Arguments, BufferId, Device, HostDevice, KernelId, Launch, Pointer};
use kiln_runtime::{Error, Result};
use kiln_targets::Target;

use common::{block, object, words};

fn device_with(symbol: &str) -> (HostDevice, KernelId) {
    let mut device = HostDevice::new().unwrap();
    let object = device.load_object(&object()).unwrap();
    let kernel = device.kernel(object, symbol).unwrap();
    (device, kernel)
}

fn launch(kernel: KernelId, grid: [u32; 3], args: Vec<u8>, at: &[(usize, BufferId)]) -> Launch {
    let pointers = at.iter().map(|(at, buffer)| (*at, Pointer::from(*buffer))).collect();
    let arguments = Arguments::new(args, pointers).unwrap();
    Launch { kernel, grid, threads: 1, lds_bytes: 0, arguments }
}

fn read(device: &HostDevice, buffer: BufferId, bytes: usize) -> Vec<u8> {
    let mut data = vec![0; bytes];
    device.read(buffer, 0, &mut data).unwrap();
    data
}

fn refused<T>(result: Result<T>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn every_workgroup_of_a_grid_runs_exactly_once_on_any_number_of_threads() {
    let (mut device, visit) = device_with("visit");
    let all = device.describe().threads;
    for [x, y, z] in [[1, 1, 1], [7, 1, 1], [1, 5, 3], [17, 31, 2], [1000, 3, 1]] {
        for threads in [0, 1, all] {
            device.use_threads(threads).unwrap();
            let cells = (x * y * z) as usize;
            let out = device.alloc(4 * cells as u64, 256).unwrap();
            let args = block(&[0, 0, x, y]);
            device.launch(&launch(visit, [x, y, z], args, &[(0, out)])).unwrap();
            assert_eq!(words(&read(&device, out, 4 * cells)), vec![1; cells]);
            device.check_red_zones(out).unwrap();
            device.free(out).unwrap();
        }
    }
    assert!(refused(device.use_threads(all + 1)).contains("threads"));
}

#[test]
fn scratch_memory_is_aligned_and_private_to_a_thread() {
    let (mut device, privacy) = device_with("privacy");
    let out = device.alloc(4 * 64, 0).unwrap();
    let mut job = launch(privacy, [64, 1, 1], block(&[0, 0, 512, 40]), &[(0, out)]);
    job.lds_bytes = 2048;
    device.launch(&job).unwrap();
    assert_eq!(words(&read(&device, out, 256)), vec![1; 64]);
}

#[test]
fn arguments_reach_the_kernel_and_ragged_ends_stay_inside_the_buffer() {
    let (mut device, scale) = device_with("scale");
    for n in [1u32, 15, 16, 17, 31, 33] {
        let bytes = 4 * n as usize;
        let [x, y] = [0, 1].map(|_| device.alloc(bytes as u64, 256).unwrap());
        let input: Vec<u8> = (0..n).flat_map(|i| (i as f32).to_le_bytes()).collect();
        device.write(x, 0, &input).unwrap();
        let args = block(&[0, 0, 0, 0, n, 2.5f32.to_bits()]);
        device.launch(&launch(scale, [n.div_ceil(16), 1, 1], args, &[(0, x), (8, y)])).unwrap();
        let expected: Vec<u8> = (0..n).flat_map(|i| (i as f32 * 2.5).to_le_bytes()).collect();
        assert_eq!(read(&device, y, bytes), expected);
        device.check_red_zones(x).unwrap();
        device.check_red_zones(y).unwrap();
    }
}

#[test]
fn a_write_beside_a_buffer_is_found_and_located() {
    let (mut device, poke) = device_with("poke");
    for (at, place) in
        [(-1i32, "1 bytes before"), (-256, "256 bytes before"), (10, "1 bytes after")]
    {
        let out = device.alloc(10, 256).unwrap();
        let args = block(&[0, 0, at as u32, 0]);
        device.launch(&launch(poke, [1, 1, 1], args, &[(0, out)])).unwrap();
        let error = device.check_red_zones(out).unwrap_err();
        assert!(matches!(error, Error::RedZone { .. }));
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn objects_that_cannot_be_loaded_are_refused_with_a_reason() {
    let mut device = HostDevice::new().unwrap();
    let whole = object();
    assert!(refused(device.load_object(b"")).contains("not an ELF"));
    for cut in [64, whole.len() / 2, whole.len() - 1] {
        assert!(refused(device.load_object(&whole[..cut])).contains("cut off"), "{cut}");
    }
    let loaded = device.load_object(&whole).unwrap();
    for symbol in ["absent", "", "vis\0it"] {
        assert!(refused(device.kernel(loaded, symbol)).contains("no symbol"), "{symbol}");
    }
}

#[test]
fn objects_loaded_after_others_were_unloaded_are_not_mistaken_for_them() {
    let mut device = HostDevice::new().unwrap();
    let bytes = object();
    for _ in 0..3 {
        let [first, second] = [0, 1].map(|_| device.load_object(&bytes).unwrap());
        let kernel = device.kernel(first, "visit").unwrap();
        device.unload_object(first).unwrap();
        assert!(refused(device.kernel(first, "visit")).contains("unknown"));
        let job = launch(kernel, [1, 1, 1], block(&[0, 0, 1, 1]), &[]);
        assert!(refused(device.launch(&job)).contains("kernel is unknown"));
        device.kernel(second, "nothing").unwrap();
        device.unload_object(second).unwrap();
    }
}

#[test]
fn what_does_not_fit_never_reaches_the_kernel() {
    let (mut device, visit) = device_with("visit");
    let out = device.alloc(4, 0).unwrap();
    let args = || block(&[0, 0, 1, 1]);
    for grid in [[0, 1, 1], [1, 0, 1], [1, 1, 0], [u32::MAX; 3]] {
        assert!(refused(device.launch(&launch(visit, grid, args(), &[(0, out)]))).contains("grid"));
    }
    let mut beyond = launch(visit, [1, 1, 1], args(), &[]);
    let pointer = Pointer { buffer: out, plus: 5 };
    beyond.arguments = Arguments::new(args(), vec![(0, pointer)]).unwrap();
    assert!(refused(device.launch(&beyond)).contains("byte 5"));
    device.free(out).unwrap();
    let freed = launch(visit, [1, 1, 1], args(), &[(0, out)]);
    assert!(refused(device.launch(&freed)).contains("buffer is unknown"));
    assert!(device.read(out, 0, &mut [0]).is_err() && device.free(out).is_err());
}

#[test]
fn targets_of_other_machines_are_not_supported() {
    let device = HostDevice::new().unwrap();
    let gpu = Target::builtin("gfx1151").unwrap();
    assert!(matches!(device.supports(&gpu), Err(Error::Unsupported(_))));
    if let Ok(name) = Target::native_host_name() {
        device.supports(&Target::builtin(name).unwrap()).unwrap();
    }
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
