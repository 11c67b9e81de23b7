//! Steps of a model that are benched, and the batches of which they consist.

use std::fmt;
use std::str::FromStr;

use kiln_cache::operations::DECODE_ROWS;
use kiln_runtime::plan::{Batch, Half, Pass, Segment};
use serde::{Serialize, Serializer};

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    /// A prompt of so many tokens, to the logits after its last one.
    Prefill {
        /// Tokens.
        tokens: u64,
    },
    /// The next token of each of some texts.
    Decode {
        /// Texts.
        texts: u64,
        /// Tokens of each text before it.
        past: u64,
    },
    /// Tokens of one text at once, all of which are accepted.
    Verify {
        /// Tokens.
        rows: u64,
        /// Tokens before them.
        past: u64,
    },
    /// Guesses at one text after as many: drafted, verified and accepted.
    Cycle {
        /// Tokens that are guessed.
        guesses: u64,
        /// Tokens before the last known one.
        past: u64,
    },
}

/// Who guesses what follows a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guesser {
    /// Nobody.
    Nobody,
    /// A drafter, a block at once.
    Drafter,
    /// The model's own prediction head, one token after another.
    Head,
}

/// How texts are cut into passes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Tokens of a chunk.
    pub(super) chunk: u64,
    /// Tokens of a page.
    pub(super) page: u64,
    /// Who guesses.
    pub(super) guesser: Guesser,
    /// Whether states move on while the next rows are verified.
    pub(super) follows: bool,
}

impl Point {
    /// Texts, and tokens of each in the end.
    pub(super) fn extent(&self) -> [u64; 2] {
        match *self {
            Self::Prefill { tokens } => [1, tokens],
            Self::Decode { texts, past } => [texts, before(past) + 1],
            Self::Verify { rows, past } => [1, before(past) + rows],
            Self::Cycle { guesses, past } => [1, before(past) + guesses + 1],
        }
    }

    /// Tokens that are computed.
    pub(super) fn tokens(&self) -> u64 {
        match *self {
            Self::Prefill { tokens } => tokens,
            Self::Decode { texts: rows, .. } | Self::Verify { rows, .. } => rows,
            Self::Cycle { guesses, .. } => guesses + 1,
        }
    }

    /// The passes, cut as the engine cuts texts; the context of who guesses follows each pass of the
    /// model.
    pub(super) fn passes(&self, cut: Cut) -> Vec<(Pass, Batch)> {
        let guesser = cut.guesser;
        let model =
            |pass: Pass| matches!(pass, Pass::Decode | Pass::Prefill) || pass.keeps().is_some();
        let with_context = |(pass, batch): (Pass, Batch)| {
            let context = guesser != Guesser::Nobody && model(pass);
            let context = context.then(|| (Pass::Context, batch.clone()));
            [(pass, batch)].into_iter().chain(context)
        };
        self.own_passes(cut).into_iter().flat_map(with_context).collect()
    }

    fn own_passes(&self, Cut { chunk, page, guesser, follows }: Cut) -> Vec<(Pass, Batch)> {
        let committing = [Pass::Histories, Pass::Commit(Half::First)];
        let verifying = [Pass::Verify, Pass::Head, Pass::Largest];
        let one = |segment: Segment| Batch { segments: vec![segment] };
        match *self {
            Self::Prefill { tokens } => {
                let cut = |start: u64| {
                    let rows = chunk.min(tokens - start);
                    let large = rows > DECODE_ROWS;
                    let pass = if large { Pass::Prefill } else { Pass::Decode };
                    (pass, one(segment(0, start, rows, page)))
                };
                let mut passes: Vec<_> = (0..tokens).step_by(chunk as usize).map(cut).collect();
                let last = one(segment(0, tokens - 1, 1, page));
                passes.extend([Pass::Head, Pass::Largest].map(|pass| (pass, last.clone())));
                passes
            }
            Self::Decode { texts, past } => {
                let next = |text| segment(text, before(past), 1, page);
                let batch = Batch { segments: (0..texts).map(next).collect() };
                let passes = [Pass::Decode, Pass::Head, Pass::Largest];
                passes.map(|pass| (pass, batch.clone())).into()
            }
            Self::Verify { rows, past } => {
                let batch = one(segment(0, before(past), rows, page));
                let passes = verifying.into_iter().chain(committing);
                passes.map(|pass| (pass, batch.clone())).collect()
            }
            Self::Cycle { guesses, past } => {
                let batch = one(segment(0, before(past), guesses + 1, page));
                let following =
                    [Pass::Follow(Half::First), Pass::Head, Pass::Largest, Pass::Histories];
                let verifying: Vec<Pass> = match follows {
                    true => following.into(),
                    false => verifying.into_iter().chain(committing).collect(),
                };
                let verifying = verifying.into_iter().map(|pass| (pass, batch.clone()));
                let drafting: Vec<(Pass, Batch)> = match guesser {
                    Guesser::Head => (0..guesses)
                        .flat_map(|step| {
                            let pass = if step == 0 { Pass::Draft } else { Pass::Chain };
                            let batch = one(segment(0, before(past) + step, 1, page));
                            [(pass, batch.clone()), (Pass::Largest, batch)]
                        })
                        .collect(),
                    _ => [Pass::Draft, Pass::Largest].map(|pass| (pass, batch.clone())).into(),
                };
                drafting.into_iter().chain(verifying).collect()
            }
        }
    }
}

/// A text that is being written has at least one token.
fn before(past: u64) -> u64 {
    past.max(1)
}

/// Rows of a text whose pages follow those of the texts before it.
fn segment(text: u64, past: u64, rows: u64, page: u64) -> Segment {
    let each = (past + rows).div_ceil(page);
    let positions = (past..past + rows).map(|at| [at as u32; 3]);
    let pages = (text * each..(text + 1) * each).map(|page| page as u32);
    Segment {
        tokens: vec![0; rows as usize],
        positions: positions.collect(),
        past,
        slot: text,
        pages: pages.collect(),
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefill { tokens } => write!(f, "prefill@{tokens}"),
            Self::Decode { texts, past } => write!(f, "decode{texts}@{past}"),
            Self::Verify { rows, past } => write!(f, "verify{rows}@{past}"),
            Self::Cycle { guesses, past } => write!(f, "cycle{guesses}@{past}"),
        }
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fail = || {
            format!(
                "'{text}' is no step; expected prefill@TOKENS, decodeM@PAST or verifyM@PAST with \
                 M from 1 to {DECODE_ROWS}, or cycleM@PAST with less"
            )
        };
        let (what, at) = text.split_once('@').ok_or_else(fail)?;
        let at: u64 = at.parse().map_err(|_| fail())?;
        let rows = |name: &str| {
            let rows = what.strip_prefix(name)?.parse().ok()?;
            (1..=DECODE_ROWS).contains(&rows).then_some(rows)
        };
        match (what, rows("decode"), rows("verify")) {
            _ if rows("cycle").is_some_and(|guesses| guesses < DECODE_ROWS) => {
                Ok(Self::Cycle { guesses: rows("cycle").unwrap_or(1), past: at })
            }
            ("prefill", ..) if at > 0 => Ok(Self::Prefill { tokens: at }),
            (_, Some(texts), _) => Ok(Self::Decode { texts, past: at }),
            (_, _, Some(rows)) => Ok(Self::Verify { rows, past: at }),
            _ => Err(fail()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(guesser: Guesser) -> Cut {
        Cut { chunk: 64, page: 16, guesser, follows: true }
    }

    #[test]
    fn steps_read_as_they_are_written() {
        for text in ["prefill@2048", "decode8@0", "verify16@4096", "cycle31@0"] {
            assert_eq!(text.parse::<Point>().expect("a step").to_string(), text);
        }
        for text in
            ["prefill@0", "decode@1", "decode33@1", "verify0@1", "verify1", "x1@1", "cycle32@0"]
        {
            assert!(text.parse::<Point>().is_err(), "{text}");
        }
    }

    #[test]
    fn prompts_are_cut_at_multiples_of_the_chunk_and_small_ends_are_decoded() {
        let passes = Point::Prefill { tokens: 140 }.passes(cut(Guesser::Nobody));
        let of = |(pass, batch): &(Pass, Batch)| {
            let segment = &batch.segments[0];
            (*pass, batch.rows(), segment.past, segment.pages.len())
        };
        let found: Vec<_> = passes.iter().map(of).collect();
        let expected = [
            (Pass::Prefill, 64, 0, 4),
            (Pass::Prefill, 64, 64, 8),
            (Pass::Decode, 12, 128, 9),
            (Pass::Head, 1, 139, 9),
            (Pass::Largest, 1, 139, 9),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn texts_that_are_written_together_share_no_page_and_no_slot() {
        let passes = Point::Decode { texts: 3, past: 33 }.passes(cut(Guesser::Nobody));
        let (pass, batch) = &passes[0];
        assert_eq!(*pass, Pass::Decode);
        let pages: Vec<&[u32]> = batch.segments.iter().map(|of| &of.pages[..]).collect();
        assert_eq!(pages, [&[0, 1, 2][..], &[3, 4, 5], &[6, 7, 8]]);
        let slots: Vec<u64> = batch.segments.iter().map(|of| of.slot).collect();
        assert_eq!(slots, [0, 1, 2]);
        assert_eq!(Point::Decode { texts: 3, past: 33 }.extent(), [3, 34]);
        assert_eq!(Point::Verify { rows: 4, past: 0 }.extent(), [1, 5]);
    }

    #[test]
    fn a_cycle_drafts_first_and_contexts_follow_passes_of_the_model() {
        let passes = Point::Cycle { guesses: 8, past: 100 }.passes(cut(Guesser::Drafter));
        let found = |passes: &[(Pass, Batch)]| -> Vec<(Pass, u64)> {
            passes.iter().map(|(pass, batch)| (*pass, batch.rows())).collect()
        };
        let order = [
            Pass::Draft,
            Pass::Largest,
            Pass::Follow(Half::First),
            Pass::Context,
            Pass::Head,
            Pass::Largest,
            Pass::Histories,
        ];
        assert_eq!(found(&passes), order.map(|pass| (pass, 9)));
        // Where the bundle cannot move states on in passing, it takes a pass of its own.
        let apart = Cut { follows: false, ..cut(Guesser::Drafter) };
        let passes = Point::Cycle { guesses: 8, past: 100 }.passes(apart);
        let more = [Pass::Histories, Pass::Commit(Half::First)];
        let order = [&order[..2], &[Pass::Verify], &order[3..6], &more].concat();
        let order: Vec<(Pass, u64)> = order.into_iter().map(|pass| (pass, 9)).collect();
        assert_eq!(found(&passes), order);
        let prefill = Point::Prefill { tokens: 64 }.passes(cut(Guesser::Drafter));
        assert_eq!(prefill[1].0, Pass::Context);
    }

    #[test]
    fn a_prediction_head_goes_on_from_each_of_its_guesses() {
        let passes = Point::Cycle { guesses: 3, past: 100 }.passes(cut(Guesser::Head));
        let found: Vec<(Pass, u64, u64)> = passes
            .iter()
            .filter(|(pass, _)| matches!(pass, Pass::Draft | Pass::Chain | Pass::Follow(_)))
            .map(|(pass, batch)| (*pass, batch.rows(), batch.segments[0].past))
            .collect();
        let steps = [(Pass::Draft, 1, 100), (Pass::Chain, 1, 101), (Pass::Chain, 1, 102)];
        assert_eq!(found, [&steps[..], &[(Pass::Follow(Half::First), 4, 100)]].concat());
    }
}
