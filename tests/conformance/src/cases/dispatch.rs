//! Retries, keys in turn and fallbacks: before the first byte, at most four attempts, never after.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use tollbridge_upstream::passage;

use super::{PROVIDERS, manner, shaped_error};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::FIRST_BYTE,
    reading::chat,
    verdict::{Verdict, check, same},
};

/// What fails first, and how many attempts success takes.
const RETRIES: &[(&str, &str)] = &[
    ("failthen.times-1.status-500", "2"),
    ("failthen.times-1.status-503", "2"),
    ("failthen.times-1.status-408", "2"),
    ("failthen.times-1.status-409", "2"),
    ("failthen.times-1.as-down", "2"),
    ("failthen.times-1.as-html", "2"),
    ("failthen.times-1.as-inband", "2"),
    ("failthen.times-3.status-503", "4"),
];

/// Aliases that fall over, and who answers in the end.
const FALLBACKS: &[(&str, &str)] = &[
    ("over-status", "openai-east"),
    ("over-429", "openai-east"),
    ("over-dead", "openai-east"),
    ("over-inband", "openai-east"),
    ("over-html", "openai-east"),
    ("over-hang", "openai-east"),
    ("over-location", "openai-east"),
    ("over-claude", "anthropic"),
    ("over-from-claude", "openai-east"),
    ("over-gemini", "gemini"),
    ("over-from-gemini", "openai-east"),
    ("over-gemini-location", "openai-east"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (script, attempts) in RETRIES {
        for provider in PROVIDERS {
            for stream in [false, true] {
                let name = format!("{script} succeeds in the end ({provider}, {})", manner(stream));
                cases.push(Case::new("retry", name, move |hands| {
                    retried(hands, provider, script, attempts, stream)
                }));
            }
        }
    }
    for (alias, provider) in FALLBACKS {
        for stream in [false, true] {
            let name = format!("{alias} ends at {provider} ({})", manner(stream));
            cases.push(Case::new("fallback", name, move |hands| falls_over(hands, alias, provider, stream)));
        }
    }
    cases.extend([
        Case::new("fallback", "over-empty ends at openai-east (stream)", |hands| {
            falls_over(hands, "over-empty", "openai-east", true)
        }),
        Case::new("fallback", "a provider that accepts no connection is given up in time", silent)
            .needs(Ability::ConnectTimeout),
        Case::new("fallback", "an error in the middle of a stream falls nowhere", |hands| {
            no_fall(hands, "no-over-middle")
        }),
        Case::new("fallback", "a cut in the middle of a stream falls nowhere", |hands| {
            no_fall(hands, "no-over-cut")
        }),
        Case::new("fallback", "at most four attempts over all targets", over_nothing),
        Case::new("fallback", "a refusal by location is not tried again there", location),
        Case::new("retry", "an upstream's x-should-retry: false is obeyed and passed on", should_not_retry),
        Case::new("retry", "a caller's mistake is not tried again", mistake),
        Case::new("keys", "several keys are used in turn", keys_in_turn),
        Case::new("keys", "a key that Google does not know is left alone", unknown_key),
        Case::new("keys", "a key that is rate-limited is skipped", limited_key),
    ]);
    for (index, provider) in ["openai-limits-2", "anthropic-limits-1"].into_iter().enumerate() {
        let name = format!("retry-after-ms is honoured ({provider})");
        cases.push(Case::new("retry", name, move |hands| waits(hands, provider)));
        let provider = ["openai-limits-3", "anthropic-limits-2"][index];
        let name = format!("a long retry-after is passed on with the limits ({provider})");
        cases.push(Case::new("retry", name, move |hands| gives_up(hands, provider)));
    }
    cases
}

async fn retried(
    hands: Hands,
    provider: &'static str,
    script: &'static str,
    attempts: &'static str,
    stream: bool,
) -> Verdict {
    let answer = hands.chat(&format!("{provider}-faulty/{script}.n-5")).streamed_if(stream).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("x-tollbridge-attempts", answer.header("x-tollbridge-attempts"), attempts)?;
    let reading = if stream { chat::stream(&answer.text()) } else { chat::whole(&answer.json()) };
    same("text", reading.text, passage::text(5))?;
    same("requests upstream", hands.seen().await?.len().to_string().as_str(), attempts)?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(&format!("{script}.n-5"))), 1).await?;
    same("rows and errors in the ledger", (sums.requests, sums.errors), (1, 0))
}

async fn falls_over(hands: Hands, alias: &'static str, provider: &'static str, stream: bool) -> Verdict {
    let answer = hands.chat_as_named(alias).streamed_if(stream).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("x-tollbridge-provider", answer.header("x-tollbridge-provider"), provider)?;
    same("x-tollbridge-model", answer.header("x-tollbridge-model"), "ok.n-7")?;
    let reading = if stream { chat::stream(&answer.text()) } else { chat::whole(&answer.json()) };
    same("text", reading.text, passage::text(7))?;
    let attempts: usize = answer.header("x-tollbridge-attempts").parse().unwrap_or(0);
    // A key that met a 429 rests, and is then passed over without an attempt.
    let least = if alias == "over-429" { 1 } else { 2 };
    check((least..=4).contains(&attempts), || format!("{attempts} attempts"))
}

async fn silent(hands: Hands) -> Verdict {
    let start = Instant::now();
    falls_over(hands, "over-silent", "openai-east", false).await?;
    check(start.elapsed() < FIRST_BYTE, || format!("it took {:?}", start.elapsed()))
}

async fn no_fall(hands: Hands, alias: &'static str) -> Verdict {
    let mut answer = hands.chat_as_named(alias).stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let reading = answer.rest().await?;
    check(reading.error.is_some() && !chat::is_done(&answer.events), || {
        "the failure is not reported".to_owned()
    })?;
    same("requests upstream", hands.seen().await?.len(), 1)
}

async fn over_nothing(hands: Hands) -> Verdict {
    let answer = hands.chat_as_named("over-nothing").send().await?;
    check(answer.status.is_server_error(), || format!("status {}", answer.status))?;
    shaped_error(&answer)?;
    let seen = hands.seen().await?;
    check((3..=4).contains(&seen.len()), || format!("{} requests upstream", seen.len()))?;
    let paths: HashSet<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    check(paths.len() == 2, || format!("not every target was tried: {paths:?}"))
}

async fn location(hands: Hands) -> Verdict {
    let answer = hands.chat_as_named("over-location").send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("requests upstream", hands.seen().await?.len(), 2)
}

async fn should_not_retry(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-faulty/error.status-503.noretry").send().await?;
    same("status", answer.status.as_u16(), 503)?;
    same("x-should-retry", answer.header("x-should-retry"), "false")?;
    same("requests upstream", hands.seen().await?.len(), 1)
}

async fn mistake(hands: Hands) -> Verdict {
    let answer = hands.chat("openai-faulty/error.status-400").send().await?;
    same("status", answer.status.as_u16(), 400)?;
    same("requests upstream", hands.seen().await?.len(), 1)
}

async fn waits(hands: Hands, provider: &'static str) -> Verdict {
    let start = Instant::now();
    let answer = hands.chat(&format!("{provider}/failthen.times-1.status-429.retryms-400")).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let took = start.elapsed();
    check(took >= Duration::from_millis(390), || format!("it was tried again after {took:?}"))
}

async fn gives_up(hands: Hands, provider: &'static str) -> Verdict {
    let start = Instant::now();
    let answer = hands.chat(&format!("{provider}/error.status-429.retry-3600.limits")).send().await?;
    same("status", answer.status.as_u16(), 429)?;
    shaped_error(&answer)?;
    same("retry-after", answer.header("retry-after"), "3600")?;
    if provider.starts_with("openai") {
        same("x-ratelimit-limit-requests", answer.header("x-ratelimit-limit-requests"), "60")?;
        same("x-ratelimit-reset-tokens", answer.header("x-ratelimit-reset-tokens"), "6m0s")?;
    }
    check(start.elapsed() < Duration::from_secs(6), || format!("it took {:?}", start.elapsed()))
}

/// Each instance takes turns of its own; one of them has answered six times.
async fn keys_in_turn(hands: Hands) -> Verdict {
    for _ in 0..6 * hands.world.target.instances() {
        same("status", hands.chat("openai-turn/ok.n-1").send().await?.status.as_u16(), 200)?;
    }
    let seen = hands.seen().await?;
    let keys: HashSet<&str> = seen.iter().map(|seen| seen.header("authorization")).collect();
    same("keys used", keys.len(), 3)
}

/// Google answers an unknown key with a 400: it is the key that is at fault, and not the request. Each instance has to
/// find that out, and may ask once more when the key has rested.
async fn unknown_key(hands: Hands) -> Verdict {
    let instances = hands.world.target.instances();
    for _ in 0..4 * instances {
        let answer = hands.chat("gemini-spare/ok.n-2").send().await?;
        same("status", answer.status.as_u16(), 200)?;
    }
    let seen = hands.seen().await?;
    let unknown = seen.iter().filter(|seen| seen.header("x-goog-api-key") == "unknown-to-google").count();
    check(unknown < 2 * instances, || format!("the unknown key was used {unknown} times"))
}

async fn limited_key(hands: Hands) -> Verdict {
    let instances = hands.world.target.instances();
    for _ in 0..5 * instances {
        same("status", hands.chat("openai-spare/keylimit").send().await?.status.as_u16(), 200)?;
    }
    let seen = hands.seen().await?;
    let limited = seen.iter().filter(|seen| seen.header("authorization").contains("limited")).count();
    check(limited < 2 * instances, || format!("the limited key was used {limited} times"))
}
