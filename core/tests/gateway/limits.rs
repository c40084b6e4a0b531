//! `max_rpm`: requests of a key in a minute, over all instances.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    ask,
    crowd::{Answer, Crowd},
    sim::{Manners, Patience, Script, Sim, get},
    whole_answer,
};

/// The simulation begins 20 seconds into a minute.
const LEFT_OF_THE_FIRST: u64 = 40;

pub fn digest(key: &str) -> String {
    let hex: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The key `k` with limits, and the key `free` without.
pub fn document(limits: Value) -> Value {
    let mut key = json!({"name": "ci", "digest": digest("k")});
    key.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    json!({
        "providers": {"openai": {"api_key": {"secret": "OPENAI_API_KEY"}, "models": ["gpt-4o-mini"]}},
        "keys": [{"name": "free", "digest": digest("free")}, key],
    })
}

pub fn signed(key: &str, path: &str, body: &Value) -> Request<Full<Bytes>> {
    Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {key}"))
        .body(Full::from(body.to_string()))
        .unwrap()
}

pub fn chat(stream: bool) -> Request<Full<Bytes>> {
    signed("k", "/v1/chat/completions", &ask(stream))
}

fn messages(stream: bool) -> Request<Full<Bytes>> {
    let body = json!({"model": "gpt-4o-mini", "max_tokens": 50, "stream": stream,
        "messages": [{"role": "user", "content": "Hi"}]});
    signed("k", "/v1/messages", &body)
}

fn hello() -> Script {
    Script::json(whole_answer("Hello."))
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.borrow().as_ref().unwrap().status.as_u16()).collect()
}

#[test]
fn one_over_the_limit_is_refused_in_the_callers_dialect() {
    let sim = Sim::new(document(json!({"max_rpm": 1})));
    sim.script([hello()]);
    assert_eq!(sim.send(chat(false)).status, 200);
    for stream in [false, true] {
        let got = sim.send(chat(stream));
        assert_eq!((got.status.as_u16(), got.header("content-type")), (429, "application/json"));
        assert_eq!(got.header("retry-after"), "40");
        assert_eq!(got.header("x-ratelimit-limit-requests"), "1");
        assert_eq!(got.header("x-ratelimit-remaining-requests"), "0");
        assert_eq!(got.header("x-ratelimit-reset-requests"), "39.99s");
        let error = &got.json()["error"];
        assert_eq!(
            (&error["type"], &error["code"]),
            (&json!("rate_limit_error"), &json!("rate_limit_exceeded"))
        );
        let message = error["message"].as_str().unwrap();
        assert_eq!(
            message,
            "The key `ci` may make 1 requests a minute, and has made them: try again in 40 s."
        );

        let got = sim.send(messages(stream));
        assert_eq!(got.status, 429);
        assert_eq!(got.header("retry-after"), "40");
        assert_eq!(got.header("anthropic-ratelimit-requests-limit"), "1");
        assert_eq!(got.header("anthropic-ratelimit-requests-remaining"), "0");
        assert_eq!(got.header("anthropic-ratelimit-requests-reset"), "2023-11-14T22:14:00Z");
        assert_eq!(got.header("x-ratelimit-limit-requests"), "");
        assert_eq!(got.json()["type"], "error");
        assert_eq!(got.json()["error"]["type"], "rate_limit_error");
        assert_eq!(got.json()["error"]["message"], message);
    }
    assert_eq!(sim.world.seen.borrow().len(), 1, "none of them went upstream");
    let rows = sim.world.rows.borrow();
    assert_eq!(rows.iter().filter(|row| row.status == 429 && row.attempts == 0).count(), 4);
}

#[test]
fn where_the_caller_stands_is_said_in_place_of_where_the_operator_does() {
    let sim = Sim::new(document(json!({"max_rpm": 3})));
    let theirs = || {
        hello()
            .header("x-ratelimit-remaining-requests", "9999")
            .header("x-ratelimit-reset-requests", "6m0s")
            .header("x-ratelimit-remaining-tokens", "123")
    };
    sim.script([theirs(), theirs(), theirs(), theirs()]);
    for left in ["2", "1"] {
        let got = sim.send(chat(false));
        assert_eq!(got.header("x-ratelimit-limit-requests"), "3");
        assert_eq!(got.header("x-ratelimit-remaining-requests"), left);
        assert!(got.header("x-ratelimit-reset-requests").starts_with("39."));
        assert_eq!(got.header("x-ratelimit-remaining-tokens"), "123", "tokens are the provider's");
    }
    let got = sim.send(messages(false));
    assert_eq!(got.header("anthropic-ratelimit-requests-remaining"), "0");
    assert_eq!(got.header("x-ratelimit-remaining-requests"), "");

    let free = sim.send(signed("free", "/v1/chat/completions", &ask(false)));
    assert_eq!(
        free.header("x-ratelimit-remaining-requests"),
        "9999",
        "a key without limits sees the provider's"
    );
}

#[test]
fn an_error_of_the_provider_counts_and_says_where_the_caller_stands() {
    let sim = Sim::new(document(json!({"max_rpm": 2})));
    sim.script([Script::new(400, "application/json", r#"{"error":{"message":"no"}}"#)
        .header("x-ratelimit-remaining-requests", "9999")]);
    let got = sim.send(chat(false));
    assert_eq!((got.status.as_u16(), got.header("x-ratelimit-remaining-requests")), (400, "1"));
}

#[test]
fn only_requests_that_could_go_upstream_count() {
    let sim = Sim::new(document(json!({"max_rpm": 2, "max_streams": 1, "models": ["openai/gpt-4o-mini"]})));
    let path = "/v1/chat/completions";
    let mut list = get("/v1/models");
    list.headers_mut().insert("authorization", "Bearer k".parse().unwrap());
    let count = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]});
    for (request, want) in [
        (signed("wrong", path, &ask(false)), 401),
        (signed("k", path, &json!({"messages": []})), 400),
        (signed("k", path, &json!({"model": "nobody/knows"})), 404),
        (signed("k", path, &json!({"model": "openai/other"})), 403),
        (list, 200),
        (signed("k", "/v1/messages/count_tokens", &count), 200),
    ] {
        let got = sim.send(request);
        assert_eq!(got.status, want, "{}", got.body);
    }
    assert_eq!(sim.world.shelf.calls.get(), 0);
    sim.script([hello(), hello()]);
    assert_eq!([sim.send(chat(false)).status, sim.send(chat(false)).status], [200, 200]);
}

#[test]
fn a_request_that_was_refused_does_not_count() {
    let mut crowd = Crowd::new(&document(json!({"max_rpm": 3, "max_streams": 1})), 1);
    crowd.world.scripts.borrow_mut().extend([slow_stream(), hello(), hello()]);
    let first = crowd.ask(0, chat(true), Patience::Endless);
    crowd.run_to(Duration::from_secs(1));
    let refused: Vec<_> = (0..4).map(|_| crowd.ask(0, chat(true), Patience::Endless)).collect();
    crowd.run_to(Duration::from_secs(2));
    assert_eq!(statuses(&refused), [429; 4]);
    assert_eq!(crowd.counted("ci").requests, 1);
    let whole: Vec<_> = (0..3).map(|_| crowd.ask(0, chat(false), Patience::Endless)).collect();
    crowd.run();
    assert_eq!(statuses(&whole), [200, 200, 429]);
    assert_eq!(statuses(&[first]), [200]);
}

/// A stream of five seconds.
pub fn slow_stream() -> Script {
    let mut script = Script::stream(&[&super::chunk(json!({"role": "assistant", "content": "Hel"}), None)]);
    script.chunks.push((Duration::from_secs(5), super::chunk(json!({"content": "lo"}), Some("stop")).into()));
    script.chunks.push((Duration::ZERO, "data: [DONE]\n\n".into()));
    script
}

#[test]
fn the_next_minute_begins_anew() {
    let mut crowd = Crowd::new(&document(json!({"max_rpm": 2})), 1);
    crowd.world.scripts.borrow_mut().extend((0..4).map(|_| hello()));
    let mut answers = Vec::new();
    for at in [0, 0, 0, LEFT_OF_THE_FIRST - 1, LEFT_OF_THE_FIRST, LEFT_OF_THE_FIRST, LEFT_OF_THE_FIRST + 59] {
        crowd.run_to(Duration::from_secs(at));
        answers.push(crowd.ask(0, chat(false), Patience::Endless));
        crowd.run_to(Duration::from_secs(at));
    }
    crowd.run();
    assert_eq!(statuses(&answers), [200, 200, 429, 429, 200, 200, 429]);
}

#[test]
fn a_key_without_limits_asks_no_store() {
    let sim = Sim::new(document(json!({"max_rpm": 1, "max_streams": 1})));
    sim.world.shelf.hold.set(Duration::from_secs(10));
    sim.script([hello(), slow_stream()]);
    sim.send(signed("free", "/v1/chat/completions", &ask(false)));
    let got = sim.send(signed("free", "/v1/chat/completions", &ask(true)));
    assert_eq!(got.header("x-ratelimit-limit-requests"), "");
    assert_eq!(sim.world.shelf.calls.get(), 0);
}

#[test]
fn a_far_store_is_waited_for_once() {
    let mut crowd = Crowd::new(&document(json!({"max_rpm": 600})), 1);
    let shelf = &crowd.world.shelf;
    shelf.hold.set(Duration::from_secs(10));
    shelf.lag.set(Duration::from_millis(300));
    crowd.world.scripts.borrow_mut().extend((0..200).map(|_| hello()));
    let mut answers = Vec::new();
    // Two a second for 25 seconds.
    for step in 0..50 {
        crowd.run_to(Duration::from_millis(step * 500));
        answers.push(crowd.ask(0, chat(false), Patience::Endless));
    }
    crowd.run();
    assert_eq!(statuses(&answers), vec![200; 50]);
    let late = |us: &u64| *us >= 300_000;
    let waited: Vec<_> = crowd.world.rows.borrow().iter().map(|row| row.latency_us).filter(late).collect();
    assert_eq!(waited.len(), 1, "{waited:?}");
    assert_eq!(crowd.counted("ci").requests, 50, "and what was taken ahead at last came back");
}

#[test]
fn what_was_taken_ahead_comes_back() {
    let mut crowd = Crowd::new(&document(json!({"max_rpm": 60})), 1);
    crowd.world.shelf.hold.set(Duration::from_secs(10));
    crowd.world.scripts.borrow_mut().extend((0..8).map(|_| hello()));
    let answers: Vec<_> = (0..8).map(|_| crowd.ask(0, chat(false), Patience::Endless)).collect();
    crowd.run_to(Duration::from_secs(1));
    assert_eq!(statuses(&answers), [200; 8]);
    let taken = crowd.counted("ci").requests;
    assert!((9..=18).contains(&taken), "{taken}");
    crowd.run_to(Duration::from_secs(12));
    assert_eq!(crowd.counted("ci").requests, 8);
}

/// Whatever the number of instances, a minute has no more than its requests; and where there is
/// demand enough, hardly fewer.
#[test]
fn many_instances_keep_one_limit() {
    for (hold, instances, limit) in
        [(0, 1, 60), (0, 7, 60), (10, 2, 60), (10, 7, 60), (10, 7, 12), (10, 20, 600)]
    {
        let mut crowd = Crowd::new(&document(json!({"max_rpm": limit})), instances);
        crowd.world.shelf.hold.set(Duration::from_secs(hold));
        crowd.world.shelf.lag.set(Duration::from_millis(80));
        let each_second = (limit / 20).max(1);
        crowd.world.scripts.borrow_mut().extend((0..each_second * 150).map(|_| hello()));
        let mut answers: Vec<(u64, Answer)> = Vec::new();
        let mut dice: u64 = 7;
        for second in 0..150 {
            crowd.run_to(Duration::from_secs(second));
            for _ in 0..each_second {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let instance = (dice >> 33) as usize % instances;
                let minute = (second + 20) / 60;
                answers.push((minute, crowd.ask(instance, chat(false), Patience::Endless)));
            }
        }
        crowd.run();
        for minute in 0..=2 {
            let passed = answers
                .iter()
                .filter(|(of, answer)| *of == minute && answer.borrow().as_ref().unwrap().status == 200)
                .count() as u64;
            let case =
                format!("{instances} instances, hold {hold}, limit {limit}, minute {minute}: {passed}");
            assert!(passed <= limit, "{case}");
            assert!(passed * 10 >= limit * 9, "{case}");
        }
    }
}

#[test]
fn a_store_that_fails_lets_pass_what_the_instance_can_answer_for() {
    let mut document = document(json!({"max_rpm": 2}));
    for (manners, wait) in [(Manners::Fails, 0), (Manners::Hangs, 1_000_000)] {
        let sim = Sim::new(document.clone());
        sim.world.shelf.manners.set(manners);
        sim.script([hello(), hello()]);
        let got: Vec<_> = (0..3).map(|_| sim.send(chat(false)).status.as_u16()).collect();
        assert_eq!(got, [200, 200, 429], "{manners:?}");
        let lines = sim.world.lines.borrow();
        let told: Vec<_> = lines.iter().filter(|line| line.contains("limits_store_failed")).collect();
        assert_eq!(told.len(), 1, "the operator is told once a minute: {lines:?}");
        let rows = sim.world.rows.borrow();
        assert!(rows[0].latency_us >= wait && rows[0].latency_us < wait + 100_000, "{}", rows[0].latency_us);
        assert!(rows[1].latency_us < 100_000, "it is not waited for again at once");
        drop((rows, lines));

        sim.world.shelf.manners.set(Manners::Fails);
        let ready = sim.send(get("/health/ready"));
        let want = json!({"status": "ok", "ledger": "ok", "cache": "none", "limits": "unreachable", "limits_failures": 2});
        assert_eq!((ready.status.as_u16(), ready.json()), (200, want));
    }

    document["limits"] = json!({"on_store_failure": "refuse"});
    let sim = Sim::new(document);
    sim.world.shelf.manners.set(Manners::Fails);
    for request in [chat(false), messages(true)] {
        let got = sim.send(request);
        assert_eq!((got.status.as_u16(), got.header("retry-after")), (503, "1"));
        let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("`ci` cannot be counted now"), "{message}");
    }
    assert_eq!(sim.send(get("/health/ready")).status, 503);
    sim.world.shelf.manners.set(Manners::Works);
    sim.script([hello(), hello(), hello()]);
    assert_eq!(sim.send(signed("free", "/v1/chat/completions", &ask(false))).status, 200);
    std::thread::yield_now();
    let ready = sim.send(get("/health/ready"));
    assert_eq!((ready.status.as_u16(), &ready.json()["limits"]), (200, &json!("ok")));
}

#[test]
fn without_a_store_each_instance_counts_for_itself() {
    let mut crowd = Crowd::new(&document(json!({"max_rpm": 2})), 2);
    crowd.world.shelf.manners.set(Manners::Absent);
    crowd.world.scripts.borrow_mut().extend((0..4).map(|_| hello()));
    let answers: Vec<_> = (0..6).map(|n| crowd.ask(n % 2, chat(false), Patience::Endless)).collect();
    crowd.run();
    assert_eq!(statuses(&answers), [200, 200, 200, 200, 429, 429]);
    let left: Vec<_> = answers[..4]
        .iter()
        .map(|answer| answer.borrow().as_ref().unwrap().header("x-ratelimit-remaining-requests").to_owned())
        .collect();
    assert_eq!(left, ["1", "1", "0", "0"]);
    let ready = crowd.ask(0, get("/health/ready"), Patience::Endless);
    crowd.run();
    assert_eq!(ready.borrow().as_ref().unwrap().json()["limits"], "instance");
}
