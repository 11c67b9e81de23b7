//! The engine as requests see it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::answer::Answer;
use super::backend::{Backend, Capacity};
use super::heart::Heart;
use super::job::{Job, JobId, Outcome};
use super::life::{self, Rebuild};
use super::queue::{Queue, Waiting};
use super::record::Record;
use crate::metrics::Metrics;

/// Tokens of an answer that wait for their reader before the job is held.
const UNREAD: usize = 256;

/// How much may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Jobs that may wait.
    pub(crate) waiting: usize,
    /// Tokens of the prompts that may wait.
    pub(crate) waiting_tokens: usize,
    /// A step that takes longer is stuck.
    pub(crate) step: Duration,
    /// A reader that takes nothing for longer is gone.
    pub(crate) stall: Duration,
    /// When a backend that failed is made anew.
    pub(crate) rebuild: Rebuild,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            waiting: 64,
            waiting_tokens: 4 << 20,
            step: Duration::from_secs(60),
            stall: Duration::from_secs(60),
            rebuild: Rebuild::Never,
        }
    }
}

/// Why a job was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It can never be computed: in words for the client.
    TooLong(String),
    /// Too many wait.
    Busy {
        /// In words for the client.
        why: String,
        /// Seconds after which it is worth another try.
        after: u64,
    },
    /// The server is going down, or its engine does not answer.
    Closed(String),
}

/// How far an engine has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The backend is being made.
    Loading,
    /// It is ready.
    Ready,
    /// The last one failed, and another one is being made.
    Rebuilding,
    /// It could not be made, for this reason.
    Failed(String),
}

/// Whether an engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It will, once its model is loaded.
    Loading,
    /// It does.
    Well,
    /// The current step has been going on for too long.
    Stuck(Duration),
    /// It failed, and will again once another one is made.
    Rebuilding,
    /// It will not again before the process is started anew.
    Dead,
}

/// Makes a backend.
type Make = dyn Fn() -> anyhow::Result<Box<dyn Backend>> + Send + Sync;

/// Writes answers on a thread of its own; cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine(Arc<Shared>);

/// What the thread and the requests share.
pub(super) struct Shared {
    pub(super) capacity: Capacity,
    pub(super) bounds: Bounds,
    pub(super) metrics: Arc<Metrics>,
    pub(super) make: Box<Make>,
    /// Steps of all threads so far.
    pub(super) stepped: AtomicU64,
    /// That of the thread that works at the moment.
    heart: Mutex<Arc<Heart>>,
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Every job that is not over.
    live: Mutex<BTreeMap<JobId, Arc<Record>>>,
    closed: AtomicBool,
    next: AtomicU64,
    stage: watch::Sender<Stage>,
}

impl Engine {
    /// Starts the thread, on which the backend is made, also where it is made anew.
    pub(crate) fn start(
        capacity: Capacity,
        bounds: Bounds,
        metrics: Arc<Metrics>,
        make: impl Fn() -> anyhow::Result<Box<dyn Backend>> + Send + Sync + 'static,
    ) -> Self {
        let heart = Arc::new(Heart::new());
        let shared = Arc::new(Shared {
            capacity,
            bounds,
            metrics,
            make: Box::new(make),
            stepped: AtomicU64::new(0),
            heart: Mutex::new(Arc::clone(&heart)),
            queue: Mutex::default(),
            wake: Condvar::new(),
            live: Mutex::default(),
            closed: AtomicBool::new(false),
            next: AtomicU64::new(0),
            stage: watch::Sender::new(Stage::Loading),
        });
        life::start(&shared, &heart);
        Self(shared)
    }

    /// How far it has come, as it changes.
    pub(crate) fn stage(&self) -> watch::Receiver<Stage> {
        self.0.stage.subscribe()
    }

    /// How much there is of everything.
    pub(crate) fn capacity(&self) -> Capacity {
        self.0.capacity
    }

    /// Admits a job.
    ///
    /// # Errors
    /// The reason why it is not admitted; it is counted under that reason.
    pub(crate) fn submit(&self, mut job: Job) -> Result<Answer, Refusal> {
        let shared = &self.0;
        let refused = |reason, refusal| {
            shared.metrics.refused(reason);
            Err(refusal)
        };
        if let Some(why) = self.too_long(&job) {
            return refused("context", Refusal::TooLong(why));
        }
        job.most = job.most.min(shared.capacity.context - job.prompt.len());
        if shared.is_closed() {
            return refused("closed", Refusal::Closed("the server is shutting down".into()));
        }
        match self.health() {
            Health::Well => {}
            Health::Loading => {
                let why = "the model is still being loaded";
                return refused("loading", Refusal::Closed(why.into()));
            }
            Health::Rebuilding => {
                let why = "the engine failed and is being made anew; try again later";
                return refused("stuck", Refusal::Closed(why.into()));
            }
            Health::Stuck(_) | Health::Dead => {
                let why = "the engine does not answer; it has to be looked at";
                return refused("stuck", Refusal::Closed(why.into()));
            }
        }
        let mut queue = shared.queue();
        queue.sweep();
        let tokens = queue.tokens() + job.prompt.len();
        if queue.len() >= shared.bounds.waiting || tokens > shared.bounds.waiting_tokens {
            let (waiting, most) = (queue.len(), shared.bounds.waiting);
            let why =
                format!("{waiting} requests wait already, of at most {most}; try again later");
            let after = shared.metrics.seconds_to_wait(waiting, shared.capacity.slots);
            return refused("queue", Refusal::Busy { why, after });
        }
        let id = JobId(shared.next.fetch_add(1, Ordering::Relaxed));
        let size = (job.prompt.len(), job.most);
        let record = Arc::new(Record::new(id, size, UNREAD, Arc::clone(&shared.metrics)));
        shared.metrics.admitted.add(1);
        shared.metrics.prompt_tokens.add(job.prompt.len() as u64);
        shared.live().insert(id, Arc::clone(&record));
        queue.push(Waiting { record: Arc::clone(&record), job });
        drop(queue);
        shared.wake.notify_all();
        Ok(Answer::new(record, Arc::clone(shared)))
    }

    fn too_long(&self, job: &Job) -> Option<String> {
        let Capacity { context, cached, .. } = self.0.capacity;
        let (prompt, most) = (job.prompt.len(), job.most);
        if prompt == 0 {
            return Some("the prompt has no tokens".into());
        }
        if prompt >= context {
            return Some(format!(
                "the prompt has {prompt} tokens; the context has {context}, of which at least one \
                 is the answer's"
            ));
        }
        if prompt.saturating_add(most) > context && most != usize::MAX {
            return Some(format!(
                "the prompt has {prompt} tokens and the answer may have {most}; the context has \
                 {context}"
            ));
        }
        (prompt >= cached)
            .then(|| format!("the prompt has {prompt} tokens; there is memory for {cached}"))
    }

    /// Whether it answers.
    pub(crate) fn health(&self) -> Health {
        let heart = self.0.heart();
        if heart.is_dead() {
            return Health::Dead;
        }
        match *self.0.stage.borrow() {
            Stage::Loading => return Health::Loading,
            Stage::Rebuilding => return Health::Rebuilding,
            Stage::Ready | Stage::Failed(_) => {}
        }
        match heart.busy() {
            Some(busy) if busy > self.0.bounds.step => Health::Stuck(busy),
            _ => Health::Well,
        }
    }

    /// Jobs that run and jobs that wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let mut queue = self.0.queue();
        queue.sweep();
        (self.0.heart().running.load(Ordering::Acquire), queue.len())
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.0.steps()
    }

    /// Leaves a step alone that does not end, and has another backend made; `false` where there is no
    /// such step, or it cannot be left.
    pub(crate) fn replace_stuck(&self) -> bool {
        let shared = &self.0;
        if shared.bounds.rebuild != Rebuild::Always || shared.is_closed() {
            return false;
        }
        let mut heart = shared.heart.lock().unwrap_or_else(PoisonError::into_inner);
        if !heart.leave(shared.bounds.step) {
            return false;
        }
        let new = Arc::new(Heart::new());
        *heart = Arc::clone(&new);
        shared.rebuilding();
        drop(heart);
        // Before anybody who waits may run with the new one.
        shared.fail_running("the engine does not answer");
        life::start(shared, &new);
        true
    }

    /// Admits nobody any more.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
    }

    /// Ends every job, for a reason in words for the client.
    pub(crate) fn fail_all(&self, why: &str) {
        self.0.fail_all(why);
    }

    /// Jobs that are not over.
    pub(crate) fn live(&self) -> usize {
        self.0.live().len()
    }
}

impl Shared {
    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heart(&self) -> Arc<Heart> {
        Arc::clone(&self.heart.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Steps of all threads so far.
    pub(super) fn steps(&self) -> u64 {
        self.stepped.load(Ordering::Relaxed)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether there has been a backend.
    pub(super) fn was_ready(&self) -> bool {
        *self.stage.borrow() != Stage::Loading
    }

    /// There is a backend.
    pub(super) fn ready(&self) {
        self.stage.send_replace(Stage::Ready);
    }

    /// There is none, and another one will be made.
    pub(super) fn rebuilding(&self) {
        self.metrics.rebuilds.add(1);
        self.stage.send_replace(Stage::Rebuilding);
    }

    /// There is none, and there will be none, for this reason.
    pub(super) fn failed(&self, why: String) {
        self.stage.send_replace(Stage::Failed(why));
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<JobId, Arc<Record>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody changes something, or for a while.
    pub(super) fn wait(&self, queue: MutexGuard<'_, Queue>, most: Duration) {
        drop(self.wake.wait_timeout(queue, most).unwrap_or_else(PoisonError::into_inner));
    }

    /// Ends a job for the thread.
    pub(super) fn end(&self, record: &Record, outcome: Outcome) {
        if record.end(outcome) {
            self.live().remove(&record.id);
        }
    }

    /// A job is over; whoever holds something of it should let go.
    pub(super) fn forget(&self, id: JobId) {
        self.live().remove(&id);
        // The lock orders this after a thread that is about to wait.
        drop(self.queue());
        self.wake.notify_all();
    }

    /// Ends every job that does not wait.
    pub(super) fn fail_running(&self, why: &str) {
        let queue = self.queue();
        let mut live = self.live();
        let running: Vec<JobId> = live.keys().copied().filter(|id| !queue.holds(*id)).collect();
        let records: Vec<_> = running.iter().filter_map(|id| live.remove(id)).collect();
        drop((queue, live));
        for record in records {
            record.end(Outcome::Failed(why.to_owned()));
        }
    }

    pub(super) fn fail_all(&self, why: &str) {
        let live = std::mem::take(&mut *self.live());
        for record in live.into_values() {
            record.end(Outcome::Failed(why.to_owned()));
        }
        drop(self.queue());
        self.wake.notify_all();
    }
}
