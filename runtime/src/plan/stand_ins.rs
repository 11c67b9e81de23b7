//! A model without a checkpoint: its sizes are known, its weights are not.

use kiln_cache::operations::{Precision, Weights};
use kiln_cache::vocabulary::Dtype;

use super::nodes::Forms;
use super::tensor::{Stack, Tensor};
use crate::Result;
use crate::model::config::{DrafterConfig, ModelConfig};

/// A configuration whose weights are taken to be stored as such checkpoints are published.
#[derive(Clone, Debug)]
pub struct StandIns {
    pub(super) config: ModelConfig,
    /// What the drafter's linear layers become.
    drafter: Precision,
    /// What the head becomes.
    head: Precision,
    /// What guesses read in place of the head, where that is something else.
    draft_head: Option<Precision>,
}

impl StandIns {
    /// Of a configuration.
    pub fn new(config: ModelConfig) -> Self {
        Self { config, drafter: Precision::Bf16, head: Precision::Bf16, draft_head: None }
    }

    /// The same with a drafter, and what its linear layers become.
    #[must_use]
    pub fn with_drafter(mut self, drafter: DrafterConfig, precision: Precision) -> Self {
        self.config.drafter = Some(drafter);
        self.drafter = precision;
        self
    }

    /// The same where the multi-token prediction head guesses.
    #[must_use]
    pub fn predicting(mut self) -> Self {
        self.config.predicts = true;
        self
    }

    /// The same with what the head becomes.
    #[must_use]
    pub fn with_head(mut self, precision: Precision) -> Self {
        self.head = precision;
        self
    }

    /// The same with what guesses read in place of the head; `None` is the head itself.
    #[must_use]
    pub fn with_draft_head(mut self, precision: Option<Precision>) -> Self {
        self.draft_head = precision;
        self
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }
}

impl Forms for StandIns {
    /// Packed where the configuration says so; the gates of linear attention, the head and the
    /// prediction head are left out, as published checkpoints do.
    fn linear(&self, tensor: Tensor) -> Result<Weights> {
        let published = Weights::Plain(self.config.dtype);
        Ok(match (tensor, &self.config.quantisation) {
            (Tensor::Draft(_) | Tensor::DraftLayer(..), _) => {
                self.drafter.weights().unwrap_or(published)
            }
            (Tensor::Head, _) => self.head.weights().unwrap_or(published),
            (Tensor::DraftHead, _) => {
                self.draft_head.unwrap_or(self.head).weights().unwrap_or(published)
            }
            (Tensor::Layer(_, Stack::Ba) | Tensor::Mtp(_) | Tensor::MtpLayer(_), _) | (_, None) => {
                published
            }
            (_, Some(of)) => Weights::Packed { asymmetric: !of.symmetric },
        })
    }

    fn plain(&self, _tensor: Tensor) -> Result<Dtype> {
        Ok(self.config.dtype)
    }
}
