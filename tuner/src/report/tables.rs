//! The tables of the page.

use super::data::{Change, Side, Winner};
use super::svg::escape;

/// Heads of the columns that hold numbers.
const NUMBERS: [&str; 7] = ["µs", "95 %", "roofline", "error", "VGPRs", "LDS", "time"];

/// The winners, one row each.
pub(super) fn winners(winners: &[Winner]) -> String {
    let heads = [
        "operation",
        "dims",
        "recipe",
        "params",
        "µs",
        "95 %",
        "provenance",
        "roofline",
        "bound",
        "error",
        "VGPRs",
        "LDS",
    ];
    let row = |of: &Winner| {
        let times = [
            of.time_us.map_or_else(dash, time),
            of.interval.map_or_else(dash, |[lo, hi]| format!("{} – {}", time(lo), time(hi))),
        ];
        let share = of.roofline.map_or_else(dash, |share| format!("{:.0} %", share * 100.0));
        let figures = [format!("{:.1e}", of.error), of.vgprs.to_string(), of.lds_bytes.to_string()];
        let cells = [
            text(&of.operation),
            text(&of.dims),
            text(&of.recipe),
            format!("<td class=\"params\">{}</td>", escape(&of.params)),
            times.map(|cell| number(&cell)).concat(),
            format!("<td class=\"{0}\">{0}</td>", of.provenance),
            number(&share),
            text(of.bound.as_deref().unwrap_or("–")),
            figures.map(|cell| number(&cell)).concat(),
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    };
    table(&heads, winners.iter().map(row).collect())
}

/// The changes, one row each.
pub(super) fn changes(changes: &[Change]) -> String {
    let row = |of: &Change| {
        let kernel = |side: &Option<Side>| side.as_ref().map_or_else(dash, |s| s.kernel.clone());
        let us = |side: &Option<Side>| side.as_ref().and_then(|side| side.time_us);
        let (before, after) = (us(&of.before), us(&of.after));
        let ratio = before.zip(after).map(|(before, after)| after / before - 1.0);
        let moved = ratio.map_or_else(dash, |share| format!("{:+.1} %", share * 100.0));
        let cells = [
            text(&of.what),
            text(&kernel(&of.before)),
            number(&before.map_or_else(dash, time)),
            text(&kernel(&of.after)),
            number(&after.map_or_else(dash, time)),
            number(&moved),
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    };
    let heads = ["what", "before", "µs", "after", "µs", "time"];
    table(&heads, changes.iter().map(row).collect())
}

fn table(heads: &[&str], rows: String) -> String {
    let class = |head: &str| if NUMBERS.contains(&head) { " class=\"number\"" } else { "" };
    let heads: String =
        heads.iter().map(|head| format!("<th{}>{head}</th>", class(head))).collect();
    format!("<div class=\"wide\"><table>\n<tr>{heads}</tr>\n{rows}</table></div>\n")
}

/// Three significant digits below 100, whole microseconds from 1000 on.
fn time(us: f64) -> String {
    let digits = if us < 10.0 { 2 } else { usize::from(us < 1000.0) };
    format!("{us:.digits$}")
}

fn text(cell: &str) -> String {
    format!("<td>{}</td>", escape(cell))
}

fn number(cell: &str) -> String {
    format!("<td class=\"number\">{}</td>", escape(cell))
}

fn dash() -> String {
    "–".to_owned()
}
