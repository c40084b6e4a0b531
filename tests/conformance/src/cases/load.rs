//! Many at once, and callers who read slowly.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Value, json};
use tollbridge_upstream::passage;

use super::PROVIDERS;
use crate::{
    case::{Case, Hands},
    fixture::IDLE,
    reading::chat,
    verdict::{Verdict, check, same},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for provider in PROVIDERS {
        let named = |what: &str| format!("{what} ({provider})");
        cases.push(Case::new("load", named("twenty streams at once"), move |hands| twenty(hands, provider)));
        cases.push(Case::new("load", named("forty answers at once are not mixed"), move |hands| {
            forty(hands, provider)
        }));
        cases.push(Case::new("load", named("a slow reader holds the upstream back"), move |hands| {
            slow_reader(hands, provider)
        }));
        cases.push(Case::new("load", named("thirty stalled upstreams hold no memory"), move |hands| {
            stalled(hands, provider)
        }));
        cases.push(Case::new("load", named("a very large answer"), move |hands| large(hands, provider)));
    }
    cases
}

async fn twenty(hands: Hands, provider: &'static str) -> Verdict {
    let one = |index: usize| {
        let ask = hands.chat(&format!("{provider}/ok.n-{}.gap-10", 20 + index)).stream();
        async move {
            let mut answer = ask.open().await?;
            let reading = answer.rest().await?;
            same("text", reading.text, passage::text(20 + index))?;
            check(chat::is_done(&answer.events), || "no [DONE]".to_owned())
        }
    };
    try_join_all((0..20).map(one)).await.map(drop)
}

/// Each request says something else, and each answer says what its request said.
async fn forty(hands: Hands, provider: &'static str) -> Verdict {
    let one = |index: usize| {
        let streamed = index.is_multiple_of(2);
        let mark = format!("mark-{index}-{}", "x".repeat(index * 37));
        let message = json!({"role": "user", "content": mark});
        let ask =
            hands.chat(&format!("{provider}/echo")).with("messages", json!([message])).streamed_if(streamed);
        async move {
            let answer = ask.send().await?;
            let reading = if streamed { chat::stream(&answer.text()) } else { chat::whole(&answer.json()) };
            let echoed: Value = serde_json::from_str(&reading.text).unwrap_or_default();
            check(echoed["body"].to_string().contains(&format!("\"{mark}\"")), || {
                format!("answer {index} is another's")
            })
        }
    };
    try_join_all((0..40).map(one)).await.map(drop)
}

/// 200 MB are on offer; a caller who reads a little must not have the gateway read much more.
async fn slow_reader(hands: Hands, provider: &'static str) -> Verdict {
    const EVENT: u64 = 16_384;
    // On the way there are up to three connections, and the kernel may keep ten megabytes for each.
    const MOST_AHEAD: u64 = 48 * 1024 * 1024;
    let script = format!("{provider}/flood.kb-200000.n-{EVENT}");
    let before = hands.world.main.running.memory_kb();
    let mut answer = hands.chat(&script).stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    answer.event().await?;
    let mut last = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let sent = hands.seen_once().await?.sent;
        if sent == last && sent > 0 {
            break;
        }
        last = sent;
    }
    let ahead = last * EVENT;
    check(ahead < MOST_AHEAD, || format!("the gateway took {ahead} bytes that nobody read"))?;
    let after = hands.world.main.running.memory_kb();
    drop(answer);
    let ended = hands.ended(Duration::from_secs(8)).await?;
    same("the upstream's answer", ended.ended.as_str(), "dropped")?;
    match (before, after) {
        // Other cases run beside this one, so only a buffer of the flood's own size would show.
        (Some(before), Some(after)) => {
            check(after < before + 60_000, || format!("memory grew from {before} to {after} KB"))
        }
        // The flow was held back; the memory of another's process cannot be seen.
        _ => Ok(()),
    }
}

/// Thirty streams whose providers fall silent: little is held for each, and each is ended.
async fn stalled(hands: Hands, provider: &'static str) -> Verdict {
    const MOST_KB: u64 = 60_000;
    let before = hands.world.main.running.memory_kb();
    let script = format!("{provider}-faulty/ok.n-60.hang-40");
    let one = || async {
        let mut answer = hands.chat(&script).stream().open().await?;
        same("status", answer.live.status.as_u16(), 200)?;
        answer.event().await?;
        Ok(answer)
    };
    let answers = try_join_all((0..30).map(|_| one())).await?;
    tokio::time::sleep(IDLE / 2).await;
    let after = hands.world.main.running.memory_kb();
    let ends = answers.into_iter().map(|mut answer| async move {
        let reading = answer.rest().await?;
        check(reading.error.is_some(), || "the silence is not reported".to_owned())?;
        check(!answer.is_done(), || "a stream that fell silent says that it is complete".to_owned())
    });
    try_join_all(ends).await?;
    match (before, after) {
        (Some(before), Some(after)) => {
            check(after < before + MOST_KB, || format!("memory grew from {before} to {after} KB"))
        }
        _ => Ok(()),
    }
}

async fn large(hands: Hands, provider: &'static str) -> Verdict {
    const KB: usize = 6_000;
    for stream in [false, true] {
        let answer = hands.chat(&format!("{provider}/flood.kb-{KB}")).streamed_if(stream).send().await?;
        same("status", answer.status.as_u16(), 200)?;
        let reading = if stream { chat::stream(&answer.text()) } else { chat::whole(&answer.json()) };
        same("length of the text", reading.text.len(), KB * 1024)?;
    }
    Ok(())
}
