//! The largest numbers of rows.

use super::arrays::Launch;

/// Of numbers with their places, the largest first and the lowest place of equal ones; nothing
/// where one is not a number.
fn ordered(numbers: &[(f64, f64)]) -> Option<Vec<(f64, f64)>> {
    if numbers.iter().any(|(number, _)| number.is_nan()) {
        return None;
    }
    let mut order: Vec<_> = numbers.iter().copied().filter(|(_, place)| *place >= 0.0).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    Some(order)
}

/// A row's numbers, with their columns for places.
fn columns(row: &[f64]) -> Vec<(f64, f64)> {
    row.iter().enumerate().map(|(column, number)| (*number, column as f64)).collect()
}

/// The `count` first of some numbers.
fn first(numbers: &[(f64, f64)], count: usize) -> Vec<(f64, f64)> {
    let Some(order) = ordered(numbers) else {
        return vec![(f64::NAN, -1.0); count];
    };
    let missing = std::iter::repeat((f64::NEG_INFINITY, -1.0));
    order.into_iter().chain(missing).take(count).collect()
}

pub(super) fn argmax(launch: &mut Launch<'_>) {
    let mut y = launch.take("y");
    for row in 0..launch.size("m") {
        let found = first(&columns(launch.input("x").row(row)), 1);
        y.row_mut(row)[0] = found[0].1;
    }
    launch.put("y", y);
}

pub(super) fn top_k_split(launch: &mut Launch<'_>) {
    let [rows, spans, span, count] = ["m", "w", "span", "count"].map(|size| launch.size(size));
    let of_row = |row: usize| {
        let numbers = columns(launch.input("x").row(row));
        let of_span = |at: usize| {
            let [from, to] = [at, at + 1].map(|end| (end * span).min(numbers.len()));
            first(&numbers[from..to], count)
        };
        (0..spans).flat_map(of_span).collect()
    };
    let found: Vec<_> = (0..rows).map(of_row).collect();
    write(launch, &found);
}

pub(super) fn top_k_merge(launch: &mut Launch<'_>) {
    let of_row = |row: usize| {
        let [values, places] = ["found", "found_places"].map(|of| launch.input(of).row(row));
        let numbers: Vec<_> = values.iter().copied().zip(places.iter().copied()).collect();
        first(&numbers, launch.size("count"))
    };
    let found: Vec<_> = (0..launch.size("m")).map(of_row).collect();
    write(launch, &found);
}

/// Writes what was found in each row.
fn write(launch: &mut Launch<'_>, found: &[Vec<(f64, f64)>]) {
    let (mut values, mut places) = (launch.take("values"), launch.take("places"));
    for (row, found) in found.iter().enumerate() {
        for (at, (value, place)) in found.iter().enumerate() {
            values.row_mut(row)[at] = *value;
            places.row_mut(row)[at] = *place;
        }
    }
    launch.put("values", values);
    launch.put("places", places);
}
