//! `kiln chat`: a conversation in the terminal with a server that speaks OpenAI's API.
//!
//! Laws:
//! - Ctrl-C stops the answer, not the program; what was written of it stays in the conversation;
//! - nothing but the conversation goes to the standard output, so that it can be kept in a file.

mod answer;
pub(crate) mod arguments;
mod commands;
mod wire;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::{env, fs};

use anyhow::Context;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use serde_json::{Value, json};

use self::answer::Answer;
use self::arguments::Chat;
use self::commands::Command;
use self::wire::{Server, Stopper};
use crate::Found;
use crate::output;

/// What was said, and how to go on.
struct Talk {
    server: Server,
    model: String,
    messages: Vec<Value>,
    system: Option<String>,
    thinking: bool,
    /// Whether reasoning is set off by its brightness.
    bright: bool,
}

/// Talks until the input ends.
pub(crate) fn chat(arguments: &Chat) -> anyhow::Result<Found> {
    let stopper = Stopper::default();
    let server = Server::new(&arguments.url, arguments.key()?, stopper.clone())?;
    let model = match &arguments.name {
        Some(name) => name.clone(),
        None => first_model(&server)?,
    };
    ctrlc::set_handler(move || stopper.stop()).context("Ctrl-C cannot be caught")?;
    let mut talk = Talk {
        server,
        model,
        messages: Vec::new(),
        system: arguments.system.clone(),
        thinking: !arguments.no_thinking,
        bright: io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none(),
    };
    talk.run()
}

/// The first model that a server has.
fn first_model(server: &Server) -> anyhow::Result<String> {
    let models: Value = serde_json::from_str(&server.get("/v1/models")?)
        .context("the server does not list its models")?;
    let name = models["data"][0]["id"].as_str();
    Ok(name.context("the server has no model; name one with --name")?.to_owned())
}

impl Talk {
    fn run(&mut self) -> anyhow::Result<Found> {
        let history = history();
        let mut editor = Editor::<(), FileHistory>::with_config(Config::default())?;
        if let Some(path) = &history {
            // There is no history before the first time.
            let _ = editor.load_history(path);
        }
        output::note(&format!("{} at {}; /help lists commands", self.model, self.server.name()));
        // Without a person to prompt, what is written is answers only: the
        // editor would prompt on terminals that it cannot edit on (TERM=dumb).
        let prompt = if io::stdin().is_terminal() { "> " } else { "" };
        loop {
            let line = match editor.readline(prompt) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(error).context("the input cannot be read"),
            };
            if line.trim().is_empty() {
                continue;
            }
            // A history that cannot grow is no reason to stop.
            let _ = editor.add_history_entry(line.as_str());
            match Command::read(&line) {
                Ok(Some(Command::Quit)) => break,
                Ok(Some(command)) => self.perform(command)?,
                Ok(None) => self.ask(&line)?,
                Err(error) => output::complain(&error),
            }
        }
        if let Some(path) = &history {
            let folder = path.parent().is_none_or(|folder| fs::create_dir_all(folder).is_ok());
            if !folder || editor.save_history(path).is_err() {
                output::note(&format!("the history cannot be written to {}", path.display()));
            }
        }
        Ok(Found::Nothing)
    }

    fn perform(&mut self, command: Command) -> anyhow::Result<()> {
        match command {
            Command::Quit => Ok(()),
            Command::Help => output::print(commands::HELP),
            Command::New => {
                self.messages.clear();
                Ok(())
            }
            Command::System(text) => {
                self.system = Some(text).filter(|text| !text.is_empty());
                Ok(())
            }
            Command::Think(on) => {
                self.thinking = on;
                Ok(())
            }
            Command::Retry => {
                let asked = self.messages.iter().rposition(|message| message["role"] == "user");
                match asked.map(|at| self.messages.split_off(at)).as_deref() {
                    Some([question, ..]) => {
                        let text = question["content"].as_str().unwrap_or_default().to_owned();
                        self.ask(&text)
                    }
                    _ => {
                        output::note("nothing was asked yet");
                        Ok(())
                    }
                }
            }
        }
    }

    /// Asks, and shows the answer as it comes. What goes wrong is said, and can be tried again.
    fn ask(&mut self, text: &str) -> anyhow::Result<()> {
        self.messages.push(json!({ "role": "user", "content": text }));
        match Answer::read(&self.server, &self.request(), self.bright) {
            Ok(answer) => {
                self.messages.push(answer.message());
                output::print(&answer.footer(self.bright))
            }
            Err(error) if output::is_closed(&error) => Err(error),
            Err(error) => {
                self.messages.pop();
                output::complain(&error);
                Ok(())
            }
        }
    }

    fn request(&self) -> Value {
        let system = self.system.as_ref().map(|text| json!({ "role": "system", "content": text }));
        let messages: Vec<&Value> = system.iter().chain(&self.messages).collect();
        json!({
            "model": self.model,
            "messages": messages,
            "stream": true,
            "stream_options": { "include_usage": true },
            "chat_template_kwargs": { "enable_thinking": self.thinking },
        })
    }
}

/// Where lines are kept that were typed before, if there is a place for it.
fn history() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("kiln/chat_history"))
}
