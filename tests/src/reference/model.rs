//! From a token to logits.

use kiln_runtime::model::config::{LayerKind, ModelConfig};
use kiln_runtime::weights::{Checkpoint, Part, Role};

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
        let config = checkpoint.config().clone();
        let layers =
            config.layers.iter().enumerate().map(|(at, kind)| layer(checkpoint, at, *kind));
        Self {
            embedding: matrix(checkpoint, Role::Embedding),
            layers: layers.collect(),
            norm: matrix(checkpoint, Role::Norm).values,
            head: (!config.tied_head).then(|| matrix(checkpoint, Role::Head)),
            config,
        }
    }

    /// The state before the first token.
    pub fn start(&self) -> State {
        let memory = |layer: &Layer| match &layer.mixer {
            Mixer::Linear(linear) => Memory::Linear(DeltaState::new(&linear.sizes)),
            Mixer::Full(full) => Memory::Full(KeysAndValues::new(&full.sizes)),
        };
        State { length: 0, layers: self.layers.iter().map(memory).collect() }
    }

    /// Reads one token of a text; returns the logits of the next one.
    ///
    /// # Panics
    /// If the token is outside the vocabulary, or the state is another model's.
    pub fn step(&self, state: &mut State, token: usize) -> Vec<f32> {
        self.step_at(state, token, [state.length; 3])
    }

    /// [`Model::step`] at a position in time, height and width, which differ inside images.
    ///
    /// # Panics
    /// As [`Model::step`].
    pub fn step_at(&self, state: &mut State, token: usize, position: [usize; 3]) -> Vec<f32> {
        let epsilon = self.config.epsilon;
        let mut stream = self.embedding.row(token).to_vec();
        for (layer, memory) in self.layers.iter().zip(&mut state.layers) {
            let x = rms_norm(&stream, &layer.input_norm, epsilon);
            let mixed = match (&layer.mixer, memory) {
                (Mixer::Linear(linear), Memory::Linear(memory)) => linear.forward(&x, memory),
                (Mixer::Full(full), Memory::Full(memory)) => full.forward(&x, position, memory),
                _ => panic!("the state should be this model's"),
            };
            add(&mut stream, &mixed);
            let x = rms_norm(&stream, &layer.post_norm, epsilon);
            add(&mut stream, &layer.mlp.forward(&x));
        }
        state.length += 1;
        let last = rms_norm(&stream, &self.norm, epsilon);
        self.head.as_ref().unwrap_or(&self.embedding).times(&last)
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

fn add(stream: &mut [f32], more: &[f32]) {
    stream.iter_mut().zip(more).for_each(|(x, y)| *x += y);
}

fn matrix(checkpoint: &Checkpoint, role: Role) -> Matrix {
    let weight = checkpoint.weight(role);
    Matrix::of(&weight.expect("an open checkpoint should have every weight of the text model"))
}

fn layer(checkpoint: &Checkpoint, at: usize, kind: LayerKind) -> Layer {
    let of = |part| matrix(checkpoint, Role::Layer(at, part));
    let config = checkpoint.config();
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
