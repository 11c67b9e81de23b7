//! `kiln completions` and `kiln man`: what shells and readers of manuals need, from the one
//! definition of each flag.

use anyhow::bail;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::Found;
use crate::output::print;

/// Arguments of `kiln completions`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln completions bash > ~/.local/share/bash-completion/completions/kiln
  kiln completions zsh > ~/.zfunc/_kiln
  kiln completions fish > ~/.config/fish/completions/kiln.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Arguments of `kiln man`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln man | man -l -
  kiln man serve > kiln-serve.1")]
pub(crate) struct Man {
    /// The verb [default: the program as a whole]
    verb: Option<String>,
}

/// Prints a script for a shell.
pub(crate) fn completions(arguments: &Completions, mut command: Command) -> anyhow::Result<Found> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "kiln", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Found::Nothing)
}

/// Prints a page of the manual.
pub(crate) fn man(arguments: &Man, command: Command) -> anyhow::Result<Found> {
    let page = match &arguments.verb {
        None => command,
        Some(verb) => match command.find_subcommand(verb) {
            Some(found) => found.clone().display_name(format!("kiln-{verb}")),
            None => bail!("there is no verb '{verb}'; 'kiln --help' lists them"),
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(Found::Nothing)
}
