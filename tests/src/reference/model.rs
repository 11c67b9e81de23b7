//! From a token to logits.

use kiln_runtime::model::config::{LayerKind, ModelConfig};
use kiln_runtime::weights::{Checkpoint, MtpPart, Part, Role, Weight};

use super::{Attention, DeltaState, KeysAndValues, LinearAttention, Matrix, Mlp, rms_norm};

/// The text model with its weights in f32.
#[derive(Clone, Debug)]
pub struct Model {
    config: ModelConfig,
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// `None` where the embedding takes its place.
    head: Option<Matrix>,
    mtp: Option<Mtp>,
}

/// The multi-token prediction head.
#[derive(Clone, Debug)]
struct Mtp {
    embedding_norm: Vec<f32>,
    hidden_norm: Vec<f32>,
    /// `[hidden, 2 * hidden]`: the embedding's half first.
    projection: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Layer {
    input_norm: Vec<f32>,
    mixer: Mixer,
    post_norm: Vec<f32>,
    mlp: Mlp,
}

#[derive(Clone, Debug)]
enum Mixer {
    Linear(Box<LinearAttention>),
    Full(Box<Attention>),
}

/// What the model remembers of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Tokens so far.
    pub length: usize,
    layers: Vec<Memory>,
}

#[derive(Clone, Debug, PartialEq)]
enum Memory {
    Linear(DeltaState),
    Full(KeysAndValues),
}

impl Model {
    /// Every weight of the text model, dequantised.
    ///
    /// # Panics
    /// If the checkpoint lacks a weight, which the loader checks.
    pub fn load(checkpoint: &Checkpoint) -> Self {
        Self::of(&Source { checkpoint, block: None })
    }

    /// As [`Model::load`], with what packed layers read rounded to 8 bits in blocks of so many
    /// columns, and nothing else.
    ///
    /// # Panics
    /// As [`Model::load`].
    pub fn load_rounding(checkpoint: &Checkpoint, block: usize) -> Self {
        Self::of(&Source { checkpoint, block: Some(block) })
    }

    fn of(source: &Source<'_>) -> Self {
        let checkpoint = source.checkpoint;
        let config = checkpoint.config().clone();
        let kinds = config.layers.iter().enumerate();
        let layers = kinds.map(|(at, kind)| layer(source, *kind, |part| Role::Layer(at, part)));
        let predicts = checkpoint.weight(Role::Mtp(MtpPart::Projection)).is_some();
        Self {
            embedding: source.matrix(Role::Embedding),
            layers: layers.collect(),
            norm: source.vector(Role::Norm),
            head: has_own_head(checkpoint).then(|| source.matrix(Role::Head)),
            mtp: predicts.then(|| Mtp::load(source)),
            config,
        }
    }

    /// The state before the first token.
    pub fn start(&self) -> State {
        State::of(&self.layers)
    }

    /// Reads one token of a text; returns the logits of the next one.
    ///
    /// # Panics
    /// As [`Model::hidden`].
    pub fn step(&self, state: &mut State, token: usize) -> Vec<f32> {
        let position = [state.length; 3];
        self.logits(&self.hidden(state, token, position))
    }

    /// Reads one token after which no logits are wanted. If the last layer has full attention, only a
    /// key and a value of it are computed there: a long text takes time in proportion to its length.
    ///
    /// # Panics
    /// As [`Model::hidden`].
    pub fn read(&self, state: &mut State, token: usize) {
        let Some((last, before)) = self.layers.split_last() else { return };
        let Mixer::Full(full) = &last.mixer else { return drop(self.step(state, token)) };
        let (position, epsilon) = ([state.length; 3], self.config.epsilon);
        let mut memory = state.layers.pop().expect("the state should be this model's");
        let stream = state.run(before, self.embedding.row(token).to_vec(), position, epsilon);
        let x = rms_norm(&stream, &last.input_norm, epsilon);
        let Memory::Full(of) = &mut memory else { panic!("the state should be this model's") };
        full.remember(&x, position, of);
        state.layers.push(memory);
    }

    /// Reads one token at a position in time, height and width, which are equal in texts and
    /// differ inside images; returns the hidden state after the last norm.
    ///
    /// # Panics
    /// If the token is outside the vocabulary, or the state is another model's.
    pub fn hidden(&self, state: &mut State, token: usize, position: [usize; 3]) -> Vec<f32> {
        let stream = self.embedding.row(token).to_vec();
        let stream = state.run(&self.layers, stream, position, self.config.epsilon);
        rms_norm(&stream, &self.norm, self.config.epsilon)
    }

    /// Reads one token of a text; returns the residual streams after some layers, side by side.
    ///
    /// # Panics
    /// As [`Model::hidden`].
    pub fn features(&self, state: &mut State, token: usize, taps: &[usize]) -> Vec<f32> {
        let stream = self.embedding.row(token).to_vec();
        let position = [state.length; 3];
        let after = state.run_all(&self.layers, stream, position, self.config.epsilon);
        taps.iter().flat_map(|layer| after[*layer].clone()).collect()
    }

    /// A token's row of the embedding.
    pub fn embedded(&self, token: usize) -> &[f32] {
        self.embedding.row(token)
    }

    /// The logits of a hidden state after the last norm.
    pub fn logits(&self, hidden: &[f32]) -> Vec<f32> {
        self.head.as_ref().unwrap_or(&self.embedding).times(hidden)
    }

    /// The prediction head's state before the first token; `None` without a head.
    pub fn start_drafts(&self) -> Option<State> {
        self.mtp.as_ref().map(|mtp| State::of(&mtp.layers))
    }

    /// The prediction head: from the hidden state after a token, and the token that follows it,
    /// the hidden state of the one that follows that; [`Model::logits`] says which it is. Every
    /// token of a text has to pass through it once, in order.
    ///
    /// # Panics
    /// If the model has no such head, and as [`Model::hidden`].
    pub fn draft(&self, state: &mut State, hidden: &[f32], next: usize) -> Vec<f32> {
        let mtp = self.mtp.as_ref().expect("the model should have a prediction head");
        let epsilon = self.config.epsilon;
        let mut both = rms_norm(self.embedding.row(next), &mtp.embedding_norm, epsilon);
        both.extend(rms_norm(hidden, &mtp.hidden_norm, epsilon));
        let position = [state.length; 3];
        let stream = state.run(&mtp.layers, mtp.projection.times(&both), position, epsilon);
        rms_norm(&stream, &mtp.norm, epsilon)
    }
}

impl State {
    fn of(layers: &[Layer]) -> Self {
        let memory = |layer: &Layer| match &layer.mixer {
            Mixer::Linear(linear) => Memory::Linear(DeltaState::new(&linear.sizes)),
            Mixer::Full(full) => Memory::Full(KeysAndValues::new(&full.sizes)),
        };
        Self { length: 0, layers: layers.iter().map(memory).collect() }
    }

    /// Takes one token's residual stream through the layers.
    fn run(
        &mut self,
        layers: &[Layer],
        stream: Vec<f32>,
        position: [usize; 3],
        epsilon: f64,
    ) -> Vec<f32> {
        let mut after = self.run_all(layers, stream, position, epsilon);
        after.pop().expect("a model should have layers")
    }

    /// As [`State::run`]; the residual stream after each layer.
    fn run_all(
        &mut self,
        layers: &[Layer],
        mut stream: Vec<f32>,
        position: [usize; 3],
        epsilon: f64,
    ) -> Vec<Vec<f32>> {
        let mut after = Vec::new();
        assert_eq!(layers.len(), self.layers.len(), "the state should be this model's");
        for (layer, memory) in layers.iter().zip(&mut self.layers) {
            let x = rms_norm(&stream, &layer.input_norm, epsilon);
            let mixed = match (&layer.mixer, memory) {
                (Mixer::Linear(linear), Memory::Linear(memory)) => linear.forward(&x, memory),
                (Mixer::Full(full), Memory::Full(memory)) => full.forward(&x, position, memory),
                _ => panic!("the state should be this model's"),
            };
            add(&mut stream, &mixed);
            let x = rms_norm(&stream, &layer.post_norm, epsilon);
            add(&mut stream, &layer.mlp.forward(&x));
            after.push(stream.clone());
        }
        self.length += 1;
        after
    }
}

impl Mtp {
    fn load(source: &Source<'_>) -> Self {
        let of = |part| source.vector(Role::Mtp(part));
        let full = |at| layer(source, LayerKind::Full, move |part| Role::MtpLayer(at, part));
        Self {
            embedding_norm: of(MtpPart::EmbeddingNorm),
            hidden_norm: of(MtpPart::HiddenNorm),
            projection: source.matrix(Role::Mtp(MtpPart::Projection)),
            layers: (0..source.checkpoint.config().mtp_layers).map(full).collect(),
            norm: of(MtpPart::Norm),
        }
    }
}

/// The token with the largest logit, the first of equals.
///
/// # Panics
/// If there are no logits.
pub fn argmax(logits: &[f32]) -> usize {
    let mut best = 0;
    for (at, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = at;
        }
    }
    best
}

/// Whether the head is another matrix than the embedding: a tied one is, once it was quantised.
fn has_own_head(checkpoint: &Checkpoint) -> bool {
    let name = |role| checkpoint.weight(role).map(|weight| weight.name().to_owned());
    name(Role::Head) != name(Role::Embedding)
}

fn add(stream: &mut [f32], more: &[f32]) {
    stream.iter_mut().zip(more).for_each(|(x, y)| *x += y);
}

/// Where weights come from, and the blocks in which what packed ones multiply is rounded.
struct Source<'c> {
    checkpoint: &'c Checkpoint,
    block: Option<usize>,
}

impl Source<'_> {
    fn matrix(&self, role: Role) -> Matrix {
        let weight = self.checkpoint.weight(role);
        let weight = weight.expect("an open checkpoint should have every weight of its model");
        let block = self.block.filter(|_| matches!(weight, Weight::Packed(_)));
        Matrix { block, ..Matrix::of(&weight) }
    }

    fn vector(&self, role: Role) -> Vec<f32> {
        self.matrix(role).values
    }
}

fn layer(source: &Source<'_>, kind: LayerKind, role: impl Fn(Part) -> Role) -> Layer {
    let of = |part| source.matrix(role(part));
    let config = source.checkpoint.config();
    let mixer = match kind {
        LayerKind::Linear => Mixer::Linear(Box::new(LinearAttention {
            sizes: config.linear.expect("a model with linear layers should have their sizes"),
            epsilon: config.epsilon,
            qkv: of(Part::Qkv),
            z: of(Part::Z),
            b: of(Part::B),
            a: of(Part::A),
            conv: of(Part::Conv),
            a_log: of(Part::ALog).values,
            dt_bias: of(Part::DtBias).values,
            norm: of(Part::OutputNorm).values,
            out: of(Part::LinearOutput),
        })),
        LayerKind::Full => Mixer::Full(Box::new(Attention {
            sizes: config.attention,
            rope: config.rope,
            epsilon: config.epsilon,
            query: of(Part::Query),
            key: of(Part::Key),
            value: of(Part::Value),
            query_norm: of(Part::QueryNorm).values,
            key_norm: of(Part::KeyNorm).values,
            out: of(Part::FullOutput),
        })),
    };
    Layer {
        input_norm: of(Part::InputNorm).values,
        mixer,
        post_norm: of(Part::PostNorm).values,
        mlp: Mlp { gate: of(Part::Gate), up: of(Part::Up), down: of(Part::Down) },
    }
}
