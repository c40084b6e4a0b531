//! What providers do with the wire that the standard allows or that they do all the same: bytes
//! cut anywhere, other framings, encodings, usage in odd places. The answer stays the same, and
//! the ledger knows what it cost.

use tollbridge_upstream::passage;

use super::PROVIDERS;
use crate::{
    case::{Case, Hands},
    front::Front,
    reading::chat,
    verdict::{Verdict, check, same},
};

/// Streams of any wire.
const FRAMINGS: &[(&str, &str)] = &[
    ("one byte at a time", "piece-1"),
    ("three bytes at a time", "piece-3"),
    ("all in one write", "piece-1000000"),
    ("lines that end in CR LF", "crlf"),
    ("no space after the colon", "nospace"),
    ("comments between events", "comments"),
    ("gzip", "enc-gzip"),
    ("brotli", "enc-br"),
    ("zstd", "enc-zstd"),
];

/// Streams of the chat wire.
const CHAT: &[(&str, &str, &str)] = &[
    ("Azure's first chunk without choices", "azure", "azure"),
    ("usage in x_groq", "groq", "usage-xgroq"),
    ("usage in the chunk that finishes", "openai", "usage-finish"),
    ("usage in the choice", "openai", "usage-choice"),
    ("usage though nobody asked", "openai", "usage-always"),
    ("no [DONE] after the finish", "openai", "nodone"),
    ("the finish reason twice", "openrouter", "finishtwice"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, setting) in FRAMINGS {
        for (front, provider) in super::pairs() {
            let named = format!("{name} ({} to {provider})", front.name());
            cases.push(Case::new("dialects", named, move |hands| streamed(hands, front, provider, setting)));
        }
    }
    for (name, provider, setting) in CHAT {
        cases
            .push(Case::new("dialects", *name, move |hands| streamed(hands, Front::Chat, provider, setting)));
    }
    for coding in ["gzip", "br", "zstd"] {
        for provider in PROVIDERS {
            let named = format!("a whole body in {coding} ({provider})");
            cases.push(Case::new("dialects", named, move |hands| whole(hands, provider, coding)));
        }
    }
    cases.push(Case::new("dialects", "tool calls without index and type, in one chunk", whole_calls));
    cases.push(Case::new("dialects", "no usage at all is estimated and marked so", no_usage));
    cases
}

async fn streamed(hands: Hands, front: Front, provider: &'static str, setting: &'static str) -> Verdict {
    let script = format!("ok.n-30.ct-30.pt-23.{setting}");
    let mut answer = hands.asks(front, &format!("{provider}/{script}")).stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let encoding = answer.header("content-encoding").to_owned();
    check(encoding.is_empty(), || format!("nobody asked for content-encoding {encoding}"))?;
    let reading = answer.rest().await?;
    same("text", reading.text, passage::text(30))?;
    same("finish", reading.finish.as_str(), "stop")?;
    check(answer.is_done(), || "the stream does not say that it is complete".to_owned())?;
    let usage = reading.usage.unwrap_or_default();
    same("tokens", (usage.prompt, usage.completion), (23, 30))?;
    counted(&hands, &script).await
}

async fn whole(hands: Hands, provider: &'static str, coding: &'static str) -> Verdict {
    let script = format!("ok.n-30.ct-30.pt-23.enc-{coding}");
    let answer = hands.chat(&format!("{provider}/{script}")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("content-encoding", answer.header("content-encoding"), "")?;
    same("text", chat::whole(&answer.json()).text, passage::text(30))?;
    counted(&hands, &script).await
}

/// The ledger has the provider's own count.
async fn counted(hands: &Hands, script: &str) -> Verdict {
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("tokens in the ledger", (sums.input, sums.output, sums.estimated), (23, 30, 0))
}

async fn whole_calls(hands: Hands) -> Verdict {
    let ask = super::replies::with_tools(hands.chat("openai/tools.n-2.wholecalls")).stream();
    let reading = ask.open().await?.rest().await?;
    let names: Vec<&str> = reading.calls.iter().map(|call| call.name.as_str()).collect();
    same("calls", names, vec!["look_up", "note"])?;
    same("finish", reading.finish.as_str(), "tool_calls")
}

async fn no_usage(hands: Hands) -> Verdict {
    let script = "ok.n-60.nousage";
    let reading = hands.chat(&format!("openai/{script}")).stream().open().await?.rest().await?;
    same("text", reading.text, passage::text(60))?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("estimated requests", sums.estimated, 1)?;
    check((48..=72).contains(&sums.output), || format!("60 tokens were estimated at {}", sums.output))
}
