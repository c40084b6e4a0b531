//! Chat requests on Gemini's wire: what goes upstream, what is lost, what is refused.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{Encoded, Front, OnUnsupported, Target, chat, gemini},
    provider::catalogue,
};

/// Takes a level of thinking, and always thinks.
const THIRD: &str = "gemini-3-pro";
/// Takes a budget of tokens, and nought.
const FLASH: &str = "gemini-2.5-flash";
/// Takes a budget of tokens, and always thinks.
const PRO: &str = "gemini-2.5-pro";
/// Takes no sampling parameters.
const LITE: &str = "gemini-3.5-flash-lite";

fn encode(request: &Value, model: &str, on_unsupported: OnUnsupported) -> Result<Encoded, ApiError> {
    let body = serde_json::to_vec(request).unwrap();
    let request = chat::decode_request(&body)?;
    let target = Target {
        model,
        provider: "gemini",
        front: Front::Chat,
        facts: catalogue::find(model),
        dialect: Default::default(),
        on_unsupported,
    };
    gemini::encode_request(&request, &target)
}

/// A request with `members` beside a greeting.
fn with(members: Value) -> Value {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

/// What goes upstream, and what was dropped.
fn sent(request: &Value, model: &str) -> (Value, Vec<String>) {
    let encoded =
        encode(request, model, OnUnsupported::Auto).unwrap_or_else(|error| panic!("{error}: {request}"));
    let body = serde_json::from_slice(&encoded.body).expect("JSON");
    (body, encoded.losses.dropped().iter().map(ToString::to_string).collect())
}

fn contents(messages: Value, model: &str) -> (Value, Vec<String>) {
    let (mut body, dropped) = sent(&json!({ "model": "m", "messages": messages }), model);
    (body["contents"].take(), dropped)
}

fn refused(request: &Value, model: &str) -> ApiError {
    match encode(request, model, OnUnsupported::Auto) {
        Err(error) => error,
        Ok(encoded) => panic!("accepted: {request} as {}", String::from_utf8_lossy(&encoded.body)),
    }
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
}

fn signed(mut call: Value, signature: &str) -> Value {
    call["extra_content"] = json!({ "google": { "thought_signature": signature } });
    call
}

fn image(url: &str) -> Value {
    json!({ "type": "image_url", "image_url": { "url": url } })
}

fn user(parts: Value) -> Value {
    json!({ "role": "user", "parts": parts })
}

fn model(parts: Value) -> Value {
    json!({ "role": "model", "parts": parts })
}

#[test]
fn a_user_may_say_nothing() {
    for content in [json!(""), json!([{ "type": "text", "text": "" }]), Value::Null] {
        let (told, _) = contents(json!([{ "role": "user", "content": content }]), "gemini-2.5-flash");
        assert_eq!(told, json!([{ "role": "user", "parts": [{ "text": " " }] }]));
    }
}

#[test]
fn a_plain_request_is_its_contents() {
    let (body, dropped) = sent(&with(json!({ "stream": true, "n": 1, "logprobs": false })), THIRD);
    assert_eq!(body, json!({ "contents": [user(json!([{ "text": "Hi" }]))], "generationConfig": {} }));
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn arguments_that_are_no_object_are_told_as_text() {
    for text in ["[1]", "{\"to\":", "Bern"] {
        let request = with(json!({ "messages": [
            { "role": "user", "content": "Go" },
            { "role": "assistant", "content": null, "tool_calls": [call("a", "f", text)] },
            { "role": "tool", "tool_call_id": "a", "content": "No." },
        ] }));
        let (body, _) = sent(&request, FLASH);
        let args = &body["contents"][1]["parts"][0]["functionCall"]["args"];
        assert_eq!(*args, json!({ "_invalid_json": text }));
    }
}

#[test]
fn messages_become_contents() {
    let (body, dropped) = sent(
        &json!({ "model": "m", "messages": [
            { "role": "system", "content": "S1" },
            { "role": "developer", "content": [{ "type": "text", "text": "S2" }, { "type": "text", "text": "" }] },
            { "role": "user", "content": "a" },
            { "role": "user", "content": [{ "type": "text", "text": "b" }, { "type": "text", "text": "" }] },
            { "role": "assistant", "content": null, "refusal": "no" },
            { "role": "assistant", "content": "c" },
            { "role": "user", "content": "" },
            { "role": "system", "content": "S3" },
            { "role": "user", "content": null },
            { "role": "user", "content": "d" },
        ] }),
        THIRD,
    );
    let texts = |texts: &[&str]| texts.iter().map(|text| json!({ "text": text })).collect::<Value>();
    assert_eq!(body["systemInstruction"], json!({ "parts": texts(&["S1", "S2", "S3"]) }));
    assert_eq!(
        body["contents"],
        json!([user(texts(&["a", "b"])), model(texts(&["no", "c"])), user(texts(&["d"]))])
    );
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn instructions_alone_are_said_by_the_user() {
    let (body, _) = sent(
        &json!({ "model": "m", "messages": [{ "role": "system", "content": "A" }, { "role": "system", "content": "B" }] }),
        FLASH,
    );
    assert_eq!(body["systemInstruction"]["parts"], json!([{ "text": "A" }]));
    assert_eq!(body["contents"], json!([user(json!([{ "text": "B" }]))]));
}

#[test]
fn a_conversation_that_begins_with_a_call_begins_with_the_user() {
    let messages = json!([
        { "role": "assistant", "tool_calls": [call("c1", "f", "{}")] },
        { "role": "tool", "tool_call_id": "c1", "content": "7" },
    ]);
    let (contents, dropped) = contents(messages, FLASH);
    assert_eq!(contents[0], user(json!([{ "text": " " }])));
    assert_eq!(contents[1]["role"], "model");
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn media_go_inline_or_by_address() {
    let inline =
        |media_type: &str, data: &str| json!({ "inlineData": { "mimeType": media_type, "data": data } });
    let file = |media_type: Option<&str>, uri: &str| match media_type {
        Some(media_type) => json!({ "fileData": { "mimeType": media_type, "fileUri": uri } }),
        None => json!({ "fileData": { "fileUri": uri } }),
    };
    const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    for (part, expected) in [
        (image("data:image/webp;base64,AA=="), inline("image/webp", "AA==")),
        (image("data:;base64,/9j/AA"), inline("image/jpeg", "/9j/AA")),
        (image("https://x.test/a/b.PNG?c=d.jpg"), file(Some("image/png"), "https://x.test/a/b.PNG?c=d.jpg")),
        (image("https://x.test/photo"), file(None, "https://x.test/photo")),
        (image("https://x.test/picture.php"), file(None, "https://x.test/picture.php")),
        (image("gs://bucket/a.jpeg"), file(Some("image/jpeg"), "gs://bucket/a.jpeg")),
        (
            json!({ "type": "input_audio", "input_audio": { "data": "UklGR", "format": "wav" } }),
            inline("audio/wav", "UklGR"),
        ),
        (
            json!({ "type": "input_audio", "input_audio": { "data": "SUQzBA" } }),
            inline("audio/mp3", "SUQzBA"),
        ),
        (
            json!({ "type": "video_url", "video_url": { "url": "https://www.youtube.com/watch?v=1" } }),
            file(None, "https://www.youtube.com/watch?v=1"),
        ),
        (
            json!({ "type": "video_url", "video_url": { "url": "data:video/mp4;base64,AA" } }),
            inline("video/mp4", "AA"),
        ),
        (
            json!({ "type": "file", "file": { "file_data": "JVBERi0x" } }),
            inline("application/pdf", "JVBERi0x"),
        ),
        (
            json!({ "type": "file", "file": { "file_data": "data:text/csv;base64,QQ==" } }),
            inline("text/csv", "QQ=="),
        ),
        (json!({ "type": "file", "file": { "file_id": "files/abc" } }), file(None, FILES)),
        (json!({ "type": "file", "file": { "file_id": FILES } }), file(None, FILES)),
    ] {
        let (found, dropped) = contents(json!([{ "role": "user", "content": [part] }]), FLASH);
        assert_eq!(found, json!([user(json!([expected]))]));
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    let named = json!({ "type": "file", "file": { "file_data": "data:application/pdf;base64,AA", "filename": "a.pdf" } });
    let (found, _) = contents(json!([{ "role": "user", "content": [named] }]), FLASH);
    assert_eq!(found[0]["parts"], json!([{ "text": "a.pdf" }, inline("application/pdf", "AA")]));

    let mut detailed = image("data:image/png;base64,AA");
    detailed["image_url"]["detail"] = json!("low");
    let (_, dropped) = contents(json!([{ "role": "user", "content": [detailed] }]), FLASH);
    assert_eq!(dropped, ["messages[].content[].image_url.detail"]);
}

#[test]
fn results_stand_together_in_the_order_of_their_calls() {
    let (found, dropped) = contents(
        json!([
            { "role": "user", "content": "go" },
            { "role": "assistant", "content": "Two at once.", "tool_calls": [
                call("c1", "add", "{\"a\": 1}"), call("c2", "sub", ""), call("c3", "add", "null") ] },
            { "role": "tool", "tool_call_id": "c3", "content": "three" },
            { "role": "tool", "tool_call_id": "c1", "content": [{ "type": "text", "text": "o" }, { "type": "text", "text": "ne" }] },
            { "role": "tool", "tool_call_id": "c2", "content": "", "name": "misnamed" },
            { "role": "user", "content": "and?" },
            { "role": "assistant", "content": null, "tool_calls": [call("c1", "mul", "{}")] },
            { "role": "tool", "tool_call_id": "c1", "content": "{\"$ref\": \"#\"}", "is_error": true },
        ]),
        FLASH,
    );
    let called = |id: &str, name: &str, args: Value| json!({ "functionCall": { "id": id, "name": name, "args": args } });
    let said = |id: &str, name: &str, response: Value| json!({ "functionResponse": { "id": id, "name": name, "response": response } });
    assert_eq!(
        found,
        json!([
            user(json!([{ "text": "go" }])),
            model(json!([
                { "text": "Two at once." },
                called("c1", "add", json!({ "a": 1 })), called("c2", "sub", json!({})), called("c3", "add", json!({})),
            ])),
            user(json!([
                said("c1", "add", json!({ "output": "o\nne" })),
                said("c2", "sub", json!({ "output": "" })),
                said("c3", "add", json!({ "output": "three" })),
                { "text": "and?" },
            ])),
            model(json!([called("c1", "mul", json!({}))])),
            user(json!([said("c1", "mul", json!({ "error": "{\"$ref\": \"#\"}" }))])),
        ])
    );
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn media_of_a_result_are_inside_it_or_follow() {
    let messages = json!([
        { "role": "user", "content": "go" },
        { "role": "assistant", "content": null, "tool_calls": [
            signed(call("a", "shoot", "{}"), "s"), call("b", "shoot", "{}") ] },
        { "role": "tool", "tool_call_id": "a", "content": [
            { "type": "text", "text": "one" }, image("data:image/png;base64,AAAA"), image("https://x.test/y.png") ] },
        { "role": "tool", "tool_call_id": "b", "content": [image("data:image/png;base64,BBBB")] },
    ]);
    let inline = |data: &str| json!({ "inlineData": { "mimeType": "image/png", "data": data } });
    let address = json!({ "fileData": { "mimeType": "image/png", "fileUri": "https://x.test/y.png" } });
    let result = |id: &str, output: &str, parts: Value| {
        let mut result = json!({ "id": id, "name": "shoot", "response": { "output": output } });
        if !parts.is_null() {
            result["parts"] = parts;
        }
        json!({ "functionResponse": result })
    };
    let (newer, _) = contents(messages.clone(), THIRD);
    assert_eq!(
        newer[2]["parts"],
        json!([
            result("a", "one", json!([inline("AAAA")])),
            result("b", "", json!([inline("BBBB")])),
            { "text": "Returned by the tool call a:" },
            address,
        ])
    );
    let (older, _) = contents(messages, FLASH);
    assert_eq!(
        older[2]["parts"],
        json!([
            result("a", "one", Value::Null),
            result("b", "", Value::Null),
            { "text": "Returned by the tool call a:" },
            inline("AAAA"),
            address,
            { "text": "Returned by the tool call b:" },
            inline("BBBB"),
        ])
    );
}

#[test]
fn signatures_stand_where_they_stood() {
    const STATE: &str = "messages[].tool_calls.reasoning_state";
    const SKIP: &str = "skip_thought_signature_validator";
    let details = |details: Value, message: Value| {
        let mut message = message;
        message["role"] = json!("assistant");
        message["reasoning_details"] = details;
        message
    };
    let encrypted = |data: &str, id: Option<&str>| json!({ "type": "reasoning.encrypted", "data": data, "id": id, "format": "google-gemini-v1" });
    let called = |id: &str, signature: Option<&str>| match signature {
        Some(signature) => {
            json!({ "functionCall": { "id": id, "name": "f", "args": {} }, "thoughtSignature": signature })
        }
        None => json!({ "functionCall": { "id": id, "name": "f", "args": {} } }),
    };
    let calls = |calls: &[Value]| json!({ "content": null, "tool_calls": calls });
    let f = |id: &str| call(id, "f", "{}");
    let nothing: &[&str] = &[];
    for (model_name, message, expected, lost) in [
        // The first of several calls bears it.
        (
            THIRD,
            details(Value::Null, calls(&[signed(f("a"), "sa"), f("b")])),
            json!([called("a", Some("sa")), called("b", None)]),
            nothing,
        ),
        // Gone: Google's own value stands in.
        (
            THIRD,
            details(Value::Null, calls(&[f("a"), f("b")])),
            json!([called("a", Some(SKIP)), called("b", None)]),
            &[STATE],
        ),
        (
            "gemini-9-of-the-future",
            details(Value::Null, calls(&[f("a")])),
            json!([called("a", Some(SKIP))]),
            &[STATE],
        ),
        (FLASH, details(Value::Null, calls(&[f("a")])), json!([called("a", None)]), nothing),
        ("gemini-2.0-flash", details(Value::Null, calls(&[f("a")])), json!([called("a", None)]), nothing),
        // Kept apart, under the call's id.
        (
            THIRD,
            details(json!([encrypted("sb", Some("b"))]), calls(&[f("b")])),
            json!([called("b", Some("sb"))]),
            nothing,
        ),
        // On the text, wherever the client keeps it.
        (
            THIRD,
            details(json!([encrypted("st", None)]), json!({ "content": "t" })),
            json!([{ "text": "t", "thoughtSignature": "st" }]),
            nothing,
        ),
        (
            THIRD,
            json!({ "role": "assistant", "content": "t", "extra_content": { "google": { "thought_signature": "st" } } }),
            json!([{ "text": "t", "thoughtSignature": "st" }]),
            nothing,
        ),
        // On a text that says nothing.
        (
            THIRD,
            details(json!([encrypted("st", None)]), calls(&[signed(f("a"), "sa")])),
            json!([called("a", Some("sa")), { "text": "", "thoughtSignature": "st" }]),
            nothing,
        ),
        // A thought that was signed.
        (
            THIRD,
            details(
                json!([{ "type": "reasoning.text", "text": "hm", "signature": "sh", "format": "google-gemini-v1" }]),
                json!({ "content": "t" }),
            ),
            json!([{ "text": "hm", "thought": true, "thoughtSignature": "sh" }, { "text": "t" }]),
            nothing,
        ),
        // Thoughts that prove nothing, and those of others.
        (
            FLASH,
            json!({ "role": "assistant", "content": "t", "reasoning_content": "hm" }),
            json!([{ "text": "t" }]),
            &["messages[].reasoning_content"],
        ),
        (
            FLASH,
            json!({ "role": "assistant", "content": "t",
                "thinking_blocks": [{ "type": "thinking", "thinking": "hm", "signature": "claude" }] }),
            json!([{ "text": "t" }]),
            &["messages[].reasoning_details"],
        ),
    ] {
        let (found, dropped) = contents(json!([{ "role": "user", "content": "go" }, message]), model_name);
        assert_eq!(found[1], model(expected), "{message}");
        assert_eq!(dropped, lost, "{message}");
    }
    // Each step of a loop is a content of its own.
    let (found, _) = contents(
        json!([
            { "role": "user", "content": "go" },
            { "role": "assistant", "content": null, "tool_calls": [f("a")] },
            { "role": "tool", "tool_call_id": "a", "content": "1" },
            { "role": "assistant", "content": null, "tool_calls": [f("b")] },
            { "role": "tool", "tool_call_id": "b", "content": "2" },
        ]),
        THIRD,
    );
    for step in [1, 3] {
        assert_eq!(found[step]["parts"][0]["thoughtSignature"], SKIP);
    }
}

#[test]
fn tools_and_what_is_said_of_their_use() {
    let schema =
        json!({ "type": "object", "properties": { "b": { "type": "string" }, "a": { "const": 1 } } });
    let adapted =
        json!({ "type": "object", "properties": { "b": { "type": "string" }, "a": { "enum": [1] } } });
    let tool = |name: &str, strict: Option<bool>| {
        let mut tool = json!({ "type": "function", "function": { "name": name, "description": "d", "parameters": schema } });
        if let Some(strict) = strict {
            tool["function"]["strict"] = json!(strict);
        }
        tool
    };
    let declared = |name: &str| json!({ "name": name, "description": "d", "parametersJsonSchema": adapted });
    let config = |mode: &str, names: Value| match names {
        Value::Null => json!({ "functionCallingConfig": { "mode": mode } }),
        names => json!({ "functionCallingConfig": { "mode": mode, "allowedFunctionNames": names } }),
    };
    let named = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let allowed = |mode: &str| json!({ "type": "allowed_tools", "allowed_tools": { "mode": mode, "tools": [named("g")] } });
    for (choice, strict, declares, expected) in [
        (Value::Null, None, vec!["f", "g"], Value::Null),
        (Value::Null, Some(false), vec!["f", "g"], Value::Null),
        (Value::Null, Some(true), vec!["f", "g"], config("VALIDATED", Value::Null)),
        (json!("auto"), None, vec!["f", "g"], config("AUTO", Value::Null)),
        (json!("auto"), Some(true), vec!["f", "g"], config("VALIDATED", Value::Null)),
        (json!("none"), None, vec!["f", "g"], config("NONE", Value::Null)),
        (json!("required"), Some(true), vec!["f", "g"], config("ANY", Value::Null)),
        (named("g"), None, vec!["f", "g"], config("ANY", json!(["g"]))),
        (allowed("required"), None, vec!["f", "g"], config("ANY", json!(["g"]))),
        (allowed("auto"), None, vec!["g"], config("AUTO", Value::Null)),
    ] {
        let mut request = with(json!({ "tools": [tool("f", strict), tool("g", None)] }));
        request["tool_choice"] = choice.clone();
        let (body, dropped) = sent(&request, FLASH);
        let functions: Vec<Value> = declares.into_iter().map(declared).collect();
        assert_eq!(body["tools"], json!([{ "functionDeclarations": functions }]), "{choice}");
        assert_eq!(body["toolConfig"], expected, "{choice} {strict:?}");
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    for parameters in [Value::Null, json!({})] {
        let request = with(
            json!({ "tools": [{ "type": "function", "function": { "name": "f", "parameters": parameters } }] }),
        );
        assert_eq!(sent(&request, FLASH).0["tools"], json!([{ "functionDeclarations": [{ "name": "f" }] }]));
    }
    let (_, dropped) =
        sent(&with(json!({ "tools": [tool("f", None)], "parallel_tool_calls": false })), FLASH);
    assert_eq!(dropped, ["parallel_tool_calls"]);
    let (_, dropped) = sent(&with(json!({ "tools": [tool("f", None)], "parallel_tool_calls": true })), FLASH);
    assert!(dropped.is_empty());
    let (body, _) = sent(&with(json!({ "tools": [], "tool_choice": "auto" })), FLASH);
    assert_eq!((body.get("tools"), body.get("toolConfig")), (None, None));
}

#[test]
fn googles_own_tools() {
    let function = json!({ "type": "function", "function": { "name": "f" } });
    let search = json!({ "googleSearch": {} });
    for (members, expected) in [
        (json!({ "tools": [{ "type": "google_search" }] }), json!([search])),
        (
            json!({ "tools": [{ "type": "googleSearch" }, { "type": "url_context", "url_context": {} }] }),
            json!([search, { "urlContext": {} }]),
        ),
        (
            json!({ "tools": [{ "type": "file_search", "file_search": { "file_search_store_names": ["s"] } }] }),
            json!([{ "fileSearch": { "file_search_store_names": ["s"] } }]),
        ),
        (json!({ "web_search_options": {} }), json!([search])),
        (
            json!({ "web_search_options": { "search_context_size": "medium" }, "tools": [{ "type": "google_search" }] }),
            json!([search]),
        ),
    ] {
        let (body, dropped) = sent(&with(members.clone()), FLASH);
        assert_eq!(body["tools"], expected, "{members}");
        assert_eq!(body.get("toolConfig"), None);
        assert!(dropped.is_empty(), "{dropped:?}");
    }
    let place = json!({ "type": "approximate", "approximate": { "country": "DE" } });
    let options = json!({ "search_context_size": "high", "user_location": place });
    let (_, dropped) = sent(&with(json!({ "web_search_options": options })), FLASH);
    assert_eq!(dropped, ["web_search_options", "web_search_options.search_context_size"]);
    // Beside functions, where the model takes both.
    let both = with(json!({ "tools": [function, { "type": "google_search" }] }));
    let (body, _) = sent(&both, THIRD);
    assert_eq!(body["tools"], json!([{ "functionDeclarations": [{ "name": "f" }] }, search]));
    assert_eq!(body["toolConfig"], json!({ "includeServerSideToolInvocations": true }));
    assert_eq!(refused(&both, FLASH).param.as_deref(), Some("tools"));
    assert_eq!(
        refused(&with(json!({ "tools": [{ "type": "mcp" }] })), FLASH).param.as_deref(),
        Some("tools[0]")
    );
}

#[test]
fn settings() {
    let (body, dropped) = sent(
        &with(json!({
            "max_completion_tokens": 9, "max_tokens": 8, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 7,
            "stop": "x", "n": 2, "logprobs": true,
            "top_logprobs": 3, "service_tier": "flex",
            "safety_settings": [{ "category": "C", "threshold": "T" }], "cached_content": "cachedContents/1",
        })),
        FLASH,
    );
    assert_eq!(
        body["generationConfig"],
        json!({
            "maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9,
            "topK": 3, "seed": 7, "stopSequences": ["x"], "candidateCount": 2, "responseLogprobs": true, "logprobs": 3,
        })
    );
    assert_eq!(body["serviceTier"], "flex");
    assert_eq!(body["safetySettings"], json!([{ "category": "C", "threshold": "T" }]));
    assert_eq!(body["cachedContent"], "cachedContents/1");
    assert!(dropped.is_empty(), "{dropped:?}");

    for (members, expected, lost) in [
        (json!({ "temperature": 2.5 }), json!({ "temperature": 2 }), vec!["temperature"]),
        (json!({ "temperature": -1 }), json!({ "temperature": 0 }), vec!["temperature"]),
        (json!({ "seed": 5_000_000_000_i64 }), json!({}), vec!["seed"]),
        (json!({ "seed": -3 }), json!({ "seed": -3 }), vec![]),
        (json!({ "logit_bias": { "1": 2 } }), json!({}), vec!["logit_bias"]),
        (
            json!({ "logit_bias": {}, "metadata": {}, "store": false, "modalities": ["text"] }),
            json!({}),
            vec![],
        ),
        (json!({ "verbosity": "low", "user": "u" }), json!({}), vec!["verbosity", "user"]),
        (json!({ "verbosity": "medium", "service_tier": "default" }), json!({}), vec![]),
        (json!({ "service_tier": "scale" }), json!({}), vec!["service_tier"]),
        (json!({ "metadata": { "a": "b" }, "store": true }), json!({}), vec!["metadata", "store"]),
        (
            json!({ "prompt_cache_key": "k", "of_the_future": 1 }),
            json!({}),
            vec!["of_the_future", "prompt_cache_key"],
        ),
        (json!({ "stop": ["", "a"] }), json!({ "stopSequences": ["a"] }), vec![]),
        (json!({ "cache_control": { "type": "ephemeral" } }), json!({}), vec!["cache_control"]),
        (
            json!({ "extra_body": { "google": { "thinking_config": { "thinking_budget": 5 }, "x": 1 }, "y": 2 } }),
            json!({ "thinkingConfig": { "thinking_budget": 5 } }),
            vec!["extra_body.y", "extra_body.google.x"],
        ),
    ] {
        let (body, dropped) = sent(&with(members.clone()), FLASH);
        assert_eq!(body["generationConfig"], expected, "{members}");
        assert_eq!(dropped, lost, "{members}");
    }
    let penalties = with(json!({ "frequency_penalty": 0.1, "presence_penalty": -0.1 }));
    let (body, dropped) = sent(&penalties, "gemini-2.0-flash");
    assert_eq!(body["generationConfig"], json!({ "presencePenalty": -0.1, "frequencyPenalty": 0.1 }));
    assert!(dropped.is_empty());
    assert_eq!(sent(&penalties, FLASH).1, ["presence_penalty", "frequency_penalty"]);
    assert!(sent(&with(json!({ "frequency_penalty": 0, "presence_penalty": 0 })), FLASH).1.is_empty());
    let (body, dropped) = sent(&with(json!({ "temperature": 0.5, "top_p": 1, "top_k": 3 })), LITE);
    assert_eq!(body["generationConfig"], json!({}));
    assert_eq!(dropped, ["temperature", "top_k"]);
}

#[test]
fn the_form_of_the_answer() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
    let format = |members: Value| json!({ "type": "json_schema", "json_schema": members });
    let tools = json!([{ "type": "function", "function": { "name": "f" } }]);
    let mut labelled = schema.clone();
    labelled["title"] = json!("n");
    labelled["description"] = json!("d");
    for (asked, expected) in [
        (json!({ "type": "text" }), json!({})),
        (json!({ "type": "json_object" }), json!({ "responseMimeType": "application/json" })),
        (
            format(json!({ "schema": schema, "strict": true })),
            json!({ "responseMimeType": "application/json", "responseJsonSchema": schema }),
        ),
        (
            format(json!({ "name": "n", "description": "d", "schema": schema })),
            json!({ "responseMimeType": "application/json", "responseJsonSchema": labelled }),
        ),
        (
            format(json!({ "name": "n", "description": "d", "schema": labelled })),
            json!({ "responseMimeType": "application/json", "responseJsonSchema": labelled }),
        ),
        (
            format(
                json!({ "name": "n", "schema": { "$ref": "#/definitions/a", "definitions": { "a": {} } } }),
            ),
            json!({ "responseMimeType": "application/json",
                "responseJsonSchema": { "$ref": "#/$defs/a", "$defs": { "a": {} } } }),
        ),
    ] {
        let (body, dropped) = sent(&with(json!({ "response_format": asked })), FLASH);
        assert_eq!(body["generationConfig"], expected, "{asked}");
        assert!(dropped.is_empty(), "{dropped:?}");
        let (body, _) = sent(&with(json!({ "response_format": asked, "tools": tools })), THIRD);
        assert_eq!(body["generationConfig"], expected, "with tools: {asked}");
        let (body, _) = sent(&with(json!({ "response_format": asked, "tools": tools })), FLASH);
        assert_eq!(body["generationConfig"], json!({}), "with tools: {asked}");
        let instructed = body["systemInstruction"]["parts"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(instructed.contains("JSON"), asked["type"] != "text", "{instructed}");
    }
}

#[test]
fn thinking() {
    let level = |level: &str| json!({ "thinkingLevel": level, "includeThoughts": true });
    let budget = |tokens: i64| json!({ "thinkingBudget": tokens, "includeThoughts": true });
    let effort = |effort: &str| json!({ "reasoning_effort": effort });
    let claude = |thinking: Value| json!({ "thinking": thinking });
    for (model_name, asked, expected, lost) in [
        (THIRD, json!({}), Value::Null, vec![]),
        (THIRD, effort("low"), level("low"), vec![]),
        (THIRD, effort("high"), level("high"), vec![]),
        (THIRD, effort("minimal"), level("low"), vec![]),
        (THIRD, effort("max"), level("high"), vec!["reasoning_effort"]),
        ("gemini-3-flash", effort("minimal"), level("minimal"), vec![]),
        ("gemini-9-of-the-future", effort("medium"), level("medium"), vec![]),
        (THIRD, json!({ "reasoning": { "max_tokens": 2000 } }), budget(2000), vec![]),
        (THIRD, json!({ "reasoning": { "enabled": true } }), json!({ "includeThoughts": true }), vec![]),
        (
            THIRD,
            json!({ "reasoning": { "effort": "low", "exclude": true } }),
            json!({ "thinkingLevel": "low", "includeThoughts": false }),
            vec![],
        ),
        (
            THIRD,
            json!({ "reasoning": { "effort": "low", "max_tokens": 9 } }),
            level("low"),
            vec!["reasoning"],
        ),
        (FLASH, effort("minimal"), budget(1024), vec![]),
        (FLASH, effort("low"), budget(1024), vec![]),
        (FLASH, effort("medium"), budget(8192), vec![]),
        (FLASH, effort("high"), budget(24_576), vec![]),
        (FLASH, effort("xhigh"), budget(24_576), vec!["reasoning_effort"]),
        (FLASH, effort("none"), json!({ "thinkingBudget": 0, "includeThoughts": false }), vec![]),
        (
            FLASH,
            claude(json!({ "type": "disabled" })),
            json!({ "thinkingBudget": 0, "includeThoughts": false }),
            vec![],
        ),
        (FLASH, claude(json!({ "type": "enabled", "budget_tokens": 2000 })), budget(2000), vec![]),
        (
            FLASH,
            claude(json!({ "type": "enabled", "budget_tokens": 31_999 })),
            budget(24_576),
            vec!["thinking"],
        ),
        (PRO, claude(json!({ "type": "enabled", "budget_tokens": 31_999 })), budget(31_999), vec![]),
        (FLASH, claude(json!({ "type": "enabled" })), budget(-1), vec![]),
        (
            "gemini-2.5-flash-lite",
            json!({ "reasoning": { "max_tokens": 100 } }),
            budget(512),
            vec!["reasoning"],
        ),
    ] {
        let (body, dropped) = sent(&with(asked.clone()), model_name);
        assert_eq!(body["generationConfig"]["thinkingConfig"], expected, "{model_name} {asked}");
        assert_eq!(dropped, lost, "{model_name} {asked}");
    }
    for (model_name, asked, lowest) in [
        (THIRD, effort("none"), "low"),
        ("gemini-3-flash", json!({ "reasoning": { "enabled": false } }), "minimal"),
        (PRO, effort("none"), "minimal"),
    ] {
        let error = refused(&with(asked), model_name);
        assert_eq!(error.code.as_deref(), Some("unsupported_value"));
        assert!(error.message.contains(&format!("`{lowest}`")), "{error}");
    }
    let encoded = encode(&with(effort("none")), THIRD, OnUnsupported::Drop).unwrap();
    assert_eq!(encoded.losses.dropped(), ["reasoning_effort"]);
}

#[test]
fn what_would_change_the_meaning_is_refused() {
    let ask = |message: Value| json!({ "model": "m", "messages": [message] });
    let said = |part: Value| ask(json!({ "role": "user", "content": [part] }));
    for (request, param) in [
        (with(json!({ "stop": ["a", "b", "c", "d", "e", "f"] })), "stop"),
        (with(json!({ "modalities": ["text", "audio"] })), "modalities"),
        (with(json!({ "tools": [{ "type": "custom", "custom": { "name": "c" } }] })), "tools[0].custom"),
        (with(json!({ "tool_choice": "required" })), "tool_choice"),
        (said(json!({ "type": "file", "file": { "file_id": "file-abc" } })), "messages[0].content"),
        (said(json!({ "type": "hologram", "hologram": {} })), "messages[0].content"),
        (
            ask(json!({ "role": "tool", "tool_call_id": "nobody's", "content": "x" })),
            "messages[0].tool_call_id",
        ),
        (ask(json!({ "role": "system", "content": [image("https://x.test/y.png")] })), "messages[0].content"),
        (
            ask(json!({ "role": "assistant", "content": null,
                "tool_calls": [{ "id": "c", "type": "custom", "custom": { "name": "c", "input": "x" } }] })),
            "messages[0].tool_calls",
        ),
        (ask(json!({ "role": "assistant", "content": "x", "audio": { "id": "a" } })), "messages[].audio"),
        (
            with(json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "n" } } })),
            "response_format.json_schema.schema",
        ),
    ] {
        let error = refused(&request, FLASH);
        assert_eq!(error.param.as_deref(), Some(param), "{request}: {error}");
        assert_eq!(error.status, 400);
    }
    // Dropped and named where the operator wants that, and then the body is still one that is taken.
    let custom = json!({ "model": "m", "messages": [
        { "role": "assistant", "content": null,
          "tool_calls": [{ "id": "c", "type": "custom", "custom": { "name": "c", "input": "x" } }] },
        { "role": "tool", "tool_call_id": "c", "content": "y" } ] });
    let encoded = encode(&custom, FLASH, OnUnsupported::Drop).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body["contents"][1]["parts"][0]["functionCall"]["args"], json!({ "input": "x" }));
    assert_eq!(encoded.losses.dropped(), ["messages[].tool_calls[].custom"]);
    let error = encode(&with(json!({ "user": "u" })), FLASH, OnUnsupported::Reject).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("user"));
}
