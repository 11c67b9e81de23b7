//! From a request that was understood to answers that are being written.

use std::sync::Arc;

use rand::Rng;

use super::app::App;
use super::error::ApiError;
use super::tools::Toolbox;
use super::turn::{Blanks, Turn, Turns, Usage};
use crate::engine::Job;
use crate::text::conversation::{Conversation, Tool};
use crate::text::grammar::{Constraint, Shape};
use crate::text::output::Parser;
use crate::text::template::Prompt;
use kiln_runtime::sample::Sampling;

/// Prompts of more bytes are rendered and cut into tokens beside the threads that serve others.
const LARGE: usize = 16 << 10;

/// A request that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) prompt: Vec<u32>,
    /// Whether the answer begins inside the reasoning.
    pub(crate) opens_reasoning: bool,
    pub(crate) tools: Vec<Tool>,
    /// Whether there may be more than one call.
    pub(crate) parallel: bool,
    pub(crate) draw: Draw,
    pub(crate) shape: Option<Shape>,
    /// Whether reasoning and calls are to be left in the text.
    pub(crate) plain: bool,
}

impl Ask {
    /// The answer to a conversation whose model may call some tools.
    pub(crate) fn of(prompt: Prompt, toolbox: &Toolbox, draw: Draw, shape: Option<Shape>) -> Self {
        Self {
            prompt: prompt.tokens,
            opens_reasoning: prompt.opens_reasoning,
            tools: toolbox.offered(),
            parallel: toolbox.parallel,
            draw,
            shape,
            plain: false,
        }
    }
}

/// How answers are drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draw {
    pub(crate) sampling: Sampling,
    /// Whether a seed was given; without one, every request draws anew.
    pub(crate) seeded: bool,
    /// Most tokens; without it, what the context leaves.
    pub(crate) most: Option<usize>,
    pub(crate) least: usize,
    /// Answers to the same prompt.
    pub(crate) choices: usize,
    /// Texts that end an answer.
    pub(crate) stop: Vec<String>,
    /// Tokens that end an answer, beside the model's own.
    pub(crate) stop_tokens: Vec<u32>,
    /// Whether the model's own tokens do not.
    pub(crate) endless: bool,
    pub(crate) logprobs: Option<usize>,
    pub(crate) priority: i32,
}

impl App {
    /// Renders a conversation.
    ///
    /// # Errors
    /// What the template refuses.
    pub(crate) async fn render(
        self: &Arc<Self>,
        conversation: Conversation,
        bytes: usize,
    ) -> Result<Prompt, ApiError> {
        let app = Arc::clone(self);
        let render = move || app.texts.template.render(&conversation);
        let rendered = if bytes < LARGE { Ok(render()) } else { beside(render).await };
        Ok(rendered??)
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// Never, unless the server makes a mistake.
    pub(crate) async fn encode(self: &Arc<Self>, text: String) -> Result<Vec<u32>, ApiError> {
        let app = Arc::clone(self);
        let large = text.len() >= LARGE;
        let encode = move || app.texts.tokenizer.encode_markup(&text);
        if large { beside(encode).await } else { Ok(encode()) }
    }

    /// Begins to write.
    ///
    /// # Errors
    /// A grammar that cannot be compiled, and whatever the engine refuses.
    pub(crate) async fn begin(self: &Arc<Self>, ask: Ask) -> Result<Turns, ApiError> {
        let choices = ask.draw.choices.max(1);
        self.metrics.choices.observe(choices as f64);
        let seed = match ask.draw.seeded {
            true => ask.draw.sampling.seed,
            false => rand::rng().random(),
        };
        let mut turns = Vec::with_capacity(choices);
        for at in 0..choices {
            let constraint = match &ask.shape {
                Some(shape) => Some(self.compile(shape.clone(), ask.opens_reasoning).await?),
                None => None,
            };
            turns.push(self.turn(&ask, seed.wrapping_add(at as u64), constraint)?);
        }
        Ok(Turns::new(turns))
    }

    async fn compile(
        self: &Arc<Self>,
        shape: Shape,
        opens_reasoning: bool,
    ) -> Result<Constraint, ApiError> {
        let app = Arc::clone(self);
        let limit = self.settings.grammar_time;
        let compile = move || app.texts.grammars.compile(&shape, opens_reasoning, limit);
        Ok(beside(compile).await??)
    }

    fn turn(&self, ask: &Ask, seed: u64, constraint: Option<Constraint>) -> Result<Turn, ApiError> {
        let Draw { sampling, most, least, stop, stop_tokens, endless, .. } = &ask.draw;
        let own = if *endless { &[][..] } else { &self.texts.stops[..] };
        let job = Job {
            prompt: ask.prompt.clone(),
            sampling: Sampling { seed, ..sampling.clone() },
            most: most.unwrap_or(usize::MAX),
            least: *least,
            stops: own.iter().chain(stop_tokens).copied().collect(),
            logprobs: ask.draw.logprobs,
            constraint,
            priority: ask.draw.priority,
        };
        let tokenizer = &self.texts.tokenizer;
        let named = |name| tokenizer.special(name);
        Ok(Turn {
            answer: self.engine.submit(job)?,
            parser: match ask.plain {
                true => Parser::plain(tokenizer, stop),
                false => Parser::new(tokenizer, &ask.tools, ask.opens_reasoning, stop),
            },
            stop: stop.clone(),
            usage: Usage { prompt: ask.prompt.len(), ..Usage::default() },
            thinking: ask.opens_reasoning,
            ends_thinking: ["</think>", "<tool_call>"].into_iter().filter_map(named).collect(),
            one_call: !ask.parallel,
            calls: 0,
            in_call: false,
            blanks: Blanks::new(ask.plain),
            unread: Vec::new(),
            over: false,
        })
    }
}

/// Computes something beside the threads that serve others.
async fn beside<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(compute).await.map_err(|_| ApiError::internal())
}
