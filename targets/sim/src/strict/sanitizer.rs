//! What is shared by the workgroups of a launch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiln_targets::{Hazard, Target};

use super::group::Watch;
use super::known::Known;
use super::report::Report;
use super::shared::{Launch, Meeting, Touched};

/// How much the sanitizer looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether to report every computation with a value that nobody wrote, and not only where such a value decides
    /// something. Kernels written by hand should pass; compilers compute with registers of which they need a part.
    pub eager: bool,
    /// Whether to look for races in device memory, which costs the most.
    pub memory_races: bool,
    /// Pages of 1 KiB that are watched for races in one workgroup. A page costs up to 40 KiB while its workgroup
    /// runs.
    pub group_pages: usize,
    /// Pages of 1 KiB that are watched for races between the workgroups of a launch. A page costs 2 KiB if it is only
    /// read, and up to 24 KiB else.
    pub launch_pages: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { eager: false, memory_races: true, group_pages: 4096, launch_pages: 65536 }
    }
}

/// Watches launches and gathers what they do wrong.
///
/// [`Sanitizer::watch`] gives the observer of one workgroup. What the workgroups of one launch do to the same bytes is
/// compared when each ends, so a new launch begins with [`Sanitizer::next_launch`]; findings of all launches go into
/// one [`Report`].
#[derive(Debug)]
pub struct Sanitizer {
    pub(super) options: Options,
    pub(super) hazards: Vec<Hazard>,
    pub(super) lds_limit: u32,
    known: Mutex<Arc<Known>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    report: Report,
    launch: Launch,
    /// The workgroups that have ended, in the order in which they did.
    groups: Vec<[u32; 3]>,
}

impl Sanitizer {
    /// A sanitizer for kernels of `target`, which looks at everything.
    pub fn new(target: &Target) -> Self {
        Self::with(target, Options::default())
    }

    /// A sanitizer that looks at what `options` say.
    pub fn with(target: &Target, options: Options) -> Self {
        Self {
            options,
            hazards: target.hazards.clone(),
            lds_limit: target.lds_bytes_per_group,
            known: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// An observer, for one workgroup or for several one after the other.
    pub fn watch(&self) -> Watch<'_> {
        Watch::new(self)
    }

    /// Begins another launch, perhaps of another object: what earlier launches did to memory is over.
    pub fn next_launch(&self) {
        *lock(&self.known) = Arc::default();
        let mut state = lock(&self.state);
        state.launch = Launch::default();
        state.groups.clear();
    }

    /// What was found so far.
    pub fn report(&self) -> Report {
        lock(&self.state).report.clone()
    }

    pub(super) fn known(&self) -> Arc<Known> {
        Arc::clone(&lock(&self.known))
    }

    /// Shares the facts that one workgroup worked out.
    pub(super) fn learn(&self, known: &Arc<Known>) {
        let mut all = lock(&self.known);
        if known.len() > all.len() {
            *all = Arc::clone(known);
        }
    }

    /// Takes over the findings of a workgroup and compares what it touched with others: `describe` puts a meeting
    /// with another workgroup, or several, into the report.
    pub(super) fn finish(
        &self,
        workgroup: [u32; 3],
        mut report: Report,
        touched: &Touched,
        describe: impl Fn(&mut Report, Meeting, Option<[u32; 3]>),
    ) {
        let mut state = lock(&self.state);
        let State { report: all, launch, groups } = &mut *state;
        let number = groups.len() as u32;
        groups.push(workgroup);
        let (meetings, refused) = launch.merge(number, touched, self.options.launch_pages);
        for meeting in meetings {
            let other = meeting.other.and_then(|other| groups.get(other as usize).copied());
            describe(&mut report, meeting, other);
        }
        report.add_unwatched(refused + touched.refused());
        all.merge(report);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
