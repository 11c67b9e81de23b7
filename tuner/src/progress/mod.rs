//! The one place that prints.
//!
//! On a terminal, progress is a block of lines that redraw themselves; elsewhere it is a plain
//! line every few seconds. Tables and results go to standard output, everything else to standard
//! error, and events to a file ([`Event`]).

mod events;
mod line;
mod table;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

pub use events::{EVENTS_VERSION, Event, Stage};
pub use line::Line;
pub use table::aligned;

use crate::Result;
use events::EventLog;

/// Everything that is shown while tuning. Clones share one display.
#[derive(Clone)]
pub struct Progress {
    bars: MultiProgress,
    shared: Arc<Shared>,
}

struct Shared {
    live: bool,
    plain: Mutex<Box<dyn Write + Send>>,
    events: Option<EventLog>,
}

impl Progress {
    /// A display on standard error, live if that is a terminal, and an event file if one is
    /// given, which is replaced.
    ///
    /// # Errors
    /// If the event file cannot be created.
    pub fn new(events: Option<&Path>) -> Result<Self> {
        let live = io::stderr().is_terminal();
        Ok(Self::with(live, Box::new(io::stderr()), events.map(EventLog::create).transpose()?))
    }

    /// A display that shows nothing and writes no events.
    pub fn silent() -> Self {
        Self::with(false, Box::new(io::sink()), None)
    }

    fn with(live: bool, plain: Box<dyn Write + Send>, events: Option<EventLog>) -> Self {
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        Self { bars, shared: Arc::new(Shared { live, plain: Mutex::new(plain), events }) }
    }

    /// Heads a group of lines: `mmq_q4  n=5120 k=5120 m=16   265 admitted of 432 · 231 unique`.
    pub fn heading(&self, text: &str) {
        self.say(text);
    }

    /// A line for one stage with `total` steps; 0 where their number is unknown.
    pub fn stage(&self, stage: Stage, total: u64) -> Line {
        self.event(&Event::StageStarted { stage, total });
        let bar = match self.shared.live {
            true => self.bars.add(ProgressBar::new(total)),
            false => ProgressBar::hidden(),
        };
        bar.set_length(total);
        Line::new(self.clone(), bar, stage)
    }

    /// A line that stays, above the live ones.
    pub fn say(&self, text: &str) {
        match self.shared.live {
            // A terminal that went away is no reason to stop tuning.
            true => drop(self.bars.println(text)),
            false => {
                let mut plain = self.shared.plain.lock().unwrap_or_else(PoisonError::into_inner);
                drop(writeln!(plain, "{text}"));
            }
        }
    }

    /// Text on standard output: a result, for people or for another program.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn result(&self, text: &str) -> io::Result<()> {
        self.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()
        })
    }

    /// Rows of cells with aligned columns, on standard output; the first row is the heading.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn table(&self, rows: &[Vec<String>]) -> io::Result<()> {
        self.result(&aligned(rows))
    }

    /// Appends an event to the event file, if there is one.
    pub fn event(&self, event: &Event) {
        if let Some(log) = &self.shared.events
            && let Some(error) = log.append(event)
        {
            self.say(&format!("events are no longer written: {error}"));
        }
    }

    fn is_live(&self) -> bool {
        self.shared.live
    }
}

#[cfg(test)]
mod tests;
