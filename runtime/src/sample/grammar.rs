//! What a text may be.

use std::fmt;

/// Says which tokens may come next in a text that has to follow rules.
pub trait Grammar: fmt::Debug + Send {
    /// Makes the logits of tokens that may not come next minus infinity.
    fn mask(&self, logits: &mut [f32]);

    /// Goes on by a token that was chosen.
    fn advance(&mut self, token: u32);

    /// The same at the same place, to try tokens with.
    fn fork(&self) -> Box<dyn Grammar>;
}

impl Clone for Box<dyn Grammar> {
    fn clone(&self) -> Self {
        self.fork()
    }
}
