//! Stores that are missing, refuse, or never answer: callers are answered all the same, and the operator is
//! told.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tollbridge_upstream::passage;

use super::{limits::with_room_in_the_minute, refused, replies::with_tools};
use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::{MASTER_KEY, RPM_KEYS, RPM_LIMIT, STUCK_KEY, UNCOUNTED_KEY},
    front::Front,
    reading::chat,
    verdict::{Verdict, check, fail, same},
    world::{Gateway, Wanting},
};

/// No answer may wait longer for stores that hang.
const SOON: Duration = Duration::from_secs(8);

pub(super) fn cases() -> Vec<Case> {
    let bare = [
        Case::new("stores", "readiness names stores that are missing, and is no failure", bare_ready),
        Case::new("stores", "without stores requests are answered", bare_answers),
        Case::new("stores", "without a ledger the summary says so", bare_summary),
        Case::new("stores", "without stores the log names them", bare_log),
        Case::new("stores", "without a store each instance counts for itself", bare_counts),
    ];
    let all = [
        Case::new("stores", "stores that refuse make the gateway unready", refused_ready),
        Case::new("stores", "a row that the ledger refuses is in the log, whole", unwritten),
        Case::new("stores", "a row that was logged is imported once", imported).needs(Ability::Database),
        Case::new("stores", "a ledger that cannot be read is a 503", unreadable),
        Case::new("stores", "without counts requests pass, and the log says so", |hands| {
            uncounted(hands, Wanting::Refused, UNCOUNTED_KEY)
        }),
        Case::new("stores", "a cache that refuses costs no answer", |hands| looping(hands, Wanting::Refused)),
        Case::new("stores", "a row that was refused twice is written once", flaky),
        Case::new("stores", "counts that never come are not waited for", |hands| {
            uncounted(hands, Wanting::Stuck, STUCK_KEY)
        }),
        Case::new("stores", "a cache that hangs costs no answer", |hands| looping(hands, Wanting::Stuck)),
    ];
    let own = ["cache", "counters", "ledger"].map(|store| {
        let name = format!("every rule of the {store}'s own suite holds");
        let case = Case::new("stores", name, move |hands| own_suite(hands, store));
        if store == "cache" { case } else { case.needs(Ability::Database) }
    });
    // Native's own tests run them: its stores are in the same process.
    let bindings = bare.into_iter().chain(own).map(|case| case.needs(Ability::Bindings));
    bindings.chain(all).collect()
}

/// The suite that the core has for a store, run inside the gateway over the platform's own engine.
async fn own_suite(hands: Hands, store: &'static str) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Nothing).await?;
    // Names are fit for a tenant's path. The moment is now: engines forget what is over.
    let name = hands.token.replace('-', "");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let path = format!("/faults/stores/{store}/check/{name}/{now}");
    let answer = hands.get(&path).to(gateway).send().await?;
    same("the suite's word", answer.text(), "\"every rule holds\"".to_owned())
}

async fn readiness(hands: &Hands, gateway: &Gateway) -> Verdict<(u16, Value)> {
    let answer = hands.get("/health/ready").no_key().to(gateway).send().await?;
    check(!answer.text().contains("a fault"), || "the answer says why".to_owned())?;
    Ok((answer.status.as_u16(), answer.json()))
}

async fn bare_ready(hands: Hands) -> Verdict {
    let (status, body) = readiness(&hands, hands.world.wanting(Wanting::Bare).await?).await?;
    same("status", status, 200)?;
    for (store, state) in [("ledger", "none"), ("cache", "none"), ("limits", "instance")] {
        same(store, body[store].as_str(), Some(state))?;
    }
    Ok(())
}

async fn bare_answers(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Bare).await?;
    let mut answer = hands.chat("anthropic/ok.n-6").stream().to(gateway).open().await?;
    let id = answer.header("x-request-id").to_owned();
    same("text", answer.rest().await?.text, passage::text(6))?;
    check(answer.is_done(), || "the stream is incomplete".to_owned())?;
    let line = hands.log_of(gateway, "of the request", |line| is_request(line, &id)).await?;
    same("output tokens in the log", line["output_tokens"].as_u64(), Some(6))
}

async fn bare_summary(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Bare).await?;
    let answer = hands.get("/admin/usage/summary").key(MASTER_KEY).to(gateway).send().await?;
    let error = refused(&answer, 503)?;
    same("code", error["code"].as_str(), Some("ledger_unavailable"))
}

async fn bare_log(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Bare).await?;
    // What has no instance yet has said nothing.
    readiness(&hands, gateway).await?;
    let told = |line: &Value| line["event"] == "bindings_missing";
    let line = hands.log_of(gateway, "of what is missing", told).await?;
    same("level", line["level"].as_str(), Some("warn"))?;
    check(line["bindings"].as_array().is_some_and(|all| !all.is_empty()), || format!("no names: {line}"))
}

/// Nobody knows which instance a request meets: a limit is one for each.
async fn bare_counts(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Bare).await?;
    with_room_in_the_minute(Duration::from_secs(20)).await;
    let most = RPM_LIMIT as usize * hands.world.target.instances();
    for passed in 0..=most {
        let answer = hands.chat("openai/ok.n-3").key(RPM_KEYS[0]).to(gateway).send().await?;
        if answer.status.as_u16() == 429 {
            return check(passed >= RPM_LIMIT as usize, || format!("refused after {passed}"));
        }
        same("status", answer.status.as_u16(), 200)?;
    }
    fail(format!("{most} requests and one were let pass"))
}

async fn refused_ready(hands: Hands) -> Verdict {
    let (status, body) = readiness(&hands, hands.world.wanting(Wanting::Refused).await?).await?;
    same("status", status, 503)?;
    for store in ["ledger", "cache", "limits"] {
        same(store, body[store].as_str(), Some("unreachable"))?;
    }
    Ok(())
}

async fn unwritten(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Refused).await?;
    let mut answer = hands.chat("openai/ok.n-5.ct-5.pt-31").stream().to(gateway).open().await?;
    let id = answer.header("x-request-id").to_owned();
    same("text", answer.rest().await?.text, passage::text(5))?;
    check(answer.is_done(), || "the stream is incomplete".to_owned())?;
    let is_row = |line: &Value| line["event"] == "usage_unwritten" && line["row"]["id"] == *id;
    let line = hands.log_of(gateway, "of the row that was refused", is_row).await?;
    let row = &line["row"];
    for (column, value) in [
        ("tenant", json!("/acme/app")),
        ("key_name", json!("app")),
        ("provider", json!("openai")),
        ("status", json!(200)),
        ("input", json!(31)),
        ("output", json!(5)),
        ("stream", json!(1)),
    ] {
        same(column, &row[column], &value)?;
    }
    check(line["reason"].is_string(), || format!("no reason: {line}"))
}

/// What one gateway could not write, another does: its ledger is well.
async fn imported(hands: Hands) -> Verdict {
    let script = "ok.n-4.ct-4.pt-23";
    let refusing = hands.world.wanting(Wanting::Refused).await?;
    let answer = hands.chat(&format!("openai/{script}")).to(refusing).send().await?;
    let id = answer.header("x-request-id");
    let is_row = |line: &Value| line["event"] == "usage_unwritten" && line["row"]["id"] == *id;
    let line = hands.log_of(refusing, "of the row that was refused", is_row).await?;

    let filter = format!("model={}", hands.model(script));
    let main = &hands.world.main;
    same("requests before", main.summary(&filter).await?["totals"]["requests"].as_u64(), Some(0))?;
    let log = format!("some platform's word {line}\nand another line\n");
    for written in [1, 0] {
        let import = hands.post("/admin/usage/import", log.clone()).key(MASTER_KEY).send().await?;
        same("status", import.status.as_u16(), 200)?;
        same("what was imported", import.json(), json!({"rows": 1, "written": written}))?;
    }
    let sums = main.sums(&filter, 1).await?;
    same("requests and tokens", (sums.requests, sums.input, sums.output), (1, 23, 4))
}

async fn unreadable(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Refused).await?;
    let answer = hands.get("/admin/usage/summary").key(MASTER_KEY).to(gateway).send().await?;
    let error = refused(&answer, 503)?;
    same("code", error["code"].as_str(), Some("ledger_unavailable"))?;
    check(!answer.text().contains("a fault"), || format!("the error says too much: {error}"))
}

/// The settings say that requests pass where counts cannot be kept.
async fn uncounted(hands: Hands, wanting: Wanting, key: &'static str) -> Verdict {
    let gateway = hands.world.wanting(wanting).await?;
    let start = Instant::now();
    let answer = hands.chat("openai/ok.n-3").key(key).to(gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    check(start.elapsed() < SOON, || format!("it took {:?}", start.elapsed()))?;
    let told = |line: &Value| line["event"] == "limits_store_failed";
    hands.log_of(gateway, "of the counts that failed", told).await.map(drop)
}

/// A tool loop of a model that signs its reasoning, through a client that does not keep it.
async fn looping(hands: Hands, wanting: Wanting) -> Verdict {
    let gateway = hands.world.wanting(wanting).await?;
    let start = Instant::now();
    let mut messages = vec![json!({"role": "user", "content": "Go on until it is settled."})];
    for turn in 0..2 {
        let model = "anthropic/claude-sonnet-4-5-20250929~loop.turns-1.think";
        let ask = with_tools(hands.chat(model)).with("reasoning_effort", json!("high"));
        let answer = ask.with("messages", json!(messages)).to(gateway).send().await?;
        same("status", answer.status.as_u16(), 200)?;
        let said = chat::whole(&answer.json());
        for call in &said.calls {
            messages.extend(Front::Chat.answered(call, &format!("r{turn}")));
        }
        same("calls", said.calls.len(), 1 - turn)?;
    }
    check(start.elapsed() < SOON, || format!("it took {:?}", start.elapsed()))
}

async fn flaky(hands: Hands) -> Verdict {
    let gateway = hands.world.wanting(Wanting::Stuck).await?;
    let script = "ok.n-4.ct-4.pt-9";
    let answer = hands.chat(&format!("openai/{script}")).to(gateway).send().await?;
    same("status", answer.status.as_u16(), 200)?;
    let sums = gateway.sums(&format!("model={}", hands.model(script)), 1).await?;
    same("requests and tokens", (sums.requests, sums.input, sums.output), (1, 9, 4))
}

fn is_request(line: &Value, id: &str) -> bool {
    line["event"] == "request" && line["id"] == id
}
