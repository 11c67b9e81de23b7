//! Things that C programs hold by opaque handles.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Handles are numbers from here on: never null, never one of HIP's reserved stream handles, and
/// never an address that could be mistaken for memory.
static NEXT: AtomicUsize = AtomicUsize::new(0x1000);

/// Things of one kind. A number is used once in a process, so that a handle of another kind, or
/// of a thing that was destroyed, is unknown.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    things: BTreeMap<usize, T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self { things: BTreeMap::new() }
    }
}

impl<T> Handles<T> {
    /// Keeps a thing and names it.
    pub(crate) fn insert(&mut self, thing: T) -> usize {
        let handle = NEXT.fetch_add(0x10, Ordering::Relaxed);
        self.things.insert(handle, thing);
        handle
    }

    /// The thing of a handle.
    pub(crate) fn get(&self, handle: usize) -> Result<&T> {
        self.things.get(&handle).ok_or(Error::InvalidHandle)
    }

    /// The thing of a handle, to be changed.
    pub(crate) fn get_mut(&mut self, handle: usize) -> Result<&mut T> {
        self.things.get_mut(&handle).ok_or(Error::InvalidHandle)
    }

    /// Forgets a thing.
    pub(crate) fn remove(&mut self, handle: usize) -> Result<T> {
        self.things.remove(&handle).ok_or(Error::InvalidHandle)
    }

    /// Every thing.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.things.values()
    }

    /// Every thing, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.values_mut()
    }

    /// Forgets every thing that does not satisfy `keep`.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.things.retain(|_, thing| keep(thing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_of_another_kind_or_of_the_past_is_unknown() {
        let (mut words, mut numbers) = (Handles::default(), Handles::default());
        let word = words.insert("a");
        let number = numbers.insert(1);
        assert_eq!(words.get(word), Ok(&"a"));
        assert_eq!(words.get(number), Err(Error::InvalidHandle));
        assert_eq!(words.remove(word), Ok("a"));
        assert_eq!(words.remove(word), Err(Error::InvalidHandle));
        assert_ne!(words.insert("b"), word);
    }
}
