//! Laws that streams keep whatever an upstream says, and in whatever pieces.

use bytes::{Bytes, BytesMut};
use proptest::{prelude::*, sample};
use serde_json::{Value, json};
use tollbridge_core::{
    conversation::Event,
    frame::sse::{SseEvent, SseFramer},
    protocol::{
        chat::{self, AnswerMeta, StreamEncoder, observe::Observer},
        gemini,
        messages::{self, StreamDecoder},
    },
};

/// What Anthropic's decoder says.
fn decode(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut decoder = StreamDecoder::new();
    check(bytes, cuts, |data, sink| match data {
        Some(data) => decoder.push(data, &mut |event| sink(event)),
        None => decoder.finish(&mut |event| sink(event)),
    })
}

/// What chat's decoder says.
fn decode_chat(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut decoder = chat::StreamDecoder::new("seed");
    check(bytes, cuts, |data, sink| match data {
        Some(data) => decoder.push(data, &mut |event| sink(event)),
        None => decoder.finish(&mut |event| sink(event)),
    })
}

/// What Gemini's decoder says.
fn decode_gemini(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut decoder = gemini::StreamDecoder::new("seed");
    check(bytes, cuts, |data, sink| match data {
        Some(data) => decoder.push(data, &mut |event| sink(event)),
        None => decoder.finish(&mut |event| sink(event)),
    })
}

/// Feeds a decoder with data, and with nothing at the end. Gives what it says, as text, with the laws
/// checked on the way.
fn check(
    bytes: &[u8],
    cuts: &[usize],
    mut decoder: impl FnMut(Option<&[u8]>, &mut dyn FnMut(Event<'_>)),
) -> Vec<String> {
    let mut events = Vec::new();
    let (mut open, mut next, mut started, mut ended) = (Vec::new(), 0, false, false);
    let mut sink = |event: Event<'_>| {
        match &event {
            Event::Start { .. } => (started, ended) = (true, false),
            Event::Error(_) => {
                assert!(open.is_empty(), "parts close before an error: {event:?}");
                assert!(!ended, "one end");
                ended = true;
            }
            // Each choice has a finish of its own.
            Event::Finish { .. } if ended => {}
            _ => assert!(started && !ended, "between start and end: {event:?}"),
        }
        match &event {
            Event::PartStart { part, .. } => {
                assert_eq!(*part, next, "parts are numbered in order");
                next += 1;
                open.push(*part);
            }
            Event::Delta { part, .. } => assert!(open.contains(part), "a delta of an open part: {event:?}"),
            Event::PartEnd { part } => {
                let place = open.iter().position(|open| open == part).expect("a part closes once");
                open.remove(place);
            }
            Event::Finish { .. } => {
                assert!(open.is_empty(), "parts close before the finish");
                ended = true;
            }
            _ => {}
        }
        events.push(format!("{event:?}"));
    };
    frames(bytes, cuts, |data| decoder(Some(data), &mut sink));
    decoder(None, &mut sink);
    assert!(ended, "a finish or an error always comes");
    assert!(open.is_empty(), "every part closes");
    events
}

fn frames(bytes: &[u8], cuts: &[usize], mut take: impl FnMut(&[u8])) {
    let mut framer = SseFramer::default();
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]) {
        framer.push(Bytes::copy_from_slice(&bytes[from..to]));
        from = to;
        while let Some(Ok(event)) = framer.next() {
            if let Some(data) = SseEvent::read(&event).data {
                take(&data);
            }
        }
    }
    if let Some(rest) = framer.finish()
        && rest.whole_lines
        && let Some(data) = SseEvent::read(&rest.raw).data
    {
        take(&data);
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut decoder = StreamDecoder::new();
    let mut encoder =
        StreamEncoder::new(&AnswerMeta { id: "i", created: 1, model: "m", functions: false }, true);
    let mut out = BytesMut::new();
    let mut sink = |event: Event<'_>| encoder.event(&event, &mut out);
    frames(bytes, &[], |data| decoder.push(data, &mut sink));
    decoder.finish(&mut sink);
    encoder.finish(&mut out);
    String::from_utf8(out.to_vec()).expect("UTF-8")
}

fn block() -> impl Strategy<Value = Value> {
    let text = sample::select(vec!["", "Hi", "\u{1f600}\n\"\\", "日本"]);
    prop_oneof![
        text.clone().prop_map(|text| json!({ "type": "text", "text": text })),
        text.clone().prop_map(|text| json!({ "type": "thinking", "thinking": text, "signature": text })),
        text.prop_map(|data| json!({ "type": "redacted_thinking", "data": data })),
        Just(json!({ "type": "tool_use", "id": "t", "name": "f", "input": {} })),
        Just(json!({ "type": "tool_use", "id": "t", "name": "f", "input": { "a": 1 } })),
        Just(json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} })),
        Just(json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": [] })),
        Just(json!({ "type": "from_the_future", "x": [1, "\n"] })),
        Just(json!({})),
    ]
}

fn delta() -> impl Strategy<Value = Value> {
    let text = sample::select(vec!["", "Hi", "\u{1f600}\n\"\\", "{\"a\":", "1}"]);
    prop_oneof![
        text.clone().prop_map(|text| json!({ "type": "text_delta", "text": text })),
        text.clone().prop_map(|text| json!({ "type": "thinking_delta", "thinking": text })),
        text.clone().prop_map(|text| json!({ "type": "input_json_delta", "partial_json": text })),
        text.prop_map(|text| json!({ "type": "signature_delta", "signature": text })),
        Just(
            json!({ "type": "citations_delta", "citation": { "url": "u", "title": null, "cited_text": "c" } })
        ),
        Just(json!({ "type": "citations_delta", "citation": { "document_index": 0 } })),
        Just(json!({ "type": "from_the_future" })),
    ]
}

/// Any event, in any order: what servers are known to send, and what they might.
fn event() -> impl Strategy<Value = Value> {
    let usage = sample::select(vec![
        json!(null),
        json!({ "input_tokens": 3 }),
        json!({ "output_tokens": 5 }),
        json!({}),
    ]);
    let reason = sample::select(vec![json!(null), json!("end_turn"), json!("tool_use"), json!("odd")]);
    prop_oneof![
        2 => ("[ab]", usage.clone(), proptest::collection::vec(block(), 0..2)).prop_map(|(id, usage, content)| {
            json!({ "type": "message_start", "message": { "id": id, "model": "m", "usage": usage, "content": content } })
        }),
        6 => (0u8..3, block()).prop_map(|(index, block)| {
            json!({ "type": "content_block_start", "index": index, "content_block": block })
        }),
        10 => (0u8..3, delta()).prop_map(|(index, delta)| {
            json!({ "type": "content_block_delta", "index": index, "delta": delta })
        }),
        5 => (0u8..3).prop_map(|index| json!({ "type": "content_block_stop", "index": index })),
        2 => (reason, usage).prop_map(|(reason, usage)| {
            json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": usage })
        }),
        1 => Just(json!({ "type": "message_stop" })),
        1 => Just(json!({ "type": "ping" })),
        1 => Just(json!({ "type": "from_the_future", "index": 7 })),
        1 => Just(json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } })),
    ]
}

/// Chunks of chat in every dialect, in any order.
fn chunk() -> impl Strategy<Value = String> {
    let text = sample::select(vec!["", "Hi", "\u{1f600}\n\"\\"]);
    let call = (
        sample::select(vec![json!(null), json!(0), json!(1)]),
        sample::select(vec![json!(null), json!(""), json!("a"), json!("b")]),
        sample::select(vec![json!(null), json!("f")]),
        sample::select(vec!["", "{}", "{\"a\":", "1}"]),
    );
    let call = call.prop_map(|(index, id, name, arguments)| {
        json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
    });
    let delta = prop_oneof![
        text.clone().prop_map(|text| json!({ "role": "assistant", "content": text })),
        text.clone().prop_map(|text| json!({ "reasoning_content": text, "content": null })),
        text.clone()
            .prop_map(|text| json!({ "reasoning_details": [{ "type": "reasoning.text", "text": text }] })),
        Just(json!({ "reasoning_details": [{ "type": "reasoning.encrypted", "data": "d", "format": "x" }] })),
        text.prop_map(|text| json!({ "refusal": text })),
        proptest::collection::vec(call, 0..3).prop_map(|calls| json!({ "tool_calls": calls })),
        Just(json!({ "annotations": [{ "type": "url_citation", "url_citation": { "url": "u" } }] })),
        Just(json!({})),
    ];
    let reason = sample::select(vec![
        json!(null),
        json!(null),
        json!(null),
        json!(""),
        json!("stop"),
        json!("tool_calls"),
    ]);
    prop_oneof![
        12 => (delta, reason, 0u8..2).prop_map(|(delta, reason, index)| {
            json!({ "id": "i", "choices": [{ "index": index, "delta": delta, "finish_reason": reason }] }).to_string()
        }),
        1 => Just(json!({ "id": "", "choices": [] }).to_string()),
        2 => Just(json!({ "id": "i", "choices": [], "usage": { "prompt_tokens": 1, "completion_tokens": 2 } }).to_string()),
        1 => Just(json!({ "error": { "message": "m" } }).to_string()),
        1 => Just("[DONE]".to_owned()),
    ]
}

fn chat_stream() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(chunk(), 0..16).prop_map(|chunks| {
        chunks.iter().map(|data| format!("data: {data}\n\n")).collect::<String>().into_bytes()
    })
}

/// Chunks of Gemini's, documented and not, in any order.
fn gemini_chunk() -> impl Strategy<Value = String> {
    let text = sample::select(vec!["", "Hi", "\u{1f600}\n\"\\", "日本"]);
    let partial = (sample::select(vec!["$.a", "$.b[0].c", "$['d e']", "$"]), any::<bool>())
        .prop_map(|(path, more)| json!({ "jsonPath": path, "stringValue": "x", "willContinue": more }));
    let call = (
        sample::select(vec![json!(null), json!("f"), json!("g")]),
        sample::select(vec![json!(null), json!("id"), json!("other")]),
        sample::select(vec![json!(null), json!({}), json!({ "a": [1] })]),
        prop::collection::vec(partial, 0..2),
        any::<bool>(),
    );
    let call = call.prop_map(|(name, id, args, partial, more)| {
        json!({ "name": name, "id": id, "args": args, "partialArgs": partial, "willContinue": more })
    });
    let part = prop_oneof![
        4 => text.clone().prop_map(|text| json!({ "text": text })),
        2 => text.clone().prop_map(|text| json!({ "text": text, "thought": true })),
        2 => text.prop_map(|text| json!({ "text": text, "thoughtSignature": "s" })),
        4 => call.clone().prop_map(|call| json!({ "functionCall": call })),
        1 => call.prop_map(|call| json!({ "functionCall": call, "thoughtSignature": "s" })),
        1 => Just(json!({ "executableCode": { "code": "1" }, "thoughtSignature": "s" })),
        1 => Just(json!({ "inlineData": { "mimeType": "image/png", "data": "AA" } })),
        1 => Just(json!({ "fromTheFuture": [1, "\n"] })),
        1 => Just(json!({})),
    ];
    let none = || json!(null);
    let reason = sample::select(vec![none(), none(), none(), json!("STOP"), json!("SAFETY"), json!("ODD")]);
    let grounding = json!({
        "groundingChunks": [{ "web": { "uri": "u" } }, { "retrievedContext": { "text": "t" } }],
        "groundingSupports": [{ "segment": { "endIndex": 3 }, "groundingChunkIndices": [0] }],
    });
    let grounding = sample::select(vec![none(), none(), none(), grounding]);
    let candidate = (0u8..2, prop::collection::vec(part, 0..3), reason, grounding);
    let candidate = candidate.prop_map(|(index, parts, reason, grounding)| {
        json!({ "index": index, "content": { "parts": parts }, "finishReason": reason, "groundingMetadata": grounding })
    });
    let usage = sample::select(vec![none(), json!({ "promptTokenCount": 3 }), json!({ "trafficType": "T" })]);
    prop_oneof![
        16 => (sample::select(vec!["1", "1", "1", "2"]), prop::collection::vec(candidate, 0..2), usage).prop_map(
            |(id, candidates, usage)| {
                json!({ "responseId": id, "candidates": candidates, "usageMetadata": usage }).to_string()
            }
        ),
        1 => Just(json!({ "promptFeedback": { "blockReason": "SAFETY" } }).to_string()),
        1 => Just(json!({ "error": { "message": "m" } }).to_string()),
        1 => Just("[]".to_owned()),
    ]
}

fn gemini_stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(gemini_chunk(), 0..12).prop_map(|chunks| {
        chunks.iter().map(|data| format!("data: {data}\r\n\r\n")).collect::<String>().into_bytes()
    })
}

/// Anthropic's sequence of events, checked to the letter.
fn check_sequence(text: &str) {
    let (mut open, mut next, mut started, mut ended) = (None, 0, false, false);
    for frame in text.split_terminator("\n\n") {
        let (name, data) = frame.split_once('\n').expect("two lines a frame");
        let event: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(name.strip_prefix("event: "), event["type"].as_str());
        assert!(!ended, "nothing follows the end");
        let index = event["index"].as_u64();
        match event["type"].as_str().unwrap() {
            "error" => ended = true,
            "message_start" => {
                assert!(!started);
                started = true;
            }
            "content_block_start" => {
                assert!(started && open.is_none() && index == Some(next), "one block after another");
                open = index;
                next += 1;
            }
            "content_block_delta" => assert!(index.is_some() && index == open),
            "content_block_stop" => {
                assert!(index.is_some() && index == open);
                open = None;
            }
            "message_delta" => assert!(started && open.is_none()),
            "message_stop" => ended = true,
            other => panic!("{other}"),
        }
    }
    assert!(ended, "the end is said");
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(event(), 0..24).prop_map(|events| {
        let mut bytes = Vec::new();
        for event in events {
            let name = event["type"].as_str().unwrap_or_default();
            bytes.extend_from_slice(format!("event: {name}\ndata: {event}\n\n").as_bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_the_bytes_gives_the_same_events(
        bytes in stream(),
        cuts in proptest::collection::vec(any::<sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(decode(&bytes, &[]), decode(&bytes, &cuts));
    }

    #[test]
    fn chat_keeps_the_laws_too(
        bytes in chat_stream(),
        cuts in proptest::collection::vec(any::<sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(decode_chat(&bytes, &[]), decode_chat(&bytes, &cuts));
    }

    #[test]
    fn gemini_keeps_the_laws_too(
        bytes in gemini_stream(),
        cuts in proptest::collection::vec(any::<sample::Index>(), 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(decode_gemini(&bytes, &[]), decode_gemini(&bytes, &cuts));
    }

    #[test]
    fn messages_of_gemini_are_told_in_the_right_sequence(bytes in gemini_stream()) {
        let mut decoder = gemini::StreamDecoder::new("seed");
        let mut encoder = messages::StreamEncoder::new(&AnswerMeta { id: "i", created: 1, model: "m", functions: false });
        let mut out = BytesMut::new();
        let mut sink = |event: Event<'_>| encoder.event(&event, &mut out);
        frames(&bytes, &[], |data| decoder.push(data, &mut sink));
        decoder.finish(&mut sink);
        encoder.finish(&mut out);
        check_sequence(std::str::from_utf8(&out).expect("UTF-8"));
    }

    #[test]
    fn messages_are_told_in_the_right_sequence(bytes in chat_stream()) {
        let mut decoder = chat::StreamDecoder::new("seed");
        let mut encoder = messages::StreamEncoder::new(&AnswerMeta { id: "i", created: 1, model: "m", functions: false });
        let mut out = BytesMut::new();
        let mut sink = |event: Event<'_>| encoder.event(&event, &mut out);
        frames(&bytes, &[], |data| decoder.push(data, &mut sink));
        decoder.finish(&mut sink);
        encoder.finish(&mut out);
        check_sequence(std::str::from_utf8(&out).expect("UTF-8"));
    }

    #[test]
    fn a_cut_stream_ends_with_an_error_or_was_complete(bytes in stream(), cut in any::<sample::Index>()) {
        let cut = cut.index(bytes.len() + 1);
        decode(&bytes[..cut], &[]);
    }

    #[test]
    fn chat_says_the_role_first_and_done_only_after_success(bytes in stream()) {
        let said = encode(&bytes);
        let mut frames: Vec<&str> = said.split("\n\n").collect();
        prop_assert_eq!(frames.pop(), Some(""));
        let mut finished = false;
        let mut failed = false;
        let mut role = false;
        for (i, frame) in frames.iter().enumerate() {
            let data = frame.strip_prefix("data: ").expect("data");
            prop_assert!(!failed, "nothing follows an error");
            if data == "[DONE]" {
                prop_assert!(finished && i + 1 == frames.len());
                continue;
            }
            let chunk: Value = serde_json::from_str(data).expect("JSON on one line");
            if chunk["error"].is_object() {
                failed = true;
                continue;
            }
            if let Some(choice) = chunk["choices"].get(0) {
                prop_assert!(role || choice["delta"]["role"] == "assistant");
                role = true;
                finished |= choice["finish_reason"].is_string();
            }
        }
        prop_assert_eq!(frames.last() == Some(&"data: [DONE]"), !failed);
    }

    #[test]
    fn a_chunk_is_observed_the_same_whatever_came_before_it(chunks in prop::collection::vec(chunk(), 1..6)) {
        let mut observer = Observer::default();
        for chunk in chunks.iter().flat_map(|chunk| [chunk, chunk]) {
            let (mut after, mut alone) = (String::new(), String::new());
            let seen = observer.push_with(chunk.as_bytes(), &mut |text| after.push_str(text));
            let fresh = Observer::default().push_with(chunk.as_bytes(), &mut |text| alone.push_str(text));
            prop_assert_eq!(after, alone);
            prop_assert_eq!(
                (seen.content, seen.usage_only, seen.failed),
                (fresh.content, fresh.usage_only, fresh.failed)
            );
        }
    }

    #[test]
    fn arbitrary_bytes_panic_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
        decode(&bytes, &[]);
        decode_gemini(&bytes, &[]);
    }

    #[test]
    fn bytes_like_json_panic_nothing(text in "[\\[\\]{}:,\"\\\\ untrflas0-9eE.\\-]{0,60}") {
        read_everything(text.as_bytes());
        let data = format!("data: {text}\n\n");
        decode(data.as_bytes(), &[]);
        decode_gemini(data.as_bytes(), &[]);
    }
}

fn read_everything(bytes: &[u8]) {
    let status = http::StatusCode::BAD_REQUEST;
    drop(chat::decode_request(bytes));
    drop(chat::decode_error(status, bytes));
    drop(chat::observe::observe_response(bytes));
    _ = Observer::default().push(bytes);
    drop(messages::decode_error(status, bytes));
    drop(messages::decode_response(bytes));
    drop(messages::decode_request(bytes));
    drop(chat::decode_response(bytes, "seed"));
    drop(gemini::decode_response(bytes, "seed"));
    drop(gemini::decode_error(status, bytes));
}

#[test]
fn a_stream_without_its_end_is_reported_as_cut() {
    let start = r#"data: {"type":"message_start","message":{"id":"a","model":"m","content":[]}}"#;
    let text =
        r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#;
    let reason = r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
    let cut = encode(format!("{start}\n\n{text}\n\n").as_bytes());
    assert!(
        cut.contains("\"content\":\"Hi\"") && cut.contains("\"error\"") && !cut.contains("[DONE]"),
        "{cut}"
    );
    // With its reason it has said all, though the last event is missing.
    let whole = encode(format!("{start}\n\n{text}\n\n{reason}\n\n").as_bytes());
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
    assert!(encode(b"").contains("\"error\""), "an empty stream is an error");
}

#[test]
fn half_a_surrogate_pair_costs_one_letter_and_not_the_event() {
    let delta = |text: &str| {
        format!(
            r#"data: {{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
        )
    };
    let start = r#"data: {"type":"message_start","message":{"id":"a","model":"m","content":[]}}"#;
    let said = encode(
        format!("{start}\n\n{}\n\n{}\n\n", delta(r"a\ud83d"), delta(r"\\ud83d \ud83d\ude00")).as_bytes(),
    );
    assert!(said.contains("\"a\u{fffd}\""), "{said}");
    assert!(said.contains("\"\\\\ud83d \u{1f600}\""), "{said}");
}

#[test]
fn an_answer_is_not_lost_for_a_member_of_the_wrong_type() {
    let body = json!({
        "id": 7, "created": "1700000000", "model": ["m"], "service_tier": {},
        "choices": [{ "index": "0", "finish_reason": "tool_calls", "message": {
            "content": "Hi", "refusal": false, "reasoning_content": {},
            "tool_calls": [{ "id": 12, "function": { "name": "f", "arguments": { "a": 1 } } }],
        } }],
        "usage": { "prompt_tokens": "3", "completion_tokens": 2.0, "prompt_tokens_details": { "cached_tokens": -1 } },
    });
    let body = body.to_string();
    let answer = chat::decode_response(body.as_bytes(), "seed").expect("an answer");
    let told =
        chat::encode_response(&answer, &AnswerMeta { id: "i", created: 1, model: "meta", functions: false });
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(
        (&told["id"], &told["created"], &told["model"]),
        (&json!("7"), &json!(1_700_000_000), &json!("meta"))
    );
    let message = &told["choices"][0]["message"];
    assert_eq!(message["content"], "Hi");
    assert_eq!(
        message["tool_calls"],
        json!([{ "id": "12", "type": "function", "function": { "name": "f", "arguments": "{\"a\":1}" } }])
    );
    assert_eq!(told["usage"], json!({ "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 }));
    let observer = chat::observe::observe_response(body.as_bytes());
    assert_eq!((observer.usage.input, observer.usage.output), (Some(3), Some(2)));
    assert_eq!(observer.id.as_deref(), Some("7"));
}
