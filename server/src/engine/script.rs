//! What a fake backend says.
//!
//! A prompt whose last user turn holds a result of a tool gets a sentence about it; one that asks
//! for a `call`, or names what a tool is about, gets calls of the prompt's tools, all of them if it
//! says `parallel`; `echo:` gets
//! back what follows it; `count:N` gets N words; everything else gets a few words that depend on
//! prompt and seed alone. If the prompt opens a thought, some words of thought come first.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::job::Job;
use crate::text::grammar::{Constraint, Mask};
use crate::text::tokenizer::Tokenizer;

const WORDS: &[&str] = &[
    "kiln", "bakes", "the", "clay", "while", "embers", "glow", "and", "smoke", "rises", "över",
    "warm", "stones", "🔥", "slowly", "until", "dawn", "breaks",
];
/// What a grammar may allow where a script does not fit, the best first.
const CLOSERS: &[&str] = &["\"", "}", "]", ":", ",", "1", "</", ">"];
/// Words of an answer about which nothing is said.
const FEW: usize = 12;

/// The tokens of one answer.
pub(super) struct Script {
    tokens: Vec<u32>,
    at: usize,
    /// Calls to fall back on where a grammar demands one.
    calls: Vec<Vec<u32>>,
    closers: Vec<u32>,
    words: Vec<u32>,
    random: ChaCha8Rng,
}

impl Script {
    pub(super) fn new(tokenizer: &Tokenizer, job: &Job) -> Self {
        let mut hash = DefaultHasher::new();
        job.prompt.hash(&mut hash);
        if job.sampling.temperature > 0.0 {
            job.sampling.seed.hash(&mut hash);
        }
        let mut random = ChaCha8Rng::seed_from_u64(hash.finish());
        let prompt = tokenizer.decode(&job.prompt, false);
        let tools = tools(&prompt);
        let calls: Vec<String> = tools.iter().map(call).collect();
        let wanted = asks_for_call(last_turn(&prompt), &tools);
        let text = say(&prompt, if wanted { &calls } else { &[] }, &mut random);
        let one = |text: &&str| tokenizer.encode(text).first().copied();
        Self {
            tokens: tokenizer.encode_markup(&text),
            at: 0,
            calls: calls.iter().map(|call| tokenizer.encode_markup(call)).collect(),
            closers: CLOSERS.iter().filter_map(one).collect(),
            words: WORDS.iter().flat_map(|word| tokenizer.encode(&format!(" {word}"))).collect(),
            random,
        }
    }

    /// The next token; one of `stops` at the end.
    ///
    /// # Errors
    /// If the constraint cannot be followed.
    pub(super) fn next(
        &mut self,
        stops: &[u32],
        may_end: bool,
        constraint: Option<&mut Constraint>,
    ) -> Result<u32, String> {
        let scripted = match (self.tokens.get(self.at), stops.first()) {
            (Some(token), _) => Some(*token),
            (None, Some(stop)) if may_end => Some(*stop),
            (None, _) => None,
        };
        let Some(constraint) = constraint else {
            self.at += 1;
            let any = |random: &mut ChaCha8Rng| random.random_range(0..self.words.len().max(1));
            let at = any(&mut self.random);
            return Ok(scripted.unwrap_or_else(|| self.words.get(at).copied().unwrap_or(0)));
        };
        let mask = constraint.mask().map_err(|error| error.to_string())?;
        let token = match scripted {
            Some(token) if mask.allows(token) => token,
            _ => self.bend(&mask, stops).ok_or("the grammar allows no token")?,
        };
        self.at += 1;
        if !stops.contains(&token) {
            constraint.accept(token).map_err(|error| error.to_string())?;
        }
        Ok(token)
    }

    /// A token that a mask allows, where the script's own is not allowed.
    fn bend(&mut self, mask: &Mask, stops: &[u32]) -> Option<u32> {
        if let Some(stop) = stops.iter().find(|stop| mask.allows(**stop)) {
            return Some(*stop);
        }
        let begins = |call: &&Vec<u32>| call.first().is_some_and(|first| mask.allows(*first));
        if let Some(call) = self.calls.iter().find(begins) {
            let first = call.first().copied();
            (self.tokens, self.at) = (call.clone(), 0);
            self.calls.clear();
            return first;
        }
        // The rest of the script was made for something else.
        self.tokens.truncate(self.at);
        if let Some(closer) = self.closers.iter().find(|closer| mask.allows(**closer)) {
            return Some(*closer);
        }
        let words = mask.words().iter().enumerate();
        let first = words.into_iter().find(|(_, word)| **word != 0);
        first.map(|(at, word)| at as u32 * 32 + word.trailing_zeros())
    }
}

fn say(prompt: &str, calls: &[String], random: &mut ChaCha8Rng) -> String {
    let thought = match prompt.ends_with("<think>\n") {
        true => words(random, 6) + "\n</think>\n\n",
        false => String::new(),
    };
    thought + &answer(last_turn(prompt), calls, random)
}

fn answer(asked: &str, calls: &[String], random: &mut ChaCha8Rng) -> String {
    if let Some((_, result)) = asked.split_once("<tool_response>") {
        let result: String = result.trim().chars().take_while(|c| *c != '<').take(60).collect();
        return format!("The tool said: {}", result.trim_end());
    }
    if let Some((_, text)) = asked.split_once("echo:") {
        return text.trim().to_owned();
    }
    if let Some((_, count)) = asked.split_once("count:") {
        let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
        return words(random, digits.parse().unwrap_or(FEW).min(1 << 20));
    }
    if !calls.is_empty() {
        let most = if asked.contains("parallel") { calls.len().max(2) } else { 1 };
        let chosen: Vec<&str> = calls.iter().cycle().take(most).map(String::as_str).collect();
        return "I will look.\n\n".to_owned() + &chosen.join("\n");
    }
    words(random, FEW)
}

/// Whether a turn asks for a call: by that word, or by a longer word of a function's name.
fn asks_for_call(asked: &str, tools: &[Value]) -> bool {
    let names = tools.iter().filter_map(|tool| tool["name"].as_str());
    let mut words = names.flat_map(|name| name.split('_')).filter(|word| word.len() > 4);
    asked.contains("call") || words.any(|word| asked.contains(word))
}

/// What the user said last.
fn last_turn(prompt: &str) -> &str {
    let turn = prompt.rsplit_once("<|im_start|>user").map_or(prompt, |(_, turn)| turn);
    turn.rsplit_once("<|im_end|>\n<|im_start|>assistant").map_or(turn, |(turn, _)| turn)
}

fn words(random: &mut ChaCha8Rng, count: usize) -> String {
    let word = |_| WORDS[random.random_range(0..WORDS.len())];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

/// The functions that a prompt describes.
fn tools(prompt: &str) -> Vec<Value> {
    let Some((_, after)) = prompt.split_once("<tools>\n") else { return Vec::new() };
    let Some((listed, _)) = after.split_once("\n</tools>") else { return Vec::new() };
    let read = listed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    read.map(|tool| tool.get("function").cloned().unwrap_or(tool)).collect()
}

/// A call of a function, with a value for each of its parameters.
fn call(function: &Value) -> String {
    let name = function["name"].as_str().unwrap_or_default();
    let none = Map::new();
    let properties = function["parameters"]["properties"].as_object().unwrap_or(&none);
    let arguments = properties.iter().map(|(name, schema)| {
        let value = match schema["enum"].get(0).unwrap_or(&schema["type"]) {
            Value::String(of) if schema["enum"].is_null() => example(of).to_owned(),
            Value::String(first) => first.clone(),
            _ => "Paris".to_owned(),
        };
        format!("<parameter={name}>\n{value}\n</parameter>\n")
    });
    let arguments: String = arguments.collect();
    format!("<tool_call>\n<function={name}>\n{arguments}</function>\n</tool_call>")
}

fn example(kind: &str) -> &'static str {
    match kind {
        "integer" => "3",
        "number" => "2.5",
        "boolean" => "true",
        "array" => "[]",
        "object" => "{}",
        "null" => "null",
        _ => "Paris",
    }
}
