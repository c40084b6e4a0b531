//! Claude Code against any model: its requests in their real shapes, a session long.
//!
//! What it sends was taken from what others have published of its traffic, versions 2.1 of 2026: a
//! line for Anthropic's accounts at the head of the system prompt, cache marks, some twenty tools with
//! all that JSON Schema can say, a long list of betas, members of its own, results with pictures and
//! failures, small requests beside the large ones, and probes. The words are our own.

use http::Method;
use serde_json::{Value, json};

use super::{PROVIDERS, recorded_requests::strings};
use crate::{
    case::{Ask, Case, Hands},
    front::Front,
    reading::anthropic,
    verdict::{Verdict, check, holds, same},
};

/// Its tools. Names and schemas are as it has them.
const TOOLS: &str = include_str!("../../fixtures/coding_agent_tools.json");

const BETAS: &str = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,\
    prompt-caching-scope-2026-01-05,effort-2025-11-24,structured-outputs-2025-12-15,redact-thinking-2026-02-12";

/// One pixel.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A model behind each wire that thinks, and the small one beside it.
const MODELS: &[(&str, &str, &str)] = &[
    ("openai", "gpt-5-2025-08-07~", "gpt-5-mini-2025-08-07~"),
    ("anthropic", "claude-opus-4-8-20260601~", "claude-haiku-4-5-20251001~"),
    ("gemini", "gemini-3-flash-preview~", "gemini-2.5-flash-lite~"),
];

/// How it has a model think: newer ones by effort, older ones by a budget.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thinking {
    Adaptive,
    Budget,
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (provider, large, small) in MODELS.iter().filter(|row| PROVIDERS.contains(&row.0)) {
        let named = |what: &str| format!("{what} ({provider})");
        cases.push(Case::new("claude code", named("a session with adaptive thinking"), move |hands| {
            session(hands, provider, large, Thinking::Adaptive)
        }));
        let older = if *provider == "anthropic" { "claude-sonnet-4-5-20250929~" } else { large };
        cases.push(Case::new("claude code", named("a session with a budget"), move |hands| {
            session(hands, provider, older, Thinking::Budget)
        }));
        cases.push(Case::new("claude code", named("a title by the small model"), move |hands| {
            title(hands, provider, small)
        }));
        cases.push(Case::new("claude code", named("the probe of a model"), move |hands| {
            probe(hands, provider, large)
        }));
        cases.push(Case::new("claude code", named("counts of tokens, with tools"), move |hands| {
            counts(hands, provider, large)
        }));
    }
    cases.push(Case::new("claude code", "the first connection", hello));
    cases
}

/// A request as it sends every one.
fn sent(hands: &Hands, path: &str, body: Value) -> Ask {
    let ask = hands.post(&format!("{path}?beta=true"), "").spoken(Front::Messages).saying(body);
    [
        ("anthropic-beta", BETAS),
        ("anthropic-dangerous-direct-browser-access", "true"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("user-agent", "claude-cli/2.1.273 (external, cli)"),
        ("x-app", "cli"),
        ("x-claude-code-session-id", "0a1b2c3d-0000-4000-8000-000000000000"),
        ("x-stainless-arch", "arm64"),
        ("x-stainless-helper-method", "stream"),
        ("x-stainless-lang", "js"),
        ("x-stainless-os", "MacOS"),
        ("x-stainless-package-version", "0.94.0"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-runtime", "node"),
        ("x-stainless-runtime-version", "v24.3.0"),
        ("x-stainless-timeout", "600"),
    ]
    .iter()
    .fold(ask, |ask, (name, value)| ask.header(name, value))
}

/// Its name for the user: an object as text, longer than most providers take.
fn metadata() -> Value {
    let device = "7f".repeat(32);
    let session = "0a1b2c3d-0000-4000-8000-000000000000";
    let user = json!({"device_id": device, "account_uuid": "", "session_id": session});
    json!({"user_id": user.to_string()})
}

/// The head of its system prompt; the nonce is another in every request.
fn system(nonce: usize) -> Value {
    let billing =
        format!("x-anthropic-billing-header: cc_version=2.1.273.0d9; cc_entrypoint=cli; cch={nonce:05x};");
    let long = json!({"type": "ephemeral", "ttl": "1h", "scope": "global"});
    json!([
        {"type": "text", "text": billing},
        {"type": "text", "text": "You are a coding agent in a terminal.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Follow the house rules: small steps, tests first. ".repeat(40), "cache_control": long},
        {"type": "text", "text": "Working directory: /home/dev/bridge\nPlatform: linux\nToday: 2026-11-21"},
    ])
}

/// All of its tools; those of servers are to be loaded when a search has found them.
fn tools() -> Value {
    let mut tools: Value = serde_json::from_str(TOOLS).unwrap_or_default();
    for tool in tools.as_array_mut().into_iter().flatten() {
        if tool["name"].as_str().is_some_and(|name| name.starts_with("mcp__")) {
            tool["defer_loading"] = json!(true);
        }
    }
    tools
}

/// The body of a turn.
fn turn(model: &str, messages: &[Value], thinking: Thinking) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages,
        "system": system(messages.len()),
        "tools": tools(),
        "metadata": metadata(),
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
        "stream": true,
    });
    if thinking == Thinking::Budget {
        body["thinking"] = json!({"type": "enabled", "budget_tokens": 31_999});
        body.as_object_mut().map(|body| body.remove("output_config"));
    }
    body
}

/// What the tools answer, turn by turn: a text, a text beside a picture, a tool that was searched for,
/// a failure.
fn result(turn: usize, id: &Value) -> Value {
    let picture =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}});
    let (content, failed) = match turn {
        0 => (json!("     1\u{2192}fn main() {}\n"), false),
        1 => (json!([{"type": "text", "text": "Read image (1x1)"}, picture]), false),
        2 => (json!([{"type": "tool_reference", "tool_name": "mcp__tracker__create_issue"}]), false),
        _ => (
            json!([{"type": "text", "text": "<tool_use_error>File has not been read yet.</tool_use_error>"}]),
            true,
        ),
    };
    let mut block = json!({"type": "tool_result", "tool_use_id": id, "content": content});
    if failed {
        block["is_error"] = json!(true);
    }
    block
}

/// The user's words, among what the program adds to them.
fn asked(hands: &Hands) -> Value {
    json!({"role": "user", "content": [
        {"type": "text", "text": "<system-reminder>\nThe list of tasks is empty.\n</system-reminder>"},
        {"type": "text", "text": format!("Why does the bridge test fail? ({})", hands.token)},
        {"type": "text", "text": "And mend it.", "cache_control": {"type": "ephemeral"}},
    ]})
}

/// Four turns with tools and the answer, everything that came sent back as it came.
async fn session(hands: Hands, provider: &'static str, model: &'static str, thinking: Thinking) -> Verdict {
    const TURNS: usize = 4;
    let model =
        format!("{provider}/{}", hands.model(&format!("{model}loop.turns-{TURNS}.think.systemturns")));
    let mut messages = vec![asked(&hands)];
    for number in 0..=TURNS {
        let body = turn(&model, &messages, thinking);
        let mut answer = sent(&hands, "/v1/messages", body.clone()).open().await?;
        if answer.live.status != 200 {
            let refused = answer.live.whole().await;
            return check(false, || format!("turn {number}: {}", refused.text()));
        }
        let dropped = answer.header("x-tollbridge-dropped").to_owned();
        let reading = answer.rest().await?;
        same("error", reading.error, None)?;
        super::messages::check_form(&answer.events)?;
        let upstream = hands.seen().await?.pop().map(|seen| seen.json()).unwrap_or_default();
        arrived(provider, &body, &upstream, &dropped)?;
        let content = anthropic::content(&answer.events);
        if number == TURNS {
            check(reading.text.starts_with("settled: "), || format!("the answer is {:?}", reading.text))?;
            return same("finish", reading.finish.as_str(), "stop");
        }
        same("finish", reading.finish.as_str(), "tool_calls")?;
        let used: Vec<&Value> = content.iter().filter(|block| block["type"] == "tool_use").collect();
        let results: Vec<Value> = used.iter().map(|block| result(number, &block["id"])).collect();
        let mut results = results;
        results.push(json!({"type": "text", "text": "<system-reminder>Go on.</system-reminder>"}));
        messages.push(json!({"role": "assistant", "content": content}));
        messages.push(json!({"role": "user", "content": results}));
        if number == 0 {
            // Newer models are told in this way what has changed meanwhile.
            messages
                .push(json!({"role": "system", "content": "The file /home/dev/bridge/pier.rs has changed."}));
        }
    }
    Ok(())
}

/// All that was said is upstream: to Anthropic as it was, to others each text, tool, call and picture.
fn arrived(provider: &str, body: &Value, upstream: &Value, dropped: &str) -> Verdict {
    if provider == "anthropic" {
        let mut body = body.clone();
        body["model"] = upstream["model"].clone();
        return same("the body upstream", upstream, &body);
    }
    let mut there = Vec::new();
    strings(upstream, &mut there);
    let all = there.join("\n");
    check(!all.contains("x-anthropic-billing-header"), || "the line for Anthropic's accounts".to_owned())?;
    holds("x-tollbridge-dropped", dropped, "x-anthropic-billing-header")?;
    for tool in body["tools"].as_array().into_iter().flatten() {
        let name = tool["name"].as_str().unwrap_or_default();
        check(there.iter().any(|text| text == name), || format!("the tool {name} is lost"))?;
    }
    for message in body["messages"].as_array().into_iter().flatten() {
        let plain = message["content"].as_str().unwrap_or_default();
        check(all.contains(plain), || format!("lost: {plain}"))?;
        for block in message["content"].as_array().into_iter().flatten() {
            let mut said = Vec::new();
            match block["type"].as_str() {
                Some("text" | "image") => strings(&block["text"], &mut said),
                Some("tool_use") => strings(&block["input"], &mut said),
                Some("tool_result") => {
                    for part in block["content"].as_array().into_iter().flatten() {
                        strings(&part["text"], &mut said);
                        strings(&part["source"]["data"], &mut said);
                        strings(&part["tool_name"], &mut said);
                    }
                    said.extend(block["content"].as_str().map(str::to_owned));
                }
                _ => {}
            }
            let lost = said.iter().find(|text| !all.contains(text.trim()));
            check(lost.is_none(), || format!("lost: {lost:?}"))?;
        }
    }
    Ok(())
}

async fn title(hands: Hands, provider: &'static str, small: &'static str) -> Verdict {
    let schema = json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
        "additionalProperties": false});
    let body = json!({
        "model": format!("{provider}/{}", hands.model(&format!("{small}json"))),
        "max_tokens": 32_000,
        "temperature": 1,
        "system": system(7),
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Why does the bridge test fail?"}]}],
        "tools": [],
        "metadata": metadata(),
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "stream": true,
    });
    let mut answer = sent(&hands, "/v1/messages", body).open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let reading = answer.rest().await?;
    same("the title", reading.text.as_str(), r#"{"title":"settled"}"#)
}

/// What it asks of a model to see whether it may, and how much is left.
async fn probe(hands: Hands, provider: &'static str, model: &'static str) -> Verdict {
    let body = json!({
        "model": format!("{provider}/{}", hands.model(&format!("{model}length.n-1"))),
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "quota"}],
        "metadata": metadata(),
    });
    let answer = sent(&hands, "/v1/messages", body).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("stop_reason", answer.json()["stop_reason"].as_str(), Some("max_tokens"))
}

async fn counts(hands: Hands, provider: &'static str, model: &'static str) -> Verdict {
    let model = format!("{provider}/{}", hands.model(&format!("{model}ok.pt-4000")));
    let body = json!({"model": model, "messages": [{"role": "user", "content": "foo"}], "tools": tools()});
    let answer = sent(&hands, "/v1/messages/count_tokens", body).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let count = answer.json()["input_tokens"].as_u64().unwrap_or_default();
    let estimated = answer.header("x-tollbridge-estimated") == "true";
    match provider {
        "openai" => check(estimated && (3_000..12_000).contains(&count), || format!("{count} tokens")),
        _ => check(!estimated && count == 4_000, || format!("{count} tokens, estimated: {estimated}")),
    }
}

/// It opens its connection with a request that wants nothing.
async fn hello(hands: Hands) -> Verdict {
    for method in [Method::HEAD, Method::GET] {
        let answer = hands.ask(method, "/api/hello", bytes::Bytes::new()).no_key().send().await?;
        same("status", answer.status.as_u16(), 200)?;
    }
    let answer = hands.ask(Method::HEAD, "/", bytes::Bytes::new()).no_key().send().await?;
    check(answer.status.is_client_error() && answer.body.is_empty(), || format!("{}", answer.status))
}
