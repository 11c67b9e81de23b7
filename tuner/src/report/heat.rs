//! Heat maps: the stronger the colour, the nearer to the best.

use super::data::Heat;
use super::svg::{Svg, escape};

const CELL: (f64, f64) = (76.0, 34.0);
const LEFT: f64 = 110.0;
const TOP: f64 = 48.0;

/// One heat map; empty where no candidate has a time.
pub(super) fn chart(heat: &Heat) -> String {
    let good = |time: &f64| time.is_finite() && *time > 0.0;
    let times = heat.cells.iter().flatten().flatten().copied().filter(good);
    let best = times.fold(f64::INFINITY, f64::min);
    if best.is_infinite() {
        return String::new();
    }
    let (columns, rows) = (&heat.columns.1, &heat.rows.1);
    let width = LEFT + CELL.0 * columns.len() as f64 + 8.0;
    let mut svg = Svg::new(width.max(320.0), TOP + CELL.1 * rows.len() as f64 + 8.0);
    svg.text("label", (LEFT, 16.0), "start", &format!("{} →", heat.columns.0));
    svg.text("label", (LEFT - 10.0, TOP - 10.0), "end", &format!("{} ↓", heat.rows.0));
    for (at, name) in columns.iter().enumerate() {
        let x = LEFT + CELL.0 * (at as f64 + 0.5);
        svg.text("tick", (x, TOP - 10.0), "middle", name);
    }
    for (at, name) in rows.iter().enumerate() {
        let y = TOP + CELL.1 * at as f64;
        svg.text("tick", (LEFT - 10.0, y + 21.0), "end", name);
        for (column, header) in columns.iter().enumerate() {
            let time = heat.cells.get(at).and_then(|row| row.get(column)).copied().flatten();
            let place = (LEFT + CELL.0 * column as f64, y);
            let tip = format!("{}={header} {}={name}", heat.columns.0, heat.rows.0);
            cell(&mut svg, place, time.filter(good), best, &tip);
        }
    }
    let (title, chart) = (escape(&heat.title), svg.finish(&heat.title));
    format!("<figure><figcaption>{title}</figcaption>\n{chart}</figure>\n")
}

/// One cell: a colour and the time over the best.
fn cell(svg: &mut Svg, at: (f64, f64), time: Option<f64>, best: f64, tip: &str) {
    let size = (CELL.0 - 2.0, CELL.1 - 2.0);
    let middle = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0 + 4.5);
    let Some(time) = time else {
        svg.rect("none", "", at, size, &format!("{tip}: no candidate"));
        return svg.text("tick", middle, "middle", "–");
    };
    let ratio = time / best;
    // A candidate twice as slow as the best keeps a tenth of the colour.
    let strength = (100.0 * (1.0 - 0.9 * (ratio - 1.0)).clamp(0.1, 1.0)).round();
    let style = format!("fill:color-mix(in srgb,var(--heat) {strength}%,var(--page))");
    svg.rect("cell", &style, at, size, &format!("{tip}: {time:.1} µs"));
    let class = if strength >= 70.0 { "strong" } else { "weak" };
    svg.text(class, middle, "middle", &format!("{ratio:.2}×"));
}
