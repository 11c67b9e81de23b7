//! What every API is translated into before a template sees it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The one who deploys the model.
    System,
    /// OpenAI's later name for the system; rendered as the system.
    Developer,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
    /// The result of a call.
    Tool,
}

/// What is known of a picture in a request, none of which was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The name of its format, such as `PNG`.
    pub format: &'static str,
    /// Pixels across and down.
    pub size: [usize; 2],
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A picture.
    Picture(Picture),
}

/// A call of a tool that the model made earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The name under which its result comes back.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments, parsed; in the order in which they were written.
    pub arguments: Map<String, Value>,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// What an assistant thought before it spoke.
    pub reasoning: Option<String>,
    /// The calls that an assistant made.
    pub tool_calls: Vec<ToolCall>,
    /// The call whose result this is.
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
            reasoning: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its arguments; null where none was given.
    pub parameters: Value,
    /// Whether the arguments of its calls are bound to the schema.
    pub strict: bool,
}

/// Everything a template reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// The tools, in the order of the request.
    pub tools: Vec<Tool>,
    /// The request's `chat_template_kwargs`. Names outside [`template::OPTIONS`] are refused.
    ///
    /// [`template::OPTIONS`]: super::template::OPTIONS
    pub options: BTreeMap<String, Value>,
    /// Whether the text ends where an assistant begins to speak.
    pub add_generation_prompt: bool,
}
