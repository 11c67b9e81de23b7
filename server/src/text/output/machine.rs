//! The states of an answer.

use std::sync::Arc;

use serde_json::Value;

use super::super::conversation::Tool;
use super::Event;
use super::call::{Call, FUNCTION, FUNCTION_END, Held, PARAMETER, Written};
use super::fence::Fence;

/// Without `<tool_call>`, a name longer than this is none, in bytes.
const LONGEST_NAME: usize = 128;

/// A control token that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Think,
    ThinkEnd,
    Call,
    CallEnd,
    /// A token that ends the turn.
    TurnEnd,
}

impl Tag {
    /// The names of all tags.
    pub(super) const ALL: &[(&str, Self)] = &[
        ("<think>", Self::Think),
        ("</think>", Self::ThinkEnd),
        ("<tool_call>", Self::Call),
        ("</tool_call>", Self::CallEnd),
        ("<|im_end|>", Self::TurnEnd),
        ("<|im_start|>", Self::TurnEnd),
        ("<|endoftext|>", Self::TurnEnd),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, tag)| *tag == self).map_or("", |(name, _)| name)
    }
}

/// Where the text of a tag goes that turned out to be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    Reasoning,
    Answer,
}

#[derive(Clone, Debug)]
enum State {
    Plain,
    Speaking(Voice),
    /// After `<tool_call>`, what came since, and who spoke before.
    Wrapper(Voice, String),
    /// The name of a function so far, and whether it is wrapped.
    Name(String, bool),
    Arguments(Call),
    /// The name of a parameter so far.
    Parameter(Call, String),
    Value(Call, Written),
    /// After `</function>` of a wrapped call.
    Between,
    Over,
}

/// Reads letters and tags.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    tools: Arc<[Tool]>,
    state: State,
    events: Vec<Event>,
    calls: usize,
    fence: Fence,
    /// Blanks that are not written before something follows them.
    blanks: String,
    /// Whether nothing but blanks came since reasoning or a call.
    fresh: bool,
    /// Letters that may become a tag.
    held: String,
}

impl Machine {
    pub(super) fn new(tools: Arc<[Tool]>, reasoning: bool) -> Self {
        let voice = if reasoning { Voice::Reasoning } else { Voice::Answer };
        Self::starting(tools, State::Speaking(voice), reasoning)
    }

    /// Everything is text.
    pub(super) fn plain() -> Self {
        Self::starting(Arc::from([]), State::Plain, false)
    }

    fn starting(tools: Arc<[Tool]>, state: State, fresh: bool) -> Self {
        let (events, fence) = (Vec::new(), Fence::default());
        let (blanks, held) = (String::new(), String::new());
        Self { tools, state, events, calls: 0, fence, blanks, fresh, held }
    }

    /// What was read since this was last asked.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether the letters that come are the answer's text.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.state, State::Plain | State::Speaking(Voice::Answer))
    }

    /// Reads a letter.
    pub(super) fn step(&mut self, c: char) {
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => State::Over,
            State::Plain => {
                self.emit(Voice::Answer, c);
                State::Plain
            }
            State::Speaking(Voice::Reasoning) => {
                self.speak(Voice::Reasoning, c);
                State::Speaking(Voice::Reasoning)
            }
            State::Speaking(Voice::Answer) => self.answer(c),
            State::Wrapper(voice, seen) => self.wrapper(voice, seen, c),
            State::Name(name, wrapped) => self.name(name, wrapped, c),
            State::Arguments(call) => self.arguments(call, c),
            State::Parameter(call, name) => self.parameter(call, name, c),
            State::Value(call, value) => self.value(call, value, c),
            State::Between => self.between(c),
        };
    }

    /// Reads a tag.
    pub(super) fn tag(&mut self, tag: Tag) {
        if tag == Tag::TurnEnd {
            return self.finish();
        }
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => State::Over,
            State::Speaking(voice) => {
                self.flush(voice);
                self.tag_in_speech(voice, tag)
            }
            State::Between => self.tag_in_speech(Voice::Answer, tag),
            State::Wrapper(voice, mut seen) => match tag {
                Tag::Call | Tag::CallEnd => {
                    self.settle_wrapper(voice, &seen, tag == Tag::CallEnd);
                    self.after_call(tag)
                }
                Tag::ThinkEnd if voice == Voice::Reasoning => {
                    self.settle_wrapper(voice, &seen, false);
                    self.tag_in_speech(voice, tag)
                }
                _ => {
                    seen += tag.name();
                    State::Wrapper(voice, seen)
                }
            },
            state if matches!(tag, Tag::Call | Tag::CallEnd) => {
                self.close(state, true);
                self.after_call(tag)
            }
            State::Value(call, value) => {
                self.state = State::Value(call, value);
                tag.name().chars().for_each(|c| self.step(c));
                return;
            }
            state => state,
        };
    }

    /// Ends the answer, and with it whatever is open.
    pub(super) fn finish(&mut self) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Speaking(voice) => {
                self.flush(voice);
                if voice == Voice::Answer && !self.fresh {
                    self.write_blanks(voice);
                }
            }
            State::Wrapper(voice, seen) => self.settle_wrapper(voice, &seen, false),
            state => self.close(state, false),
        }
    }

    /// A tag where reasoning or the answer is spoken.
    fn tag_in_speech(&mut self, voice: Voice, tag: Tag) -> State {
        let example = self.fence.is_open();
        match (voice, tag) {
            (Voice::Reasoning, Tag::ThinkEnd) => self.turn(Voice::Answer),
            (Voice::Reasoning, Tag::Think) => State::Speaking(voice),
            (_, Tag::Call) if !example && !self.tools.is_empty() => {
                State::Wrapper(voice, String::new())
            }
            (Voice::Answer, Tag::Think) if !example => self.turn(Voice::Reasoning),
            (Voice::Answer, Tag::ThinkEnd) if !example => State::Speaking(voice),
            (Voice::Answer, Tag::CallEnd) if !example && !self.tools.is_empty() => {
                State::Speaking(voice)
            }
            _ => {
                tag.name().chars().for_each(|c| self.speak(voice, c));
                State::Speaking(voice)
            }
        }
    }

    fn after_call(&mut self, tag: Tag) -> State {
        let speaking = self.turn(Voice::Answer);
        if tag == Tag::Call { State::Wrapper(Voice::Answer, String::new()) } else { speaking }
    }

    /// Another begins to speak; blanks in between are layout.
    fn turn(&mut self, voice: Voice) -> State {
        self.blanks.clear();
        self.fresh = true;
        self.fence = Fence::default();
        State::Speaking(voice)
    }

    fn answer(&mut self, c: char) -> State {
        let speaking = State::Speaking(Voice::Answer);
        if self.held.is_empty() {
            if c == '<' && !self.tools.is_empty() && !self.fence.is_open() {
                self.held.push(c);
            } else {
                self.speak(Voice::Answer, c);
            }
            return speaking;
        }
        let goes_on = match self.held.strip_prefix(FUNCTION) {
            None => FUNCTION[self.held.len()..].starts_with(c),
            Some(name) if c == '>' => {
                let name = name.trim().to_owned();
                if self.tools.iter().any(|tool| tool.name == name) {
                    self.held.clear();
                    return self.start(&name, false);
                }
                false
            }
            Some(name) => c != '\n' && c != '<' && name.len() < LONGEST_NAME,
        };
        if goes_on {
            self.held.push(c);
            return speaking;
        }
        self.flush(Voice::Answer);
        self.answer(c)
    }

    fn wrapper(&mut self, voice: Voice, mut seen: String, c: char) -> State {
        if seen.is_empty() && c.is_whitespace() {
            return State::Wrapper(voice, seen);
        }
        seen.push(c);
        if seen == FUNCTION {
            return State::Name(String::new(), true);
        }
        if FUNCTION.starts_with(&seen) || seen.starts_with('{') {
            return State::Wrapper(voice, seen);
        }
        self.settle_wrapper(voice, &seen, false);
        State::Speaking(voice)
    }

    /// Decides what `<tool_call>` meant that no function followed: a call written as JSON, as other
    /// checkpoints of the family write it, or text.
    fn settle_wrapper(&mut self, voice: Voice, seen: &str, ended: bool) {
        let read: Value = serde_json::from_str(seen.trim()).unwrap_or_default();
        if let Some(name) = read["name"].as_str() {
            let inner = match &read["arguments"] {
                Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
                other => other.clone(),
            };
            let json = if inner.is_object() { inner.to_string() } else { "{}".into() };
            self.turn(Voice::Answer);
            let index = self.calls;
            self.calls += 1;
            self.events.push(Event::ToolStart { index, name: name.to_owned() });
            self.events.push(Event::ToolArguments { index, json });
            self.events.push(Event::ToolEnd { index });
        } else if !seen.trim().is_empty() {
            let end = if ended { Tag::CallEnd.name() } else { "" };
            for part in [Tag::Call.name(), seen, end] {
                part.chars().for_each(|c| self.speak(voice, c));
            }
        }
    }

    fn name(&mut self, mut name: String, wrapped: bool, c: char) -> State {
        if !matches!(c, '>' | '\n' | '<') {
            name.push(c);
            return State::Name(name, wrapped);
        }
        if name.trim().is_empty() {
            return if c == '\n' { State::Name(name, wrapped) } else { State::Between };
        }
        let state = self.start(name.trim(), wrapped);
        match state {
            State::Arguments(call) if c == '<' => self.arguments(call, c),
            state => state,
        }
    }

    fn start(&mut self, name: &str, wrapped: bool) -> State {
        self.turn(Voice::Answer);
        let index = self.calls;
        self.calls += 1;
        self.events.push(Event::ToolStart { index, name: name.to_owned() });
        let tool = self.tools.iter().find(|tool| tool.name == name).cloned();
        State::Arguments(Call::new(index, wrapped, tool))
    }

    fn arguments(&mut self, call: Call, c: char) -> State {
        self.held.push(c);
        let tags = [PARAMETER, FUNCTION_END, FUNCTION];
        while !tags.iter().any(|tag| tag.starts_with(&self.held)) {
            self.held.remove(0);
        }
        if !tags.contains(&self.held.as_str()) {
            return State::Arguments(call);
        }
        match std::mem::take(&mut self.held).as_str() {
            PARAMETER => State::Parameter(call, String::new()),
            tag => {
                let wrapped = call.wrapped;
                self.end(&call);
                match (tag, wrapped) {
                    (FUNCTION, _) => State::Name(String::new(), wrapped),
                    (_, true) => State::Between,
                    (_, false) => self.turn(Voice::Answer),
                }
            }
        }
    }

    fn parameter(&mut self, mut call: Call, mut name: String, c: char) -> State {
        if !matches!(c, '>' | '\n' | '<') {
            name.push(c);
            return State::Parameter(call, name);
        }
        let mut json = String::new();
        let value = call.begin(&name, &mut json);
        self.write_arguments(call.index, json);
        // After a name that was not closed, its newline or the next tag is the value's.
        if c == '>' { State::Value(call, value) } else { self.value(call, value, c) }
    }

    fn value(&mut self, mut call: Call, mut value: Written, c: char) -> State {
        let mut json = String::new();
        let held = value.push(c, &mut json);
        if held != Held::Open {
            call.end(&value, &mut json);
        }
        self.write_arguments(call.index, json);
        match held {
            Held::Open => State::Value(call, value),
            Held::End => State::Arguments(call),
            Held::NextParameter => State::Parameter(call, String::new()),
            Held::NextCall => {
                self.end(&call);
                State::Name(String::new(), call.wrapped)
            }
        }
    }

    fn between(&mut self, c: char) -> State {
        if self.held.is_empty() && c.is_whitespace() {
            return State::Between;
        }
        self.held.push(c);
        if self.held == FUNCTION {
            self.held.clear();
            return State::Name(String::new(), true);
        }
        if FUNCTION.starts_with(&self.held) {
            return State::Between;
        }
        self.turn(Voice::Answer);
        self.state = State::Speaking(Voice::Answer);
        let held = std::mem::take(&mut self.held);
        held.chars().for_each(|c| self.step(c));
        std::mem::replace(&mut self.state, State::Over)
    }

    /// Ends whatever of a call is open. A name that was cut off names no tool.
    fn close(&mut self, state: State, named: bool) {
        self.held.clear();
        let call = match state {
            State::Name(name, wrapped) if named && !name.trim().is_empty() => {
                match self.start(name.trim(), wrapped) {
                    State::Arguments(call) => call,
                    _ => return,
                }
            }
            State::Arguments(call) | State::Parameter(call, _) => call,
            State::Value(mut call, mut value) => {
                let mut json = String::new();
                value.settle(&mut json);
                call.end(&value, &mut json);
                self.write_arguments(call.index, json);
                call
            }
            _ => return,
        };
        self.end(&call);
    }

    fn end(&mut self, call: &Call) {
        let mut json = String::new();
        call.close(&mut json);
        self.write_arguments(call.index, json);
        self.events.push(Event::ToolEnd { index: call.index });
    }

    fn write_arguments(&mut self, index: usize, json: String) {
        match self.events.last_mut() {
            Some(Event::ToolArguments { json: before, .. }) => before.push_str(&json),
            _ if json.is_empty() => {}
            _ => self.events.push(Event::ToolArguments { index, json }),
        }
    }

    /// Writes the letters that became no tag.
    fn flush(&mut self, voice: Voice) {
        let held = std::mem::take(&mut self.held);
        held.chars().for_each(|c| self.speak(voice, c));
    }

    fn speak(&mut self, voice: Voice, c: char) {
        self.fence.push(c);
        if c.is_whitespace() {
            if !(self.fresh && self.blanks.is_empty() && matches!(c, '\n' | '\r')) {
                self.blanks.push(c);
            }
            return;
        }
        self.fresh = false;
        self.write_blanks(voice);
        self.emit(voice, c);
    }

    fn write_blanks(&mut self, voice: Voice) {
        let blanks = std::mem::take(&mut self.blanks);
        blanks.chars().for_each(|c| self.emit(voice, c));
    }

    fn emit(&mut self, voice: Voice, c: char) {
        match (self.events.last_mut(), voice) {
            (Some(Event::Reasoning(text)), Voice::Reasoning)
            | (Some(Event::Text(text)), Voice::Answer) => text.push(c),
            (_, Voice::Reasoning) => self.events.push(Event::Reasoning(c.into())),
            (_, Voice::Answer) => self.events.push(Event::Text(c.into())),
        }
    }
}
