//! The device process, spoken to over its pipes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kiln_cache::device::{
    Buffer, Cold, Failure, Fill, LaunchSpec, PROTOCOL, Peak, Random, ReadTarget, Relocation,
    Request, Response, Timing, read_frame, write_frame,
};
use kiln_cache::vocabulary::Dtype;

use common::{Subject, block, words};

macro_rules! suite {
    ($($subject:ident $name:ident,)*) => {$(
        mod $name {
            use super::{Subject, cases};

            const SUBJECT: Subject = Subject::$subject;

            suite!(@cases a_conversation_from_hello_to_shutdown
                buffers_hold_what_they_were_filled_with_in_every_copy
                buffers_are_saved_into_new_files_only
                nonsense_is_answered_and_the_conversation_goes_on
                a_kernel_that_writes_beside_its_buffer_is_reported
                samples_are_given_by_launch_and_round_and_every_copy_takes_its_turn
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

/// A running device process; it is killed if a test fails.
struct Worker {
    process: Child,
    subject: Subject,
}

impl Worker {
    fn start(subject: Subject) -> Self {
        let mut command = subject.process();
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut worker = Self { process, subject };
        match worker.ask(Request::Hello { protocol: PROTOCOL }) {
            Response::Info(info) => {
                let backend = format!("{subject:?}").to_lowercase();
                assert_eq!((info.protocol, info.backend), (PROTOCOL, backend));
                assert!(info.threads >= 1 && !info.fingerprint.is_empty());
            }
            other => panic!("{other:?}"),
        }
        worker
    }

    fn with_kernels(subject: Subject) -> Self {
        let mut worker = Self::start(subject);
        let path = subject.object_path().to_owned();
        worker.done(Request::LoadObject { id: 1, path });
        worker
    }

    fn launch(&self, symbol: &str, args: &[u32], pointers: &[(u32, u32)]) -> LaunchSpec {
        let relocations =
            pointers.iter().map(|(at, buffer)| Relocation { at: *at, buffer: *buffer, plus: 0 });
        LaunchSpec {
            object: 1,
            symbol: symbol.into(),
            grid: [1; 3],
            threads: self.subject.threads(),
            lds_bytes: 2048,
            kernarg: block(args),
            relocations: relocations.collect(),
        }
    }

    fn visit(&self, cells: u32, buffer: u32) -> LaunchSpec {
        let launch = self.launch("visit", &[0, 0, cells, 1], &[(0, buffer)]);
        LaunchSpec { grid: [cells, 1, 1], ..launch }
    }

    fn ask(&mut self, request: Request) -> Response {
        write_frame(self.process.stdin.as_mut().unwrap(), &request).unwrap();
        read_frame(self.process.stdout.as_mut().unwrap()).unwrap().unwrap()
    }

    fn done(&mut self, request: Request) {
        assert_eq!(self.ask(request.clone()), Response::Ok, "{request:?}");
    }

    fn fails(&mut self, request: Request, expected: Failure) -> String {
        match self.ask(request.clone()) {
            Response::Error { kind, message } if kind == expected => message,
            other => panic!("{request:?}: {other:?}"),
        }
    }

    fn alloc(&mut self, id: u32, bytes: u64, fill: Fill, copies: u32) {
        self.done(Request::Alloc(Buffer { id, bytes, fill, copies, red_zone: 256 }));
    }

    fn read(&mut self, id: u32, copy: u32, bytes: u64) -> Vec<u8> {
        match self.ask(Request::Read { id, copy, offset: 0, bytes, into: ReadTarget::Inline }) {
            Response::Data { bytes } => bytes,
            other => panic!("{other:?}"),
        }
    }

    fn figure(&mut self, request: Request) -> f64 {
        match self.ask(request) {
            Response::Figure { value } => value,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What every device process does.
mod cases {
    use super::*;

    pub(super) fn a_conversation_from_hello_to_shutdown(subject: Subject) {
        let mut worker = Worker::with_kernels(subject);
        worker.alloc(7, 4 * 33, Fill::Zero, 1);
        worker.done(Request::Launch(worker.visit(33, 7)));
        assert_eq!(words(&worker.read(7, 0, 4 * 33)), vec![1; 33]);
        worker.done(Request::CheckRedZones { id: 7 });
        worker.done(Request::Free { id: 7 });
        worker.done(Request::UnloadObject { id: 1 });
        worker.done(Request::Shutdown);
        assert!(worker.process.wait().unwrap().success());
    }

    pub(super) fn buffers_hold_what_they_were_filled_with_in_every_copy(subject: Subject) {
        let mut worker = Worker::start(subject);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("contents");
        std::fs::write(&path, [1, 2, 3, 4, 5]).unwrap();
        let random = Random { seed: 3, dtype: Dtype::F16, lo: -1.0, hi: 1.0 };
        let mut drawn = vec![0; 5];
        random.fill(&mut drawn);
        let cases = [
            (Fill::Zero, vec![0; 5]),
            (Fill::Byte(0xff), vec![0xff; 5]),
            (Fill::Random(random), drawn),
            (Fill::File { path: path.clone() }, vec![1, 2, 3, 4, 5]),
        ];
        for (id, (fill, expected)) in (0..).zip(cases) {
            worker.alloc(id, 5, fill, 3);
            for copy in 0..3 {
                assert_eq!(worker.read(id, copy, 5), expected);
            }
        }
        worker.alloc(4, 8, Fill::Integers(vec![-2, 259]), 2);
        assert_eq!(worker.read(4, 1, 8), [0xfe, 0xff, 0xff, 0xff, 3, 1, 0, 0]);
        let five = Fill::Integers(vec![1]);
        let five = Buffer { id: 9, bytes: 5, fill: five, copies: 1, red_zone: 0 };
        let message = worker.fails(Request::Alloc(five), Failure::BadRequest);
        assert!(message.contains("1 integers do not fill 5 bytes"), "{message}");
        let file = Fill::File { path };
        let six = Buffer { id: 9, bytes: 6, fill: file, copies: 1, red_zone: 0 };
        let message = worker.fails(Request::Alloc(six), Failure::BadRequest);
        assert!(message.contains("has 5 bytes, the buffer 6"), "{message}");
    }

    pub(super) fn buffers_are_saved_into_new_files_only(subject: Subject) {
        let mut worker = Worker::start(subject);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let bytes = (1 << 20) + 7;
        worker.alloc(0, bytes, Fill::Byte(9), 1);
        let read = |path: &Path, offset, bytes| {
            let into = ReadTarget::File(path.to_owned());
            Request::Read { id: 0, copy: 0, offset, bytes, into }
        };
        worker.done(read(&path, 0, bytes));
        assert_eq!(std::fs::read(&path).unwrap(), vec![9; bytes as usize]);
        worker.fails(read(&path, 0, 1), Failure::BadRequest);
        let other = dir.path().join("other");
        worker.fails(read(&other, 1, bytes), Failure::BadRequest);
        worker.fails(read(&other, u64::MAX, 2), Failure::BadRequest);
        assert!(!other.exists(), "a file that could not be completed should be removed");
        let long = Request::Read { id: 0, copy: 0, offset: 0, bytes, into: ReadTarget::Inline };
        assert!(worker.fails(long, Failure::BadRequest).contains("into a file"));
    }

    pub(super) fn nonsense_is_answered_and_the_conversation_goes_on(subject: Subject) {
        let mut worker = Worker::with_kernels(subject);
        let message = worker.fails(Request::Hello { protocol: 99 }, Failure::BadRequest);
        assert!(message.contains("same version"), "{message}");
        worker.fails(Request::Free { id: 5 }, Failure::BadRequest);
        worker.fails(Request::UnloadObject { id: 5 }, Failure::BadRequest);
        let again = Request::LoadObject { id: 1, path: subject.object_path().to_owned() };
        worker.fails(again, Failure::BadRequest);
        worker.fails(Request::LoadObject { id: 2, path: "/nowhere".into() }, Failure::Load);
        worker.fails(Request::Launch(worker.launch("absent", &[], &[])), Failure::Load);
        worker.fails(Request::Launch(worker.visit(1, 5)), Failure::BadRequest);
        let buffer = |bytes, copies, red_zone| {
            Request::Alloc(Buffer { id: 3, bytes, fill: Fill::Byte(1), copies, red_zone })
        };
        worker.fails(buffer(1 << 50, 1, 0), Failure::OutOfMemory);
        worker.fails(buffer(1, 0, 0), Failure::BadRequest);
        worker.fails(buffer(1, 1, 100), Failure::BadRequest);
        worker.done(buffer(1, 1, 256));
        worker.fails(buffer(1, 1, 256), Failure::BadRequest);
        // Arithmetic that the device does not have, or that nobody has stated.
        let peak = if subject == Subject::Host { Peak::MatrixI4 } else { Peak::Dot4I8 };
        worker.fails(Request::PeakProbe { peak, threads: 0 }, Failure::Unsupported);
        if subject == Subject::Host {
            worker.fails(Request::BandwidthProbe { threads: 9999 }, Failure::BadRequest);
        }
    }

    pub(super) fn a_kernel_that_writes_beside_its_buffer_is_reported(subject: Subject) {
        let mut worker = Worker::with_kernels(subject);
        worker.alloc(0, 10, Fill::Zero, 2);
        worker.done(Request::Launch(worker.launch("poke", &[0, 0, 12, 0], &[(0, 0)])));
        let message = worker.fails(Request::CheckRedZones { id: 0 }, Failure::RedZone);
        assert!(message.contains("3 bytes after"), "{message}");
    }

    pub(super) fn samples_are_given_by_launch_and_round_and_every_copy_takes_its_turn(
        subject: Subject,
    ) {
        let mut worker = Worker::with_kernels(subject);
        worker.alloc(0, 4, Fill::Zero, 3);
        worker.alloc(1, 4, Fill::Zero, 1);
        let launches = vec![worker.visit(1, 0), worker.visit(1, 1)];
        let plan = |samples, cold| Timing {
            launches: launches.clone(),
            samples,
            min_sample_us: 50.0,
            cold: Cold { rotate: cold },
            threads: 1,
        };
        match worker.ask(Request::Time(plan(4, vec![0]))) {
            Response::Samples { us } => {
                assert_eq!([us[0].len(), us[1].len(), us.len()], [4, 4, 2]);
                assert!(us.iter().flatten().all(|us| *us > 0.0 && us.is_finite()), "{us:?}");
            }
            other => panic!("{other:?}"),
        }
        let calls: Vec<u32> = (0..3).map(|copy| words(&worker.read(0, copy, 4))[0]).collect();
        let (least, most) = (*calls.iter().min().unwrap(), *calls.iter().max().unwrap());
        match subject {
            Subject::Sim => assert_eq!(most, 0, "times that are modelled leave the work undone"),
            _ => assert!(least > 0 && most - least <= 1, "copies take turns: {calls:?}"),
        }
        worker.fails(Request::Time(plan(1, vec![8])), Failure::BadRequest);
        worker.fails(Request::Time(plan(u32::MAX, vec![])), Failure::BadRequest);
    }
}

/// A kernel that writes where nothing is allocated. The simulator in the process goes on; a GPU
/// would not, and neither does the simulated one behind HIP.
#[test]
fn a_kernel_that_faults_fails_its_launch_or_loses_the_device() {
    for (subject, failure) in [(Subject::Sim, Failure::Launch), (Subject::Hip, Failure::Lost)] {
        let mut worker = Worker::with_kernels(subject);
        worker.alloc(0, 4, Fill::Zero, 1);
        let stray = Request::Launch(worker.launch("stray", &[0, 0], &[(0, 0)]));
        let message = worker.fails(stray, failure);
        assert!(message.contains("launch") || message.contains("lost"), "{message}");
        let launch = Request::Launch(worker.visit(1, 0));
        match subject {
            Subject::Sim => worker.done(launch),
            _ => drop(worker.fails(launch, Failure::Lost)),
        }
    }
}

#[test]
fn without_a_runtime_library_the_process_says_so_in_one_line() {
    let mut command = Subject::Hip.process();
    let answer = command.env("KILN_HIP_LIBRARY", "absent/libamdhip64.so").output().unwrap();
    let message = String::from_utf8(answer.stderr).unwrap();
    assert_eq!(answer.status.code(), Some(1));
    assert!(message.starts_with("error: no HIP runtime"), "{message}");
    assert!(message.lines().count() == 1 && message.contains("hip-runtime-amd"), "{message}");
}

#[test]
fn ceilings_and_the_canary_are_figures() {
    let mut worker = Worker::start(Subject::Host);
    assert!(worker.figure(Request::Canary) > 0.0);
    assert!(worker.figure(Request::BandwidthProbe { threads: 1 }) > 1e8);
    if kiln_targets::Target::native_host_name().is_ok() {
        assert!(worker.figure(Request::PeakProbe { peak: Peak::FmaF32, threads: 0 }) > 1e8);
    }
}

#[test]
fn the_process_ends_when_its_input_ends_or_makes_no_sense() {
    let mut worker = Worker::start(Subject::Host);
    drop(worker.process.stdin.take());
    assert!(worker.process.wait().unwrap().success());
    let mut worker = Worker::start(Subject::Host);
    worker.process.stdin.as_mut().unwrap().write_all(b"\x02\0\0\0{}").unwrap();
    assert_eq!(worker.process.wait().unwrap().code(), Some(1));
}

#[test]
fn the_process_ends_with_its_parent_even_if_its_input_stays_open() {
    let script = r#"exec 3<&0; "$0" <&3 >&2 & echo $!; wait"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_kiln-device")]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let process = command.spawn().unwrap();
    let mut parent = Worker { process, subject: Subject::Host };
    let mut line = String::new();
    BufReader::new(parent.process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let status = format!("/proc/{}/stat", line.trim());
    let alive = || std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z "));
    // The process must have asked for its end before its parent ends.
    std::thread::sleep(Duration::from_millis(500));
    assert!(alive());
    parent.process.kill().unwrap();
    let start = Instant::now();
    while alive() {
        assert!(start.elapsed() < Duration::from_secs(10), "the process should have ended");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_command_line_explains_itself() {
    let run = |argument: &str| {
        Command::new(env!("CARGO_BIN_EXE_kiln-device")).arg(argument).output().unwrap()
    };
    assert!(String::from_utf8(run("--help").stdout).unwrap().contains("kiln tune"));
    assert!(run("--version").status.success());
    let wrong = run("--wrong");
    assert_eq!(wrong.status.code(), Some(2));
    let message = String::from_utf8(wrong.stderr).unwrap();
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{message}");
}
