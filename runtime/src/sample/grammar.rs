//! What a text may be.

use std::fmt;

use crate::Result;

/// Says which tokens may come next in a text that has to follow rules.
pub trait Grammar: fmt::Debug + Send {
    /// Makes the logits of tokens that may not come next minus infinity.
    ///
    /// # Errors
    /// If what may come next cannot be found out; the text cannot go on.
    fn mask(&mut self, logits: &mut [f32]) -> Result<()>;

    /// Goes on by a token that was chosen.
    ///
    /// # Errors
    /// If the token does not follow the rules; the text cannot go on.
    fn advance(&mut self, token: u32) -> Result<()>;

    /// The same at the same place, to try tokens with.
    fn fork(&self) -> Box<dyn Grammar>;
}

impl Clone for Box<dyn Grammar> {
    fn clone(&self) -> Self {
        self.fork()
    }
}
