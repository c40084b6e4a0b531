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
};

#[test]
fn anthropic_answers_are_told_in_chat() {
    let Some(records) = recordings("anthropic-messages") else { return };
    let (mut whole, mut streamed, mut failed) = (Score::default(), Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status >= 400 {
            let said: Value = serde_json::from_str(body).expect("JSON");
            let error = messages::decode_error(http::StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let expected = json!([said["error"]["message"], said["error"]["type"], status]);
            let found = json!([error.message, error.upstream_type, error.status.as_u16()]);
            failed.compare(id, "error", &expected, &found);
        } else if record["stream"] == true {
            let expected = AnthropicReader::stream(&events(body));
            let mut found = ChatReader::stream(&retell(Wire::Messages, Front::Chat, body, i % 17 + 1));
            if matches!(expected.error.as_deref(), Some("cut" | "spliced")) && found.error.is_some() {
                found.error.clone_from(&expected.error);
                // Usage is told at the end of what succeeded.
                found.usage = expected.usage;
            }
            streamed.readings(id, &expected, &found);
            assert_eq!(
                retell(Wire::Messages, Front::Chat, body, 1),
                retell(Wire::Messages, Front::Chat, body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let expected = AnthropicReader::whole(&serde_json::from_str(body).expect("JSON"));
            let answer = messages::decode_response(body.as_bytes()).expect("an answer");
            let chat: Value = serde_json::from_slice(&chat::encode_response(&answer, &META)).expect("JSON");
            whole.readings(id, &expected, &ChatReader::whole(&chat));
        }
    }
    whole.report("anthropic whole");
    streamed.report("anthropic streamed");
    failed.report("anthropic errors");
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
    let (mut whole, mut streamed, mut failed) = (Score::default(), Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status >= 400 {
            let error = chat::decode_error(http::StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let said: Value = serde_json::from_str(body).expect("JSON");
            let places = [&said["error"]["message"], &said["error"], &said["message"], &said["detail"]];
            let expected = places.iter().find_map(|place| place.as_str()).expect("a message");
            failed.compare(id, "error", &(expected, status), &(&error.message, error.status.as_u16()));
        } else if record["stream"] == true {
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
    whole.report("chat whole");
    streamed.report("chat streamed");
    failed.report("chat errors");
}

#[test]
fn chat_answers_of_every_dialect_are_told_in_chat() {
    let Some(records) = recordings("openai-chat") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
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
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        if record["response"]["status"].as_u64() >= Some(400) {
            continue;
        }
        if record["stream"] == true {
            let chunks = events(body);
            if chunks.iter().any(|chunk| chunk["choices"][0]["index"].as_u64() > Some(0)) {
                continue;
            }
            let expected = DialectReader::read(&chunks);
            let mut found =
                retold(ChatReader::stream(&retell(Wire::Chat, Front::Chat, body, i % 17 + 1)), &expected);
            if expected.error.is_some() {
                (found.finish, found.usage) = (expected.finish.clone(), expected.usage);
            }
            streamed.readings(id, &expected, &found);
            assert_eq!(
                retell(Wire::Chat, Front::Chat, body, 1),
                retell(Wire::Chat, Front::Chat, body, body.len()),
                "{id}: any split is the same"
            );
        } else {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            match chat::decode_response(body.as_bytes(), "seed") {
                Ok(response) if response.choices.len() == 1 => {
                    let expected = DialectReader::read(&[answer]);
                    let chat: Value =
                        serde_json::from_slice(&chat::encode_response(&response, &META)).expect("JSON");
                    let found = retold(ChatReader::whole(&chat), &expected);
                    whole.readings(id, &expected, &found);
                }
                Ok(_) => {}
                Err(error) => assert!(!answer["error"].is_null(), "{id}: {error}"),
            }
        }
    }
    whole.report("chat retold whole");
    streamed.report("chat retold streamed");
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

#[test]
fn chat_answers_of_every_dialect_are_told_in_messages() {
    let Some(records) = recordings("openai-chat") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        if record["response"]["status"].as_u64() >= Some(400) {
            continue;
        }
        if record["stream"] == true {
            let chunks = events(body);
            if chunks.iter().any(|chunk| chunk["choices"][0]["index"].as_u64() > Some(0)) {
                continue;
            }
            let said = |chunk: &Value| chunk["choices"][0]["delta"]["refusal"].as_str().map(str::to_owned);
            let refusal: String = chunks.iter().filter_map(said).collect();
            let expected = DialectReader::read(&chunks);
            let told = sequence(&retell(Wire::Chat, Front::Messages, body, i % 17 + 1));
            let mut found = AnthropicReader::stream(&told);
            // Arguments that are cut stay as they came.
            for (_, _, arguments) in &mut found.calls {
                if let Some(text) = arguments.as_str() {
                    *arguments = json!({ "_invalid_json": text });
                }
            }
            if expected.error.is_some() {
                (found.finish, found.usage) = (expected.finish.clone(), expected.usage);
            }
            streamed.readings(id, &in_messages(expected, &refusal), &in_messages(found, ""));
        } else {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            match chat::decode_response(body.as_bytes(), "seed") {
                Ok(response) if response.choices.len() == 1 => {
                    let refusal =
                        answer["choices"][0]["message"]["refusal"].as_str().unwrap_or_default().to_owned();
                    let expected = DialectReader::read(&[answer]);
                    let told: Value =
                        serde_json::from_slice(&messages::encode_response(&response, &META)).expect("JSON");
                    let found = AnthropicReader::whole(&told);
                    whole.readings(id, &in_messages(expected, &refusal), &in_messages(found, ""));
                }
                Ok(_) => {}
                Err(error) => assert!(!answer["error"].is_null(), "{id}: {error}"),
            }
        }
    }
    whole.report("chat told in messages, whole");
    streamed.report("chat told in messages, streamed");
}

#[test]
fn anthropic_answers_stay_what_they_are() {
    let Some(records) = recordings("anthropic-messages") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
    let zeros = |mut reading: Reading| {
        reading.usage = reading.usage.map(|count| Some(count.unwrap_or(0)));
        reading
    };
    for record in records.iter().filter(|record| record["response"]["status"].as_u64() < Some(400)) {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        if record["stream"] == true {
            let events = events(body);
            let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
            if count("message_start") > 1 {
                continue;
            }
            let told = sequence(&retell(Wire::Messages, Front::Messages, body, 11));
            let (expected, found) = (AnthropicReader::stream(&events), AnthropicReader::stream(&told));
            streamed.readings(id, &zeros(expected), &zeros(found));
        } else {
            let answer = messages::decode_response(body.as_bytes()).expect("an answer");
            let told: Value =
                serde_json::from_slice(&messages::encode_response(&answer, &META)).expect("JSON");
            let original: Value = serde_json::from_str(body).expect("JSON");
            for member in ["id", "type", "role", "model", "stop_sequence"] {
                whole.compare(id, member, &original[member], &told[member]);
            }
            let (expected, found) = (AnthropicReader::whole(&original), AnthropicReader::whole(&told));
            whole.readings(id, &zeros(expected), &zeros(found));
        }
    }
    whole.report("anthropic again, whole");
    streamed.report("anthropic again, streamed");
}
