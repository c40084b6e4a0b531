//! Bodies as callers send them, and the messages that a provider gets.

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::provider::{catalogue, find};

/// The messages after the rules of a row, and what was lost.
fn sent(provider: &str, model: &str, body: Value) -> (Value, Vec<String>) {
    let text = Bytes::from(body.to_string());
    let body = sketch(&text).unwrap();
    let row = find(provider).unwrap();
    let mut edits = body.edit();
    let mut lost = Vec::new();
    if let Some(changed) = message_edits(row, || catalogue::find(model), &body) {
        lost.extend(changed.lost.into_iter().map(Cow::into_owned));
        changed.set.into_iter().for_each(|(name, json)| edits.set(name, json));
    }
    let whole: Value = serde_json::from_slice(&edits.pieces().concat()).unwrap();
    (whole, lost)
}

fn messages(provider: &str, messages: Value) -> (Value, Vec<String>) {
    let (body, lost) = sent(provider, "m", json!({ "messages": messages }));
    (body["messages"].clone(), lost)
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

fn call(id: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } })
}

#[test]
fn a_row_without_such_rules_does_not_look() {
    let broken = json!({ "messages": [1, { "role": "developer" }] });
    assert_eq!(sent("openai", "m", broken.clone()).0, broken);
    // Nor does one that cannot read the list change it.
    assert_eq!(sent("mistral", "m", broken.clone()).0, broken);
}

#[test]
fn system_role() {
    let said = json!([{ "role": "developer", "content": "Be brief." }, user("Hi, developer")]);
    for provider in
        ["deepseek", "zai", "moonshot", "perplexity", "dashscope", "minimax", "together", "ollama"]
    {
        let expected = json!([{ "role": "system", "content": "Be brief." }, user("Hi, developer")]);
        assert_eq!(messages(provider, said.clone()), (expected, vec![]), "{provider}");
    }
    assert_eq!(messages("cohere", said.clone()).0, said);
}

#[test]
fn mistral_call_ids() {
    let (sent, lost) = messages(
        "mistral",
        json!([
            user("Hi"),
            { "role": "assistant", "content": "", "tool_calls": [call("call_abc"), call("D681PevKs")] },
            { "role": "tool", "tool_call_id": "call_abc", "content": "1" },
            { "role": "tool", "tool_call_id": "D681PevKs", "content": "2" },
        ]),
    );
    let made = sent[1]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(made.len() == 9 && made.bytes().all(|b| b.is_ascii_alphanumeric()), "{made}");
    assert_eq!(sent[2]["tool_call_id"], made);
    assert_eq!(
        (&sent[1]["tool_calls"][1]["id"], &sent[3]["tool_call_id"]),
        (&json!("D681PevKs"), &json!("D681PevKs"))
    );
    assert_eq!(short_id("call_abc").as_deref(), Some(made), "the same in every request");
    assert_ne!(short_id("call_abd").as_deref(), Some(made));
    assert!(lost.is_empty());
}

#[test]
fn mistral_closed_messages() {
    let (sent, lost) = messages(
        "mistral",
        json!([
            { "role": "user", "name": "ann", "content": "Hi" },
            { "role": "assistant", "content": "", "refusal": null, "annotations": [], "audio": null,
              "reasoning_content": "Hm.", "tool_calls": [call("D681PevKs")] },
            { "role": "tool", "name": "f", "tool_call_id": "D681PevKs", "content": "1" },
        ]),
    );
    assert_eq!(
        sent,
        json!([
            user("Hi"),
            { "role": "assistant", "content": "", "tool_calls": [call("D681PevKs")] },
            { "role": "tool", "name": "f", "tool_call_id": "D681PevKs", "content": "1" },
        ])
    );
    assert_eq!(lost, ["messages[].reasoning_content", "messages[].name"]);
}

#[test]
fn mistral_message_order() {
    let tool = || json!({ "role": "tool", "tool_call_id": "D681PevKs", "content": "1" });
    let system = || json!({ "role": "system", "content": "S" });
    let answer = |text: &str| json!({ "role": "assistant", "content": text });
    let prefix = || json!({ "role": "assistant", "content": "The", "prefix": true });
    const ROLE: &[&str] = &["messages[].role"];
    for (said, expected, lost) in [
        (json!([tool(), user("Go on")]), json!([tool(), answer("OK."), user("Go on")]), &[][..]),
        (
            json!([tool(), tool(), answer("A"), user("B")]),
            json!([tool(), tool(), answer("A"), user("B")]),
            &[],
        ),
        (json!([tool(), system()]), json!([tool(), answer("OK."), user("S")]), ROLE),
        (json!([answer("A"), system(), user("B")]), json!([answer("A"), user("S"), user("B")]), ROLE),
        (json!([system(), user("A"), system()]), json!([system(), user("A"), system()]), &[]),
        (json!([user("A"), answer("The")]), json!([user("A"), prefix()]), &[]),
        (json!([user("A"), prefix()]), json!([user("A"), prefix()]), &[]),
    ] {
        let (sent, named) = messages("mistral", said.clone());
        assert_eq!(
            (sent, named.iter().map(String::as_str).collect::<Vec<_>>()),
            (expected, lost.to_vec()),
            "{said}"
        );
    }
}

#[test]
fn groq_closed_messages() {
    let (sent, lost) = messages(
        "groq",
        json!([
            { "role": "user", "name": "ann", "content": "Hi" },
            { "role": "assistant", "content": "A", "annotations": [], "reasoning_content": "Hm.", "reasoning": "Hm." },
        ]),
    );
    assert_eq!(sent, json!([user("Hi"), { "role": "assistant", "content": "A", "reasoning": "Hm." }]));
    assert_eq!(lost, ["messages[].name", "messages[].reasoning_content"]);
}

#[test]
fn cerebras_closed_messages() {
    let (sent, lost) = messages(
        "cerebras",
        json!([user("Hi"), { "role": "assistant", "content": "A", "refusal": null, "reasoning_content": "Hm." }]),
    );
    assert_eq!(sent, json!([user("Hi"), { "role": "assistant", "content": "A", "reasoning": "Hm." }]));
    assert!(lost.is_empty());
}

#[test]
fn reasoning_content() {
    let turn = |extra: Value| {
        let mut turn = json!({ "role": "assistant", "content": null, "tool_calls": [call("c")] });
        turn.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        turn
    };
    let bare = || turn(json!({}));
    let body =
        |turn: Value| json!({ "messages": [user("Hi"), turn, { "role": "assistant", "content": "A" }] });
    for (provider, model, sent_turn, expected, lost) in [
        ("deepseek", "deepseek-v4-pro", bare(), Some(" "), true),
        ("deepseek", "deepseek-v4-pro", turn(json!({ "reasoning_content": "Hm." })), Some("Hm."), false),
        ("moonshot", "kimi-k2.6", turn(json!({ "reasoning_content": null })), Some(" "), true),
        ("moonshot", "kimi-k2.6", turn(json!({ "reasoning": "Hm." })), Some("Hm."), false),
        // These do not reason, as far as is known.
        ("deepseek", "deepseek-chat", bare(), None, false),
        ("deepseek", "somebody-elses", bare(), None, false),
    ] {
        let (sent, named) = sent(provider, model, body(sent_turn));
        assert_eq!(sent["messages"][1]["reasoning_content"].as_str(), expected, "{model}");
        assert_eq!(named == ["messages[].reasoning_content"], lost, "{model}: {named:?}");
        assert!(sent["messages"][2].get("reasoning_content").is_none(), "only turns with calls");
    }
    for off in [json!({ "thinking": { "type": "disabled" } }), json!({ "reasoning_effort": "none" })] {
        let mut body = body(bare());
        body.as_object_mut().unwrap().extend(off.as_object().unwrap().clone());
        assert_eq!(sent("deepseek", "deepseek-v4-pro", body.clone()).0, body);
    }
}

#[test]
fn json_object_only() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": schema } });
    let (body, lost) = sent("deepseek", "m", json!({ "messages": [user("Hi")], "response_format": format }));
    assert_eq!(body["response_format"], json!({ "type": "json_object" }));
    let said = body["messages"][0]["content"].as_str().unwrap();
    assert!(
        body["messages"][0]["role"] == "system" && said.contains("JSON") && said.contains(r#""a""#),
        "{said}"
    );
    assert_eq!((&body["messages"][1], lost), (&user("Hi"), vec![]));
    let plain = json!({ "messages": [user("Hi")], "response_format": { "type": "json_object" } });
    assert_eq!(sent("deepseek", "m", plain.clone()).0, plain);
}

#[test]
fn perplexity_alternation() {
    let system = || json!({ "role": "system", "content": "S" });
    let answer = || json!({ "role": "assistant", "content": "A" });
    let picture = || json!({ "type": "image_url", "image_url": { "url": "https://a.example/x.png" } });
    for (said, expected) in [
        (
            json!([system(), system(), user("a \"b\""), user("c"), answer(), user("d")]),
            json!([system(), system(), user("a \"b\"\n\nc"), answer(), user("d")]),
        ),
        (json!([user("a"), system(), answer()]), json!([user("a\n\nS"), answer()])),
        (
            json!([user("a"), { "role": "user", "content": [picture()] }]),
            json!([{ "role": "user", "content": [{ "type": "text", "text": "a" }, picture()] }]),
        ),
        (
            json!([user("a"), answer(), answer()]),
            json!([user("a"), { "role": "assistant", "content": "A\n\nA" }]),
        ),
        (json!([user("a"), answer(), user("b")]), json!([user("a"), answer(), user("b")])),
    ] {
        assert_eq!(messages("perplexity", said.clone()).0, expected, "{said}");
    }
}

#[test]
fn text_content() {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let picture = json!({ "type": "image_url", "image_url": { "url": "https://a.example/x.png" } });
    for (content, expected) in [
        (json!([text("a"), text("b")]), json!("a\nb")),
        (json!([text("a"), picture]), json!([text("a"), picture])),
        (json!("a"), json!("a")),
        (json!([]), json!([])),
    ] {
        let (sent, _) = messages("cloudflare", json!([{ "role": "user", "content": content }]));
        assert_eq!(sent[0]["content"], expected);
    }
}

proptest::proptest! {
    /// Whatever is sent, what comes out is JSON, and has nothing left to be changed.
    #[test]
    fn the_rules_leave_nothing_to_do(
        turns in proptest::collection::vec(
            (
                proptest::sample::select(vec!["system", "developer", "user", "assistant", "tool", "x"]),
                proptest::sample::select(vec![
                    r#""a\"b""#, "null", "[]", r#"[{"type":"text","text":"a"}]"#, r#"[{"type":"image_url"}]"#, r#""""#,
                ]),
                proptest::sample::select(vec![
                    "", r#","name":"n""#, r#","tool_call_id":"call_1""#, r#","reasoning_content":"r""#,
                    r#","tool_calls":[{"id":"call_1"}, {"id":"abcdefghi"}]"#, r#","tool_calls":null"#,
                ]),
            ),
            0..6,
        ),
        row in proptest::sample::select(crate::provider::ROWS.iter().collect::<Vec<_>>()),
    ) {
        let turns: Vec<String> = turns
            .iter()
            .map(|(role, content, more)| format!(r#"{{"role":"{role}" ,"content": {content}{more}}}"#))
            .collect();
        let mut body = format!(r#"{{"messages": [{}]}}"#, turns.join(" , "));
        for again in [false, true] {
            let text = Bytes::from(body.clone());
            let known = sketch(&text).unwrap();
            let changed = message_edits(row, || catalogue::find("deepseek-v4-pro"), &known);
            proptest::prop_assert!(!again || changed.is_none(), "{}: {}", row.name, body);
            let mut edits = known.edit();
            changed.unwrap_or_default().set.into_iter().for_each(|(name, json)| edits.set(name, json));
            body = String::from_utf8(edits.pieces().concat()).unwrap();
            serde_json::from_str::<Value>(&body).unwrap();
        }
    }
}

#[test]
fn signed_thinking() {
    let thought = |signature: &str| json!({ "type": "thinking", "thinking": "Hm", "signature": signature });
    let text = json!({ "type": "text", "text": "a \"signature\": \"\" in a text" });
    let assistant = |blocks: Value| json!({ "role": "assistant", "content": blocks });
    let lost = vec!["messages[].content[].thinking".to_owned()];
    for (said, sent, named) in [
        (json!([thought("s"), text]), Some(json!([thought("s"), text])), false),
        (json!([thought(""), text, thought("s")]), Some(json!([text, thought("s")])), true),
        (json!([thought("")]), None, true),
        (json!("\"signature\": \"\""), Some(json!("\"signature\": \"\"")), false),
    ] {
        let expected = [Some(user("Hi")), sent.map(assistant), Some(user("And?"))];
        let expected: Vec<Value> = expected.into_iter().flatten().collect();
        let all = json!([user("Hi"), assistant(said), user("And?")]);
        let dropped = if named { lost.clone() } else { Vec::new() };
        assert_eq!(messages("anthropic", all), (Value::from(expected), dropped));
    }
}
