//! What a bench of a model found, as tables or as JSON.

use kiln_runtime::device::Description;
use kiln_runtime::plan::{LoadedModel, Usage};
use serde::Serialize;

use super::operations::Operations;
use super::point::Point;
use super::published::Published;
use crate::output::{Columns, print, print_json};

/// The whole report.
#[derive(Serialize)]
pub(super) struct Report {
    device: String,
    backend: &'static str,
    /// `measured`, or `modelled` where times come from a description of the chip.
    provenance: &'static str,
    target: String,
    /// Whether the weights are those of a checkpoint.
    weights: bool,
    /// Bytes of memory that serving so much takes.
    memory: u64,
    page: u64,
    chunk: u64,
    steps: Vec<Step>,
    /// Cycles beside what others published of the model with its drafter; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
    operations: Vec<Operations>,
    #[serde(skip)]
    usage: Usage,
}

/// One step.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Step {
    pub(super) step: Point,
    pub(super) seconds: f64,
    /// Tokens that it computes, over its time.
    pub(super) tokens_per_second: f64,
}

impl Report {
    /// A report without steps.
    pub(super) fn new(
        device: &Description,
        target: &str,
        (model, weights, chunk): (&LoadedModel, bool, u64),
    ) -> Self {
        Self {
            device: device.name.clone(),
            backend: device.backend,
            provenance: if device.modelled { "modelled" } else { "measured" },
            target: target.to_owned(),
            weights,
            memory: model.usage().total(),
            page: model.serving().page,
            chunk,
            steps: Vec::new(),
            published: Published::of(model.config()).filter(|_| model.config().drafter.is_some()),
            operations: Vec::new(),
            usage: model.usage(),
        }
    }

    /// Adds a step.
    pub(super) fn add(&mut self, step: Step) {
        self.published.iter_mut().for_each(|of| of.add(&step));
        self.steps.push(step);
    }

    /// Adds a step's operations.
    pub(super) fn explain(&mut self, operations: Operations) {
        self.operations.push(operations);
    }

    /// Prints everything.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            return print_json(self);
        }
        let how = self.provenance;
        print(&format!(
            "device   {} ({})\ntarget   {}\nweights  {}\nmemory   {}\n",
            self.device,
            self.backend,
            self.target,
            if self.weights { "a checkpoint's" } else { "stand-ins of the configuration's sizes" },
            self.usage
        ))?;
        if how == "modelled" {
            print(
                "\nEvery time is modelled from the description of the chip; nothing was \
                 measured.\n",
            )?;
        }
        self.prefill(how)?;
        self.decode(how)?;
        self.verify(how)?;
        self.cycle(how)?;
        if let Some(published) = &self.published {
            let (title, rows) = published.table(how);
            table(&title, &rows)?;
        }
        self.operations.iter().try_for_each(|of| of.print(how))
    }

    fn prefill(&self, how: &str) -> anyhow::Result<()> {
        let mut rows = vec![vec!["tokens".to_owned(), "t/s".to_owned(), "s".to_owned()]];
        for of in &self.steps {
            if let Point::Prefill { tokens } = of.step {
                let rate = format!("{:.0}", of.tokens_per_second);
                rows.push(vec![tokens.to_string(), rate, format!("{:.3}", of.seconds)]);
            }
        }
        table(&format!("prefill, {how}; {} tokens at a time", self.chunk), &rows)
    }

    fn decode(&self, how: &str) -> anyhow::Result<()> {
        let of = |step: &Point| match *step {
            Point::Decode { texts, past } => Some((past, texts)),
            _ => None,
        };
        let rows = self.grid(of, |step, _| format!("{:.1}", step.tokens_per_second));
        table(&format!("decode, {how}; t/s of M texts together, the next token of each"), &rows)
    }

    fn verify(&self, how: &str) -> anyhow::Result<()> {
        let of = |step: &Point| match *step {
            Point::Verify { rows, past } => Some((past, rows)),
            _ => None,
        };
        let rows = self.grid(of, |step, past| {
            let alone = self.steps.iter().find(|of| of.step == Point::Decode { texts: 1, past });
            let ratio = alone.map(|one| format!(" ({:.2}x)", step.seconds / one.seconds));
            format!("{:.2}{}", step.seconds * 1e3, ratio.unwrap_or_default())
        });
        let what = "ms for M rows of one text with the move of its states";
        table(&format!("verify, {how}; {what} (x a decode step of one text)"), &rows)
    }

    fn cycle(&self, how: &str) -> anyhow::Result<()> {
        let of = |step: &Point| match *step {
            Point::Cycle { guesses, past } => Some((past, guesses)),
            _ => None,
        };
        let rows = self.grid(of, |step, past| {
            let alone = self.steps.iter().find(|of| of.step == Point::Decode { texts: 1, past });
            let ratio = alone.map(|one| format!(" ({:.2})", step.seconds / one.seconds));
            format!("{:.2}{}", step.seconds * 1e3, ratio.unwrap_or_default())
        });
        let what = "ms to guess M tokens of one text, verify and accept them";
        let even = "the tokens with which a cycle is as fast as steps of one";
        table(&format!("cycle, {how}; {what} ({even})"), &rows)
    }

    /// A row for each past, a column for each number of rows.
    fn grid(
        &self,
        of: impl Fn(&Point) -> Option<(u64, u64)>,
        cell: impl Fn(&Step, u64) -> String,
    ) -> Vec<Vec<String>> {
        let mut steps: Vec<((u64, u64), &Step)> =
            self.steps.iter().filter_map(|step| Some((of(&step.step)?, step))).collect();
        steps.sort_by_key(|(place, _)| *place);
        let mut columns: Vec<u64> = steps.iter().map(|((_, rows), _)| *rows).collect();
        columns.sort_unstable();
        columns.dedup();
        let mut heading = vec!["tokens before".to_owned()];
        heading.extend(columns.iter().map(|rows| format!("M={rows}")));
        let mut table = vec![heading];
        for group in steps.chunk_by(|a, b| a.0.0 == b.0.0) {
            let past = group[0].0.0;
            let mut row = vec![past.to_string()];
            row.extend(columns.iter().map(|column| {
                let found = group.iter().find(|((_, rows), _)| rows == column);
                found.map_or_else(|| "-".to_owned(), |(_, step)| cell(step, past))
            }));
            table.push(row);
        }
        table
    }
}

/// Prints rows under a title; none where there is only a heading.
fn table(title: &str, rows: &[Vec<String>]) -> anyhow::Result<()> {
    if rows.len() < 2 {
        return Ok(());
    }
    let widest = |column: usize| rows.iter().map(|cells| cells[column].len()).max().unwrap_or(0);
    let columns = Columns { widths: (0..rows[0].len()).map(widest).collect(), left: 0 };
    let lines: String = rows.iter().map(|cells| columns.line(cells)).collect();
    print(&format!("\n{title}\n\n{lines}"))
}
