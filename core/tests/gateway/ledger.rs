//! Rows that the ledger refuses, and their way back into it.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    ask, openai, sim,
    sim::{Got, Script, Sim},
    whole_answer,
};

fn with_master() -> Sim {
    let mut document = openai();
    document["master_key"] = json!({"secret": "MASTER"});
    Sim::new(document)
}

fn asked(sim: &Sim) {
    sim.script([Script::json(whole_answer("Hello."))]);
    let request = Request::post("/v1/chat/completions").header("x-api-key", "value-of-MASTER");
    let request = request.header("content-type", "application/json");
    let got = sim.send(request.body(Full::from(ask(false).to_string())).unwrap());
    assert_eq!(got.status, 200);
}

fn import(sim: &Sim, key: &str, log: impl Into<Bytes>) -> Got {
    let request = Request::post("/admin/usage/import").header("authorization", format!("Bearer {key}"));
    sim.send(request.header("content-type", "text/plain").body(Full::from(log.into())).unwrap())
}

#[test]
fn rows_that_the_ledger_refuses_are_offered_again_and_then_logged() {
    let sim = sim();
    sim.script([Script::json(whole_answer("Hello.")), Script::json(whole_answer("Hello."))]);
    sim.world.refusals.set(2);
    sim.chat(ask(false));
    assert_eq!((sim.world.rows.borrow().len(), sim.world.offered_again.get()), (1, 2));
    sim.world.refusals.set(3);
    sim.chat(ask(false));
    assert_eq!((sim.world.rows.borrow().len(), sim.world.offered_again.get()), (1, 4));
    assert!(sim.world.lines.borrow().iter().any(|line| line.contains("usage_unwritten")));
}

#[test]
fn a_row_that_the_ledger_does_not_answer_about_is_logged() {
    let sim = sim();
    sim.script([Script::json(whole_answer("Hello."))]);
    sim.world.ledger_hangs.set(true);
    sim.chat(ask(false));
    assert!(sim.elapsed() >= Duration::from_secs(5) && sim.answered() < Duration::from_secs(1));
    assert!(sim.world.lines.borrow().iter().any(|line| line.contains("usage_unwritten")));
}

#[test]
fn what_was_logged_in_their_stead_brings_them_back_once() {
    let sim = with_master();
    asked(&sim);
    let whole = sim.row();
    sim.world.rows.borrow_mut().clear();
    sim.world.refusals.set(3);
    asked(&sim);
    assert!(sim.world.rows.borrow().is_empty());

    let log = sim.world.lines.borrow().join("\n");
    let got = import(&sim, "value-of-MASTER", log.clone());
    assert_eq!((got.status.as_u16(), got.json()), (200, json!({"rows": 1, "written": 1})));
    let row = sim.row();
    assert_eq!((row.usage, &*row.key, row.finish.clone()), (whole.usage, &*whole.key, whole.finish));
    assert_eq!(import(&sim, "value-of-MASTER", log).json(), json!({"rows": 1, "written": 0}));
    assert_eq!(import(&sim, "value-of-MASTER", "nothing of ours").json(), json!({"rows": 0, "written": 0}));
}

#[test]
fn only_the_master_imports_and_only_what_can_be_read() {
    let sim = with_master();
    assert_eq!(import(&sim, "nobody", "").status, 401);
    let got = import(&sim, "value-of-MASTER", "fine\n{\"event\":\"usage_unwritten\",\"row\":{}}\n");
    let message = got.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (got.status.as_u16(), message.starts_with("Line 2: its row lacks `at`")),
        (400, true),
        "{message}"
    );
    sim.world.refusals.set(1);
    assert_eq!(import(&sim, "value-of-MASTER", "").status, 200, "nothing to write");
}

/// Whatever a line is about, a machine finds the same three things in it.
#[test]
fn every_line_of_the_log_has_one_shape() {
    let sim = with_master();
    sim.world.refusals.set(4);
    sim.send(super::sim::get("/health/ready"));
    asked(&sim);
    let lines = sim.world.lines.borrow();
    let events: Vec<String> = lines
        .iter()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
            assert!(
                ["info", "warn", "error"].contains(&line["level"].as_str().unwrap_or_default()),
                "{line}"
            );
            line["event"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(events, ["ledger_unreachable", "request", "usage_unwritten"]);
}
