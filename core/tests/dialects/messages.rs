//! Dialects of the Messages wire: servers that took Anthropic's protocol over, and its own newer parts.

use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire};

use super::{Sample, Told, stream};

fn answer(content: Value, stop: &str) -> Value {
    json!({ "id": "a", "type": "message", "role": "assistant", "model": "m", "content": content,
        "stop_reason": stop, "stop_sequence": null, "usage": { "input_tokens": 9, "output_tokens": 5 } })
}

fn start() -> Value {
    json!({ "type": "message_start", "message": { "id": "a", "type": "message", "role": "assistant", "model": "m",
        "content": [], "stop_reason": null, "usage": { "input_tokens": 9, "output_tokens": 0 } } })
}

fn stop(reason: &str) -> Value {
    json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 5 } })
}

/// Blocks in the order of a stream: each with its deltas.
fn events(blocks: &[(Value, Vec<Value>)], reason: &str) -> Vec<Value> {
    let mut events = vec![start(), json!({ "type": "ping" })];
    for (index, (block, deltas)) in blocks.iter().enumerate() {
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": block }));
        events.extend(
            deltas
                .iter()
                .map(|delta| json!({ "type": "content_block_delta", "index": index, "delta": delta })),
        );
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.extend([stop(reason), json!({ "type": "message_stop" }), json!({ "type": "ping", "cost": "0" })]);
    events
}

fn sample(name: &'static str, whole: Option<Value>, chunks: Vec<Value>, told: Told) -> Sample {
    Sample { name, wire: Wire::Messages, whole, chunks, told }
}

fn said(text: &str, finish: &str) -> Told {
    Told { text: text.into(), finish: finish.into(), used: [9, 5, 0, 0, 0], ..Told::default() }
}

fn text(text: &str) -> (Value, Vec<Value>) {
    (json!({ "type": "text", "text": "" }), vec![json!({ "type": "text_delta", "text": text })])
}

#[test]
fn every_end_has_its_meaning() {
    for (word, meaning) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("compaction", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("from the future", "stop"),
    ] {
        let whole = answer(json!([{ "type": "text", "text": "Hi." }]), word);
        sample(word, Some(whole), events(&[text("Hi.")], word), said("Hi.", meaning)).check();
    }
}

/// Members of blocks that are not the caller's business may have any form.
#[test]
fn blocks_of_the_providers_own_lose_nothing_else() {
    let odd = [
        json!({ "type": "web_fetch_tool_result", "tool_use_id": "s", "caller": { "type": "direct" },
            "content": { "type": "web_fetch_result", "url": "u", "content": { "type": "document", "citations": { "enabled": true } } } }),
        json!({ "type": "bash_code_execution_tool_result", "tool_use_id": "s", "content": { "type": "bash_code_execution_result", "content": [] } }),
        json!({ "type": "mcp_tool_result", "tool_use_id": "s", "is_error": false, "content": [{ "type": "text", "text": "x" }] }),
        json!({ "type": "compaction", "content": null }),
        json!({ "type": "container_upload", "file_id": "f" }),
        json!({ "type": "document", "citations": { "enabled": true }, "text": { "a": 1 }, "data": [1], "signature": 7, "name": null, "input": [] }),
        json!({ "type": "fallback", "from": { "model": "a" }, "to": { "model": "b" } }),
    ];
    let mut blocks = vec![json!({ "type": "text", "text": "Hi.", "citations": null })];
    blocks.extend(odd.iter().cloned());
    let streamed: Vec<_> =
        [text("Hi.")].into_iter().chain(odd.into_iter().map(|block| (block, vec![]))).collect();
    let whole = answer(json!(blocks), "end_turn");
    sample("blocks of every kind", Some(whole), events(&streamed, "end_turn"), said("Hi.", "stop")).check();
}

#[test]
fn inputs_come_in_many_ways() {
    let tool = |input: Value| json!({ "type": "tool_use", "id": "t", "name": "f", "input": input });
    let piece = |json: &str| json!({ "type": "input_json_delta", "partial_json": json });
    for (name, block, deltas, input) in [
        ("nothing", tool(json!({})), vec![], json!({})),
        ("an empty piece", tool(json!({})), vec![piece("")], json!({})),
        (
            "no input at all",
            json!({ "type": "tool_use", "id": "t", "name": "f" }),
            vec![piece("{}")],
            json!({}),
        ),
        ("whole at the start", tool(json!({ "a": 1 })), vec![], json!({ "a": 1 })),
        (
            "whole at the start, and again",
            tool(json!({ "a": 1 })),
            vec![piece(""), piece("{\"a\":"), piece("1}")],
            json!({ "a": 1 }),
        ),
        ("null, then pieces", tool(Value::Null), vec![piece("{\"a\""), piece(":1}")], json!({ "a": 1 })),
    ] {
        let told = Told { calls: vec![("f".into(), input)], ..said("", "tool_calls") };
        sample(name, None, events(&[(block, deltas)], "tool_use"), told).check();
    }
}

/// The text of a summary comes in a delta of its own type, and the block may begin with some of it.
#[test]
fn a_summary_is_told_whole() {
    let piece = |content: &str| json!({ "type": "compaction_delta", "content": content });
    let last = json!({ "type": "compaction_delta", "content": null, "encrypted_content": "opaque" });
    let block = json!({ "type": "compaction", "content": "They greeted.", "encrypted_content": "opaque" });
    for (name, begins, deltas) in [
        ("in one delta", Value::Null, vec![piece("They greeted."), last.clone()]),
        ("in two", Value::Null, vec![piece("They "), piece("greeted."), last.clone()]),
        ("begun", json!("They "), vec![piece("greeted."), last.clone()]),
        ("at once", json!("They greeted."), vec![last]),
    ] {
        let begin = json!({ "type": "compaction", "content": begins });
        let whole = answer(json!([block, { "type": "text", "text": "Hi." }]), "end_turn");
        let told = Told { summaries: vec![json!(["They greeted.", "opaque"])], ..said("Hi.", "stop") };
        sample(name, Some(whole), events(&[(begin, deltas), text("Hi.")], "end_turn"), told).check();
    }
}

/// A second signature over a thinking block takes the place of the first, as in Anthropic's own SDKs.
#[test]
fn one_signature_is_told_of_each_thinking() {
    let sign = |signature: &str| json!({ "type": "signature_delta", "signature": signature });
    let block = json!({ "type": "thinking", "thinking": "", "signature": "early" });
    let deltas = vec![json!({ "type": "thinking_delta", "thinking": "Hm." }), sign("half"), sign("whole")];
    let told = stream(Wire::Messages, Front::Chat, &events(&[(block, deltas), text("Hi.")], "end_turn"));
    let details = told.iter().map(|chunk| &chunk["choices"][0]["delta"]["reasoning_details"][0]["signature"]);
    let signatures: Vec<&Value> = details.filter(|signature| signature.is_string()).collect();
    assert_eq!(signatures, ["whole"]);
}

#[test]
fn usage_is_what_was_said_last() {
    let counts = json!({ "input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 5,
        "cache_creation": { "ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 1 },
        "output_tokens_details": { "thinking_tokens": 3 }, "server_tool_use": null, "service_tier": "standard",
        "iterations": [{ "type": "message", "input_tokens": 3 }], "inference_geo": "global" });
    let told = Told { used: [9, 5, 4, 2, 3], tier: "default".into(), ..said("Hi.", "stop") };
    let mut whole = answer(json!([{ "type": "text", "text": "Hi." }]), "end_turn");
    whole["usage"] = counts.clone();
    // All of it at the end, and nothing or nought before.
    let mut late = events(&[text("Hi.")], "end_turn");
    let last = late.len() - 3;
    late[last]["usage"] = counts.clone();
    late[0]["message"]["usage"] = json!({ "input_tokens": 0, "output_tokens": 0, "cache_creation": 0 });
    sample("at the end", Some(whole), late.clone(), told.clone()).check();
    late[0]["message"]["usage"] = Value::Null;
    sample("at the end alone", None, late, told.clone()).check();
    // All but what was written at the start.
    let mut early = events(&[text("Hi.")], "end_turn");
    early[0]["message"]["usage"] = counts;
    sample("at the start", None, early, told).check();
    // MiniMax says the tier beside the usage.
    let mut beside = events(&[text("Hi.")], "end_turn");
    beside[0]["message"]["service_tier"] = json!("standard");
    sample("a tier of its own", None, beside, Told { tier: "default".into(), ..said("Hi.", "stop") }).check();
}

#[test]
fn content_that_stands_in_the_start_is_content() {
    let content = json!([
        { "type": "code_execution_tool_result", "tool_use_id": "s", "content": { "stdout": "x" } },
        { "type": "tool_use", "id": "t", "name": "f", "input": { "a": 1 }, "caller": { "type": "code_execution_20250825", "tool_id": "s" } },
    ]);
    let mut first = start();
    first["message"]["content"] = content;
    first["message"]["stop_reason"] = json!("tool_use");
    first["message"]["usage"]["output_tokens"] = json!(5);
    let told = Told { calls: vec![("f".into(), json!({ "a": 1 }))], ..said("", "tool_calls") };
    sample("programmatic calls", None, vec![first, json!({ "type": "message_stop" })], told).check();
}
