//! The built-in provider.

use serde_json::json;

use super::sim::Sim;

#[test]
fn without_a_provider_the_gateway_answers_itself() {
    let sim = Sim::new(json!({}));
    let got = sim.chat(json!({"model": "demo/echo", "messages": [
        {"role": "user", "content": "first"}, {"role": "assistant", "content": "no"}, {"role": "user", "content": "Grüße, 世界"},
    ]}));
    assert_eq!(got.status, 200);
    let answer = got.json();
    assert_eq!(answer["choices"][0]["message"]["content"], "Grüße, 世界");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert!(answer["usage"]["total_tokens"].as_u64() > Some(1));
    let row = sim.row();
    assert_eq!((row.provider.as_deref(), row.estimated), (Some("demo"), false));
    assert_eq!(sim.chat(json!({"model": "echo", "messages": []})).status, 200);
    assert_eq!(sim.chat(json!({"model": "demo/nothing", "messages": []})).status, 404);
}

#[test]
fn it_streams() {
    let sim = Sim::new(json!({}));
    let got = sim
        .chat(json!({"model": "demo/echo", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "one two three"}]}));
    let chunks: Vec<serde_json::Value> = got
        .body
        .split("\n\n")
        .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
        .collect();
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "one two three");
    assert!(chunks.last().unwrap()["usage"]["completion_tokens"].as_u64() > Some(0));
    assert!(got.body.ends_with("data: [DONE]\n\n"));
}

#[test]
fn its_tool_model_calls_and_then_reports() {
    let tools = json!([{"type": "function", "function": {"name": "weather", "parameters": {
        "type": "object", "required": ["city", "days"],
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C"]}},
    }}}]);
    let ask = json!({"role": "user", "content": "Oslo"});
    for stream in [false, true] {
        let sim = Sim::new(json!({}));
        let got =
            sim.chat(json!({"model": "demo/tools", "tools": tools, "messages": [ask], "stream": stream}));
        assert_eq!(got.status, 200);
        assert!(got.body.contains("tool_calls") && got.body.contains("weather"), "{}", got.body);
        assert_eq!(sim.row().finish.as_deref(), Some("tool_calls"));
        if !stream {
            let call = got.json()["choices"][0]["message"]["tool_calls"][0].clone();
            let arguments: serde_json::Value =
                serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
            assert_eq!(arguments, json!({"city": "Oslo", "days": 1}));
            let reply = json!({"role": "tool", "tool_call_id": call["id"], "content": "sunny"});
            let turn = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            let got =
                sim.chat(json!({"model": "demo/tools", "tools": tools, "messages": [ask, turn, reply]}));
            assert_eq!(got.json()["choices"][0]["message"]["content"], "The tool said: sunny");
        }
    }
}
