//! Strings that end an answer.

/// Looks for stop strings in a text that comes in pieces, and holds back what may begin one.
#[derive(Clone, Debug, Default)]
pub(super) struct Stops {
    stops: Vec<Stop>,
    held: String,
}

#[derive(Clone, Debug)]
struct Stop {
    /// Its number in the request.
    index: usize,
    bytes: Vec<u8>,
    /// For each beginning, how long the longest shorter beginning is that also ends it (Knuth,
    /// Morris and Pratt).
    shorter: Vec<usize>,
    /// How many bytes of it the text ends with.
    matched: usize,
}

/// What a character leads to.
pub(super) enum Fed {
    /// Text that begins no stop string.
    Free(String),
    /// The text before a stop string, which is complete now; its number, and the string.
    Stopped(String, usize, String),
}

impl Stops {
    /// Empty strings stop nothing.
    pub(super) fn new(stops: &[String]) -> Self {
        let given = stops.iter().enumerate().filter(|(_, stop)| !stop.is_empty());
        let stops = given.map(|(index, stop)| Stop::new(index, stop.as_bytes())).collect();
        Self { stops, held: String::new() }
    }

    pub(super) fn push(&mut self, c: char) -> Fed {
        self.held.push(c);
        let mut utf8 = [0; 4];
        let bytes = c.encode_utf8(&mut utf8).as_bytes();
        for stop in &mut self.stops {
            bytes.iter().for_each(|byte| stop.step(*byte));
        }
        // Of strings that end here, the one that began first takes the most away.
        let complete = self.stops.iter().filter(|stop| stop.matched == stop.bytes.len());
        if let Some(stop) = complete.max_by_key(|stop| (stop.bytes.len(), usize::MAX - stop.index))
        {
            let (index, length) = (stop.index, stop.bytes.len());
            let text = self.held.split_off(self.held.len() - length);
            return Fed::Stopped(self.release(), index, text);
        }
        let keep = self.stops.iter().map(|stop| stop.matched).max().unwrap_or(0);
        let kept = self.held.split_off(self.held.len() - keep);
        Fed::Free(std::mem::replace(&mut self.held, kept))
    }

    /// What was held back; the search begins anew.
    pub(super) fn release(&mut self) -> String {
        self.stops.iter_mut().for_each(|stop| stop.matched = 0);
        std::mem::take(&mut self.held)
    }

    /// The number of the stop string that is this text.
    pub(super) fn named(&self, text: &str) -> Option<usize> {
        self.stops.iter().find(|stop| stop.bytes == text.as_bytes()).map(|stop| stop.index)
    }
}

impl Stop {
    fn new(index: usize, bytes: &[u8]) -> Self {
        let mut stop = Self { index, bytes: bytes.to_vec(), shorter: vec![0], matched: 0 };
        for byte in &bytes[1..] {
            stop.step(*byte);
            stop.shorter.push(stop.matched);
        }
        stop.matched = 0;
        stop
    }

    fn step(&mut self, byte: u8) {
        let next = |matched: usize| self.bytes.get(matched) == Some(&byte);
        let mut matched = self.matched;
        while matched > 0 && !next(matched) {
            matched = self.shorter[matched - 1];
        }
        self.matched = if next(matched) { matched + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text before the stop string that ends first, found the slow way.
    fn expected(text: &str, stops: &[String]) -> (String, Option<usize>) {
        for (end, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let ends = |s: &&String| !s.is_empty() && text[..end].ends_with(s.as_str());
            if let Some(stop) = stops.iter().rev().filter(ends).max_by_key(|s| s.len()) {
                let index = stops.iter().position(|other| other == stop);
                return (text[..end - stop.len()].to_owned(), index);
            }
        }
        (text.to_owned(), None)
    }

    proptest! {
        #[test]
        fn the_first_stop_string_to_end_is_found_and_nothing_before_it_is_lost(
            text in "[ab<é]{0,40}", stops in prop::collection::vec("[ab<é]{0,5}", 0..4),
        ) {
            let (mut search, mut out, mut stopped) = (Stops::new(&stops), String::new(), None);
            for c in text.chars() {
                match search.push(c) {
                    Fed::Free(text) => out += &text,
                    Fed::Stopped(text, index, _) => {
                        out += &text;
                        stopped = Some(index);
                        break;
                    }
                }
            }
            if stopped.is_none() {
                out += &search.release();
            }
            prop_assert_eq!((out, stopped), expected(&text, &stops));
        }
    }

    #[test]
    fn only_what_may_begin_a_stop_string_is_held_back() {
        let mut search = Stops::new(&["STOP".into()]);
        let fed: Vec<String> = "aSTxS"
            .chars()
            .map(|c| match search.push(c) {
                Fed::Free(text) => text,
                Fed::Stopped(..) => panic!("no stop string is complete"),
            })
            .collect();
        assert_eq!(fed, ["a", "", "", "STx", ""]);
        assert_eq!(search.release(), "S");
    }
}
