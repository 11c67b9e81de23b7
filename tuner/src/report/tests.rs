//! A page with everything on it.

use std::collections::BTreeMap;

use kiln_cache::bundle::{InspectReport, KernelRow, Model};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::Provenance;

use super::*;
use crate::explain::Reasons;
use crate::model::M_CLASSES;

fn winner(m: u64, n: u64, provenance: Provenance) -> Winner {
    let ops = 2.0 * m as f64 * n as f64 * 5120.0;
    let time = (n as f64 * 5120.0 * 0.58 / 2.0e5).max(ops / 4.2e7) * 1.1;
    Winner {
        operation: "linear_q4[asymmetric=true,epilogue=none,out=bf16]".into(),
        dims: format!("k=5120 n={n}"),
        m,
        recipe: if m > 32 { "mmq_q4" } else { "mmvq_q4" }.into(),
        params: "depth=128 mmq_x=48 mmq_y=64 nwarps=4".into(),
        time_us: Some(time),
        interval: Some([time * 0.997, time * 1.003]),
        roofline: Some(0.87),
        bound: Some(if m > 32 { "mma" } else { "memory" }.into()),
        error: 0.0071,
        vgprs: 144,
        lds_bytes: 24576,
        provenance,
    }
}

fn report(provenance: Provenance) -> Report {
    let sizes = M_CLASSES.into_iter().flat_map(|m| [(m, 96), (m, 34816)]);
    let winners: Vec<Winner> = sizes.clone().map(|(m, n)| winner(m, n, provenance)).collect();
    let point = |(winner, (m, n)): (&Winner, (u64, u64))| {
        let (ops, bytes) =
            (2.0 * (m * n) as f64 * 5120.0, n as f64 * 5120.0 * 0.58 + (m * 5120) as f64);
        let rate = ops / winner.time_us.unwrap() * 1e6;
        Point {
            recipe: winner.recipe.clone(),
            label: winner.dims.clone(),
            intensity: ops / bytes,
            rate,
        }
    };
    let points = winners.iter().zip(sizes).map(point).collect();
    let peaks =
        [("i8_ops", 59.4e12), ("f16_ops", 59.4e12), ("i4_ops", 118.8e12), ("f32_ops", 14.8e12)];
    let mut admit = Reasons::default();
    for at in 0..41 {
        admit.add(
            "the tile needs more than 65536 bytes of local memory",
            &format!("{{ mmq_x: {at} }}"),
        );
        if at % 3 == 0 {
            admit.add("waves do not divide the tile <evenly>", "{ nwarps: 8 }");
        }
    }
    let mut inspect = Reasons::default();
    inspect.add("spills 12 registers", "{ mmq_x: 128 }");
    let cells = (0..5).map(|y| {
        (0..6)
            .map(|x| {
                (x + y < 9).then(|| 41.2 + f64::from((x - 2) * (x - 2) * 4 + (y - 3) * (y - 3) * 3))
            })
            .collect()
    });
    Report {
        target: "gfx1151".into(),
        model: "qwen3.6-27b".into(),
        facts: [("kiln".into(), "0.1.0".into()), ("llvm".into(), "22.1.7".into())].into(),
        noise_floor: Some(0.008),
        noise: Some([0.006, 0.008]),
        winners,
        roofline: Roofline {
            memory: Some(241e9),
            peaks: peaks.map(|(name, peak)| (name.into(), peak)).into(),
            points,
        },
        heats: vec![Heat {
            title: "mmq_q4 at k=5120 m=512 n=34816".into(),
            columns: ("mmq_x".into(), [16, 32, 48, 64, 96, 128].map(|v| v.to_string()).to_vec()),
            rows: ("depth".into(), [32, 64, 128, 256, 512].map(|v| v.to_string()).to_vec()),
            cells: cells.collect(),
        }],
        rejections: [("admit".into(), admit), ("inspect".into(), inspect)].into(),
        compared_with: Some("old.kiln".into()),
        changes: vec![Change {
            what: "linear_q4 k=5120 m=16 n=34816".into(),
            before: Some(Side { kernel: "mmvq_q4 rows=2".into(), time_us: Some(612.0) }),
            after: Some(Side { kernel: "mmvq_q4 rows=4".into(), time_us: Some(548.0) }),
        }],
    }
}

#[test]
fn a_page_says_loudly_what_was_not_measured() {
    let modelled = html(&report(Provenance::Modelled));
    assert!(modelled.contains("MODELLED</strong> 22 of 22 times"), "{modelled}");
    let measured = html(&report(Provenance::Measured));
    assert!(!measured.contains("MODELLED") && !measured.contains("class=\"warning\""));
    assert!(html(&report(Provenance::Transferred)).contains("TRANSFERRED"));
}

#[test]
fn a_page_needs_nothing_but_itself_and_is_the_same_each_time() {
    let page = html(&report(Provenance::Modelled));
    for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page, html(&report(Provenance::Modelled)));
    assert_eq!(page.matches("<svg ").count(), 2);
    assert!(!page.contains("NaN") && !page.contains("inf\""));
}

#[test]
fn names_are_only_text() {
    let mut hostile = report(Provenance::Measured);
    hostile.model = "<script>alert(1)</script>\"&'".into();
    hostile.roofline.points[0].label = "</title><b>".into();
    let page = html(&hostile);
    assert!(!page.contains("<script>") && !page.contains("<b>"));
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;evenly&gt;"));
}

#[test]
fn empty_and_absurd_data_make_a_page_too() {
    assert!(html(&Report::default()).contains("Winners"));
    let mut odd = report(Provenance::Measured);
    odd.roofline.points.truncate(1);
    odd.roofline.points[0].rate = f64::NAN;
    odd.roofline.memory = Some(0.0);
    odd.heats[0].cells = vec![vec![None, Some(f64::NAN)], vec![]];
    assert_eq!(html(&odd).matches("<svg ").count(), 0);
}

#[test]
fn the_page_can_be_looked_at() {
    // With KILN_REPORT_PAGE=FILE the page is written there.
    let page = html(&report(Provenance::Modelled));
    if let Some(path) = std::env::var_os("KILN_REPORT_PAGE") {
        std::fs::write(path, &page).unwrap();
    }
    assert!(page.ends_with("</html>\n"));
}

fn bundle(rows: &[(u64, &str, f64)]) -> InspectReport {
    let row = |&(m, recipe, time): &(u64, &str, f64)| KernelRow {
        op: "linear_q4".into(),
        recipe: recipe.into(),
        params: [("depth".into(), "a".into())].into(),
        dims: [("m".into(), m)].into(),
        vgprs: 0,
        sgprs: 0,
        lds_bytes: 0,
        spills: 0,
        scratch_bytes: 0,
        code_bytes: 0,
        provenance: Provenance::Measured,
        time_us: Some(time),
        roofline: None,
        error: 0.0,
    };
    InspectReport {
        format: 1,
        target: "t".into(),
        model: Model { name: "m".into(), config_hash: Digest::of(b"") },
        toolchain: BTreeMap::new(),
        kernels: rows.iter().map(row).collect(),
        coverage: Vec::new(),
    }
}

#[test]
fn changes_are_other_kernels_other_times_and_what_came_or_went() {
    let before = bundle(&[(1, "a", 10.0), (2, "a", 10.0), (4, "a", 10.0), (8, "a", 10.0)]);
    let after = bundle(&[(1, "a", 10.05), (2, "b", 10.0), (4, "a", 9.0), (16, "a", 10.0)]);
    let found: Vec<String> = changes(&before, &after, 0.01).into_iter().map(|c| c.what).collect();
    assert_eq!(found, ["linear_q4 m=16", "linear_q4 m=2", "linear_q4 m=4", "linear_q4 m=8"]);
    assert!(changes(&before, &before, 0.0).is_empty());
}
