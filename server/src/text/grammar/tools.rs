//! Calls of tools in the form in which the checkpoint writes them.

use serde_json::{Map, Value};

use super::super::TextError;
use super::super::conversation::Tool;
use super::super::output::{Parameter, resolve};
use super::super::tokenizer::Tokenizer;
use super::lark::{control, json_value, literal};

/// What ends a value.
const END: &str = "\n</parameter>\n";

/// Rules that all calls share: a value of any text, a parameter of any name, and text that begins
/// no call.
const SHARED: &str = r#"
text[suffix="\n</parameter>\n"]: /(?s:.*)/
any_parameter: "<parameter=" /[^<>\n]{1,64}/ ">\n" text
SPEECH: /(?s:.*)/ & ~/(?s:.*)<function=(?s:.*)/
"#;

/// Keywords about the arguments as a whole that a list of parameters cannot enforce.
const WHOLE: &[&str] = &[
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
];

/// Keywords about a text that is written without quotes, which are not enforced.
const TEXTS: &[&str] = &["pattern", "format", "minLength", "maxLength"];

/// How far the arguments of a tool are held to its schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Not at all.
    Free,
    /// As far as a grammar can; what it cannot enforce is left free.
    Able,
    /// In everything; what a grammar cannot enforce is refused.
    Strict,
}

pub(super) fn grammar(
    tools: &[Tool],
    required: bool,
    named: Option<&str>,
    parallel: bool,
    tokenizer: &Tokenizer,
) -> Result<String, TextError> {
    let callable: Vec<&Tool> =
        tools.iter().filter(|tool| named.is_none_or(|name| tool.name == name)).collect();
    if callable.is_empty() {
        let text = match named {
            Some(name) => format!("there is no tool '{}' to call", shown(name)),
            None => "there are no tools to call".into(),
        };
        return Err(TextError::Request(text));
    }
    let demanded = required || named.is_some();
    let mut rules = String::new();
    for (at, tool) in callable.iter().enumerate() {
        let hold = match (tool.strict, demanded) {
            (true, _) => Hold::Strict,
            (false, true) => Hold::Able,
            (false, false) => Hold::Free,
        };
        rules += &Function { at, tool, hold }.rules()?;
    }
    let functions: Vec<String> = (0..callable.len()).map(|at| format!("function_{at}")).collect();
    let (open, close) = (control(tokenizer, "<tool_call>")?, control(tokenizer, "</tool_call>")?);
    let more = if parallel && named.is_none() { r#" ("\n" call)*"# } else { "" };
    let calls = format!("calls: call{more}\n");
    let call =
        format!("call: {open} \"\\n\" ({}) \"</function>\\n\" {close}\n", functions.join(" | "));
    let body = if demanded { "body: calls\n" } else { "body: SPEECH calls?\n" };
    Ok([body, &calls, &call, &rules, SHARED].concat())
}

/// One function that may be called.
struct Function<'t> {
    /// Its number, by which its rules are told apart.
    at: usize,
    tool: &'t Tool,
    hold: Hold,
}

impl Function<'_> {
    /// The rules, from its opening tag to before its closing one.
    fn rules(&self) -> Result<String, TextError> {
        let (at, tool) = (self.at, self.tool);
        let open = literal(&format!("<function={}>\n", name(&tool.name)?));
        let schema = resolve(&tool.parameters, &tool.parameters);
        let whole = WHOLE.iter().find(|key| schema.get(key).is_some());
        if let (Hold::Strict, Some(key)) = (self.hold, whole) {
            return Err(self.unsupported(&format!("'{key}' at the top of its schema")));
        }
        let empty = Map::new();
        let properties = schema["properties"].as_object();
        let demands = schema["required"].as_array().is_some_and(|names| !names.is_empty());
        let lists = demands || properties.is_some_and(|listed| !listed.is_empty());
        match self.hold {
            Hold::Able if !lists && whole.is_none() && properties.is_none() => {
                self.unlisted(&open, schema)
            }
            Hold::Able | Hold::Strict if lists || whole.is_none() => {
                self.listed(&open, schema, properties.unwrap_or(&empty))
            }
            _ => Ok(format!("function_{at}: {open} any_parameter*\n")),
        }
    }

    /// Parameters that a schema lists, in its order, and no others.
    fn listed(
        &self,
        open: &str,
        schema: &Value,
        properties: &Map<String, Value>,
    ) -> Result<String, TextError> {
        let at = self.at;
        let required = schema["required"].as_array().into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        let unlisted = required.iter().filter(|name| !properties.contains_key(**name));
        let unlisted: Vec<(&str, &Value)> = unlisted.map(|name| (*name, &Value::Null)).collect();
        if let (Hold::Strict, Some((missing, _))) = (self.hold, unlisted.first()) {
            let what = format!("a required parameter '{}' without a schema", shown(missing));
            return Err(self.unsupported(&what));
        }
        let properties = properties.iter().map(|(key, inner)| (key.as_str(), inner));
        let (mut line, mut rules) = (format!("function_{at}: {open}"), String::new());
        for (number, (key, inner)) in properties.chain(unlisted).enumerate() {
            let rule = format!("parameter_{at}_{number}");
            line += &format!(" {rule}{}", if required.contains(&key) { "" } else { "?" });
            let open = literal(&format!("<parameter={}>\n", name(key)?));
            rules += &format!("{rule}: {open} {}\n", self.value(key, inner)?);
        }
        Ok(line + "\n" + &rules)
    }

    /// Parameters of any name, where a schema lists none.
    fn unlisted(&self, open: &str, schema: &Value) -> Result<String, TextError> {
        let at = self.at;
        match schema.get("additionalProperties") {
            None | Some(Value::Bool(true)) if schema.is_object() => {
                Ok(format!("function_{at}: {open} any_parameter*\n"))
            }
            Some(inner @ Value::Object(_)) => {
                let value = self.value("additionalProperties", inner)?;
                Ok(format!(
                    "function_{at}: {open} parameter_{at}*\nparameter_{at}: \"<parameter=\" \
                     /[^<>\\n]{{1,64}}/ \">\\n\" {value}\n"
                ))
            }
            _ => Ok(format!("function_{at}: {open}\n")),
        }
    }

    /// The rule of one value, with the tag that ends it.
    fn value(&self, key: &str, schema: &Value) -> Result<String, TextError> {
        let root = &self.tool.parameters;
        let inner = resolve(root, schema);
        let parameter = Parameter::at(root, schema);
        let listed: Vec<&Value> = match (&inner["enum"], inner.get("const")) {
            (_, Some(one)) => vec![one],
            (Value::Array(list), None) => list.iter().collect(),
            _ => Vec::new(),
        };
        if !listed.is_empty() {
            let texts = self.choice(key, &parameter, &listed)?;
            if !texts.is_empty() {
                return Ok(format!("({})", texts.join(" | ")));
            }
        }
        if parameter.allows_text() {
            let bound = TEXTS.iter().find(|bound| inner.get(bound).is_some());
            if let (Hold::Strict, Some(bound)) = (self.hold, bound) {
                let what = format!("'{bound}' of the text '{}'", shown(key));
                return Err(self.unsupported(&what));
            }
            return Ok("text".into());
        }
        let mut schema = inner.clone();
        for definitions in ["$defs", "definitions"] {
            if let Some(all) = root.get(definitions)
                && schema.is_object()
            {
                schema[definitions] = all.clone();
            }
        }
        let lenient = self.hold == Hold::Able;
        Ok(format!("{} {}", json_value(&schema, lenient)?, literal(END)))
    }

    /// The values that an enumeration lists: strings as they are, others as JSON.
    fn choice(
        &self,
        key: &str,
        parameter: &Parameter<'_>,
        listed: &[&Value],
    ) -> Result<Vec<String>, TextError> {
        let mut texts = Vec::new();
        for value in listed {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // A text that a parser would read as something else cannot be asked for.
            let read = parameter.value(&text);
            let tagged = text.contains("</parameter>") || text.contains("<parameter=");
            if !tagged && read == **value {
                texts.push(literal(&(text + END)));
            } else if self.hold == Hold::Strict {
                let what = format!("a value that '{}' lists", shown(key));
                return Err(self.unsupported(&what));
            }
        }
        Ok(texts)
    }

    fn unsupported(&self, what: &str) -> TextError {
        let name = shown(&self.tool.name);
        TextError::Request(format!("the tool '{name}' cannot be strict: {what} is not supported"))
    }
}

/// A name that can stand in a tag.
fn name(name: &str) -> Result<&str, TextError> {
    let fits = !name.is_empty() && name.trim() == name && !name.contains(['<', '>', '\n']);
    fits.then_some(name).ok_or_else(|| {
        let shown = shown(name);
        TextError::Request(format!("'{shown}' cannot be the name of a tool or of a parameter"))
    })
}

fn shown(name: &str) -> String {
    name.escape_debug().take(40).collect()
}
