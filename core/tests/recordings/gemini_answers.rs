//! Gemini's answers, told to callers of every front.

use serde_json::{Value, json};
use tollbridge_core::protocol::{Front, Wire, chat, gemini, messages};

use crate::{
    META, Score,
    answers::sequence,
    events,
    readers::{AnthropicReader, ChatReader, GeminiReader, Reading},
    recordings, retell,
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

#[test]
fn gemini_answers_are_told_in_chat() {
    let Some(records) = recordings("gemini-generate") else { return };
    let (mut whole, mut streamed, mut failed) = (Score::default(), Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        let status = record["response"]["status"].as_u64().expect("a status") as u16;
        if status >= 400 {
            let said: Value = serde_json::from_str(body).expect("JSON");
            let error = gemini::decode_error(http::StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let expected = json!([said["error"]["message"], said["error"]["status"], status]);
            let found = json!([error.message, error.code, error.status.as_u16()]);
            failed.compare(id, "error", &expected, &found);
        } else if record["stream"] == true {
            let expected = GeminiReader::read(&events(body), 0);
            let told = retell(Wire::Gemini, Front::Chat, body, i % 17 + 1);
            streamed.readings(id, &expected, &without_made_ids(ChatReader::stream(&told)));
            for size in [1, body.len()] {
                assert_eq!(
                    told,
                    retell(Wire::Gemini, Front::Chat, body, size),
                    "{id}: any split is the same"
                );
            }
        } else {
            let original: Value = serde_json::from_str(body).expect("JSON");
            let answer = gemini::decode_response(body.as_bytes(), "seed").expect("an answer");
            let mut told: Value =
                serde_json::from_slice(&chat::encode_response(&answer, &META)).expect("JSON");
            for number in 0..told["choices"].as_array().expect("choices").len() {
                told["choices"][0] = told["choices"][number].clone();
                let expected = GeminiReader::read(std::slice::from_ref(&original), number as u64);
                whole.readings(id, &expected, &without_made_ids(ChatReader::whole(&told)));
            }
        }
    }
    whole.report("gemini told in chat, whole");
    streamed.report("gemini told in chat, streamed");
    failed.report("gemini errors");
}

#[test]
fn gemini_answers_are_told_in_messages() {
    let Some(records) = recordings("gemini-generate") else { return };
    let (mut whole, mut streamed) = (Score::default(), Score::default());
    for (i, record) in records.iter().enumerate() {
        let id = &record["id"];
        let body = record["response"]["body"].as_str().expect("text");
        if record["response"]["status"].as_u64() >= Some(400) {
            continue;
        }
        if record["stream"] == true {
            let expected = GeminiReader::read(&events(body), 0);
            let told = sequence(&retell(Wire::Gemini, Front::Messages, body, i % 17 + 1));
            streamed.readings(id, &in_messages(expected), &in_messages(AnthropicReader::stream(&told)));
        } else {
            let original: Value = serde_json::from_str(body).expect("JSON");
            let answer = gemini::decode_response(body.as_bytes(), "seed").expect("an answer");
            let told: Value =
                serde_json::from_slice(&messages::encode_response(&answer, &META)).expect("JSON");
            let expected = GeminiReader::read(&[original], 0);
            whole.readings(id, &in_messages(expected), &in_messages(AnthropicReader::whole(&told)));
        }
    }
    whole.report("gemini told in messages, whole");
    streamed.report("gemini told in messages, streamed");
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
