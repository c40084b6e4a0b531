//! Each request field of each front, on each wire that is not the front's own.

use serde_json::{Value, json};
use tollbridge_core::{
    error::ApiError,
    protocol::{
        Encoded, Front, OnUnsupported, Target, Wire,
        fields::{Fate, request_fields},
    },
    provider::catalogue,
};

use crate::{Models, Sample, chat_samples, messages_samples};

/// The row of what no caller sends by name, and tests of its own try.
const UNSENT: &str = "messages[].tool_calls.reasoning_state";

const FRONTS: [Front; 2] = [Front::Chat, Front::Messages];
const WIRES: [Wire; 3] = [Wire::Chat, Wire::Messages, Wire::Gemini];

fn samples(front: Front) -> Vec<Sample> {
    match front {
        Front::Chat => chat_samples::all(),
        Front::Messages => messages_samples::all(),
    }
}

fn model(wire: Wire, models: Models) -> &'static str {
    match (wire, models) {
        (Wire::Chat, Models::Plain) => "gpt-4.1",
        (Wire::Chat, Models::Reasoning) => "gpt-5.1",
        (Wire::Messages, Models::Plain) => "claude-haiku-4-5",
        (Wire::Messages, Models::Reasoning) => "claude-opus-4-6",
        (Wire::Gemini, Models::Plain) => "gemini-2.0-flash",
        (Wire::Gemini, Models::Reasoning) => "gemini-3-flash",
    }
}

/// A greeting, with `members` in place of its own or beside them.
fn request(front: Front, members: &Value) -> Vec<u8> {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    if front == Front::Messages {
        request["max_tokens"] = 100.into();
    }
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    serde_json::to_vec(&request).unwrap()
}

fn encode(front: Front, wire: Wire, models: Models, members: &Value) -> Result<Encoded, ApiError> {
    let body = request(front, members);
    let request = front.decode_request(&body)?;
    let model = model(wire, models);
    let target = Target {
        model,
        provider: wire.name(),
        front,
        facts: catalogue::find(model),
        dialect: Default::default(),
        on_unsupported: OnUnsupported::Auto,
    };
    wire.encode_request(&request, &target)
}

/// What is wrong with what the table says of a field, if anything.
fn try_out(front: Front, wire: Wire, sample: &Sample, fate: Fate) -> Result<(), String> {
    let sent = encode(front, wire, sample.models, &sample.with);
    if fate == Fate::Refused {
        return match sent {
            Ok(encoded) => Err(format!("it is accepted: {}", String::from_utf8_lossy(&encoded.body))),
            Err(error) if error.param.is_none() => Err(format!("the error names no field: {error}")),
            Err(error) => {
                let unsupported = error.code.as_deref() == Some("unsupported_parameter");
                let named = error.param.as_deref() == Some(sample.field);
                if unsupported || named { Ok(()) } else { Err(format!("the error is another: {error}")) }
            }
        };
    }
    let sent = sent.map_err(|error| format!("it is refused: {error}"))?;
    let body: Value = serde_json::from_slice(&sent.body).map_err(|error| format!("no JSON: {error}"))?;
    let named = sent.losses.dropped();
    if let Some(name) =
        named.iter().find(|name| !request_fields(front).iter().any(|row| row.name() == **name))
    {
        return Err(format!("`{name}` is named and has no row"));
    }
    let is_named = named.iter().any(|name| *name == sample.named);
    let differs = sample.without.as_ref().map(|without| {
        let other = encode(front, wire, sample.models, without).expect("the sample without the field");
        body != serde_json::from_slice::<Value>(&other.body).unwrap()
    });
    match (fate, is_named, differs) {
        (Fate::Dropped, false, _) => Err(format!("it is lost and not named: {named:?}, {body}")),
        (Fate::Dropped, true, Some(true)) => Err(format!("it makes a difference: {body}")),
        (Fate::Carried | Fate::Mapped, true, _) => Err(format!("it is named as lost: {body}")),
        (Fate::Carried | Fate::Mapped, false, Some(false)) => Err(format!("it makes no difference: {body}")),
        _ => Ok(()),
    }
}

#[test]
fn what_the_tables_say_of_requests_is_true() {
    let mut wrong = Vec::new();
    for front in FRONTS {
        let samples = samples(front);
        for wire in WIRES.into_iter().filter(|wire| *wire != front.wire()) {
            for sample in samples.iter().filter(|sample| sample.wire.is_none_or(|only| only == wire)) {
                let row = request_fields(front).iter().find(|row| row.name() == sample.field);
                let row = row.unwrap_or_else(|| panic!("{} has no row", sample.field));
                let fate = row.on(wire).fate;
                if let Err(why) = try_out(front, wire, sample, fate) {
                    let (front, wire) = (front.name(), wire.name());
                    wrong.push(format!("{front} → {wire}: `{}` is {}, but {why}", sample.field, fate.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows are not true:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_request_field_has_a_sample() {
    for front in FRONTS {
        let samples = samples(front);
        let untried = request_fields(front).iter().map(|row| row.name());
        let untried =
            untried.filter(|name| *name != UNSENT && samples.iter().all(|sample| sample.field != *name));
        let untried: Vec<&str> = untried.collect();
        assert!(untried.is_empty(), "{} rows have no sample: {untried:?}", front.name());
    }
}
