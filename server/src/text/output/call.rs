//! One call while it is written: its arguments as JSON that grows.

use serde_json::Value;

use super::super::conversation::Tool;
use super::schema::Parameter;

/// The tag that ends a value, the one that begins the next, and those that end or begin a call.
pub(super) const PARAMETER_END: &str = "</parameter>";
pub(super) const PARAMETER: &str = "<parameter=";
pub(super) const FUNCTION_END: &str = "</function>";
pub(super) const FUNCTION: &str = "<function=";

/// After `</function>` in a value, more blanks than this before the next call make it text.
const MOST_BLANKS: usize = 64;

/// A call whose name is known.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) index: usize,
    /// Whether `<tool_call>` stood before it.
    pub(super) wrapped: bool,
    tool: Option<Tool>,
    /// Whether the object was opened.
    open: bool,
}

impl Call {
    pub(super) fn new(index: usize, wrapped: bool, tool: Option<Tool>) -> Self {
        Self { index, wrapped, tool, open: false }
    }

    /// Begins a value. The JSON of one that can be streamed begins at once.
    pub(super) fn begin(&mut self, name: &str, json: &mut String) -> Written {
        let name = name.trim().to_owned();
        let streams = Parameter::of(self.tool.as_ref(), &name).is_text();
        let value = Written { name, streams, ..Written::default() };
        if streams {
            self.key(&value.name, json);
            json.push('"');
        }
        value
    }

    /// Ends a value.
    pub(super) fn end(&mut self, value: &Written, json: &mut String) {
        if value.streams {
            json.push('"');
            return;
        }
        self.key(&value.name, json);
        let parameter = Parameter::of(self.tool.as_ref(), &value.name);
        *json += &parameter.value(&value.text).to_string();
    }

    /// Ends the object.
    pub(super) fn close(&self, json: &mut String) {
        json.push_str(if self.open { "}" } else { "{}" });
    }

    fn key(&mut self, name: &str, json: &mut String) {
        json.push(if self.open { ',' } else { '{' });
        self.open = true;
        *json += &Value::from(name).to_string();
        json.push(':');
    }
}

/// A value while it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    name: String,
    /// Whether its letters are passed on as they come.
    streams: bool,
    /// The letters of a value that is passed on as a whole.
    text: String,
    /// Whether its first letter was seen: a newline there is layout.
    begun: bool,
    last: Option<char>,
    /// Letters that may begin a tag.
    held: String,
}

/// What the letters that a value holds back are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Perhaps a tag.
    Open,
    /// The end of the value.
    End,
    /// The next parameter; the end was left out.
    NextParameter,
    /// The end of the call and the next one; the end of the value was left out.
    NextCall,
}

impl Written {
    /// Takes one letter of the value, and says what it completes.
    pub(super) fn push(&mut self, c: char, json: &mut String) -> Held {
        if !std::mem::replace(&mut self.begun, true) && c == '\n' {
            return Held::Open;
        }
        self.held.push(c);
        loop {
            match self.look() {
                Some(held) => return held,
                None => {
                    let first = self.held.remove(0);
                    self.write(first, json);
                }
            }
        }
    }

    /// Settles what is held back at the end: the last newline is layout, and a tag that was begun
    /// is not part of the value. A lone `<` is.
    pub(super) fn settle(&mut self, json: &mut String) {
        let held = std::mem::take(&mut self.held);
        if held.trim_start_matches('\n') == "<" {
            held.chars().for_each(|c| self.write(c, json));
        }
    }

    fn write(&mut self, c: char, json: &mut String) {
        self.last = Some(c);
        if self.streams { escape(c, json) } else { self.text.push(c) }
    }

    /// What the held letters are; none if the first of them is part of the value.
    fn look(&self) -> Option<Held> {
        let rest = self.held.strip_prefix('\n');
        let starts_line = rest.is_some() || self.last.is_none_or(|c| c == '\n');
        let rest = rest.unwrap_or(&self.held);
        if rest == PARAMETER_END {
            return Some(Held::End);
        }
        if PARAMETER_END.starts_with(rest) {
            return Some(Held::Open);
        }
        if !starts_line {
            return None;
        }
        if rest == PARAMETER {
            return Some(Held::NextParameter);
        }
        if PARAMETER.starts_with(rest) || FUNCTION_END.starts_with(rest) {
            return Some(Held::Open);
        }
        // The end of a call is one only if nothing but another call comes after it.
        let after = rest.strip_prefix(FUNCTION_END)?;
        let next = after.trim_start();
        if next == FUNCTION {
            return Some(Held::NextCall);
        }
        let open = FUNCTION.starts_with(next) && after.len() - next.len() <= MOST_BLANKS;
        open.then_some(Held::Open)
    }
}

/// Appends a letter as part of a JSON string.
fn escape(c: char, json: &mut String) {
    match c {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        c if c < ' ' => *json += &format!("\\u{:04x}", u32::from(c)),
        c => json.push(c),
    }
}
