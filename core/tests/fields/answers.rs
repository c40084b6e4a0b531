//! Each field of each wire's answers, at the fronts that are not the wire's own.

use serde_json::{Value, json};
use tollbridge_core::protocol::{
    Front, Wire,
    chat::AnswerMeta,
    fields::{Fate, Spotter, answer_fields},
};

use crate::{Sample, chat_answers, gemini_answers, messages_answers};

const FRONTS: [Front; 2] = [Front::Chat, Front::Messages];
const WIRES: [Wire; 3] = [Wire::Chat, Wire::Messages, Wire::Gemini];
const META: AnswerMeta<'_> = AnswerMeta { id: "made", created: 1, model: "asked", functions: false };

fn samples(wire: Wire) -> Vec<Sample> {
    match wire {
        Wire::Chat => chat_answers::all(),
        Wire::Messages => messages_answers::all(),
        Wire::Gemini => gemini_answers::all(),
    }
}

/// What the caller gets of an answer, and what of it was found lost.
fn pass(wire: Wire, front: Front, answer: &Value) -> (Value, Vec<&'static str>) {
    let body = serde_json::to_vec(answer).unwrap();
    let told = wire.read_response(&body, "seed", |response| front.encode_response(response, &META));
    let told = told.unwrap_or_else(|error| panic!("{error}: {answer}"));
    let mut lost = Vec::new();
    Spotter::new(wire, front).whole(&body, &mut lost);
    (serde_json::from_slice(&told).unwrap(), lost)
}

/// What is wrong with what the table says of a field, if anything.
fn try_out(wire: Wire, front: Front, sample: &Sample, fate: Fate) -> Result<(), String> {
    let (told, lost) = pass(wire, front, &sample.with);
    let is_named = lost.contains(&sample.field);
    let without = sample.without.as_ref().map(|without| pass(wire, front, without));
    if without.as_ref().is_some_and(|(_, lost)| lost.contains(&sample.field)) {
        return Err("it is named where it says nothing".to_owned());
    }
    match (fate, is_named, without.map(|(other, _)| other != told)) {
        (Fate::Dropped, false, _) => Err(format!("it is lost and not named: {lost:?}, {told}")),
        (Fate::Dropped, true, Some(true)) => Err(format!("it makes a difference: {told}")),
        (Fate::Carried | Fate::Mapped, true, _) => Err(format!("it is named as lost: {told}")),
        (Fate::Carried | Fate::Mapped, false, Some(false)) => Err(format!("it makes no difference: {told}")),
        (Fate::Refused, ..) => Err("answers are not refused".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn what_the_tables_say_of_answers_is_true() {
    let mut wrong = Vec::new();
    for wire in WIRES {
        let samples = samples(wire);
        for front in FRONTS.into_iter().filter(|front| front.wire() != wire) {
            for sample in samples.iter().filter(|sample| sample.front.is_none_or(|only| only == front)) {
                let row = answer_fields(wire).iter().find(|row| row.name() == sample.field);
                let row = row.unwrap_or_else(|| panic!("{} has no row", sample.field));
                let fate = row.at(front).fate;
                if let Err(why) = try_out(wire, front, sample, fate) {
                    let (wire, front) = (wire.name(), front.name());
                    wrong.push(format!("{wire} → {front}: `{}` is {}, but {why}", sample.field, fate.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows are not true:\n{}", wrong.len(), wrong.join("\n"));
}

/// Rows of the events of streams, which the laws of streams are about.
fn is_of_events(name: &str) -> bool {
    ["message_", "content_block_"].iter().any(|prefix| name.starts_with(prefix))
}

#[test]
fn every_field_of_an_answer_has_a_sample() {
    for wire in WIRES {
        let samples = samples(wire);
        let untried = answer_fields(wire).iter().map(|row| row.name()).filter(|name| !is_of_events(name));
        let untried = untried.filter(|name| samples.iter().all(|sample| sample.field != *name));
        let untried: Vec<&str> = untried.collect();
        assert!(untried.is_empty(), "{} rows have no sample: {untried:?}", wire.name());
    }
}

#[test]
fn streams_lose_the_same() {
    let lost = |wire, front, events: &[Value]| {
        let (mut spotter, mut lost) = (Spotter::new(wire, front), Vec::new());
        events.iter().for_each(|event| spotter.event(event.to_string().as_bytes(), &mut lost));
        lost
    };
    let chunk = |delta: Value, logprobs: Value| json!({ "id": "1", "system_fingerprint": "fp", "choices": [{ "index": 0, "delta": delta, "logprobs": logprobs }] });
    let chunks = [
        chunk(json!({ "content": "Hi" }), json!(null)),
        chunk(json!({ "content": "Ho" }), json!({ "content": [{ "token": "Ho", "logprob": -0.1 }] })),
        json!({ "choices": [], "usage": { "prompt_tokens": 1, "prompt_tokens_details": { "audio_tokens": 2 } } }),
    ];
    assert_eq!(
        lost(Wire::Chat, Front::Messages, &chunks),
        ["system_fingerprint", "choices[].logprobs", "usage.prompt_tokens_details.audio_tokens"]
    );
    assert_eq!(lost(Wire::Chat, Front::Chat, &chunks), [""; 0], "what is relayed loses nothing");

    let events = [
        json!({ "type": "message_start", "message": { "id": "1", "container": { "id": "c", "expires_at": "never" },
            "content": [], "usage": { "input_tokens": 1, "speed": "fast" } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "input": {}, "id": "t", "name": "n",
            "caller": { "type": "code_execution_20250825", "tool_id": "s" }, "type": "tool_use" } }),
        json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "citations_delta", "citation": {
            "type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c", "encrypted_index": "e" } } }),
        json!({ "type": "content_block_delta", "index": 1, "delta": { "type": "text_delta", "text": "container" } }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "refusal", "stop_details": { "category": "cyber" } },
            "usage": { "server_tool_use": { "web_search_requests": 1 } } }),
    ];
    let mut all = lost(Wire::Messages, Front::Chat, &events);
    all.sort_unstable();
    assert_eq!(
        all,
        [
            "container",
            "content[].text.citations[].web_search_result_location.cited_text",
            "content[].text.citations[].web_search_result_location.encrypted_index",
            "content[].tool_use.caller",
            "stop_details.category",
            "usage.server_tool_use",
            "usage.speed",
        ]
    );
}
