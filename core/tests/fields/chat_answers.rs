//! Samples of every field of a chat completion.

use serde_json::{Value, json};

use crate::{Sample, differs, stands};

/// An answer with `members` at its top.
fn answer(members: Value) -> Value {
    let mut answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "gpt-1",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150 },
    });
    answer.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer
}

/// One with `members` in its choice.
fn choice(members: Value) -> Value {
    let mut choice = answer(json!({}))["choices"][0].clone();
    choice.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer(json!({ "choices": [choice] }))
}

/// One with `members` in its message.
fn message(members: Value) -> Value {
    let mut message = json!({ "role": "assistant", "content": "Hi" });
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    choice(json!({ "message": message }))
}

fn usage(members: Value) -> Value {
    let mut usage = answer(json!({}))["usage"].clone();
    usage.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer(json!({ "usage": usage }))
}

pub(crate) fn all() -> Vec<Sample> {
    let plain = || answer(json!({}));
    let top = |field: &'static str, value: Value| differs(field, answer(json!({ field: value })), plain());
    let says = |field: &'static str, members: Value| differs(field, message(members), plain());
    let counts = |field: &'static str, details: &str, kind: &str| {
        differs(field, usage(json!({ details: { kind: 10 } })), usage(json!({ details: { kind: 0 } })))
    };
    let cites = |url: &str, start: u64, end: u64| {
        message(json!({ "annotations": [{ "type": "url_citation", "url_citation": {
            "url": url, "title": "t", "start_index": start, "end_index": end } }] }))
    };
    let call = |arguments: &str| json!([{ "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } }]);
    let sound = |transcript: &str, data: &str| {
        message(
            json!({ "content": null, "audio": { "id": "", "data": data, "expires_at": 0, "transcript": transcript } }),
        )
    };
    let other =
        json!({ "index": 1, "message": { "role": "assistant", "content": "Ho" }, "finish_reason": "stop" });
    let mut choices = plain()["choices"].clone();
    choices.as_array_mut().unwrap().push(other);
    vec![
        top("id", "chatcmpl-2".into()),
        stands("object", plain()),
        top("created", 8.into()),
        top("model", "gpt-2".into()),
        top("service_tier", "priority".into()),
        top("system_fingerprint", "fp".into()),
        top("metadata", json!({ "a": "b" })),
        differs("citations[]", answer(json!({ "citations": ["https://a.test"] })), plain()),
        differs(
            "citations[]",
            answer(json!({ "search_results": [{ "url": "https://a.test", "title": "A" }] })),
            plain(),
        ),
        differs(
            "citations[]",
            answer(json!({ "venice_parameters": { "web_search_citations": [{ "url": "https://a.test" }] } })),
            plain(),
        ),
        top("moderation", json!({ "input": { "type": "moderation_results", "model": "m", "results": [] } })),
        differs("choices", choice(json!({ "message": { "role": "assistant", "content": "Ho" } })), plain()),
        differs("choices[].index", answer(json!({ "choices": choices })), plain()),
        differs("choices[].finish_reason", choice(json!({ "finish_reason": "length" })), plain()),
        differs("choices[].finish_reason", choice(json!({ "finish_reason": "boredom" })), plain()),
        differs(
            "choices[].logprobs",
            choice(json!({ "logprobs": { "content": [{ "token": "Hi", "logprob": -0.1 }] } })),
            choice(json!({ "logprobs": null })),
        ),
        says("choices[].message", json!({ "content": "Ho" })),
        stands("choices[].message.role", plain()),
        says("choices[].message.content", json!({ "content": "Ho" })),
        differs(
            "choices[].message.content[].reference_ids",
            message(
                json!({ "content": [{ "type": "text", "text": "Hi" }, { "type": "reference", "reference_ids": [1] }] }),
            ),
            message(json!({ "content": "Hi" })),
        ),
        says("choices[].message.refusal", json!({ "content": null, "refusal": "No." })),
        differs("choices[].message.annotations[]", cites("a", 0, 0), cites("b", 0, 0)),
        differs(
            "choices[].message.annotations[].url_citation.start_index",
            cites("a", 1, 0),
            cites("a", 0, 0),
        ),
        differs("choices[].message.annotations[].url_citation.end_index", cites("a", 0, 1), cites("a", 0, 0)),
        differs("choices[].message.audio", sound("Hi", "UklGRg=="), sound("Hi", "")),
        differs("choices[].message.audio.transcript", sound("Hi", ""), sound("Ho", "")),
        differs(
            "choices[].message.images[]",
            message(
                json!({ "images": [{ "type": "image_url", "image_url": { "url": "data:image/png;base64,aW1n" } }] }),
            ),
            message(json!({ "images": [] })),
        ),
        says(
            "choices[].message.function_call",
            json!({ "content": null, "function_call": { "name": "f", "arguments": "{}" } }),
        ),
        says("choices[].message.tool_calls[]", json!({ "tool_calls": call("{}") })),
        says("choices[].message.tool_calls[]", json!({ "tool_calls": call("{\"a\"") })),
        usage_of("usage", "prompt_tokens"),
        usage_of("usage.prompt_tokens", "prompt_tokens"),
        usage_of("usage.completion_tokens", "completion_tokens"),
        stands("usage.total_tokens", plain()),
        stands("usage.prompt_tokens_details", usage(json!({ "prompt_tokens_details": {} }))),
        stands("usage.completion_tokens_details", usage(json!({ "completion_tokens_details": {} }))),
        stands(
            "usage.prompt_tokens_details.text_tokens",
            usage(json!({ "prompt_tokens_details": { "text_tokens": 9 } })),
        ),
        stands(
            "usage.completion_tokens_details.text_tokens",
            usage(json!({ "completion_tokens_details": { "text_tokens": 9 } })),
        ),
        counts("usage.prompt_tokens_details.cached_tokens", "prompt_tokens_details", "cached_tokens"),
        counts(
            "usage.prompt_tokens_details.cache_write_tokens",
            "prompt_tokens_details",
            "cache_write_tokens",
        ),
        counts("usage.prompt_tokens_details.audio_tokens", "prompt_tokens_details", "audio_tokens"),
        counts("usage.prompt_tokens_details.image_tokens", "prompt_tokens_details", "image_tokens"),
        counts(
            "usage.completion_tokens_details.reasoning_tokens",
            "completion_tokens_details",
            "reasoning_tokens",
        ),
        counts("usage.completion_tokens_details.audio_tokens", "completion_tokens_details", "audio_tokens"),
        counts(
            "usage.completion_tokens_details.accepted_prediction_tokens",
            "completion_tokens_details",
            "accepted_prediction_tokens",
        ),
        counts(
            "usage.completion_tokens_details.rejected_prediction_tokens",
            "completion_tokens_details",
            "rejected_prediction_tokens",
        ),
    ]
}

fn usage_of(field: &'static str, count: &str) -> Sample {
    differs(field, usage(json!({ count: 70 })), usage(json!({})))
}
