//! The gateway's path, with both peers simulated and time virtual.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::arc_with_non_send_sync, reason = "the simulated platform is not `Send` on purpose")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod crowd;
mod demo;
mod dispatch;
mod fetch_media;
mod front;
mod gemini;
mod ledger;
mod limits;
mod limits_streams;
mod messages;
mod names;
mod quirks;
mod recall;
mod sim;
mod stream;

use serde_json::{Value, json};
use sim::Sim;

/// One OpenAI account, no keys asked for.
fn openai() -> Value {
    json!({"providers": {"openai": {"api_key": {"secret": "OPENAI_API_KEY"}, "models": ["gpt-4o-mini"]}}})
}

fn whole_answer(text: &str) -> String {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        "x_of_the_future": 1,
    })
    .to_string()
}

fn ask(stream: bool) -> Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello."}], "stream": stream})
}

fn chunk(delta: Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": null,
    });
    format!("data: {chunk}\n\n")
}

fn usage_chunk() -> String {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13},
    });
    format!("data: {chunk}\n\n")
}

fn sim() -> Sim {
    Sim::new(openai())
}
