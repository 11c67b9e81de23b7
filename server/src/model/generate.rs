//! `kiln generate`: one text, written to its end.

use std::time::Instant;

use anyhow::bail;
use kiln_runtime::engine::{Ended, Event, Generator, Request};
use kiln_runtime::plan::Limits;
use kiln_runtime::speculate::{Speculation, Tally};
use serde::Serialize;

use super::arguments::{Generate, Guesses, Spec};
use super::open::{Guesser, Who, open};
use super::pace::Pace;
use super::stats::Stats;
use super::text::{Stream, Words, stops};
use crate::Found;
use crate::output::{note, print, print_json};

/// What was written.
#[derive(Serialize)]
struct Written {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    /// Absent where the checkpoint has no tokenizer.
    text: Option<String>,
    /// `stop` or `length`.
    ended: &'static str,
    seconds_to_first_token: f64,
    tokens_per_second: Option<f64>,
    /// Absent unless it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
    /// What was guessed; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    guesses: Option<Guessed>,
}

/// What came of guesses.
#[derive(Serialize)]
struct Guessed {
    cycles: u64,
    guessed: u64,
    tokens_per_cycle: f64,
    /// Share of guesses that were accepted, by their place, where those before were.
    acceptance: Vec<f64>,
}

impl Guessed {
    /// `None` before the first cycle.
    fn of(tally: &Tally) -> Option<Self> {
        Some(Self {
            cycles: tally.cycles,
            guessed: tally.guessed,
            tokens_per_cycle: tally.tokens_per_cycle()?,
            acceptance: tally.acceptance(),
        })
    }

    fn line(&self) -> String {
        let places: Vec<String> =
            self.acceptance.iter().map(|share| format!("{:.0}", 100.0 * share)).collect();
        format!(
            "{} cycles of {:.2} tokens; % accepted by place: {}",
            self.cycles,
            self.tokens_per_cycle,
            places.join(" ")
        )
    }
}

/// Writes a text.
pub(crate) fn generate(arguments: &Generate) -> anyhow::Result<Found> {
    let words = Words::open(&arguments.model.model)?;
    let prompt = match (&arguments.prompt, &words) {
        (None, _) => arguments.tokens.clone(),
        (Some(text), Some(words)) => words.tokens(text)?,
        (Some(_), None) => {
            let model = arguments.model.model.display();
            bail!("{model} has no tokenizer.json; give the prompt as --tokens 1,2,3")
        }
    };
    if prompt.is_empty() {
        bail!("the prompt has no tokens; a text begins with at least one");
    }
    let needed = prompt.len() as u64 + arguments.max_tokens;
    let context = arguments.context.unwrap_or(needed);
    let limits = Limits { chunk: arguments.model.chunk, ..Limits::single(context) };
    let guesser = guesser(&arguments.guesses)?;
    let (engine, checkpoint, opening) = open(&arguments.model, guesser, limits)?;
    let mut ends = stops(&arguments.model.model, &checkpoint.config().end_tokens)?;
    ends.extend(&arguments.stop);
    let request = Request {
        prompt: prompt.clone(),
        sampling: arguments.sampling.sampling(),
        most: usize::try_from(arguments.max_tokens).unwrap_or(usize::MAX),
        stops: ends,
        ..Request::default()
    };
    let mut generator = match guesser {
        Some(_) => {
            let speculation = Speculation::drafter(arguments.guesses.spec_tokens);
            Generator::speculating(engine, speculation)?
        }
        None => Generator::new(engine),
    };
    let (mut written, pace) = write(arguments, &mut generator, request, words.as_ref())?;
    if arguments.stats {
        written.stats = Some(Stats::take(generator.engine(), &checkpoint, &opening, &pace));
    }
    if arguments.model.json {
        print_json(&written)?;
    } else {
        let rate = written.tokens_per_second.map(|rate| format!(", {rate:.2} tokens/s"));
        note(&format!(
            "{} tokens, first after {:.2} s{}",
            written.tokens.len(),
            written.seconds_to_first_token,
            rate.unwrap_or_default()
        ));
        written.stats.iter().for_each(Stats::say);
        if let Some(guesses) = &written.guesses {
            note(&guesses.line());
        }
    }
    Ok(Found::Nothing)
}

/// Who is to guess; none where nobody is.
fn guesser(guesses: &Guesses) -> anyhow::Result<Option<Guesser<'_>>> {
    let (precision, head) = (guesses.drafter_quant, guesses.draft_head);
    let who = match (guesses.spec, &guesses.drafter) {
        (None, None) if head.is_some() => {
            bail!("--draft-head needs somebody who guesses: --drafter DIR or --spec mtp")
        }
        (Some(Spec::Off), _) | (None, None) => return Ok(None),
        (Some(Spec::Mtp), None) => Who::Head,
        (Some(Spec::Mtp), Some(_)) => bail!("--spec mtp guesses without --drafter"),
        (_, Some(directory)) => Who::Drafter { directory, precision },
        (Some(Spec::Dflash), None) => bail!("--spec dflash needs --drafter DIR"),
    };
    Ok(Some(Guesser { who, head }))
}

fn write(
    arguments: &Generate,
    generator: &mut Generator,
    request: Request,
    words: Option<&Words>,
) -> anyhow::Result<(Written, Pace)> {
    let quiet = arguments.model.json;
    let mut written = Written {
        prompt: request.prompt.clone(),
        tokens: Vec::new(),
        text: None,
        ended: "length",
        seconds_to_first_token: 0.0,
        tokens_per_second: None,
        stats: None,
        guesses: None,
    };
    let mut stream = words.map(Stream::new);
    let started = Instant::now();
    let modelled = generator.engine().device().describe().modelled;
    let measured = arguments.stats && !modelled;
    let mut pace = Pace::new(request.prompt.len() + 1, request.most, measured);
    generator.add(request)?;
    while !generator.is_idle() {
        let (begun, held) = (Instant::now(), written.tokens.len());
        for event in generator.step()? {
            let next = match event {
                Event::Written(next) => next,
                Event::Begun(..) | Event::Guessed { .. } => continue,
                Event::Failed(_, why) => bail!("the text cannot go on: {why}"),
            };
            if next.ended == Some(Ended::Stop) {
                written.ended = "stop";
                continue;
            }
            written.tokens.push(next.token);
            if !quiet {
                print(&match &mut stream {
                    Some(stream) => stream.push(next.token)?,
                    None => format!("{} ", next.token),
                })?;
            }
        }
        match (held, written.tokens.len()) {
            (0, 0) => {}
            (0, _) => {
                written.seconds_to_first_token = started.elapsed().as_secs_f64();
                pace.begin(generator)?;
            }
            (held, now) => pace.step(generator, begun.elapsed(), now - held)?,
        }
    }
    if !quiet {
        print("\n")?;
    }
    written.text = words.map(|words| words.text(&written.tokens)).transpose()?;
    written.guesses = generator.tally().and_then(Guessed::of);
    written.tokens_per_second = pace.tokens_per_second();
    Ok((written, pace))
}
