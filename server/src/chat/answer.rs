//! One answer as it comes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::wire::Server;
use crate::output;

const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// An answer, whole or stopped.
#[derive(Debug, Default)]
pub(super) struct Answer {
    reasoning: String,
    text: String,
    stopped: bool,
    usage: Value,
    /// From the request to its first piece, and from that to the last.
    waited: Duration,
    took: Duration,
    pieces: u64,
}

impl Answer {
    /// Asks, and prints what comes.
    pub(super) fn read(server: &Server, request: &Value, bright: bool) -> anyhow::Result<Self> {
        let (mut answer, begun) = (Self::default(), Instant::now());
        let mut first = None;
        let mut stream = server.post("/v1/chat/completions", request)?;
        while let Some(event) = stream.event()? {
            let chunk: Value = serde_json::from_str(&event)
                .context("the server's answer is not what its API promises")?;
            if let Some(message) = chunk["error"]["message"].as_str() {
                bail!("the server stopped: {message}");
            }
            let delta = &chunk["choices"][0]["delta"];
            let piece = |name: &str| delta[name].as_str().unwrap_or_default();
            let reasoning = match piece("reasoning_content") {
                "" => piece("reasoning"),
                text => text,
            };
            if !(reasoning.is_empty() && piece("content").is_empty()) {
                let first = *first.get_or_insert_with(Instant::now);
                (answer.waited, answer.took) = (first - begun, first.elapsed());
                answer.pieces += 1;
                answer.show(reasoning, piece("content"), bright)?;
            }
            if chunk["usage"].is_object() {
                answer.usage = chunk["usage"].clone();
            }
        }
        answer.stopped = stream.was_stopped();
        Ok(answer)
    }

    fn show(&mut self, reasoning: &str, text: &str, bright: bool) -> anyhow::Result<()> {
        let mut shown = String::new();
        if !reasoning.is_empty() {
            let (dim, plain) = if bright { (DIM, PLAIN) } else { ("", "") };
            shown += &format!("{dim}{reasoning}{plain}");
        }
        if !text.is_empty() {
            if self.text.is_empty() && !(self.reasoning.is_empty() && reasoning.is_empty()) {
                shown += "\n\n";
            }
            shown += text;
        }
        self.reasoning += reasoning;
        self.text += text;
        output::print(&shown)
    }

    /// The message that it is in the conversation.
    pub(super) fn message(&self) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.text });
        if !self.reasoning.is_empty() {
            message["reasoning_content"] = self.reasoning.as_str().into();
        }
        message
    }

    /// The line under it: tokens, speed, and how many drafts were right.
    pub(super) fn footer(&self, bright: bool) -> String {
        let (dim, plain) = if bright { (DIM, PLAIN) } else { ("", "") };
        let number = |value: &Value| value.as_u64();
        let mut line = if self.stopped { "stopped; " } else { "" }.to_owned();
        let counted = number(&self.usage["completion_tokens"]);
        match counted {
            Some(tokens) => line += &format!("{tokens} tokens"),
            None => line += &format!("{} pieces", self.pieces),
        }
        let rest = counted.unwrap_or(self.pieces).saturating_sub(1);
        if rest > 0 && !self.took.is_zero() {
            #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
            let rate = rest as f64 / self.took.as_secs_f64();
            let unit = if counted.is_some() { "tokens" } else { "pieces" };
            let _ = write!(line, ", {rate:.1} {unit}/s");
        }
        let _ = write!(line, ", first after {:.2} s", self.waited.as_secs_f64());
        let drafts = &self.usage["completion_tokens_details"];
        let accepted = number(&drafts["accepted_prediction_tokens"]).unwrap_or(0);
        let all = accepted + number(&drafts["rejected_prediction_tokens"]).unwrap_or(0);
        if all > 0 {
            let _ = write!(line, ", {} of {all} drafted tokens accepted", accepted);
        }
        format!("\n{dim}[{line}]{plain}\n")
    }
}
