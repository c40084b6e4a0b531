//! OpenAI chat completions, as OpenAI sends them; reasoning as DeepSeek and others do.

use serde_json::{Value, json};

use super::{Piece, Turn, pieces};
use crate::{
    read::{Ended, Used},
    scenario::Answer,
};

pub const ID: &str = "chatcmpl-BqzH3kq";
pub const MODEL: &str = "gpt-4o-mini-2024-07-18";
const CREATED: u64 = 1_741_569_952;

pub fn usage(used: Used) -> Value {
    json!({
        "prompt_tokens": used.input, "completion_tokens": used.output, "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    })
}

pub fn finish(ended: Ended) -> &'static str {
    match ended {
        Ended::Stop | Ended::Sequence => "stop",
        Ended::Length => "length",
        Ended::Calls => "tool_calls",
        Ended::Filtered => "content_filter",
    }
}

/// A whole answer around these choices.
pub fn whole(choices: Value, used: Used) -> Value {
    json!({
        "id": ID, "object": "chat.completion", "created": CREATED, "model": MODEL, "choices": choices,
        "usage": usage(used), "service_tier": "default", "system_fingerprint": "fp_b376dfbbd5",
    })
}

/// One event of a stream, around these choices.
pub fn event(choices: Value, usage: Value) -> String {
    let chunk = json!({
        "id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": MODEL, "service_tier": "default",
        "system_fingerprint": "fp_b376dfbbd5", "choices": choices, "usage": usage, "obfuscation": "a9Xk",
    });
    format!("data: {chunk}\n\n")
}

/// One event of the first choice.
pub fn delta(delta: Value, finish: Option<&str>) -> String {
    event(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]), Value::Null)
}

/// The last event before the end.
pub fn total(used: Used) -> String {
    event(json!([]), usage(used))
}

pub fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

/// The events around the deltas of one choice.
pub fn stream(deltas: Vec<String>, ended: &str, used: Used) -> Vec<String> {
    let first = delta(json!({"role": "assistant", "content": "", "refusal": null}), None);
    [vec![first], deltas, vec![delta(json!({}), Some(ended)), total(used), done()]].concat()
}

fn append(held: &mut Value, text: &str) {
    *held = json!(format!("{}{text}", held.as_str().unwrap_or_default()));
}

pub fn answer(turn: &Turn) -> Answer {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    let (mut deltas, mut calls) = (Vec::new(), Vec::new());
    for piece in &turn.pieces {
        match piece {
            Piece::Thought(text, _) => {
                append(&mut message["reasoning_content"], text);
                deltas.extend(
                    pieces(text, 3)
                        .iter()
                        .map(|text| delta(json!({"reasoning_content": text, "content": null}), None)),
                );
            }
            Piece::Text(text) => {
                append(&mut message["content"], text);
                deltas.extend(pieces(text, 4).iter().map(|text| delta(json!({"content": text}), None)));
            }
            Piece::Call(id, name, arguments) => {
                let (id, index, arguments) = (format!("call_{id}"), calls.len(), arguments.to_string());
                deltas.push(delta(
                    json!({"tool_calls": [{"index": index, "id": id, "type": "function",
                        "function": {"name": name, "arguments": ""}}]}),
                    None,
                ));
                deltas.extend(pieces(&arguments, 5).iter().map(|text| {
                    delta(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}), None)
                }));
                calls.push(
                    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}),
                );
            }
        }
    }
    match calls.is_empty() {
        true => append(&mut message["content"], ""),
        false => message["tool_calls"] = json!(calls),
    }
    let word = finish(turn.ended);
    let choices = json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": word}]);
    Answer::new(whole(choices, turn.used), stream(deltas, word, turn.used))
}
