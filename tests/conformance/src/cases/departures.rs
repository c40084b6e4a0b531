//! Callers who leave: the provider is told, and what was relayed is counted.

use std::time::Duration;

use serde_json::{Value, json};
use tollbridge_upstream::passage;

use super::{PROVIDERS, manner};
use crate::{
    ability::Ability,
    case::{Ask, Case, Hands, Opened},
    front::Front,
    sse::Event,
    verdict::{Verdict, check, same},
    world::Sums,
};

/// Tokens of the prompt that [`asking`] sends: a passage of known length and the frame of a turn.
const PROMPT: u64 = 200;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (front, provider) in super::pairs() {
        let named = |what: &str| format!("{what} ({} to {provider})", front.name());
        for stream in [false, true] {
            let name = named(&format!("before the head, {}", manner(stream)));
            let case =
                Case::new("departures", name, move |hands| before_head(hands, front, provider, stream));
            cases.push(case.needs(Ability::DepartureBeforeHead));
        }
        cases.push(Case::new("departures", named("in the middle"), move |hands| {
            in_the_middle(hands, front, provider)
        }));
        cases.push(Case::new("departures", named("in the middle of a silence"), move |hands| {
            in_silence(hands, front, provider)
        }));
        cases.push(Case::new("departures", named("after the last delta"), move |hands| {
            after_the_last(hands, front, provider)
        }));
        cases.push(Case::new("departures", named("the upstream cut it"), move |hands| {
            upstream_cut(hands, front, provider)
        }));
    }
    cases.push(Case::new("departures", "ten leave and ten stay", ten_and_ten));
    cases
}

/// A question whose length in tokens is known.
fn asking(hands: &Hands, front: Front, model: &str) -> Ask {
    let content = format!("{} ", passage::text(PROMPT as usize));
    hands.asks(front, model).with("messages", json!([{"role": "user", "content": content}]))
}

async fn before_head(hands: Hands, front: Front, provider: &'static str, stream: bool) -> Verdict {
    let ask = asking(&hands, front, &format!("{provider}-faulty/ok.hang-head")).streamed_if(stream);
    let left = tokio::time::timeout(Duration::from_millis(500), ask.open()).await;
    check(left.is_err(), || "there was a head".to_owned())?;
    let seen = hands.ended(Duration::from_secs(3)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    same("requests upstream", hands.seen().await?.len(), 1)?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model("ok.hang-head")), 1).await?;
    same("rows and errors in the ledger", (sums.requests, sums.errors), (1, 1))
}

async fn in_the_middle(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    const SEEN: usize = 100;
    let script = "ok.n-300.gap-8";
    let mut answer = asking(&hands, front, &format!("{provider}/{script}")).stream().open().await?;
    let text = read_tokens(&mut answer, SEEN).await?;
    drop(answer);
    let seen = hands.ended(Duration::from_secs(3)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")?;
    check(seen.sent < 290, || format!("{} events were sent all the same", seen.sent))?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("estimated requests", sums.estimated, 1)?;
    // What was on its way when the caller left counts too: between what was seen and what was sent.
    let truth = (text as u64, seen.sent);
    within_a_fifth(&sums, provider, truth)
}

async fn in_silence(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    let script = "ok.n-60.hang-50";
    let mut answer = asking(&hands, front, &format!("{provider}/{script}")).stream().open().await?;
    let read = read_tokens(&mut answer, 40).await?;
    drop(answer);
    let seen = hands.ended(Duration::from_secs(3)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    within_a_fifth(&sums, provider, (read as u64, 50))
}

/// The finish reason was seen, the usage is still to come: it is waited for.
async fn after_the_last(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    let script = "ok.n-10.gap-150.pt-200.ct-777";
    let mut answer = asking(&hands, front, &format!("{provider}/{script}")).stream().open().await?;
    // Anthropic tells finish and usage in one event: there the last delta is as far as one can go.
    let is_last = |text: &str, finish: &str| {
        !finish.is_empty() || (provider == "anthropic" && text == passage::text(10))
    };
    loop {
        let Some(_) = answer.event().await? else { break };
        let reading = answer.reading();
        if is_last(&reading.text, &reading.finish) {
            break;
        }
    }
    drop(answer);
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    if provider == "openai" {
        return same("tokens and estimated", (sums.input, sums.output, sums.estimated), (200, 777, 0));
    }
    check(sums.output == 777 || (8..=12).contains(&sums.output), || format!("{sums:?}"))
}

async fn upstream_cut(hands: Hands, front: Front, provider: &'static str) -> Verdict {
    let script = "ok.n-300.cut-150";
    let mut answer = asking(&hands, front, &format!("{provider}-faulty/{script}")).stream().open().await?;
    let reading = answer.rest().await?;
    check(reading.error.is_some(), || "the cut is not reported".to_owned())?;
    let sums = hands.world.main.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("estimated requests", sums.estimated, 1)?;
    within_a_fifth(&sums, provider, (145, 150))
}

async fn ten_and_ten(hands: Hands) -> Verdict {
    let one = |index: usize| {
        let hands = hands.clone();
        async move {
            let provider = PROVIDERS[index % 2];
            let mut answer = hands.chat(&format!("{provider}/ok.n-40.gap-15")).stream().open().await?;
            if index < 10 {
                read_tokens(&mut answer, 5 + index).await?;
                return Ok(());
            }
            let reading = answer.rest().await?;
            same("text", reading.text, passage::text(40))?;
            check(answer.is_done(), || "a stream that nobody left is incomplete".to_owned())
        }
    };
    futures::future::try_join_all((0..20).map(one)).await.map(drop)
}

/// Reads until that many tokens of text were seen, and says how many were.
async fn read_tokens(answer: &mut Opened, count: usize) -> Verdict<usize> {
    same("status", answer.live.status.as_u16(), 200)?;
    loop {
        let tokens = answer.events.iter().filter(|event| says_text(event)).count();
        if tokens >= count || answer.event().await?.is_none() {
            return Ok(tokens);
        }
    }
}

/// The counts lie within a fifth of the truth, which lies between two numbers itself.
fn within_a_fifth(sums: &Sums, provider: &str, (least, most): (u64, u64)) -> Verdict {
    let output = sums.output;
    check(output * 10 >= least * 8 && output * 10 <= most * 12, || {
        format!("output tokens: {output}, the truth is between {least} and {most}")
    })?;
    // Anthropic and Gemini tell the prompt's tokens at the beginning, so there it is no estimate.
    let prompt = if provider == "openai" { PROMPT } else { 17 };
    check(sums.input * 10 >= prompt * 8 && sums.input * 10 <= prompt * 12 + 100, || {
        format!("input tokens: {}, the truth is {prompt}", sums.input)
    })
}

/// Whether the event carries a piece of the visible text, in whatever protocol.
fn says_text(event: &Event) -> bool {
    let data: Value = serde_json::from_str(event.data.as_deref().unwrap_or_default()).unwrap_or_default();
    let places = ["/choices/0/delta/content", "/delta/text"];
    places
        .iter()
        .any(|place| data.pointer(place).and_then(Value::as_str).is_some_and(|text| !text.is_empty()))
}
