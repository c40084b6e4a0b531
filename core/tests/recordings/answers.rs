//! Answers, told to callers of every front.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    DecodeError, Front, Wire,
    chat::{self, observe::Observer},
    messages,
};

use crate::{
    META, Score, events, frames,
    readers::{AnthropicReader, ChatReader, DialectReader, Reading, chat_facts},
    recordings, retell,
    table::Told,
};

pub(crate) fn anthropic_in_chat(records: &[Value]) -> Told {
    let mut told = Told::default();
    for (i, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let expected = AnthropicReader::stream(&events(body));
            let mut found = ChatReader::stream(&retell(Wire::Messages, Front::Chat, body, i % 17 + 1));
            if matches!(expected.error.as_deref(), Some("cut" | "spliced")) && found.error.is_some() {
                found.error.clone_from(&expected.error);
                // Usage is told at the end of what succeeded.
                found.usage = expected.usage;
            }
            told.streamed.readings(id, &expected, &found);
            assert_eq!(
                retell(Wire::Messages, Front::Chat, body, 1),
                retell(Wire::Messages, Front::Chat, body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let expected = AnthropicReader::whole(&serde_json::from_str(body).expect("JSON"));
            let answer = messages::decode_response(body.as_bytes()).expect("an answer");
            let chat: Value = serde_json::from_slice(&chat::encode_response(&answer, &META)).expect("JSON");
            told.whole.readings(id, &expected, &ChatReader::whole(&chat));
        }
    }
    told
}

/// Those whose status is a success, with their numbers.
pub(crate) fn answered(records: &[Value]) -> impl Iterator<Item = (usize, &Value)> {
    records.iter().enumerate().filter(|(_, record)| record["response"]["status"].as_u64() < Some(400))
}

pub(crate) fn body_of(record: &Value) -> &str {
    record["response"]["body"].as_str().expect("text")
}

#[test]
fn an_error_with_a_success_status_is_an_error() {
    let body = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    match messages::decode_response(body) {
        Err(DecodeError::Answer(error)) => {
            assert_eq!((error.status.as_u16(), error.message.as_str()), (529, "Overloaded"))
        }
        other => panic!("{other:?}"),
    }
}

fn observed(observer: &Observer) -> Value {
    let usage = &observer.usage;
    json!({
        "id": observer.id,
        "model": observer.model,
        "finish": observer.finish.as_ref().and_then(|finish| finish.raw.as_deref()),
        "error": observer.error.as_ref().map(|error| error.message.as_str()),
        "usage": [usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning],
    })
}

#[test]
fn relayed_chat_answers_are_observed() {
    let Some(records) = recordings("openai-chat") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
    for (i, record) in answered(&records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let chunks = events(body);
            let mut observer = Observer::default();
            let mut bare = 0;
            frames(body, i % 17 + 1, |data| bare += usize::from(observer.push(data).usage_only));
            streamed.compare(id, "stream", &chat_facts(&chunks), &observed(&observer));
            let no_choice = |chunk: &&Value| chunk["choices"].as_array().is_some_and(Vec::is_empty);
            let expected = chunks.iter().filter(no_choice).filter(|c| c["usage"].is_object()).count();
            streamed.compare(id, "usage-only chunks", &expected, &bare);
            streamed.compare(
                id,
                "complete",
                &chunks.iter().all(|c| c["error"].is_null()),
                &observer.is_complete(),
            );
            let says_something = chunks.iter().any(|chunk| {
                ["content", "reasoning_content", "reasoning"].iter().any(|member| {
                    chunk["choices"][0]["delta"][*member].as_str().is_some_and(|text| !text.is_empty())
                })
            });
            assert!(observer.text_bytes > 0 || !says_something, "{id}: no text was counted");
        } else {
            let observer = chat::observe::observe_response(body.as_bytes());
            let answer: Value = serde_json::from_str(body).expect("JSON");
            whole.compare(id, "whole", &chat_facts(&[answer]), &observed(&observer));
        }
    }
    whole.report("chat observed, whole");
    streamed.report("chat observed, streamed");
}

pub(crate) fn chat_in_chat(records: &[Value]) -> Told {
    let mut told = Told::default();
    let retold = |mut reading: Reading, expected: &Reading| {
        // Ids that were missing are made up; details without a format have no place in chat.
        for (found, expected) in reading.calls.iter_mut().zip(&expected.calls) {
            if expected.0.is_empty() && !found.0.is_empty() {
                found.0.clear();
            }
        }
        reading.web.clear();
        reading
    };
    for (i, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let chunks = events(body);
            if several(&chunks) {
                continue;
            }
            let expected = DialectReader::read(&chunks);
            let mut found =
                retold(ChatReader::stream(&retell(Wire::Chat, Front::Chat, body, i % 17 + 1)), &expected);
            if expected.error.is_some() {
                (found.finish, found.usage) = (expected.finish.clone(), expected.usage);
            }
            told.streamed.readings(id, &expected, &found);
            assert_eq!(
                retell(Wire::Chat, Front::Chat, body, 1),
                retell(Wire::Chat, Front::Chat, body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            let response = match chat::decode_response(body.as_bytes(), "seed") {
                Ok(response) => response,
                Err(error) => {
                    assert!(!answer["error"].is_null(), "{id}: {error}");
                    continue;
                }
            };
            let chat: Value = serde_json::from_slice(&chat::encode_response(&response, &META)).expect("JSON");
            for number in 0..response.choices.len() {
                let answer = choice(&answer, number);
                let expected = DialectReader::read(std::slice::from_ref(&answer));
                let found = retold(ChatReader::whole(&choice(&chat, number)), &expected);
                told.whole.readings(id, &expected, &as_read(found, &answer));
            }
        }
    }
    told
}

/// Content that was no text is told as JSON text, whose members the reader does not keep in order.
fn as_read(mut found: Reading, answer: &Value) -> Reading {
    if answer["choices"][0]["message"]["content"].is_object() {
        found.text = serde_json::from_str::<Value>(&found.text).expect("JSON").to_string();
    }
    found
}

/// Whether several answers were asked for, which chunks tell in turns.
fn several(chunks: &[Value]) -> bool {
    chunks.iter().any(|chunk| chunk["choices"][0]["index"].as_u64() > Some(0))
}

/// The answer with one of its choices alone.
fn choice(answer: &Value, number: usize) -> Value {
    let mut answer = answer.clone();
    answer["choices"] = json!([answer["choices"][number]]);
    answer
}

/// Checks Anthropic's sequence of events to the letter.
pub(crate) fn sequence(text: &str) -> Vec<Value> {
    let mut said = Vec::new();
    let mut open: Option<u64> = None;
    let mut next = 0;
    for frame in text.split_terminator("\n\n") {
        let (name, data) = frame.split_once('\n').expect("two lines a frame");
        let event: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(name.strip_prefix("event: "), event["type"].as_str(), "the name says the type");
        let index = event["index"].as_u64();
        match event["type"].as_str().unwrap() {
            "message_start" => assert!(said.is_empty(), "the start comes first, once"),
            "content_block_start" => {
                assert_eq!((open, index), (None, Some(next)), "one block after another");
                open = index;
                next += 1;
            }
            "content_block_delta" => assert_eq!(index, open, "a delta of the open block"),
            "content_block_stop" => {
                assert_eq!(index, open, "the open block stops");
                open = None;
            }
            "message_delta" | "message_stop" => assert_eq!(open, None, "all blocks have stopped"),
            _ => {}
        }
        said.push(event);
    }
    let end = said.last().map(|event| event["type"].clone()).unwrap_or_default();
    assert!(end == "message_stop" || end == "error", "the end is said: {end}");
    said
}

/// What the Messages protocol cannot say, or says in another way.
fn in_messages(mut expected: Reading, refusal: &str) -> Reading {
    expected.text += refusal;
    if !refusal.is_empty() && expected.finish.as_deref() == Some("stop") {
        expected.finish = Some("content_filter".to_owned());
    }
    expected.web.clear();
    expected.documents.clear();
    expected.opaque.clear();
    expected.call_state.clear();
    expected.logprobs.clear();
    for (id, _, arguments) in &mut expected.calls {
        id.clear();
        match arguments.as_str() {
            Some("") => *arguments = json!({}),
            Some(text) => *arguments = json!({ "_invalid_json": text }),
            None if arguments.is_null() => *arguments = json!({}),
            None => {}
        }
    }
    // Token counts that nobody said are zero in this protocol.
    expected.usage = expected.usage.map(|count| Some(count.unwrap_or(0)));
    expected
}

pub(crate) fn chat_in_messages(records: &[Value]) -> Told {
    let mut told = Told::default();
    for (i, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let chunks = events(body);
            if several(&chunks) {
                continue;
            }
            let said = |chunk: &Value| chunk["choices"][0]["delta"]["refusal"].as_str().map(str::to_owned);
            let refusal: String = chunks.iter().filter_map(said).collect();
            let expected = DialectReader::read(&chunks);
            let retold = sequence(&retell(Wire::Chat, Front::Messages, body, i % 17 + 1));
            let mut found = AnthropicReader::stream(&retold);
            // Arguments that are cut stay as they came.
            for (_, _, arguments) in &mut found.calls {
                if let Some(text) = arguments.as_str() {
                    *arguments = json!({ "_invalid_json": text });
                }
            }
            if expected.error.is_some() {
                (found.finish, found.usage) = (expected.finish.clone(), expected.usage);
            }
            told.streamed.readings(id, &in_messages(expected, &refusal), &in_messages(found, ""));
        } else {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            match chat::decode_response(body.as_bytes(), "seed") {
                Ok(response) => {
                    // One choice is all that the protocol has.
                    let answer = choice(&answer, 0);
                    let message = &answer["choices"][0]["message"];
                    let refusal = message["refusal"].as_str().unwrap_or_default().to_owned();
                    let expected = DialectReader::read(std::slice::from_ref(&answer));
                    let retold: Value =
                        serde_json::from_slice(&messages::encode_response(&response, &META)).expect("JSON");
                    let found = as_read(AnthropicReader::whole(&retold), &answer);
                    told.whole.readings(id, &in_messages(expected, &refusal), &in_messages(found, ""));
                }
                Err(error) => assert!(!answer["error"].is_null(), "{id}: {error}"),
            }
        }
    }
    told
}

pub(crate) fn anthropic_in_messages(records: &[Value]) -> Told {
    let mut told = Told::default();
    let zeros = |mut reading: Reading| {
        reading.usage = reading.usage.map(|count| Some(count.unwrap_or(0)));
        reading
    };
    for (_, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let events = events(body);
            if events.iter().filter(|event| event["type"] == "message_start").count() > 1 {
                continue;
            }
            let retold = sequence(&retell(Wire::Messages, Front::Messages, body, 11));
            let (expected, found) = (AnthropicReader::stream(&events), AnthropicReader::stream(&retold));
            told.streamed.readings(id, &zeros(expected), &zeros(found));
        } else {
            let answer = messages::decode_response(body.as_bytes()).expect("an answer");
            let retold: Value =
                serde_json::from_slice(&messages::encode_response(&answer, &META)).expect("JSON");
            let original: Value = serde_json::from_str(body).expect("JSON");
            for member in ["type", "role", "stop_reason", "stop_sequence"] {
                assert_eq!(original[member], retold[member], "{id}: {member}");
            }
            let (expected, found) = (AnthropicReader::whole(&original), AnthropicReader::whole(&retold));
            told.whole.readings(id, &zeros(expected), &zeros(found));
        }
    }
    told
}
