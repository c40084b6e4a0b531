//! Messages requests on the chat wire: what goes upstream, what is lost, what is refused.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{Dialect, Encoded, Front, OnUnsupported, ReasoningBack, Target, chat, messages},
    provider::catalogue,
    sketch::{sketch, sketch_around},
};

fn encode(request: &Value, model: &str) -> Result<Encoded, ApiError> {
    encode_in(request, model, Dialect::default())
}

fn encode_in(request: &Value, model: &str, dialect: Dialect) -> Result<Encoded, ApiError> {
    let body = serde_json::to_vec(request).unwrap();
    let request = messages::decode_request(&body)?;
    let target = Target {
        model,
        provider: "openai",
        front: Front::Messages,
        facts: catalogue::find(model),
        dialect,
        on_unsupported: OnUnsupported::Auto,
    };
    chat::encode_request(&request, &target)
}

/// A request with `members` beside a greeting.
fn with(members: Value) -> Value {
    let mut request =
        json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hi" }] });
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

/// What goes upstream, and what was dropped.
fn sent(request: &Value, model: &str) -> (Value, Vec<String>) {
    let encoded = encode(request, model).unwrap_or_else(|error| panic!("{error}: {request}"));
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    assert_long_values_are_right(&encoded);
    let mut dropped: Vec<String> = encoded.losses.dropped().iter().map(ToString::to_string).collect();
    dropped.sort();
    (body, dropped)
}

/// Where the long values are said to lie, they lie: a sketch that goes around them sees the same members.
fn assert_long_values_are_right(encoded: &Encoded) {
    let body = encoded.body.clone().into();
    let (around, whole) = (sketch_around(&body, &encoded.long).unwrap(), sketch(&body).unwrap());
    assert_eq!(around.members(), whole.members());
    let long = ["messages", "tools"].into_iter().filter_map(|name| whole.member(name));
    assert!(long.map(|member| member.value.range()).eq(encoded.long.iter().cloned()));
}

#[test]
fn turns_become_messages() {
    let picture =
        json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AA" } });
    let shown = json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AA" } });
    let cases = [
        (
            json!({ "system": "S", "messages": [{ "role": "user", "content": "Hi" }] }),
            json!([{ "role": "system", "content": "S" }, { "role": "user", "content": "Hi" }]),
        ),
        (
            json!({ "system": [{ "type": "text", "text": "S" }, { "type": "text", "text": "T" }],
                    "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }, picture] }] }),
            json!([
                { "role": "system", "content": "S\n\nT" },
                { "role": "user", "content": [{ "type": "text", "text": "Hi" }, shown] },
            ]),
        ),
        (
            json!({ "messages": [
                { "role": "assistant", "content": [
                    { "type": "text", "text": "A" },
                    { "type": "tool_use", "id": "t1", "name": "f", "input": { "a": 1 } },
                    { "type": "tool_use", "id": "t2", "name": "g", "input": {} },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "t1", "content": [{ "type": "text", "text": "one" }, picture] },
                    { "type": "tool_result", "tool_use_id": "t2", "content": "two" },
                    { "type": "text", "text": "Go on" },
                ] },
            ] }),
            json!([
                { "role": "assistant", "content": "A", "tool_calls": [
                    { "id": "t1", "type": "function", "function": { "name": "f", "arguments": "{\"a\":1}" } },
                    { "id": "t2", "type": "function", "function": { "name": "g", "arguments": "{}" } },
                ] },
                { "role": "tool", "tool_call_id": "t1", "content": "one" },
                { "role": "tool", "tool_call_id": "t2", "content": "two" },
                { "role": "user", "content": [
                    { "type": "text", "text": "Returned by the tool call t1:" },
                    shown,
                    { "type": "text", "text": "Go on" },
                ] },
            ]),
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [
                { "type": "document", "title": "D", "source": { "type": "text", "media_type": "text/plain", "data": "T" } },
                { "type": "document", "title": "a.pdf", "source": { "type": "base64", "media_type": "application/pdf", "data": "JV" } },
            ] }] }),
            json!([{ "role": "user", "content": [
                { "type": "text", "text": "D\n\nT" },
                { "type": "file", "file": { "filename": "a.pdf", "file_data": "data:application/pdf;base64,JV" } },
            ] }]),
        ),
    ];
    for (members, expected) in cases {
        let (body, dropped) = sent(&with(members), "some-model");
        assert_eq!(body["messages"], expected);
        assert!(dropped.is_empty(), "{dropped:?}");
    }
}

#[test]
fn settings() {
    let tool =
        json!({ "name": "f", "description": "F", "input_schema": { "type": "object" }, "strict": true });
    let function = json!({ "type": "function", "function": {
        "name": "f", "description": "F", "parameters": { "type": "object" }, "strict": true } });
    let cases: &[(Value, Value, &[&str])] = &[
        (json!({}), json!({ "max_tokens": 9 }), &[]),
        (
            json!({ "stop_sequences": ["A"], "temperature": 0.5, "top_p": 0.9 }),
            json!({ "max_tokens": 9, "stop": ["A"], "temperature": 0.5, "top_p": 0.9 }),
            &[],
        ),
        (json!({ "top_k": 3 }), json!({ "max_tokens": 9 }), &["top_k"]),
        (
            json!({ "stream": true }),
            json!({ "max_tokens": 9, "stream": true, "stream_options": { "include_usage": true } }),
            &[],
        ),
        (
            json!({ "metadata": { "user_id": "u" }, "service_tier": "standard_only" }),
            json!({ "max_tokens": 9, "user": "u", "service_tier": "default" }),
            &[],
        ),
        (
            json!({ "tools": [tool], "tool_choice": { "type": "any", "disable_parallel_tool_use": true } }),
            json!({ "max_tokens": 9, "tools": [function], "tool_choice": "required", "parallel_tool_calls": false }),
            &[],
        ),
        (
            json!({ "tools": [tool], "tool_choice": { "type": "tool", "name": "f" } }),
            json!({ "max_tokens": 9, "tools": [function],
                 "tool_choice": { "type": "function", "function": { "name": "f" } } }),
            &[],
        ),
        (
            json!({ "output_config": { "format": { "type": "json_schema", "schema": { "type": "object" } } } }),
            json!({ "max_tokens": 9, "response_format": { "type": "json_schema", "json_schema": {
             "name": "answer", "schema": { "type": "object" }, "strict": true } } }),
            &[],
        ),
        (
            json!({ "thinking": { "type": "enabled", "budget_tokens": 2_000 } }),
            json!({ "max_tokens": 9 }),
            &["thinking"],
        ),
        (json!({ "thinking": { "type": "disabled" } }), json!({ "max_tokens": 9 }), &[]),
        (
            json!({ "cache_control": { "type": "ephemeral" }, "context_management": { "edits": [1] } }),
            json!({ "max_tokens": 9 }),
            &["cache_control", "context_management"],
        ),
    ];
    for (members, expected, losses) in cases {
        let (mut body, dropped) = sent(&with(members.clone()), "some-model");
        let object = body.as_object_mut().unwrap();
        object.remove("messages");
        object.remove("model");
        assert_eq!(&body, expected, "{members}");
        assert_eq!(dropped, *losses, "{members}");
    }
}

#[test]
fn reasoning_models_are_asked_in_their_own_words() {
    let thinking = |budget: u64| json!({ "thinking": { "type": "enabled", "budget_tokens": budget } });
    for (members, effort) in [
        (thinking(1_024), "low"),
        (thinking(10_000), "medium"),
        (thinking(31_999), "high"),
        (json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": "low" } }), "low"),
    ] {
        let (body, dropped) = sent(&with(members), "gpt-5");
        assert_eq!(body["reasoning_effort"], effort);
        assert!(dropped.is_empty(), "{dropped:?}");
        assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(9), &Value::Null));
    }
}

#[test]
fn marks_and_thoughts_are_dropped_and_named() {
    let mark = json!({ "type": "ephemeral" });
    let (body, dropped) = sent(
        &with(json!({
            "system": [{ "type": "text", "text": "S", "cache_control": mark }],
            "tools": [{ "name": "f", "input_schema": {}, "cache_control": mark }],
            "messages": [
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "Hm", "signature": "s" },
                    { "type": "redacted_thinking", "data": "d" },
                    { "type": "tool_use", "id": "t", "name": "f", "input": {} },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "t", "is_error": true, "content": "no" },
                ] },
            ],
        })),
        "some-model",
    );
    assert!(!body.to_string().contains("Hm"));
    assert_eq!(
        dropped,
        [
            "messages[].content[].cache_control",
            "messages[].content[].redacted_thinking",
            "messages[].content[].thinking",
            "messages[].content[].tool_result.is_error",
            "tools[].cache_control",
        ]
    );
}

#[test]
fn what_only_anthropic_can_do_is_refused() {
    let user = |block: Value| with(json!({ "messages": [{ "role": "user", "content": [block] }] }));
    let cases = [
        with(json!({ "tools": [{ "type": "web_search_20250305", "name": "web_search" }] })),
        with(json!({ "mcp_servers": [{ "type": "url", "url": "https://example.com" }] })),
        with(json!({ "container": "c" })),
        user(json!({ "type": "container_upload", "file_id": "f" })),
        user(json!({ "type": "document", "source": { "type": "url", "url": "https://example.com/a.pdf" } })),
        user(json!({ "type": "image", "source": { "type": "file", "file_id": "f" } })),
    ];
    for request in cases {
        match encode(&request, "some-model") {
            Err(error) => {
                assert_eq!(error.status.as_u16(), 400);
                assert!(error.message.contains("openai"), "{}", error.message);
            }
            Ok(encoded) => panic!("{request} became {}", String::from_utf8_lossy(&encoded.body)),
        }
    }
}

#[test]
fn bad_requests_name_the_field() {
    let cases = [
        (json!({ "max_tokens": 1, "messages": [] }), "model"),
        (json!({ "model": "m", "messages": [] }), "max_tokens"),
        (json!({ "model": "m", "max_tokens": 1 }), "messages"),
        (with(json!({ "messages": [{ "role": "king", "content": "x" }] })), "messages.0.role"),
        (with(json!({ "messages": [{ "role": "user" }] })), "messages.0.content"),
        (
            with(json!({ "messages": [{ "role": "user", "content": [{ "type": "text" }] }] })),
            "messages.0.content.0.text",
        ),
        (
            with(json!({ "messages": [{ "role": "user", "content": [{ "type": 1 }] }] })),
            "messages.0.content.0.type",
        ),
        (with(json!({ "tool_choice": { "type": "perhaps" } })), "tool_choice.type"),
        (with(json!({ "system": 1 })), "system"),
    ];
    for (request, param) in cases {
        let body = serde_json::to_vec(&request).unwrap();
        let error = messages::decode_request(&body).unwrap_err();
        assert_eq!((error.status.as_u16(), error.param.as_deref()), (400, Some(param)), "{request}: {error}");
    }
}

/// What a coding agent sends: marked system blocks, tools, a loop with results, settings of its own.
#[test]
fn an_agents_request_is_answered_by_any_model() {
    let mark = json!({ "type": "ephemeral", "ttl": "1h" });
    let tool = |name: &str| {
        json!({ "name": name, "description": format!("Does {name}"), "input_schema": {
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
            "properties": { "file_path": { "type": "string" }, "limit": { "type": "number" } },
            "required": ["file_path"], "additionalProperties": false } })
    };
    let names = ["Task", "Bash", "Glob", "Grep", "Read", "Edit", "Write", "WebFetch", "TodoWrite"];
    let request = json!({
        "model": "m",
        "max_tokens": 32_000,
        "temperature": 1,
        "stream": true,
        "metadata": { "user_id": "user_x_account__session_y" },
        "thinking": { "type": "enabled", "budget_tokens": 31_999 },
        "context_management": { "edits": [{ "type": "clear_thinking_20251015", "keep": "all" }] },
        "system": [
            { "type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.37.0d9; cc_entrypoint=cli; cch=fa690;" },
            { "type": "text", "text": "You are an agent.", "cache_control": mark },
            { "type": "text", "text": "Environment: …", "cache_control": mark },
        ],
        "tools": names.map(tool),
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "<system-reminder>Remember</system-reminder>" },
                { "type": "text", "text": "Fix the test" },
            ] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "", "signature": "s" },
                { "type": "text", "text": "I will look." },
                { "type": "tool_use", "id": "toolu_1", "name": "Read", "input": { "file_path": "/a.rs" } },
                { "type": "tool_use", "id": "toolu_2", "name": "Grep", "input": { "file_path": "/" } },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": "     1\u{2192}fn main() {}\n" },
                { "type": "tool_result", "tool_use_id": "toolu_2", "is_error": true,
                  "content": [{ "type": "text", "text": "<tool_use_error>none</tool_use_error>" }], "cache_control": mark },
            ] },
        ],
    });
    for (model, effort) in [("gpt-5", json!("high")), ("some-model", Value::Null)] {
        let (body, dropped) = sent(&request, model);
        let roles: Vec<&str> = body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["role"].as_str().unwrap())
            .collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "tool"]);
        assert_eq!(body["messages"][0]["content"], "You are an agent.\n\nEnvironment: …");
        assert_eq!(
            body["messages"][2]["tool_calls"][0]["function"]["arguments"],
            "{\"file_path\":\"/a.rs\"}"
        );
        assert_eq!(body["messages"][3]["content"], "     1\u{2192}fn main() {}\n");
        assert_eq!(body["tools"].as_array().unwrap().len(), names.len());
        assert_eq!(body["tools"][4]["function"]["parameters"], tool("Read")["input_schema"]);
        assert_eq!(body["user"], "user_x_account__session_y");
        assert_eq!(body["reasoning_effort"], effort);
        assert!(dropped.contains(&"messages[].content[].cache_control".to_owned()), "{dropped:?}");
        assert!(dropped.contains(&"context_management".to_owned()), "{dropped:?}");
        assert!(dropped.contains(&"system[].x-anthropic-billing-header".to_owned()), "{dropped:?}");
    }
}

#[test]
fn reasoning_and_cache_marks_go_to_providers_that_take_them() {
    let mark = json!({ "type": "ephemeral" });
    let request = with(json!({
        "system": [{ "type": "text", "text": "S", "cache_control": mark }],
        "messages": [
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Hm.", "signature": "sig" },
                { "type": "redacted_thinking", "data": "xyz" },
                { "type": "tool_use", "id": "t1", "name": "f", "input": {} },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "t1", "content": "one", "cache_control": mark },
            ] },
        ],
    }));
    let messages = |dialect| {
        let encoded = encode_in(&request, "m", dialect).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        let dropped = encoded.losses.dropped().iter().map(ToString::to_string).collect::<Vec<_>>();
        (body["messages"].clone(), dropped)
    };
    const THINKING: &str = "messages[].content[].thinking";
    const REDACTED: &str = "messages[].content[].redacted_thinking";
    const CACHE: &str = "messages[].content[].cache_control";

    let (plain, dropped) = messages(Dialect::default());
    assert_eq!(plain[0]["content"], "S");
    assert_eq!(plain[2].as_object().unwrap().len(), 3);
    assert_eq!(dropped, [CACHE, THINKING, REDACTED]);

    let (content, dropped) =
        messages(Dialect { reasoning: ReasoningBack::Text("reasoning_content"), ..Dialect::default() });
    assert_eq!(content[2]["reasoning_content"], "Hm.");
    assert_eq!(dropped, [CACHE, REDACTED]);

    let (details, dropped) =
        messages(Dialect { reasoning: ReasoningBack::Details, cache_control: true, ..Dialect::PLAIN });
    assert_eq!(details[0]["content"], json!([{ "type": "text", "text": "S", "cache_control": mark }]));
    let format = "anthropic-claude-v1";
    assert_eq!(
        details[2]["reasoning_details"],
        json!([
            { "type": "reasoning.text", "text": "Hm.", "signature": "sig", "format": format, "index": 0 },
            { "type": "reasoning.encrypted", "data": "xyz", "format": format, "index": 1 },
        ])
    );
    assert_eq!(details[3]["content"], json!([{ "type": "text", "text": "one", "cache_control": mark }]));
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn a_long_name_of_a_user_becomes_a_digest() {
    let user = |id: &str| sent(&with(json!({ "metadata": { "user_id": id } })), "m").0["user"].clone();
    assert_eq!(user("u-1"), "u-1");
    let long =
        |session: &str| format!("{{\"device_id\":\"{}\",\"session_id\":\"{session}\"}}", "0".repeat(64));
    let (one, other) = (user(&long("a")), user(&long("b")));
    assert_eq!(one.as_str().map(str::len), Some(64));
    assert_ne!(one, other);
    assert_eq!(one, user(&long("a")));
}

#[test]
fn a_conversation_that_anthropic_would_hold_is_refused_by_the_code_that_sdks_know() {
    let error = encode(&with(json!({ "thread": { "type": "create" } })), "m").unwrap_err();
    let body: Value = serde_json::from_slice(&messages::encode_error(&error)).unwrap();
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert_eq!(body["error"]["details"]["error_code"], "thread_unsupported_request");
    assert!(encode(&with(json!({ "thread": null })), "m").is_ok());
}

#[test]
fn a_tool_that_was_found_is_named() {
    let request = with(json!({ "messages": [
        { "role": "user", "content": "Open an issue" },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1",
            "content": [{ "type": "tool_reference", "tool_name": "create_issue" }] }] },
    ] }));
    let (body, dropped) = sent(&request, "m");
    assert_eq!(body["messages"][2]["content"], "Found the tool `create_issue`.");
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn calls_and_their_results_stand_together() {
    let used = |id: &str| json!({ "type": "tool_use", "id": id, "name": "f", "input": {} });
    let said = |id: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": id });
    let (body, _) = sent(
        &with(json!({ "messages": [
            { "role": "user", "content": "Go" },
            { "role": "assistant", "content": [used("a")] },
            { "role": "assistant", "content": [{ "type": "text", "text": "And" }, used("b")] },
            { "role": "user", "content": [said("a"), { "type": "text", "text": "Well?" }] },
            { "role": "user", "content": [said("b")] },
            { "role": "user", "content": "Now?" },
        ] })),
        "m",
    );
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "tool", "user", "user"]);
    let ids: Vec<&Value> =
        messages[1]["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(messages[1]["content"], "And");
    assert_eq!(messages[4]["content"], "Well?");
}
