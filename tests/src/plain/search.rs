//! The largest numbers of rows.

use super::arrays::Launch;

/// Columns of a row, those of the largest numbers first and the lowest of equal ones; none where
/// something is not a number.
fn ordered(row: &[f64]) -> Vec<usize> {
    if row.iter().any(|number| number.is_nan()) {
        return Vec::new();
    }
    let mut columns: Vec<usize> = (0..row.len()).collect();
    columns.sort_by(|a, b| row[*b].total_cmp(&row[*a]).then(a.cmp(b)));
    columns
}

pub(super) fn argmax(launch: &mut Launch<'_>) {
    let mut y = launch.take("y");
    for row in 0..launch.size("m") {
        let found = ordered(launch.input("x").row(row));
        y.row_mut(row)[0] = found.first().map_or(-1.0, |column| *column as f64);
    }
    launch.put("y", y);
}

pub(super) fn top_k(launch: &mut Launch<'_>) {
    let (mut values, mut places) = (launch.take("values"), launch.take("places"));
    for row in 0..launch.size("m") {
        let x = launch.input("x").row(row);
        let found = ordered(x);
        for at in 0..launch.size("count") {
            let column = found.get(at).copied();
            let missing = if found.is_empty() { f64::NAN } else { f64::NEG_INFINITY };
            values.row_mut(row)[at] = column.map_or(missing, |column| x[column]);
            places.row_mut(row)[at] = column.map_or(-1.0, |column| column as f64);
        }
    }
    launch.put("values", values);
    launch.put("places", places);
}
