//! What surrounds the models: health, version, request ids, browsers.

use http::Method;
use serde_json::Value;

use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::ORIGIN,
    verdict::{Verdict, check, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("plumbing", "health needs no key", health),
        Case::new("plumbing", "readiness asks the store", ready),
        Case::new("plumbing", "the version is told", version),
        Case::new("plumbing", "HEAD is answered like GET, without a body", head),
        Case::new("plumbing", "a request id is taken over and given back", id_taken),
        Case::new("plumbing", "a request id is made where there is none", id_made),
        Case::new("plumbing", "a request id that is far too long is not taken over", id_refused),
        Case::new("plumbing", "errors carry the request id too", id_in_errors),
        Case::new("plumbing", "a page of a configured origin may call", cors),
        Case::new("plumbing", "a page of another origin may not", cors_foreign).needs(Ability::Origins),
        Case::new("plumbing", "without the setting no page may call", cors_off).needs(Ability::Program),
    ]
}

async fn health(hands: Hands) -> Verdict {
    same("status", hands.get("/health").no_key().send().await?.status.as_u16(), 200)
}

async fn ready(hands: Hands) -> Verdict {
    same("status", hands.get("/health/ready").no_key().send().await?.status.as_u16(), 200)
}

async fn version(hands: Hands) -> Verdict {
    let answer = hands.get("/version").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let version = answer.json()["version"].clone();
    let looks = |version: &Value| version.as_str().is_some_and(|text| text.split('.').count() >= 3);
    check(looks(&version), || format!("no version: {}", answer.text()))
}

async fn head(hands: Hands) -> Verdict {
    let answer = hands.ask(Method::HEAD, "/health", bytes::Bytes::new()).no_key().send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("body", answer.body.len(), 0)
}

async fn id_taken(hands: Hands) -> Verdict {
    let id = format!("my-{}", hands.token);
    for provider in super::PROVIDERS {
        let answer = hands.chat(&format!("{provider}/ok.n-2")).header("x-request-id", &id).send().await?;
        same("x-request-id", answer.header("x-request-id"), id.as_str())?;
    }
    let answer = hands.chat("openai/ok.n-2").stream().header("x-request-id", &id).open().await?;
    same("x-request-id of a stream", answer.header("x-request-id"), id.as_str())
}

async fn id_made(hands: Hands) -> Verdict {
    let one = hands.chat("openai/ok.n-2").send().await?;
    let other = hands.chat("openai/ok.n-2").send().await?;
    let (one, other) = (one.header("x-request-id").to_owned(), other.header("x-request-id").to_owned());
    check(one.len() >= 8 && other.len() >= 8, || format!("the ids are {one:?} and {other:?}"))?;
    check(one != other, || format!("two requests have the id {one}"))?;
    check(!one.starts_with("req_up_"), || "the id is the provider's".to_owned())
}

async fn id_refused(hands: Hands) -> Verdict {
    let id = "x".repeat(1000);
    let answer = hands.chat("openai/ok.n-2").header("x-request-id", &id).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let given = answer.header("x-request-id");
    check(given != id && !given.is_empty(), || format!("the id became {given:?}"))
}

async fn id_in_errors(hands: Hands) -> Verdict {
    for answer in [
        hands.get("/v1/nothing").header("x-request-id", "my-own-id-1").send().await?,
        hands.chat("openai/ok.n-2").no_key().header("x-request-id", "my-own-id-1").send().await?,
        hands.chat("openai/error.status-400").header("x-request-id", "my-own-id-1").send().await?,
    ] {
        same("x-request-id", answer.header("x-request-id"), "my-own-id-1")?;
    }
    Ok(())
}

async fn cors(hands: Hands) -> Verdict {
    let preflight = hands
        .ask(Method::OPTIONS, "/v1/chat/completions", bytes::Bytes::new())
        .no_key()
        .header("origin", ORIGIN)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await?;
    check(preflight.status.is_success(), || format!("the preflight got {}", preflight.status))?;
    same("allow-origin", preflight.header("access-control-allow-origin"), ORIGIN)?;
    let allowed = preflight.header("access-control-allow-headers").to_lowercase();
    check(allowed.contains("authorization") && allowed.contains("content-type"), || {
        format!("allow-headers: {allowed}")
    })?;
    check(preflight.header("access-control-allow-methods").contains("POST"), || {
        "POST is not allowed".to_owned()
    })?;
    let answer = hands.chat("openai/ok.n-2").header("origin", ORIGIN).send().await?;
    same("allow-origin", answer.header("access-control-allow-origin"), ORIGIN)?;
    let error = hands.chat("openai/ok.n-2").no_key().header("origin", ORIGIN).send().await?;
    same("allow-origin of an error", error.header("access-control-allow-origin"), ORIGIN)
}

async fn cors_foreign(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-2").header("origin", "https://evil.example").send().await?;
    let allowed = answer.header("access-control-allow-origin");
    check(allowed != "*" && allowed != "https://evil.example", || format!("allow-origin: {allowed}"))
}

async fn cors_off(hands: Hands) -> Verdict {
    let gateway = hands.open_gateway()?;
    let answer = hands.chat("openai/ok.n-2").no_key().header("origin", ORIGIN).to(gateway).send().await?;
    same("allow-origin", answer.header("access-control-allow-origin"), "")
}
