//! Which pages of the cache are taken, and by how many.

use crate::{Error, Result};

/// The pages of the cache. A page of a prefix may have several holders; it is free again when the
/// last one releases it.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Free pages; the last one is taken next.
    free: Vec<u32>,
    holders: Vec<u32>,
}

impl Pages {
    /// So many pages, all free.
    pub fn new(count: u64) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self { free: (0..count).rev().collect(), holders: vec![0; count as usize] }
    }

    /// Pages that nobody holds.
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// Takes a free page.
    pub fn take(&mut self) -> Option<u32> {
        let page = self.free.pop()?;
        self.holders[page as usize] = 1;
        Some(page)
    }

    /// Adds a holder to a page that has one.
    ///
    /// # Errors
    /// If nobody holds the page.
    pub fn share(&mut self, page: u32) -> Result<()> {
        *self.held(page)? += 1;
        Ok(())
    }

    /// Takes a holder from a page.
    ///
    /// # Errors
    /// If nobody holds the page.
    pub fn release(&mut self, page: u32) -> Result<()> {
        let holders = self.held(page)?;
        *holders -= 1;
        if *holders == 0 {
            self.free.push(page);
        }
        Ok(())
    }

    fn held(&mut self, page: u32) -> Result<&mut u32> {
        let holders = self.holders.get_mut(page as usize).filter(|holders| **holders > 0);
        holders.ok_or_else(|| Error::request(format!("page {page} of the cache is not taken")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_is_given_away_once_until_its_last_holder_releases_it(
            steps in prop::collection::vec((0u8..3, any::<prop::sample::Index>()), 0..200)
        ) {
            let mut pages = Pages::new(7);
            let mut held: BTreeMap<u32, u32> = BTreeMap::new();
            for (step, which) in steps {
                let all: Vec<u32> = held.keys().copied().collect();
                let chosen = (!all.is_empty()).then(|| *which.get(&all));
                match (step, chosen) {
                    (0, _) => match pages.take() {
                        Some(page) => prop_assert!(held.insert(page, 1).is_none() && page < 7),
                        None => prop_assert_eq!(held.len(), 7),
                    },
                    (1, Some(page)) => {
                        pages.share(page).unwrap();
                        *held.get_mut(&page).unwrap() += 1;
                    }
                    (_, Some(page)) => {
                        pages.release(page).unwrap();
                        *held.get_mut(&page).unwrap() -= 1;
                        held.retain(|_, holders| *holders > 0);
                    }
                    _ => {}
                }
                prop_assert_eq!(pages.free(), 7 - held.len());
            }
            let gone = (0..7).filter(|page| !held.contains_key(page));
            for page in gone {
                prop_assert!(pages.release(page).is_err() && pages.share(page).is_err());
            }
        }
    }
}
