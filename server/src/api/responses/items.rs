//! Items of a request, and those of earlier answers, become messages.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compact::account;
use crate::api::content::parts;
use crate::api::error::ApiError;
use crate::api::tools::arguments;
use crate::text::conversation::{Message, Role, ToolCall};

/// Appends items to a conversation. Reasoning, text and calls of an assistant that follow each
/// other become one message, as templates expect.
///
/// # Errors
/// Items that are not understood.
pub(super) fn read(items: &[Value], messages: &mut Vec<Message>) -> Result<(), ApiError> {
    // An earlier answer's message is complete.
    let mut open = false;
    let calls = |message: &Message| -> Vec<String> {
        message.tool_calls.iter().map(|call| call.id.clone()).collect()
    };
    let mut called: BTreeSet<String> = messages.iter().flat_map(calls).collect();
    for (at, item) in items.iter().enumerate() {
        let path = format!("input[{at}]");
        match item["type"].as_str().unwrap_or("message") {
            "message" => open = said(item, &path, messages, open)?,
            "reasoning" => {
                let text = thought(item);
                let fresh = !open || messages.last().is_none_or(has_spoken);
                let last = assistant(messages, fresh);
                let before = last.reasoning.take().unwrap_or_default();
                last.reasoning = Some(before + &text);
                open = true;
            }
            "function_call" => {
                let call = ToolCall {
                    id: text(item, "call_id"),
                    name: text(item, "name"),
                    arguments: arguments(item.get("arguments"), &path)?,
                };
                if call.name.is_empty() {
                    return Err(ApiError::field(&path, "a call has no name"));
                }
                called.insert(call.id.clone());
                assistant(messages, !open).tool_calls.push(call);
                open = true;
            }
            "function_call_output" => {
                let id = text(item, "call_id");
                if !called.contains(&id) {
                    let id: String = id.chars().take(80).collect();
                    let why = format!("there is no call with call_id {id:?} before its output");
                    return Err(ApiError::field(&path, why));
                }
                let parts = parts(item.get("output"), &path)?;
                let mut message = Message::text(Role::Tool, "");
                message.parts = parts;
                message.tool_call_id = Some(id);
                messages.push(message);
                open = false;
            }
            "compaction" => {
                let Some(account) = account(item) else {
                    let why = "a compaction that was not written here cannot be read";
                    return Err(ApiError::field(&path, why));
                };
                messages.push(Message::text(Role::System, account));
                open = false;
            }
            other => {
                let other: String = other.chars().take(40).collect();
                let why = format!("items of type {other:?} are not understood");
                return Err(ApiError::field(&path, why));
            }
        }
    }
    Ok(())
}

/// Reads a message; says whether an assistant's message may go on after it.
fn said(
    item: &Value,
    path: &str,
    messages: &mut Vec<Message>,
    open: bool,
) -> Result<bool, ApiError> {
    let role = match item["role"].as_str() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        _ => {
            let why = "expected a role: user, assistant, system or developer";
            return Err(ApiError::field(&format!("{path}.role"), why));
        }
    };
    let content = item.get("content").filter(|content| content.is_string() || content.is_array());
    if content.is_none() {
        let why = "expected a text or a list of parts";
        return Err(ApiError::field(&format!("{path}.content"), why));
    }
    let parts = parts(content, &format!("{path}.content"))?;
    if role == Role::Assistant {
        let called = |message: &Message| !message.tool_calls.is_empty();
        let fresh = !open || messages.last().is_none_or(called);
        assistant(messages, fresh).parts.extend(parts);
        return Ok(true);
    }
    messages.push(Message { parts, ..Message::text(role, "") });
    Ok(false)
}

/// The assistant's message that goes on, or a new one.
fn assistant(messages: &mut Vec<Message>, fresh: bool) -> &mut Message {
    if fresh || messages.is_empty() {
        messages.push(Message { parts: Vec::new(), ..Message::text(Role::Assistant, "") });
    }
    let last = messages.len() - 1;
    &mut messages[last]
}

fn has_spoken(message: &Message) -> bool {
    !message.parts.is_empty() || !message.tool_calls.is_empty()
}

/// The text of a reasoning item; what is encrypted was not written here.
fn thought(item: &Value) -> String {
    let texts = |list: &Value| -> String {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|part| part["text"].as_str()).collect()
    };
    match texts(&item["content"]) {
        text if text.is_empty() => texts(&item["summary"]),
        text => text,
    }
}

fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(items: Value) -> Vec<Message> {
        let mut messages = Vec::new();
        read(items.as_array().unwrap(), &mut messages).unwrap();
        messages
    }

    #[test]
    fn reasoning_text_and_calls_that_follow_each_other_are_one_message() {
        let messages = of(json!([
            {"role": "user", "content": "a"},
            {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "r"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{\"x\": 1}"},
            {"type": "function_call", "call_id": "2", "name": "g", "arguments": ""},
            {"type": "function_call_output", "call_id": "1", "output": "one"},
            {"type": "function_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "two"}]},
            {"type": "reasoning", "summary": []},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]},
            {"role": "assistant", "content": "b"},
            {"type": "reasoning", "summary": []},
            {"role": "assistant", "content": "c"},
        ]));
        let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
        use Role::{Assistant, Tool, User};
        assert_eq!(roles, [User, Assistant, Tool, Tool, Assistant, Assistant]);
        assert_eq!(messages[1].reasoning.as_deref(), Some("r"));
        let names: Vec<&str> =
            messages[1].tool_calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["f", "g"]);
        assert_eq!(messages[2].tool_call_id.as_deref(), Some("1"));
        assert_eq!(messages[4].reasoning.as_deref(), Some("s"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (item, told) in [
            (json!({"type": "computer_call"}), "computer_call"),
            (json!({"role": "user"}), "content"),
            (json!({"role": "king", "content": "x"}), "role"),
            (json!({"type": "function_call", "name": "f", "arguments": "["}), "arguments"),
            (json!({"type": "function_call"}), "no name"),
            (json!({"type": "function_call_output", "call_id": "x", "output": "y"}), "\"x\""),
            (json!({"type": "compaction", "encrypted_content": "gAAAA"}), "not written here"),
        ] {
            let error = read(&[item], &mut Vec::new()).unwrap_err();
            assert!(error.message().contains(told), "{}", error.message());
        }
    }
}
