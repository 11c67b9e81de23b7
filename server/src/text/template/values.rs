//! A conversation as the template sees it.

use minijinja::Value;
use serde_json::{Map, Value as Json, json};

use super::super::conversation::{Conversation, Message, Part, Role, Tool, ToolCall};
use super::guard::{Guard, visit};

/// The variables of a template, as Hugging Face transformers names them.
pub(super) fn context(conversation: &Conversation, guard: &Guard<'_>) -> Value {
    let messages = merged(&conversation.messages);
    let tools: Vec<Json> = conversation.tools.iter().map(|t| tool(t, guard)).collect();
    let mut context = json!({
        "messages": messages.iter().map(|m| message(m, guard)).collect::<Vec<_>>(),
        "tools": if tools.is_empty() { Json::Null } else { tools.into() },
        "add_generation_prompt": conversation.add_generation_prompt,
    });
    for (name, switch) in conversation.options.iter().filter(|(_, value)| value.is_boolean()) {
        context[name] = switch.clone();
    }
    given(context)
}

/// The engine's form of a JSON value; keys keep their order.
fn given(json: Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(switch) => switch.into(),
        Json::Number(number) => {
            let whole = number.as_i64().map(Value::from).or(number.as_u64().map(Value::from));
            whole.unwrap_or_else(|| number.as_f64().unwrap_or(f64::NAN).into())
        }
        Json::String(text) => text.into(),
        Json::Array(list) => list.into_iter().map(given).collect(),
        Json::Object(map) => Value::from_pairs(map.into_iter().map(|(k, v)| (k, given(v)))),
    }
}

/// How much work a template may spend: enough for dozens of steps for every text and every 64
/// bytes of it.
pub(super) fn fuel(conversation: &Conversation) -> u64 {
    let (mut texts, mut bytes) = (0u64, 0u64);
    visit(conversation, &mut |text| {
        texts += 1;
        bytes += text.len() as u64;
    });
    let messages = (conversation.messages.len() + conversation.tools.len()) as u64;
    100_000 + 1_000 * (messages + texts) + bytes
}

/// The messages, with the systems and developers at their beginning as one.
fn merged(messages: &[Message]) -> Vec<Message> {
    let system = |m: &&Message| matches!(m.role, Role::System | Role::Developer);
    let count = messages.iter().take_while(system).count();
    let (systems, rest) = messages.split_at(count);
    let mut parts: Vec<Part> = Vec::new();
    for part in systems.iter().enumerate().flat_map(|(at, m)| {
        let gap = (at > 0).then(|| Part::Text("\n\n".into()));
        gap.into_iter().chain(m.parts.iter().cloned())
    }) {
        match (parts.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => parts.push(part),
        }
    }
    let mut merged = Vec::with_capacity(messages.len());
    if let Some(first) = systems.first() {
        merged.push(Message { role: Role::System, parts, ..first.clone() });
    }
    merged.extend(rest.iter().cloned());
    merged
}

fn message(message: &Message, guard: &Guard<'_>) -> Json {
    let (reasoning, parts) = split(message);
    let mut map = json!({ "role": role(message.role), "content": content(&parts, guard) });
    if let Some(reasoning) = reasoning {
        map["reasoning_content"] = guard.text(&reasoning).into();
    }
    if !message.tool_calls.is_empty() {
        map["tool_calls"] = message.tool_calls.iter().map(|c| call(c, guard)).collect();
    }
    if let Some(id) = &message.tool_call_id {
        map["tool_call_id"] = guard.text(id).into();
    }
    map
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// The reasoning of a message and the rest of it.
///
/// Clients that know no reasoning send an answer back with its tags. Templates take such text
/// apart, which marked tags would hide from them; so it is done here in their way: reasoning ends
/// at the first `</think>`, and the answer begins after the last.
fn split(message: &Message) -> (Option<String>, Vec<Part>) {
    let whole = || (message.reasoning.clone(), message.parts.clone());
    if message.role != Role::Assistant || message.reasoning.is_some() {
        return whole();
    }
    let [Part::Text(text)] = &message.parts[..] else { return whole() };
    let (Some((before, _)), Some((_, after))) =
        (text.split_once("</think>"), text.rsplit_once("</think>"))
    else {
        return whole();
    };
    let before = before.trim_end_matches('\n');
    let reasoning = before.rsplit_once("<think>").map_or(before, |(_, inside)| inside);
    let answer = after.trim_start_matches('\n').to_owned();
    (Some(reasoning.trim_start_matches('\n').to_owned()), vec![Part::Text(answer)])
}

/// One text is given as it is, for templates that know no parts.
fn content(parts: &[Part], guard: &Guard<'_>) -> Json {
    match parts {
        [] => "".into(),
        [Part::Text(text)] => guard.text(text).into(),
        parts => parts.iter().map(|p| part(p, guard)).collect(),
    }
}

fn part(part: &Part, guard: &Guard<'_>) -> Json {
    match part {
        Part::Text(text) => json!({ "type": "text", "text": guard.text(text) }),
        Part::Picture(_) => json!({ "type": "image" }),
    }
}

fn call(call: &ToolCall, guard: &Guard<'_>) -> Json {
    let function =
        json!({ "name": guard.text(&call.name), "arguments": object(&call.arguments, guard) });
    json!({ "id": guard.text(&call.id), "type": "function", "function": function })
}

fn tool(tool: &Tool, guard: &Guard<'_>) -> Json {
    let mut function = json!({ "name": guard.text(&tool.name) });
    if let Some(description) = &tool.description {
        function["description"] = guard.text(description).into();
    }
    if !tool.parameters.is_null() {
        function["parameters"] = value(&tool.parameters, guard);
    }
    json!({ "type": "function", "function": function })
}

fn object(map: &Map<String, Json>, guard: &Guard<'_>) -> Json {
    let entries = map.iter().map(|(name, inner)| (guard.text(name), value(inner, guard)));
    Json::Object(entries.collect())
}

fn value(json: &Json, guard: &Guard<'_>) -> Json {
    match json {
        Json::String(text) => guard.text(text).into(),
        Json::Array(list) => list.iter().map(|inner| value(inner, guard)).collect(),
        Json::Object(map) => object(map, guard),
        other => other.clone(),
    }
}
