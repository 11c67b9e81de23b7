//! Findings, gathered and folded.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::finding::{Finding, Place};
use super::kind::Kind;

/// What makes two sightings the same cause: the law, the instruction, and a detail of the law.
pub(super) type Cause = (Kind, u64, u64);

/// The most causes that a report keeps; further ones are counted.
const MOST: usize = 1000;

/// What a sanitizer has to say of the launches that it watched.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
    #[serde(skip)]
    index: HashMap<Cause, usize>,
    dropped: u64,
    #[serde(rename = "unwatched_pages")]
    unwatched: u64,
}

impl Report {
    /// One finding for each cause. Where workgroups run on several threads, which sighting comes first may differ from
    /// run to run; which causes there are does not.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether there is nothing to say.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Findings of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.kind == kind)
    }

    /// Sightings beyond the causes that a report keeps.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Pages of memory, of 1 KiB and counted for each workgroup, in which races were not looked for because the limit
    /// was reached.
    pub fn unwatched_pages(&self) -> u64 {
        self.unwatched
    }

    /// Counts one more sighting, described by `describe` if it is the first of its cause.
    pub(super) fn add(&mut self, cause: Cause, describe: impl FnOnce() -> (Place, String, String)) {
        if let Some(&at) = self.index.get(&cause) {
            self.findings[at].count += 1;
        } else if self.findings.len() == MOST {
            self.dropped += 1;
        } else {
            let (place, what, fix) = describe();
            self.index.insert(cause, self.findings.len());
            self.findings.push(Finding { kind: cause.0, place, what, fix, count: 1 });
        }
    }

    pub(super) fn add_unwatched(&mut self, pages: u64) {
        self.unwatched += pages;
    }

    /// Takes over what another report has.
    pub(super) fn merge(&mut self, other: Self) {
        let mut causes: Vec<_> = other.index.into_iter().collect();
        causes.sort_unstable_by_key(|(_, at)| *at);
        for ((cause, _), finding) in causes.into_iter().zip(other.findings) {
            if let Some(&at) = self.index.get(&cause) {
                self.findings[at].count += finding.count;
            } else if self.findings.len() == MOST {
                self.dropped += finding.count;
            } else {
                self.index.insert(cause, self.findings.len());
                self.findings.push(finding);
            }
        }
        self.dropped += other.dropped;
        self.unwatched += other.unwatched;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            0 => writeln!(f, "strict: nothing found")?,
            1 => writeln!(f, "strict: 1 finding")?,
            count => writeln!(f, "strict: {count} findings")?,
        }
        for finding in &self.findings {
            writeln!(f, "\n{finding}")?;
        }
        if self.dropped > 0 {
            writeln!(f, "\n{} further sightings of other causes are left out", self.dropped)?;
        }
        if self.unwatched > 0 {
            writeln!(f, "\n{} pages of memory were not watched for races", self.unwatched)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(report: &mut Report, pc: u64, wave: u32) {
        report.add((Kind::MissingWait, pc, 0), || {
            let place = Place {
                kernel: "k".to_owned(),
                pc,
                offset: pc as i64,
                instruction: String::new(),
                workgroup: [0; 3],
                wave,
                lanes: 0,
            };
            (place, "what".to_owned(), "fix".to_owned())
        });
    }

    #[test]
    fn one_cause_is_one_finding_with_a_count() {
        let (mut all, mut other) = (Report::default(), Report::default());
        (0..3).for_each(|wave| add(&mut all, 8, wave));
        (0..2).for_each(|wave| add(&mut other, 8, wave));
        add(&mut other, 16, 5);
        all.merge(other);
        let seen: Vec<_> = all.findings().iter().map(|f| (f.place.pc, f.count)).collect();
        assert_eq!(seen, [(8, 5), (16, 1)]);
        assert!(all.to_string().starts_with("strict: 2 findings\n"));
    }

    #[test]
    fn causes_beyond_the_limit_are_counted_and_said() {
        let mut report = Report::default();
        (0..MOST as u64 + 7).for_each(|pc| add(&mut report, pc, 0));
        assert_eq!((report.findings().len(), report.dropped()), (MOST, 7));
        assert!(report.to_string().contains("7 further sightings"));
    }
}
