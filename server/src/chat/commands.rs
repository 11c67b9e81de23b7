//! Lines that are meant for the program and not for the model.

use anyhow::bail;

/// What `/help` prints.
pub(super) const HELP: &str = "\
/new             forget the conversation
/retry           ask the last question again
/system TEXT     tell the model TEXT before the conversation; without TEXT, nothing
/think on|off    answer with or without reasoning
/quit            end the program, as Ctrl-D does
Ctrl-C stops an answer. A line that begins with // is a question that begins with /.
";

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    New,
    Retry,
    System(String),
    Think(bool),
    Quit,
}

impl Command {
    /// The command of a line; none if the line is a question.
    pub(super) fn read(line: &str) -> anyhow::Result<Option<Self>> {
        let Some(rest) = line.trim().strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
            return Ok(None);
        };
        let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let text = text.trim();
        Ok(Some(match (name, text) {
            ("help", "") => Self::Help,
            ("new", "") => Self::New,
            ("retry", "") => Self::Retry,
            ("system", text) => Self::System(text.to_owned()),
            ("think", "on") => Self::Think(true),
            ("think", "off") => Self::Think(false),
            ("quit" | "exit", "") => Self::Quit,
            _ => bail!("there is no command '/{}'; /help lists them", rest.escape_debug()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Command::{self, *};

    #[test]
    fn commands_are_lines_with_one_slash() {
        let cases = [
            ("hello", None),
            ("a /help", None),
            ("//etc", None),
            ("/help", Some(Help)),
            (" /quit ", Some(Quit)),
            ("/system  Be brief. ", Some(System("Be brief.".into()))),
            ("/system", Some(System(String::new()))),
            ("/think off", Some(Think(false))),
        ];
        for (line, expect) in cases {
            assert_eq!(Command::read(line).expect("no mistake"), expect, "{line}");
        }
        for line in ["/", "/nothing", "/think maybe", "/new now"] {
            let error = Command::read(line).expect_err("a mistake").to_string();
            assert!(error.contains("there is no command"), "{error}");
        }
    }
}
