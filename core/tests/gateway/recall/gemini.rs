//! Gemini's signatures.

use serde_json::{Value, json};

use super::{Client, Loop, Recorded, events, recorded, sim};
use crate::sim::Store;

/// Three calls at once of which the first is signed, one call, a call after a thought in a stream, and
/// one after text.
pub(super) fn gemini_answers() -> Option<Vec<[Recorded; 2]>> {
    let ids = ["753e64ede25274e0", "c3e9a69fc5905ba2", "ad47546743ac77b9", "a030300c39cddede"];
    let [parallel, single, thinking, talking] = recorded("gemini-generate", ids)?;
    Some(vec![
        [parallel.clone(), single.clone()],
        [thinking.clone(), parallel],
        [talking.clone(), thinking],
        [single, talking],
    ])
}

/// The parts of a recorded answer of Gemini's.
fn gemini_parts(answer: &Recorded) -> Vec<Value> {
    let chunks =
        if answer.stream { events(&answer.body) } else { vec![serde_json::from_str(&answer.body).unwrap()] };
    let parts =
        chunks.iter().flat_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array().cloned());
    parts.flatten().collect()
}

/// Names, arguments and signatures of the calls.
fn gemini_calls(parts: &[Value]) -> Vec<Value> {
    let calls = parts.iter().filter(|part| part.get("functionCall").is_some());
    let call = |part: &Value| {
        let call = &part["functionCall"];
        json!([call["name"], call["args"], part["thoughtSignature"]])
    };
    calls.map(call).collect()
}

fn model_turns(sent: &Value) -> Vec<Vec<Value>> {
    let turns = sent["contents"].as_array().unwrap().iter().filter(|turn| turn["role"] == "model");
    turns.map(|turn| turn["parts"].as_array().unwrap().clone()).collect()
}

#[test]
fn gemini_sees_its_signatures_again() {
    let Some(answers) = gemini_answers() else { return };
    for answers in answers {
        for client in [Client::Chat, Client::Messages] {
            let mut turns = Loop::new(sim(), client, "gemini-3-flash-preview", json!({}));
            for (turn, answer) in answers.iter().chain([&answers[0]]).enumerate() {
                let got = turns.turn(answer);
                assert_eq!(got.header("x-tollbridge-dropped"), "");
                let sent = turns.sent();
                let told = model_turns(&sent);
                assert_eq!(told.len(), turn);
                for (told, answer) in told.iter().zip(&answers) {
                    let calls = gemini_calls(&gemini_parts(answer));
                    assert!(calls.iter().any(|call| call[2].is_string()), "{calls:?}");
                    assert_eq!(gemini_calls(told), calls, "{client:?}, turn {turn}");
                }
            }
            assert_eq!(turns.lines(), [] as [String; 0]);
        }
    }
}

#[test]
fn a_signature_that_is_gone_has_googles_stand_in() {
    let Some(answers) = gemini_answers() else { return };
    const STAND_IN: &str = "skip_thought_signature_validator";
    for client in [Client::Chat, Client::Messages] {
        for store in [None, Some(Store::Fails), Some(Store::Hangs)] {
            let mut turns = Loop::new(sim(), client, "gemini-3-flash-preview", json!({}));
            let [first, second] = &answers[0];
            turns.turn(first);
            match store {
                Some(store) => turns.sim.world.store.set(store),
                None => turns.sim.world.cache.borrow_mut().clear(),
            }
            let got = turns.turn(second);
            assert_eq!(got.header("x-tollbridge-dropped"), "messages[].tool_calls.reasoning_state");
            let signatures: Vec<Value> =
                model_turns(&turns.sent())[0].iter().map(|part| part["thoughtSignature"].clone()).collect();
            assert_eq!(signatures, [json!(STAND_IN), Value::Null, Value::Null]);
        }
    }
}
