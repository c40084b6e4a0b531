//! `max_rpm` and `max_streams`: what is over a key's limits is refused in the caller's dialect, and
//! nothing else is. Each case has keys of its own, as counts outlive it.

use std::time::{Duration, SystemTime};

use futures::future::try_join_all;

use crate::{
    ability::Ability,
    case::{Ask, Case, Hands, Opened},
    client::Whole,
    fixture::{
        AT_ONCE_KEY, AT_ONCE_LIMIT, FAILING_KEY, LEAVING_KEY, RPM_KEYS, RPM_LIMIT, STREAMS_KEYS,
        STREAMS_LIMIT,
    },
    front::Front,
    verdict::{Verdict, check, fail, holds, same},
};

/// No case here takes longer.
const ROOM: Duration = Duration::from_secs(15);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (front, rpm, streams) in
        [(Front::Chat, RPM_KEYS[0], STREAMS_KEYS[0]), (Front::Messages, RPM_KEYS[1], STREAMS_KEYS[1])]
    {
        let name = front.name();
        cases.push(Case::new("limits", format!("requests over max_rpm ({name})"), move |hands| {
            requests(hands, front, rpm)
        }));
        cases.push(Case::new("limits", format!("streams over max_streams ({name})"), move |hands| {
            streams_at_once(hands, front, streams)
        }));
    }
    cases.extend([
        Case::new("limits", "many at once are let pass up to the limit", at_once),
        Case::new("limits", "what fails before it is sent does not count", failing),
        Case::new("limits", "streams whose callers leave make room", leaving),
    ]);
    // Those of a store that nobody shares are in `stores`.
    cases.into_iter().map(|case| case.needs(Ability::Database)).collect()
}

/// Waits for a moment after which a case fits into the minute.
async fn early_in_a_minute() {
    with_room_in_the_minute(ROOM).await;
}

/// Waits for a moment after which there is this much of the minute.
pub(super) async fn with_room_in_the_minute(room: Duration) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let minute = Duration::from_secs(60);
    let left = minute.saturating_sub(Duration::from_millis((now.as_millis() % minute.as_millis()) as u64));
    if left < room {
        tokio::time::sleep(left + Duration::from_millis(200)).await;
    }
}

async fn requests(hands: Hands, front: Front, key: &'static str) -> Verdict {
    early_in_a_minute().await;
    let ask = || hands.asks(front, "openai/ok.n-3").key(key);
    let [limit, remaining, reset] = match front {
        Front::Chat => {
            ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]
        }
        Front::Messages => [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
    };
    for left in (0..RPM_LIMIT).rev() {
        let answer = ask().send().await?;
        same("status", answer.status.as_u16(), 200)?;
        same(limit, answer.header(limit), RPM_LIMIT.to_string().as_str())?;
        same(remaining, answer.header(remaining), left.to_string().as_str())?;
        let unit = if front == Front::Chat { 's' } else { 'Z' };
        check(answer.header(reset).ends_with(unit), || format!("{reset}: {}", answer.header(reset)))?;
    }
    for stream in [false, true] {
        let answer = ask().streamed_if(stream).send().await?;
        same("status", answer.status.as_u16(), 429)?;
        same(remaining, answer.header(remaining), "0")?;
        let error = front.error(&answer)?;
        same("the error's type", error["type"].as_str(), Some("rate_limit_error"))?;
        holds("the message", error["message"].as_str().unwrap_or_default(), "requests a minute")?;
        let wait: u64 = answer.header("retry-after").parse().unwrap_or_default();
        check((1..=60).contains(&wait), || format!("retry-after: {:?}", answer.header("retry-after")))?;
    }
    same("requests upstream", hands.seen().await?.len(), RPM_LIMIT as usize)
}

async fn at_once(hands: Hands) -> Verdict {
    early_in_a_minute().await;
    let asks = (0..AT_ONCE_LIMIT + 10).map(|_| hands.chat("openai/ok.n-3").key(AT_ONCE_KEY).send());
    let answers: Vec<Whole> = try_join_all(asks).await?;
    let count = |status| answers.iter().filter(|answer: &&Whole| answer.status.as_u16() == status).count();
    let (passed, refused) = (count(200), count(429));
    same("passed or refused", passed + refused, answers.len())?;
    same("passed", passed, AT_ONCE_LIMIT as usize)
}

async fn failing(hands: Hands) -> Verdict {
    early_in_a_minute().await;
    let ask = || hands.chat("openai/ok.n-3").key(FAILING_KEY);
    for _ in 0..2 {
        same("no model", ask().with("model", "".into()).send().await?.status.as_u16(), 400)?;
        same("unknown", ask().with("model", "no-such-model".into()).send().await?.status.as_u16(), 404)?;
        let count = hands.asks(Front::Messages, "openai/ok.n-3").key(FAILING_KEY);
        same("a count of tokens", count.at("/v1/messages/count_tokens").send().await?.status.as_u16(), 200)?;
    }
    for _ in 0..RPM_LIMIT {
        same("status", ask().send().await?.status.as_u16(), 200)?;
    }
    same("status of the next", ask().send().await?.status.as_u16(), 429)
}

async fn streams_at_once(hands: Hands, front: Front, key: &'static str) -> Verdict {
    let slow = || hands.asks(front, "openai/ok.n-20.gap-150").stream().key(key);
    let mut running = Vec::new();
    for _ in 0..STREAMS_LIMIT {
        running.push(opened(slow()).await?);
    }
    let refused = slow().send().await?;
    same("status", refused.status.as_u16(), 429)?;
    let error = front.error(&refused)?;
    same("the error's type", error["type"].as_str(), Some("rate_limit_error"))?;
    holds("the message", error["message"].as_str().unwrap_or_default(), "streams at once")?;
    same("retry-after", refused.header("retry-after"), "1")?;
    let whole = hands.asks(front, "openai/ok.n-3").key(key).send().await?;
    same("status of a whole answer", whole.status.as_u16(), 200)?;
    for mut stream in running {
        stream.rest().await?;
        check(stream.is_done(), || "a stream within the limit is incomplete".to_owned())?;
    }
    soon(|| slow().open()).await.map(drop)
}

async fn leaving(hands: Hands) -> Verdict {
    let slow = || hands.chat("openai/ok.n-100.gap-100").stream().key(LEAVING_KEY);
    let mut running = Vec::new();
    for _ in 0..STREAMS_LIMIT {
        running.push(opened(slow()).await?);
    }
    same("status", slow().send().await?.status.as_u16(), 429)?;
    drop(running);
    soon(|| slow().open()).await.map(drop)
}

async fn opened(ask: Ask) -> Verdict<Opened> {
    let mut opened = ask.open().await?;
    same("status", opened.live.status.as_u16(), 200)?;
    opened.event().await?;
    Ok(opened)
}

/// A stream is let pass within a few seconds.
async fn soon<F: Future<Output = Verdict<Opened>>>(ask: impl Fn() -> F) -> Verdict<Opened> {
    for _ in 0..50 {
        let opened = ask().await?;
        match opened.live.status.as_u16() {
            429 => tokio::time::sleep(Duration::from_millis(100)).await,
            status => {
                same("status", status, 200)?;
                return Ok(opened);
            }
        }
    }
    fail("no room was made in five seconds")
}
