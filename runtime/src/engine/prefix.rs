//! Beginnings of texts whose keys, values and states are remembered.
//!
//! * Texts are cut at multiples of a chunk. An entry is a chunk after the chunks before it; it holds
//!   the chunk's pages, and a slot with the states at its end unless another entry needed the slot.
//! * A text that begins with remembered chunks goes on after the last of them that has its states,
//!   where a text that was never seen would have been cut as well: the same passes follow.

use std::collections::BTreeMap;

use super::pages::Pages;
use crate::Result;

/// Number of an entry; never used again.
type Entry = u64;

/// A token with its position in time, height and width.
pub(super) type Placed = (u32, [u32; 3]);

/// Remembered beginnings of texts.
#[derive(Debug)]
pub(super) struct Prefixes {
    chunk: usize,
    entries: BTreeMap<Entry, Chunk>,
    next: Entry,
    clock: u64,
    free: Vec<u64>,
}

#[derive(Debug)]
struct Chunk {
    before: Option<Entry>,
    tokens: Vec<Placed>,
    pages: Vec<u32>,
    /// Slot of the states at its end.
    slot: Option<u64>,
    used: u64,
}

/// A remembered beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) tokens: usize,
    pub(super) pages: Vec<u32>,
    pub(super) slot: u64,
}

impl Prefixes {
    /// Remembers up to one state for each slot of these.
    pub(super) fn new(chunk: usize, slots: Vec<u64>) -> Self {
        Self { chunk, entries: BTreeMap::new(), next: 0, clock: 0, free: slots }
    }

    /// The longest remembered beginning that leaves at least one token.
    pub(super) fn find(&mut self, text: &[Placed]) -> Option<Hit> {
        let usable = &text[..text.len().saturating_sub(1) / self.chunk * self.chunk];
        let mut pages = Vec::new();
        let (mut hit, mut path, mut deepest) = (None, Vec::new(), 0);
        let mut before = None;
        for (at, tokens) in usable.chunks_exact(self.chunk).enumerate() {
            let Some(entry) = self.child(before, tokens) else { break };
            let chunk = &self.entries[&entry];
            pages.extend(&chunk.pages);
            path.push(entry);
            if let Some(slot) = chunk.slot {
                let tokens = (at + 1) * self.chunk;
                hit = Some(Hit { tokens, pages: pages.clone(), slot });
                deepest = path.len();
            }
            before = Some(entry);
        }
        self.clock += 1;
        for entry in &path[..deepest] {
            let chunk = self.entries.get_mut(entry).expect("a path should be of entries");
            chunk.used = self.clock;
        }
        hit
    }

    /// Remembers the beginning of a text up to the end of a chunk; `pages` are those of the whole
    /// beginning. Returns the slot that the states have to be copied to, if they are not there yet.
    pub(super) fn remember(
        &mut self,
        text: &[Placed],
        pages: &[u32],
        held: &mut Pages,
    ) -> Result<Option<u64>> {
        if self.free.is_empty() && self.states() == 0 {
            return Ok(None);
        }
        let count = text.len() / self.chunk;
        let each = pages.len() / count.max(1);
        let mut before = None;
        self.clock += 1;
        for (at, tokens) in text.chunks_exact(self.chunk).enumerate() {
            let entry = match self.child(before, tokens) {
                Some(entry) => entry,
                None => self.insert(before, tokens, &pages[at * each..(at + 1) * each], held)?,
            };
            let chunk = self.entries.get_mut(&entry).expect("an entry should be known");
            chunk.used = self.clock;
            before = Some(entry);
        }
        let Some(last) = before else { return Ok(None) };
        if self.entries[&last].slot.is_some() {
            return Ok(None);
        }
        let slot = self.slot(held)?;
        let chunk = self.entries.get_mut(&last).expect("what was used just now should have stayed");
        chunk.slot = slot;
        Ok(slot)
    }

    /// Forgets the states that were used least recently, and what only they needed; `false` where
    /// there are none.
    pub(super) fn forget(&mut self, held: &mut Pages) -> Result<bool> {
        let with = self.entries.iter().filter(|(_, chunk)| chunk.slot.is_some());
        let Some(oldest) = with.min_by_key(|(at, chunk)| (chunk.used, **at)).map(|(at, _)| *at)
        else {
            return Ok(false);
        };
        let chunk = self.entries.get_mut(&oldest).expect("the entry was just found");
        self.free.extend(chunk.slot.take());
        self.prune(held)?;
        Ok(true)
    }

    /// Number of remembered states.
    pub(super) fn states(&self) -> usize {
        self.entries.values().filter(|chunk| chunk.slot.is_some()).count()
    }

    fn child(&self, before: Option<Entry>, tokens: &[Placed]) -> Option<Entry> {
        let same = |chunk: &Chunk| chunk.before == before && chunk.tokens == tokens;
        self.entries.iter().find(|(_, chunk)| same(chunk)).map(|(entry, _)| *entry)
    }

    fn insert(
        &mut self,
        before: Option<Entry>,
        tokens: &[Placed],
        pages: &[u32],
        held: &mut Pages,
    ) -> Result<Entry> {
        pages.iter().try_for_each(|page| held.share(*page))?;
        let entry = self.next;
        self.next += 1;
        let (tokens, pages) = (tokens.to_vec(), pages.to_vec());
        let chunk = Chunk { before, tokens, pages, slot: None, used: self.clock };
        self.entries.insert(entry, chunk);
        Ok(entry)
    }

    /// A slot for states, taken from those that were used least recently if need be.
    fn slot(&mut self, held: &mut Pages) -> Result<Option<u64>> {
        if self.free.is_empty() {
            // The entry that needs it was used just now, and so is not the oldest with states.
            let with = self.entries.iter().filter(|(_, chunk)| chunk.slot.is_some());
            let oldest = with.min_by_key(|(at, chunk)| (chunk.used, **at)).map(|(at, _)| *at);
            if let Some(chunk) = oldest.and_then(|at| self.entries.get_mut(&at)) {
                self.free.extend(chunk.slot.take());
            }
        }
        let slot = self.free.pop();
        if slot.is_some() {
            self.prune_except_newest(held)?;
        }
        Ok(slot)
    }

    /// Removes entries without states that no entry comes after.
    fn prune(&mut self, held: &mut Pages) -> Result<()> {
        self.prune_where(held, |_, _| true)
    }

    /// As [`Prefixes::prune`], but what was used just now stays: it is about to get its states.
    fn prune_except_newest(&mut self, held: &mut Pages) -> Result<()> {
        self.prune_where(held, |chunk, clock| chunk.used < clock)
    }

    fn prune_where(&mut self, held: &mut Pages, may: fn(&Chunk, u64) -> bool) -> Result<()> {
        loop {
            let leaf = |entry: &Entry| !self.entries.values().any(|of| of.before == Some(*entry));
            let useless = self.entries.iter().find(|(entry, chunk)| {
                chunk.slot.is_none() && may(chunk, self.clock) && leaf(entry)
            });
            let Some(entry) = useless.map(|(entry, _)| *entry) else { return Ok(()) };
            let chunk = self.entries.remove(&entry).expect("the entry was just found");
            chunk.pages.into_iter().try_for_each(|page| held.release(page))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(letters: &str) -> Vec<Placed> {
        letters.bytes().enumerate().map(|(at, of)| (of.into(), [at as u32; 3])).collect()
    }

    /// Remembers a text of whole chunks of two tokens on pages of one.
    fn remember(prefixes: &mut Prefixes, pages: &mut Pages, letters: &str) -> Option<u64> {
        let text = text(letters);
        let own: Vec<u32> = text.iter().map(|_| pages.take().unwrap()).collect();
        let slot = prefixes.remember(&text, &own, pages).unwrap();
        own.into_iter().for_each(|page| pages.release(page).unwrap());
        slot
    }

    fn tokens(prefixes: &mut Prefixes, letters: &str) -> usize {
        prefixes.find(&text(letters)).map_or(0, |hit| hit.tokens)
    }

    #[test]
    fn the_longest_common_beginning_is_found_and_one_token_is_left() {
        let (mut prefixes, mut pages) = (Prefixes::new(2, vec![5, 6, 7]), Pages::new(20));
        assert_eq!(remember(&mut prefixes, &mut pages, "ab"), Some(7));
        assert_eq!(remember(&mut prefixes, &mut pages, "abcd"), Some(6));
        assert_eq!(remember(&mut prefixes, &mut pages, "abcd"), None, "it is there already");
        let mut find = |letters| tokens(&mut prefixes, letters);
        assert_eq!(find("abcde"), 4);
        assert_eq!(find("abcd"), 2, "the last token has to be computed for its logits");
        assert_eq!(find("abxde"), 2);
        assert_eq!((find("xbcde"), find("ab"), find("a"), find("")), (0, 0, 0, 0));
        let mut elsewhere = text("abcde");
        elsewhere[0].1 = [9; 3];
        assert_eq!(prefixes.find(&elsewhere), None, "positions belong to the text");
        assert_eq!(pages.free(), 16, "the prefix of both is held once");
    }

    #[test]
    fn what_was_used_least_recently_makes_room() {
        let (mut prefixes, mut pages) = (Prefixes::new(2, vec![0, 1]), Pages::new(20));
        remember(&mut prefixes, &mut pages, "ab");
        remember(&mut prefixes, &mut pages, "cd");
        assert_eq!(tokens(&mut prefixes, "abx"), 2);
        remember(&mut prefixes, &mut pages, "ef");
        assert_eq!(tokens(&mut prefixes, "cdx"), 0);
        assert_eq!((tokens(&mut prefixes, "abx"), tokens(&mut prefixes, "efx")), (2, 2));
        assert_eq!(pages.free(), 16);
        while prefixes.forget(&mut pages).unwrap() {}
        assert_eq!((pages.free(), prefixes.states(), prefixes.entries.len()), (20, 0, 0));
    }

    #[test]
    fn without_slots_nothing_is_remembered_and_nothing_held() {
        let (mut prefixes, mut pages) = (Prefixes::new(2, Vec::new()), Pages::new(9));
        assert_eq!(remember(&mut prefixes, &mut pages, "abcd"), None);
        assert_eq!((pages.free(), tokens(&mut prefixes, "abcde")), (9, 0));
    }

    proptest! {
        #[test]
        fn pages_are_held_by_entries_alone_and_all_come_back(
            texts in prop::collection::vec("[ab]{0,8}", 0..30), slots in 0u64..4
        ) {
            let mut prefixes = Prefixes::new(2, (0..slots).collect());
            let mut pages = Pages::new(64);
            for letters in &texts {
                let whole = &letters[..letters.len() / 2 * 2];
                if !whole.is_empty() {
                    remember(&mut prefixes, &mut pages, whole);
                }
                let found = prefixes.find(&text(letters));
                if let Some(hit) = found {
                    prop_assert!(hit.tokens < letters.len() && hit.tokens.is_multiple_of(2));
                    prop_assert_eq!(hit.pages.len(), hit.tokens);
                }
                prop_assert!(prefixes.states() as u64 <= slots);
                prop_assert_eq!(pages.free(), 64 - 2 * prefixes.entries.len());
            }
            while prefixes.forget(&mut pages).unwrap() {}
            prop_assert_eq!(pages.free(), 64);
        }
    }
}
