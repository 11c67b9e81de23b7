//! Tools of a request, which of them are to be called, and what an answer has to look like.

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::fields::{Field, Fields, Kind, may, must};
use crate::text::conversation::{Tool, ToolCall};
use crate::text::grammar::Shape;

/// Most tools of a request.
pub(crate) const MOST: usize = 512;

const FUNCTION: &[Field] = &[
    must("name", Kind::Text, "Letters, digits, `_`, `.` and `-`."),
    may("description", Kind::Text, "What it does."),
    may("parameters", Kind::Object, "A JSON schema of its arguments."),
    may("strict", Kind::Bool, "Whether arguments obey the schema without exception."),
];

/// A tool of `/v1/chat/completions`.
pub(crate) const CHAT_TOOL: Kind = Kind::Record(&[
    must("type", Kind::Choice(&["function"]), "Only functions are tools."),
    must("function", Kind::Record(FUNCTION), "The function."),
]);

/// Which tools are to be called, in `/v1/chat/completions`.
pub(crate) const CHAT_CHOICE: Kind = Kind::Either(&[
    Kind::Choice(&["none", "auto", "required"]),
    Kind::Record(&[
        must("type", Kind::Choice(&["function"]), "Only functions are tools."),
        must("function", Kind::Record(&[must("name", Kind::Text, "Its name.")]), "The function."),
    ]),
]);

/// Which tools are to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Auto,
    None,
    Required,
    Named(String),
}

/// Tools with what is to be done with them.
#[derive(Clone, Debug)]
pub(crate) struct Toolbox {
    pub(crate) tools: Vec<Tool>,
    pub(crate) choice: Choice,
    pub(crate) parallel: bool,
}

impl Toolbox {
    /// Checks that the choice and the tools fit together.
    ///
    /// # Errors
    /// Names that are taken twice, that no tool has, or that are none.
    pub(crate) fn new(
        tools: Vec<Tool>,
        choice: Option<Choice>,
        parallel: Option<bool>,
    ) -> Result<Self, ApiError> {
        let parallel = parallel.unwrap_or(true);
        for (at, tool) in tools.iter().enumerate() {
            let fine = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if tool.name.is_empty() || tool.name.len() > 128 || !tool.name.chars().all(fine) {
                let why = "a name has 1 to 128 letters, digits, '_', '.' and '-'";
                return Err(ApiError::field(&format!("tools[{at}]"), why));
            }
            if tools[..at].iter().any(|other| other.name == tool.name) {
                return Err(ApiError::field("tools", format!("two are named {:?}", tool.name)));
            }
        }
        let choice = choice.unwrap_or(Choice::Auto);
        match &choice {
            Choice::Required | Choice::Named(_) if tools.is_empty() => {
                Err(ApiError::field("tool_choice", "a call is demanded, but there are no tools"))
            }
            Choice::Named(name) if !tools.iter().any(|tool| tool.name == *name) => {
                let name: String = name.chars().take(80).collect();
                Err(ApiError::field("tool_choice", format!("there is no tool named {name:?}")))
            }
            _ => Ok(Self { tools, choice, parallel }),
        }
    }

    /// The tools that the model hears of and may call.
    pub(crate) fn offered(&self) -> Vec<Tool> {
        match self.choice {
            Choice::None => Vec::new(),
            _ => self.tools.clone(),
        }
    }

    /// What an answer has to look like, with the form that was asked for beside the tools.
    ///
    /// # Errors
    /// If calls are demanded and a form as well.
    pub(crate) fn shape(&self, form: Option<Shape>) -> Result<Option<Shape>, ApiError> {
        let strict = self.tools.iter().any(|tool| tool.strict);
        let forced = matches!(self.choice, Choice::Required | Choice::Named(_));
        if self.choice == Choice::None || self.tools.is_empty() || !(strict || forced) {
            return Ok(form);
        }
        if form.is_some() && forced {
            let why = "a call is demanded, and so is a form of the answer; ask for one of them";
            return Err(ApiError::field("tool_choice", why));
        }
        // With a form of the answer, the form holds: the answer is read by a program.
        let named = match &self.choice {
            Choice::Named(name) => Some(name.clone()),
            _ => None,
        };
        let tools = Shape::Tools {
            tools: self.tools.clone(),
            required: forced,
            named,
            parallel: self.parallel,
        };
        Ok(Some(form.unwrap_or(tools)))
    }
}

/// Tools as `/v1/chat/completions` writes them; checked before.
pub(crate) fn chat_tools(fields: Fields<'_>) -> Vec<Tool> {
    let list = fields.list("tools").unwrap_or_default();
    let functions = list.iter().filter_map(|tool| tool.get("function")?.as_object());
    functions.map(|function| tool(Fields(function), "parameters")).collect()
}

/// A tool whose schema has this name.
pub(crate) fn tool(fields: Fields<'_>, schema: &str) -> Tool {
    Tool {
        name: fields.text("name").unwrap_or_default().to_owned(),
        description: fields.text("description").map(str::to_owned),
        parameters: fields.value(schema).cloned().unwrap_or(Value::Null),
        strict: fields.flag("strict").unwrap_or(false),
    }
}

/// A choice as OpenAI's APIs write it, with the name of a function inside `function` or not.
pub(crate) fn choice(fields: Fields<'_>) -> Option<Choice> {
    let value = fields.value("tool_choice")?;
    Some(match value.as_str() {
        Some("none") => Choice::None,
        Some("required") => Choice::Required,
        Some(_) => Choice::Auto,
        None => {
            let name = value.get("function").unwrap_or(value).get("name");
            Choice::Named(name.and_then(Value::as_str).unwrap_or_default().to_owned())
        }
    })
}

/// The form that `response_format` or `text.format` demands.
///
/// # Errors
/// A schema that is missing.
pub(crate) fn form(format: Fields<'_>, path: &str) -> Result<Option<Shape>, ApiError> {
    match format.text("type") {
        Some("json_object") => Ok(Some(Shape::AnyJson)),
        Some("json_schema") => {
            let inner = format.object("json_schema").unwrap_or(format);
            match inner.value("schema") {
                Some(schema) if schema.is_object() || schema.is_boolean() => {
                    Ok(Some(Shape::Schema(schema.clone())))
                }
                _ => Err(ApiError::field(path, "a json_schema needs a schema")),
            }
        }
        _ => Ok(None),
    }
}

/// Forms by vLLM's fields: `structured_outputs`, and the `guided_` names before it.
///
/// # Errors
/// More than one, or one that is none.
pub(crate) fn guided(fields: Fields<'_>) -> Result<Option<Shape>, ApiError> {
    let none = Map::new();
    let inner = fields.object("structured_outputs").unwrap_or(Fields(&none));
    let find = |name: &str| inner.value(name).or_else(|| fields.value(&format!("guided_{name}")));
    let mut shapes = Vec::new();
    if let Some(schema) = find("json") {
        let read = match schema.as_str() {
            Some(text) => serde_json::from_str(text)
                .map_err(|_| ApiError::field("structured_outputs.json", "it is not JSON"))?,
            None => schema.clone(),
        };
        shapes.push(Shape::Schema(read));
    }
    if find("json_object").and_then(Value::as_bool) == Some(true) {
        shapes.push(Shape::AnyJson);
    }
    if let Some(regex) = find("regex") {
        let text = regex.as_str();
        let why = || ApiError::field("structured_outputs.regex", "expected a text");
        shapes.push(Shape::Regex(text.ok_or_else(why)?.to_owned()));
    }
    if let Some(choice) = find("choice") {
        let texts = choice.as_array().map(|list| list.iter().filter_map(Value::as_str));
        let texts: Vec<String> = texts.into_iter().flatten().map(str::to_owned).collect();
        if texts.is_empty() || texts.len() > 1024 {
            return Err(ApiError::field("structured_outputs.choice", "expected 1 to 1024 texts"));
        }
        shapes.push(Shape::Choice(texts));
    }
    if find("grammar").is_some() {
        return Err(ApiError::field("structured_outputs.grammar", "grammars are not taken"));
    }
    match shapes.len() {
        0 | 1 => Ok(shapes.pop()),
        _ => Err(ApiError::field("structured_outputs", "more than one form of the answer")),
    }
}

/// The arguments of an earlier call: an object, or its text.
///
/// # Errors
/// Everything else.
pub(crate) fn arguments(value: Option<&Value>, path: &str) -> Result<Map<String, Value>, ApiError> {
    let why = || ApiError::field(path, "the arguments of a call are the text of a JSON object");
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| why()),
        Some(_) => Err(why()),
    }
}

/// An earlier call as `/v1/chat/completions` writes it.
///
/// # Errors
/// Arguments that are no JSON object.
pub(crate) fn chat_call(value: &Value, path: &str) -> Result<ToolCall, ApiError> {
    let function = &value["function"];
    Ok(ToolCall {
        id: value["id"].as_str().unwrap_or_default().to_owned(),
        name: function["name"].as_str().unwrap_or_default().to_owned(),
        arguments: arguments(function.get("arguments"), path)?,
    })
}

/// An earlier call, as the tables describe it.
pub(crate) const CHAT_CALL: Kind = Kind::Record(&[
    may("id", Kind::Text, "The name under which the result comes back."),
    may("type", Kind::Choice(&["function"]), "Only functions are called."),
    must(
        "function",
        Kind::Record(&[
            must("name", Kind::Text, "The function."),
            may("arguments", Kind::Either(&[Kind::Text, Kind::Object]), "JSON text."),
        ]),
        "What is called.",
    ),
]);

/// The same tool as clients are told of it.
pub(crate) fn echoed(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": tool.strict,
    })
}
