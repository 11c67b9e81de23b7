//! A child process that answers frames, with a time limit for each answer.

use std::io::{BufReader, BufWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use kiln_cache::device::{read_frame, write_frame};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a dead child's last words that are kept.
const LAST_WORDS: usize = 2000;

/// Why a child did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It did not answer in time and was killed.
    TimedOut,
    /// It ended by itself.
    Died {
        /// Signal and last words.
        message: String,
        /// Whether something else killed it, so that another attempt may succeed.
        killed: bool,
    },
}

/// A running child.
#[derive(Debug)]
pub(super) struct Process<A> {
    child: Child,
    input: BufWriter<ChildStdin>,
    answers: Receiver<A>,
    words: Receiver<String>,
}

impl<A: DeserializeOwned + Send + 'static> Process<A> {
    /// Starts a child in a process group of its own, so that Ctrl-C reaches the tuner only.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(command: &mut Command) -> std::io::Result<Self> {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.process_group(0).spawn()?;
        let missing = || std::io::Error::other("a pipe of the child is missing");
        let input = BufWriter::new(child.stdin.take().ok_or_else(missing)?);
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let (answer, answers) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(read)) = read_frame(&mut output) {
                if answer.send(read).is_err() {
                    break;
                }
            }
        });
        let (word, words) = mpsc::channel();
        thread::spawn(move || drop(word.send(tail(errors))));
        Ok(Self { child, input, answers, words })
    }

    /// Sends a question and waits for its answer.
    ///
    /// # Errors
    /// If the child dies or takes longer than the limit; it is gone then.
    pub(super) fn ask(&mut self, question: &impl Serialize, limit: Duration) -> Result<A, Death> {
        if write_frame(&mut self.input, question).is_err() {
            return Err(self.died());
        }
        match self.answers.recv_timeout(limit) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(Death::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.died()),
        }
    }

    fn died(&mut self) -> Death {
        // Whatever is left of it must not run on; its status says what it died of.
        let status = self.child.try_wait().ok().flatten().or_else(|| self.settle());
        let signal = status.and_then(|status| status.signal());
        let how = match (signal, status.and_then(|status| status.code())) {
            (Some(signal), _) => format!("signal {signal}"),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "its answer cannot be read".to_owned(),
        };
        let words = self.words.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let message = format!("{how}: {}", words.trim()).trim_end_matches(": ").to_owned();
        Death::Died { message, killed: status.is_none() || signal == Some(SIGKILL) }
    }

    /// Gives a dying child a moment, then kills it.
    fn settle(&mut self) -> Option<std::process::ExitStatus> {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.end();
        None
    }

    fn end(&mut self) {
        // A child that is gone already cannot be killed, and that is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<A> Drop for Process<A> {
    fn drop(&mut self) {
        // As above.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The signal that cannot be caught, sent by people and by the system when memory runs out.
const SIGKILL: i32 = 9;

fn tail(mut from: impl Read) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..read]);
        let excess = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
