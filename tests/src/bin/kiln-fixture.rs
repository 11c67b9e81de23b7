//! Writes random checkpoints of the qwen3_5 architecture.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to a person")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use kiln_tests::fixture::{DRAFTERS, FULL, Form, Spec, TINY, WIDE, write, write_drafter};

/// Writes random checkpoints of the qwen3_5 architecture: equal names give equal bytes.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Every small checkpoint in every form: DIRECTORY/ash-bf16, DIRECTORY/ash-awq, ...
    Tiny {
        /// Where to write.
        directory: PathBuf,
    },
    /// Every tiny drafter: DIRECTORY/alder, ...
    Drafters {
        /// Where to write.
        directory: PathBuf,
    },
    /// A checkpoint of the 27B model's sizes with packed layers: 21 GB.
    Full {
        /// Where to write.
        directory: PathBuf,
        /// Write fewer layers, a multiple of four.
        #[arg(long, default_value_t = FULL.layers)]
        layers: usize,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().what {
        What::Tiny { directory } => tiny(&directory),
        What::Drafters { directory } => drafters(&directory),
        What::Full { directory, layers } => make(&directory, &Spec { layers, ..FULL }, Form::Awq),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kiln-fixture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tiny(directory: &Path) -> std::io::Result<()> {
    for spec in TINY.iter().chain(&WIDE) {
        for form in Form::ALL {
            make(&directory.join(format!("{}-{form}", spec.name)), spec, form)?;
        }
    }
    Ok(())
}

fn drafters(directory: &Path) -> std::io::Result<()> {
    for spec in &DRAFTERS {
        let directory = directory.join(spec.name);
        let written = write_drafter(&directory, spec)?;
        println!("{}: {} tensors, {} bytes", directory.display(), written.tensors, written.bytes);
    }
    Ok(())
}

fn make(directory: &Path, spec: &Spec, form: Form) -> std::io::Result<()> {
    let started = Instant::now();
    let mut shown = 0;
    let written = write(directory, spec, form, &mut |bytes, total| {
        if bytes - shown > 1 << 30 {
            shown = bytes;
            eprintln!("{:.1} of {:.1} GB", bytes as f64 / 1e9, total as f64 / 1e9);
        }
    })?;
    println!(
        "{}: {} tensors, {} bytes in {} files, {:.1} s",
        directory.display(),
        written.tensors,
        written.bytes,
        written.files,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}
