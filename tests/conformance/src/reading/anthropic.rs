//! Anthropic messages, whole and streamed, said in OpenAI's words: what a chat answer made from
//! them has to say.

use serde_json::Value;

use super::{Call, Reading, Usage};
use crate::sse::{self, Event};

/// Reads a whole body.
pub(crate) fn whole(body: &Value) -> Reading {
    let mut reading = Reading {
        finish: finish(&body["stop_reason"]),
        refusal: explanation(body),
        usage: usage(&[&body["usage"]]),
        error: body["error"]["message"].as_str().map(str::to_owned),
        ..Reading::default()
    };
    for block in list(&body["content"]) {
        match block["type"].as_str() {
            Some("tool_use") => reading.calls.push(call(block, block["input"].to_string())),
            _ => opened(block, &mut reading),
        }
    }
    reading
}

/// Reads a stream's text.
pub(crate) fn stream(body: &str) -> Reading {
    events(&sse::events(body))
}

/// Reads a stream's events. More than one answer in it: texts and calls follow one another.
pub(crate) fn events(events: &[Event]) -> Reading {
    let mut reading = Reading::default();
    let mut start = Value::Null;
    let mut open: Vec<(u64, Value, String)> = Vec::new();
    for event in events {
        let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
        match data["type"].as_str().unwrap_or_default() {
            "message_start" => {
                start = data["message"]["usage"].clone();
                open.clear();
                for block in list(&data["message"]["content"]) {
                    opened(block, &mut reading);
                    closed(block, String::new(), &mut reading);
                }
            }
            "content_block_start" => {
                let block = data["content_block"].clone();
                opened(&block, &mut reading);
                open.push((data["index"].as_u64().unwrap_or_default(), block, String::new()));
            }
            "content_block_delta" => {
                let delta = &data["delta"];
                reading.text.push_str(delta["text"].as_str().unwrap_or_default());
                reading.reasoning.push_str(delta["thinking"].as_str().unwrap_or_default());
                if let Some(block) = open.iter_mut().find(|block| block.0 == data["index"]) {
                    block.2.push_str(delta["partial_json"].as_str().unwrap_or_default());
                }
            }
            "content_block_stop" => {
                if let Some(at) = open.iter().position(|block| block.0 == data["index"]) {
                    let (_, block, arguments) = open.remove(at);
                    closed(&block, arguments, &mut reading);
                }
            }
            "message_delta" => {
                reading.finish = finish(&data["delta"]["stop_reason"]);
                reading.refusal = explanation(&data["delta"]);
                reading.usage = usage(&[&data["usage"], &start]);
            }
            // A limit can end a block without its stop.
            "message_stop" => {
                for (_, block, arguments) in std::mem::take(&mut open) {
                    closed(&block, arguments, &mut reading);
                }
            }
            "error" => reading.error = data["error"]["message"].as_str().map(str::to_owned),
            _ => {}
        }
    }
    reading
}

/// The content of a streamed message, put together as Anthropic's SDKs do, to be sent back.
pub(crate) fn content(events: &[Event]) -> Vec<Value> {
    let mut blocks: Vec<(Value, String)> = Vec::new();
    for event in events {
        let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
        let delta = &data["delta"];
        let Some(index) = data["index"].as_u64() else { continue };
        if data["type"] == "content_block_start" {
            blocks.push((data["content_block"].clone(), String::new()));
        }
        let Some((block, input)) = blocks.get_mut(index as usize) else { continue };
        for name in ["text", "thinking", "signature"] {
            if let Some(piece) = delta[name].as_str() {
                let whole = format!("{}{piece}", block[name].as_str().unwrap_or_default());
                block[name] = whole.into();
            }
        }
        input.push_str(delta["partial_json"].as_str().unwrap_or_default());
        if let Ok(whole) = serde_json::from_str(input) {
            block["input"] = whole;
        }
    }
    blocks.into_iter().map(|(block, _)| block).collect()
}

/// How many answers the stream holds.
pub(crate) fn answers(body: &str) -> usize {
    sse::events(body).iter().filter(|event| event.name.as_deref() == Some("message_start")).count()
}

fn opened(block: &Value, reading: &mut Reading) {
    match block["type"].as_str() {
        Some("text") => reading.text.push_str(block["text"].as_str().unwrap_or_default()),
        Some("thinking") => reading.reasoning.push_str(block["thinking"].as_str().unwrap_or_default()),
        _ => {}
    }
}

fn closed(block: &Value, arguments: String, reading: &mut Reading) {
    if block["type"] == "tool_use" {
        let arguments = if arguments.is_empty() { block["input"].to_string() } else { arguments };
        reading.calls.push(call(block, arguments));
    }
}

fn call(block: &Value, arguments: String) -> Call {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Call { id: text(&block["id"]), name: text(&block["name"]), arguments }
}

fn finish(stop_reason: &Value) -> String {
    match stop_reason.as_str().unwrap_or_default() {
        "end_turn" | "stop_sequence" | "pause_turn" | "compaction" => "stop",
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// Why the model refused, where it says so.
fn explanation(stopped: &Value) -> String {
    stopped["stop_details"]["explanation"].as_str().unwrap_or_default().to_owned()
}

/// The first of these that tells a count wins.
fn usage(told: &[&Value]) -> Option<Usage> {
    let count = |name: &str| told.iter().find_map(|usage| usage[name].as_u64());
    let cached = count("cache_read_input_tokens");
    let written = count("cache_creation_input_tokens");
    Some(Usage {
        prompt: count("input_tokens")? + cached.unwrap_or(0) + written.unwrap_or(0),
        completion: count("output_tokens")?,
        total: None,
        cached,
        reasoning: told.iter().find_map(|usage| usage["output_tokens_details"]["thinking_tokens"].as_u64()),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
