//! What providers want differently, end to end.

use serde_json::{Value, json};

use super::{
    sim::{Script, Sim, chat_request},
    whole_answer,
};

fn sim(document: Value) -> Sim {
    let sim = Sim::new(document);
    sim.script([Script::json(whole_answer("Hello."))]);
    sim
}

fn with(provider: &str, extra: Value) -> Sim {
    let mut document =
        json!({ "providers": { provider: { "api_key": { "secret": "K" }, "models": ["m"] } } });
    document.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    sim(document)
}

fn loop_of_tools() -> Value {
    json!([
        { "role": "developer", "content": "Be brief." },
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": null, "refusal": null, "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } },
        ] },
        { "role": "tool", "tool_call_id": "call_1", "content": "42" },
    ])
}

#[test]
fn a_relayed_body_is_adapted_and_what_was_lost_is_named() {
    let sim = with("deepseek", json!({}));
    let got = sim.chat(json!({ "model": "deepseek/deepseek-v4-pro", "messages": loop_of_tools(),
        "reasoning_effort": "high", "temperature": 0.3 }));
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    assert_eq!(
        got.header("x-tollbridge-dropped"),
        "messages[].tool_calls.reasoning_state, temperature, messages[].reasoning_content"
    );
    let sent = sim.world.seen.borrow()[0].json();
    assert_eq!(sent["messages"][0]["role"], "system");
    assert_eq!(sent["messages"][2]["reasoning_content"], " ");
    assert_eq!(sent["reasoning_effort"], "high");
}

#[test]
fn reasoning_that_cannot_be_switched_off_is_a_400_that_names_the_lowest_level() {
    let body = json!({ "model": "openai/gpt-5", "messages": [], "reasoning_effort": "none" });
    let got = with("openai", json!({})).chat(body.clone());
    assert_eq!(got.status.as_u16(), 400);
    assert!(got.body.contains("`minimal`") && got.body.contains("reasoning_effort"), "{}", got.body);
    let lenient = with("openai", json!({ "on_unsupported": "drop" }));
    assert_eq!(lenient.chat(body).header("x-tollbridge-dropped"), "reasoning_effort");
    assert_eq!(lenient.world.seen.borrow()[0].json()["reasoning_effort"], "minimal");
}

#[test]
fn an_operator_who_wants_no_losses_gets_none() {
    let strict = with("groq", json!({ "on_unsupported": "reject" }));
    let named = json!([{ "role": "user", "name": "ann", "content": "Hi" }]);
    let got = strict.chat(json!({ "model": "m", "messages": named }));
    assert_eq!(got.status.as_u16(), 400);
    assert!(got.body.contains("messages[].name"), "{}", got.body);
}

#[test]
fn a_translated_body_is_adapted_too() {
    let sim = with("mistral", json!({}));
    let request = http::Request::post("/v1/messages").header("content-type", "application/json");
    let body = json!({ "model": "m", "max_tokens": 9, "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "Hm.", "signature": "s" },
            { "type": "tool_use", "id": "toolu_01", "name": "f", "input": {} },
        ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "toolu_01", "content": "42" },
            { "type": "text", "text": "Go on" },
        ] },
    ] });
    let got = sim.send(request.body(http_body_util::Full::from(body.to_string())).unwrap());
    assert_eq!(got.status.as_u16(), 200, "{}", got.body);
    let sent = sim.world.seen.borrow()[0].json();
    let roles: Vec<_> =
        sent["messages"].as_array().unwrap().iter().map(|turn| turn["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "user"]);
    assert_eq!(sent["messages"][1]["tool_calls"][0]["id"], sent["messages"][2]["tool_call_id"]);
    assert_eq!(sent["messages"][2]["tool_call_id"].as_str().unwrap().len(), 9);
}

#[test]
fn a_body_without_anything_special_is_relayed_as_it_came() {
    for provider in ["mistral", "groq", "perplexity", "deepseek"] {
        let sim = with(provider, json!({}));
        let body = r#"{ "model":"m" , "messages" :[ {"role":"user", "content":"Hi"}]}"#;
        assert_eq!(sim.send(chat_request(body)).status.as_u16(), 200);
        assert_eq!(sim.world.seen.borrow()[0].body, body, "{provider}");
    }
}

#[test]
fn an_operators_catalogue_steers_requests() {
    let catalogue = json!({ "models": [{ "id": "m", "provider": "openai", "refuses": ["temperature"],
        "reasoning": { "control": "effort", "efforts": ["low", "high"], "always": true } }] });
    let sim = with("openai", json!({ "catalogue": catalogue }));
    let got = sim.chat(json!({ "model": "m", "messages": [], "temperature": 0.2 }));
    assert_eq!(got.header("x-tollbridge-dropped"), "temperature");
    let got = sim.chat(json!({ "model": "m", "messages": [], "reasoning_effort": "none" }));
    assert!(got.status.as_u16() == 400 && got.body.contains("`low`"), "{}", got.body);
}

#[test]
fn a_caller_of_functions_is_answered_with_a_function_call() {
    let sim = with("anthropic", json!({}));
    let whole = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{ "type": "tool_use", "id": "toolu_1", "name": "f", "input": { "a": 1 } }],
        "stop_reason": "tool_use", "usage": { "input_tokens": 1, "output_tokens": 1 } });
    let events = [
        json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant",
            "model": "m", "content": [], "usage": { "input_tokens": 1, "output_tokens": 1 } } }),
        json!({ "type": "content_block_start", "index": 0,
            "content_block": { "type": "tool_use", "id": "toolu_1", "name": "f", "input": {} } }),
        json!({ "type": "content_block_delta", "index": 0,
            "delta": { "type": "input_json_delta", "partial_json": "{\"a\":1}" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 1 } }),
        json!({ "type": "message_stop" }),
    ];
    let frames: Vec<String> =
        events.iter().map(|e| format!("event: {}\ndata: {e}\n\n", e["type"].as_str().unwrap())).collect();
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    sim.world.scripts.borrow_mut().clear();
    sim.script([Script::json(whole.to_string()), Script::stream(&frames)]);
    let ask = |stream: bool| {
        json!({ "model": "m", "stream": stream, "messages": [{ "role": "user", "content": "Hi" }],
            "functions": [{ "name": "f", "parameters": { "type": "object", "properties": {} } }] })
    };
    let choice = sim.chat(ask(false)).json()["choices"][0].clone();
    assert_eq!(choice["finish_reason"], "function_call");
    assert_eq!(choice["message"]["function_call"], json!({ "name": "f", "arguments": "{\"a\":1}" }));
    assert!(choice["message"].get("tool_calls").is_none());

    let got = sim.chat(ask(true));
    let (mut name, mut arguments, mut finish) = (String::new(), String::new(), Value::Null);
    for line in
        got.body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]")
    {
        let choice = serde_json::from_str::<Value>(line).unwrap()["choices"][0].clone();
        let call = &choice["delta"]["function_call"];
        name += call["name"].as_str().unwrap_or_default();
        arguments += call["arguments"].as_str().unwrap_or_default();
        assert!(choice["delta"].get("tool_calls").is_none());
        if !choice["finish_reason"].is_null() {
            finish = choice["finish_reason"].clone();
        }
    }
    assert_eq!((name.as_str(), arguments.as_str(), finish), ("f", "{\"a\":1}", json!("function_call")));
}
