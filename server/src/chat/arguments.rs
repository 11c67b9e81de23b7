//! Arguments of `kiln chat`.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

/// Arguments of `kiln chat`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kiln chat
  kiln chat --url http://127.0.0.1:9000 --system 'Answer in one sentence.'
  echo 'Why is the sky blue?' | kiln chat --no-thinking > answer.txt

Reasoning is shown dimmed, then the answer, then tokens per second. Ctrl-C stops the answer, Ctrl-D \
ends the program. /help lists commands. An API key is read from KILN_API_KEY or from --key-file.")]
pub(crate) struct Chat {
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub(crate) url: String,
    /// The model [default: the first that the server has]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What the model is told before the conversation
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Answer without reasoning
    #[arg(long)]
    pub(crate) no_thinking: bool,
    /// A file that holds the API key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

impl Chat {
    /// The API key, if there is one.
    pub(super) fn key(&self) -> anyhow::Result<Option<String>> {
        let read = match &self.key_file {
            Some(path) => {
                let place = || format!("cannot read {}", path.display());
                Some(fs::read_to_string(path).with_context(place)?)
            }
            None => env::var("KILN_API_KEY").ok(),
        };
        Ok(read.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()))
    }
}
