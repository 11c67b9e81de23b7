//! Foreign texts inside messages of one line.

/// Most characters of a foreign text that a message repeats.
const SHOWN: usize = 120;

/// A name from a file, in quotes, without control characters, shortened in the middle.
pub(super) fn quoted(name: &str) -> String {
    format!("'{}'", reason(name))
}

/// A text from elsewhere, without control characters, shortened in the middle.
pub(super) fn reason(text: &str) -> String {
    let plain: Vec<char> = text.chars().flat_map(|c| c.escape_debug()).collect();
    if plain.len() <= SHOWN {
        return plain.into_iter().collect();
    }
    let (head, tail) = (&plain[..SHOWN / 2], &plain[plain.len() - SHOWN / 2..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_are_quoted_shortened_and_kept_on_one_line() {
        assert_eq!(quoted("a.weight"), "'a.weight'");
        assert_eq!(quoted("a\n\u{1b}"), "'a\\n\\u{1b}'");
        let long = quoted(&"é".repeat(5000));
        assert_eq!(long.chars().count(), SHOWN + 3);
    }
}
