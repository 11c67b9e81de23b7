//! A model without a checkpoint: its sizes are known, its weights are not.

use kiln_cache::operations::Weights;
use kiln_cache::vocabulary::Dtype;

use super::nodes::Forms;
use super::tensor::{Stack, Tensor, number};
use crate::Result;
use crate::model::config::{DrafterConfig, ModelConfig};

/// A configuration whose weights are taken to be stored as such checkpoints are published.
#[derive(Clone, Debug)]
pub struct StandIns {
    pub(super) config: ModelConfig,
    /// Number type of the drafter's linear layers.
    drafter: Dtype,
}

impl StandIns {
    /// Of a configuration.
    pub fn new(config: ModelConfig) -> Self {
        let drafter = number(config.dtype);
        Self { config, drafter }
    }

    /// The same with a drafter, as published, or with linear layers quantised to bytes.
    #[must_use]
    pub fn with_drafter(mut self, drafter: DrafterConfig, int8: bool) -> Self {
        self.config.drafter = Some(drafter);
        if int8 {
            self.drafter = Dtype::I8;
        }
        self
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }
}

impl Forms for StandIns {
    /// Packed where the configuration says so; the gates of linear attention and the head are left
    /// out, as published checkpoints do.
    fn linear(&self, tensor: Tensor) -> Result<Weights> {
        if matches!(tensor, Tensor::Draft(_) | Tensor::DraftLayer(..)) {
            return Ok(Weights::Plain(self.drafter));
        }
        let plain = matches!(tensor, Tensor::Head | Tensor::Layer(_, Stack::Ba));
        Ok(match &self.config.quantisation {
            Some(of) if !plain => Weights::Packed { asymmetric: !of.symmetric },
            _ => Weights::Plain(number(self.config.dtype)),
        })
    }

    fn plain(&self, _tensor: Tensor) -> Result<Dtype> {
        Ok(number(self.config.dtype))
    }
}
