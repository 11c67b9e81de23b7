//! Inputs whose numbers say where other numbers lie: random ones would point anywhere.

use kiln_cache::vocabulary::Dims;

/// The numbers of such an input, as a model would hand them over: one text after the other, each
/// with as many rows, its past filling the cache. `None` for inputs that may hold anything.
pub(super) fn structured(name: &str, dims: &Dims) -> Option<Vec<i32>> {
    let size = |dim: &str| dims.get(dim).copied().unwrap_or(1);
    let (rows, texts) = (size("m"), size("b").max(1));
    let first = |text: u64| text * rows / texts;
    let numbers: Vec<u64> = match name {
        "segments" | "old_segments" => {
            let places = size("c") / texts;
            let row = |text: u64| {
                let own = first(text + 1) - first(text);
                let past = if dims.contains_key("t") { places.saturating_sub(own) } else { 1 };
                [first(text), own, text % size("s"), past]
            };
            (0..texts).flat_map(row).collect()
        }
        "pages" => (0..texts * size("t")).map(|page| page % size("t")).collect(),
        "places" => (0..rows).map(|row| row % size("c")).collect(),
        _ => return None,
    };
    Some(numbers.into_iter().map(|number| i32::try_from(number).unwrap_or(i32::MAX)).collect())
}

#[cfg(test)]
mod tests {
    use super::structured;

    #[test]
    fn segments_share_the_rows_and_pages_lie_inside_the_cache() {
        let dims = [("m", 5), ("b", 2), ("t", 4), ("c", 64), ("s", 3)];
        let dims = dims.into_iter().map(|(dim, size)| (dim.to_owned(), size)).collect();
        let segments = structured("segments", &dims).expect("segments have structure");
        assert_eq!(segments, [0, 2, 0, 30, 2, 3, 1, 29]);
        let pages = structured("pages", &dims).expect("pages have structure");
        assert!(pages.len() == 8 && pages.iter().all(|page| (0..4).contains(page)));
        assert_eq!(structured("places", &dims), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(structured("x", &dims), None);
    }
}
