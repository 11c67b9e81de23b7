//! One session with the device.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kiln_cache::device::{Peak, Request as Ask, Response, Timing};
use kiln_cache::hash::Digest;
use kiln_cache::journal::Journal;
use kiln_cache::store::{Measurement, Store};
use kiln_compiler::object::link;
use kiln_targets::Target;

use super::noise::Noise;
use super::records::{JournalNote, key, measured};
use super::sampling::lost;
use super::watch::{Machine, Sight, Watch};
use crate::deadline::Deadline;
use crate::pipeline::{Compiler, Contender};
use crate::progress::{Event, Progress};
use crate::roofline::{Arithmetic, Probes};
use crate::workers::Device;
use crate::{Error, Result};

/// Times a kernel may be followed by the end of its process before it is given up.
const SUSPICION: u32 = 2;

/// What a run tunes, by name: runs of the same scope have the same noise floor in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope(pub BTreeMap<&'static str, String>);

/// Measures candidates on the host.
pub struct Timer<'a> {
    pub(super) device: Device,
    pub(super) store: &'a Store,
    pub(super) journal: Journal<JournalNote>,
    pub(super) suspects: BTreeSet<Digest>,
    pub(super) target: &'a Target,
    pub(super) room: tempfile::TempDir,
    pub(super) watch: Watch,
    pub(super) progress: Progress,
    pub(super) scope: Scope,
    /// A kernel against itself at the beginning of the session; empty before it.
    pub(super) opening: Vec<f64>,
    pub(super) noise: Option<Noise>,
    deadline: Deadline,
}

impl<'a> Timer<'a> {
    /// A session with a device that was found.
    ///
    /// # Errors
    /// If the journal cannot be used.
    pub fn start(
        device: Device,
        store: &'a Store,
        target: &'a Target,
        scope: Scope,
        deadline: Deadline,
        progress: &Progress,
    ) -> Result<Self> {
        let (journal, history) = Journal::open(store.journal_directory())?;
        let given_up = history.suspects.iter().filter(|suspect| suspect.times >= SUSPICION);
        let room = tempfile::Builder::new().prefix("kiln-tune-").tempdir();
        let room = room.map_err(|error| Error::io("create", &std::env::temp_dir(), error))?;
        Ok(Self {
            device,
            store,
            journal,
            suspects: given_up.map(|suspect| suspect.key).collect(),
            target,
            room,
            watch: Watch::new(),
            progress: progress.clone(),
            scope,
            opening: Vec::new(),
            noise: None,
            deadline,
        })
    }

    /// Whether the device is simulated.
    pub fn is_simulated(&self) -> bool {
        self.device.info().fingerprint.contains_key("simulator")
    }

    /// What measurements depend on.
    pub fn fingerprint(&self) -> BTreeMap<String, String> {
        self.device.info().fingerprint.clone()
    }

    /// The device's own peaks as they were first seen, which every later run plans with: measured
    /// once for each device and cache.
    ///
    /// # Errors
    /// If the device is lost or the cache cannot be used.
    pub fn probes(&mut self) -> Result<Probes> {
        let key = key("probes", self.device.info(), &Digest::of(b"")).finish();
        let known: Option<Measurement> = self.store.get(&key)?;
        let rates = match known {
            Some(known) => known.samples_us,
            None => {
                let rates = self.rates()?;
                self.store.put(&key, &measured(Digest::of(b""), rates.clone()))?;
                rates
            }
        };
        self.named(&rates)
    }

    /// The best that was seen of each peak, here and in every earlier session that measured: a
    /// machine that was busy once does not lower what it can do. Shares of the roofline are of
    /// these.
    ///
    /// # Errors
    /// As [`Timer::probes`].
    pub fn best_probes(&mut self) -> Result<Probes> {
        let first = self.probes()?;
        let key = key("best probes", self.device.info(), &Digest::of(b"")).finish();
        let known: Option<Measurement> = self.store.get(&key)?;
        let seen = known.map(|known| self.named(&known.samples_us)).transpose()?;
        let best = match seen {
            Some(seen) if !self.measured_noise() => seen,
            seen => {
                let now = self.rates()?;
                let now = self.named(&now)?;
                let best = seen.into_iter().fold(now.best_of(&first), |a, b| a.best_of(&b));
                let rate = |class| best.peaks.get(&class).copied().unwrap_or_default();
                let rates = vec![best.bandwidth, rate(Arithmetic::I8), rate(Arithmetic::F32)];
                self.store.put(&key, &measured(Digest::of(b""), rates))?;
                best
            }
        };
        Ok(best)
    }

    /// Bandwidth and peaks as they are now; 0 for arithmetic that the device does not have.
    fn rates(&mut self) -> Result<Vec<f64>> {
        let bandwidth = self.device.figure(&Ask::BandwidthProbe { threads: 0 });
        let mut rates = vec![bandwidth.map_err(lost)?];
        for peak in [Peak::Dot4I8, Peak::FmaF32] {
            let rate = self.device.figure(&Ask::PeakProbe { peak, threads: 0 });
            rates.push(rate.unwrap_or(0.0));
        }
        Ok(rates)
    }

    fn named(&self, rates: &[f64]) -> Result<Probes> {
        let [bandwidth, dot, fma] = rates[..] else {
            return Err(Error::invalid("cache", "the device's peaks are of another version"));
        };
        let peaks = [(Arithmetic::I8, dot), (Arithmetic::F32, fma)];
        let peaks = peaks.into_iter().filter(|(_, rate)| *rate > 0.0).collect();
        Ok(Probes { units: self.device.info().threads, bandwidth, peaks })
    }

    /// Links contenders into one object and loads it under number 0.
    ///
    /// # Errors
    /// If it cannot be linked or loaded.
    pub fn load(&mut self, contenders: &[Contender<'_>], compiler: &Compiler<'_>) -> Result<()> {
        let objects = contenders.iter().map(|of| compiler.object(&of.code));
        let objects = objects.collect::<Result<Vec<_>>>()?;
        let slices: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
        let fail = |why: String| Error::invalid("candidates", why);
        let linked = link(&slices, self.target).map_err(|error| fail(error.to_string()))?;
        let path = self.room.path().join("candidates.so");
        std::fs::write(&path, linked).map_err(|error| Error::io("write", &path, error))?;
        let loaded = self.device.ask(&Ask::LoadObject { id: 0, path });
        loaded.map(drop).map_err(|error| fail(error.to_string()))
    }

    /// Unloads what [`Timer::load`] loaded.
    ///
    /// # Errors
    /// If the device is lost.
    pub fn unload(&mut self) -> Result<()> {
        self.device.ask(&Ask::UnloadObject { id: 0 }).map(drop).map_err(lost)
    }

    /// Samples by launch and round.
    pub(super) fn rounds(&mut self, timing: Timing) -> Result<Vec<Vec<f64>>> {
        match self.device.ask(&Ask::Time(timing)).map_err(lost)? {
            Response::Samples { us } => Ok(us),
            _ => Err(Error::invalid("device", "an answer of the wrong kind")),
        }
    }

    /// Looks at the canary if it is time to, after `samples` more.
    pub(super) fn look(&mut self, samples: usize) -> Result<Sight> {
        self.watched(|watch, machine| watch.look(samples, machine))
    }

    /// Lets the watch see the device.
    pub(super) fn watched<T>(
        &mut self,
        act: impl FnOnce(&mut Watch, &mut Sighted<'_>) -> Result<T>,
    ) -> Result<T> {
        act(&mut self.watch, &mut Sighted { device: &mut self.device, progress: &self.progress })
    }

    pub(super) fn cache_bytes(&self) -> u64 {
        let text = self.device.info().fingerprint.get("cache_bytes");
        text.and_then(|text| text.parse().ok()).filter(|bytes| *bytes > 0).unwrap_or(32 << 20)
    }

    /// Whether the budget has ended.
    pub(super) fn late(&self) -> bool {
        self.deadline.passed()
    }
}

/// The device as the watch sees it.
pub(super) struct Sighted<'a> {
    device: &'a mut Device,
    progress: &'a Progress,
}

impl Machine for Sighted<'_> {
    fn reading(&mut self) -> Result<f64> {
        self.device.figure(&Ask::Canary).map_err(lost)
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn note(&mut self, drift: f64) {
        // A reading that was no time has no drift to tell.
        if drift.is_finite() {
            self.progress.event(&Event::Canary { drift });
        }
    }
}
