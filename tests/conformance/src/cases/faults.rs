//! Providers that fail: the caller gets the provider's status in OpenAI's shape, quickly, and
//! nothing of the provider's pages, addresses or keys.

use std::time::{Duration, Instant};

use super::{PROVIDERS, manner, message, shaped_error};
use crate::{
    case::{Case, Hands},
    fixture::WHOLE,
    verdict::{Verdict, check, holds, same},
};

/// What a provider does, which statuses the caller may get, and how many attempts that takes.
struct Row {
    script: &'static str,
    statuses: &'static [u16],
    attempts: u64,
    mention: &'static str,
}

const fn row(script: &'static str, statuses: &'static [u16], attempts: u64, mention: &'static str) -> Row {
    Row { script, statuses, attempts, mention }
}

const ROWS: &[Row] = &[
    row("error.status-400", &[400], 1, "refused"),
    row("error.status-401", &[401], 1, ""),
    row("error.status-403", &[403], 1, ""),
    row("error.status-404", &[404], 1, "does not exist"),
    row("error.status-408", &[408], 4, ""),
    row("error.status-409", &[409], 4, ""),
    row("error.status-413", &[413], 1, ""),
    row("error.status-500", &[500], 4, "the stand-in"),
    row("error.status-503", &[503], 4, ""),
    row("error.status-529", &[529], 4, "Overloaded"),
    row("html.status-502", &[502], 4, ""),
    row("html.status-404", &[404], 1, ""),
    row("html", &[502], 4, ""),
    row("garbage", &[502], 4, ""),
    row("inband.as-529", &[500, 502, 503, 529], 4, "Overloaded"),
    row("inband.as-400", &[400, 502], 1, "refused"),
    row("down", &[502], 4, ""),
    row("redirect", &[502], 1, ""),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in ROWS {
        for provider in PROVIDERS {
            for stream in [false, true] {
                if (row.script, provider, stream) == ("garbage", "openai", true) {
                    continue;
                }
                let name = format!("{} ({provider}, {})", row.script, manner(stream));
                cases.push(Case::new("faults", name, move |hands| fault(hands, row, provider, stream)));
            }
        }
    }
    for provider in PROVIDERS {
        for place in ["head", "body"] {
            for stream in [false, true] {
                let name = format!("hanging before the {place} ({provider}, {})", manner(stream));
                cases.push(Case::new("faults", name, move |hands| hanging(hands, provider, place, stream)));
            }
        }
        let named = |what: &str| format!("{what} ({provider})");
        cases.push(Case::new("faults", named("an empty stream"), move |hands| empty(hands, provider)));
        cases.push(Case::new("faults", named("a body that breaks off"), move |hands| {
            cut_whole(hands, provider)
        }));
        cases.push(Case::new("faults", named("a slow head is waited for"), move |hands| {
            slow(hands, provider)
        }));
        cases.push(Case::new("faults", named("a body in drips is waited for"), move |hands| {
            drips(hands, provider)
        }));
    }
    cases.push(Case::new("faults", "garbage in a relayed stream is no success", garbage_stream));
    cases.push(Case::new("faults", "nobody listens there", nobody_listens));
    cases
}

async fn fault(hands: Hands, row: &'static Row, provider: &'static str, stream: bool) -> Verdict {
    let instance = format!("{provider}-{}", if denies(row) { "denied" } else { "faulty" });
    let answer = hands.chat(&format!("{instance}/{}", row.script)).streamed_if(stream).send().await?;
    let status = answer.status.as_u16();
    check(row.statuses.contains(&status), || {
        format!("status: expected one of {:?}, found {status}", row.statuses)
    })?;
    let error = shaped_error(&answer)?;
    let text = message(&error);
    holds("the message", &text, row.mention)?;
    for trace in ["<html", "DOCTYPE", "127.0.0.1", "sk-up-", "hyper", "stack"] {
        check(!answer.text().contains(trace), || format!("the error shows {trace}: {}", answer.text()))?;
    }
    let seen = hands.seen().await?.len() as u64;
    check(seen >= 1 && seen <= row.attempts, || {
        format!("{seen} attempts, expected at most {}", row.attempts)
    })?;
    same("x-tollbridge-attempts", answer.header("x-tollbridge-attempts"), seen.to_string().as_str())?;
    same("x-tollbridge-provider", answer.header("x-tollbridge-provider"), instance.as_str())?;
    if row.attempts > 1 {
        same("x-should-retry", answer.header("x-should-retry"), "false")?;
        check(seen > 1, || "it was not tried again".to_owned())?;
    }
    let sums = hands.world.main.sums(&format!("model={}", hands.model(row.script)), 1).await?;
    same("rows and errors in the ledger", (sums.requests, sums.errors), (1, 1))
}

/// Whether the provider refuses the key, which then rests.
fn denies(row: &Row) -> bool {
    row.statuses == [401] || row.statuses == [403]
}

async fn hanging(hands: Hands, provider: &'static str, place: &'static str, stream: bool) -> Verdict {
    let start = Instant::now();
    let script = format!("{provider}-faulty/ok.hang-{place}");
    let answer = hands.chat(&script).streamed_if(stream).send().await?;
    let status = answer.status.as_u16();
    check(status == 504 || status == 408, || format!("status: expected 504, found {status}"))?;
    shaped_error(&answer)?;
    check(start.elapsed() < WHOLE, || format!("it took {:?}", start.elapsed()))?;
    let seen = hands.ended(Duration::from_secs(8)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")
}

async fn empty(hands: Hands, provider: &'static str) -> Verdict {
    let answer = hands.chat(&format!("{provider}-faulty/emptystream")).stream().send().await?;
    check(answer.status.is_server_error(), || format!("an empty stream got {}", answer.status))?;
    shaped_error(&answer).map(drop)
}

async fn cut_whole(hands: Hands, provider: &'static str) -> Verdict {
    let answer = hands.chat(&format!("{provider}-faulty/ok.n-40.cut-1")).send().await?;
    same("status", answer.status.as_u16(), 502)?;
    shaped_error(&answer).map(drop)
}

async fn slow(hands: Hands, provider: &'static str) -> Verdict {
    for stream in [false, true] {
        let answer = hands.chat(&format!("{provider}/ok.n-3.delay-900")).streamed_if(stream).send().await?;
        same("status", answer.status.as_u16(), 200)?;
        same("attempts", answer.header("x-tollbridge-attempts"), "1")?;
    }
    Ok(())
}

async fn drips(hands: Hands, provider: &'static str) -> Verdict {
    let answer = hands.chat(&format!("{provider}/ok.n-3.piece-40.gap-30")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let text = crate::reading::chat::whole(&answer.json()).text;
    same("text", text, tollbridge_upstream::passage::text(3))
}

/// Bytes that are relayed are not parsed, so they may pass; that they are no answer is told.
async fn garbage_stream(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-faulty/garbage").stream().send().await?;
    let text = answer.text();
    check(text.contains("\"error\"") && !text.contains("[DONE]"), || {
        format!("it passes for an answer: {text}")
    })
}

async fn nobody_listens(hands: Hands) -> Verdict {
    let start = Instant::now();
    let answer = hands.chat("openai-dead/ok").send().await?;
    same("status", answer.status.as_u16(), 502)?;
    let error = shaped_error(&answer)?;
    check(!message(&error).contains("127.0.0.1"), || format!("the error shows the address: {error}"))?;
    check(start.elapsed() < Duration::from_secs(10), || format!("it took {:?}", start.elapsed()))
}
