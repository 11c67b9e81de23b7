//! Kernels in C, compiled for the chip at three levels of optimisation and run in the simulator.
//!
//! What they should give comes from the host: the same sources, compiled by the same compiler for the
//! machine that runs the tests (see `tests/corpus`).

mod build;
mod cases;
mod element;

use std::collections::BTreeSet;

use tempfile::TempDir;

use crate::engine::{Session, Shape};
use crate::llvm;
use crate::report::Report;
use cases::{Case, Kernel};

/// The sources.
pub(crate) const FILES: [&str; 16] = [
    "integers.c",
    "wide.c",
    "narrow.c",
    "floats.c",
    "doubles.c",
    "halves.c",
    "memory.c",
    "control.c",
    "scratch.c",
    "lds.c",
    "kernargs.c",
    "atomics.c",
    "waves.c",
    "dots.c",
    "matrices.c",
    "opencl.cl",
];

/// Levels of optimisation.
const LEVELS: [&str; 3] = ["0", "1", "3"];

/// The code object of a source at a level of optimisation, also in `kernels.hsaco` of the directory.
pub(crate) fn compile(file: &str, level: &str) -> (TempDir, Vec<u8>) {
    let directory = tempfile::tempdir().expect("a temporary directory should be creatable");
    let object = build::object(directory.path(), file, level);
    (directory, object)
}

/// Compiles a source at every level and runs all of its kernels.
pub(crate) fn run(file: &str) -> Report {
    let mut report = Report::default();
    for level in LEVELS {
        let (directory, object) = compile(file, level);
        let names = llvm::mnemonics(directory.path(), "kernels.hsaco");
        report.compiled.extend(names.iter().flat_map(|(_, name)| llvm::opcodes(name)));
        let session = Session::load(&object);
        for name in session.kernels() {
            let kernel = cases::kernel(&name);
            let title = format!("{file}: {name} at -O{level}");
            match run_kernel(&session, &kernel) {
                Ok(executed) => report.passed(llvm::names_at(&names, executed)),
                Err(what) => report.failed(&title, &what),
            }
        }
    }
    report
}

/// Runs every case of a kernel and gives the addresses of what it executed.
fn run_kernel(session: &Session, kernel: &Kernel) -> Result<BTreeSet<u64>, String> {
    let mut executed = BTreeSet::new();
    for case in &kernel.cases {
        executed.extend(run_case(session, kernel, case)?);
    }
    Ok(executed)
}

fn run_case(session: &Session, kernel: &Kernel, case: &Case) -> Result<Vec<u64>, String> {
    let arrays = [&case.a, &case.b, &case.out].map(|bytes| {
        let base = session.allocate(bytes.len());
        session.write(base, bytes);
        base
    });
    let mut arguments: Vec<u8> = arrays.iter().flat_map(|base| base.to_le_bytes()).collect();
    arguments.extend(u64::from(case.n).to_le_bytes());
    arguments.extend(&case.extra);
    let shape = Shape::flat(case.n.div_ceil(cases::BLOCK), cases::BLOCK);
    let outcome = session.launch(&kernel.name, shape, &arguments);
    let executed = outcome.map_err(|fault| format!("n = {}: {fault}", case.n))?;
    let got = session.read(arrays[2], case.out.len());
    arrays.into_iter().for_each(|base| session.free(base));
    match kernel.difference(case, &got) {
        None => Ok(executed),
        Some(what) => Err(format!("n = {}: {what}", case.n)),
    }
}
