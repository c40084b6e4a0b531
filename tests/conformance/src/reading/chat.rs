//! Chat completions, whole and streamed; the first choice only.

use serde_json::Value;

use super::{Call, Reading, Usage};
use crate::sse::{self, Event};

/// Reads a whole body.
pub(crate) fn whole(body: &Value) -> Reading {
    let choice = first_choice(body);
    let message = &choice["message"];
    let mut reading = Reading {
        finish: text(&choice["finish_reason"]),
        usage: usage(&body["usage"]).or_else(|| usage(&body["x_groq"]["usage"])),
        error: error(body),
        ..Reading::default()
    };
    said(message, &mut reading);
    for call in list(&message["tool_calls"]) {
        reading.calls.push(Call {
            id: text(&call["id"]),
            name: text(&call["function"]["name"]),
            arguments: text(&call["function"]["arguments"]),
        });
    }
    reading
}

/// Reads a stream's text.
pub(crate) fn stream(body: &str) -> Reading {
    events(&sse::events(body))
}

/// Reads a stream's events.
pub(crate) fn events(events: &[Event]) -> Reading {
    let mut reading = Reading::default();
    let mut by_index: Vec<(u64, usize)> = Vec::new();
    for chunk in chunks(events) {
        reading.error = reading.error.or_else(|| error(&chunk));
        let placed = [&chunk["usage"], &chunk["x_groq"]["usage"], &first_choice(&chunk)["usage"]];
        reading.usage = placed.into_iter().find_map(usage).or(reading.usage);
        let choice = first_choice(&chunk);
        let delta = &choice["delta"];
        said(delta, &mut reading);
        for part in list(&delta["tool_calls"]) {
            argue(part, &mut by_index, &mut reading.calls);
        }
        if reading.finish.is_empty() {
            reading.finish = text(&choice["finish_reason"]);
        }
    }
    reading
}

/// A stream's chunks as JSON, without `[DONE]`.
pub(crate) fn chunks(events: &[Event]) -> Vec<Value> {
    let data = events.iter().filter_map(|event| event.data.as_deref());
    data.filter(|data| data.trim() != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap_or_default())
        .collect()
}

/// Whether the stream's last event is `[DONE]`.
pub(crate) fn is_done(events: &[Event]) -> bool {
    events.iter().rev().find_map(|event| event.data.as_deref()) == Some("[DONE]")
}

/// Adds a piece of a call. Without an index, a new id is a new call.
fn argue(part: &Value, by_index: &mut Vec<(u64, usize)>, calls: &mut Vec<Call>) {
    let id = text(&part["id"]);
    let index = part["index"].as_u64();
    let known = match index {
        Some(index) => by_index.iter().find(|(of, _)| *of == index).map(|(_, at)| *at),
        None => calls.iter().position(|call| call.id == id || id.is_empty()),
    };
    let at = known.unwrap_or_else(|| {
        calls.push(Call::default());
        by_index.push((index.unwrap_or(u64::MAX), calls.len() - 1));
        calls.len() - 1
    });
    let call = &mut calls[at];
    if call.id.is_empty() {
        call.id = id;
    }
    call.name.push_str(&text(&part["function"]["name"]));
    call.arguments.push_str(&text(&part["function"]["arguments"]));
}

fn said(message: &Value, reading: &mut Reading) {
    match &message["content"] {
        Value::String(text) => reading.text.push_str(text),
        // The JSON that was asked for, not as text.
        object @ Value::Object(_) => reading.text.push_str(&object.to_string()),
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str() {
                    Some("thinking") => list(&part["thinking"]).iter().for_each(|it| {
                        reading.reasoning.push_str(&text(&it["text"]));
                    }),
                    _ => reading.text.push_str(&text(&part["text"])),
                }
            }
        }
        _ => {}
    }
    let thought = message["reasoning_content"].as_str().or(message["reasoning"].as_str()).unwrap_or_default();
    reading.reasoning.push_str(thought);
    reading.refusal.push_str(&text(&message["refusal"]));
}

fn first_choice(body: &Value) -> &Value {
    let first = |choice: &&Value| choice["index"].as_u64().unwrap_or(0) == 0;
    list(&body["choices"]).iter().find(first).unwrap_or(&Value::Null)
}

fn error(body: &Value) -> Option<String> {
    match &body["error"] {
        Value::Null => None,
        Value::String(message) => Some(message.clone()),
        error => Some(text(&error["message"])),
    }
}

/// Usage as OpenAI's reference has it, and under the names that other providers give its parts.
pub(crate) fn usage(usage: &Value) -> Option<Usage> {
    let completion_details = &usage["completion_tokens_details"];
    let cached = [
        &usage["prompt_tokens_details"]["cached_tokens"],
        &usage["num_cached_tokens"],
        &usage["cached_tokens"],
        &usage["prompt_cache_hit_tokens"],
        &usage["cache_read_input_tokens"],
    ];
    let reasoning = [&completion_details["reasoning_tokens"], &usage["reasoning_tokens"]];
    Some(Usage {
        prompt: usage["prompt_tokens"].as_u64()?,
        completion: usage["completion_tokens"].as_u64()?,
        total: usage["total_tokens"].as_u64(),
        cached: cached.into_iter().find_map(Value::as_u64),
        reasoning: reasoning.into_iter().find_map(Value::as_u64),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_put_together_by_index() {
        let chunk = |calls: &str, rest: &str| {
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{calls}]}}{rest}}}]}}\n\n"
            )
        };
        let stream = [
            chunk(r#"{"index":0,"id":"a","function":{"name":"x","arguments":""}}"#, ""),
            chunk(r#"{"index":1,"id":"b","function":{"name":"y","arguments":"{}"}}"#, ""),
            chunk(r#"{"index":0,"function":{"arguments":"{\"k\":1}"}}"#, r#","finish_reason":"tool_calls""#),
        ];
        let reading = super::stream(&stream.concat());
        let call = |id: &str, name: &str, arguments: &str| Call {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        };
        assert_eq!(reading.calls, [call("a", "x", "{\"k\":1}"), call("b", "y", "{}")]);
        assert_eq!(reading.finish, "tool_calls");
    }
}
