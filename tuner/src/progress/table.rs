//! Tables for people.

/// Columns padded to their widest cell and separated by two spaces, one line a row. Columns of
/// which every cell below the heading begins with a digit or is `-` are aligned to the right.
/// Rows may be of different lengths.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let widths: Vec<usize> = (0..columns)
        .map(|of| cells(of).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let number = |cell: &String| cell == "-" || cell.starts_with(|c: char| c.is_ascii_digit());
    let right: Vec<bool> = (0..columns).map(|of| cells(of).skip(1).all(number)).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().enumerate().map(|(at, cell)| match right[at] && rows.len() > 1 {
            true => format!("{cell:>width$}", width = widths[at]),
            false => format!("{cell:<width$}", width = widths[at]),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
