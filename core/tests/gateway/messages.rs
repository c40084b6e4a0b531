//! Callers who speak Anthropic's Messages.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    chunk,
    sim::{End, Script, Sim, get},
    usage_chunk, whole_answer,
};

fn both() -> Sim {
    Sim::new(json!({"providers": {
        "anthropic": {"api_key": {"secret": "A"}, "models": ["claude-sonnet-4-5"]},
        "openai": {"api_key": {"secret": "B"}, "models": ["gpt-4o-mini"]},
    }}))
}

fn messages(body: &Value) -> Request<Full<Bytes>> {
    Request::post("/v1/messages")
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", "interleaved-thinking-2025-05-14")
        .body(Full::from(body.to_string()))
        .unwrap()
}

fn ask(model: &str, stream: bool) -> Value {
    json!({"model": model, "max_tokens": 50, "stream": stream, "system": "Be terse.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}]})
}

fn claude() -> String {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 9, "output_tokens": 3}, "of_the_future": [1]})
    .to_string()
}

fn claude_events() -> Vec<String> {
    [
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [], "stop_reason": null, "usage": {"input_tokens": 9, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello."}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}),
        json!({"type": "message_stop"}),
    ]
    .iter()
    .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
    .collect()
}

fn script(events: &[String]) -> Script {
    Script::stream(&events.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn claude_is_relayed_byte_for_byte() {
    let sim = both();
    sim.script([Script::json(claude()).header("request-id", "req_9"), script(&claude_events())]);
    let got = sim.send(messages(&ask("anthropic/claude-sonnet-4-5", false)));
    assert_eq!((got.status.as_u16(), got.body), (200, claude()));
    let got = sim.send(messages(&ask("claude-sonnet-4-5", true)));
    assert_eq!(got.body, claude_events().concat());
    let seen = sim.world.seen.borrow();
    assert_eq!(seen[0].uri, "https://api.anthropic.com/v1/messages");
    assert_eq!(seen[0].json(), ask("claude-sonnet-4-5", false));
    assert_eq!(seen[0].headers["anthropic-beta"], "interleaved-thinking-2025-05-14");
    assert_eq!(seen[0].headers.get_all("anthropic-version").iter().count(), 1);
    assert_eq!(seen[0].headers["x-api-key"], "value-of-A");
    for row in sim.world.rows.borrow().iter() {
        assert_eq!(
            (row.front, row.usage.input, row.usage.output, row.estimated),
            ("messages", Some(9), Some(3), false)
        );
        assert_eq!(row.finish.as_deref(), Some("stop"));
    }
}

#[test]
fn any_other_model_answers_in_the_same_shape() {
    let sim = both();
    sim.script([Script::json(whole_answer("Hello."))]);
    let got = sim.send(messages(&ask("gpt-4o-mini", false)));
    let answer = got.json();
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!((&answer["type"], &answer["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(answer["content"][0], json!({"type": "text", "text": "Hello."}));
    assert_eq!(answer["stop_reason"], "end_turn");
    assert_eq!(
        (&answer["usage"]["input_tokens"], &answer["usage"]["output_tokens"]),
        (&json!(11), &json!(7))
    );
    let sent = sim.world.seen.borrow()[0].json();
    assert_eq!(sent["messages"][0], json!({"role": "system", "content": "Be terse."}));
    assert!(sim.world.seen.borrow()[0].headers.get("anthropic-version").is_none());
}

#[test]
fn any_other_model_streams_in_the_same_shape() {
    let sim = both();
    sim.script([script(&[
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": "Hello."}), None),
        chunk(json!({}), Some("stop")),
        usage_chunk(),
        "data: [DONE]\n\n".to_owned(),
    ])]);
    let got = sim.send(messages(&ask("gpt-4o-mini", true)));
    let names: Vec<&str> = got.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert_eq!(sim.world.seen.borrow()[0].json()["stream_options"], json!({"include_usage": true}));
    let row = sim.row();
    assert_eq!((row.usage.input, row.usage.output, row.estimated), (Some(11), Some(2), false));
}

#[test]
fn what_an_answer_loses_is_named() {
    let sim = both();
    let mut answer: Value = serde_json::from_str(&whole_answer("Hello.")).unwrap();
    sim.script([Script::json(answer.to_string())]);
    let got = sim.send(messages(&ask("gpt-4o-mini", false)));
    assert!(got.json().get("tollbridge").is_none(), "nothing is lost: {}", got.body);

    answer["system_fingerprint"] = "fp_1".into();
    answer["choices"][0]["logprobs"] = json!({"content": [{"token": "Hello.", "logprob": -0.1}]});
    let logprobs = answer["choices"][0]["logprobs"].clone();
    sim.script([Script::json(answer.to_string())]);
    let got = sim.send(messages(&ask("gpt-4o-mini", false)));
    let lost = ["choices[].logprobs", "system_fingerprint"];
    let mut named: Vec<String> = serde_json::from_value(got.json()["tollbridge"]["dropped"].clone()).unwrap();
    named.sort_unstable();
    assert_eq!(named, lost, "{}", got.body);

    let mut first = chunk(json!({"content": "Hello."}), None);
    first = first.replacen("\"choices\":[{", &format!("\"choices\":[{{\"logprobs\":{logprobs},"), 1);
    sim.script([script(&[first, chunk(json!({}), Some("stop")), "data: [DONE]\n\n".to_owned()])]);
    let got = sim.send(messages(&ask("gpt-4o-mini", true)));
    assert!(!got.body.contains("tollbridge"), "a stream keeps to its protocol");
    let rows: Vec<_> = sim.world.rows.borrow().iter().map(|row| row.lost.clone()).collect();
    let named = [None, Some("choices[].logprobs, system_fingerprint"), Some("choices[].logprobs")];
    assert_eq!(rows, named.map(|names| names.map(str::to_owned)));

    // Nought that nobody counted is named as such.
    answer["usage"] = Value::Null;
    answer["choices"][0]["logprobs"] = Value::Null;
    sim.script([Script::json(answer.to_string())]);
    let got = sim.send(messages(&ask("gpt-4o-mini", false))).json();
    assert_eq!(got["usage"]["input_tokens"], 0);
    assert_eq!(got["tollbridge"], json!({"dropped": ["system_fingerprint"], "unknown": ["usage"]}));

    // What is relayed loses nothing.
    sim.script([Script::json(claude())]);
    sim.send(messages(&ask("claude-sonnet-4-5", false)));
    assert!(sim.world.rows.borrow().last().unwrap().lost.is_none());
}

#[test]
fn errors_are_anthropics() {
    let sim = both();
    let got = sim.send(messages(&json!({"messages": []})));
    assert_eq!(got.status, 400);
    assert_eq!(
        (&got.json()["type"], &got.json()["error"]["type"]),
        (&json!("error"), &json!("invalid_request_error"))
    );
    let got = sim.send(messages(&ask("nobody", false)));
    assert_eq!((got.status.as_u16(), &got.json()["error"]["type"]), (404, &json!("not_found_error")));
    sim.script([Script::new(
        400,
        "application/json",
        r#"{"error":{"message":"Bad.","type":"invalid_request_error","code":"x"}}"#,
    )]);
    let got = sim.send(messages(&ask("gpt-4o-mini", false)));
    assert_eq!(
        (got.status.as_u16(), &got.json()["type"], &got.json()["error"]["message"]),
        (400, &json!("error"), &json!("Bad."))
    );
    let body = r#"{"type":"error","error":{"type":"invalid_request_error","message":"Own words."},"request_id":"r"}"#;
    sim.script([Script::new(400, "application/json", body)]);
    assert_eq!(sim.send(messages(&ask("claude-sonnet-4-5", false))).body, body);
}

#[test]
fn a_cut_is_told_in_an_error_event() {
    for (model, events) in [
        ("claude-sonnet-4-5", claude_events()[..4].to_vec()),
        ("gpt-4o-mini", vec![chunk(json!({"role": "assistant", "content": "Hel"}), None)]),
    ] {
        let sim = both();
        sim.script([script(&events).end(End::Reset)]);
        let got = sim.send(messages(&ask(model, true)));
        let last = got.body.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.starts_with("event: error\ndata: "), "{model}: {}", got.body);
        assert!(!got.body.contains("message_stop"));
        assert_eq!(sim.row().error.unwrap().name(), "upstream_cut");
    }
}

#[test]
fn models_are_listed_in_the_callers_dialect() {
    let sim = both();
    let mut request = get("/v1/models");
    request.headers_mut().insert("anthropic-version", "2023-06-01".parse().unwrap());
    let listed = sim.send(request).json();
    assert_eq!(listed["has_more"], false);
    assert_eq!(
        (&listed["data"][0]["type"], &listed["first_id"]),
        (&json!("model"), &json!("anthropic/claude-sonnet-4-5"))
    );
    let mut request = get("/v1/models/gpt-4o-mini");
    request.headers_mut().insert("anthropic-version", "2023-06-01".parse().unwrap());
    assert_eq!(sim.send(request).json()["type"], "model");
}

#[test]
fn the_demo_answers_too() {
    let got = Sim::new(json!({})).send(messages(&ask("demo/echo", false)));
    assert_eq!(got.json()["content"][0]["text"], "Hi", "{}", got.body);
}

#[test]
fn tokens_are_counted_by_who_can() {
    let count = |model: &str| {
        let mut request = messages(&ask(model, false));
        *request.uri_mut() = "/v1/messages/count_tokens".parse().unwrap();
        request
    };
    let sim = both();
    sim.script([Script::json(r#"{"input_tokens":14}"#)]);
    let got = sim.send(count("anthropic/claude-sonnet-4-5"));
    assert_eq!((got.body.as_str(), got.header("x-tollbridge-estimated")), (r#"{"input_tokens":14}"#, ""));
    let seen = sim.world.seen.borrow()[0].clone();
    assert_eq!(seen.uri, "https://api.anthropic.com/v1/messages/count_tokens");
    assert_eq!(seen.json()["model"], "claude-sonnet-4-5");
    let got = sim.send(count("gpt-4o-mini"));
    assert!(got.json()["input_tokens"].as_u64() > Some(0));
    assert_eq!(got.header("x-tollbridge-estimated"), "true");
    let error = r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow."}}"#;
    sim.script([Script::new(429, "application/json", error)]);
    let got = sim.send(count("claude-sonnet-4-5"));
    assert_eq!((got.status.as_u16(), got.body.as_str()), (429, error));
    assert!(sim.world.rows.borrow().is_empty(), "counting is free");
}

#[test]
fn an_answer_after_the_answer_is_handed_on_and_a_held_end_is_not_waited_for() {
    let twice: Vec<String> = [claude_events(), claude_events()].concat();
    let sim = both();
    sim.script([script(&twice)]);
    assert_eq!(sim.send(messages(&ask("claude-sonnet-4-5", true))).body, twice.concat());

    let sim = both();
    sim.script([script(&twice)]);
    let chat = json!({"model": "claude-sonnet-4-5", "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    let got = sim.chat(chat.clone());
    assert_eq!(got.body.matches("Hello.").count(), 2, "{}", got.body);
    assert_eq!(got.body.matches("[DONE]").count(), 1);

    for front in ["chat", "messages"] {
        let sim = both();
        sim.script([script(&claude_events()).end(End::Hang)]);
        let got = if front == "chat" {
            sim.chat(chat.clone())
        } else {
            sim.send(messages(&ask("claude-sonnet-4-5", true)))
        };
        assert!(got.body.ends_with("data: [DONE]\n\n") || got.body.contains("message_stop"), "{}", got.body);
        assert!(sim.elapsed().as_secs() < 3, "{:?}", sim.elapsed());
        assert_eq!(sim.row().error, None);
    }
}

/// Clients take the prompt's tokens from the first event.
#[test]
fn what_the_prompt_took_is_told_at_the_start_where_it_is_known() {
    let sim = Sim::new(json!({"providers": {
        "gemini": {"api_key": {"secret": "G"}, "models": ["gemini-2.5-flash"]},
    }}));
    let chunk = |text: &str, finish: Value, written: u64| {
        let answer = json!({
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": finish}],
            "usageMetadata": {"promptTokenCount": 21, "candidatesTokenCount": written}, "responseId": "r",
        });
        format!("data: {answer}\r\n\r\n")
    };
    sim.script([script(&[chunk("Hel", Value::Null, 0), chunk("lo.", json!("STOP"), 5)])]);
    let got = sim.send(messages(&ask("gemini-2.5-flash", true)));
    let events: Vec<Value> = got
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let usages = [&events.first().unwrap()["message"]["usage"], &events[events.len() - 2]["usage"]];
    let counts = usages.map(|usage| (usage["input_tokens"].as_u64(), usage["output_tokens"].as_u64()));
    assert_eq!(counts, [(Some(21), Some(0)), (Some(21), Some(5))], "{}", got.body);
}

#[test]
fn what_the_callers_protocol_cannot_say_is_named_in_the_usage_row() {
    let answer = json!({"candidates": [{
        "content": {"parts": [{"text": "See"}, {"inlineData": {"mimeType": "image/png", "data": "aW1n"}}]},
        "finishReason": "STOP",
    }]});
    let event = format!("data: {answer}\r\n\r\n");
    for (stream, front, lost) in [
        (false, "messages", Some("candidates[].content.parts[].inlineData")),
        (true, "messages", Some("candidates[].content.parts[].inlineData")),
        (false, "chat", None),
        (true, "chat", None),
    ] {
        let sim = Sim::new(
            json!({"providers": {"gemini": {"api_key": {"secret": "G"}, "models": ["gemini-2.5-flash"]}}}),
        );
        let whole = Script::json(answer.to_string());
        sim.script([if stream { script(std::slice::from_ref(&event)) } else { whole }]);
        let got = match front {
            "messages" => sim.send(messages(&ask("gemini-2.5-flash", stream))),
            _ => sim.chat(json!({"model": "gemini-2.5-flash", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]})),
        };
        assert_eq!(got.status, 200, "{}", got.body);
        assert!(got.body.contains("See"), "{}", got.body);
        assert_eq!(sim.row().lost.as_deref(), lost, "{front} {stream}: {}", got.body);
        assert_eq!(got.body.contains("data:image/png;base64,aW1n"), lost.is_none(), "{}", got.body);
        // The provider named no answer: the gateway does, and nobody guesses it.
        let prefix = if front == "chat" { "\"chatcmpl-" } else { "\"msg_" };
        assert!(got.body.contains(prefix), "{}", got.body);
    }
}

#[test]
fn gemini_counts_a_prompt_that_sets_no_limit() {
    let sim = Sim::new(
        json!({"providers": {"gemini": {"api_key": {"secret": "A"}, "models": ["gemini-2.5-flash"]}}}),
    );
    sim.script([Script::json(r#"{"totalTokens":31}"#)]);
    let mut body = ask("gemini-2.5-flash", false);
    body.as_object_mut().unwrap().remove("max_tokens");
    let mut request = messages(&body);
    *request.uri_mut() = "/v1/messages/count_tokens".parse().unwrap();
    assert_eq!(sim.send(request).body, r#"{"input_tokens":31}"#);
    let got = sim.send(messages(&body));
    assert_eq!(
        (got.status.as_u16(), &got.json()["error"]["message"]),
        (400, &json!("max_tokens: Field required"))
    );
}
