//! Times the demo model with DFlash and without, interleaved prompt by prompt, and counts what its
//! drafter gets right with weights in BF16 and in bytes, and with smaller heads:
//! `cargo run --release -p kiln-tests --example spec_speed -- BUNDLE [PROMPTS [ROUNDS]]`.

#![allow(clippy::print_stdout, reason = "an example that reports to a terminal")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use kiln_cache::operations::Precision;
use kiln_runtime::engine::{Event, Generator, Request};
use kiln_runtime::plan::Limits;
use kiln_runtime::speculate::{Speculation, Tokens};
use kiln_tests::demo::{self, Guesser};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What guesses with which tokens a cycle are counted.
const GUESSERS: [(&str, Guesser); 4] = [
    ("BF16", Guesser::Bf16),
    ("INT8", Guesser::Int8),
    ("BF16 with an INT8 head", Guesser::SmallHead(Precision::Int8)),
    ("BF16 with an INT4 head", Guesser::SmallHead(Precision::Int4)),
];

/// Draft lengths of which the acceptance is counted.
const LENGTHS: [usize; 4] = [1, 4, 8, 15];

/// Most tokens of an answer.
const MOST: usize = 320;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let bundle = args.next().ok_or("usage: BUNDLE [PROMPTS [ROUNDS]]")?;
    let prompts: usize = args.next().map_or(Ok(200), |count| count.parse())?;
    let rounds: usize = args.next().map_or(Ok(5), |count| count.parse())?;
    let bundle = Path::new(&bundle);
    let mut requests = demo::greedy(&demo::tokens(&demo::prompts()), MOST);
    requests.truncate(prompts);
    println!("{}", machine());
    speed(bundle, &requests, rounds)?;
    acceptance(bundle, &requests)
}

/// The processor and how much of it others use.
fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let name = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or("an unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!("{name}, {cores} cores, {load} processes ready on average in the last minute")
}

fn generator(bundle: &Path, guesser: Guesser, tokens: Tokens) -> Result<Generator, Error> {
    let engine = demo::engine(bundle, guesser, Limits::single(1024));
    Ok(match guesser {
        Guesser::Nothing => Generator::new(engine),
        _ => Generator::speculating(engine, Speculation::drafter(tokens))?,
    })
}

/// Tokens after a text's first, and the seconds that they took.
#[derive(Clone, Copy, Default)]
struct Pace {
    tokens: usize,
    seconds: f64,
}

/// Writes one text to its end.
fn write(generator: &mut Generator, request: &Request) -> Result<(Vec<u32>, Pace), Error> {
    generator.add(request.clone())?;
    let mut text = Vec::new();
    let mut first = None;
    while !generator.is_idle() {
        let written = generator.step()?.into_iter().filter_map(Event::into_written);
        text.extend(written.map(|written| written.token));
        first = first.or_else(|| (!text.is_empty()).then(Instant::now));
    }
    let seconds = first.map_or(0.0, |first| first.elapsed().as_secs_f64());
    let tokens = text.len().saturating_sub(1);
    Ok((text, Pace { tokens, seconds }))
}

/// Plain writing and guessing take turns at every prompt; each round gives every arm a rate.
fn speed(bundle: &Path, requests: &[Request], rounds: usize) -> Result<(), Error> {
    let lengths = LENGTHS.map(Tokens::Fixed).into_iter().chain([Tokens::Auto]);
    let mut arms = vec![("plain".to_owned(), generator(bundle, Guesser::Nothing, Tokens::Auto)?)];
    for tokens in lengths {
        let name = match tokens {
            Tokens::Fixed(count) => format!("DFlash, {count} guesses"),
            Tokens::Auto => "DFlash, auto".to_owned(),
        };
        arms.push((name, generator(bundle, Guesser::Bf16, tokens)?));
    }
    let mut rates = vec![Vec::new(); arms.len()];
    for _ in 0..rounds {
        let mut sums = vec![Pace::default(); arms.len()];
        for request in requests {
            let mut plain = None;
            for ((name, generator), sum) in arms.iter_mut().zip(&mut sums) {
                let (text, pace) = write(generator, request)?;
                if plain.get_or_insert_with(|| text.clone()) != &text {
                    return Err(format!("{name} wrote another text").into());
                }
                *sum =
                    Pace { tokens: sum.tokens + pace.tokens, seconds: sum.seconds + pace.seconds };
            }
        }
        for (rates, sum) in rates.iter_mut().zip(&sums) {
            rates.push(sum.tokens as f64 / sum.seconds);
        }
    }
    println!(
        "{} prompts, one at a time, {rounds} rounds; tokens/s after the first token",
        requests.len()
    );
    let plain = rates[0].clone();
    for ((name, _), rates) in arms.iter().zip(&rates) {
        let gains = rates.iter().zip(&plain).map(|(rate, plain)| rate / plain).collect();
        println!("  {name:<20}{}, {} of plain", spread(rates.clone(), 0), spread(gains, 2));
    }
    Ok(())
}

/// Median, least and largest.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    let median = (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0;
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// Tokens of a cycle for each draft length and each drafter.
fn acceptance(bundle: &Path, requests: &[Request]) -> Result<(), Error> {
    println!(
        "tokens a cycle of {} guesses; bytes of weights",
        LENGTHS.map(|of| of.to_string()).join(", ")
    );
    for (name, guesser) in GUESSERS {
        let mut found = Vec::new();
        let mut bytes = 0;
        for length in LENGTHS {
            let mut generator = generator(bundle, guesser, Tokens::Fixed(length))?;
            for request in requests {
                write(&mut generator, request)?;
            }
            let mean = generator.tally().and_then(|tally| tally.tokens_per_cycle());
            found.push(format!("{:.3}", mean.unwrap_or(0.0)));
            bytes = generator.engine().model().usage().weights;
        }
        println!("  {name:<24}{}; {bytes}", found.join("  "));
    }
    Ok(())
}
