//! What every device does: objects, memory, grids, local memory, refusals. One suite, a row for each
//! device.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use kiln_runtime::device::{Arguments, BufferId, Device, KernelId, Launch, Lent, Pointer};
use kiln_runtime::{Error, Result};

use common::{Subject, block, words};

macro_rules! suite {
    ($($subject:ident $name:ident,)*) => {$(
        mod $name {
            use super::{Subject, cases};

            const SUBJECT: Subject = Subject::$subject;

            suite!(@cases every_workgroup_of_a_grid_runs_exactly_once
                local_memory_is_private_to_a_workgroup
                arguments_reach_the_kernel_and_ragged_ends_stay_inside_the_buffer
                a_write_beside_a_buffer_is_found_and_located
                bytes_that_are_lent_reach_kernels_and_stay_as_they_are
                buffers_begin_as_zeros_and_copies_stay_inside_them
                objects_that_cannot_be_loaded_are_refused_with_a_reason
                objects_loaded_after_others_were_unloaded_are_not_mistaken_for_them
                what_does_not_fit_never_reaches_the_kernel
                the_device_says_what_it_is_and_which_code_it_runs
            );
        }
    )*};
    (@cases $($case:ident)*) => {$(
        #[test]
        fn $case() {
            cases::$case(SUBJECT);
        }
    )*};
}

suite! {
    Host host,
    Sim sim,
    Hip hip,
}

#[test]
fn the_simulator_lets_launches_queue_behind_the_first() {
    let (mut device, visit) = device_with(Subject::Sim, "visit");
    let out = device.alloc(4, 0).unwrap();
    let job = launch(Subject::Sim, visit, [1, 1, 1], block(&[0, 0, 1, 1]), &[(0, out)]);
    let mut micros = |sequence: &[&Launch]| device.time(sequence).unwrap().as_secs_f64() * 1e6;
    let [one, three] = [micros(&[&job]), micros(&[&job; 3])];
    let [alone, queued] = kiln_targets::Target::builtin("gfx1151").unwrap().timing.launches_us();
    let kernel = one - alone;
    assert!(kernel > 0.0, "{one}");
    assert!((three - alone - 2.0 * queued - 3.0 * kernel).abs() < 0.01, "{one} {three}");
}

/// What every device does.
mod cases {
    use super::*;

    pub(super) fn every_workgroup_of_a_grid_runs_exactly_once(subject: Subject) {
        let (mut device, visit) = device_with(subject, "visit");
        for [x, y, z] in [[1, 1, 1], [7, 1, 1], [1, 5, 3], [17, 31, 2], [1000, 3, 1]] {
            let cells = (x * y * z) as usize;
            let out = device.alloc(4 * cells as u64, 256).unwrap();
            let job = launch(subject, visit, [x, y, z], block(&[0, 0, x, y]), &[(0, out)]);
            device.launch(&job).unwrap();
            assert_eq!(words(&read(&*device, out, 4 * cells)), vec![1; cells]);
            device.check_red_zones(out).unwrap();
            device.free(out).unwrap();
        }
    }

    pub(super) fn local_memory_is_private_to_a_workgroup(subject: Subject) {
        let (mut device, privacy) = device_with(subject, "privacy");
        let out = device.alloc(4 * 64, 0).unwrap();
        let mut job = launch(subject, privacy, [64, 1, 1], block(&[0, 0, 512, 40]), &[(0, out)]);
        job.lds_bytes = 2048;
        device.launch(&job).unwrap();
        assert_eq!(words(&read(&*device, out, 256)), vec![1; 64]);
    }

    pub(super) fn arguments_reach_the_kernel_and_ragged_ends_stay_inside_the_buffer(
        subject: Subject,
    ) {
        let (mut device, scale) = device_with(subject, "scale");
        for n in [1u32, 15, 16, 17, 31, 33] {
            let bytes = 4 * n as usize;
            let [x, y] = [0, 1].map(|_| device.alloc(bytes as u64, 256).unwrap());
            let input: Vec<u8> = (0..n).flat_map(|i| (i as f32).to_le_bytes()).collect();
            device.write(x, 0, &input).unwrap();
            let args = block(&[0, 0, 0, 0, n, 2.5f32.to_bits()]);
            let grid = [n.div_ceil(16), 1, 1];
            device.launch(&launch(subject, scale, grid, args, &[(0, x), (8, y)])).unwrap();
            let expected: Vec<u8> = (0..n).flat_map(|i| (i as f32 * 2.5).to_le_bytes()).collect();
            assert_eq!(read(&*device, y, bytes), expected);
            device.check_red_zones(x).unwrap();
            device.check_red_zones(y).unwrap();
        }
    }

    pub(super) fn bytes_that_are_lent_reach_kernels_and_stay_as_they_are(subject: Subject) {
        let (mut device, scale) = device_with(subject, "scale");
        let held: Vec<u8> = (0..2048).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let pages: Arc<Vec<u8>> = Arc::new(held.clone());
        for first in [0usize, 256, 1024] {
            let lent = Lent::new(pages.clone(), 4 * first..4 * first + 68).unwrap();
            let [x, y] = [device.lend(&lent).unwrap(), device.alloc(68, 256).unwrap()];
            drop(lent);
            let held_on = Arc::strong_count(&pages) > 1;
            assert_eq!(held_on, subject != Subject::Sim, "the simulator copies");
            let args = block(&[0, 0, 0, 0, 17, 2.5f32.to_bits()]);
            let job = launch(subject, scale, [2, 1, 1], args, &[(0, x), (8, y)]);
            device.launch(&job).unwrap();
            let scaled = |at: usize| ((first + at) as f32 * 2.5).to_le_bytes();
            assert_eq!(read(&*device, y, 68), (0..17).flat_map(scaled).collect::<Vec<u8>>());
            assert_eq!(read(&*device, x, 68), held[4 * first..4 * first + 68]);
            let mut beyond = [0; 8];
            assert!(device.read(x, 64, &mut beyond).is_err());
            device.check_red_zones(x).unwrap();
            device.free(x).unwrap();
        }
        assert_eq!(*pages, held);
        assert_eq!(Arc::strong_count(&pages), 1, "nothing is held any more");
    }

    pub(super) fn a_write_beside_a_buffer_is_found_and_located(subject: Subject) {
        let (mut device, poke) = device_with(subject, "poke");
        for (at, place) in
            [(-1i32, "1 bytes before"), (-256, "256 bytes before"), (10, "1 bytes after")]
        {
            let out = device.alloc(10, 256).unwrap();
            let args = block(&[0, 0, at as u32, 0]);
            device.launch(&launch(subject, poke, [1, 1, 1], args, &[(0, out)])).unwrap();
            let error = device.check_red_zones(out).unwrap_err();
            assert!(matches!(error, Error::RedZone { .. }));
            assert!(error.to_string().contains(place), "{error}");
        }
    }

    pub(super) fn buffers_begin_as_zeros_and_copies_stay_inside_them(subject: Subject) {
        let mut device = subject.device();
        let buffer = device.alloc(1000, 256).unwrap();
        assert_eq!(read(&*device, buffer, 1000), vec![0; 1000]);
        device.write(buffer, 997, &[1, 2, 3]).unwrap();
        let mut end = [0; 4];
        device.read(buffer, 996, &mut end).unwrap();
        assert_eq!(end, [0, 1, 2, 3]);
        device.write(buffer, 1000, &[]).unwrap();
        for (offset, bytes) in [(998, 3), (1001, 0), (u64::MAX, 2)] {
            assert!(refused(device.write(buffer, offset, &vec![9; bytes])).contains("do not lie"));
            assert!(
                refused(device.read(buffer, offset, &mut vec![9; bytes])).contains("do not lie")
            );
        }
        device.check_red_zones(buffer).unwrap();
        let empty = device.alloc(0, 256).unwrap();
        device.check_red_zones(empty).unwrap();
        assert!(matches!(device.alloc(1 << 50, 0), Err(Error::OutOfMemory { .. })));
    }

    pub(super) fn objects_that_cannot_be_loaded_are_refused_with_a_reason(subject: Subject) {
        let mut device = subject.device();
        let whole = subject.object();
        assert!(refused(device.load_object(b"")).contains("not an ELF"));
        for cut in [64, whole.len() / 2, whole.len() - 1] {
            assert!(refused(device.load_object(&whole[..cut])).contains("cut off"), "{cut}");
        }
        let other = if subject == Subject::Host { Subject::Sim } else { Subject::Host };
        assert!(refused(device.load_object(&other.object())).contains("another processor"));
        let loaded = device.load_object(&whole).unwrap();
        for symbol in ["absent", "", "vis\0it"] {
            assert!(refused(device.kernel(loaded, symbol)).contains("no symbol"), "{symbol}");
        }
    }

    pub(super) fn objects_loaded_after_others_were_unloaded_are_not_mistaken_for_them(
        subject: Subject,
    ) {
        let mut device = subject.device();
        let bytes = subject.object();
        for _ in 0..3 {
            let [first, second] = [0, 1].map(|_| device.load_object(&bytes).unwrap());
            let kernel = device.kernel(first, "visit").unwrap();
            device.unload_object(first).unwrap();
            assert!(refused(device.kernel(first, "visit")).contains("unknown"));
            let job = launch(subject, kernel, [1, 1, 1], block(&[0, 0, 1, 1]), &[]);
            assert!(refused(device.launch(&job)).contains("kernel is unknown"));
            device.kernel(second, "nothing").unwrap();
            device.unload_object(second).unwrap();
        }
    }

    pub(super) fn what_does_not_fit_never_reaches_the_kernel(subject: Subject) {
        let (mut device, visit) = device_with(subject, "visit");
        let out = device.alloc(4, 0).unwrap();
        let args = || block(&[0, 0, 1, 1]);
        for grid in [[0, 1, 1], [1, 0, 1], [1, 1, 0], [u32::MAX; 3]] {
            let job = launch(subject, visit, grid, args(), &[(0, out)]);
            assert!(refused(device.launch(&job)).contains("grid"));
        }
        let mut beyond = launch(subject, visit, [1, 1, 1], args(), &[]);
        let pointer = Pointer { buffer: out, plus: 5 };
        beyond.arguments = Arguments::new(args(), vec![(0, pointer)]).unwrap();
        assert!(refused(device.launch(&beyond)).contains("byte 5"));
        device.free(out).unwrap();
        let freed = launch(subject, visit, [1, 1, 1], args(), &[(0, out)]);
        assert!(refused(device.launch(&freed)).contains("buffer is unknown"));
        assert!(device.read(out, 0, &mut [0]).is_err() && device.free(out).is_err());
    }

    pub(super) fn the_device_says_what_it_is_and_which_code_it_runs(subject: Subject) {
        let device = subject.device();
        let description = device.describe();
        let backend = format!("{subject:?}").to_lowercase();
        assert_eq!(description.backend, backend);
        assert!(!description.name.is_empty() && description.threads >= 1);
        assert_eq!(*description, *subject.device().describe());
        let supports = |name: &str| device.supports(&kiln_targets::Target::builtin(name).unwrap());
        if let Some(target) = subject.target() {
            supports(target).unwrap();
        }
        let other = if subject == Subject::Host { common::GPU } else { "gfx1100" };
        assert!(matches!(supports(other), Err(Error::Unsupported(_))));
    }
}

fn device_with(subject: Subject, symbol: &str) -> (Box<dyn Device>, KernelId) {
    let mut device = subject.device();
    let object = device.load_object(&subject.object()).unwrap();
    let kernel = device.kernel(object, symbol).unwrap();
    (device, kernel)
}

fn launch(
    subject: Subject,
    kernel: KernelId,
    grid: [u32; 3],
    args: Vec<u8>,
    at: &[(usize, BufferId)],
) -> Launch {
    let pointers = at.iter().map(|(at, buffer)| (*at, Pointer::from(*buffer))).collect();
    let arguments = Arguments::new(args, pointers).unwrap();
    Launch { kernel, grid, threads: subject.threads(), lds_bytes: 0, arguments }
}

fn read(device: &dyn Device, buffer: BufferId, bytes: usize) -> Vec<u8> {
    let mut data = vec![0; bytes];
    device.read(buffer, 0, &mut data).unwrap();
    data
}

fn refused<T>(result: Result<T>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}
