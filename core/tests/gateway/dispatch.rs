//! What is asked of providers, how often, and what the caller is told.

use std::time::Duration;

use serde_json::{Value, json};
use tollbridge_core::{ledger::ErrorClass, ports::HttpError};

use super::{
    ask, openai, sim,
    sim::{End, Patience, Script, Sim, chat_request, get},
    whole_answer,
};

fn rate_limited() -> Script {
    Script::new(
        429,
        "application/json",
        r#"{"error":{"message":"Slow down.","type":"requests","code":"rate_limit_exceeded"}}"#,
    )
}

fn broken() -> Script {
    Script::new(503, "application/json", r#"{"error":{"message":"Overloaded.","type":"server_error"}}"#)
}

#[test]
fn a_whole_answer_is_relayed_and_accounted_for() {
    let sim = sim();
    sim.script([Script::json(whole_answer("Hello."))
        .header("x-request-id", "req_1")
        .header("x-ratelimit-remaining-requests", "9")]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 200);
    assert_eq!(got.body, whole_answer("Hello."), "the bytes are the provider's");
    assert_eq!(got.header("x-tollbridge-provider"), "openai");
    assert_eq!(got.header("x-tollbridge-model"), "gpt-4o-mini");
    assert_eq!(got.header("x-tollbridge-attempts"), "1");
    assert_eq!(got.header("x-ratelimit-remaining-requests"), "9");
    assert_eq!(got.header("content-type"), "application/json");
    let seen = &sim.world.seen.borrow()[0];
    assert_eq!(seen.uri, "https://api.openai.com/v1/chat/completions");
    assert_eq!(seen.headers["authorization"], "Bearer value-of-OPENAI_API_KEY");
    assert_eq!(seen.json(), ask(false));
    let row = sim.row();
    assert_eq!((row.usage.input, row.usage.output, row.estimated), (Some(11), Some(7), false));
    assert_eq!(row.model_asked, "gpt-4o-mini");
    assert_eq!(row.model_answered.as_deref(), Some("gpt-4o-mini-2024-07-18"));
    assert_eq!((row.status, row.attempts, row.stream), (200, 1, false));
    assert_eq!(row.upstream_id.as_deref(), Some("req_1"));
    assert_eq!(row.finish.as_deref(), Some("stop"));
    assert_eq!(sim.world.lines.borrow().len(), 1);
}

#[test]
fn a_provider_prefix_is_taken_off_and_nothing_else_is_touched() {
    let sim = sim();
    sim.script([Script::json(whole_answer("Hello."))]);
    let body = r#"{ "messages" : [ ], "unknown": {"a": [1.0, "\u00e9"]}, "model" :"openai/gpt-4o" , "seed":12345678901234567890 }"#;
    sim.send(chat_request(body));
    let seen = sim.world.seen.borrow()[0].body.clone();
    assert_eq!(String::from_utf8(seen.to_vec()).unwrap(), body.replace("openai/gpt-4o", "gpt-4o"));
}

#[test]
fn a_translated_request_heeds_what_the_catalogue_knows_of_the_model() {
    let sim = Sim::new(json!({"providers": {"anthropic": {"api_key": {"secret": "ANTHROPIC_API_KEY"}}}}));
    let answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-7", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hello."}], "usage": {"input_tokens": 3, "output_tokens": 2},
    });
    sim.script([Script::json(answer.to_string())]);
    let got = sim.chat(json!({
        "model": "anthropic/claude-opus-4-7", "temperature": 0.3, "reasoning_effort": "xhigh",
        "messages": [{"role": "user", "content": "Hi"}],
    }));
    assert_eq!((got.status.as_u16(), got.header("x-tollbridge-dropped")), (200, "temperature"));
    let sent = sim.world.seen.borrow()[0].json();
    assert_eq!((&sent["max_tokens"], &sent["temperature"]), (&json!(128_000), &serde_json::Value::Null));
    assert_eq!(sent["output_config"]["effort"], "xhigh");
}

#[test]
fn failures_that_may_pass_are_tried_again() {
    for first in [
        broken(),
        rate_limited(),
        Script::fails(HttpError::Connect),
        Script::fails(HttpError::ResetBeforeHead),
    ] {
        let sim = sim();
        sim.script([first, Script::json(whole_answer("Hello."))]);
        let got = sim.chat(ask(false));
        assert_eq!(got.status, 200);
        assert_eq!(got.header("x-tollbridge-attempts"), "2");
        assert_eq!(sim.row().attempts, 2);
    }
}

#[test]
fn four_attempts_are_the_most_and_the_caller_is_told_not_to_go_on() {
    let sim = sim();
    sim.script([broken(), broken(), broken(), broken()]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 503);
    assert_eq!(got.json()["error"]["message"], "Overloaded.");
    assert_eq!(got.header("x-should-retry"), "false");
    assert_eq!(got.header("x-tollbridge-attempts"), "4");
}

#[test]
fn what_the_provider_blames_on_the_request_is_told_as_it_is() {
    let sim = sim();
    let body = r#"{"error":{"message":"Bad value.","type":"invalid_request_error","param":"temperature","code":null}}"#;
    sim.script([Script::new(400, "application/json", body)]);
    let got = sim.chat(ask(false));
    assert_eq!((got.status.as_u16(), got.body.as_str()), (400, body));
    assert_eq!(got.header("x-should-retry"), "");
    assert_eq!(got.header("x-tollbridge-attempts"), "1");
    assert!(matches!(sim.row().error, Some(ErrorClass::Api(_))));
}

#[test]
fn a_long_wait_is_the_callers_to_decide() {
    let sim = sim();
    sim.script([rate_limited().header("retry-after", "60")]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 429);
    assert_eq!(got.header("retry-after"), "60");
    assert_eq!(got.header("x-should-retry"), "");
    assert_eq!(sim.row().attempts, 1);
}

#[test]
fn a_short_wait_is_sat_through() {
    let sim = sim();
    sim.script([rate_limited().header("retry-after-ms", "700"), Script::json(whole_answer("Hello."))]);
    assert_eq!(sim.chat(ask(false)).status, 200);
    assert!((700..1000).contains(&sim.elapsed().as_millis()), "{:?}", sim.elapsed());
}

fn two_keys() -> Value {
    json!({"providers": {"openai": {
        "api_key": [{"secret": "A"}, {"secret": "B"}], "models": ["gpt-4o-mini"],
    }}})
}

#[test]
fn keys_take_turns_and_a_limited_one_sits_out() {
    let sim = Sim::new(two_keys());
    sim.script([rate_limited().header("retry-after", "120")]);
    sim.script(vec![Script::json(whole_answer("Hello.")); 5]);
    for _ in 0..5 {
        assert_eq!(sim.chat(ask(false)).status, 200);
    }
    let used: Vec<String> = sim
        .world
        .seen
        .borrow()
        .iter()
        .map(|seen| seen.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(used[0], "Bearer value-of-A");
    assert!(used[1..].iter().all(|key| key == "Bearer value-of-B"), "{used:?}");
}

fn with_fallback() -> Value {
    json!({
        "providers": {
            "openai": {"api_key": {"secret": "A"}, "models": ["gpt-4o-mini"]},
            "groq": {"api_key": {"secret": "B"}, "models": ["llama"]},
        },
        "aliases": {"smart": ["openai/gpt-4o-mini", "groq/llama"]},
    })
}

#[test]
fn an_alias_falls_back() {
    for failure in [
        broken(),
        rate_limited().header("retry-after", "60"),
        Script::fails(HttpError::Dns),
        Script::new(404, "application/json", r#"{"error":{"message":"No such model."}}"#),
    ] {
        let sim = Sim::new(with_fallback());
        sim.script([failure, Script::json(whole_answer("Hello."))]);
        let got = sim.chat(json!({"model": "smart", "messages": []}));
        assert_eq!(got.status, 200);
        assert_eq!(got.header("x-tollbridge-provider"), "groq");
        assert_eq!(sim.world.seen.borrow()[1].json()["model"], "llama");
        assert_eq!(sim.row().model_asked, "smart");
    }
}

#[test]
fn a_refusal_by_location_falls_back_and_is_not_repeated() {
    let refusal = || {
        Script::new(
            403,
            "application/json",
            r#"{"error":{"message":"Country, region, or territory not supported","code":"unsupported_country_region_territory","type":"request_forbidden"}}"#,
        )
    };
    let sim = Sim::new(with_fallback());
    sim.script([refusal(), Script::json(whole_answer("Hello."))]);
    assert_eq!(sim.chat(json!({"model": "smart", "messages": []})).status, 200);

    let sim = Sim::new(openai());
    sim.script([refusal()]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 403);
    assert_eq!(sim.row().error.unwrap().name(), "location");
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    for (body, content_type) in [
        ("<html>Bad gateway</html>", "text/html"),
        ("", "application/json"),
        (r#"{"error":{"message":"The model crashed.","type":"server_error"}}"#, "application/json"),
        (r#"{"id": "x", "choi"#, "application/json"),
    ] {
        for stream in [false, true] {
            let sim = sim();
            sim.script(vec![Script::new(200, content_type, body); 4]);
            let got = sim.chat(ask(stream));
            assert!(got.status.is_server_error(), "{body}: {got:?}");
            assert!(!got.body.contains("<html>") && got.json()["error"]["message"].is_string());
        }
    }
}

#[test]
fn the_first_byte_and_the_whole_are_limited() {
    let mut document = openai();
    document["timeouts"] = json!({"first_byte": "2s", "whole": "5s"});
    let sim = Sim::new(document);
    sim.script(vec![Script::json(whole_answer("late")).head_after(Duration::from_secs(60)); 4]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 504);
    assert_eq!(got.header("x-should-retry"), "false");
    assert!(sim.elapsed() <= Duration::from_millis(5100), "{:?}", sim.elapsed());
    assert_eq!(sim.row().error.unwrap().name(), "timeout");
}

#[test]
fn a_caller_who_leaves_before_the_head_is_accounted_for() {
    let sim = sim();
    sim.script([Script::json(whole_answer("late")).head_after(Duration::from_secs(60))]);
    let got = sim.send_until(chat_request(&ask(false).to_string()), Patience::For(Duration::from_secs(1)));
    assert!(got.is_none());
    let row = sim.row();
    assert_eq!(row.error, Some(ErrorClass::CallerLeft));
    assert!(row.estimated && row.usage.input > Some(0));
}

#[test]
fn a_body_cut_in_a_whole_answer_is_tried_again() {
    let sim = sim();
    sim.script([Script::json(r#"{"id":"#).end(End::Reset), Script::json(whole_answer("Hello."))]);
    assert_eq!(sim.chat(ask(false)).header("x-tollbridge-attempts"), "2");
}

#[test]
fn names_are_resolved_through_inventories_when_nothing_nearer_knows_them() {
    let sim = Sim::new(json!({"providers": {
        "openai": {"api_key": {"secret": "A"}}, "groq": {"api_key": {"secret": "B"}},
    }}));
    sim.script([
        Script::json(r#"{"data":[{"id":"meta/llama"},{"id":"shared"}]}"#),
        Script::json(r#"{"data":[{"id":"gpt-4o"},{"id":"shared"}]}"#),
        Script::json(whole_answer("Hello.")),
    ]);
    let got = sim.chat(json!({"model": "meta/llama", "messages": []}));
    assert_eq!((got.status.as_u16(), got.header("x-tollbridge-provider")), (200, "groq"));
    let ambiguous = sim.chat(json!({"model": "shared", "messages": []}));
    assert_eq!(ambiguous.status, 404);
    let message = ambiguous.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("openai/shared") && message.contains("groq/shared"), "{message}");
    let unknown = sim.chat(json!({"model": "gpt-4p", "messages": []}));
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("gpt-4o"), "{}", unknown.body);
    assert_eq!(unknown.json()["error"]["code"], "model_not_found");
    assert_eq!(sim.world.seen.borrow().len(), 3, "inventories are fetched once");
    let listed = sim.send(get("/v1/models")).json();
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["groq/meta/llama", "groq/shared", "openai/gpt-4o", "openai/shared"]);
    assert_eq!(sim.send(get("/v1/models/groq/meta/llama")).json()["owned_by"], "groq");
    assert_eq!(sim.send(get("/v1/models/groq%2Fmeta%2Fllama")).status, 200);
    assert_eq!(sim.send(get("/v1/models/nobody")).status, 404);
}

#[test]
fn a_refused_key_is_told_without_the_key() {
    for (said, wants) in [
        (
            "Incorrect API key provided: value-of***KEY. You can find it in your account.",
            "Incorrect API key provided: [key] You can find it in your account.",
        ),
        ("The key value-of-OPENAI_API_KEY is revoked", "The key [key] is revoked"),
        ("Your project has been archived.", "Your project has been archived."),
    ] {
        let sim = sim();
        let body =
            json!({"error": {"message": said, "type": "invalid_request_error", "code": "invalid_api_key"}});
        sim.script([Script::new(401, "application/json", body.to_string())]);
        let got = sim.chat(ask(false));
        assert_eq!(got.status, 401);
        assert!(got.json()["error"]["message"].as_str().unwrap().ends_with(wants), "{}", got.body);
        assert_eq!(got.json()["error"]["code"], "invalid_api_key");
        assert!(!got.body.contains("value-of"));
    }
}
