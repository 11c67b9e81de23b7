//! A Rust file as its code alone: comments and literals blanked, lines kept.
//!
//! * Every byte that belongs to a comment, a string or a character literal becomes a space, except
//!   that line breaks stay, so that offsets and line numbers still hold.
//! * Raw strings with any number of `#`, nested block comments and lifetimes are told apart.
//! * This is a lexer for asking "does the code use this word", not a parser.

/// What to blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Code only.
    Code,
    /// Code and string literals; only comments go.
    CodeAndStrings,
}

/// `source` with comments, and unless kept also literals, turned to spaces.
pub fn blank(source: &str, keep: Keep) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (end, is_comment) = token_end(bytes, at);
        if end > at && (is_comment || keep == Keep::Code) {
            blank_range(&mut out[at..end]);
        }
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Line number and word of each identifier in already blanked code, in order.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(move |word| (index + 1, word))
    })
}

fn blank_range(range: &mut [u8]) {
    for byte in range.iter_mut().filter(|b| **b != b'\n') {
        *byte = b' ';
    }
}

/// The end of the comment or literal that starts at `at`, or `at` itself where neither does; and
/// whether it is a comment.
fn token_end(bytes: &[u8], at: usize) -> (usize, bool) {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => (at + find(rest, b"\n").unwrap_or(rest.len()), true),
        [b'/', b'*', ..] => (at + block_comment(rest), true),
        [b'"', ..] => (at + quoted(rest, b'"'), false),
        [b'\'', ..] => (at + character(rest), false),
        [b'r', ..] if !in_word(bytes, at) => (at + raw_string(rest), false),
        [b'b', b'r', ..] if !in_word(bytes, at) => {
            let length = raw_string(&rest[1..]);
            (if length > 0 { at + 1 + length } else { at }, false)
        }
        _ => (at, false),
    }
}

fn in_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal's length; 0 for a lifetime, which is a quote with no quote after it.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', ..] => quoted(rest, b'\''),
        _ => {
            let text = String::from_utf8_lossy(&rest[1..rest.len().min(8)]);
            let width = text.chars().next().map_or(0, char::len_utf8);
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 0 }
        }
    }
}

/// The length of `r"…"` or `r#"…"#`; 0 where `rest` starts no raw string.
fn raw_string(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = 2 + hashes;
    find(&rest[body..], &close).map_or(rest.len(), |end| body + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_words(source: &str) -> Vec<String> {
        words(&blank(source, Keep::Code)).map(|(_, word)| word.to_owned()).collect()
    }

    #[test]
    fn comments_and_literals_vanish_and_code_stays() {
        let source = "let a /* b /* c */ d */ = \"e\\\" f\"; // g\nlet h = 'i'; let j: &'k str;";
        assert_eq!(code_words(source), ["let", "a", "let", "h", "let", "j", "k", "str"]);
    }

    #[test]
    fn raw_strings_end_at_their_own_number_of_hashes() {
        let source = "let a = r#\"b \" c\"#; let d = br\"e\"; let for_r = r\"f\\\"; g";
        assert_eq!(code_words(source), ["let", "a", "let", "d", "let", "for_r", "g"]);
    }

    #[test]
    fn quote_characters_do_not_open_strings() {
        assert_eq!(code_words("x('\"', '\\'', b'\"', 'é') y"), ["x", "b", "y"]);
    }

    #[test]
    fn line_numbers_survive_blanking() {
        let code = blank("/* one\n two */ three \"four\nfive\" six", Keep::Code);
        assert_eq!(words(&code).collect::<Vec<_>>(), [(2, "three"), (3, "six")]);
    }

    #[test]
    fn strings_stay_when_they_are_kept() {
        assert_eq!(blank("a // b\n\"c // d\"", Keep::CodeAndStrings), "a     \n\"c // d\"");
    }

    #[test]
    fn an_unterminated_literal_blanks_to_the_end_without_a_panic() {
        for source in ["\"a", "r#\"a", "/* a", "'\\", "r", "br", "b", "'", "\"\\"] {
            blank(source, Keep::Code);
        }
    }
}
