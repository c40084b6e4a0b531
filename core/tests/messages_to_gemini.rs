//! Messages requests on Gemini's wire: what goes upstream, what is lost, what is refused.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{Encoded, Front, OnUnsupported, Target, gemini, messages},
    provider::catalogue,
};

const THIRD: &str = "gemini-3-pro";
const FLASH: &str = "gemini-2.5-flash";

fn encode(request: &Value, model: &str, on_unsupported: OnUnsupported) -> Result<Encoded, ApiError> {
    let body = serde_json::to_vec(request).unwrap();
    let request = messages::decode_request(&body)?;
    let target = Target {
        model,
        provider: "gemini",
        front: Front::Messages,
        facts: catalogue::find(model),
        dialect: Default::default(),
        on_unsupported,
    };
    gemini::encode_request(&request, &target)
}

fn with(members: Value) -> Value {
    let mut request =
        json!({ "model": "m", "max_tokens": 100, "messages": [{ "role": "user", "content": "Hi" }] });
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

fn sent(request: &Value, model: &str) -> (Value, Vec<String>) {
    let encoded =
        encode(request, model, OnUnsupported::Auto).unwrap_or_else(|error| panic!("{error}: {request}"));
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (body, encoded.losses.dropped().iter().map(ToString::to_string).collect())
}

fn refused(request: &Value, model: &str) -> ApiError {
    match encode(request, model, OnUnsupported::Auto) {
        Err(error) => error,
        Ok(encoded) => panic!("accepted: {request} as {}", String::from_utf8_lossy(&encoded.body)),
    }
}

#[test]
fn an_agents_turns() {
    let mark = json!({ "type": "ephemeral" });
    let (body, dropped) = sent(
        &json!({
            "model": "m", "max_tokens": 100, "stream": true, "metadata": { "user_id": "u" },
            "system": [{ "type": "text", "text": "S1" }, { "type": "text", "text": "S2", "cache_control": mark }],
            "tools": [
                { "name": "read", "description": "Reads.", "input_schema": { "$schema": "s", "type": "object",
                    "properties": { "path": { "type": "string" } }, "required": ["path"], "additionalProperties": false },
                  "cache_control": mark },
                { "type": "custom", "name": "ls", "input_schema": { "type": "object", "properties": {} }, "strict": true },
            ],
            "tool_choice": { "type": "auto", "disable_parallel_tool_use": true },
            "messages": [
                { "role": "user", "content": [{ "type": "text", "text": "go", "cache_control": mark }] },
                { "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "hm", "signature": "claude" },
                    { "type": "text", "text": "Reading." },
                    { "type": "tool_use", "id": "toolu_1", "name": "read", "input": { "path": "a" } },
                    { "type": "tool_use", "id": "toolu_2", "name": "ls", "input": {} },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "toolu_2", "content": [
                        { "type": "text", "text": "x" },
                        { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AA" } } ] },
                    { "type": "tool_result", "tool_use_id": "toolu_1", "content": "no such file", "is_error": true },
                    { "type": "text", "text": "<reminder>" },
                ] },
            ],
        }),
        THIRD,
    );
    assert_eq!(
        body,
        json!({
            "systemInstruction": { "parts": [{ "text": "S1" }, { "text": "S2" }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "go" }] },
                { "role": "model", "parts": [
                    { "text": "Reading." },
                    { "functionCall": { "id": "toolu_1", "name": "read", "args": { "path": "a" } },
                      "thoughtSignature": "skip_thought_signature_validator" },
                    { "functionCall": { "id": "toolu_2", "name": "ls", "args": {} } },
                ] },
                { "role": "user", "parts": [
                    { "functionResponse": { "id": "toolu_1", "name": "read", "response": { "error": "no such file" } } },
                    { "functionResponse": { "id": "toolu_2", "name": "ls", "response": { "output": "x" },
                        "parts": [{ "inlineData": { "mimeType": "image/png", "data": "AA" } }] } },
                    { "text": "<reminder>" },
                ] },
            ],
            "tools": [{ "functionDeclarations": [
                { "name": "read", "description": "Reads.", "parametersJsonSchema": { "type": "object",
                    "properties": { "path": { "type": "string" } }, "required": ["path"], "additionalProperties": false } },
                { "name": "ls", "parametersJsonSchema": { "type": "object", "properties": {} } },
            ] }],
            "toolConfig": { "functionCallingConfig": { "mode": "VALIDATED" } },
            "generationConfig": { "maxOutputTokens": 100 },
        })
    );
    let mut dropped = dropped;
    dropped.sort();
    assert_eq!(
        dropped,
        [
            "messages[].content[].cache_control",
            "messages[].content[].thinking",
            "messages[].tool_calls.reasoning_state",
            "metadata.user_id",
            "tool_choice.disable_parallel_tool_use",
            "tools[].cache_control",
        ]
    );
}

#[test]
fn documents_and_images() {
    let pdf = json!({ "inlineData": { "mimeType": "application/pdf", "data": "JVBERi" } });
    let text = |text: &str| json!({ "text": text });
    for (block, expected) in [
        (
            json!({ "type": "image", "source": { "type": "url", "url": "https://x.test/a.jpg" } }),
            vec![json!({ "fileData": { "mimeType": "image/jpeg", "fileUri": "https://x.test/a.jpg" } })],
        ),
        (
            json!({ "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBERi" } }),
            vec![pdf.clone()],
        ),
        (
            json!({ "type": "document", "title": "T", "context": "C",
                "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBERi" } }),
            vec![text("T"), text("C"), pdf],
        ),
        (
            json!({ "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "plain" } }),
            vec![text("plain")],
        ),
        (
            json!({ "type": "document", "title": "T", "context": "C", "citations": { "enabled": false },
                "source": { "type": "text", "media_type": "text/plain", "data": "plain" } }),
            vec![text("T\n\nC\n\nplain")],
        ),
        (
            json!({ "type": "document", "source": { "type": "url", "url": "https://x.test/paper.pdf" } }),
            vec![
                json!({ "fileData": { "mimeType": "application/pdf", "fileUri": "https://x.test/paper.pdf" } }),
            ],
        ),
    ] {
        let (body, dropped) =
            sent(&with(json!({ "messages": [{ "role": "user", "content": [block] }] })), FLASH);
        assert_eq!(body["contents"][0]["parts"], Value::Array(expected), "{block}");
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    let cited = json!({ "type": "document", "citations": { "enabled": true },
        "source": { "type": "text", "media_type": "text/plain", "data": "plain" } });
    let (_, dropped) = sent(&with(json!({ "messages": [{ "role": "user", "content": [cited] }] })), FLASH);
    assert_eq!(dropped, ["messages[].content[].document.citations"]);
}

#[test]
fn settings() {
    let level = |level: &str, shown: bool| json!({ "thinkingLevel": level, "includeThoughts": shown });
    let schema = json!({ "type": "object", "properties": {} });
    for (model, members, expected, lost) in [
        (
            FLASH,
            json!({ "temperature": 0.2, "top_p": 0.3, "top_k": 4, "stop_sequences": ["a", "b"], "service_tier": "auto" }),
            json!({ "temperature": 0.2, "topP": 0.3, "topK": 4, "stopSequences": ["a", "b"] }),
            vec![],
        ),
        (
            FLASH,
            json!({ "thinking": { "type": "enabled", "budget_tokens": 2048 } }),
            json!({ "thinkingConfig": { "thinkingBudget": 2048, "includeThoughts": true } }),
            vec![],
        ),
        (
            THIRD,
            json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": "low" } }),
            json!({ "thinkingConfig": level("low", true) }),
            vec![],
        ),
        (
            THIRD,
            json!({ "thinking": { "type": "adaptive", "display": "omitted" }, "output_config": { "effort": "max" } }),
            json!({ "thinkingConfig": level("high", false) }),
            vec!["output_config.effort"],
        ),
        (
            THIRD,
            json!({ "thinking": { "type": "adaptive" } }),
            json!({ "thinkingConfig": { "includeThoughts": true } }),
            vec![],
        ),
        // What is the default at home is no reason to refuse.
        (
            THIRD,
            json!({ "thinking": { "type": "disabled" } }),
            json!({ "thinkingConfig": level("low", false) }),
            vec!["thinking"],
        ),
        (
            FLASH,
            json!({ "thinking": { "type": "disabled" } }),
            json!({ "thinkingConfig": { "thinkingBudget": 0, "includeThoughts": false } }),
            vec![],
        ),
        (
            FLASH,
            json!({ "output_config": { "format": { "type": "json_schema", "schema": schema } } }),
            json!({ "responseMimeType": "application/json", "responseJsonSchema": schema }),
            vec![],
        ),
        (FLASH, json!({ "context_management": { "edits": [] } }), json!({}), vec!["context_management"]),
        (
            FLASH,
            json!({ "speed": "standard", "inference_geo": "global", "mcp_servers": [] }),
            json!({}),
            vec![],
        ),
    ] {
        let (body, dropped) = sent(&with(members.clone()), model);
        let mut expected = expected;
        expected["maxOutputTokens"] = json!(100);
        assert_eq!(body["generationConfig"], expected, "{members}");
        assert_eq!(dropped, lost, "{members}");
    }
}

#[test]
fn what_only_anthropic_can_do_is_refused() {
    let said = |role: &str, block: Value| with(json!({ "messages": [{ "role": role, "content": [block] }] }));
    for (request, param) in [
        (with(json!({ "tools": [{ "type": "web_search_20250305", "name": "web_search" }] })), "tools.0.type"),
        (with(json!({ "tools": [{ "type": "bash_20250124", "name": "bash" }] })), "tools.0.type"),
        (
            with(json!({ "mcp_servers": [{ "type": "url", "url": "https://x.test", "name": "x" }] })),
            "mcp_servers",
        ),
        (with(json!({ "container": "c" })), "container"),
        (with(json!({ "inference_geo": "eu" })), "inference_geo"),
        (with(json!({ "tool_choice": { "type": "any" } })), "tool_choice"),
        (
            said("user", json!({ "type": "image", "source": { "type": "file", "file_id": "file_1" } })),
            "messages.0.content",
        ),
        (
            said(
                "user",
                json!({ "type": "document", "source": { "type": "content", "content": [{ "type": "image" }] } }),
            ),
            "messages.0.content",
        ),
        (
            said(
                "assistant",
                json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} }),
            ),
            "messages.0.content",
        ),
        (
            said("user", json!({ "type": "tool_result", "tool_use_id": "nobody's", "content": "x" })),
            "messages.0.content",
        ),
        (with(json!({ "stop_sequences": ["1", "2", "3", "4", "5", "6"] })), "stop_sequences"),
    ] {
        let error = refused(&request, FLASH);
        assert_eq!(error.param.as_deref(), Some(param), "{request}: {error}");
        let mut instructed = request;
        instructed["system"] = json!("Be brief.");
        let error = refused(&instructed, FLASH);
        assert_eq!(error.param.as_deref(), Some(param), "the system prompt is no message: {error}");
        assert_eq!(error.status, 400);
    }
}
