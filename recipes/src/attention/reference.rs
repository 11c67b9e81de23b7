//! What attention means, with plain loops; and the inputs on which it is tried.

use super::Layer;
use super::segments::{pages, segments, size};
use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

/// The keys of its past that a row looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    /// All.
    All,
    /// Those from one position below another.
    Range(usize, usize),
}

/// Results of all rows and heads.
pub(super) struct Attended {
    /// `[m, heads * head]`, zeros where nothing is seen.
    pub(super) out: Matrix,
    /// `[m, heads]`: base-2 logarithms of the sums of weights.
    pub(super) weight: Matrix,
}

/// The row's sequence, and the keys that it sees: from one position below another.
fn owners(layer: &Layer, host: &Host) -> Vec<(usize, (usize, usize))> {
    let segments = host.input("segments");
    let mut owners = vec![(0, (0, 0)); host.dim("m")];
    for b in 0..host.dim("b") {
        let [first, rows, past] = [0, 1, 3].map(|column| segments[[b, column]] as usize);
        for row in 0..rows {
            owners[first + row] = (b, layer.sight.range(past + row, past + rows));
        }
    }
    owners
}

/// Attention of every row, over the keys of its past that `seen` names.
///
/// Where magnitudes are asked for: an error of one rounding in each product of a score moves the
/// score by at most that share of `R = scale * sum |q| |k|`, and so each weight, and their sum. A
/// result is a mean of values, which moves by at most `2 R max |v|` of it, however large that is.
pub(super) fn attend(layer: &Layer, host: &Host, seen: Seen) -> Attended {
    let [q, keys] = ["q", "keys"].map(|name| host.number(name));
    let (values, pages) = (host.input("values"), host.input("pages"));
    let (head, page) = (layer.head as usize, layer.page as usize);
    let owners = owners(layer, host);
    let (rows, heads) = (host.dim("m"), layer.heads as usize);
    let bounding = host.is_bounding();
    let nothing = if bounding { 1e30 } else { -1e30 };
    let mut out = Matrix::from_fn(rows, heads * head, |_| 0.0);
    let mut weight = Matrix::from_fn(rows, heads, |_| nothing);
    let scale = (head as f64).powf(-0.5) * std::f64::consts::LOG2_E;
    let most = layer.largest_query().unwrap_or(f64::INFINITY);
    for (m, h) in (0..rows).flat_map(|m| (0..heads).map(move |h| (m, h))) {
        let (b, (first, end)) = owners[m];
        let (from, end) = match seen {
            Seen::All => (first, end),
            Seen::Range(from, to) => (from.max(first), end.min(to)),
        };
        let place = |at: usize| {
            let number = pages[[b, at / page]] as usize * layer.kv_heads as usize;
            (number + h / layer.group() as usize) * page + at % page
        };
        let places: Vec<usize> = (from..end).map(place).collect();
        let query = &q.data[(m * heads + h) * head..][..head];
        let products = |row: &usize| {
            let key = &keys.data[row * head..][..head];
            query.iter().zip(key).map(move |(q, k)| q.clamp(-most, most) * k * scale)
        };
        let scores: Vec<f64> = places.iter().map(|row| products(row).sum()).collect();
        let Some(peak) = scores.iter().copied().reduce(f64::max) else { continue };
        let weights: Vec<f64> = scores.iter().map(|score| (score - peak).exp2()).collect();
        let norm: f64 = weights.iter().sum();
        let reach = |row: &usize| products(row).map(f64::abs).sum::<f64>();
        let reach = if bounding { places.iter().map(reach).fold(0.0, f64::max) } else { 0.0 };
        for c in 0..head {
            let terms = weights.iter().zip(&places).map(|(w, row)| w * values[[*row, c]]);
            let largest = || places.iter().map(|row| values[[*row, c]]).fold(0.0, f64::max);
            let moved = if bounding { 2.0 * reach * largest() } else { 0.0 };
            out.data[(m * heads + h) * head + c] = terms.sum::<f64>() / norm + moved;
        }
        let log = peak + norm.log2();
        weight.data[m * heads + h] = if bounding { log.abs() + 2.0 * reach + 1.0 } else { log };
    }
    Attended { out, weight }
}

/// Fills `y` with results times the gates' sigmoids.
pub(super) fn gated(layer: &Layer, host: &mut Host, attended: Attended) {
    gated_rows(layer, host, &attended.out);
}

/// As [`gated`], of a matrix of results.
pub(super) fn gated_rows(layer: &Layer, host: &mut Host, out: &Matrix) {
    let (qkv, head, layer) = (host.number("qkv"), layer.head as usize, *layer);
    host.fill("y", |[m, col]| {
        let gate = |gate: f64| 1.0 / (1.0 + (-gate).exp());
        let at = (2 * (col / head) + 1) * head + col % head;
        out[[m, col]] * if layer.gated { gate(qkv[[m, at]]) } else { 1.0 }
    });
}

/// Makes a past that holds all rows, and a cache that holds the pasts.
pub(super) fn fit(layer: &Layer, dims: &mut Sizes) {
    let page = u64::from(layer.page);
    let room = size(dims, "t").min(5).max(size(dims, "m").div_ceil(page));
    dims.insert("t".into(), room);
    let cache = size(dims, "c").next_multiple_of(page).min(8 * page);
    dims.insert("c".into(), cache);
    fit_columns(layer, dims);
}

/// Leaves `qkv` at most as many columns again as it needs.
pub(super) fn fit_columns(layer: &Layer, dims: &mut Sizes) {
    let columns = u64::from(layer.columns());
    if let Some(n) = dims.get_mut("n") {
        *n = (*n).min(2 * columns);
    }
}

/// The structured inputs.
pub(super) fn integers(layer: &Layer, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
    let [m, b, t, c] = ["m", "b", "t", "c"].map(|name| size(dims, name));
    let page = u64::from(layer.page);
    match input {
        "segments" => Some(segments(m, b, t * page, pick)),
        "pages" => Some(pages(b, t, c / page, pick)),
        _ => None,
    }
}
