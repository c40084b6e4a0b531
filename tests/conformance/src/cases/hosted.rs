//! Hosts that have no database and end a request after 30 s: what they lack is said, and an answer that would be
//! cut ends in order before.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    ability::Ability,
    case::{Case, Hands},
    front::Front,
    verdict::{Verdict, check, same},
};

/// When the host would cut an answer.
const CUT: Duration = Duration::from_secs(30);

/// The earliest that the gateway may do.
const EARLIEST: Duration = Duration::from_secs(25);

pub(super) fn cases() -> Vec<Case> {
    let ends = Front::ALL.iter().map(|front| {
        let name = format!("a stream that the host would cut ends with its error ({})", front.name());
        Case::new("hosted", name, move |hands| ends(hands, *front))
    });
    let said = [
        Case::new("hosted", "readiness names the database alone", readiness),
        Case::new("hosted", "the log names the database alone", log),
    ];
    ends.chain(said).map(|case| case.needs(Ability::EndsByForce)).collect()
}

async fn ends(hands: Hands, front: Front) -> Verdict {
    let start = Instant::now();
    let mut answer = hands.asks(front, "openai-faulty/ok.n-900.gap-50").stream().open().await?;
    same("status", answer.live.status.as_u16(), 200)?;
    let id = answer.header("x-request-id").to_owned();
    let reading = answer.rest().await?;
    let took = start.elapsed();
    check((EARLIEST..CUT).contains(&took), || format!("it took {took:?}"))?;
    check(reading.error.is_some(), || "the stream ends without an error event".to_owned())?;
    check(!answer.is_done(), || "a stream that was ended says that it is complete".to_owned())?;
    let seen = hands.ended(Duration::from_secs(3)).await?;
    same("the upstream's answer", seen.ended.as_str(), "dropped")?;
    let line = hands.log_line(&id).await?;
    same("estimated", &line["estimated"], &json!(true))?;
    check(line["output_tokens"].as_u64() > Some(100), || format!("what was said is not counted: {line}"))?;
    check(line["error"].is_string(), || format!("the log has no error: {line}"))
}

async fn readiness(hands: Hands) -> Verdict {
    let answer = hands.get("/health/ready").no_key().send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let body = answer.json();
    for (store, state) in [("ledger", "none"), ("cache", "ok"), ("limits", "instance")] {
        same(store, body[store].as_str(), Some(state))?;
    }
    Ok(())
}

async fn log(hands: Hands) -> Verdict {
    let main = &hands.world.main;
    let line = hands.log_of(main, "of what is missing", |line| line["event"] == "bindings_missing").await?;
    same("what is missing", &line["bindings"], &json!(["sqlite"]))
}
