//! Dialects of the chat wire.

use serde_json::{Value, json};
use tollbridge_core::protocol::Wire;

use super::{Sample, Told};

fn answer(message: Value, finish: &str) -> Value {
    json!({ "id": "a", "object": "chat.completion", "model": "m", "created": 7,
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }] })
}

fn delta(delta: Value) -> Value {
    json!({ "id": "a", "object": "chat.completion.chunk", "model": "m", "created": 7,
        "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn end(finish: &str) -> Value {
    json!({ "id": "a", "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] })
}

fn with(mut chunk: Value, members: Value) -> Value {
    chunk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    chunk
}

fn sample(name: &'static str, whole: Option<Value>, chunks: Vec<Value>, told: Told) -> Sample {
    Sample { name, wire: Wire::Chat, whole, chunks, told }
}

fn said(text: &str, reasoning: &str) -> Told {
    Told { text: text.into(), reasoning: reasoning.into(), finish: "stop".into(), ..Told::default() }
}

fn called(calls: &[(&str, Value)]) -> Told {
    let calls = calls.iter().map(|(name, input)| ((*name).to_owned(), input.clone())).collect();
    Told { calls, finish: "tool_calls".into(), ..Told::default() }
}

/// A piece of a call; what is `null` is left out.
fn piece(index: Value, id: Value, name: Value, arguments: &str) -> Value {
    let mut call = json!({ "function": { "arguments": arguments } });
    for (member, value) in [("index", index), ("id", id)] {
        if !value.is_null() {
            call[member] = value;
        }
    }
    if !name.is_null() {
        call["function"]["name"] = name;
    }
    call
}

fn calls(pieces: &[Value]) -> Value {
    delta(json!({ "tool_calls": pieces }))
}

fn city(name: &str) -> Value {
    json!({ "city": name })
}

#[test]
fn reasoning_stands_in_many_places() {
    let part = |text: &str| json!({ "type": "text", "text": text });
    let thinking = |text: &str| json!({ "type": "thinking", "thinking": [part(text)], "closed": true });
    let summary = |text: &str| json!({ "type": "reasoning", "summary": [{ "type": "summary_text", "text": text, "signature": "S" }] });
    let block = |text: &str| json!({ "type": "thinking", "thinking": text, "signature": null });
    // Of each the message, and the deltas.
    for (name, message, deltas) in [
        (
            "Mistral's parts",
            json!({ "content": [thinking("Hm, so."), part("Hi.")] }),
            vec![
                json!({ "role": "assistant", "content": "" }),
                json!({ "content": [thinking("Hm,")] }),
                json!({ "content": [thinking(" so."), part("H")] }),
                json!({ "content": "i." }),
            ],
        ),
        (
            "Databricks' parts",
            json!({ "content": [summary("Hm, so."), part("Hi.")] }),
            vec![
                json!({ "content": [{ "type": "reasoning", "summary": [{ "type": "summary_text", "text": "Hm," }] }] }),
                json!({ "content": [summary(" so.")] }),
                json!({ "content": [part("Hi.")] }),
            ],
        ),
        (
            "Databricks' parts that are not to be read",
            json!({ "reasoning_content": "Hm, so.", "content": [
                { "type": "reasoning", "summary": [{ "type": "summary_encrypted_text", "data": "x" }] }, part("Hi.")] }),
            vec![],
        ),
        (
            "Copilot's text",
            json!({ "content": "Hi.", "reasoning_text": "Hm, so.", "reasoning_opaque": "x" }),
            vec![
                json!({ "content": null, "reasoning_text": "Hm," }),
                json!({ "content": null, "reasoning_text": " so." }),
                json!({ "content": "Hi." }),
                json!({ "content": null, "reasoning_opaque": "x" }),
            ],
        ),
        (
            "LiteLLM's blocks beside the same text",
            json!({ "content": "Hi.", "reasoning_content": "Hm, so.", "thinking_blocks": [
                { "type": "thinking", "thinking": "Hm, so.", "signature": "S" }, { "type": "redacted_thinking", "data": "d" }] }),
            vec![
                json!({ "content": "", "reasoning_content": "Hm,", "thinking_blocks": [block("Hm,")] }),
                json!({ "content": "", "reasoning_content": " so.", "thinking_blocks": [block(" so.")] }),
                json!({ "content": "", "thinking_blocks": [{ "type": "thinking", "thinking": "", "signature": "S" }] }),
                json!({ "content": "Hi." }),
            ],
        ),
        (
            "the same twice, with empty lists of calls",
            json!({ "content": "Hi.", "reasoning": "Hm, so.", "reasoning_content": "Hm, so.", "tool_calls": [] }),
            vec![
                json!({ "content": "", "reasoning_content": "Hm,", "reasoning": "Hm,", "tool_calls": [] }),
                json!({ "content": null, "reasoning_content": " so.", "reasoning": " so.", "tool_calls": null }),
                json!({ "content": "Hi.", "reasoning_content": "", "tool_calls": [] }),
            ],
        ),
        (
            "MiniMax's details",
            json!({ "content": "Hi.", "reasoning_content": "Hm, so.", "audio_content": "", "name": "MiniMax AI",
                "reasoning_details": [{ "type": "reasoning.text", "id": "reasoning-text-1", "format": "MiniMax-response-v1", "index": 0, "text": "Hm, so." }] }),
            ["Hm,", " so."]
                .map(|text| {
                    json!({ "reasoning_details": [{ "type": "reasoning.text", "id": "reasoning-text-1",
                        "format": "MiniMax-response-v1", "index": 0, "text": text }] })
                })
                .into_iter()
                .chain([json!({ "content": "Hi." })])
                .collect(),
        ),
    ] {
        let mut chunks: Vec<Value> = deltas.into_iter().map(delta).collect();
        if !chunks.is_empty() {
            chunks.push(end("stop"));
        }
        sample(name, Some(answer(message, "stop")), chunks, said("Hi.", "Hm, so.")).check();
    }
    let tagged = "<think>Hm</think>Hi.";
    let chunks = vec![delta(json!({ "content": tagged })), end("stop")];
    let whole = answer(json!({ "content": tagged }), "stop");
    sample("tags in the text are the model's own", Some(whole), chunks, said(tagged, "")).check();
}

/// A text that was cut between the halves of a pair is repaired, wherever it stands.
#[test]
fn half_a_surrogate_pair_costs_no_more_than_a_letter() {
    let details = r#"[{"type":"reasoning.text","text":"Hm\ud83d"}]"#;
    let chunk = format!(
        r#"{{"id":"a","choices":[{{"index":0,"delta":{{"content":"Hi.","reasoning_details":{details}}}}}]}}"#
    );
    let told =
        super::stream(Wire::Chat, tollbridge_core::protocol::Front::Messages, &[json!(chunk), end("stop")]);
    let told = Told::stream(tollbridge_core::protocol::Front::Messages, &told);
    assert_eq!(told, said("Hi.", "Hm\u{fffd}"));
}

/// Thinking that is not shown is signed, and goes back to Claude by its signature.
#[test]
fn signatures_alone_are_reasoning() {
    let details =
        json!([{ "type": "reasoning.text", "signature": "S", "format": "anthropic-claude-v1", "index": 0 }]);
    let body = answer(json!({ "content": "Hi.", "reasoning_details": details }), "stop");
    let told = super::whole(Wire::Chat, tollbridge_core::protocol::Front::Messages, &body);
    let thinking = json!({ "type": "thinking", "thinking": "", "signature": "S" });
    assert_eq!(told["content"][0], thinking);
    let chunks = [
        delta(json!({ "content": "", "reasoning_details": details })),
        delta(json!({ "content": "Hi." })),
        end("stop"),
    ];
    let told = super::stream(Wire::Chat, tollbridge_core::protocol::Front::Messages, &chunks);
    assert!(told.iter().any(|event| event["delta"]["signature"] == "S"), "{told:?}");
}

#[test]
fn calls_find_their_pieces() {
    let (none, two) = (Value::Null, [("weather", city("Bern")), ("time", json!({ "zone": "UTC" }))]);
    let same = [("weather", city("Bern")), ("weather", city("Rome"))];
    let (bern, rome) = ("{\"city\":\"Bern\"}", "{\"city\":\"Rome\"}");
    for (name, chunks, told) in [
        (
            "several in a chunk, without indexes or ids for what follows",
            vec![
                calls(&[
                    piece(none.clone(), json!("a"), json!("weather"), ""),
                    piece(none.clone(), json!("b"), json!("time"), ""),
                ]),
                calls(&[
                    piece(none.clone(), none.clone(), none.clone(), "{\"city\":"),
                    piece(none.clone(), none.clone(), none.clone(), "{\"zone\":\"UTC\"}"),
                ]),
                calls(&[piece(none.clone(), json!("a"), none.clone(), "\"Bern\"}")]),
            ],
            called(&two),
        ),
        (
            "another id with each piece",
            vec![
                calls(&[piece(json!(0), json!("x1"), json!("weather"), "")]),
                calls(&[piece(json!(0), json!("x2"), none.clone(), "{\"city\":")]),
                calls(&[piece(json!(0), json!("x3"), none.clone(), "\"Bern\"}")]),
                calls(&[piece(json!(1), json!("x4"), json!("time"), "{\"zone\":")]),
                calls(&[piece(json!(1), json!("x5"), none.clone(), "\"UTC\"}")]),
            ],
            called(&two),
        ),
        (
            "another id and the name again with each piece",
            vec![
                calls(&[piece(json!(0), json!("x1"), json!("weather"), "{\"city\":")]),
                calls(&[piece(json!(0), json!("x2"), json!("weather"), "\"Bern\"}")]),
                calls(&[piece(json!(0), json!("x3"), json!("weather"), "{\"city\":")]),
                calls(&[piece(json!(0), json!("x4"), json!("weather"), "\"Rome\"}")]),
            ],
            called(&same),
        ),
        (
            "names that come after ids, without indexes",
            vec![
                calls(&[piece(none.clone(), json!("a"), json!(""), "")]),
                calls(&[piece(none.clone(), none.clone(), json!("weather"), bern)]),
                calls(&[piece(none.clone(), json!("b"), json!(""), "")]),
                calls(&[piece(none.clone(), none.clone(), json!("time"), "{\"zone\":\"UTC\"}")]),
            ],
            called(&two),
        ),
        (
            "all of them number 0",
            vec![calls(&[
                piece(json!(0), json!("a"), json!("weather"), bern),
                piece(json!(0), json!("b"), json!("weather"), rome),
            ])],
            called(&same),
        ),
        (
            "no ids at all",
            vec![
                calls(&[piece(json!(0), json!(""), json!("weather"), bern)]),
                calls(&[piece(json!(0), json!(""), json!("weather"), rome)]),
            ],
            called(&same),
        ),
        (
            "the same id in every piece, the index only in the first",
            vec![
                calls(&[piece(json!(0), json!("a"), json!("weather"), "")]),
                calls(&[piece(none.clone(), json!("a"), none.clone(), "{\"city\":")]),
                calls(&[piece(none.clone(), json!("a"), none.clone(), "\"Bern\"}")]),
            ],
            called(&same[..1]),
        ),
        (
            "pieces in turns",
            vec![
                calls(&[piece(json!(0), json!("a"), json!("weather"), "{\"city\":")]),
                calls(&[piece(json!(1), json!("b"), json!("weather"), "{\"city\":")]),
                calls(&[piece(json!(0), none.clone(), none.clone(), "\"Bern\"}")]),
                calls(&[piece(json!(1), none.clone(), none.clone(), "\"Rome\"}")]),
            ],
            called(&same),
        ),
        (
            "the end in the chunk with the call, and once more",
            vec![
                json!({ "id": "a", "choices": [{ "index": 0, "finish_reason": "tool_calls",
                    "delta": { "role": "assistant", "tool_calls": [piece(json!(0), json!("a"), json!("weather"), bern)] } }] }),
                json!({ "id": "a", "choices": [{ "index": 0, "finish_reason": "tool_calls", "delta": { "role": "assistant", "content": "" } }] }),
            ],
            called(&same[..1]),
        ),
    ] {
        let chunks = chunks.into_iter().chain([end("tool_calls"), json!("[DONE] ")]).collect();
        sample(name, None, chunks, told).check();
    }
}

#[test]
fn calls_take_many_forms() {
    for (name, message) in [
        (
            "arguments as an object",
            json!({ "tool_calls": [{ "id": "a", "function": { "name": "weather", "arguments": { "city": "Bern" } } }] }),
        ),
        (
            "no function inside",
            json!({ "tool_calls": [{ "name": "weather", "arguments": { "city": "Bern" } }] }),
        ),
        (
            "the older form",
            json!({ "content": null, "function_call": { "name": "weather", "arguments": "{\"city\":\"Bern\"}" } }),
        ),
        (
            "stubs beside",
            json!({ "content": "", "refusal": "", "function_call": { "name": "", "arguments": "" }, "audio": "", "annotations": {},
                "reasoning_details": "", "images": null, "tool_calls": [{ "id": "a", "type": "function", "index": 0,
                "function": { "name": "weather", "arguments": "{\"city\":\"Bern\"}" } }] }),
        ),
    ] {
        let told = called(&[("weather", city("Bern"))]);
        let chunks = vec![delta(message.clone()), end("stop"), json!("[DONE]")];
        sample(name, Some(answer(message, "stop")), chunks, told).check();
    }
}

/// Copilot's answers of Claude's: text and each call in a choice of its own, none with a number.
#[test]
fn one_answer_in_several_choices() {
    let call = |id: &str, name: &str, arguments: &str| json!([{ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } }]);
    let choice = |message: Value| json!({ "finish_reason": "tool_calls", "message": message });
    let choices = json!([
        choice(json!({ "role": "assistant", "content": "I look." })),
        choice(json!({ "role": "assistant", "tool_calls": call("a", "weather", "{\"city\":\"Bern\"}") })),
        choice(json!({ "role": "assistant", "tool_calls": call("b", "time", "{}") })),
    ]);
    let whole = json!({ "id": "a", "model": "m", "choices": choices });
    let told = Told { text: "I look.".into(), ..called(&[("weather", city("Bern")), ("time", json!({}))]) };
    sample("choices without numbers", Some(whole), vec![], told).check();
}

#[test]
fn every_end_has_its_meaning() {
    for (word, meaning) in [
        ("stop", "stop"),
        ("eos", "stop"),
        ("eos_token", "stop"),
        ("end_turn", "stop"),
        ("COMPLETE", "stop"),
        ("stop_sequence", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filter", "content_filter"),
        ("content_filter: RECITATION", "content_filter"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "content_filter"),
        ("sensitive", "content_filter"),
        ("network_error", "content_filter"),
        ("insufficient_system_resource", "content_filter"),
        ("abort", "content_filter"),
        ("from the future", "stop"),
    ] {
        let told = Told { finish: meaning.into(), ..said("Hi.", "") };
        let chunks = vec![delta(json!({ "content": "Hi." })), end(word)];
        sample(word, Some(answer(json!({ "content": "Hi." }), word)), chunks, told).check();
    }
}

#[test]
fn usage_has_many_names() {
    for (name, usage, used) in [
        (
            "OpenAI",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "prompt_tokens_details": { "cached_tokens": 4, "audio_tokens": 0 }, "completion_tokens_details": { "reasoning_tokens": 3 } }),
            [9, 5, 4, 0, 3],
        ),
        (
            "xAI",
            json!({ "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 14, "completion_tokens_details": { "reasoning_tokens": 3 }, "num_sources_used": 0 }),
            [9, 5, 0, 0, 3],
        ),
        (
            "Mistral",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "num_cached_tokens": 4, "prompt_tokens_details": null }),
            [9, 5, 4, 0, 0],
        ),
        (
            "DeepSeek",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5 }),
            [9, 5, 4, 0, 0],
        ),
        (
            "Moonshot",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "cached_tokens": 4 }),
            [9, 5, 4, 0, 0],
        ),
        (
            "Alibaba",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": { "cached_tokens": 4, "cache_type": "ephemeral",
            "cache_creation_input_tokens": 2, "cache_creation": { "ephemeral_5m_input_tokens": 2 } } }),
            [9, 5, 4, 2, 0],
        ),
        (
            "OpenRouter",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "cost": 0.01, "cost_details": {}, "prompt_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 2 } }),
            [9, 5, 4, 2, 0],
        ),
        (
            "a proxy of Anthropic",
            json!({ "prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": { "cached_tokens": 0 }, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2 }),
            [9, 5, 4, 2, 0],
        ),
        ("names of Anthropic", json!({ "input_tokens": 9, "output_tokens": 5 }), [9, 5, 0, 0, 0]),
        (
            "numbers as text and with a point",
            json!({ "prompt_tokens": "9", "completion_tokens": 5.0, "prompt_tokens_details": [], "completion_tokens_details": "" }),
            [9, 5, 0, 0, 0],
        ),
    ] {
        let told = Told { used, ..said("Hi.", "") };
        let whole = with(answer(json!({ "content": "Hi." }), "stop"), json!({ "usage": usage }));
        let text = || delta(json!({ "content": "Hi." }));
        let last = json!({ "id": "a", "choices": [], "usage": usage });
        sample(name, Some(whole), vec![text(), end("stop"), last], told.clone()).check();
        let beside = with(end("stop"), json!({ "usage": usage }));
        sample(name, None, vec![text(), beside], told.clone()).check();
        let mut inside = end("stop");
        inside["choices"][0]["usage"] = usage;
        sample(name, None, vec![text(), inside], told).check();
    }
}

#[test]
fn the_tier_may_come_late_or_inside() {
    let text = || delta(json!({ "content": "Hi." }));
    let usage = json!({ "prompt_tokens": 1, "completion_tokens": 1, "service_tier": "priority" });
    let told = Told { tier: "priority".into(), used: [1, 1, 0, 0, 0], ..said("Hi.", "") };
    let whole = with(answer(json!({ "content": "Hi." }), "stop"), json!({ "usage": usage }));
    sample("Mistral", Some(whole), vec![text(), with(end("stop"), json!({ "usage": usage }))], told).check();
    let told = Told { tier: "priority".into(), ..said("Hi.", "") };
    let last = with(end("stop"), json!({ "service_tier": "priority" }));
    sample("in the last chunk", None, vec![text(), last], told).check();
}

#[test]
fn sources_beside_the_answer_belong_to_its_text() {
    let found = json!({ "citations": ["https://a.test", "https://b.test"], "search_results": [
        { "title": "A", "url": "https://a.test", "date": null, "snippet": "words" }] });
    let told = |sources: &[&str]| Told {
        sources: sources.iter().map(|url| (*url).to_owned()).collect(),
        ..said("Hi.[1]", "")
    };
    let both = told(&["https://a.test", "https://b.test"]);
    let whole = with(answer(json!({ "content": "Hi.[1]" }), "stop"), found.clone());
    let chunks = ["Hi.", "[1]"].map(|text| with(delta(json!({ "content": text })), found.clone()));
    let chunks = chunks.into_iter().chain([with(end("stop"), found.clone())]).collect();
    sample("Perplexity", Some(whole), chunks, both).check();

    let found = json!({ "venice_parameters": { "enable_web_search": "on", "web_search_citations": [
        { "title": "A", "url": "https://a.test", "content": "words", "date": "" }] } });
    let whole = with(answer(json!({ "content": "Hi.[1]", "annotations": null }), "stop"), found.clone());
    let chunks = vec![with(delta(json!({ "content": "Hi.[1]" })), found), end("stop")];
    sample("Venice", Some(whole), chunks, told(&["https://a.test"])).check();

    // What the text itself names counts.
    let found = json!({ "citations": ["https://a.test"] });
    let flat = json!({ "type": "url_citation", "url": "https://c.test", "title": "C", "start_index": 0, "end_index": 3 });
    let message = json!({ "content": "Hi.[1]", "annotations": [flat] });
    let whole = with(answer(message.clone(), "stop"), found.clone());
    let chunks = vec![with(delta(message), found.clone()), with(end("stop"), found)];
    sample("annotations without an object inside", Some(whole), chunks, told(&["https://c.test"])).check();
}

/// OpenRouter tells the sources of a search before anything else.
#[test]
fn sources_may_come_before_the_text() {
    let annotation = json!({ "type": "url_citation", "url_citation": { "url": "https://a.test", "title": "A", "content": "words", "start_index": 0, "end_index": 0 } });
    let chunks = vec![
        delta(json!({ "role": "assistant", "content": "", "annotations": [annotation] })),
        delta(json!({ "content": "", "reasoning": "Hm." })),
        delta(json!({ "content": "Hi." })),
        end("stop"),
    ];
    let told = Told { sources: vec!["https://a.test".into()], ..said("Hi.", "Hm.") };
    sample("OpenRouter", None, chunks, told).check();
}

/// What it took is said in the chunk that says why it failed.
#[test]
fn usage_of_a_failed_answer_is_counted() {
    let usage = json!({ "prompt_tokens": 43, "completion_tokens": 10 });
    let last = with(
        delta(json!({ "content": "" })),
        json!({ "error": { "code": 400, "message": "Token limit reached" }, "usage": usage }),
    );
    let mut decoder = Wire::Chat.decoder("seed");
    let mut counted = Vec::new();
    for chunk in [delta(json!({ "reasoning": "Hm" })), end("length"), last] {
        decoder.push(chunk.to_string().as_bytes(), &mut |event| match event {
            tollbridge_core::conversation::Event::Usage(usage) => counted.push((usage.input, usage.output)),
            tollbridge_core::conversation::Event::Error(error) => {
                assert_eq!(error.message, "Token limit reached")
            }
            _ => {}
        });
    }
    assert_eq!(counted, [(Some(43), Some(10))]);
}

#[test]
fn sound_goes_on_in_its_transcript() {
    let audio = |audio: Value| delta(json!({ "audio": audio }));
    let chunks = vec![
        audio(json!({ "id": "audio_1", "transcript": "Hel" })),
        audio(json!({ "data": "AAAA" })),
        audio(json!({ "transcript": "lo." })),
        audio(json!({ "data": "BBBB" })),
        audio(json!({ "expires_at": 9 })),
        end("stop"),
    ];
    sample("sound in pieces", None, chunks.clone(), said("Hello.", "")).check();
    let told = super::stream(Wire::Chat, tollbridge_core::protocol::Front::Messages, &chunks);
    let blocks = told.iter().filter(|event| event["type"] == "content_block_start").count();
    assert_eq!(blocks, 1, "one text is one block: {told:?}");
}

#[test]
fn chunks_that_say_nothing_cost_nothing() {
    let nothing = [
        json!({ "id": "", "object": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": [{ "prompt_index": 0 }] }),
        json!({ "id": "a", "choices": [], "usage": null }),
        json!({ "id": "", "choices": [{ "index": 0, "finish_reason": null, "content_filter_results": { "hate": { "filtered": false } }, "content_filter_offsets": { "check_offset": 0 } }] }),
        json!({ "prompt_progress": { "total": 9, "processed": 3 } }),
    ];
    let [filter, empty, late, progress] = nothing;
    let chunks = vec![
        filter,
        progress,
        delta(json!({ "role": "assistant", "content": null, "tool_calls": null, "function_call": null })),
        empty,
        delta(json!({ "content": "Hi." })),
        late,
        end("stop"),
        json!("[DONE]"),
        json!({ "choices": [], "cost": "0" }),
    ];
    sample("Azure, Mistral, llama.cpp, OpenCode", None, chunks, said("Hi.", "")).check();
}

/// Cloudflare writes the JSON that a schema asked for as an object, and not as text.
#[test]
fn content_may_be_the_object_that_was_asked_for() {
    let content = json!({ "title": "Apples", "tags": ["a", { "b": null }], "n": 1.50 });
    let text = content.to_string();
    let whole = answer(json!({ "role": "assistant", "content": content, "refusal": null }), "stop");
    sample("an object", Some(whole), vec![delta(json!({ "content": text })), end("stop")], said(&text, ""))
        .check();
}

/// Mistral puts references between the texts of an answer.
#[test]
fn references_do_not_tear_a_text() {
    let parts = |texts: [&str; 2]| json!([{ "type": "text", "text": texts[0] }, { "type": "reference", "reference_ids": [0, "a"] }, { "type": "text", "text": texts[1] }]);
    let whole = answer(json!({ "role": "assistant", "content": parts(["It rains", "."]) }), "stop");
    let chunks = vec![
        delta(json!({ "content": parts(["It ", "rains"]) })),
        delta(json!({ "content": "." })),
        end("stop"),
    ];
    sample("references", Some(whole), chunks, said("It rains.", "")).check();
}

/// Hugging Face's server, in its older versions: tokens with a number each, and a call for a list of calls.
#[test]
fn choices_that_number_tokens_are_one() {
    let token = |number: u64, text: &str, finish: Value| {
        json!({ "id": "", "object": "text_completion", "created": 7, "model": "m", "choices": [{ "index": number,
            "delta": { "role": "assistant", "content": text }, "logprobs": null, "finish_reason": finish }] })
    };
    let chunks =
        vec![token(1, "I", Value::Null), token(2, "'", Value::Null), token(3, "m", json!("eos_token"))];
    sample("numbered tokens", None, chunks, said("I'm", "")).check();

    let call = |name: Value, arguments: &str| {
        json!({ "role": "assistant", "tool_calls": { "index": 0, "id": "", "type": "function",
            "function": { "name": name, "arguments": arguments } } })
    };
    let chunks = vec![
        delta(call(json!("weather"), "{\"city\":")),
        delta(call(Value::Null, " \"Bern\"}")),
        end("stop"),
        json!("[DONE]"),
    ];
    let whole = answer(call(json!("weather"), "{\"city\": \"Bern\"}"), "eos_token");
    sample("one call for a list", Some(whole), chunks, called(&[("weather", city("Bern"))])).check();
}
