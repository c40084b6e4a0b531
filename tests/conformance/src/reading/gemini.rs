//! Gemini's answers, whole and streamed, said in OpenAI's words: what an answer made from them has
//! to say. The first candidate only.

use serde_json::Value;

use super::{Call, Reading, Usage};
use crate::sse;

/// Reads a whole body.
pub(crate) fn whole(body: &Value) -> Reading {
    let mut reading = Reading { error: error(body), ..Reading::default() };
    said(body, &mut reading);
    finished(reading)
}

/// Reads a stream's text.
pub(crate) fn stream(body: &str) -> Reading {
    let mut reading = Reading::default();
    for event in sse::events(body) {
        let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
        reading.error = reading.error.or_else(|| error(&data));
        said(&data, &mut reading);
    }
    finished(reading)
}

fn said(body: &Value, reading: &mut Reading) {
    let candidate = &body["candidates"][0];
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let text = part["text"].as_str().unwrap_or_default();
        match part["thought"].as_bool() {
            Some(true) => reading.reasoning.push_str(text),
            _ => reading.text.push_str(text),
        }
        called(&part["functionCall"], reading);
    }
    if let Some(reason) = candidate["finishReason"].as_str() {
        reading.finish = finish(reason).to_owned();
    }
    let feedback = &body["promptFeedback"];
    if feedback["blockReason"].is_string() {
        reading.finish = "content_filter".to_owned();
    }
    if reading.finish == "content_filter" {
        let why = [&candidate["finishMessage"], &feedback["blockReasonMessage"]];
        let why = why.into_iter().find_map(Value::as_str);
        reading.refusal.push_str(why.unwrap_or_default());
    }
    reading.usage = usage(&body["usageMetadata"]).or(reading.usage);
}

/// A call whole, or a piece of the last one: members of its arguments that grow ("Streaming function
/// call arguments").
fn called(call: &Value, reading: &mut Reading) {
    if let Some(name) = call["name"].as_str() {
        let arguments = if call["args"].is_null() { "{}".to_owned() } else { call["args"].to_string() };
        let id = call["id"].as_str().unwrap_or_default().to_owned();
        reading.calls.push(Call { id, name: name.to_owned(), arguments });
    }
    let Some(last) = reading.calls.last_mut() else { return };
    let mut arguments: Value = serde_json::from_str(&last.arguments).unwrap_or_default();
    for piece in call["partialArgs"].as_array().into_iter().flatten() {
        let name = piece["jsonPath"].as_str().unwrap_or_default().trim_start_matches("$.");
        let so_far = arguments[name].as_str().unwrap_or_default();
        arguments[name] = format!("{so_far}{}", piece["stringValue"].as_str().unwrap_or_default()).into();
    }
    last.arguments = arguments.to_string();
}

/// Gemini has no word for an answer that wants tools to be run.
fn finished(mut reading: Reading) -> Reading {
    if reading.finish == "stop" && !reading.calls.is_empty() {
        reading.finish = "tool_calls".to_owned();
    }
    reading
}

fn finish(reason: &str) -> &str {
    match reason {
        "STOP" => "stop",
        "MAX_TOKENS" => "length",
        _ => "content_filter",
    }
}

/// Thoughts are counted beside the candidates' tokens, results of Google's own tools beside the
/// prompt's.
fn usage(usage: &Value) -> Option<Usage> {
    let count = |name: &str| usage[name].as_u64();
    let thoughts = count("thoughtsTokenCount");
    Some(Usage {
        prompt: count("promptTokenCount")? + count("toolUsePromptTokenCount").unwrap_or(0),
        completion: count("candidatesTokenCount").unwrap_or(0) + thoughts.unwrap_or(0),
        total: count("totalTokenCount"),
        cached: count("cachedContentTokenCount"),
        reasoning: thoughts,
    })
}

fn error(body: &Value) -> Option<String> {
    body["error"]["message"].as_str().map(str::to_owned)
}
