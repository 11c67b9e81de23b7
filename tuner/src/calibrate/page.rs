//! The page that says how well the model agrees with measurements, and its drawing.

use std::fmt::Write as _;

use kiln_targets::Fitted;
use serde::Serialize;

use super::fit::NAMES;
use super::stats::Agreement;

/// The result of a calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The target that was modelled.
    pub target: String,
    /// The table of measurements.
    pub data: String,
    /// Agreement where each family is modelled with corrections that its own rows had no part in.
    pub held_out: Agreement,
    /// Agreement with corrections fitted to all rows.
    pub fitted_to_all: Agreement,
    /// Agreement with the corrections that the target file lists, if there are any.
    pub as_listed: Option<Agreement>,
    /// The corrections fitted to all rows, by name.
    pub coefficients: Vec<(String, f64)>,
    /// Median and largest seconds that sampling a kernel took.
    pub seconds: [f64; 2],
    /// The rows in the order of the table.
    pub rows: Vec<Point>,
}

/// One measured kernel with its modelled time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Its name.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Its sweep.
    pub sweep: String,
    /// Milliseconds that were measured.
    pub measured_ms: f64,
    /// Milliseconds by the corrections that its family had no part in.
    pub held_out_ms: f64,
    /// The resource that takes longest.
    pub binding: String,
}

/// The corrections by name, in the order of the fit.
pub fn coefficients(fitted: &Fitted) -> Vec<(String, f64)> {
    let values = [fitted.waves, fitted.l2, fitted.mall, fitted.atomics, fitted.norm];
    NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value)).collect()
}

/// The figures of a verdict as a page; `drawing` is the file of the scatter plot beside it.
pub fn markdown(verdict: &Verdict, drawing: &str) -> String {
    let mut page = format!(
        "## Agreement with measurements\n\n\
         {} kernels of `{}` on {}. Held out: each family of kernels is modelled with corrections \
         fitted to the other families.\n\n\
         | | held out | fitted to all |\n|---|---|---|\n",
        verdict.held_out.kernels, verdict.data, verdict.target
    );
    let mut row = |name: &str, of: fn(&Agreement) -> String| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| {name} | {} | {} |",
            of(&verdict.held_out),
            of(&verdict.fitted_to_all)
        );
    };
    row("rank correlation (Spearman)", |a| format!("{:.4}", a.spearman));
    row("rank correlation (Kendall)", |a| format!("{:.4}", a.kendall));
    row("mean absolute error", |a| percent(a.mean_error));
    row("median absolute error", |a| percent(a.median_error));
    row("largest absolute error", |a| percent(a.largest_error));
    row("mean regret of the pick", |a| format!("{:.4}", a.mean_regret));
    page += "\nRegret is the measured time of the kernel that the model picks over that of the \
             fastest, by sweep:\n\n| sweep | regret, held out |\n|---|---|\n";
    for (sweep, regret) in &verdict.held_out.regret {
        let _ = writeln!(page, "| `{sweep}` | {regret:.3} |");
    }
    page += "\nFitted corrections:\n\n| name | value |\n|---|---|\n";
    for (name, value) in &verdict.coefficients {
        let _ = writeln!(page, "| `{name}` | {value:.3} |");
    }
    let _ = writeln!(page, "\n![modelled against measured times]({drawing})");
    page
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

const SIZE: f64 = 640.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 20.0;
const SIDE: f64 = 540.0;

const COLOURS: [&str; 10] = [
    "#3b7dd8", "#d8743b", "#2f9e62", "#c23b3b", "#7b3bd8", "#8a6d3b", "#d83b9e", "#5f6b7a",
    "#a8a420", "#20a0a8",
];

/// Modelled over measured times, both logarithmic, as a drawing that stands alone. The band is
/// within 15 %.
pub fn scatter(verdict: &Verdict) -> String {
    let times = verdict.rows.iter().flat_map(|row| [row.measured_ms, row.held_out_ms]);
    let logs: Vec<f64> = times.filter(|time| *time > 0.0).map(f64::log10).collect();
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min).floor().clamp(-6.0, 6.0);
    let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil().clamp(low + 1.0, 7.0);
    let at = |log: f64| SIDE * (log - low) / (high - low);
    let (x, y) = (|log: f64| LEFT + at(log), |log: f64| TOP + SIDE - at(log));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
         aria-label=\"Modelled against measured times\" viewBox=\"0 0 {width} {SIZE}\" \
         width=\"{width}\" height=\"{SIZE}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        width = SIZE + 190.0
    );
    for decade in low as i32..=high as i32 {
        let (log, name) = (f64::from(decade), power(decade));
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.1}\" y1=\"{TOP}\" x2=\"{0:.1}\" y2=\"{1:.1}\" stroke=\"#dddddd\"/>\
             <line x1=\"{LEFT}\" y1=\"{2:.1}\" x2=\"{3:.1}\" y2=\"{2:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{0:.1}\" y=\"{4:.1}\" text-anchor=\"middle\">{name}</text>\
             <text x=\"{5:.1}\" y=\"{6:.1}\" text-anchor=\"end\">{name}</text>",
            x(log),
            TOP + SIDE,
            y(log),
            LEFT + SIDE,
            TOP + SIDE + 18.0,
            LEFT - 8.0,
            y(log) + 4.0
        );
    }
    for (factor, dash) in [(1.0f64, "none"), (1.15, "4 3"), (1.0 / 1.15, "4 3")] {
        let shift = factor.log10();
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#888888\" \
             stroke-dasharray=\"{dash}\"/>",
            x(low),
            y((low + shift).max(low)),
            x(high),
            y((high + shift).min(high))
        );
    }
    let mut families: Vec<&str> = verdict.rows.iter().map(|row| row.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    let colour = |family: &str| {
        let place = families.iter().position(|known| *known == family).unwrap_or(0);
        COLOURS[place % COLOURS.len()]
    };
    for row in verdict.rows.iter().filter(|row| row.measured_ms > 0.0 && row.held_out_ms > 0.0) {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{}\" fill-opacity=\"0.75\">\
             <title>{}: measured {:.3} ms, modelled {:.3} ms, {}</title></circle>",
            x(row.measured_ms.log10()),
            y(row.held_out_ms.log10()),
            colour(&row.family),
            escape(&row.id),
            row.measured_ms,
            row.held_out_ms,
            escape(&row.binding)
        );
    }
    for (place, family) in families.iter().enumerate() {
        let y = TOP + 14.0 + 20.0 * place as f64;
        let _ = writeln!(
            svg,
            "<circle cx=\"{0}\" cy=\"{1:.1}\" r=\"5\" fill=\"{2}\"/><text x=\"{3}\" y=\"{4:.1}\">{5}</text>",
            LEFT + SIDE + 24.0,
            y - 4.0,
            colour(family),
            LEFT + SIDE + 36.0,
            y,
            escape(family)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">measured, ms</text>\
         <text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">modelled with \
         the family held out, ms</text>\n</svg>",
        LEFT + SIDE / 2.0,
        TOP + SIDE + 40.0,
        TOP + SIDE / 2.0
    );
    svg
}

fn power(decade: i32) -> String {
    let digits = usize::try_from(-decade).unwrap_or(0);
    format!("{:.digits$}", 10f64.powi(decade))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Pair;

    fn verdict() -> Verdict {
        let pairs = [("x", 1.0, 1.1), ("x", 2.0, 1.9)];
        let pairs = pairs.map(|(sweep, measured, modelled)| Pair { sweep, measured, modelled });
        let agreement = Agreement::of(&pairs);
        let point = |id: &str, measured_ms, held_out_ms| Point {
            id: id.to_owned(),
            family: "a<b".to_owned(),
            sweep: "x".to_owned(),
            measured_ms,
            held_out_ms,
            binding: "waves".to_owned(),
        };
        Verdict {
            target: "gfx1151".to_owned(),
            data: "table.csv".to_owned(),
            held_out: agreement.clone(),
            fitted_to_all: agreement,
            as_listed: None,
            coefficients: coefficients(&Fitted::neutral()),
            seconds: [0.1, 0.2],
            rows: vec![point("one", 1.0, 1.1), point("two", 20.0, 0.0)],
        }
    }

    #[test]
    fn the_page_names_every_correction_and_sweep() {
        let page = markdown(&verdict(), "plot.svg");
        for name in NAMES {
            assert!(page.contains(&format!("| `{name}` | ")), "{page}");
        }
        assert!(page.contains("| `x` | 1.000 |") && page.contains("(plot.svg)"), "{page}");
    }

    #[test]
    fn the_drawing_has_a_dot_for_every_row_with_a_time() {
        let svg = scatter(&verdict());
        assert_eq!(svg.matches("<title>").count(), 1);
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"));
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
}
