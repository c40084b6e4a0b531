//! Chat requests on Anthropic's wire: what goes upstream, what is lost, what is refused.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{Encoded, Front, OnUnsupported, Target, chat, messages},
    provider::catalogue,
};

/// Thinks as long as it likes, where that is asked for; forced tools go with it.
const ADAPTIVE: &str = "claude-opus-4-6";
/// Thinks by a budget.
const BUDGET: &str = "claude-sonnet-4-5";
const UNKNOWN: &str = "somebody-1";

fn encode(request: &Value, model: &str, on_unsupported: OnUnsupported) -> Result<Encoded, ApiError> {
    let body = serde_json::to_vec(request).unwrap();
    let request = chat::decode_request(&body)?;
    let facts = catalogue::find(model);
    let target = Target {
        model,
        provider: "anthropic",
        front: Front::Chat,
        facts,
        dialect: Default::default(),
        on_unsupported,
    };
    messages::encode_request(&request, &target)
}

/// A request with `members` beside a greeting.
fn with(members: Value) -> Value {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

/// What goes upstream, and what was dropped.
fn sent(request: &Value, model: &str) -> (Value, Vec<String>) {
    let encoded =
        encode(request, model, OnUnsupported::Auto).unwrap_or_else(|error| panic!("{error}: {request}"));
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (body, encoded.losses.dropped().iter().map(ToString::to_string).collect())
}

fn refused(request: &Value) -> ApiError {
    match encode(request, ADAPTIVE, OnUnsupported::Auto) {
        Err(error) => error,
        Ok(encoded) => panic!("accepted: {request} as {}", String::from_utf8_lossy(&encoded.body)),
    }
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// Claude takes no empty text: the caller is told so in words of its own.
#[test]
fn somebody_has_to_say_something() {
    for content in [json!(""), json!(" \n"), json!([{ "type": "text", "text": "" }])] {
        let error = refused(&json!({ "model": "m", "messages": [{ "role": "user", "content": content }] }));
        assert_eq!(error.param.as_deref(), Some("messages"), "{error}");
    }
}

#[test]
fn messages_become_turns() {
    let call = json!({ "id": "call_1", "type": "function", "function": { "name": "add", "arguments": "{\"a\": 1}" } });
    let cases = [
        (
            "system and developer messages go to the top",
            json!([
                { "role": "system", "content": "One" },
                { "role": "user", "content": "Hi" },
                { "role": "developer", "content": [{ "type": "text", "text": "Two" }] },
            ]),
            json!([{ "role": "user", "content": [text("Hi")] }]),
            json!([text("One"), text("Two")]),
        ),
        (
            "turns of one side become one",
            json!([{ "role": "user", "content": "A" }, { "role": "user", "content": "B" }]),
            json!([{ "role": "user", "content": [text("A"), text("B")] }]),
            Value::Null,
        ),
        (
            "empty, blank and null content is left out",
            json!([
                { "role": "user", "content": "A" },
                { "role": "assistant", "content": null },
                { "role": "assistant", "content": " \n" },
                { "role": "user", "content": [{ "type": "text", "text": "" }, { "type": "text", "text": "B" }] },
            ]),
            json!([{ "role": "user", "content": [text("A"), text("B")] }]),
            Value::Null,
        ),
        (
            "a call and its result",
            json!([
                { "role": "user", "content": "Add" },
                { "role": "assistant", "content": "Well", "tool_calls": [call] },
                { "role": "tool", "tool_call_id": "call_1", "content": "3" },
            ]),
            json!([
                { "role": "user", "content": [text("Add")] },
                { "role": "assistant", "content": [
                    text("Well"),
                    { "type": "tool_use", "id": "call_1", "name": "add", "input": { "a": 1 } },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "call_1", "content": "3" },
                ] },
            ]),
            Value::Null,
        ),
        (
            "results come first in their turn, with pictures and errors",
            json!([
                { "role": "user", "content": "Add" },
                { "role": "assistant", "tool_calls": [call] },
                { "role": "user", "content": "Quick!" },
                { "role": "tool", "tool_call_id": "call_1", "is_error": true, "content": [
                    { "type": "text", "text": "See" },
                    { "type": "image_url", "image_url": { "url": "https://example.com/a.png" } },
                ] },
            ]),
            json!([
                { "role": "user", "content": [text("Add")] },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "call_1", "name": "add", "input": { "a": 1 } },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "call_1", "is_error": true, "content": [
                        text("See"),
                        { "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } },
                    ] },
                    text("Quick!"),
                ] },
            ]),
            Value::Null,
        ),
        (
            "no arguments are an empty object; ids keep to the letters that are allowed",
            json!([
                { "role": "user", "content": "Go" },
                { "role": "assistant", "content": "", "tool_calls": [
                    { "id": "functions.go:0", "function": { "name": "go", "arguments": "" } },
                ] },
                { "role": "tool", "tool_call_id": "functions.go:0", "content": "" },
            ]),
            json!([
                { "role": "user", "content": [text("Go")] },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "functions_go_0", "name": "go", "input": {} },
                ] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "functions_go_0" }] },
            ]),
            Value::Null,
        ),
        (
            "arguments that are no object are told as text, so that the loop goes on",
            json!([
                { "role": "user", "content": "Go" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "a", "function": { "name": "go", "arguments": "{\"to\":" } },
                    { "id": "b", "function": { "name": "go", "arguments": "[1]" } },
                ] },
                { "role": "tool", "tool_call_id": "a", "content": "Cut." },
                { "role": "tool", "tool_call_id": "b", "content": "No." },
            ]),
            json!([
                { "role": "user", "content": [text("Go")] },
                { "role": "assistant", "content": [
                    { "type": "tool_use", "id": "a", "name": "go", "input": { "_invalid_json": "{\"to\":" } },
                    { "type": "tool_use", "id": "b", "name": "go", "input": { "_invalid_json": "[1]" } },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "a", "content": "Cut." },
                    { "type": "tool_result", "tool_use_id": "b", "content": "No." },
                ] },
            ]),
            Value::Null,
        ),
        (
            "a refusal is text of the assistant's",
            json!([
                { "role": "user", "content": "Go" },
                { "role": "assistant", "content": null, "refusal": "No." },
                { "role": "user", "content": "Please" },
            ]),
            json!([
                { "role": "user", "content": [text("Go")] },
                { "role": "assistant", "content": [text("No.")] },
                { "role": "user", "content": [text("Please")] },
            ]),
            Value::Null,
        ),
    ];
    for (what, messages, expected, system) in cases {
        let (body, dropped) = sent(&json!({ "model": "m", "messages": messages }), ADAPTIVE);
        assert_eq!(body["messages"], expected, "{what}");
        assert_eq!(body["system"], system, "{what}");
        assert!(dropped.is_empty(), "{what}: {dropped:?}");
    }
}

#[test]
fn system_messages_stand_where_the_model_takes_them() {
    let (body, _) = sent(
        &json!({ "model": "m", "messages": [
            { "role": "system", "content": "Top" },
            { "role": "user", "content": "A" },
            { "role": "system", "content": "Middle" },
            { "role": "assistant", "content": "B" },
            { "role": "system", "content": "After the assistant: lifted" },
            { "role": "user", "content": "C" },
            { "role": "developer", "content": "Last" },
        ] }),
        "claude-opus-4-8",
    );
    assert_eq!(body["system"], json!([text("Top"), text("After the assistant: lifted")]));
    let roles: Vec<&str> =
        body["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "system", "assistant", "user", "system"]);
}

#[test]
fn media_become_blocks() {
    let cases = [
        (
            json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA", "detail": "auto" } }),
            json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } }),
        ),
        (
            json!({ "type": "image_url", "image_url": "https://example.com/a.png" }),
            json!({ "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } }),
        ),
        (
            json!({ "type": "file", "file": { "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0=" } }),
            json!({ "type": "document", "title": "a.pdf",
                "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBERi0=" } }),
        ),
        (
            json!({ "type": "file", "file": { "filename": "a.txt", "file_data": "data:text/plain;base64,SGkg8J+YgA==" } }),
            json!({ "type": "document", "title": "a.txt",
                "source": { "type": "text", "media_type": "text/plain", "data": "Hi 😀" } }),
        ),
        (
            json!({ "type": "file", "file": { "file_id": "file_1" } }),
            json!({ "type": "document", "source": { "type": "file", "file_id": "file_1" } }),
        ),
        (
            json!({ "type": "text", "text": "T", "cache_control": { "type": "ephemeral", "ttl": "1h" } }),
            json!({ "type": "text", "text": "T", "cache_control": { "type": "ephemeral", "ttl": "1h" } }),
        ),
    ];
    for (part, block) in cases {
        let request = json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] });
        let (body, dropped) = sent(&request, ADAPTIVE);
        assert_eq!(body["messages"][0]["content"], json!([block]));
        assert!(dropped.is_empty(), "{dropped:?}");
    }
}

#[test]
fn reasoning_comes_back_with_its_signature() {
    let thinking = json!({ "type": "thinking", "thinking": "Hm", "signature": "s" });
    let redacted = json!({ "type": "redacted_thinking", "data": "d" });
    let format = "anthropic-claude-v1";
    let cases = [
        json!({ "thinking_blocks": [thinking, redacted] }),
        json!({ "reasoning_content": "Hm", "reasoning_details": [
            { "type": "reasoning.text", "text": "Hm", "signature": "s", "format": format, "index": 0 },
            { "type": "reasoning.encrypted", "data": "d", "format": format, "index": 1 },
        ] }),
        // As a client leaves them that appends what a stream brought.
        json!({ "reasoning_details": [
            { "type": "reasoning.text", "text": "H", "format": format, "index": 0 },
            { "type": "reasoning.text", "text": "m", "format": format, "index": 0 },
            { "type": "reasoning.text", "signature": "s", "format": format, "index": 0 },
            { "type": "reasoning.encrypted", "data": "d", "format": format, "index": 1 },
        ] }),
    ];
    for extension in cases {
        let mut message = json!({ "role": "assistant", "content": "So" });
        message.as_object_mut().unwrap().extend(extension.as_object().unwrap().clone());
        let request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }, message] });
        let (body, dropped) = sent(&request, ADAPTIVE);
        assert_eq!(body["messages"][1]["content"], json!([thinking, redacted, text("So")]));
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    let unsigned = json!({ "model": "m", "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "So", "reasoning_content": "Hm" },
        { "role": "user", "content": "And?" },
    ] });
    let (body, dropped) = sent(&unsigned, ADAPTIVE);
    assert_eq!(body["messages"][1]["content"], json!([text("So")]));
    assert_eq!(dropped, ["messages[].reasoning_content"]);
}

#[test]
fn tools_and_choices() {
    let function = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    let tool = |name: &str| json!({ "name": name, "input_schema": { "type": "object" } });
    let cases = [
        (json!({ "tool_choice": "auto" }), json!({ "type": "auto" })),
        (json!({ "tool_choice": "none" }), json!({ "type": "none" })),
        (json!({ "tool_choice": "required" }), json!({ "type": "any" })),
        (
            json!({ "tool_choice": { "type": "function", "function": { "name": "a" } }, "parallel_tool_calls": false }),
            json!({ "type": "tool", "name": "a", "disable_parallel_tool_use": true }),
        ),
        (
            json!({ "parallel_tool_calls": false }),
            json!({ "type": "auto", "disable_parallel_tool_use": true }),
        ),
        (json!({ "parallel_tool_calls": true }), Value::Null),
    ];
    for (members, choice) in cases {
        let mut request = with(members);
        request["tools"] = json!([function("a"), function("b")]);
        let (body, dropped) = sent(&request, ADAPTIVE);
        assert_eq!(body["tool_choice"], choice);
        assert_eq!(body["tools"], json!([tool("a"), tool("b")]));
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    let (body, _) = sent(
        &with(json!({
            "tools": [function("a"), function("b")],
            "tool_choice": { "type": "allowed_tools", "allowed_tools": { "mode": "required", "tools": [
                { "type": "function", "function": { "name": "b" } },
            ] } },
        })),
        ADAPTIVE,
    );
    assert_eq!((&body["tools"], &body["tool_choice"]), (&json!([tool("b")]), &json!({ "type": "any" })));
    let (body, _) = sent(
        &with(json!({ "tools": [
            { "type": "function", "function": { "name": "a", "description": "A", "strict": true }, "cache_control": { "type": "ephemeral" } },
            { "type": "web_search_20250305", "name": "web_search", "max_uses": 2 },
        ] })),
        ADAPTIVE,
    );
    assert_eq!(
        body["tools"],
        json!([
            { "name": "a", "description": "A", "strict": true,
              "input_schema": { "type": "object", "properties": {}, "additionalProperties": false },
              "cache_control": { "type": "ephemeral" } },
            { "type": "web_search_20250305", "name": "web_search", "max_uses": 2 },
        ])
    );
    assert_eq!(sent(&with(json!({ "tool_choice": "auto" })), ADAPTIVE).0["tool_choice"], Value::Null);
}

#[test]
fn settings() {
    let cases: &[(Value, Value, &[&str])] = &[
        (json!({}), json!({ "max_tokens": 128_000 }), &[]),
        (json!({ "max_tokens": 5, "max_completion_tokens": 7 }), json!({ "max_tokens": 7 }), &[]),
        (json!({ "max_tokens": 5.0 }), json!({ "max_tokens": 5 }), &[]),
        (json!({ "stop": "END" }), json!({ "stop_sequences": ["END"] }), &[]),
        (json!({ "stop": ["A", "B"] }), json!({ "stop_sequences": ["A", "B"] }), &[]),
        (json!({ "temperature": 0.7, "top_k": 5 }), json!({ "temperature": 0.7, "top_k": 5 }), &[]),
        (json!({ "temperature": 1.7 }), json!({ "temperature": 1 }), &["temperature"]),
        (json!({ "user": "u" }), json!({ "metadata": { "user_id": "u" } }), &[]),
        (json!({ "user": "u", "safety_identifier": "s" }), json!({ "metadata": { "user_id": "s" } }), &[]),
        (json!({ "service_tier": "default" }), json!({ "service_tier": "standard_only" }), &[]),
        (json!({ "service_tier": "flex" }), json!({}), &["service_tier"]),
        (
            json!({ "stream": true, "stream_options": { "include_usage": true } }),
            json!({ "stream": true }),
            &[],
        ),
        (
            json!({ "n": 1, "logprobs": false, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {},
                    "store": false, "modalities": ["text"], "metadata": {}, "response_format": { "type": "text" },
                    "seed": null, "verbosity": "medium", "top_p": 1, "unknown": null, "top_logprobs": 0 }),
            json!({}),
            &[],
        ),
        (
            json!({ "seed": 1, "presence_penalty": 1, "logit_bias": { "1": 2 }, "store": true, "unknown": 1,
                    "prediction": { "type": "content" }, "metadata": { "a": "b" }, "verbosity": "low" }),
            json!({}),
            &[
                "seed",
                "presence_penalty",
                "logit_bias",
                "verbosity",
                "metadata",
                "store",
                "unknown",
                "prediction",
            ],
        ),
        (
            json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "n", "schema": { "type": "object" } } } }),
            json!({ "output_config": { "format": { "type": "json_schema",
                "schema": { "title": "n", "type": "object", "additionalProperties": false } } } }),
            &[],
        ),
        (
            json!({ "cache_control": { "type": "ephemeral" } }),
            json!({ "cache_control": { "type": "ephemeral" } }),
            &[],
        ),
    ];
    for (members, expected, expected_losses) in cases {
        let (mut body, mut dropped) = sent(&with(members.clone()), ADAPTIVE);
        let object = body.as_object_mut().unwrap();
        object.remove("messages");
        object.remove("model");
        if object["max_tokens"] == 128_000 && expected["max_tokens"].is_null() {
            object.remove("max_tokens");
        }
        assert_eq!(&body, expected, "{members}");
        dropped.sort();
        let mut expected_losses = expected_losses.to_vec();
        expected_losses.sort();
        assert_eq!(dropped, expected_losses, "{members}");
    }
}

#[test]
fn thinking_in_the_models_own_terms() {
    let adaptive = json!({ "type": "adaptive", "display": "summarized" });
    let budget = |tokens: u64| json!({ "type": "enabled", "budget_tokens": tokens });
    let off = json!({ "type": "disabled" });
    let none = Value::Null;
    /// Members, the model, `thinking` and the effort that are sent, and what is dropped.
    type Case<'a> = (Value, &'a str, &'a Value, Option<&'a str>, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (json!({ "reasoning_effort": "high" }), ADAPTIVE, &adaptive, Some("high"), &[]),
        (json!({ "reasoning_effort": "high" }), UNKNOWN, &adaptive, Some("high"), &[]),
        (json!({ "reasoning_effort": "minimal" }), ADAPTIVE, &adaptive, Some("low"), &[]),
        (json!({ "reasoning_effort": "xhigh" }), ADAPTIVE, &adaptive, Some("high"), &["reasoning_effort"]),
        (json!({ "reasoning_effort": "none" }), "claude-opus-5", &off, None, &[]),
        (json!({ "reasoning_effort": "none" }), BUDGET, &none, None, &[]),
        (json!({ "reasoning_effort": "low", "max_tokens": 10_000 }), BUDGET, &budget(2_000), None, &[]),
        (json!({ "reasoning_effort": "high" }), BUDGET, &budget(32_000), None, &[]),
        (json!({ "reasoning_effort": "low", "max_tokens": 500 }), BUDGET, &none, None, &["reasoning_effort"]),
        (json!({ "reasoning": { "max_tokens": 3_000 } }), BUDGET, &budget(3_000), None, &[]),
        (json!({ "reasoning": { "enabled": false } }), "claude-opus-5", &off, None, &[]),
        (json!({ "thinking": budget(2_000) }), ADAPTIVE, &budget(2_000), None, &[]),
        (json!({ "thinking": { "type": "enabled" } }), ADAPTIVE, &adaptive, None, &[]),
        (json!({ "thinking": { "type": "disabled" } }), UNKNOWN, &off, None, &[]),
        (
            json!({ "reasoning_effort": "low", "temperature": 0.5, "top_k": 3, "top_p": 0.5 }),
            ADAPTIVE,
            &adaptive,
            Some("low"),
            &["temperature", "top_k", "top_p"],
        ),
        (
            json!({ "reasoning_effort": "low", "tool_choice": "required",
                    "tools": [{ "type": "function", "function": { "name": "a" } }] }),
            BUDGET,
            &none,
            None,
            &["reasoning_effort"],
        ),
    ];
    for (members, model, thinking, effort, losses) in cases {
        let (body, mut dropped) = sent(&with(members.clone()), model);
        assert_eq!(&body["thinking"], *thinking, "{members}");
        assert_eq!(body["output_config"]["effort"].as_str(), *effort, "{members}");
        dropped.sort();
        assert_eq!(dropped, *losses, "{members}");
    }
}

#[test]
fn a_tool_loop_without_signed_thinking_is_answered_without_thinking() {
    let request = |extension: Value| {
        let mut message = json!({ "role": "assistant", "tool_calls": [
            { "id": "c", "type": "function", "function": { "name": "a", "arguments": "{}" } },
        ] });
        message.as_object_mut().unwrap().extend(extension.as_object().unwrap().clone());
        json!({ "model": "m", "reasoning_effort": "low", "messages": [
            { "role": "user", "content": "Hi" }, message, { "role": "tool", "tool_call_id": "c", "content": "1" },
        ] })
    };
    let lost = ["reasoning_effort", "messages[].tool_calls.reasoning_state"];
    let (body, dropped) = sent(&request(json!({})), BUDGET);
    assert_eq!((&body["thinking"], dropped), (&Value::Null, lost.map(str::to_owned).to_vec()));
    let signed = json!({ "thinking_blocks": [{ "type": "thinking", "thinking": "Hm", "signature": "s" }] });
    assert_eq!(sent(&request(signed.clone()), BUDGET).0["thinking"]["type"], "enabled");
    assert_eq!(sent(&request(json!({})), ADAPTIVE).0["thinking"]["type"], "adaptive");
    let unsigned = json!({ "reasoning_content": "Hm" });
    assert!(sent(&request(unsigned), BUDGET).0["thinking"].is_null());

    // The caller's own budget is a budget as well.
    let budget = json!({ "type": "enabled", "budget_tokens": 2000 });
    let own = |extension: Value| {
        let mut request = request(extension);
        request.as_object_mut().unwrap().remove("reasoning_effort");
        request["thinking"] = budget.clone();
        request
    };
    for model in [BUDGET, "claude-sonnet-4-6", "a-model-that-nobody-knows"] {
        let (body, dropped) = sent(&own(json!({})), model);
        assert_eq!(
            (&body["thinking"], dropped[0].as_str(), &*dropped[1]),
            (&Value::Null, "thinking", lost[1])
        );
        assert_eq!(sent(&own(signed.clone()), model).0["thinking"], budget);
    }
}

/// To Claude a tool loop is one turn, that thinks at its beginning and, without a beta, not between
/// its calls.
#[test]
fn a_tool_loop_has_to_begin_with_thinking_and_need_not_go_on_with_it() {
    let call = |id: &str, signed: bool| {
        let call = json!({ "id": id, "type": "function", "function": { "name": "a", "arguments": "{}" } });
        let mut message = json!({ "role": "assistant", "tool_calls": [call] });
        if signed {
            message["thinking_blocks"] = json!([{ "type": "thinking", "thinking": "Hm", "signature": "s" }]);
        }
        [message, json!({ "role": "tool", "tool_call_id": id, "content": "1" })]
    };
    let user = || vec![json!({ "role": "user", "content": "Hi" })];
    let done = || vec![json!({ "role": "assistant", "content": "Done." })];
    for (turns, thinks) in [
        (vec![user(), call("1", true).to_vec(), call("2", false).to_vec()], true),
        (vec![user(), call("1", false).to_vec(), call("2", true).to_vec()], false),
        (vec![user(), call("1", false).to_vec(), done(), user()], true),
        (vec![user(), call("1", false).to_vec(), done(), user(), call("2", true).to_vec()], true),
        (vec![user(), call("1", true).to_vec(), done(), user(), call("2", false).to_vec()], false),
        (vec![user(), call("1", false).to_vec(), user()], false),
    ] {
        let messages = turns.concat();
        let request = json!({ "model": "m", "reasoning_effort": "low", "messages": messages });
        assert_eq!(!sent(&request, BUDGET).0["thinking"].is_null(), thinks, "{request}");
    }
}

#[test]
fn what_a_model_refuses_is_left_out_and_named() {
    let (body, dropped) =
        sent(&with(json!({ "temperature": 0.2, "top_p": 0.9, "top_k": 3 })), "claude-opus-5");
    assert!(body["temperature"].is_null() && body["top_p"].is_null() && body["top_k"].is_null());
    assert_eq!(dropped, ["temperature", "top_p", "top_k"]);
    let (body, dropped) = sent(&with(json!({ "temperature": 0.2, "top_p": 0.9 })), ADAPTIVE);
    assert_eq!(
        (&body["temperature"], &body["top_p"], dropped),
        (&json!(0.2), &Value::Null, vec!["top_p".to_owned()])
    );
}

#[test]
fn forms_without_a_setting_become_instructions() {
    let (body, dropped) = sent(&with(json!({ "response_format": { "type": "json_object" } })), ADAPTIVE);
    assert!(body["system"][0]["text"].as_str().unwrap().contains("JSON object"));
    assert!(dropped.is_empty());
    let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": { "type": "object", "title": "Wonder" } } });
    let (body, _) = sent(&with(json!({ "response_format": format })), "claude-opus-4");
    assert!(body["system"][0]["text"].as_str().unwrap().contains("Wonder"));
    assert!(body["output_config"].is_null());
}

#[test]
fn losses_that_change_the_meaning_are_refused() {
    let message = |message: Value| json!({ "model": "m", "messages": [message] });
    let user = |part: Value| message(json!({ "role": "user", "content": [part] }));
    let cases = [
        (with(json!({ "n": 2 })), "n"),
        (with(json!({ "logprobs": true })), "logprobs"),
        (with(json!({ "modalities": ["text", "audio"] })), "modalities"),
        (with(json!({ "functions": [{ "name": "f" }], "tools": [] })), "functions"),
        (with(json!({ "stop": "\n" })), "stop"),
        (with(json!({ "tool_choice": "required" })), "tool_choice"),
        (with(json!({ "tools": [{ "type": "custom", "custom": { "name": "c" } }] })), "tools[0].custom"),
        (
            user(json!({ "type": "input_audio", "input_audio": { "data": "AA", "format": "wav" } })),
            "messages[0].content",
        ),
        (
            user(json!({ "type": "video_url", "video_url": { "url": "https://example.com/a.mp4" } })),
            "messages[0].content",
        ),
        (
            user(
                json!({ "type": "file", "file": { "filename": "a.bin", "file_data": "data:application/zip;base64,/w==" } }),
            ),
            "messages[0].content",
        ),
    ];
    for (request, param) in cases {
        let error = refused(&request);
        assert_eq!(error.status.as_u16(), 400, "{request}");
        assert_eq!(error.param.as_deref(), Some(param), "{request}");
        assert!(error.message.contains(param), "{}", error.message);
    }
    assert!(refused(&with(json!({ "n": 2 }))).message.contains("anthropic"), "the provider is named");
}

#[test]
fn the_operator_may_say_otherwise() {
    let dropped = encode(&with(json!({ "n": 2, "seed": 1 })), ADAPTIVE, OnUnsupported::Drop).unwrap();
    assert_eq!(dropped.losses.header().as_deref(), Some("n, seed"));
    for members in [json!({ "seed": 1 }), json!({ "unheard_of": 1 })] {
        let error = encode(&with(members), ADAPTIVE, OnUnsupported::Reject).unwrap_err();
        assert_eq!(error.status.as_u16(), 400);
    }
}

#[test]
fn bad_requests_name_the_field() {
    let cases = [
        (json!({ "messages": [] }), "model"),
        (json!({ "model": "m" }), "messages"),
        (json!({ "model": 1, "messages": [] }), "model"),
        (json!({ "model": "m", "messages": {} }), "messages"),
        (json!({ "model": "m", "messages": [{ "content": "x" }] }), "messages[0].role"),
        (json!({ "model": "m", "messages": [{ "role": "king", "content": "x" }] }), "messages[0].role"),
        (json!({ "model": "m", "messages": [{ "role": "user", "content": 5 }] }), "messages[0].content"),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "text": "x" }] }] }),
            "messages[0].content[0].type",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "type": "text", "text": 1 }] }] }),
            "messages[0].content[0].text",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "type": "image_url" }] }] }),
            "messages[0].content[0].image_url.url",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "data:image/png,raw" } }] }] }),
            "messages[0].content[0].image_url.url",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "tool", "content": "x" }] }),
            "messages[0].tool_call_id",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "assistant", "tool_calls": [{ "function": { "name": "f" } }] }] }),
            "messages[0].tool_calls[0].id",
        ),
        (with(json!({ "temperature": "hot" })), "temperature"),
        (with(json!({ "max_tokens": -1 })), "max_tokens"),
        (with(json!({ "tools": [{ "type": "function", "function": {} }] })), "tools[0].function.name"),
        (with(json!({ "tool_choice": "perhaps" })), "tool_choice"),
        (with(json!({ "response_format": { "type": "xml" } })), "response_format.type"),
        (with(json!({ "stream_options": { "include_usage": "yes" } })), "stream_options.include_usage"),
    ];
    for (request, param) in cases {
        let error = refused(&request);
        assert_eq!((error.status.as_u16(), error.param.as_deref()), (400, Some(param)), "{request}: {error}");
        assert!(!error.message.contains('\u{1}'), "{}", error.message);
    }
}

#[test]
fn instructions_alone_are_said_by_the_user() {
    let system = |text: &str| json!({ "role": "system", "content": text });
    for (messages, top, said) in [
        (json!([system("Write a haiku.")]), Value::Null, "Write a haiku."),
        (json!([system("Be brief."), system("Write a haiku.")]), json!("Be brief."), "Write a haiku."),
    ] {
        for model in [ADAPTIVE, UNKNOWN] {
            let (body, _) = sent(&json!({ "model": "m", "messages": messages }), model);
            let top_of = |system: &Value| system[0]["text"].as_str().map_or(system.clone(), Value::from);
            assert_eq!(top_of(&body["system"]), top, "{body}");
            assert_eq!(
                (&body["messages"][0]["role"], body["messages"].to_string().contains(said)),
                (&json!("user"), true)
            );
        }
    }
}

#[test]
fn the_deprecated_form_of_tools_is_read() {
    let parameters = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let (body, dropped) = sent(
        &json!({ "model": "m", "max_tokens": 9,
        "functions": [{ "name": "f", "description": "d", "parameters": parameters }],
        "function_call": { "name": "f" },
        "messages": [
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": null, "function_call": { "name": "f", "arguments": "{\"a\":\"1\"}" } },
            { "role": "function", "name": "f", "content": "42" },
            { "role": "assistant", "content": "So", "function_call": null },
            { "role": "user", "content": "And?" },
        ] }),
        ADAPTIVE,
    );
    assert_eq!(body["tools"], json!([{ "name": "f", "description": "d", "input_schema": parameters }]));
    assert_eq!(
        body["tool_choice"],
        json!({ "type": "tool", "name": "f", "disable_parallel_tool_use": true })
    );
    let id = &body["messages"][1]["content"][0]["id"];
    assert_eq!(
        body["messages"][1]["content"],
        json!([{ "type": "tool_use", "id": id, "name": "f", "input": { "a": "1" } }])
    );
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], *id);
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn a_search_of_the_web_is_anthropics_tool() {
    let (body, dropped) = sent(
        &with(json!({ "web_search_options": {
        "search_context_size": "high",
        "user_location": { "type": "approximate", "approximate": { "city": "Ulm", "country": "DE" } },
    } })),
        ADAPTIVE,
    );
    let place = json!({ "type": "approximate", "city": "Ulm", "country": "DE" });
    assert_eq!(
        body["tools"],
        json!([{ "type": "web_search_20250305", "name": "web_search", "user_location": place }])
    );
    assert_eq!(dropped, ["web_search_options.search_context_size"]);
    let (body, dropped) = sent(&with(json!({ "web_search_options": {} })), ADAPTIVE);
    assert_eq!((body["tools"].as_array().map(Vec::len), dropped.len()), (Some(1), 0));
}
