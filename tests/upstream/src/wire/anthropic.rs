//! Anthropic Messages, as its API reference documents bodies, events and errors. The checks are
//! those that its server makes and that a translation is most likely to fail.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Tool, Wire, check_credential, refuse};
use crate::{
    ask::Ask,
    fault::Fault,
    reply::{Finish, Part, Reply, Usage},
};

/// The wire of Claude.
pub struct Anthropic;

const ID: &str = "msg_01standin";

impl Wire for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic-messages"
    }

    fn check(&self, ask: &Ask) -> Result<(), Fault> {
        check_credential(ask, self.credential(ask).as_deref())?;
        // A date; callers' SDKs name newer ones than the gateway does.
        if !ask
            .header("anthropic-version")
            .is_some_and(|version| version.len() == 10 && version.starts_with("20"))
        {
            return refuse("anthropic-version: header is required");
        }
        if !ask.header("content-type").is_some_and(|value| value.starts_with("application/json")) {
            return refuse("content-type: must be application/json");
        }
        check::body(&ask.body)
    }

    fn credential(&self, ask: &Ask) -> Option<String> {
        ask.header("x-api-key").map(str::to_owned)
    }

    fn tools(&self, ask: &Ask) -> Vec<Tool> {
        let tool = |tool: &Value| {
            Some(Tool { name: tool["name"].as_str()?.to_owned(), schema: tool["input_schema"].clone() })
        };
        ask.body["tools"].as_array().map(|tools| tools.iter().filter_map(tool).collect()).unwrap_or_default()
    }

    fn answer_schema(&self, ask: &Ask) -> Option<Value> {
        let format = &ask.body["output_config"]["format"];
        (format["type"] == "json_schema").then(|| format["schema"].clone())
    }

    fn forced_tool(&self, ask: &Ask) -> Option<String> {
        let choice = &ask.body["tool_choice"];
        (choice["type"] == "tool").then(|| choice["name"].as_str().map(str::to_owned)).flatten()
    }

    fn tool_results(&self, ask: &Ask) -> Vec<String> {
        let messages = ask.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let blocks = messages.iter().filter_map(|message| message["content"].as_array()).flatten();
        blocks.filter(|block| block["type"] == "tool_result").map(|block| text(&block["content"])).collect()
    }

    fn whole(&self, ask: &Ask, reply: &Reply) -> Value {
        let content: Vec<Value> = reply.parts.iter().map(whole_block).collect();
        let mut body = json!({
            "id": ID, "type": "message", "role": "assistant", "model": ask.model,
            "content": content,
            "stop_reason": stop_reason(reply), "stop_sequence": stop_sequence(ask, reply),
            "usage": usage(&reply.usage),
        });
        if let Some((name, value)) = &reply.extra {
            body[name] = value.clone();
        }
        body
    }

    fn stream(&self, ask: &Ask, reply: &Reply) -> Vec<Bytes> {
        let mut opening = usage(&reply.usage);
        opening["output_tokens"] = json!(1);
        let message = json!({
            "id": ID, "type": "message", "role": "assistant", "model": ask.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": opening,
        });
        let mut events = vec![event(json!({"type": "message_start", "message": message}))];
        for (index, part) in reply.parts.iter().enumerate() {
            block_events(&mut events, index, part);
            if index == 0 {
                events.push(event(json!({"type": "ping"})));
            }
        }
        let delta = json!({"stop_reason": stop_reason(reply), "stop_sequence": stop_sequence(ask, reply)});
        events.push(event(json!({"type": "message_delta", "delta": delta, "usage": usage(&reply.usage)})));
        events.push(event(json!({"type": "message_stop"})));
        events
    }

    fn fault(&self, fault: &Fault) -> Value {
        json!({
            "type": "error",
            "error": {"type": fault.anthropic_type, "message": fault.message},
            "request_id": "req_standin",
        })
    }

    fn fault_event(&self, fault: &Fault) -> Bytes {
        event(self.fault(fault))
    }

    fn models(&self, ids: &[String]) -> Value {
        let row = |id: &String| json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"});
        let data: Vec<Value> = ids.iter().map(row).collect();
        json!({"data": data, "has_more": false, "first_id": ids.first(), "last_id": ids.last()})
    }

    fn limit_headers(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-01-01T00:01:00Z"),
        ]
    }

    fn id_header(&self) -> &'static str {
        "request-id"
    }
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::Filtered => "refusal",
        Finish::StopSequence => "stop_sequence",
    }
}

fn stop_sequence(ask: &Ask, reply: &Reply) -> Value {
    match reply.finish {
        Finish::StopSequence => ask.body["stop_sequences"][0].clone(),
        _ => Value::Null,
    }
}

/// Input tokens here leave out those of the cache.
fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.prompt.saturating_sub(usage.cached + usage.written),
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
        "service_tier": "standard",
    })
}

fn whole_block(part: &Part) -> Value {
    match part {
        Part::Text(pieces) | Part::Refusal(pieces) => json!({"type": "text", "text": pieces.concat()}),
        Part::Reasoning(pieces) => {
            json!({"type": "thinking", "thinking": pieces.concat(), "signature": "c2lnbmVk"})
        }
        Part::Call { id, name, arguments } => {
            let input: Value = serde_json::from_str(&arguments.concat()).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
    }
}

fn block_events(events: &mut Vec<Bytes>, index: usize, part: &Part) {
    let (block, kind, field, pieces) = match part {
        Part::Text(pieces) | Part::Refusal(pieces) => {
            (json!({"type": "text", "text": ""}), "text_delta", "text", pieces)
        }
        Part::Reasoning(pieces) => (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            "thinking_delta",
            "thinking",
            pieces,
        ),
        Part::Call { id, name, arguments } => (
            json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
            "input_json_delta",
            "partial_json",
            arguments,
        ),
    };
    events.push(event(json!({"type": "content_block_start", "index": index, "content_block": block})));
    let delta = |delta: Value| event(json!({"type": "content_block_delta", "index": index, "delta": delta}));
    let mut last: Option<(&std::sync::Arc<str>, Bytes)> = None;
    for piece in pieces {
        let event = match &last {
            Some((same, event)) if std::sync::Arc::ptr_eq(same, piece) => event.clone(),
            _ => delta(json!({"type": kind, field: &**piece})),
        };
        events.push(event.clone());
        last = Some((piece, event));
    }
    if matches!(part, Part::Reasoning(_)) {
        events.push(delta(json!({"type": "signature_delta", "signature": "c2lnbmVk"})));
    }
    events.push(event(json!({"type": "content_block_stop", "index": index})));
}

fn event(data: Value) -> Bytes {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}

fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        _ => String::new(),
    }
}

mod check {
    //! What Anthropic's server refuses.

    use serde_json::Value;

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
        "container",
        "context_management",
        "mcp_servers",
        "inference_geo",
        "speed",
        "betas",
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
    ];

    pub(super) fn body(body: &Value) -> Result<(), Fault> {
        let Some(members) = body.as_object() else { return refuse("the body is not a JSON object") };
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return refuse(format!("{name}: Extra inputs are not permitted"));
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

    /// Tool uses are answered in the very next user turn, and results answer such a use.
    fn conversation(messages: &[Value]) -> Result<(), Fault> {
        let mut open: Vec<&str> = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let role = message["role"].as_str().unwrap_or_default();
            if !["user", "assistant"].contains(&role) {
                return refuse(format!("messages.{index}.role: must be 'user' or 'assistant'"));
            }
            let blocks = blocks(index, message, index + 1 == messages.len())?;
            let results: Vec<&str> = ids(blocks, "tool_result", "tool_use_id");
            if let Some(stray) = results.iter().find(|id| !open.contains(id)) {
                return refuse(format!(
                    "messages.{index}: unexpected `tool_use_id` in `tool_result`: {stray}"
                ));
            }
            if let Some(left) = open.iter().find(|id| !results.contains(id)) {
                return refuse(format!(
                    "messages.{index}: `tool_use` without `tool_result` right after: {left}"
                ));
            }
            open = ids(blocks, "tool_use", "id");
        }
        match open.first() {
            Some(left) => refuse(format!("messages: `tool_use` without `tool_result` right after: {left}")),
            None => Ok(()),
        }
    }

    fn blocks(index: usize, message: &Value, last: bool) -> Result<&[Value], Fault> {
        let may_be_empty = last && message["role"] == "assistant";
        match &message["content"] {
            Value::String(text) if !text.is_empty() || may_be_empty => Ok(&[]),
            Value::Array(blocks) if !blocks.is_empty() || may_be_empty => {
                let known =
                    |block: &&Value| block["type"].as_str().is_some_and(|kind| BLOCKS.contains(&kind));
                if let Some(stranger) = blocks.iter().find(|block| !known(block)) {
                    return refuse(format!(
                        "messages.{index}.content: Input tag {} is not expected",
                        stranger["type"]
                    ));
                }
                let empty = |block: &Value| {
                    block["type"] == "text" && block["text"].as_str().is_none_or(str::is_empty)
                };
                match blocks.iter().any(empty) {
                    true => refuse("messages: text content blocks must be non-empty"),
                    false => Ok(blocks),
                }
            }
            _ => refuse(format!("messages.{index}: all messages must have non-empty content")),
        }
    }

    fn ids<'a>(blocks: &'a [Value], kind: &str, field: &str) -> Vec<&'a str> {
        blocks
            .iter()
            .filter(|block| block["type"] == kind)
            .filter_map(|block| block[field].as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: Value) -> String {
        check::body(&body).err().map(|fault| fault.message).unwrap_or_default()
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
        assert_eq!(refused(body(json!([used, result]))), "");
        assert!(refused(json!({"messages": [user]})).contains("max_tokens"));
        let mut stray = body(json!([user]));
        stray["stream_options"] = json!({});
        assert!(refused(stray).contains("Extra inputs"));
    }
}
