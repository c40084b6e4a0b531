//! Gemini's answers, told to callers of every front.

use serde_json::Value;
use tollbridge_core::protocol::{Front, Wire, chat, gemini, messages};

use crate::{
    META,
    answers::{answered, body_of, sequence},
    events,
    readers::{AnthropicReader, ChatReader, GeminiReader, Reading},
    recordings, retell,
    table::Told,
};

/// Ids that were made up are as good as none.
fn without_made_ids(mut reading: Reading) -> Reading {
    for (id, ..) in reading.calls.iter_mut().filter(|(id, ..)| id.starts_with("call_seed_")) {
        id.clear();
    }
    reading
}

/// What the Messages protocol cannot say, or says in another way.
fn in_messages(reading: Reading) -> Reading {
    let mut reading = without_made_ids(reading);
    reading.opaque.clear();
    reading.call_state.clear();
    reading.blocks.clear();
    reading.logprobs.clear();
    // A citation is of its whole block, and what it cites is the source's words.
    reading.web.iter_mut().for_each(|(_, _, words)| words.clear());
    reading.documents.iter_mut().for_each(|document| *document = Value::Null);
    // Token counts that nobody said are zero in this protocol.
    reading.usage = reading.usage.map(|count| Some(count.unwrap_or(0)));
    reading
}

pub(crate) fn gemini_in_chat(records: &[Value]) -> Told {
    let mut told = Told::default();
    for (i, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let expected = GeminiReader::read(&events(body), 0);
            let retold = retell(Wire::Gemini, Front::Chat, body, i % 17 + 1);
            told.streamed.readings(id, &expected, &without_made_ids(ChatReader::stream(&retold)));
            for size in [1, body.len()] {
                let again = retell(Wire::Gemini, Front::Chat, body, size);
                assert_eq!(retold, again, "{id}: any split is the same");
            }
        } else {
            let original: Value = serde_json::from_str(body).expect("JSON");
            let answer = match gemini::decode_response(body.as_bytes(), "seed") {
                Ok(answer) => answer,
                Err(error) => {
                    assert!(is_silent(&original), "{id}: {error}");
                    continue;
                }
            };
            let mut retold: Value =
                serde_json::from_slice(&chat::encode_response(&answer, &META)).expect("JSON");
            for number in 0..retold["choices"].as_array().expect("choices").len() {
                retold["choices"][0] = retold["choices"][number].clone();
                let expected = GeminiReader::read(std::slice::from_ref(&original), number as u64);
                told.whole.readings(id, &expected, &without_made_ids(ChatReader::whole(&retold)));
            }
        }
    }
    told
}

/// Whether there is neither an answer nor a reason for its absence: that is an error.
fn is_silent(answer: &Value) -> bool {
    let candidates = answer["candidates"].as_array().map_or(0, Vec::len);
    candidates == 0 && answer["promptFeedback"]["blockReason"].is_null()
}

pub(crate) fn gemini_in_messages(records: &[Value]) -> Told {
    let mut told = Told::default();
    for (i, record) in answered(records) {
        let (id, body) = (&record["id"], body_of(record));
        if record["stream"] == true {
            let expected = GeminiReader::read(&events(body), 0);
            let retold = sequence(&retell(Wire::Gemini, Front::Messages, body, i % 17 + 1));
            let found = AnthropicReader::stream(&retold);
            told.streamed.readings(id, &in_messages(expected), &in_messages(found));
        } else {
            let original: Value = serde_json::from_str(body).expect("JSON");
            let Ok(answer) = gemini::decode_response(body.as_bytes(), "seed") else {
                assert!(is_silent(&original), "{id}");
                continue;
            };
            let retold: Value =
                serde_json::from_slice(&messages::encode_response(&answer, &META)).expect("JSON");
            let expected = GeminiReader::read(&[original], 0);
            told.whole.readings(id, &in_messages(expected), &in_messages(AnthropicReader::whole(&retold)));
        }
    }
    told
}

/// What came of a stream that was cut at any byte is told as far as it goes, and then either the end
/// had been reached or an error follows.
#[test]
fn gemini_streams_may_be_cut_anywhere() {
    let Some(records) = recordings("gemini-generate") else { return };
    let short = |record: &&Value| {
        record["stream"] == true && record["response"]["body"].as_str().is_some_and(|body| body.len() < 3_000)
    };
    let streams: Vec<&Value> = records.iter().filter(short).take(6).collect();
    assert!(!streams.is_empty());
    for record in streams {
        let body = record["response"]["body"].as_str().expect("text");
        let all = ChatReader::stream(&retell(Wire::Gemini, Front::Chat, body, body.len()));
        for cut in (0..body.len()).filter(|cut| body.is_char_boundary(*cut)) {
            let part = &body[..cut];
            let told = ChatReader::stream(&retell(Wire::Gemini, Front::Chat, part, part.len().max(1)));
            assert!(all.text.starts_with(&told.text), "{}: {cut}", record["id"]);
            assert!(told.error.is_some() || told.finish == all.finish, "{}: {cut}", record["id"]);
            sequence(&retell(Wire::Gemini, Front::Messages, part, part.len().max(1)));
        }
    }
}
