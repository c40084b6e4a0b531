//! The built-in provider: answers without a network, for a first try and for tests.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{StatusCode, header};

use super::chat::Call;
use crate::{error::ApiError, ports::Micros};

/// The answer of `model` as a provider of the chat wire would send it.
pub(super) fn answer(
    call: &Call,
    model: &str,
    now: Micros,
) -> Result<(http::response::Parts, VecDeque<Bytes>), ApiError> {
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.status = StatusCode::OK;
    let created = now / 1_000_000;
    let body = serde_json::json!({
        "id": "chatcmpl-demo", "object": "chat.completion", "created": created, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    });
    if !call.stream {
        return Ok((head, VecDeque::from([Bytes::from(body.to_string())])));
    }
    head.headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream"));
    let chunk = serde_json::json!({
        "id": "chatcmpl-demo", "object": "chat.completion.chunk", "created": created, "model": model,
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    });
    Ok((head, VecDeque::from([Bytes::from(format!("data: {chunk}\n\ndata: [DONE]\n\n"))])))
}
