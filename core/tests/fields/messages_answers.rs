//! Samples of every field of an Anthropic message.

use serde_json::{Value, json};

use crate::{Sample, differs, stands};

/// An answer with `members` at its top.
fn answer(members: Value) -> Value {
    let mut answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-1",
        "content": [{ "type": "text", "text": "Hi" }], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": { "input_tokens": 100, "output_tokens": 50 },
    });
    answer.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer
}

fn says(blocks: Value) -> Value {
    answer(json!({ "content": blocks }))
}

fn usage(members: Value) -> Value {
    let mut usage = json!({ "input_tokens": 100, "output_tokens": 50 });
    usage.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    answer(json!({ "usage": usage }))
}

/// A call of the caller's tool, with `members` in it.
fn call(members: Value) -> Value {
    let mut block = json!({ "id": "toolu_1", "name": "add", "input": {} });
    block.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    // The type comes last, as it may.
    block["type"] = "tool_use".into();
    says(json!([block]))
}

/// A text with a citation of the web, with `members` in it.
fn cites(members: Value) -> Value {
    let mut citation =
        json!({ "type": "web_search_result_location", "url": "https://example.com", "title": "t" });
    citation.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    says(json!([{ "type": "text", "text": "Hi", "citations": [citation] }]))
}

pub(crate) fn all() -> Vec<Sample> {
    let plain = || answer(json!({}));
    let top = |field: &'static str, value: Value| differs(field, answer(json!({ field: value })), plain());
    let counts = |field: &'static str, members: Value| differs(field, usage(members), usage(json!({})));
    let details = |field: &'static str, member: &str, value: Value| {
        let refused = |details: Value| answer(json!({ "stop_reason": "refusal", "stop_details": details }));
        differs(
            field,
            refused(json!({ "type": "refusal", member: value })),
            refused(json!({ "type": "refusal" })),
        )
    };
    let page = json!({ "type": "page_location", "cited_text": "a", "document_index": 0, "start_page_number": 1, "end_page_number": 2 });
    vec![
        top("id", "msg_2".into()),
        stands("type", plain()),
        stands("role", plain()),
        top("model", "claude-2".into()),
        top("content", json!([])),
        differs("content[].text", says(json!([{ "type": "text", "text": "Ho" }])), plain()),
        differs(
            "content[].text.citations[]",
            says(json!([{ "type": "text", "text": "Hi", "citations": [page] }])),
            plain(),
        ),
        differs("content[].text.citations[]", cites(json!({})), plain()),
        differs(
            "content[].text.citations[].web_search_result_location.cited_text",
            cites(json!({ "cited_text": "a" })),
            cites(json!({})),
        ),
        differs(
            "content[].text.citations[].web_search_result_location.encrypted_index",
            cites(json!({ "encrypted_index": "a" })),
            cites(json!({})),
        ),
        differs(
            "content[].thinking",
            says(json!([{ "type": "thinking", "thinking": "Hm", "signature": "s" }])),
            says(json!([{ "type": "thinking", "thinking": "Hm", "signature": "t" }])),
        ),
        differs(
            "content[].redacted_thinking",
            says(json!([{ "type": "redacted_thinking", "data": "a" }])),
            says(json!([{ "type": "redacted_thinking", "data": "b" }])),
        ),
        differs("content[].tool_use", call(json!({ "input": { "a": 1 } })), call(json!({}))),
        differs(
            "content[].tool_use.caller",
            call(json!({ "caller": { "type": "code_execution_20250825", "tool_id": "s" } })),
            call(json!({ "caller": { "type": "direct" } })),
        ),
        differs(
            "content[].tool_use.toolset_name",
            call(json!({ "toolset_name": "browser" })),
            call(json!({})),
        ),
        differs(
            "content[].other",
            says(json!([{ "type": "web_search_tool_result", "tool_use_id": "s", "content": [] }])),
            says(json!([])),
        ),
        top("stop_reason", "max_tokens".into()),
        top("stop_reason", "boredom".into()),
        top("stop_sequence", "END".into()),
        details("stop_details.explanation", "explanation", "No.".into()),
        details("stop_details", "explanation", "No.".into()),
        details("stop_details.category", "category", "cyber".into()),
        details("stop_details.recommended_model", "recommended_model", "claude-1".into()),
        details("stop_details.fallback_credit_token", "fallback_credit_token", "a".into()),
        details("stop_details.fallback_has_prefill_claim", "fallback_has_prefill_claim", true.into()),
        top("container", json!({ "id": "c", "expires_at": "2027-01-01T00:00:00Z" })),
        top("context_management", json!({ "applied_edits": [{ "type": "clear_tool_uses_20250919" }] })),
        differs(
            "context_management",
            answer(json!({ "context_management": { "applied_edits": [{ "type": "a" }] } })),
            answer(json!({ "context_management": { "applied_edits": [] } })),
        ),
        top("diagnostics", json!({ "cache_miss_reason": { "type": "unavailable" } })),
        top("input_transformations", json!([{ "type": "thinking_dropped", "path": "a", "reason": "b" }])),
        counts("usage", json!({ "input_tokens": 70 })),
        counts("usage.input_tokens", json!({ "input_tokens": 70 })),
        counts("usage.output_tokens", json!({ "output_tokens": 70 })),
        counts("usage.cache_read_input_tokens", json!({ "cache_read_input_tokens": 7 })),
        counts("usage.cache_creation_input_tokens", json!({ "cache_creation_input_tokens": 7 })),
        stands(
            "usage.cache_creation",
            usage(json!({ "cache_creation": { "ephemeral_5m_input_tokens": 7 } })),
        ),
        counts(
            "usage.cache_creation.ephemeral_1h_input_tokens",
            json!({ "cache_creation": { "ephemeral_1h_input_tokens": 7 } }),
        ),
        counts("usage.output_tokens_details", json!({ "output_tokens_details": { "thinking_tokens": 7 } })),
        counts(
            "usage.server_tool_use",
            json!({ "server_tool_use": { "web_search_requests": 1, "web_fetch_requests": 0 } }),
        ),
        counts("usage.service_tier", json!({ "service_tier": "priority" })),
        counts("usage.inference_geo", json!({ "inference_geo": "eu" })),
        counts("usage.speed", json!({ "speed": "fast" })),
        counts("usage.iterations", json!({ "iterations": [{ "input_tokens": 1 }] })),
        counts("usage.fallback_credit", json!({ "fallback_credit": { "status": "used" } })),
    ]
}
