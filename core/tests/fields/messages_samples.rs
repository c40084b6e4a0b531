//! Samples of every request field of Messages.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

use crate::{Sample, differs, stands};

/// `object` with `members` beside its own or in their place.
fn plus(mut object: Value, members: Value) -> Value {
    object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// A turn of the user's of these blocks.
fn says(blocks: Value) -> Value {
    json!({ "messages": [{ "role": "user", "content": blocks }] })
}

/// A question, a turn of the model's of these blocks, and the next question.
fn answered(blocks: Value) -> Value {
    json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": blocks },
        { "role": "user", "content": "Go on" },
    ] })
}

fn image(source: Value) -> Value {
    says(json!([{ "type": "image", "source": source }]))
}

fn png() -> Value {
    json!({ "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=" })
}

fn document(source: Value, members: Value) -> Value {
    says(json!([plus(json!({ "type": "document", "source": source }), members)]))
}

fn pdf() -> Value {
    json!({ "type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQ=" })
}

fn plain(words: &str) -> Value {
    json!({ "type": "text", "media_type": "text/plain", "data": words })
}

/// A call with `call` in it, and its result with `result` in it.
fn called(call: Value, result: Value) -> Value {
    let block = json!({ "type": "tool_use", "id": "toolu_1", "name": "add", "input": { "a": 1 } });
    let answer = json!({ "type": "tool_result", "tool_use_id": "toolu_1", "content": "42" });
    json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [plus(block, call)] },
        { "role": "user", "content": [plus(answer, result)] },
    ] })
}

/// A tool with `members` in it, and `beside` in the request.
fn tool(members: Value, beside: Value) -> Value {
    let tool = json!({ "name": "add", "input_schema": { "type": "object", "properties": {} } });
    plus(json!({ "tools": [plus(tool, members)] }), beside)
}

pub(crate) fn all() -> Vec<Sample> {
    let mut all = turns();
    all.extend(blocks());
    all.extend(media());
    all.extend(calls());
    all.extend(tools());
    all.extend(settings());
    all
}

fn turns() -> Vec<Sample> {
    let marked =
        |members: Value| json!({ "messages": [plus(json!({ "role": "user", "content": "Hi" }), members)] });
    let system = |text: &str| json!({ "system": [{ "type": "text", "text": text }] });
    vec![
        stands("model", json!({})),
        differs("messages", says("Hi".into()), says("Ho".into())),
        differs(
            "messages[].role",
            answered(json!("Hello")),
            json!({ "messages": [{ "role": "user", "content": "Hi" }, { "role": "user", "content": "Hello" }, { "role": "user", "content": "Go on" }] }),
        ),
        differs("messages[].content", says("Hi".into()), says("Ho".into())),
        differs(
            "messages[].clear_at",
            marked(json!({ "clear_at": "2027-01-01T00:00:00Z" })),
            marked(json!({})),
        ),
        differs(
            "messages[].output_config",
            marked(json!({ "output_config": { "effort": "low" } })),
            marked(json!({})),
        ),
        differs("system", system("Be brief."), system("Be long.")),
        stands(
            "system[].x-anthropic-billing-header",
            system("x-anthropic-billing-header: cc_version=2.0; cch=1;"),
        ),
    ]
}

fn blocks() -> Vec<Sample> {
    let mark = json!({ "type": "ephemeral" });
    let cited = json!([{ "type": "char_location", "cited_text": "a", "document_index": 0, "document_title": "t",
        "start_char_index": 0, "end_char_index": 1 }]);
    let thinking = json!({ "type": "thinking", "thinking": "Hm", "signature": "c2ln" });
    let redacted = json!({ "type": "redacted_thinking", "data": "b3BhcXVl" });
    let search = json!({ "type": "search_result", "source": "https://example.com", "title": "t", "content": [text("a")] });
    vec![
        differs("messages[].content[].text", says(json!([text("Hi")])), says(json!([text("Ho")]))),
        differs(
            "messages[].content[].text.citations",
            answered(json!([plus(text("a"), json!({ "citations": cited }))])),
            answered(json!([text("a")])),
        ),
        differs(
            "messages[].content[].cache_control",
            says(json!([plus(text("a"), json!({ "cache_control": mark }))])),
            says(json!([text("a")])),
        ),
        differs(
            "messages[].content[].cache_control",
            json!({ "system": [plus(text("a"), json!({ "cache_control": mark }))] }),
            json!({ "system": [text("a")] }),
        ),
        differs(
            "messages[].content[].cache_control",
            called(json!({ "cache_control": mark }), json!({})),
            called(json!({}), json!({})),
        ),
        differs(
            "messages[].content[].cache_control",
            called(json!({}), json!({ "content": [plus(text("42"), json!({ "cache_control": mark }))] })),
            called(json!({}), json!({ "content": [text("42")] })),
        ),
        differs(
            "messages[].content[].thinking",
            answered(json!([thinking, text("a")])),
            answered(json!([text("a")])),
        ),
        differs(
            "messages[].content[].redacted_thinking",
            answered(json!([redacted, text("a")])),
            answered(json!([text("a")])),
        )
        .on(Wire::Chat),
        differs(
            "messages[].content[].redacted_thinking",
            answered(json!([redacted, text("a")])),
            answered(json!([text("a")])),
        )
        .on(Wire::Gemini)
        .named("messages[].content[].thinking"),
        differs("messages[].content[].search_result", says(json!([search])), says(json!([text("a")]))),
        differs(
            "messages[].content[].search_result",
            called(json!({}), json!({ "content": [search] })),
            called(json!({}), json!({ "content": [text("a")] })),
        ),
        differs(
            "messages[].content[].compaction",
            answered(json!([{ "type": "compaction", "content": "What came before." }, text("a")])),
            answered(json!([text("a")])),
        ),
        differs(
            "messages[].content[].document.source.content",
            document(json!({ "type": "content", "content": [text("a"), text("b")] }), json!({})),
            document(json!({ "type": "content", "content": "a" }), json!({})),
        ),
        stands(
            "messages[].content[].other",
            says(json!([{ "type": "container_upload", "file_id": "file_1" }])),
        ),
        stands(
            "messages[].content[].other",
            document(
                json!({ "type": "content", "content": [{ "type": "image", "source": png() }] }),
                json!({}),
            ),
        ),
    ]
}

fn media() -> Vec<Sample> {
    let file = json!({ "type": "file", "file_id": "file_1" });
    let address = json!({ "type": "url", "url": "https://example.com/a.pdf" });
    let nested = |block: Value| called(json!({}), json!({ "content": [block] }));
    vec![
        differs(
            "messages[].content[].image",
            image(png()),
            image(json!({ "type": "url", "url": "https://example.com/a.png" })),
        ),
        differs(
            "messages[].content[].image",
            nested(json!({ "type": "image", "source": png() })),
            called(json!({}), json!({ "content": [] })),
        ),
        stands("messages[].content[].image.file", image(file.clone())),
        stands("messages[].content[].image.file", nested(json!({ "type": "image", "source": file }))),
        differs(
            "messages[].content[].image.transformations",
            says(
                json!([{ "type": "image", "source": png(), "transformations": { "oversized_image": "error" } }]),
            ),
            image(png()),
        ),
        differs("messages[].content[].document", document(pdf(), json!({})), says("Hi".into())),
        differs(
            "messages[].content[].document",
            document(plain("A"), json!({})),
            document(plain("B"), json!({})),
        ),
        differs(
            "messages[].content[].document",
            nested(json!({ "type": "document", "source": pdf() })),
            called(json!({}), json!({ "content": [] })),
        ),
        stands("messages[].content[].document.url", document(address, json!({}))),
        differs(
            "messages[].content[].document.title",
            document(plain("A"), json!({ "title": "T" })),
            document(plain("A"), json!({})),
        ),
        differs(
            "messages[].content[].document.title",
            document(pdf(), json!({ "title": "T" })),
            document(pdf(), json!({})),
        ),
        differs(
            "messages[].content[].document.context",
            document(plain("A"), json!({ "context": "C" })),
            document(plain("A"), json!({})),
        ),
        differs(
            "messages[].content[].document.context",
            document(pdf(), json!({ "context": "C" })),
            document(pdf(), json!({})),
        ),
        differs(
            "messages[].content[].document.context",
            nested(json!({ "type": "document", "source": plain("A"), "context": "C" })),
            nested(json!({ "type": "document", "source": plain("A") })),
        ),
        differs(
            "messages[].content[].document.citations",
            document(pdf(), json!({ "citations": { "enabled": true } })),
            document(pdf(), json!({})),
        ),
        differs(
            "messages[].content[].document.citations",
            nested(json!({ "type": "document", "source": plain("A"), "citations": { "enabled": true } })),
            nested(json!({ "type": "document", "source": plain("A") })),
        ),
    ]
}

fn calls() -> Vec<Sample> {
    let both = |call: Value, result: Value| called(call, result);
    let caller = json!({ "type": "code_execution_20250825", "tool_id": "srvtoolu_1" });
    vec![
        differs(
            "messages[].content[].tool_use",
            both(json!({}), json!({})),
            both(json!({ "input": { "a": 2 } }), json!({})),
        ),
        differs(
            "messages[].content[].tool_use.caller",
            both(json!({ "caller": caller }), json!({})),
            both(json!({}), json!({})),
        ),
        differs(
            "messages[].content[].tool_use.toolset_name",
            both(json!({ "toolset_name": "browser" }), json!({})),
            both(json!({}), json!({})),
        ),
        differs(
            "messages[].content[].tool_result",
            both(json!({}), json!({})),
            both(json!({}), json!({ "content": "43" })),
        ),
        differs(
            "messages[].content[].tool_result.is_error",
            both(json!({}), json!({ "is_error": true })),
            both(json!({}), json!({})),
        ),
        differs(
            "messages[].content[].tool_result.toolset_name",
            both(json!({}), json!({ "toolset_name": "browser" })),
            both(json!({}), json!({})),
        ),
        differs(
            "messages[].content[].tool_result.content[].tool_reference",
            both(json!({}), json!({ "content": [{ "type": "tool_reference", "tool_name": "f" }] })),
            both(json!({}), json!({ "content": [{ "type": "tool_reference", "tool_name": "g" }] })),
        ),
    ]
}

fn tools() -> Vec<Sample> {
    let none = || tool(json!({}), json!({}));
    let choice = |choice: Value| tool(json!({}), json!({ "tool_choice": choice }));
    let with = |field: &'static str, member: &str, value: Value| {
        differs(field, tool(json!({ member: value }), json!({})), none())
    };
    vec![
        differs("tools", none(), json!({})),
        with("tools[].name", "name", "sub".into()),
        with("tools[].description", "description", "Adds".into()),
        with(
            "tools[].input_schema",
            "input_schema",
            json!({ "type": "object", "properties": { "a": { "type": "integer" } } }),
        ),
        with("tools[].strict", "strict", true.into()),
        with("tools[].input_examples", "input_examples", json!([{ "a": 1 }])),
        with("tools[].allowed_callers", "allowed_callers", json!(["code_execution_20250825"])),
        with("tools[].defer_loading", "defer_loading", true.into()),
        with("tools[].eager_input_streaming", "eager_input_streaming", true.into()),
        with("tools[].cache_control", "cache_control", json!({ "type": "ephemeral" })),
        stands("tools[].type", json!({ "tools": [{ "type": "web_search_20250305", "name": "web_search" }] })),
        stands("tools[].type", json!({ "tools": [{ "type": "bash_20250124", "name": "bash" }] })),
        differs("tool_choice", choice(json!({ "type": "any" })), choice(json!({ "type": "auto" }))),
        differs("tool_choice", choice(json!({ "type": "none" })), choice(json!({ "type": "auto" }))),
        differs(
            "tool_choice",
            choice(json!({ "type": "tool", "name": "add" })),
            choice(json!({ "type": "auto" })),
        ),
        differs(
            "tool_choice.disable_parallel_tool_use",
            choice(json!({ "type": "auto", "disable_parallel_tool_use": true })),
            choice(json!({ "type": "auto" })),
        ),
    ]
}

fn settings() -> Vec<Sample> {
    let alone = |field: &'static str, value: Value| differs(field, json!({ field: value }), json!({}));
    let output = |member: &str, value: Value| json!({ "output_config": { member: value } });
    let thinks = |members: Value| json!({ "thinking": members, "max_tokens": 8000 });
    let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let mut all: Vec<Sample> = [
        ("stop_sequences", json!(["END"])),
        ("temperature", json!(0.5)),
        ("top_p", json!(0.5)),
        ("top_k", json!(5)),
        ("cache_control", json!({ "type": "ephemeral" })),
        ("container", json!({ "id": "container_1" })),
        ("container", json!("container_1")),
        ("mcp_servers", json!([{ "type": "url", "name": "a", "url": "https://example.com" }])),
        ("context_management", json!({ "edits": [{ "type": "clear_tool_uses_20250919" }] })),
        ("inference_geo", json!("eu")),
        ("speed", json!("fast")),
        ("diagnostics", json!({ "previous_message_id": "msg_1" })),
        ("user_profile_id", json!("a")),
        ("workspace_id", json!("a")),
        ("billing_policy", json!({ "type": "a", "bill_to": "b" })),
        ("compaction", json!({ "type": "summarize" })),
        ("fallbacks", json!([{ "model": "claude-haiku-4-5" }])),
        ("fallback_credit_token", json!("a")),
        ("thread", json!({ "type": "continue", "previous_message_id": "msg_1" })),
    ]
    .into_iter()
    .map(|(field, value)| alone(field, value))
    .collect();
    all.extend([
        differs("max_tokens", json!({ "max_tokens": 5 }), json!({ "max_tokens": 6 })),
        alone("service_tier", json!("standard_only")).on(Wire::Chat),
        stands("service_tier", json!({ "service_tier": "standard_only" })).on(Wire::Gemini),
        stands("stream", json!({ "stream": true })),
        differs(
            "thinking",
            thinks(json!({ "type": "enabled", "budget_tokens": 2048 })),
            thinks(json!({ "type": "enabled", "budget_tokens": 20000 })),
        )
        .reasoning(),
        stands("thinking.display", thinks(json!({ "type": "adaptive", "display": "omitted" }))).reasoning(),
        differs("output_config.effort", output("effort", "low".into()), json!({})).reasoning(),
        differs(
            "output_config.format",
            output("format", json!({ "type": "json_schema", "schema": schema })),
            json!({}),
        ),
        differs(
            "output_config.task_budget",
            output("task_budget", json!({ "type": "tokens", "total": 20000 })),
            json!({}),
        ),
        differs("metadata.user_id", json!({ "metadata": { "user_id": "ada" } }), json!({})),
    ]);
    all
}
