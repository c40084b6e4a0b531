//! What Anthropic's server refuses.

use serde_json::{Map, Value, json};

use super::refuse;
use crate::fault::Fault;

/// The request's members, from the "Create a Message" reference; any other is refused there.
const MEMBERS: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "system",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "tools",
    "tool_choice",
    "thinking",
    "metadata",
    "service_tier",
    "cache_control",
    "output_config",
    "thread",
    "container",
    "context_management",
    "mcp_servers",
    "inference_geo",
    "speed",
    "diagnostics",
    "compaction",
];

/// Members that a request for a count may not have ("Count tokens in a Message").
const ABOUT_THE_ANSWER: &[&str] = &[
    "max_tokens",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "metadata",
    "service_tier",
    "container",
    "inference_geo",
    "diagnostics",
];

/// The kinds of blocks, from the same reference.
const BLOCKS: &[&str] = &[
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "container_upload",
    "advisor_tool_result",
    "tool_addition",
    "tool_removal",
    "mcp_tool_listing",
    "compaction",
    "fallback",
];

/// A request for an answer.
pub(super) fn body(body: &Value) -> Result<(), Fault> {
    let members = members(body, &|name| MEMBERS.contains(&name))?;
    if members.contains_key("thread") {
        return Err(unheld());
    }
    if body["max_tokens"].as_u64().is_none_or(|count| count == 0) {
        return refuse("max_tokens: Field required");
    }
    let temperature = members.get("temperature").map(|value| value.as_f64().unwrap_or(-1.0));
    if temperature.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
        return refuse("temperature: range: 0..1");
    }
    let stops = body["stop_sequences"].as_array().map(Vec::as_slice).unwrap_or_default();
    if stops.iter().any(|stop| stop.as_str().is_none_or(|text| text.trim().is_empty())) {
        return refuse("stop_sequences: each stop sequence must contain non-whitespace");
    }
    said(body)
}

/// A request for a count: the same, less what is about the answer.
pub(super) fn count(body: &Value) -> Result<(), Fault> {
    members(body, &|name| MEMBERS.contains(&name) && !ABOUT_THE_ANSWER.contains(&name))?;
    said(body)
}

/// An organisation that keeps nothing cannot have its conversations held ("Threads").
fn unheld() -> Fault {
    Fault {
        details: json!({"error_code": "thread_unsupported_request", "unsupported": ["zero_data_retention"]}),
        ..Fault::of(400).saying("thread: not available to this organization")
    }
}

fn members<'a>(body: &'a Value, known: &dyn Fn(&str) -> bool) -> Result<&'a Map<String, Value>, Fault> {
    let Some(members) = body.as_object() else { return refuse("the body is not a JSON object") };
    match members.keys().find(|name| !known(name)) {
        Some(name) => refuse(format!("{name}: Extra inputs are not permitted")),
        None => Ok(members),
    }
}

fn said(body: &Value) -> Result<(), Fault> {
    tools(body)?;
    match body["messages"].as_array() {
        Some(messages) if !messages.is_empty() => conversation(messages),
        _ => refuse("messages: at least one message is required"),
    }
}

fn tools(body: &Value) -> Result<(), Fault> {
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, tool) in tools.iter().enumerate() {
        let custom = tool["type"].is_null() || tool["type"] == "custom";
        if custom && tool["input_schema"]["type"] != "object" {
            return refuse(format!("tools.{index}.custom.input_schema.type: Field required"));
        }
    }
    let choice = &body["tool_choice"];
    if !choice.is_null() && tools.is_empty() && choice["type"] != "none" {
        return refuse("tool_choice: may only be specified while providing tools");
    }
    let known = ["auto", "any", "tool", "none"];
    if !choice.is_null() && choice["type"].as_str().is_none_or(|kind| !known.contains(&kind)) {
        return refuse("tool_choice: Input tag does not match any of the expected tags");
    }
    Ok(())
}

/// Tool uses are answered in the very next user turn, and results answer such a use. Messages of one
/// role after another are one turn; those of the system are none.
fn conversation(messages: &[Value]) -> Result<(), Fault> {
    let mut turns: Vec<(&str, Vec<&Value>)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let blocks = blocks(index, message, index + 1 == messages.len())?;
        match (role, turns.last_mut()) {
            ("system", Some(_)) => {}
            ("user" | "assistant", Some((last, all))) if *last == role => all.extend(blocks),
            ("user" | "assistant", _) => turns.push((role, blocks.iter().collect())),
            _ => return refuse(format!("messages.{index}.role: must be 'user' or 'assistant'")),
        }
    }
    let mut open: Vec<&str> = Vec::new();
    for (_, blocks) in &turns {
        let results: Vec<&str> = ids(blocks, "tool_result", "tool_use_id");
        if let Some(stray) = results.iter().find(|id| !open.contains(id)) {
            return refuse(format!("messages: unexpected `tool_use_id` in `tool_result`: {stray}"));
        }
        if let Some(left) = open.iter().find(|id| !results.contains(id)) {
            return refuse(format!("messages: `tool_use` without `tool_result` right after: {left}"));
        }
        open = ids(blocks, "tool_use", "id");
    }
    match open.first() {
        Some(left) => refuse(format!("messages: `tool_use` without `tool_result` right after: {left}")),
        None => Ok(()),
    }
}

/// System messages inside of the conversation are for the models that take them.
pub(super) fn system_turns(body: &Value) -> Result<(), Fault> {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    match messages.iter().position(|message| message["role"] == "system") {
        Some(index) => refuse(format!("messages.{index}.role: must be 'user' or 'assistant'")),
        None => Ok(()),
    }
}

fn blocks(index: usize, message: &Value, last: bool) -> Result<&[Value], Fault> {
    let may_be_empty = last && message["role"] == "assistant";
    match &message["content"] {
        Value::String(text) if !text.is_empty() || may_be_empty => Ok(&[]),
        Value::Array(blocks) if !blocks.is_empty() || may_be_empty => {
            let known = |block: &&Value| block["type"].as_str().is_some_and(|kind| BLOCKS.contains(&kind));
            if let Some(stranger) = blocks.iter().find(|block| !known(block)) {
                return refuse(format!(
                    "messages.{index}.content: Input tag {} is not expected",
                    stranger["type"]
                ));
            }
            let empty =
                |block: &Value| block["type"] == "text" && block["text"].as_str().is_none_or(str::is_empty);
            match blocks.iter().any(empty) {
                true => refuse("messages: text content blocks must be non-empty"),
                false => Ok(blocks),
            }
        }
        _ => refuse(format!("messages.{index}: all messages must have non-empty content")),
    }
}

fn ids<'a>(blocks: &[&'a Value], kind: &str, field: &str) -> Vec<&'a str> {
    blocks.iter().filter(|block| block["type"] == kind).filter_map(|block| block[field].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: Value) -> String {
        super::body(&body).err().map(|fault| fault.message).unwrap_or_default()
    }

    #[test]
    fn what_its_server_refuses_is_refused() {
        let user = json!({"role": "user", "content": "hi"});
        let used = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "x", "input": {}}]});
        let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "7"}]});
        let body = |messages: Value| json!({"model": "m", "max_tokens": 9, "messages": messages});
        assert_eq!(refused(body(json!([user]))), "");
        assert_eq!(refused(body(json!([user, used, result]))), "");
        assert!(refused(body(json!([user, used, user]))).contains("without `tool_result`"));
        assert!(refused(body(json!([user, result]))).contains("unexpected `tool_use_id`"));
        let again = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "x", "input": {}}]});
        let other = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2", "content": "8"}]});
        assert_eq!(refused(body(json!([user, used, again, result, other]))), "");
        assert!(system_turns(&body(json!([user, {"role": "system", "content": "S"}]))).is_err());
        assert_eq!(refused(body(json!([used, result]))), "");
        assert!(refused(json!({"messages": [user]})).contains("max_tokens"));
        let mut stray = body(json!([user]));
        stray["stream_options"] = json!({});
        assert!(refused(stray).contains("Extra inputs"));
        assert!(count(&body(json!([user]))).is_err(), "max_tokens has no meaning for a count");
        assert!(count(&json!({"model": "m", "messages": [user]})).is_ok());
    }
}
