//! A DFlash drafter, from features and tokens to hidden states.

use kiln_runtime::model::config::{DrafterConfig, Sight};
use kiln_runtime::weights::{Checkpoint, DraftPart, Part, Role};

use super::attention::{attend, rotate};
use super::matrix::Matrix;
use super::norm::rms_norm_plain;
use super::{Mlp, Model};

/// A drafter with its weights in f32.
#[derive(Clone, Debug)]
pub struct Drafter {
    config: DrafterConfig,
    features: Matrix,
    feature_norm: Vec<f32>,
    layers: Vec<Layer>,
    norm: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Layer {
    input_norm: Vec<f32>,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    query_norm: Vec<f32>,
    key_norm: Vec<f32>,
    out: Matrix,
    post_norm: Vec<f32>,
    mlp: Mlp,
}

/// Keys and values of one layer, token after token, each `[kv_heads * head]`.
#[derive(Clone, Debug, Default)]
struct Memory {
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
}

/// What a drafter remembers of one text.
#[derive(Clone, Debug)]
pub struct Context {
    layers: Vec<Memory>,
}

impl Drafter {
    /// The weights of the drafter that a checkpoint was joined with.
    ///
    /// # Panics
    /// If there is none.
    pub fn load(checkpoint: &Checkpoint) -> Self {
        let config = checkpoint.config().drafter.clone();
        let config = config.expect("the checkpoint should have been joined with a drafter");
        let matrix = |role| {
            let weight = checkpoint.weight(role).expect("a drafter should have every weight");
            Matrix::of(&weight)
        };
        let layer = |at| {
            let of = |part| matrix(Role::DraftLayer(at, part));
            Layer {
                input_norm: of(Part::InputNorm).values,
                query: of(Part::Query),
                key: of(Part::Key),
                value: of(Part::Value),
                query_norm: of(Part::QueryNorm).values,
                key_norm: of(Part::KeyNorm).values,
                out: of(Part::FullOutput),
                post_norm: of(Part::PostNorm).values,
                mlp: Mlp { gate: of(Part::Gate), up: of(Part::Up), down: of(Part::Down) },
            }
        };
        Self {
            features: matrix(Role::Draft(DraftPart::Features)),
            feature_norm: matrix(Role::Draft(DraftPart::FeatureNorm)).values,
            layers: (0..config.layers.len()).map(layer).collect(),
            norm: matrix(Role::Draft(DraftPart::Norm)).values,
            config,
        }
    }

    /// The model's layers whose residual streams are its features, in their order.
    pub fn taps(&self) -> &[usize] {
        &self.config.taps
    }

    /// The context before the first token.
    pub fn start(&self) -> Context {
        Context { layers: vec![Memory::default(); self.layers.len()] }
    }

    /// Adds a token by its features: the residual streams after the tapped layers, side by side.
    pub fn add(&self, context: &mut Context, features: &[f32]) {
        let epsilon = self.config.epsilon;
        let x = rms_norm_plain(&self.features.times(features), &self.feature_norm, epsilon);
        for (layer, memory) in self.layers.iter().zip(&mut context.layers) {
            self.remember(layer, memory, &x);
        }
    }

    /// The logits of a block that follows the context: `tokens` are the last known one, then masks.
    pub fn draft(&self, context: &Context, model: &Model, tokens: &[usize]) -> Vec<Vec<f32>> {
        let epsilon = self.config.epsilon;
        let mut streams: Vec<Vec<f32>> =
            tokens.iter().map(|token| model.embedded(*token).to_vec()).collect();
        let layers = self.layers.iter().zip(&context.layers).zip(&self.config.layers);
        for ((layer, memory), sight) in layers {
            let mut memory = memory.clone();
            let start = memory.keys.len();
            let normed: Vec<Vec<f32>> =
                streams.iter().map(|x| rms_norm_plain(x, &layer.input_norm, epsilon)).collect();
            normed.iter().for_each(|x| self.remember(layer, &mut memory, x));
            for (row, (stream, x)) in streams.iter_mut().zip(&normed).enumerate() {
                let mixed = self.attend(layer, &memory, *sight, start + row, x);
                add(stream, &layer.out.times(&mixed));
                let x = rms_norm_plain(stream, &layer.post_norm, epsilon);
                add(stream, &layer.mlp.forward(&x));
            }
        }
        let last = |stream: &Vec<f32>| model.logits(&rms_norm_plain(stream, &self.norm, epsilon));
        streams.iter().map(last).collect()
    }

    /// The logits of the guesses that follow a text and the token after it.
    pub fn guesses(&self, model: &Model, text: &[u32], next: u32) -> Vec<Vec<f32>> {
        let (mut context, mut state) = (self.start(), model.start());
        for token in text {
            let features = model.features(&mut state, *token as usize, self.taps());
            self.add(&mut context, &features);
        }
        let mut tokens = vec![self.config.mask as usize; self.config.block];
        tokens[0] = next as usize;
        self.draft(&context, model, &tokens).split_off(1)
    }

    fn remember(&self, layer: &Layer, memory: &mut Memory, x: &[f32]) {
        let (head, at) = (self.config.attention.head, memory.keys.len());
        let turned = |key: &[f32]| {
            let key = rms_norm_plain(key, &layer.key_norm, self.config.epsilon);
            rotate(&key, &self.config.rope, [at; 3])
        };
        memory.keys.push(layer.key.times(x).chunks(head).flat_map(turned).collect());
        memory.values.push(layer.value.times(x));
    }

    fn attend(
        &self,
        layer: &Layer,
        memory: &Memory,
        sight: Sight,
        position: usize,
        x: &[f32],
    ) -> Vec<f32> {
        let sizes = &self.config.attention;
        let (head, share) = (sizes.head, sizes.heads / sizes.kv_heads);
        let sees = |at: &usize| {
            let near = sight.window.is_none_or(|window| position.abs_diff(*at) < window);
            near && (!sight.causal || *at <= position)
        };
        let seen: Vec<usize> = (0..memory.keys.len()).filter(sees).collect();
        let mut mixed = Vec::new();
        for (number, query) in layer.query.times(x).chunks(head).enumerate() {
            let query = rms_norm_plain(query, &layer.query_norm, self.config.epsilon);
            let query = rotate(&query, &self.config.rope, [position; 3]);
            let own = number / share * head..(number / share + 1) * head;
            let part = |of: &[Vec<f32>]| -> Vec<Vec<f32>> {
                seen.iter().map(|at| of[*at][own.clone()].to_vec()).collect()
            };
            mixed.extend(attend(&query, &part(&memory.keys), &part(&memory.values)));
        }
        mixed
    }
}

fn add(stream: &mut [f32], more: &[f32]) {
    stream.iter_mut().zip(more).for_each(|(x, y)| *x += y);
}
