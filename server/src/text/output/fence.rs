//! Fenced code in Markdown, inside which markup is an example and not meant.

/// Follows the fences of a text (CommonMark 0.31, section 4.5).
#[derive(Clone, Debug, Default)]
pub(super) struct Fence {
    /// The sign and the length of the fence that is open.
    open: Option<(char, usize)>,
    line: Line,
}

/// What the line began with so far.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// Up to three blanks.
    Indent(usize),
    /// A run of one sign.
    Run(char, usize),
    /// A run, and other signs after it; whether all of them are blanks.
    After(char, usize, bool),
    /// Anything else.
    Text,
}

impl Default for Line {
    fn default() -> Self {
        Self::Indent(0)
    }
}

impl Fence {
    /// Whether the text that follows is inside a fence, or on the line that opens one.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some() || matches!(self.line, Line::Run(_, 3..) | Line::After(_, 3.., _))
    }

    pub(super) fn push(&mut self, c: char) {
        self.line = match (self.line, c) {
            (line, '\n') => {
                self.end(line);
                Line::default()
            }
            (Line::Indent(blanks @ 0..3), ' ') => Line::Indent(blanks + 1),
            (Line::Indent(_), '`' | '~') => Line::Run(c, 1),
            (Line::Run(sign, length), _) if c == sign => Line::Run(sign, length + 1),
            (Line::Run(sign, length), _) => Line::After(sign, length, c.is_whitespace()),
            // What follows backticks and has one itself is code within a line.
            (Line::After('`', ..), '`') => Line::Text,
            (Line::After(sign, length, blank), _) => {
                Line::After(sign, length, blank && c.is_whitespace())
            }
            (Line::Indent(_) | Line::Text, _) => Line::Text,
        };
    }

    fn end(&mut self, line: Line) {
        let (sign, length, blank) = match line {
            Line::Run(sign, length) => (sign, length, true),
            Line::After(sign, length, blank) => (sign, length, blank),
            Line::Indent(_) | Line::Text => return,
        };
        self.open = match self.open {
            None if length >= 3 => Some((sign, length)),
            Some((by, least)) if by == sign && length >= least && blank => None,
            unchanged => unchanged,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Fence;

    #[test]
    fn fences_open_and_close_as_commonmark_says() {
        let cases = [
            ("", false),
            ("```", true),
            ("```\n", true),
            ("```xml\ncode", true),
            ("```\ncode\n```\n", false),
            ("```\ncode\n``\n", true),
            ("````\n```\n", true),
            ("````\n`````  \n", false),
            ("~~~\n```\n", true),
            ("~~~ a ` b\n", true),
            ("``` a ` b\n", false),
            ("   ```\n", true),
            ("    ```\n", false),
            ("a ```\n", false),
            ("```\n``` not the end\n", true),
            ("`a`\n", false),
        ];
        for (text, expect) in cases {
            let mut fence = Fence::default();
            text.chars().for_each(|c| fence.push(c));
            assert_eq!(fence.is_open(), expect, "{text:?}");
        }
    }
}
