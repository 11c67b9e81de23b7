//! What a run found, as text or as JSON.

use std::fmt::Write;

use serde::Serialize;

/// The whole report, as written by `kiln run --json`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The kernel.
    pub(super) kernel: String,
    /// The chip that was simulated.
    pub(super) target: String,
    /// Workgroups.
    pub(super) grid: [u32; 3],
    /// Threads of a workgroup.
    pub(super) block: [u32; 3],
    /// Whether the sanitizer watched.
    pub(super) strict: bool,
    /// Instructions that all waves executed; absent after a fault.
    pub(super) instructions: Option<u64>,
    /// What stopped the kernel.
    pub(super) fault: Option<String>,
    /// What the sanitizer objects to, one entry for each cause.
    pub(super) findings: Vec<String>,
    /// Arrays that were written.
    pub(super) outputs: Vec<Output>,
}

/// An array that was written to a file.
#[derive(Debug, Serialize)]
pub(super) struct Output {
    pub(super) file: String,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: String,
}

impl Report {
    /// Whether the kernel ran to its end, and nothing was found.
    pub(super) fn is_clean(&self) -> bool {
        self.fault.is_none() && self.findings.is_empty()
    }

    /// The report as text.
    pub(super) fn text(&self) -> String {
        let [grid, block] = [self.grid, self.block].map(|extents| extents.map(|e| e.to_string()));
        let (grid, block) = (grid.join(" x "), block.join(" x "));
        let mut text = format!("kernel   {}\ntarget   {} (simulated)\n", self.kernel, self.target);
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<7}  {value}");
        };
        line("launch", &format!("{grid} workgroups of {block} threads"));
        if let Some(instructions) = self.instructions {
            line("ran", &format!("{instructions} instructions of all waves"));
        }
        for output in &self.outputs {
            let shape: Vec<String> = output.shape.iter().map(usize::to_string).collect();
            line("wrote", &format!("{} ({} of {})", output.file, shape.join("x"), output.dtype));
        }
        if let Some(fault) = &self.fault {
            line("fault", fault);
        }
        for finding in &self.findings {
            line("finding", finding);
        }
        if self.is_clean() {
            let checked =
                if self.strict { "nothing to object to" } else { "not checked (--no-strict)" };
            line("strict", checked);
        }
        text
    }
}
