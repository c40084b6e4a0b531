//! Anthropic Messages, as its API reference documents bodies, events and errors. The checks are
//! those that its server makes and that a translation is most likely to fail.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Tool, Wire, check_credential, only, refuse, signature};
use crate::{
    ask::{Ask, Endpoint},
    fault::Fault,
    reply::{Finish, Part, Reply, Usage},
};

mod check;
mod thinking;

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
        match ask.endpoint {
            Endpoint::Count => check::count(&ask.body)?,
            _ => check::body(&ask.body)?,
        }
        if !ask.script.has("systemturns") {
            check::system_turns(&ask.body)?;
        }
        match ask.script.has("anysig") {
            true => Ok(()),
            false => thinking::check(&ask.body),
        }
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
        match choice["type"].as_str()? {
            "tool" => choice["name"].as_str().map(str::to_owned),
            "any" => only(self.tools(ask)),
            _ => None,
        }
    }

    fn thinks(&self, ask: &Ask) -> bool {
        ["enabled", "adaptive"].iter().any(|kind| ask.body["thinking"]["type"] == *kind)
    }

    fn count(&self, tokens: u64) -> Value {
        json!({"input_tokens": tokens})
    }

    fn tool_results(&self, ask: &Ask) -> Vec<String> {
        let messages = ask.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let blocks = messages.iter().filter_map(|message| message["content"].as_array()).flatten();
        blocks.filter(|block| block["type"] == "tool_result").map(|block| text(&block["content"])).collect()
    }

    fn whole(&self, ask: &Ask, reply: &Reply) -> Value {
        let content: Vec<Value> = reply.parts.iter().map(|part| whole_block(ask, part)).collect();
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
            block_events(&mut events, ask, index, part);
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
        let mut error = json!({"type": fault.anthropic_type, "message": fault.message});
        if !fault.details.is_null() {
            error["details"] = fault.details.clone();
        }
        json!({"type": "error", "error": error, "request_id": "req_standin"})
    }

    fn fault_event(&self, fault: &Fault) -> Bytes {
        event(self.fault(fault))
    }

    fn models(&self, _: &Ask, ids: &[String]) -> Value {
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

fn whole_block(ask: &Ask, part: &Part) -> Value {
    match part {
        Part::Reasoning(pieces) if ask.script.has("redacted") => {
            json!({"type": "redacted_thinking", "data": signature::of_thought(&pieces.concat())})
        }
        Part::Text(pieces) | Part::Refusal(pieces) => json!({"type": "text", "text": pieces.concat()}),
        Part::Reasoning(pieces) => {
            let thought = pieces.concat();
            json!({"type": "thinking", "thinking": thought, "signature": signature::of_thought(&thought)})
        }
        Part::Call { id, name, arguments } => {
            let input: Value = serde_json::from_str(&arguments.concat()).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
    }
}

fn block_events(events: &mut Vec<Bytes>, ask: &Ask, index: usize, part: &Part) {
    let start =
        |block: Value| event(json!({"type": "content_block_start", "index": index, "content_block": block}));
    let stop = event(json!({"type": "content_block_stop", "index": index}));
    if matches!(part, Part::Reasoning(_)) && ask.script.has("redacted") {
        return events.extend([start(whole_block(ask, part)), stop]);
    }
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
    events.push(start(block));
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
        let signature = signature::of_thought(&pieces.concat());
        events.push(delta(json!({"type": "signature_delta", "signature": signature})));
    }
    events.push(stop);
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
