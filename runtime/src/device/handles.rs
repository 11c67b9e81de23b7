//! Things by number, where a number is used once.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// Things that are named by numbers handed out here.
#[derive(Debug)]
pub(super) struct Handles<T> {
    /// What the things are called in messages.
    noun: &'static str,
    things: BTreeMap<u32, T>,
    next: u32,
}

impl<T> Handles<T> {
    /// None yet.
    pub(super) fn new(noun: &'static str) -> Self {
        Self { noun, things: BTreeMap::new(), next: 0 }
    }

    /// The number that the next thing will have.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// Keeps a thing and names it.
    pub(super) fn insert(&mut self, thing: T) -> u32 {
        let id = self.next;
        self.next = id.checked_add(1).expect("handles should not run out in one process");
        self.things.insert(id, thing);
        id
    }

    /// The thing of that number.
    pub(super) fn get(&self, id: u32) -> Result<&T> {
        self.things.get(&id).ok_or_else(|| self.unknown())
    }

    /// The thing of that number, to be changed.
    pub(super) fn get_mut(&mut self, id: u32) -> Result<&mut T> {
        let unknown = self.unknown();
        self.things.get_mut(&id).ok_or(unknown)
    }

    /// Forgets the thing of that number and returns it.
    pub(super) fn remove(&mut self, id: u32) -> Result<T> {
        let unknown = self.unknown();
        self.things.remove(&id).ok_or(unknown)
    }

    /// Forgets every thing that does not satisfy `keep`.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.things.retain(|_, thing| keep(thing));
    }

    fn unknown(&self) -> Error {
        Error::request(format!("the {} is unknown or was released before", self.noun))
    }
}
