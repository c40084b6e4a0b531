//! Gemini, as Google sends it: candidates of parts, usage beside each, `STOP` after calls.

use serde_json::{Value, json};

use super::{Piece, Turn, pieces};
use crate::{
    read::{Ended, Used},
    scenario::Answer,
};

pub const ID: &str = "mAf9aKbtL5OQvdIP0JeOkQs";
pub const MODEL: &str = "gemini-2.5-flash";

/// Thoughts are counted beside the candidates' tokens.
pub fn usage(used: Used) -> Value {
    let mut usage = json!({
        "promptTokenCount": used.input, "candidatesTokenCount": used.output - used.reasoning,
        "totalTokenCount": used.input + used.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": used.input}],
    });
    if used.reasoning > 0 {
        usage["thoughtsTokenCount"] = json!(used.reasoning);
    }
    if used.cached > 0 {
        usage["cachedContentTokenCount"] = json!(used.cached);
        usage["cacheTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": used.cached}]);
    }
    usage
}

pub fn reason(ended: Ended) -> &'static str {
    match ended {
        Ended::Stop | Ended::Sequence | Ended::Calls => "STOP",
        Ended::Length => "MAX_TOKENS",
        Ended::Filtered => "SAFETY",
    }
}

/// An answer, or a chunk of one, around this candidate.
pub fn answer_of(candidate: Value, usage: Value) -> Value {
    json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODEL, "responseId": ID})
}

/// A candidate of these parts.
pub fn candidate(parts: Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    candidate
}

/// Google ends its lines with CR LF.
pub fn event(answer: &Value) -> String {
    format!("data: {answer}\r\n\r\n")
}

/// A stream of one chunk for each list of parts; the last says why and how much.
pub fn stream(chunks: Vec<Value>, finish: &str, used: Used) -> Vec<String> {
    let so_far = json!({"promptTokenCount": used.input, "totalTokenCount": used.input});
    let last = chunks.len().saturating_sub(1);
    let chunks = chunks.into_iter().enumerate().map(|(i, parts)| match i == last {
        true => event(&answer_of(candidate(parts, Some(finish)), usage(used))),
        false => event(&answer_of(candidate(parts, None), so_far.clone())),
    });
    chunks.collect()
}

pub fn answer(turn: &Turn) -> Answer {
    let (mut parts, mut chunks): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut signature = None;
    for piece in &turn.pieces {
        match piece {
            Piece::Thought(text, proof) => {
                signature = Some(*proof);
                parts.push(json!({"text": text, "thought": true}));
                chunks.extend(pieces(text, 3).iter().map(|text| json!([{"text": text, "thought": true}])));
            }
            Piece::Text(text) => {
                parts.push(json!({"text": text}));
                chunks.extend(pieces(text, 4).iter().map(|text| json!([{"text": text}])));
            }
            // The first call after a thought carries its signature; models before Gemini 3 give no ids.
            Piece::Call(_, name, arguments) => {
                let mut part = json!({"functionCall": {"name": name, "args": arguments}});
                if let Some(proof) = signature.take() {
                    part["thoughtSignature"] = json!(proof);
                }
                parts.push(part.clone());
                chunks.push(json!([part]));
            }
        }
    }
    // Without a call, the last part carries it.
    if let Some(proof) = signature {
        if let Some(last) = parts.last_mut() {
            last["thoughtSignature"] = json!(proof);
        }
        chunks.push(json!([{"text": "", "thoughtSignature": proof}]));
    }
    if chunks.is_empty() {
        chunks.push(json!([{"text": ""}]));
    }
    let finish = reason(turn.ended);
    let whole = answer_of(candidate(json!(parts), Some(finish)), usage(turn.used));
    Answer::new(whole, stream(chunks, finish, turn.used))
}
