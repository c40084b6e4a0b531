//! Samples of every request field of chat.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

use crate::{Sample, differs, stands};

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";
const PDF: &str = "data:application/pdf;base64,JVBERi0xLjQ=";

/// A message of the user's with this content.
fn says(content: Value) -> Value {
    json!({ "messages": [{ "role": "user", "content": content }] })
}

/// A question, an answer of the model's with `members`, and the next question.
fn answered(members: Value) -> Value {
    let mut message = json!({ "role": "assistant", "content": "Hello" });
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let ask = |text: &str| json!({ "role": "user", "content": text });
    json!({ "messages": [ask("Hi"), message, ask("Go on")] })
}

/// A call and its result.
fn called(call: Value, result: Value) -> Value {
    json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": null, "tool_calls": [call] },
        result,
    ] })
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
}

fn result(id: &str) -> Value {
    json!({ "role": "tool", "tool_call_id": id, "content": "42" })
}

/// A function of the caller's, with `members` in it.
fn tool(members: Value) -> Value {
    let mut function = json!({ "name": "add", "parameters": { "type": "object", "properties": {} } });
    function.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "type": "function", "function": function })
}

fn tools(members: Value) -> Value {
    json!({ "tools": [tool(json!({}))], "x": null })
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(name, _)| name != "x")
        .chain(members.as_object().unwrap().clone())
        .collect()
}

fn schema(members: Value) -> Value {
    let mut schema = json!({ "name": "a", "schema": { "type": "object", "properties": { "a": { "type": "string" } },
        "required": ["a"], "additionalProperties": false } });
    schema.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "response_format": { "type": "json_schema", "json_schema": schema } })
}

fn part(kind: &str, member: Value) -> Value {
    let mut part = json!({ "type": kind });
    part[kind] = member;
    says(json!([{ "type": "text", "text": "Look" }, part]))
}

pub(crate) fn all() -> Vec<Sample> {
    let mut all = messages();
    all.extend(parts());
    all.extend(about_tools());
    all.extend(settings());
    all
}

fn messages() -> Vec<Sample> {
    let sealed = |data: &str| json!([{ "type": "reasoning.encrypted", "data": data, "format": "google-gemini-v1", "index": 0 }]);
    let thinking = |signature: &str| {
        json!([{ "type": "reasoning.text", "text": "Hm", "signature": signature,
                 "format": "anthropic-claude-v1", "index": 0 }])
    };
    vec![
        stands("model", json!({})),
        differs("messages", says("Hi".into()), says("Ho".into())),
        differs(
            "messages[].role",
            json!({ "messages": [{ "role": "user", "content": "A" }, { "role": "assistant", "content": "B" }, { "role": "user", "content": "C" }] }),
            json!({ "messages": [{ "role": "user", "content": "A" }, { "role": "user", "content": "B" }, { "role": "user", "content": "C" }] }),
        ),
        differs(
            "messages[].name",
            json!({ "messages": [{ "role": "user", "name": "ada", "content": "Hi" }] }),
            says("Hi".into()),
        ),
        differs("messages[].content", says("Hi".into()), says("Ho".into())),
        differs("messages[].refusal", answered(json!({ "refusal": "No." })), answered(json!({}))),
        stands("messages[].audio", answered(json!({ "audio": { "id": "audio_1" } }))),
        stands(
            "messages[].function_call",
            answered(json!({ "function_call": { "name": "a", "arguments": "{}" } })),
        ),
        differs(
            "messages[].reasoning_content",
            answered(json!({ "reasoning_content": "Hm" })),
            answered(json!({})),
        ),
        differs(
            "messages[].reasoning_details",
            answered(json!({ "reasoning_details": thinking("c2ln") })),
            answered(json!({ "reasoning_details": thinking("c2lu") })),
        )
        .on(Wire::Messages),
        differs(
            "messages[].reasoning_details",
            answered(json!({ "reasoning_details": sealed("c2ln") })),
            answered(json!({ "reasoning_details": sealed("c2lu") })),
        )
        .on(Wire::Gemini),
        differs(
            "messages[].thinking_blocks",
            answered(json!({ "thinking_blocks": [{ "type": "thinking", "thinking": "Hm", "signature": "c2ln" }] })),
            answered(json!({})),
        )
        .named("messages[].reasoning_details"),
        differs(
            "messages[].cache_control",
            json!({ "messages": [{ "role": "user", "content": "Hi", "cache_control": { "type": "ephemeral" } }] }),
            says("Hi".into()),
        )
        .named("messages[].content[].cache_control"),
    ]
}

fn parts() -> Vec<Sample> {
    let text = |member: &str, value: Value| {
        let mut part = json!({ "type": "text", "text": "Hi" });
        part[member] = value;
        says(json!([part]))
    };
    let image = |url: &str, detail: Value| part("image_url", json!({ "url": url, "detail": detail }));
    let file = |name: &str| part("file", json!({ "filename": name, "file_data": PDF }));
    vec![
        differs(
            "messages[].content[].type",
            says(json!([{ "type": "text", "text": "Hi", "image_url": { "url": PNG } }])),
            says(json!([{ "type": "image_url", "text": "Hi", "image_url": { "url": PNG } }])),
        ),
        differs("messages[].content[].text", text("text", "Hi".into()), text("text", "Ho".into())),
        differs(
            "messages[].content[].image_url",
            image(PNG, json!(null)),
            image("https://example.com/a.png", json!(null)),
        ),
        differs("messages[].content[].image_url.detail", image(PNG, "low".into()), image(PNG, json!(null))),
        differs(
            "messages[].content[].file",
            file("a.pdf"),
            says(json!([{ "type": "text", "text": "Look" }])),
        ),
        differs("messages[].content[].file.filename", file("a.pdf"), file("b.pdf")),
        stands(
            "messages[].content[].input_audio",
            part("input_audio", json!({ "data": "UklGRg==", "format": "wav" })),
        ),
        stands(
            "messages[].content[].video_url",
            part("video_url", json!({ "url": "https://example.com/a.mp4" })),
        ),
        differs(
            "messages[].content[].refusal",
            answered(json!({ "content": [{ "type": "refusal", "refusal": "No." }] })),
            answered(json!({ "content": [{ "type": "refusal", "refusal": "Never." }] })),
        ),
        differs(
            "messages[].content[].cache_control",
            text("cache_control", json!({ "type": "ephemeral" })),
            text("text", "Hi".into()),
        ),
        differs(
            "messages[].content[].cache_control",
            text("prompt_cache_breakpoint", json!({ "mode": "explicit" })),
            text("text", "Hi".into()),
        ),
    ]
}

fn about_tools() -> Vec<Sample> {
    let choice = |choice: Value| json!({ "tools": [tool(json!({})), tool(json!({ "name": "sub" }))], "tool_choice": choice });
    let mut marked = tool(json!({}));
    marked["cache_control"] = json!({ "type": "ephemeral" });
    vec![
        differs("messages[].tool_calls", called(call("a", "add", "{}"), result("a")), says("Hi".into())),
        differs(
            "messages[].tool_calls[].id",
            called(call("a", "add", "{}"), result("a")),
            called(call("b", "add", "{}"), result("b")),
        ),
        stands("messages[].tool_calls[].type", called(call("a", "add", "{}"), result("a"))),
        differs(
            "messages[].tool_calls[].function",
            called(call("a", "add", "{\"a\":1}"), result("a")),
            called(call("a", "add", "{\"a\":2}"), result("a")),
        ),
        stands(
            "messages[].tool_calls[].custom",
            called(
                json!({ "id": "a", "type": "custom", "custom": { "name": "sh", "input": "ls" } }),
                result("a"),
            ),
        ),
        differs(
            "messages[].tool_call_id",
            json!({ "messages": [
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": null, "tool_calls": [call("a", "add", "{}"), call("b", "sub", "{}")] },
                result("a"), result("b"),
            ] }),
            json!({ "messages": [
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": null, "tool_calls": [call("a", "add", "{}"), call("b", "sub", "{}")] },
                { "role": "tool", "tool_call_id": "b", "content": "42" },
                { "role": "tool", "tool_call_id": "a", "content": "43" },
            ] }),
        ),
        differs("tools", tools(json!({})), json!({})),
        stands("tools[].type", tools(json!({}))),
        differs(
            "tools[].function",
            tools(json!({})),
            json!({ "tools": [tool(json!({ "description": "Adds" }))] }),
        ),
        differs(
            "tools[].function.strict",
            json!({ "tools": [tool(json!({ "strict": true, "parameters": { "type": "object", "properties": {}, "additionalProperties": false } }))] }),
            json!({ "tools": [tool(json!({ "parameters": { "type": "object", "properties": {}, "additionalProperties": false } }))] }),
        ),
        differs("tools[].cache_control", json!({ "tools": [marked] }), tools(json!({}))),
        stands("tools[].custom", json!({ "tools": [{ "type": "custom", "custom": { "name": "sh" } }] })),
        differs("tool_choice", choice("required".into()), choice("auto".into())),
        differs("tool_choice", choice("none".into()), choice("auto".into())),
        differs(
            "tool_choice",
            choice(json!({ "type": "function", "function": { "name": "sub" } })),
            choice("auto".into()),
        ),
        differs(
            "tool_choice",
            choice(
                json!({ "type": "allowed_tools", "allowed_tools": { "mode": "auto", "tools": [tool(json!({ "name": "sub" }))] } }),
            ),
            choice("auto".into()),
        ),
        differs("parallel_tool_calls", tools(json!({ "parallel_tool_calls": false })), tools(json!({}))),
        stands("functions", json!({ "functions": [{ "name": "add" }] })),
        stands("function_call", json!({ "function_call": "auto" })),
    ]
}

fn settings() -> Vec<Sample> {
    let plain = |field: &'static str, value: Value| differs(field, json!({ field: value }), json!({}));
    let streams = |options: Value| json!({ "stream": true, "stream_options": options });
    let mut all: Vec<Sample> = [
        ("max_tokens", json!(5)),
        ("max_completion_tokens", json!(5)),
        ("temperature", json!(0.5)),
        ("top_p", json!(0.5)),
        ("n", json!(2)),
        ("stop", json!(["END"])),
        ("logit_bias", json!({ "50256": -100 })),
        ("seed", json!(7)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(0.5)),
        ("verbosity", json!("low")),
        ("service_tier", json!("priority")),
        ("user", json!("ada")),
        ("metadata", json!({ "a": "b" })),
        ("store", json!(true)),
        ("modalities", json!(["text", "audio"])),
        ("audio", json!({ "voice": "alloy", "format": "wav" })),
        ("prediction", json!({ "type": "content", "content": "Hello" })),
        ("web_search_options", json!({})),
        ("prompt_cache_key", json!("a")),
        ("prompt_cache_retention", json!("24h")),
        ("prompt_cache_options", json!({ "mode": "explicit" })),
        ("moderation", json!({ "model": "omni-moderation-latest" })),
        ("top_k", json!(5)),
        ("cache_control", json!({ "type": "ephemeral" })),
    ]
    .into_iter()
    .map(|(field, value)| plain(field, value))
    .collect();
    all.extend([
        differs(
            "web_search_options.search_context_size",
            json!({ "web_search_options": { "search_context_size": "high" } }),
            json!({ "web_search_options": {} }),
        ),
        differs("response_format", json!({ "response_format": { "type": "json_object" } }), json!({})),
        differs("response_format", schema(json!({})), json!({})),
        differs(
            "response_format.json_schema.name",
            schema(json!({ "name": "answer" })),
            schema(json!({ "name": "reply" })),
        ),
        differs(
            "response_format.json_schema.description",
            schema(json!({ "description": "An answer" })),
            schema(json!({})),
        ),
        stands("response_format.json_schema.strict", schema(json!({ "strict": true }))),
        stands("stream", json!({ "stream": true })),
        stands("stream_options", streams(json!({ "include_usage": true }))),
        stands("stream_options.include_obfuscation", streams(json!({ "include_obfuscation": true }))),
        differs("logprobs", json!({ "logprobs": true }), json!({})),
        differs("top_logprobs", json!({ "logprobs": true, "top_logprobs": 2 }), json!({ "logprobs": true })),
        plain("safety_identifier", json!("ada")).named("user"),
        plain(
            "safety_settings",
            json!([{ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE" }]),
        ),
        plain("cached_content", json!("cachedContents/1")),
        plain("extra_body", json!({ "google": { "cached_content": "cachedContents/1" } })),
        plain("reasoning_effort", json!("low")).reasoning(),
        differs(
            "thinking",
            json!({ "thinking": { "type": "enabled", "budget_tokens": 2048 }, "max_tokens": 8000 }),
            json!({ "max_tokens": 8000 }),
        ),
        plain("reasoning", json!({ "effort": "low" })).reasoning(),
    ]);
    all
}
