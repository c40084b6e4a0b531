//! What Gemini says: candidates of parts, usage beside each, and no word for "tools are wanted".

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Wire, signs};
use crate::{
    ask::Ask,
    reply::{Finish, Part, Reply, Usage},
    wire::signature,
};

const ID: &str = "gemini-standin";

/// The answer as one body.
pub(super) fn whole(ask: &Ask, reply: &Reply) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    for (index, part) in reply.parts.iter().enumerate() {
        parts.push(match part {
            Part::Call { id, name, arguments } => call(ask, reply, index, (id, name, arguments)),
            Part::Text(pieces) | Part::Refusal(pieces) | Part::Reasoning(pieces) => {
                text(part, &pieces.concat())
            }
        });
    }
    sign_last(ask, reply, &mut parts);
    chunk(ask, reply, parts, true)
}

/// The answer as framed events: one for every piece of text and every call, and one at the end.
pub(super) fn stream(ask: &Ask, reply: &Reply) -> Vec<Bytes> {
    let event = |part: Value| frame(&chunk(ask, reply, vec![part], false));
    let mut events: Vec<Bytes> = Vec::new();
    for (index, part) in reply.parts.iter().enumerate() {
        match part {
            Part::Call { id, name, arguments } => {
                events.push(event(call(ask, reply, index, (id, name, arguments))));
            }
            Part::Text(pieces) | Part::Refusal(pieces) | Part::Reasoning(pieces) => {
                // A flood of one piece is rendered once.
                let mut last: Option<(&Arc<str>, Bytes)> = None;
                for piece in pieces {
                    let event = match &last {
                        Some((same, event)) if Arc::ptr_eq(same, piece) => event.clone(),
                        _ => event(text(part, piece)),
                    };
                    events.push(event.clone());
                    last = Some((piece, event));
                }
            }
        }
    }
    let mut last = vec![json!({"text": ""})];
    sign_last(ask, reply, &mut last);
    events.push(frame(&chunk(ask, reply, last, true)));
    events
}

/// Google ends its lines with CR LF.
pub(super) fn frame(data: &Value) -> Bytes {
    format!("data: {data}\r\n\r\n").into()
}

fn text(part: &Part, text: &str) -> Value {
    match part {
        Part::Reasoning(_) => json!({"text": text, "thought": true}),
        _ => json!({"text": text}),
    }
}

/// A call: its id, its name, the pieces of its arguments.
fn call(ask: &Ask, reply: &Reply, index: usize, called: (&str, &str, &[Arc<str>])) -> Value {
    let (id, name, arguments) = called;
    let args: Value = serde_json::from_str(&arguments.concat()).unwrap_or_else(|_| json!({}));
    if !signs(ask) {
        return json!({"functionCall": {"name": name, "args": args}});
    }
    let mut part = json!({"functionCall": {"id": id, "name": name, "args": args}});
    if !reply.parts[..index].iter().any(|part| matches!(part, Part::Call { .. })) {
        let results = super::Gemini.tool_results(ask).len();
        part["thoughtSignature"] = json!(signature::of_call(name, results));
    }
    part
}

/// Without a call, the last part carries the signature; it need not come back.
fn sign_last(ask: &Ask, reply: &Reply, parts: &mut [Value]) {
    let calls = reply.parts.iter().any(|part| matches!(part, Part::Call { .. }));
    if let Some(last) = parts.last_mut().filter(|_| signs(ask) && !calls) {
        last["thoughtSignature"] = json!(signature::of_thought("an answer"));
    }
}

fn chunk(ask: &Ask, reply: &Reply, parts: Vec<Value>, last: bool) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if last {
        candidate["finishReason"] = json!(finish(reply.finish));
    }
    let mut body = json!({"candidates": [candidate], "modelVersion": ask.model, "responseId": ID});
    if !ask.script.has("nousage") {
        body["usageMetadata"] = usage(&reply.usage, last);
    }
    if let Some((name, value)) = &reply.extra {
        body[name] = value.clone();
    }
    body
}

fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::ToolCalls | Finish::StopSequence => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::Filtered => "SAFETY",
    }
}

/// Candidates' tokens here leave out those of thoughts, and what was counted so far stands in every
/// event.
fn usage(usage: &Usage, last: bool) -> Value {
    let details = json!([{"modality": "TEXT", "tokenCount": usage.prompt}]);
    let mut told = json!({"promptTokenCount": usage.prompt, "totalTokenCount": usage.prompt,
        "promptTokensDetails": details, "serviceTier": "standard"});
    if last {
        told["candidatesTokenCount"] = json!(usage.completion - usage.reasoning.min(usage.completion));
        told["totalTokenCount"] = json!(usage.prompt + usage.completion);
        if usage.reasoning > 0 {
            told["thoughtsTokenCount"] = json!(usage.reasoning);
        }
        if usage.cached > 0 {
            told["cachedContentTokenCount"] = json!(usage.cached);
        }
    }
    told
}
