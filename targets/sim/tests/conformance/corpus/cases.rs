//! What kernels are run with, and what the host makes of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use super::build;
use super::element::Element;
use crate::values::Random;

/// Work-items of a workgroup: two waves.
pub(super) const BLOCK: u32 = 64;
/// Elements of an array for each work-item.
const PER_ITEM: usize = 8;
/// Counts of work-items that have something to do.
const SIZES: [u32; 7] = [1, 15, 17, 31, 33, 64, 200];

/// A kernel as its source declares it, with its cases.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    pub(super) name: String,
    a: Element,
    b: Element,
    out: Element,
    tolerance: u64,
    pub(super) cases: Vec<Case>,
}

/// Inputs, and the output of the host.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) n: u32,
    pub(super) a: Vec<u8>,
    pub(super) b: Vec<u8>,
    /// What the output holds before.
    pub(super) out: Vec<u8>,
    /// The argument of kernels that take a structure.
    pub(super) extra: Vec<u8>,
    expected: Vec<u8>,
}

/// The kernel of a name.
pub(super) fn kernel(name: &str) -> Kernel {
    static KERNELS: LazyLock<BTreeMap<String, Kernel>> = LazyLock::new(all);
    KERNELS.get(name).cloned().unwrap_or_else(|| panic!("the host has no kernel named {name}"))
}

fn all() -> BTreeMap<String, Kernel> {
    let directory = tempfile::tempdir().expect("a temporary directory should be creatable");
    let host = build::host(directory.path());
    let list = crate::llvm::run::<&str>(&host, directory.path(), &[]);
    let mut kernels: Vec<Kernel> = list.lines().map(declared).collect();
    let requests: Vec<u8> = kernels.iter().flat_map(Kernel::requests).collect();
    let path = directory.path().join("requests");
    std::fs::write(&path, requests).expect("the requests should be writable");
    let requests = std::fs::File::open(&path).expect("the requests should be readable");
    let child = Command::new(&host).arg("serve").stdin(requests).stdout(Stdio::piped()).spawn();
    let output = child.and_then(std::process::Child::wait_with_output);
    let output = output.expect("the host's program should run");
    assert!(output.status.success(), "the host's program ended with {}", output.status);
    let mut answers = output.stdout.as_slice();
    for case in kernels.iter_mut().flat_map(|kernel| &mut kernel.cases) {
        let (answer, rest) = answers.split_at(case.out.len());
        case.expected = answer.to_vec();
        answers = rest;
    }
    assert!(answers.is_empty(), "the host answered more than it was asked");
    for kernel in &kernels {
        let writes = kernel.cases.iter().any(|case| case.expected != case.out);
        assert!(writes, "{} writes nothing", kernel.name);
    }
    kernels.into_iter().map(|kernel| (kernel.name.clone(), kernel)).collect()
}

/// A line such as `add_f32 F32 F32 F32 0`.
fn declared(line: &str) -> Kernel {
    let words: Vec<&str> = line.split(' ').collect();
    let [name, a, b, out, tolerance] = words[..] else { panic!("not a kernel: {line}") };
    let element = |name: &str| Element::named(name).unwrap_or_else(|| panic!("no kind {name}"));
    let mut kernel = Kernel {
        name: name.to_owned(),
        a: element(a),
        b: element(b),
        out: element(out),
        tolerance: tolerance.parse().expect("a tolerance should be a number"),
        cases: Vec::new(),
    };
    let mut random = Random::of(name);
    kernel.cases = SIZES.iter().map(|&n| kernel.case(n, &mut random)).collect();
    kernel
}

impl Kernel {
    fn case(&self, n: u32, random: &mut Random) -> Case {
        let count = (n.next_multiple_of(BLOCK)) as usize * PER_ITEM;
        let mut fill = |element: Element| element.array(count, random);
        let (a, b) = (fill(self.a), fill(self.b));
        let out = (0..count * self.out.size).map(|_| random.bits() as u8).collect();
        let extra = (0..64).map(|_| random.bits() as u8).collect();
        Case { n, a, b, out, extra, expected: Vec::new() }
    }

    fn requests(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for case in &self.cases {
            let mut name = [0; 64];
            name[..self.name.len()].copy_from_slice(self.name.as_bytes());
            let sizes = [case.n as usize, case.a.len(), case.b.len(), case.out.len()];
            let written = bytes.write_all(&name);
            written.expect("a vector can be written to");
            sizes.iter().for_each(|&size| bytes.extend((size as u32).to_le_bytes()));
            [&case.extra, &case.a, &case.b, &case.out]
                .into_iter()
                .for_each(|part| bytes.extend(part));
        }
        bytes
    }

    /// The first element that is not what the host computed.
    pub(super) fn difference(&self, case: &Case, got: &[u8]) -> Option<String> {
        let size = self.out.size;
        let pairs = got.chunks_exact(size).zip(case.expected.chunks_exact(size));
        let wrong =
            |(got, expected): (&[u8], &[u8])| !self.out.agrees(got, expected, self.tolerance);
        let mut found = pairs.enumerate().filter(|(_, pair)| wrong(*pair)).map(|(at, _)| at);
        let at = found.next()?;
        let show = |bytes: &[u8], size: usize, at: usize| {
            bytes.chunks_exact(size).nth(at).map_or_else(String::new, hexadecimal)
        };
        Some(format!(
            "element {at} is {}, expected {} (a {}, b {}), and {} more",
            show(got, size, at),
            show(&case.expected, size, at),
            show(&case.a, self.a.size, at),
            show(&case.b, self.b.size, at),
            found.count(),
        ))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}
