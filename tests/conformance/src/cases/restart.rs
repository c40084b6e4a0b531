//! What survives a gateway that ends as a failing machine does: rows, counts and reasoning that is kept.

use std::time::Duration;

use serde_json::{Value, json};

use super::{limits::with_room_in_the_minute, replies::with_tools};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::{RESTART_KEY, RPM_LIMIT},
    front::Front,
    reading::{Reading, chat},
    verdict::{Verdict, check, same},
    world::Gateway,
};

/// How long stores may take to have what they were given.
const WRITTEN: Duration = Duration::from_millis(500);

/// How long a gateway may take to be there again, in the same minute.
const ROOM: Duration = Duration::from_secs(30);

pub(super) fn cases() -> Vec<Case> {
    let claude = "anthropic/claude-sonnet-4-5-20250929~loop.turns-2.think";
    let gemini = "gemini/gemini-3-flash-preview~loop.turns-2.think";
    vec![
        Case::new("restart", "kill -9 loses no row", rows).needs(Ability::Database),
        Case::new("restart", "kill -9 does not give a key its minute anew", minute).needs(Ability::Database),
        Case::new("restart", "kill -9 inside a tool loop loses no thinking of Claude's", |hands| {
            reasoning(hands, claude)
        }),
        Case::new("restart", "kill -9 inside a tool loop loses no signature of Gemini's", |hands| {
            reasoning(hands, gemini)
        }),
    ]
}

async fn rows(hands: Hands) -> Verdict {
    let setup = hands.world.setup()?;
    let script = "ok.n-4.ct-4.pt-9";
    let filter = format!("model={}", hands.model(script));
    let gateway = hands.world.start(&setup).await?;
    for stream in [false, true] {
        let ask = hands.chat(&format!("openai/{script}")).streamed_if(stream);
        same("status", ask.to(&gateway).send().await?.status.as_u16(), 200)?;
    }
    gateway.sums(&filter, 2).await?;
    gateway.running.kill().await?;
    let gateway = hands.world.start(&setup).await?;
    let sums = gateway.sums(&filter, 2).await?;
    same("requests and tokens", (sums.requests, sums.input, sums.output), (2, 18, 8))
}

async fn minute(hands: Hands) -> Verdict {
    let setup = hands.world.setup()?;
    let gateway = hands.world.start(&setup).await?;
    with_room_in_the_minute(ROOM).await;
    let ask = || hands.chat("openai/ok.n-3").key(RESTART_KEY);
    for _ in 0..RPM_LIMIT {
        same("status", ask().to(&gateway).send().await?.status.as_u16(), 200)?;
    }
    tokio::time::sleep(WRITTEN).await;
    gateway.running.kill().await?;
    let gateway = hands.world.start(&setup).await?;
    same("status of one more", ask().to(&gateway).send().await?.status.as_u16(), 429)
}

/// A tool loop through a client that resends role, content and calls alone, with another gateway for the turns
/// after the first. The stand-in refuses thinking and signatures that are not as it issued them; what the
/// gateway could not find it names.
async fn reasoning(hands: Hands, model: &'static str) -> Verdict {
    let setup = hands.world.setup()?;
    let mut gateway = hands.world.start(&setup).await?;
    let mut messages = vec![json!({"role": "user", "content": "Go on until it is settled."})];
    for turn in 0..=2 {
        let said = next(&hands, &gateway, model, &messages).await?;
        same("calls", said.calls.len(), usize::from(turn < 2))?;
        for call in &said.calls {
            messages.extend(Front::Chat.answered(call, &format!("r{turn}")));
        }
        if turn == 0 {
            tokio::time::sleep(WRITTEN).await;
            gateway.running.kill().await?;
            gateway = hands.world.start(&setup).await?;
        }
    }
    let sent = hands.seen().await?.pop().map(|seen| seen.body).unwrap_or_default();
    let signed = sent.matches("ignature\":\"").count();
    check(signed == 2 && !sent.contains("skip_thought"), || format!("{signed} signatures went up: {sent}"))
}

/// One turn of a tool loop, of which nothing may be lost.
async fn next(hands: &Hands, gateway: &Gateway, model: &str, messages: &[Value]) -> Verdict<Reading> {
    let ask = with_tools(hands.chat(model)).with("reasoning_effort", json!("high"));
    let answer = ask.with("messages", json!(messages)).to(gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    same("x-tollbridge-dropped", answer.header("x-tollbridge-dropped"), "")?;
    Ok(chat::whole(&answer.json()))
}
