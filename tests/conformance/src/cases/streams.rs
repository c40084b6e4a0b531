//! Streams: nothing is held back, nothing that broke off looks complete, and silence is filled.

use std::time::{Duration, Instant};

use serde_json::json;
use tollbridge_upstream::passage;

use super::PROVIDERS;
use crate::{
    case::{Case, Hands, Opened},
    fixture::{IDLE, KEEP_ALIVE},
    front::Front,
    reading::chat,
    verdict::{Verdict, check, fail, same},
};

/// Ways to break off in the middle, after four or more events.
const BREAKS: &[(&str, &str)] = &[
    ("cut between events", "ok.n-20.cut-6"),
    ("cut inside a line", "ok.n-20.cut-6.cutat-line"),
    ("cut inside a character", "unicode.cut-6.cutat-char"),
    ("an end without a finish reason", "ok.n-20.ends-6"),
    ("an error event", "ok.n-20.midfail-6"),
    ("silence in the middle", "ok.n-20.hang-6"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (front, provider) in super::pairs() {
        let named = |what: &str| format!("{what} ({} to {provider})", front.name());
        for (name, script) in BREAKS {
            cases
                .push(Case::new("streams", named(name), move |hands| breaks(hands, front, provider, script)));
        }
        cases.push(Case::new("streams", named("each chunk is seen before the next is sent"), move |hands| {
            stepped(hands, front, provider, "ok.n-6.step")
        }));
        cases.push(Case::new(
            "streams",
            named("each piece of a call is seen before the next is sent"),
            move |hands| stepped(hands, front, provider, "tool.step"),
        ));
        cases.push(Case::new(
            "streams",
            named("a chunk is seen before the next, though gzipped"),
            move |hands| stepped(hands, front, provider, "ok.n-6.step.enc-gzip"),
        ));
        cases.push(Case::new("streams", named("silence is filled"), move |hands| {
            silence(hands, front, provider)
        }));
        cases.push(Case::new("streams", named("nothing comes before the head"), move |hands| {
            head_first(hands, front, provider)
        }));
    }
    for provider in PROVIDERS {
        let name = format!("no usage unless asked for ({provider})");
        cases.push(Case::new("streams", name, move |hands| no_usage(hands, provider)));
    }
    cases.push(Case::new("streams", "usage that nobody asked for is not passed on", unasked_usage));
    cases
}

async fn breaks(hands: Hands, front: Front, provider: &'static str, script: &'static str) -> Verdict {
    let start = Instant::now();
    let mut answer = hands.asks(front, &format!("{provider}-faulty/{script}")).stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let reading = answer.rest().await?;
    check(reading.error.is_some(), || "the stream ends without an error event".to_owned())?;
    let last = answer.events.iter().rev().find_map(|event| event.data.clone()).unwrap_or_default();
    check(last.contains("\"error\""), || format!("something follows the error: {last}"))?;
    check(!answer.is_done(), || "a broken stream says that it is complete".to_owned())?;
    same("finish reason", reading.finish.as_str(), "")?;
    let all = if script.starts_with("unicode") { passage::unicode().concat() } else { passage::text(20) };
    check(all.starts_with(&reading.text), || format!("text that was not said: {:?}", reading.text))?;
    check(!reading.text.is_empty(), || "what had been said is lost".to_owned())?;
    check(start.elapsed() < IDLE + Duration::from_secs(8), || format!("it took {:?}", start.elapsed()))?;
    same("requests upstream", hands.seen().await?.len(), 1)?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("rows and errors in the ledger", (sums.requests, sums.errors), (1, 1))?;
    check(sums.input > 0 && sums.output > 0, || format!("a broken stream is not free: {sums:?}"))
}

/// Releases one chunk at a time, and only when the last one was seen.
async fn stepped(hands: Hands, front: Front, provider: &'static str, script: &'static str) -> Verdict {
    let ask = super::replies::with_tools(hands.asks(front, &format!("{provider}/{script}"))).stream();
    let mut answer = hands_on_head(&hands, ask.open()).await?;
    let mut released = 0;
    // A call comes whole where the wire has no pieces of it.
    let least = if script.starts_with("tool") { 3 } else { 6 };
    loop {
        // Some events of the upstream say nothing to the caller: release until one comes.
        match answer.event_within(Duration::from_millis(250)).await {
            Ok(Some(_)) if answer.is_done() => break,
            Ok(Some(_)) => {}
            Ok(None) => return fail("the stream ended without saying so"),
            Err(_) if released < 200 => {
                let sent = hands.seen_once().await?.sent;
                let step = format!("{sent} sent, {released} released");
                check(sent <= released + 1, || format!("the stand-in ran ahead: {step}"))?;
                hands.release(1).await?;
                released += 1;
            }
            Err(error) => return Err(error),
        }
    }
    check(!answer.reading().finish.is_empty(), || "there is no finish reason".to_owned())?;
    let events = answer.events.len();
    check(events > least, || format!("only {events} events"))
}

/// The head may wait for the first event that says something: steps are released until it comes.
async fn hands_on_head(hands: &Hands, opening: impl Future<Output = Verdict<Opened>>) -> Verdict<Opened> {
    let mut opening = std::pin::pin!(opening);
    for _ in 0..8 {
        match tokio::time::timeout(Duration::from_millis(250), &mut opening).await {
            Ok(opened) => return opened,
            Err(_) => hands.release(1).await?,
        }
    }
    fail("the head did not come though eight events were sent")
}

async fn no_usage(hands: Hands, provider: &'static str) -> Verdict {
    let script = "ok.n-9.ct-9.pt-31";
    let mut answer = hands.chat(&format!("{provider}/{script}")).stream_without_usage().open().await?;
    let reading = answer.rest().await?;
    same("text", reading.text, passage::text(9))?;
    same("usage", reading.usage, None)?;
    let chunks = chat::chunks(&answer.events);
    check(chunks.iter().all(|chunk| chunk["choices"][0].is_object()), || "a chunk has no choice".to_owned())?;
    check(chat::is_done(&answer.events), || "the stream does not end with [DONE]".to_owned())?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("tokens in the ledger", (sums.input, sums.output, sums.estimated), (31, 9, 0))
}

async fn unasked_usage(hands: Hands) -> Verdict {
    let ask = hands
        .chat("openai/ok.n-4")
        .with("stream", json!(true))
        .with("stream_options", json!({"include_usage": false}));
    let mut answer = ask.open().await?;
    let reading = answer.rest().await?;
    same("usage", reading.usage, None)?;
    same("text", reading.text, passage::text(4))
}

async fn silence(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    let mut answer = hands.asks(front, &format!("{provider}/ok.n-2.gap-1300")).stream().open().await?;
    let reading = answer.rest().await?;
    same("text", reading.text, passage::text(2))?;
    let comments = answer.events.iter().filter(|event| front.is_alive(event)).count();
    let expected = 1300 / KEEP_ALIVE.as_millis() as usize;
    check(comments >= expected, || format!("{comments} signs of life, expected at least {expected}"))
}

async fn head_first(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    let start = Instant::now();
    let script = format!("{provider}-faulty/error.status-400.delay-1200");
    let answer = hands.asks(front, &script).stream().send().await?;
    same("status", answer.status.as_u16(), 400)?;
    front.error(&answer)?;
    check(start.elapsed() >= Duration::from_millis(1100), || "the head came before the upstream's".to_owned())
}
