//! Anthropic Messages, as Anthropic sends them.

use serde_json::{Value, json};

use super::{Piece, Turn, pieces};
use crate::{
    read::{Ended, Used},
    scenario::Answer,
};

pub const ID: &str = "msg_01XFDUDYJgAACzvnptvVoYEL";
pub const MODEL: &str = "claude-sonnet-4-5-20250929";
/// The sequence that ends answers here.
pub const SEQUENCE: &str = "END";

pub fn usage(used: Used) -> Value {
    json!({
        "input_tokens": used.input - used.cached - used.written,
        "cache_creation_input_tokens": used.written, "cache_read_input_tokens": used.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": used.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": used.output, "output_tokens_details": {"thinking_tokens": used.reasoning},
        "service_tier": "standard",
    })
}

pub fn reason(ended: Ended) -> &'static str {
    match ended {
        Ended::Stop => "end_turn",
        Ended::Sequence => "stop_sequence",
        Ended::Length => "max_tokens",
        Ended::Calls => "tool_use",
        Ended::Filtered => "refusal",
    }
}

fn sequence(ended: Ended) -> Value {
    if ended == Ended::Sequence { json!(SEQUENCE) } else { Value::Null }
}

/// A whole answer around these blocks.
pub fn whole(content: Value, ended: Ended, used: Used) -> Value {
    json!({
        "model": MODEL, "id": ID, "type": "message", "role": "assistant", "content": content,
        "stop_reason": reason(ended), "stop_sequence": sequence(ended), "usage": usage(used),
    })
}

pub fn event(data: Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

pub fn start(used: Used) -> String {
    let usage = usage(Used { output: 1, reasoning: 0, ..used });
    event(json!({"type": "message_start", "message": {
        "model": MODEL, "id": ID, "type": "message", "role": "assistant", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage,
    }}))
}

/// A block: its start, its deltas, its end.
pub fn block(index: usize, start: Value, deltas: impl IntoIterator<Item = Value>) -> Vec<String> {
    let mut events =
        vec![event(json!({"type": "content_block_start", "index": index, "content_block": start}))];
    if index == 0 {
        events.push(event(json!({"type": "ping"})));
    }
    events.extend(
        deltas
            .into_iter()
            .map(|delta| event(json!({"type": "content_block_delta", "index": index, "delta": delta}))),
    );
    events.push(event(json!({"type": "content_block_stop", "index": index})));
    events
}

/// The end of a stream.
pub fn end(ended: Ended, used: Used) -> Vec<String> {
    let mut usage = usage(used);
    for absent in ["cache_creation", "service_tier"] {
        usage.as_object_mut().unwrap().remove(absent);
    }
    let delta = json!({"stop_reason": reason(ended), "stop_sequence": sequence(ended)});
    vec![
        event(json!({"type": "message_delta", "delta": delta, "usage": usage})),
        event(json!({"type": "message_stop"})),
    ]
}

pub fn text(index: usize, text: &str) -> Vec<String> {
    let deltas = pieces(text, 4).into_iter().map(|text| json!({"type": "text_delta", "text": text}));
    block(index, json!({"type": "text", "text": ""}), deltas)
}

pub fn call(index: usize, id: &str, name: &str, arguments: &str) -> Vec<String> {
    let deltas = std::iter::once(String::new())
        .chain(pieces(arguments, 5))
        .map(|json| json!({"type": "input_json_delta", "partial_json": json}));
    let start = json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": name, "input": {},
        "caller": {"type": "direct"}});
    block(index, start, deltas)
}

pub fn answer(turn: &Turn) -> Answer {
    let (mut content, mut events) = (Vec::new(), vec![start(turn.used)]);
    for (index, piece) in turn.pieces.iter().enumerate() {
        match piece {
            Piece::Thought(thought, signature) => {
                content.push(json!({"type": "thinking", "thinking": thought, "signature": signature}));
                let deltas = pieces(thought, 3)
                    .into_iter()
                    .map(|text| json!({"type": "thinking_delta", "thinking": text}))
                    .chain([json!({"type": "signature_delta", "signature": signature})]);
                let start = json!({"type": "thinking", "thinking": "", "signature": ""});
                events.extend(block(index, start, deltas));
            }
            Piece::Text(words) => {
                content.push(json!({"type": "text", "text": words}));
                events.extend(text(index, words));
            }
            Piece::Call(id, name, arguments) => {
                content.push(json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": name,
                    "input": arguments, "caller": {"type": "direct"}}));
                events.extend(call(index, id, name, &arguments.to_string()));
            }
        }
    }
    events.extend(end(turn.ended, turn.used));
    Answer::new(whole(json!(content), turn.ended, turn.used), events)
}
