//! Callers who speak Anthropic's Messages: its sequence of events to the letter, its errors, counts
//! of tokens, models in its dialect, and bytes that pass through where Anthropic is behind.

use serde_json::{Value, json};
use tollbridge_upstream::passage;

use super::PROVIDERS;
use crate::{
    case::{Ask, Case, Hands},
    fixture::{APP_KEY, BODY_SIZE_LIMIT, WRONG_KEY},
    front::{Front, Setting},
    reading::anthropic,
    sse::Event,
    verdict::{Verdict, check, fail, holds, same},
};

/// An upstream's status, and the type of error that the caller is told.
const ERRORS: &[(u16, &str)] = &[
    (400, "invalid_request_error"),
    (404, "not_found_error"),
    (413, "request_too_large"),
    (500, "api_error"),
    (529, "overloaded_error"),
];

/// Requests that are wrong: what is changed, the status, the type, and what the message mentions.
type Wrong = (&'static str, fn(Ask) -> Ask, u16, &'static str, &'static str);

const WRONG: &[Wrong] = &[
    ("no max_tokens", |ask| ask.with("max_tokens", Value::Null), 400, "invalid_request_error", "max_tokens"),
    (
        "an unknown role",
        |ask| ask.with("messages", json!([{"role": "wizard", "content": "hi"}])),
        400,
        "invalid_request_error",
        "messages.0.role",
    ),
    (
        "a block without a type",
        |ask| ask.with("messages", json!([{"role": "user", "content": [{}]}])),
        400,
        "invalid_request_error",
        "messages.0.content.0.type",
    ),
    (
        "a model that nobody has",
        |ask| ask.with("model", json!("no-such-model")),
        404,
        "not_found_error",
        "no-such-model",
    ),
    ("a wrong key", |ask| ask.x_api_key(WRONG_KEY), 401, "authentication_error", ""),
    ("no key", |ask| ask.no_key(), 401, "authentication_error", ""),
    (
        "a body over the limit",
        |ask| ask.with("system", json!("x".repeat(BODY_SIZE_LIMIT))),
        413,
        "request_too_large",
        "",
    ),
    (
        "a tool that only Anthropic runs",
        |ask| ask.with("tools", json!([{"type": "web_search_20250305", "name": "web_search"}])),
        400,
        "invalid_request_error",
        "tools.0.type",
    ),
    (
        "a conversation that only Anthropic holds",
        |ask| ask.with("thread", json!({"type": "create"})),
        400,
        "invalid_request_error",
        "thread",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for provider in PROVIDERS {
        let named = |what: &str| format!("{what} ({provider})");
        for (status, kind) in ERRORS {
            let name = named(&format!("an upstream's {status} is {kind}"));
            cases.push(Case::new("messages", name, move |hands| refused(hands, provider, *status, kind)));
        }
        cases.push(Case::new("messages", named("a limit of the upstream"), move |hands| {
            limited(hands, provider)
        }));
        cases.push(Case::new("messages", named("an error inside of a stream"), move |hands| {
            in_band(hands, provider)
        }));
        cases.push(Case::new("messages", named("usage in message_start and message_delta"), move |hands| {
            usage_twice(hands, provider)
        }));
    }
    for (name, ask, status, kind, mention) in WRONG {
        cases.push(Case::new("messages", *name, move |hands| wrong(hands, *ask, *status, kind, mention)));
    }
    cases.extend([
        Case::new("messages", "a whole answer of Anthropic's comes back byte for byte", whole_relayed),
        Case::new("messages", "a stream of Anthropic's comes back byte for byte", stream_relayed),
        Case::new("messages", "an error of Anthropic's comes back byte for byte", error_relayed),
        Case::new("messages", "only the model is changed in a body for Anthropic", body_relayed),
        Case::new("messages", "version and betas go to Anthropic, and to nobody else", betas),
        Case::new("messages", "a key in x-api-key", key_alone),
        Case::new("messages", "Anthropic counts its own tokens", counted),
        Case::new("messages", "Gemini counts its own tokens", counted_by_gemini),
        Case::new("messages", "a refused count keeps its words", count_refused),
        Case::new("messages", "other providers' tokens are estimated, and marked so", estimated),
        Case::new("messages", "models are listed in its dialect", models),
        Case::new("messages", "losses are named", losses),
    ]);
    cases
}

/// Anthropic's sequence: a start, then for each block one start, its deltas and one stop, in order,
/// then a delta with the reason and the usage, then the stop. Names repeat what the data says.
pub(super) fn check_form(events: &[Event]) -> Verdict {
    let mut open: Option<u64> = None;
    let mut blocks = 0;
    let mut kinds = Vec::new();
    for event in events {
        let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
        let kind = data["type"].as_str().unwrap_or_default().to_owned();
        same("the event's name", event.name.as_deref(), Some(kind.as_str()))?;
        let index = data["index"].as_u64();
        match kind.as_str() {
            "ping" => continue,
            "content_block_start" => {
                same("the open block at a start", open, None)?;
                same("the index of a start", index, Some(blocks))?;
                open = index;
                blocks += 1;
            }
            "content_block_delta" => same("the index of a delta", index, open)?,
            "content_block_stop" => {
                same("the index of a stop", index, open)?;
                open = None;
            }
            _ => same("the open block at the end", open, None)?,
        }
        if !kind.starts_with("content_block") || kinds.last() != Some(&kind) {
            kinds.push(kind);
        }
    }
    let outer: Vec<&str> =
        kinds.iter().map(String::as_str).filter(|kind| !kind.starts_with("content")).collect();
    same("the events around the blocks", outer, vec!["message_start", "message_delta", "message_stop"])?;
    let within =
        kinds.len() == 3 || kinds[1].starts_with("content") && kinds[kinds.len() - 3].starts_with("content");
    check(within, || format!("blocks are not between start and delta: {kinds:?}"))
}

fn ask(hands: &Hands, model: &str) -> Ask {
    hands.asks(Front::Messages, model)
}

async fn refused(hands: Hands, provider: &'static str, status: u16, kind: &'static str) -> Verdict {
    for stream in [false, true] {
        let script = format!("{provider}-faulty/error.status-{status}");
        let answer = ask(&hands, &script).streamed_if(stream).send().await?;
        same("status", answer.status.as_u16(), status)?;
        let error = Front::Messages.error(&answer)?;
        same("type", error["type"].as_str(), Some(kind))?;
        let words = if status == 404 { "does not exist" } else { "says the stand-in" };
        holds("message", error["message"].as_str().unwrap_or_default(), words)?;
    }
    Ok(())
}

async fn limited(hands: Hands, provider: &'static str) -> Verdict {
    let answer = ask(&hands, &format!("{provider}-limits-6/error.status-429.retry-3600")).send().await?;
    same("status", answer.status.as_u16(), 429)?;
    same("type", Front::Messages.error(&answer)?["type"].as_str(), Some("rate_limit_error"))?;
    same("retry-after", answer.header("retry-after"), "3600")
}

async fn in_band(hands: Hands, provider: &'static str) -> Verdict {
    let mut answer = ask(&hands, &format!("{provider}-faulty/ok.n-20.midfail-6")).stream().open().await?;
    let reading = answer.rest().await?;
    check(reading.error.is_some_and(|message| message.contains("says the stand-in")), || {
        "the provider's words are lost".to_owned()
    })?;
    let last = answer.events.last().cloned().unwrap_or_default();
    same("the last event", last.name.as_deref(), Some("error"))?;
    let data: Value = serde_json::from_str(&last.data.unwrap_or_default()).unwrap_or_default();
    // OpenAI's error objects do not say how full it is.
    let kind = if provider == "openai" { "api_error" } else { "overloaded_error" };
    same("its type", data["error"]["type"].as_str(), Some(kind))
}

async fn usage_twice(hands: Hands, provider: &'static str) -> Verdict {
    let script = format!("{provider}/ok.n-9.pt-100.ct-9.cached-60");
    let mut answer = ask(&hands, &script).stream().open().await?;
    answer.rest().await?;
    let told = |name: &str, place: &str| {
        let event = answer.events.iter().find(|event| event.name.as_deref() == Some(name));
        let data: Value = serde_json::from_str(event?.data.as_deref()?).ok()?;
        data.pointer(place).cloned()
    };
    let start = told("message_start", "/message/usage").unwrap_or_default();
    check(start["input_tokens"].is_u64() && start["output_tokens"].is_u64(), || {
        format!("usage of message_start: {start}")
    })?;
    let end = told("message_delta", "/usage").unwrap_or_default();
    same("output tokens", end["output_tokens"].as_u64(), Some(9))?;
    same("input tokens, less those of the cache", end["input_tokens"].as_u64(), Some(40))?;
    same("tokens of the cache", end["cache_read_input_tokens"].as_u64(), Some(60))
}

async fn wrong(
    hands: Hands,
    change: fn(Ask) -> Ask,
    status: u16,
    kind: &'static str,
    mention: &'static str,
) -> Verdict {
    for stream in [false, true] {
        let answer = change(ask(&hands, "openai/ok.n-2").streamed_if(stream)).send().await?;
        same("status", answer.status.as_u16(), status)?;
        let error = Front::Messages.error(&answer)?;
        same("type", error["type"].as_str(), Some(kind))?;
        holds("message", error["message"].as_str().unwrap_or_default(), mention)?;
    }
    same("requests upstream", hands.seen().await?.len(), 0)
}

/// What is laid down at the stand-in, and has to come back.
async fn relayed(hands: &Hands, status: u16, kind: &str, body: &str) -> Verdict {
    let headers = json!({"content-type": kind, "request-id": "req_up"});
    let steps: Vec<Value> = body.split_inclusive("\n\n").map(|piece| json!({"send": piece})).collect();
    hands.lay_down(json!([{"status": status, "headers": headers, "steps": steps}])).await?;
    let stream = kind.starts_with("text/event-stream");
    let provider = if status == 200 { "anthropic" } else { "anthropic-faulty" };
    let answer = ask(hands, &format!("{provider}/answers")).streamed_if(stream).send().await?;
    same("status", answer.status.as_u16(), status)?;
    same("body", answer.text().as_str(), body)
}

async fn whole_relayed(hands: Hands) -> Verdict {
    let body = r#"{ "id":"msg_1", "type":"message","role":"assistant", "model":"claude-x","of_the_future": [1, 2.50, {"é": null}],
        "content":[{"type":"text","text":"Gr\u00fc\u00dfe 🌉"},{"type":"hologram","data":"?"}],
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1,"new_tokens":7}}"#;
    relayed(&hands, 200, "application/json", body).await
}

async fn stream_relayed(hands: Hands) -> Verdict {
    let start = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#;
    let body = [
        ("message_start", start),
        ("content_block_start", r#"{"type": "content_block_start", "index":0,"content_block":{"type":"hologram","data":""}}"#),
        ("ping", r#"{"type":"ping"}"#),
        ("content_block_delta", r#"{"type":"content_block_delta","index":0,"delta":{"type":"hologram_delta","data":"Gr\u00fc\u00dfe"}}"#),
        ("content_block_stop", r#"{"type":"content_block_stop","index":0 }"#),
        ("message_of_the_future", r#"{"type":"message_of_the_future"}"#),
        ("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#),
        ("message_stop", r#"{"type":"message_stop"}"#),
    ]
    .map(|(name, data)| format!("event: {name}\ndata: {data}\n\n"))
    .concat();
    relayed(&hands, 200, "text/event-stream; charset=utf-8", &body).await
}

async fn error_relayed(hands: Hands) -> Verdict {
    let body = r#"{"type":"error", "error":{"type":"invalid_request_error","message":"Too long.","details":{"error_code":"x"}},"request_id":"req_up"}"#;
    relayed(&hands, 400, "application/json", body).await
}

async fn body_relayed(hands: Hands) -> Verdict {
    let model = hands.model("ok.n-1");
    let rest = r#""max_tokens" : 9,  "temperature":1.0, "system":[ {"type":"text","text":"S","cache_control":{"type":"ephemeral","ttl":"1h"}} ],
        "messages":[ {"role":"user","content":"Zoll\tbr\u00fccke 🌉"} ] , "metadata":{"user_id":"u"}}"#;
    let body = format!("{{ \"model\" : \"anthropic/{model}\",{rest}");
    let ask = hands.post("/v1/messages?beta=true", body).header("content-type", "application/json");
    same("status", ask.header("anthropic-version", "2023-06-01").send().await?.status.as_u16(), 200)?;
    same("body upstream", hands.seen_once().await?.body, format!("{{ \"model\" : \"{model}\",{rest}"))
}

async fn betas(hands: Hands) -> Verdict {
    const BETAS: &str = "claude-code-20250219,interleaved-thinking-2025-05-14";
    let asked = |provider: &str| {
        ask(&hands, &format!("{provider}/ok.n-1"))
            .without_header("anthropic-version")
            .header("anthropic-version", "2026-10-21")
            .header("anthropic-beta", BETAS)
    };
    same("status", asked("anthropic").send().await?.status.as_u16(), 200)?;
    same("status", asked("openai").send().await?.status.as_u16(), 200)?;
    let seen = hands.seen().await?;
    let [anthropic, openai] = &seen[..] else { return fail(format!("{} requests upstream", seen.len())) };
    same("betas to Anthropic", anthropic.header("anthropic-beta"), BETAS)?;
    same("version to Anthropic", anthropic.header("anthropic-version"), "2026-10-21")?;
    same("the key to Anthropic", anthropic.header("x-api-key"), "sk-up-anthropic")?;
    same("betas to OpenAI", openai.header("anthropic-beta"), "")?;
    same("version to OpenAI", openai.header("anthropic-version"), "")
}

async fn key_alone(hands: Hands) -> Verdict {
    let answer = ask(&hands, "openai/ok.n-4").x_api_key(APP_KEY).send().await?;
    same("text", anthropic::whole(&answer.json()).text, passage::text(4))
}

/// A count of this model's tokens.
fn count(hands: &Hands, model: &str) -> Ask {
    let mut body = Front::Messages.body(&hands.model(model), "How many are these?");
    body.as_object_mut().map(|body| body.remove("max_tokens"));
    hands.post("/v1/messages/count_tokens", "").spoken(Front::Messages).saying(body).set(Setting::Tools)
}

async fn counted(hands: Hands) -> Verdict {
    let answer = count(&hands, "anthropic/ok.pt-4321")
        .header("anthropic-beta", "token-counting-2024-11-01")
        .send()
        .await?;
    same("status", answer.status.as_u16(), 200)?;
    same("the count", answer.json()["input_tokens"].as_u64(), Some(4321))?;
    same("x-tollbridge-estimated", answer.header("x-tollbridge-estimated"), "")?;
    let seen = hands.seen_once().await?;
    holds("the path upstream", &seen.path, "/messages/count_tokens")?;
    same("betas upstream", seen.header("anthropic-beta"), "token-counting-2024-11-01")?;
    same("tools upstream", seen.json()["tools"].as_array().map(Vec::len), Some(2))
}

async fn counted_by_gemini(hands: Hands) -> Verdict {
    let answer = count(&hands, "gemini/ok.pt-4321").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("the answer", answer.json(), json!({"input_tokens": 4321}))?;
    same("x-tollbridge-estimated", answer.header("x-tollbridge-estimated"), "")?;
    let seen = hands.seen_once().await?;
    holds("the path upstream", &seen.path, ":countTokens")?;
    let declared = &seen.json()["generateContentRequest"]["tools"][0]["functionDeclarations"];
    same("tools upstream", declared.as_array().map(Vec::len), Some(2))
}

async fn count_refused(hands: Hands) -> Verdict {
    let answer = count(&hands, "anthropic-faulty/error.status-400").send().await?;
    same("status", answer.status.as_u16(), 400)?;
    let error = Front::Messages.error(&answer)?;
    holds("message", error["message"].as_str().unwrap_or_default(), "says the stand-in")
}

async fn estimated(hands: Hands) -> Verdict {
    let answer = count(&hands, "openai/ok").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let small = answer.json()["input_tokens"].as_u64().unwrap_or_default();
    check((10..200).contains(&small), || format!("a short question has {small} tokens"))?;
    same("x-tollbridge-estimated", answer.header("x-tollbridge-estimated"), "true")?;
    let long = json!([{"role": "user", "content": passage::text(2000)}]);
    let answer = count(&hands, "openai/ok").with("messages", long).send().await?;
    let large = answer.json()["input_tokens"].as_u64().unwrap_or_default();
    check((1_600..2_600).contains(&large), || format!("2,000 tokens are estimated at {large}"))?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn models(hands: Hands) -> Verdict {
    let list = hands.get("/v1/models").header("anthropic-version", "2023-06-01").send().await?.json();
    let ids: Vec<&str> =
        list["data"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect();
    check(ids.contains(&"anthropic/only-claude") && ids.contains(&"smart-chat"), || {
        format!("models: {ids:?}")
    })?;
    same("has_more", &list["has_more"], &json!(false))?;
    same("first_id", list["first_id"].as_str(), ids.first().copied())?;
    same("last_id", list["last_id"].as_str(), ids.last().copied())?;
    let one =
        hands.get("/v1/models/only-claude").header("anthropic-version", "2023-06-01").send().await?.json();
    for row in [&list["data"][0], &one] {
        same("type", row["type"].as_str(), Some("model"))?;
        check(row["display_name"].is_string() && row["created_at"].is_string(), || {
            format!("a model: {row}")
        })?;
    }
    let missing = hands.get("/v1/models/no-such").header("anthropic-version", "2023-06-01").send().await?;
    same("type", Front::Messages.error(&missing)?["type"].as_str(), Some("not_found_error"))
}

async fn losses(hands: Hands) -> Verdict {
    let marked = json!([{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]);
    let asked = ask(&hands, "openai/ok.n-2").with("system", marked).with("top_k", json!(5));
    let answer = asked.send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let dropped = answer.header("x-tollbridge-dropped").to_owned();
    holds("x-tollbridge-dropped", &dropped, "cache_control")?;
    holds("x-tollbridge-dropped", &dropped, "top_k")
}
