//! What every target shows first: that requests walk all the way through it.
//!
//! These cases need nothing but the gateway, the stand-in and the gateway's log, so that they run on each
//! runtime; the log line of a request is what its `after` leaves behind.

use std::time::Duration;

use serde_json::{Value, json};
use tollbridge_upstream::passage;

use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::MASTER_KEY,
    reading::chat,
    verdict::{Verdict, check, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("skeleton", "a whole answer, and what is done after it", whole),
        Case::new("skeleton", "a stream, each chunk seen before the next is sent", streamed),
        Case::new("skeleton", "what is done after a stream", after_stream),
        Case::new("skeleton", "an answer translated from another wire", translated),
        Case::new("skeleton", "an upstream's error", upstream_error),
        Case::new("skeleton", "an upstream that breaks off", broken_off),
        Case::new("skeleton", "an upstream that is not there", unreachable),
        Case::new("skeleton", "a caller who leaves before the head", left_before_head),
        Case::new("skeleton", "a caller who leaves in the middle", left_in_the_middle),
        Case::new("skeleton", "a caller without a key", without_key),
        Case::new("skeleton", "readiness and version", readiness),
    ]
}

async fn whole(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok.n-9").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = answer.json();
    same("text", body["choices"][0]["message"]["content"].as_str(), Some(passage::text(9).as_str()))?;
    same("provider", answer.header("x-tollbridge-provider"), "openai")?;
    let line = hands.log_line(answer.header("x-request-id")).await?;
    settled(&line, 200, 9)?;
    same("key", line["key"].as_str(), Some("app"))
}

async fn streamed(hands: Hands) -> Verdict {
    let mut answer = hands.chat("openai/ok.n-6.step").stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let mut events = 0;
    while answer.event_within(Duration::from_secs(10)).await?.is_some() {
        events += 1;
        let sent = hands.seen_once().await?.sent;
        check(sent <= events + 1, || format!("{sent} chunks were sent when {events} had been seen"))?;
        hands.release(1).await?;
    }
    check(chat::is_done(&answer.events), || "the stream does not end with [DONE]".to_owned())?;
    same("text", chat::events(&answer.events).text, passage::text(6))
}

async fn after_stream(hands: Hands) -> Verdict {
    let mut answer = hands.chat("openai/ok.n-7").stream().open().await?;
    let id = answer.header("x-request-id").to_owned();
    answer.rest().await?;
    settled(&hands.log_line(&id).await?, 200, 7)
}

async fn translated(hands: Hands) -> Verdict {
    let mut answer = hands.chat("anthropic/ok.n-8").stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let reading = answer.rest().await?;
    same("text", reading.text, passage::text(8))?;
    same("finish reason", reading.finish.as_str(), "stop")
}

async fn upstream_error(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-faulty/error.status-400").send().await?;
    same("status", answer.status.as_u16(), 400)?;
    check(answer.json()["error"]["message"].is_string(), || format!("no error: {}", answer.text()))?;
    let line = hands.log_line(answer.header("x-request-id")).await?;
    same("status in the log", line["status"].as_u64(), Some(400))
}

async fn broken_off(hands: Hands) -> Verdict {
    let mut answer = hands.chat("openai-faulty/ok.n-20.cut-6").stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let reading = answer.rest().await?;
    check(reading.error.is_some(), || "the stream ends without an error event".to_owned())?;
    check(!chat::is_done(&answer.events), || "a broken stream ends with [DONE]".to_owned())
}

async fn unreachable(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-dead/ok").send().await?;
    check(answer.status.is_server_error(), || format!("the status is {}", answer.status))?;
    check(answer.json()["error"]["message"].is_string(), || format!("no error: {}", answer.text()))
}

async fn left_before_head(hands: Hands) -> Verdict {
    let tells = hands.world.has(Ability::DepartureBeforeHead);
    let script = if tells { "ok.hang-head" } else { "ok.n-5.delay-1500" };
    let ask = hands.chat(&format!("openai-faulty/{script}")).header("x-request-id", &hands.token);
    let left = tokio::time::timeout(Duration::from_millis(700), ask.open()).await;
    check(left.is_err(), || "there was a head".to_owned())?;
    let seen = hands.ended(Duration::from_secs(5)).await?;
    same("requests upstream", hands.seen().await?.len(), 1)?;
    let line = hands.log_line(&hands.token).await?;
    if tells {
        same("the upstream's answer", seen.ended.as_str(), "dropped")?;
        check(line["estimated"] == true, || format!("a request that was sent is not free: {line}"))
    } else {
        same("the upstream's answer", seen.ended.as_str(), "whole")?;
        same("output tokens in the log", line["output_tokens"].as_u64(), Some(5))
    }
}

async fn left_in_the_middle(hands: Hands) -> Verdict {
    let mut answer = hands.chat("openai/ok.n-400.gap-20").stream().open().await?;
    let id = answer.header("x-request-id").to_owned();
    for _ in 0..20 {
        answer.event().await?;
    }
    drop(answer);
    let seen = hands.ended(Duration::from_secs(5)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")?;
    let line = hands.log_line(&id).await?;
    check(line["estimated"] == true, || format!("usage that never came is not marked: {line}"))?;
    let output = line["output_tokens"].as_u64().unwrap_or_default();
    check((15..=seen.sent + 5).contains(&output), || format!("{output} tokens of {} sent", seen.sent))
}

async fn without_key(hands: Hands) -> Verdict {
    let answer = hands.chat("openai/ok").no_key().send().await?;
    same("status", answer.status.as_u16(), 401)?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn readiness(hands: Hands) -> Verdict {
    let ready = hands.get("/health/ready").no_key().send().await?;
    same("status", ready.status.as_u16(), 200)?;
    let version = hands.get("/version").key(MASTER_KEY).send().await?;
    same("name", version.json()["name"].clone(), json!("tollbridge"))
}

fn settled(line: &Value, status: u64, output: u64) -> Verdict {
    same("status in the log", line["status"].as_u64(), Some(status))?;
    same("output tokens in the log", line["output_tokens"].as_u64(), Some(output))?;
    same("finish reason in the log", line["finish"].as_str(), Some("stop"))
}
