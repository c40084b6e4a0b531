//! Callers who are answered by a Gemini model.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::sim::{End, Script, Sim, get};

const BASE: &str = "https://generativelanguage.googleapis.com/v1beta";

fn gemini() -> Sim {
    Sim::new(json!({"providers": {"gemini": {"api_key": {"secret": "G"}, "models": ["gemini-3-pro"]}}}))
}

fn ask(stream: bool) -> Value {
    json!({"model": "gemini-3-pro", "stream": stream, "stream_options": {"include_usage": true}, "user": "u",
        "messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"}]})
}

fn messages(path: &str, stream: bool) -> Request<Full<Bytes>> {
    let body = json!({"model": "gemini-3-pro", "max_tokens": 50, "stream": stream,
        "messages": [{"role": "user", "content": "Hi"}]});
    Request::post(path)
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", "interleaved-thinking-2025-05-14")
        .body(Full::from(body.to_string()))
        .unwrap()
}

fn answer(text: &str, finish: Option<&str>) -> Value {
    json!({
        "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 4, "totalTokenCount": 15},
        "modelVersion": "gemini-3-pro-001", "responseId": "r1",
    })
}

fn events() -> Script {
    let chunks = [answer("Hel", None), answer("lo.", Some("STOP"))];
    let chunks: Vec<String> = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    Script::stream(&chunks.iter().map(String::as_str).collect::<Vec<_>>())
}

fn failure(status: u16, word: &str, message: &str, details: Value) -> Script {
    let body = json!({"error": {"code": status, "message": message, "status": word, "details": details}});
    Script::new(status, "application/json; charset=UTF-8", body.to_string())
}

#[test]
fn a_whole_answer() {
    let sim = gemini();
    sim.script([Script::json(answer("Hello.", Some("STOP")).to_string())]);
    let got = sim.chat(ask(false));
    assert_eq!(got.status, 200);
    assert_eq!(got.json()["choices"][0]["message"]["content"], "Hello.");
    assert_eq!(got.json()["choices"][0]["finish_reason"], "stop");
    assert_eq!(got.json()["usage"]["prompt_tokens"], 9);
    assert_eq!(got.json()["usage"]["completion_tokens"], 6);
    assert_eq!(got.header("x-tollbridge-dropped"), "user");
    let seen = sim.world.seen.borrow();
    assert_eq!(seen[0].uri, format!("{BASE}/models/gemini-3-pro:generateContent"));
    assert_eq!(seen[0].headers["x-goog-api-key"], "value-of-G");
    assert_eq!(seen[0].headers.get("authorization"), None);
    assert_eq!(
        seen[0].json(),
        json!({
            "systemInstruction": {"parts": [{"text": "Be terse."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {},
        })
    );
    let row = sim.row();
    assert_eq!((row.usage.input, row.usage.output, row.usage.reasoning), (Some(9), Some(6), Some(4)));
}

#[test]
fn a_stream_for_either_front() {
    let sim = gemini();
    sim.script([events(), events()]);
    let got = sim.chat(ask(true));
    assert_eq!(got.status, 200);
    assert!(
        got.body.contains(r#""content":"Hel""#) && got.body.contains(r#""content":"lo.""#),
        "{}",
        got.body
    );
    assert!(got.body.ends_with("data: [DONE]\n\n"), "{}", got.body);
    assert!(got.body.contains(r#""completion_tokens":6"#), "{}", got.body);
    let got = sim.send(messages("/v1/messages", true));
    assert!(got.body.contains(r#""text":"Hel""#) && got.body.contains("event: message_stop"), "{}", got.body);
    let seen = sim.world.seen.borrow();
    for request in seen.iter() {
        assert_eq!(request.uri, format!("{BASE}/models/gemini-3-pro:streamGenerateContent?alt=sse"));
        assert_eq!(request.headers.get("anthropic-beta"), None);
    }
    for row in sim.world.rows.borrow().iter() {
        assert_eq!((row.usage.input, row.usage.output, row.estimated), (Some(9), Some(6), false));
    }
}

#[test]
fn a_stream_that_is_cut_does_not_end_as_a_success() {
    for end in [End::Clean, End::Reset] {
        let sim = gemini();
        let chunk = format!("data: {}\r\n\r\n", answer("Hel", None));
        sim.script([Script::stream(&[&chunk]).end(end)]);
        let got = sim.chat(ask(true));
        assert!(got.body.contains(r#""content":"Hel""#), "{end:?}: {}", got.body);
        assert!(got.body.contains(r#""error""#) && !got.body.contains("[DONE]"), "{end:?}: {}", got.body);
    }
}

#[test]
fn what_an_error_says_is_understood() {
    let key = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
    let wait = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}]);
    let long = "The input token count (9) exceeds the maximum number of tokens allowed (8).";
    for (script, attempts, status, said, waits) in [
        // The operator's key, not the caller's request.
        (
            failure(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", key),
            1,
            401,
            "refused the gateway's own key",
            "",
        ),
        (failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", wait), 1, 429, "Quota exceeded.", "35"),
        (failure(400, "INVALID_ARGUMENT", "Bad schema.", json!([])), 1, 400, "Bad schema.", ""),
        (failure(400, "INVALID_ARGUMENT", long, json!([])), 1, 400, long, ""),
        (
            failure(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", json!([])),
            1,
            400,
            "User location is not supported",
            "",
        ),
        (
            failure(404, "NOT_FOUND", "models/x is not found.", json!([])),
            1,
            404,
            "models/x is not found.",
            "",
        ),
        (failure(503, "UNAVAILABLE", "The model is overloaded.", json!([])), 4, 503, "overloaded", ""),
    ] {
        for stream in [false, true] {
            let sim = gemini();
            sim.script(vec![script.clone(); attempts]);
            let got = sim.chat(ask(stream));
            assert_eq!(got.status, status, "{}", got.body);
            assert!(got.json()["error"]["message"].as_str().unwrap().contains(said), "{}", got.body);
            assert_eq!(got.header("retry-after"), waits, "{said}");
            assert_eq!(sim.world.seen.borrow().len(), attempts, "{said}");
        }
    }
}

#[test]
fn a_short_wait_is_waited_for() {
    let sim = gemini();
    let wait = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}]);
    sim.script([
        failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", wait),
        Script::json(answer("Hello.", Some("STOP")).to_string()),
    ]);
    assert_eq!(sim.chat(ask(false)).status, 200);
    assert!(sim.answered() >= Duration::from_secs(2), "{:?}", sim.answered());
}

#[test]
fn a_prompt_is_counted_by_the_provider() {
    let sim = gemini();
    sim.script([Script::json(r#"{"totalTokens": 31, "promptTokensDetails": []}"#)]);
    let got = sim.send(messages("/v1/messages/count_tokens", false));
    assert_eq!((got.status.as_u16(), got.json()), (200, json!({"input_tokens": 31})));
    assert_eq!(got.header("x-tollbridge-estimated"), "");
    let seen = sim.world.seen.borrow();
    assert_eq!(seen[0].uri, format!("{BASE}/models/gemini-3-pro:countTokens"));
    let request = &seen[0].json()["generateContentRequest"];
    assert_eq!(request["model"], "models/gemini-3-pro");
    assert_eq!(request["contents"], json!([{"role": "user", "parts": [{"text": "Hi"}]}]));
}

#[test]
fn models_are_listed_page_by_page() {
    let sim = Sim::new(json!({"providers": {"gemini": {"api_key": {"secret": "G"}}}}));
    let page = |names: &[&str], next: Option<&str>| {
        let models: Vec<Value> = names
            .iter()
            .map(|name| json!({"name": name, "supportedGenerationMethods": ["generateContent"]}))
            .collect();
        Script::json(json!({"models": models, "nextPageToken": next}).to_string())
    };
    sim.script([page(&["models/gemini-a"], Some("t/1 &")), page(&["models/gemini-b"], None)]);
    let got = sim.send(get("/v1/models"));
    let ids: Vec<Value> =
        got.json()["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    assert_eq!(ids, ["gemini/gemini-a", "gemini/gemini-b"]);
    let seen = sim.world.seen.borrow();
    assert_eq!(seen[0].uri, format!("{BASE}/models?pageSize=1000"));
    assert_eq!(seen[1].uri, format!("{BASE}/models?pageSize=1000&pageToken=t%2F1+%26"));
    assert_eq!(seen[1].headers["x-goog-api-key"], "value-of-G");
}

#[test]
fn vertex_is_called_at_its_own_address_and_does_not_count() {
    let sim =
        Sim::new(json!({"providers": {"vertex": {"api_key": {"secret": "V"}, "models": ["gemini-3-pro"]}}}));
    sim.script([Script::json(answer("Hello.", Some("STOP")).to_string())]);
    assert_eq!(sim.chat(ask(false)).status, 200);
    assert_eq!(
        sim.world.seen.borrow()[0].uri,
        "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro:generateContent"
    );
    let got = sim.send(messages("/v1/messages/count_tokens", false));
    assert_eq!((got.status.as_u16(), got.header("x-tollbridge-estimated")), (200, "true"));
}
