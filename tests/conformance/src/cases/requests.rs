//! Requests that are wrong: each gets a 4xx in OpenAI's shape before anything is sent upstream.

use std::sync::LazyLock;

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::{message, refused};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::BODY_SIZE_LIMIT,
    verdict::{Verdict, check, holds, same},
};

/// A body, the status it gets, and what the message has to mention.
struct Row {
    name: &'static str,
    body: fn() -> Vec<u8>,
    status: u16,
    mention: &'static str,
}

macro_rules! row {
    ($name:literal, $body:literal, $status:literal, $mention:literal) => {
        Row { name: $name, body: || $body.to_vec(), status: $status, mention: $mention }
    };
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    vec![
        row!("no body", b"", 400, ""),
        row!("text that is not JSON", b"model=openai/ok", 400, ""),
        row!("a body that breaks off", b"{\"model\":\"openai/ok\",\"messages\":[", 400, ""),
        row!("a comma too many", b"{\"model\":\"openai/ok\",\"messages\":[],}", 400, ""),
        row!("something after the end", b"{\"model\":\"openai/ok\",\"messages\":[]} x", 400, ""),
        row!("two documents", b"{\"model\":\"openai/ok\"}{\"model\":\"openai/ok\"}", 400, ""),
        row!("a list", b"[{\"model\":\"openai/ok\"}]", 400, ""),
        row!("a number", b"7", 400, ""),
        row!("single quotes", b"{'model':'openai/ok'}", 400, ""),
        row!("a raw newline in a string", b"{\"model\":\"openai/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}", 400, ""),
        row!("the model twice", b"{\"model\":\"openai/ok\",\"model\":\"openai/tool\",\"messages\":[]}", 400, "model"),
        row!("the model twice, once escaped", b"{\"model\":\"openai/ok\",\"m\\u006fdel\":\"openai/tool\",\"messages\":[]}", 400, "model"),
        row!("messages twice", b"{\"model\":\"openai/ok\",\"messages\":[],\"messages\":[]}", 400, "messages"),
        row!("stream twice", b"{\"model\":\"openai/ok\",\"stream\":true,\"messages\":[],\"stream\":false}", 400, "stream"),
        row!("an unknown member twice", b"{\"model\":\"openai/ok\",\"x\":1,\"messages\":[],\"x\":2}", 400, "x"),
        row!("a byte that is not UTF-8", b"{\"model\":\"openai/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", 400, ""),
        row!("a character cut in two", b"{\"model\":\"openai/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"\xe2\x82\"}]}", 400, ""),
        row!("half a surrogate pair", b"{\"model\":\"openai/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"}]}", 400, ""),
        row!("a leading zero", b"{\"model\":\"openai/ok\",\"seed\":01,\"messages\":[]}", 400, ""),
        row!("NaN", b"{\"model\":\"openai/ok\",\"temperature\":NaN,\"messages\":[]}", 400, ""),
        row!("no model", b"{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400, "model"),
        row!("a model that is null", b"{\"model\":null,\"messages\":[]}", 400, "model"),
        row!("a model that is a number", b"{\"model\":7,\"messages\":[]}", 400, "model"),
        row!("an empty model", b"{\"model\":\"\",\"messages\":[]}", 400, "model"),
        row!("stream that is a text", b"{\"model\":\"openai/ok\",\"stream\":\"yes\",\"messages\":[]}", 400, "stream"),
        row!("no messages, translated", b"{\"model\":\"anthropic/ok\"}", 400, "messages"),
        row!("messages that are a text, translated", b"{\"model\":\"anthropic/ok\",\"messages\":\"hi\"}", 400, "messages"),
        row!("an unknown role, translated", b"{\"model\":\"anthropic/ok\",\"messages\":[{\"role\":\"wizard\",\"content\":\"hi\"}]}", 400, "messages[0]"),
        row!("an unknown kind of content, translated", b"{\"model\":\"anthropic/ok\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"smell\"}]}]}", 400, "smell"),
        row!("a temperature that is a text, translated", b"{\"model\":\"anthropic/ok\",\"temperature\":\"hot\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400, "temperature"),
        Row { name: "lists ten thousand deep", body: || nested(10_000), status: 400, mention: "" },
        Row { name: "a body over the limit", body: || padded(BODY_SIZE_LIMIT + 1), status: 413, mention: "" },
        Row { name: "a body of 8 MB", body: || padded(8_000_000), status: 413, mention: "" },
    ]
});

fn nested(depth: usize) -> Vec<u8> {
    let lists = "[".repeat(depth) + &"]".repeat(depth);
    format!("{{\"model\":\"openai/ok\",\"messages\":{lists}}}").into_bytes()
}

fn padded(size: usize) -> Vec<u8> {
    let mut body = b"{\"model\":\"openai/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"".to_vec();
    body.resize(size - 4, b'x');
    body.extend_from_slice(b"\"}]}");
    body
}

pub(super) fn cases() -> Vec<Case> {
    let rows = ROWS.iter().map(|row| {
        let case = Case::new("requests", row.name, move |hands| bad_body(hands, row));
        let body = (row.body)();
        match () {
            () if std::str::from_utf8(&body).is_err() => case.needs(Ability::RawBodies),
            () if body.len() > 6_000_000 => case.needs(Ability::LargeBodies),
            () => case,
        }
    });
    let mut cases: Vec<Case> = rows.collect();
    cases.extend([
        Case::new("requests", "a body just below the limit is served", just_fits),
        Case::new("requests", "a body that is no JSON by its type is 415", wrong_type),
        Case::new("requests", "a charset beside the type does no harm", charset),
        Case::new("requests", "what the provider refuses is the provider's 400", providers_refusal),
        Case::new("requests", "an unknown path is 404", no_path),
        Case::new("requests", "a path with a tail is 404", tail),
        Case::new("requests", "GET on chat is 405 and says what is allowed", get_chat),
        Case::new("requests", "POST on models is 405 and says what is allowed", post_models),
        Case::new("requests", "DELETE on health is 405", delete_health),
    ]);
    cases
}

async fn bad_body(hands: Hands, row: &'static Row) -> Verdict {
    let body = Bytes::from((row.body)());
    let send =
        || hands.post("/v1/chat/completions", body.clone()).header("content-type", "application/json").send();
    let mut answer = send().await;
    for _ in 0..4 {
        // A server that has answered may close before it has read all, and the answer is lost on its way.
        if answer.is_err() && body.len() > BODY_SIZE_LIMIT {
            answer = send().await;
        }
    }
    let answer = answer?;
    let error = refused(&answer, row.status)?;
    holds("the message or param", &format!("{} {}", message(&error), error["param"]), row.mention)
}

async fn just_fits(hands: Hands) -> Verdict {
    let answer = hands
        .chat("openai/ok.n-2")
        .with("x_padding", json!("x".repeat(BODY_SIZE_LIMIT - 1000)))
        .send()
        .await?;
    same("status", answer.status.as_u16(), 200)
}

async fn wrong_type(hands: Hands) -> Verdict {
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"] {
        let ask = hands.chat("openai/ok.n-2").without_header("content-type").header("content-type", kind);
        refused(&ask.send().await?, 415)?;
    }
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn charset(hands: Hands) -> Verdict {
    let ask = hands.chat("openai/ok.n-2").without_header("content-type");
    let answer = ask.header("content-type", "application/json; charset=utf-8").send().await?;
    same("status", answer.status.as_u16(), 200)
}

async fn providers_refusal(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-2").with("messages", json!([])).send().await?;
    let error = refused(&answer, 400)?;
    let gateway_or_provider = message(&error).contains("messages");
    check(gateway_or_provider, || format!("the message does not name the field: {error}"))
}

async fn no_path(hands: Hands) -> Verdict {
    for path in ["/v1/nothing", "/v1", "/v1/chat", "/v2/chat/completions", "/nothing"] {
        refused(&hands.get(path).send().await?, 404)?;
    }
    Ok(())
}

async fn tail(hands: Hands) -> Verdict {
    let ask = hands.post("/v1/chat/completions/more", "{}").header("content-type", "application/json");
    refused(&ask.send().await?, 404).map(drop)
}

async fn get_chat(hands: Hands) -> Verdict {
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = hands.ask(method, "/v1/chat/completions", Bytes::new()).send().await?;
        refused(&answer, 405)?;
        holds("allow", answer.header("allow"), "POST")?;
    }
    Ok(())
}

async fn post_models(hands: Hands) -> Verdict {
    for path in ["/v1/models", "/v1/models/openai/ok", "/version"] {
        let answer = hands.post(path, "{}").header("content-type", "application/json").send().await?;
        refused(&answer, 405)?;
        holds("allow", answer.header("allow"), "GET")?;
    }
    Ok(())
}

async fn delete_health(hands: Hands) -> Verdict {
    let answer = hands.ask(Method::DELETE, "/health", Bytes::new()).send().await?;
    same("status", answer.status.as_u16(), 405)?;
    holds("allow", answer.header("allow"), "GET")
}
