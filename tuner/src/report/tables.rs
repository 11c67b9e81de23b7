//! The tables of the page.

use super::data::{Change, Side, Winner};
use super::svg::escape;

/// What all winners have in common, which needs no column.
#[derive(Clone, Copy)]
struct Columns {
    /// Whether some time has an interval.
    intervals: bool,
    /// Whether times come from different places.
    provenances: bool,
}

impl Columns {
    fn of(winners: &[Winner]) -> Self {
        let intervals = winners.iter().any(|of| of.interval.is_some());
        let provenances = winners.windows(2).any(|of| of[0].provenance != of[1].provenance);
        Self { intervals, provenances }
    }

    /// Names of the columns; those of numbers are to the right.
    fn heads(self) -> Vec<(&'static str, bool)> {
        let mut heads = vec![
            ("dims", false),
            ("m", true),
            ("recipe", false),
            ("parameters", false),
            ("µs", true),
        ];
        heads.extend(self.intervals.then_some(("95 %", true)));
        heads.extend([("roofline", false), ("bound", false), ("error", true)]);
        heads.extend([("VGPRs", true), ("LDS", true)]);
        heads.extend(self.provenances.then_some(("from", false)));
        heads
    }
}

/// The winners: a table for each operation, in it a group of rows for each of its dims.
pub(super) fn winners(winners: &[Winner]) -> String {
    if winners.is_empty() {
        return "<p>None.</p>\n".to_owned();
    }
    let columns = Columns::of(winners);
    let operations = winners.chunk_by(|a, b| a.operation == b.operation);
    operations.map(|of| operation(of, columns)).collect()
}

fn operation(winners: &[Winner], columns: Columns) -> String {
    let whole = &winners[0].operation;
    let (name, attributes) = whole.split_once('[').unwrap_or((whole, ""));
    let attributes = attributes.trim_end_matches(']').split(',').filter(|of| !of.is_empty());
    let attributes: String =
        attributes.map(|of| format!("<span class=\"attribute\">{}</span>", escape(of))).collect();
    let groups = winners.chunk_by(|a, b| a.dims == b.dims);
    let groups: String = groups.map(|of| group(of, columns)).collect();
    format!(
        "<details open><summary>{}{attributes}<span class=\"count\">{} decisions</span></summary>\n\
         {}</details>\n",
        escape(name),
        winners.len(),
        table(&columns.heads(), groups)
    )
}

/// The rows of one set of fixed dims, which are named once.
fn group(winners: &[Winner], columns: Columns) -> String {
    let row = |(at, of): (usize, &Winner)| {
        let rows = winners.len();
        let dims = format!("<td class=\"dims\" rowspan=\"{rows}\">{}</td>", escape(&of.dims));
        let interval =
            of.interval.map_or_else(dash, |[lo, hi]| format!("{} – {}", time(lo), time(hi)));
        let from = format!("<td class=\"{0}\">{0}</td>", of.provenance);
        let cells = [
            if at == 0 { dims } else { String::new() },
            number(&of.m.to_string()),
            text(&of.recipe),
            format!("<td class=\"params\">{}</td>", escape(&of.params)),
            number(&of.time_us.map_or_else(dash, time)),
            if columns.intervals { number(&interval) } else { String::new() },
            share(of.roofline),
            text(of.bound.as_deref().unwrap_or("–")),
            number(&format!("{:.1e}", of.error)),
            number(&of.vgprs.to_string()),
            number(&bytes(of.lds_bytes)),
            if columns.provenances { from } else { String::new() },
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    };
    let rows: String = winners.iter().enumerate().map(row).collect();
    format!("<tbody>\n{rows}</tbody>\n")
}

/// A share of the roofline as a figure on a bar; a bar ends at 100 %, the figure does not.
fn share(share: Option<f64>) -> String {
    let Some(share) = share.filter(|share| share.is_finite()) else { return text("–") };
    let percent = 100.0 * share;
    let width = percent.clamp(0.0, 100.0);
    format!(
        "<td class=\"share\"><span style=\"width:{width:.0}%\"></span><em>{percent:.0} %</em></td>"
    )
}

/// The changes, one row each.
pub(super) fn changes(changes: &[Change]) -> String {
    let row = |of: &Change| {
        let kernel = |side: &Option<Side>| side.as_ref().map_or_else(dash, |s| s.kernel.clone());
        let us = |side: &Option<Side>| side.as_ref().and_then(|side| side.time_us);
        let (before, after) = (us(&of.before), us(&of.after));
        let ratio = before.zip(after).map(|(before, after)| after / before - 1.0);
        let moved = ratio.map_or_else(dash, |share| format!("{:+.1} %", share * 100.0));
        let class = ratio.map_or("", |share| if share <= 0.0 { "faster" } else { "slower" });
        let cells = [
            text(&of.what),
            format!("<td class=\"params\">{}</td>", escape(&kernel(&of.before))),
            number(&before.map_or_else(dash, time)),
            format!("<td class=\"params\">{}</td>", escape(&kernel(&of.after))),
            number(&after.map_or_else(dash, time)),
            format!("<td class=\"number {class}\">{moved}</td>"),
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    };
    let heads = [
        ("what", false),
        ("before", false),
        ("µs", true),
        ("after", false),
        ("µs", true),
        ("time", true),
    ];
    let rows: String = changes.iter().map(row).collect();
    table(&heads, format!("<tbody>\n{rows}</tbody>\n"))
}

fn table(heads: &[(&str, bool)], body: String) -> String {
    let class = |right: bool| if right { " class=\"number\"" } else { "" };
    let head = |(name, right): &(&str, bool)| format!("<th{}>{name}</th>", class(*right));
    let heads: String = heads.iter().map(head).collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n{body}</table></div>\n")
}

/// Three significant digits below 100, whole microseconds from 1000 on.
fn time(us: f64) -> String {
    let digits = if us < 10.0 { 2 } else { usize::from(us < 1000.0) };
    format!("{us:.digits$}")
}

/// Whole kibibytes where there are some.
fn bytes(bytes: u32) -> String {
    match bytes {
        0 => dash(),
        whole if whole.is_multiple_of(1024) => format!("{} KiB", whole / 1024),
        odd => format!("{odd} B"),
    }
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
