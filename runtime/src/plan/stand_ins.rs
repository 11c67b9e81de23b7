//! A model without a checkpoint: its sizes are known, its weights are not.

use kiln_cache::operations::Weights;
use kiln_cache::vocabulary::Dtype;

use super::nodes::Forms;
use super::tensor::{Stack, Tensor, number};
use crate::Result;
use crate::model::config::ModelConfig;

/// A configuration whose weights are taken to be stored as such checkpoints are published.
#[derive(Clone, Debug)]
pub struct StandIns {
    pub(super) config: ModelConfig,
}

impl StandIns {
    /// Of a configuration.
    pub fn new(config: ModelConfig) -> Self {
        Self { config }
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
