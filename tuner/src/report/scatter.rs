//! The roofline chart: operations per second over operations per byte, both logarithmic.

use std::collections::BTreeSet;

use super::data::Roofline;
use super::svg::{Svg, escape};

/// Colours for recipes; more share the last one.
const COLOURS: usize = 6;

const SIZE: (f64, f64) = (760.0, 400.0);
const LEFT: f64 = 70.0;
const RIGHT: f64 = 740.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 350.0;

/// The chart with its legend; empty where there is nothing to show.
pub(super) fn chart(roofline: &Roofline) -> String {
    let good = |value: f64| value.is_finite() && value > 0.0;
    let points: Vec<_> =
        roofline.points.iter().filter(|point| good(point.intensity) && good(point.rate)).collect();
    if points.is_empty() {
        return String::new();
    }
    let peaks: Vec<(&String, f64)> =
        roofline.peaks.iter().map(|(name, peak)| (name, *peak)).filter(|p| good(p.1)).collect();
    let rates = points.iter().map(|point| point.rate).chain(peaks.iter().map(|peak| peak.1));
    let axes = Axes { x: decades(points.iter().map(|point| point.intensity)), y: decades(rates) };
    let mut svg = Svg::new(SIZE.0, SIZE.1);
    axes.draw(&mut svg);
    let memory = roofline.memory.filter(|memory| good(*memory));
    ceilings(&mut svg, &axes, memory, &peaks);
    let recipes: BTreeSet<&str> = points.iter().map(|point| point.recipe.as_str()).collect();
    let colour = |recipe: &str| {
        recipes.iter().position(|known| *known == recipe).unwrap_or(0).min(COLOURS - 1)
    };
    for point in &points {
        let class = format!("dot s{}", colour(&point.recipe));
        let tip = format!(
            "{}: {:.3} T/s at {:.1} per byte",
            point.label,
            point.rate / 1e12,
            point.intensity
        );
        svg.circle(&class, axes.place(point.intensity, point.rate), 4.5, &tip);
    }
    let entry = |recipe: &&str| {
        format!(
            "<span class=\"key\"><i class=\"s{}\"></i>{}</span>",
            colour(recipe),
            escape(recipe)
        )
    };
    let legend: String = recipes.iter().map(entry).collect();
    format!("<p class=\"legend\">{legend}</p>\n{}", svg.finish("Roofline of the winners"))
}

/// The memory's slope and a level for each peak, each from where they meet.
fn ceilings(svg: &mut Svg, axes: &Axes, memory: Option<f64>, peaks: &[(&String, f64)]) {
    let (left, right) = (10f64.powi(axes.x.0), 10f64.powi(axes.x.1));
    let highest = peaks.iter().map(|peak| peak.1).fold(0.0, f64::max);
    if let Some(memory) = memory {
        let end = if highest > 0.0 { (highest / memory).min(right) } else { right };
        let start = left.max(10f64.powi(axes.y.0) / memory);
        if start < end {
            svg.line("roof", axes.place(start, start * memory), axes.place(end, end * memory));
            let (x, y) = axes.place(start, start * memory);
            svg.text("note", (x + 22.0, y + 6.0), "start", &format!("{:.0} GB/s", memory / 1e9));
        }
    }
    let mut sorted = peaks.to_vec();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut used = f64::NEG_INFINITY;
    for level in sorted.chunk_by(|a, b| a.1 == b.1) {
        let peak = level[0].1;
        let start = memory.map_or(left, |memory| (peak / memory).clamp(left, right));
        let (from, to) = (axes.place(start, peak), axes.place(right, peak));
        svg.line("roof", from, to);
        let names: Vec<&str> =
            level.iter().map(|(name, _)| name.trim_end_matches("_ops")).collect();
        let y = (from.1 - 5.0).max(used + 13.0);
        let text = format!("{} {:.1} T/s", names.join(", "), peak / 1e12);
        svg.text("note", (RIGHT - 4.0, y), "end", &text);
        used = y;
    }
}

/// Decades that each axis spans.
struct Axes {
    x: (i32, i32),
    y: (i32, i32),
}

impl Axes {
    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let share =
            |value: f64, (lo, hi): (i32, i32)| (value.log10() - f64::from(lo)) / f64::from(hi - lo);
        (LEFT + (RIGHT - LEFT) * share(x, self.x), BOTTOM - (BOTTOM - TOP) * share(y, self.y))
    }

    fn draw(&self, svg: &mut Svg) {
        let corner = (10f64.powi(self.x.0), 10f64.powi(self.y.0));
        for decade in self.x.0..=self.x.1 {
            let (x, _) = self.place(10f64.powi(decade), corner.1);
            svg.line("grid", (x, TOP), (x, BOTTOM));
            svg.text("tick", (x, BOTTOM + 18.0), "middle", &power(decade));
        }
        for decade in self.y.0..=self.y.1 {
            let (_, y) = self.place(corner.0, 10f64.powi(decade));
            svg.line("grid", (LEFT, y), (RIGHT, y));
            svg.text("tick", (LEFT - 8.0, y + 4.0), "end", &format!("{} T", power(decade - 12)));
        }
        let middle = (LEFT + RIGHT) / 2.0;
        svg.text(
            "label",
            (middle, BOTTOM + 42.0),
            "middle",
            "operations per byte (operations per second upwards)",
        );
    }
}

/// `0.01`, `1`, `100`, `10000`
fn power(decade: i32) -> String {
    match decade {
        ..0 => format!("{:.*}", decade.unsigned_abs() as usize, 10f64.powi(decade)),
        _ => format!("{:.0}", 10f64.powi(decade)),
    }
}

/// The whole decades around values above zero, at least one.
fn decades(values: impl Iterator<Item = f64>) -> (i32, i32) {
    let logs: Vec<f64> = values.map(f64::log10).collect();
    let lo = logs.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let hi = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil();
    (lo as i32, (hi as i32).max(lo as i32 + 1))
}
