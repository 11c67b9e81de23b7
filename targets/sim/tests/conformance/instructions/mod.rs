//! Single instructions in a kernel that loads a wave's whole state, runs them, and stores it back.
//!
//! What they should do is written beside each of them as plain Rust, from AMD's "RDNA3.5 Instruction
//! Set Architecture" and LLVM's documentation of the target, never from what the simulator does.

mod atomics;
mod bytes;
mod compare;
mod control;
mod division;
mod dual;
mod half;
mod harness;
mod lanes;
mod lds;
mod memory;
mod modes;
mod packed;
mod relation;
mod row;
mod scalar;
mod scalar_float;
mod transcendental;
mod vop1;
mod vop2;
mod vop3;
mod vopc;
mod wave;
mod wmma;

use crate::engine::{Session, Shape};
use crate::llvm;
use crate::report::Report;
use harness::{BLOCK, assembly, kernel, pack, unpack, waves};
use row::{Row, Rows, WAVES};

/// Name of a table and what fills it.
pub(crate) type Table = (&'static str, fn(&mut Rows));

/// Every table.
pub(crate) const TABLES: [Table; 17] = [
    ("one operand", vop1::rows),
    ("two operands", vop2::rows),
    ("three operands", vop3::rows),
    ("halves", half::rows),
    ("packed", packed::rows),
    ("matrices", wmma::rows),
    ("comparisons", vopc::rows),
    ("dual", dual::rows),
    ("lanes", lanes::rows),
    ("scalar", scalar::rows),
    ("scalar floats", scalar_float::rows),
    ("control", control::rows),
    ("lds", lds::rows),
    ("memory", memory::rows),
    ("atomics", atomics::rows),
    ("transcendentals and division", |r| {
        transcendental::rows(r);
        division::rows(r);
    }),
    ("modes", modes::rows),
];

/// Assembles a table and runs all of its rows.
pub(crate) fn run(table: &Table) -> Report {
    let mut rows = Rows::default();
    (table.1)(&mut rows);
    run_rows(&rows)
}

fn run_rows(rows: &Rows) -> Report {
    let directory = tempfile::tempdir().expect("a temporary directory should be creatable");
    let object = llvm::assemble(directory.path(), "table", &assembly(&rows.0));
    let names = llvm::mnemonics(directory.path(), "table.hsaco");
    let mut report = Report::default();
    let session = Session::load(&object);
    for (index, row) in rows.0.iter().enumerate() {
        run_row(&session, index, row, &names, &mut report);
    }
    report
}

fn run_row(
    session: &Session,
    index: usize,
    row: &Row,
    names: &[(u64, String)],
    report: &mut Report,
) {
    let name = row.text.replace('\n', "; ");
    let base = session.allocate(WAVES * BLOCK);
    let before = waves(row, base);
    session.write(base, &before.iter().flat_map(pack).collect::<Vec<u8>>());
    let outcome =
        session.launch(&kernel(index), Shape::flat(WAVES as u32, 32), &base.to_le_bytes());
    let executed = match outcome {
        Ok(executed) => executed,
        Err(fault) => return report.failed(&name, &fault),
    };
    let after = session.read(base, WAVES * BLOCK);
    for (number, wave) in before.iter().enumerate() {
        let got = unpack(&after[number * BLOCK..][..BLOCK], wave.address);
        let mut expected = wave.clone();
        (row.meaning)(&mut expected);
        let differences = compare::differences(row, wave, &got, &expected);
        if !differences.is_empty() {
            let exec = wave.exec();
            let what = format!("wave {number}, exec {exec:#x}:\n    {differences}");
            return report.failed(&name, &what);
        }
    }
    session.free(base);
    report.passed(llvm::names_at(names, executed));
}

#[test]
fn a_row_with_a_wrong_meaning_fails_and_says_where() {
    let mut rows = Rows::default();
    rows.two("v_add_nc_u32", |a: u32, b: u32| a.wrapping_add(b).wrapping_add(u32::from(a == 31)));
    rows.two("v_add_nc_u32", |a: u32, b: u32| a.wrapping_add(b));
    rows.wave("s_mov_b32 s28, 5", |w| w.set_s(29, 5));
    rows.wave("ds_store_b32 v8, v16 offset:4", |_| ()).setup(bytes::slots(4));
    let report = run_rows(&rows);
    assert_eq!((report.passes, report.failures.len()), (1, 3));
    let text = report.to_string();
    assert!(
        text.contains("v_add_nc_u32 v32, v8, v16\n    wave 0, exec 0xffffffff:\n    lane "),
        "{text}"
    );
    assert!(text.contains("s28: got 0x5, expected") && text.contains("s29: got"), "{text}");
    assert!(text.contains("LDS byte") && text.contains("more"), "{text}");
    assert!(
        report.executed.contains("v_add_nc_u32_e32") && !report.executed.contains("ds_store_b32")
    );
}

#[test]
fn a_row_that_only_works_by_luck_fails_too() {
    let mut rows = Rows::default();
    let early = "ds_load_b32 v32, v8\nv_mov_b32 v33, v32";
    rows.wave(early, |w| {
        for lane in w.lanes() {
            let value = bytes::load(&w.lds, w.v(wave::A, lane) as usize, 4) as u32;
            w.set_v(wave::D, lane, value);
            w.set_v(wave::D + 1, lane, value);
        }
    })
    .setup(bytes::slots(4));
    let report = run_rows(&rows);
    let text = report.to_string();
    assert_eq!((report.passes, report.failures.len()), (0, 1), "{text}");
    assert!(text.contains("v_mov_b32_e32 v33, v32"), "{text}");
}
