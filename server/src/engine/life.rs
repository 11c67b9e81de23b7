//! The thread of an engine: a backend is made, works, fails, and is made anew where that helps.
//!
//! A backend that has failed is gone before another one is made, so that there is never memory for
//! two; only one that is stuck in a step keeps what it holds until the step ends. Jobs that ran fail
//! with it, and jobs that wait go on waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::handle::Shared;
use super::heart::Heart;
use super::worker::{Over, Worker};

/// What clients are told whose answers end with a backend.
pub(super) const FAILED: &str = "the engine failed";
/// Time before a backend is made after one could not be made; it doubles every time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest such time.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// When a backend that has failed is made anew in the same process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rebuild {
    /// Never: somebody starts the process anew.
    #[default]
    Never,
    /// After mistakes of the program. A device that is lost, or a step that does not end, is not got
    /// rid of without the process.
    AfterMistakes,
    /// Whatever happened.
    Always,
}

/// Starts a thread that makes a backend and works with it.
pub(super) fn start(shared: &Arc<Shared>, heart: &Arc<Heart>) {
    let (shared, heart) = (Arc::clone(shared), Arc::clone(heart));
    thread::spawn(move || live(&shared, &heart));
}

fn live(shared: &Arc<Shared>, heart: &Arc<Heart>) {
    let mut made_before = shared.was_ready();
    let mut pause = FIRST_PAUSE;
    loop {
        match once(shared, heart) {
            End::Left => return,
            End::Unmade(why) => {
                if !made_before || shared.is_closed() {
                    // Whoever started it says why.
                    return give_up(shared, heart, Some(why));
                }
                crate::output::note(&format!("the engine cannot be made: {why}"));
                // Whoever waits should not wait for what may never come.
                shared.fail_all(FAILED);
                thread::sleep(pause);
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
            End::Failed { lost } => {
                let rebuild = match shared.bounds.rebuild {
                    Rebuild::Never => false,
                    Rebuild::AfterMistakes => !lost,
                    Rebuild::Always => true,
                };
                if !rebuild || shared.is_closed() {
                    return give_up(shared, heart, None);
                }
                (made_before, pause) = (true, FIRST_PAUSE);
                // Before anybody is told, so that whoever is told finds it so.
                shared.rebuilding();
                heart.running.store(0, Ordering::Release);
                shared.fail_running(FAILED);
            }
        }
    }
}

/// How a backend's life ended.
enum End {
    /// Somebody else takes care of the jobs since.
    Left,
    /// It did not begin, for this reason.
    Unmade(String),
    /// It failed, and whether its device is lost with it.
    Failed { lost: bool },
}

/// Makes a backend and works until it fails.
fn once(shared: &Arc<Shared>, heart: &Arc<Heart>) -> End {
    let made = catch_unwind(AssertUnwindSafe(|| (shared.make)()));
    let backend = match made {
        Ok(Ok(backend)) => backend,
        Ok(Err(error)) => return End::Unmade(crate::output::told(&error)),
        Err(_) => return End::Unmade("a mistake in the engine".into()),
    };
    shared.ready();
    let worker = || Worker::new(Arc::clone(shared), Arc::clone(heart), backend).run();
    match catch_unwind(AssertUnwindSafe(worker)) {
        Ok(Over::Left) => End::Left,
        Ok(Over::Lost) => End::Failed { lost: true },
        Ok(Over::Mistaken) | Err(_) => End::Failed { lost: false },
    }
}

/// Ends every job and the engine.
fn give_up(shared: &Shared, heart: &Heart, why: Option<String>) {
    heart.stop();
    if let Some(why) = why {
        shared.failed(why);
    }
    shared.fail_all("the engine has failed; the server has to be started anew");
    shared.queue().sweep();
}
