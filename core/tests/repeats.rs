//! Events that differ from the one before in a text alone are not read in full. Nobody may notice: what is
//! told is what a decoder tells that reads everything.

use proptest::{prelude::*, sample};
use serde_json::{Value, json};
use tollbridge_core::{conversation::Event, protocol::Wire};

/// What is told of these events, and how many were not read in full. A decoder that `reads` everything is
/// had by white space that makes each event unlike the one before.
fn told(wire: Wire, events: &[String], reads: bool) -> (Vec<String>, usize) {
    let mut decoder = wire.decoder("seed");
    let (mut told, mut repeats) = (Vec::new(), 0);
    let mut sink = |event: Event<'_>| told.push(format!("{event:?}").replace("Borrowed", "Owned"));
    for (i, event) in events.iter().enumerate() {
        let space = if reads && i % 2 == 0 { " " } else { "" };
        repeats += usize::from(decoder.push(format!("{event}{space}").as_bytes(), &mut sink));
    }
    decoder.finish(&mut sink);
    (told, repeats)
}

/// What is said: mostly plain, now and then with an escape, or nothing.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => sample::select(vec!["Hi", " there", "日本", "…", "}]", ":{", " a: [1, 2]"]).prop_map(str::to_owned),
        1 => sample::select(vec!["", "\n", "\"", "\\", "\u{1f600}\t", "\u{7f}"]).prop_map(str::to_owned),
    ]
}

fn chat_event() -> impl Strategy<Value = Vec<Value>> {
    let chunk = |delta: Value, more: Value| {
        let mut chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] });
        chunk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        chunk
    };
    let said = (text(), text(), 0..3).prop_map(move |(text, padding, form)| {
        let more = if form > 0 { json!({ "obfuscation": padding }) } else { json!({}) };
        chunk(json!({ "content": text }), more)
    });
    let thought = text().prop_map(move |text| chunk(json!({ "reasoning_content": text }), json!({})));
    let both = (text(), text())
        .prop_map(move |(a, b)| chunk(json!({ "content": a, "reasoning_content": b }), json!({})));
    let other = (text(), 1..9).prop_map(move |(text, count)| {
        let usage = json!({ "usage": { "prompt_tokens": 1, "completion_tokens": count } });
        chunk(json!({ "content": text }), usage)
    });
    let call = json!([{ "index": 0, "id": "t", "function": { "name": "f", "arguments": "{}" } }]);
    let mut last = chunk(json!({ "content": "x" }), json!({}));
    last["choices"][0]["finish_reason"] = json!("stop");
    let rare = sample::select(vec![
        chunk(json!({ "tool_calls": call }), json!({})),
        last,
        json!({ "error": { "message": "no" } }),
    ]);
    runs(said, prop_oneof![4 => thought, 2 => both, 3 => other, 1 => rare])
}

fn messages_event() -> impl Strategy<Value = Vec<Value>> {
    let delta =
        |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let said = text().prop_map(move |text| delta(0, json!({ "type": "text_delta", "text": text })));
    let others = (text(), 0..4_usize).prop_map(move |(text, form)| match form {
        0 => delta(1, json!({ "type": "thinking_delta", "thinking": text })),
        1 => delta(1, json!({ "type": "input_json_delta", "partial_json": text })),
        2 => json!({ "type": "content_block_stop", "index": 0 }),
        _ => json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": text } }),
    });
    let rare = sample::select(vec![
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 3 } }),
        json!({ "type": "message_stop" }),
        json!({ "type": "message_start", "message": { "id": "m", "model": "m", "content": [] } }),
    ]);
    runs(said, prop_oneof![6 => others, 1 => rare])
}

fn gemini_event() -> impl Strategy<Value = Vec<Value>> {
    let chunk = |part: Value, count: u64, tier: bool| {
        let mut usage = json!({ "promptTokenCount": 3, "candidatesTokenCount": count });
        if tier {
            usage["serviceTier"] = json!("flex");
        }
        json!({ "candidates": [{ "content": { "parts": [part], "role": "model" }, "index": 0 }],
            "usageMetadata": usage, "modelVersion": "m", "responseId": "r" })
    };
    let said = (text(), 0..4_u64, 0..9)
        .prop_map(move |(text, count, tier)| chunk(json!({ "text": text }), count, tier == 0));
    let others = (text(), 0..4_usize).prop_map(move |(text, form)| {
        let part = match form {
            0 => json!({ "text": text, "thought": true }),
            1 => json!({ "text": text, "thoughtSignature": "s" }),
            2 => json!({ "functionCall": { "name": "f", "args": {} } }),
            _ => json!({ "executableCode": { "code": text } }),
        };
        chunk(part, 5, false)
    });
    let mut last = chunk(json!({ "text": "x" }), 9, false);
    last["candidates"][0]["finishReason"] = json!("STOP");
    let mut cited = chunk(json!({ "text": "" }), 9, false);
    cited["candidates"][0]["groundingMetadata"] = json!({ "webSearchQueries": ["q"],
        "groundingChunks": [{ "web": { "uri": "https://a.test", "title": "a" } }],
        "groundingSupports": [{ "segment": { "startIndex": 4, "endIndex": 400 }, "groundingChunkIndices": [0] }] });
    let rare = sample::select(vec![last, cited, json!({ "error": { "code": 500, "message": "no" } })]);
    runs(said, prop_oneof![6 => others, 2 => rare])
}

/// One event, or several of one kind in a row.
fn runs(
    said: impl Strategy<Value = Value>,
    other: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Vec<Value>> {
    let one = other.prop_map(|event| vec![event]);
    prop_oneof![3 => proptest::collection::vec(said, 1..12), 2 => one]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_read_in_full_is_told_as_if_it_were(
        (wire, events) in prop_oneof![
            (Just(Wire::Chat), proptest::collection::vec(chat_event(), 1..8)),
            (Just(Wire::Messages), proptest::collection::vec(messages_event(), 1..8)),
            (Just(Wire::Gemini), proptest::collection::vec(gemini_event(), 1..8)),
        ],
    ) {
        let events: Vec<String> = events.iter().flatten().map(Value::to_string).collect();
        let (all, none) = (told(wire, &events, false).0, told(wire, &events, true));
        prop_assert_eq!(none.1, 0, "every event was read in full");
        prop_assert_eq!(all, none.0);
    }
}

#[test]
fn most_of_a_plain_stream_is_not_read_in_full() {
    let chat = |i: usize| json!({ "id": "c", "choices": [{ "delta": { "content": format!("w{i}") } }], "obfuscation": "x".repeat(i) });
    let messages = |i: usize| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": format!("w{i}") } });
    let gemini = |i: usize| {
        json!({ "candidates": [{ "content": { "parts": [{ "text": format!("w{i}") }] } }],
        "usageMetadata": { "candidatesTokenCount": i }, "modelVersion": "m" })
    };
    let streams: [(Wire, &dyn Fn(usize) -> Value); 3] =
        [(Wire::Chat, &chat), (Wire::Messages, &messages), (Wire::Gemini, &gemini)];
    for (wire, event) in streams {
        let events: Vec<String> = (0..64).map(|i| event(i).to_string()).collect();
        // The first one begins the part as well, and it takes two to know what they have in common.
        assert_eq!(told(wire, &events, false).1, 61, "{wire:?}");
    }
}
