//! Real recorded answers: each is played by the stand-in, comes through the gateway, and has to
//! say what an independent reading of the recording says.

use futures::{StreamExt, stream};
use serde_json::Value;
use tollbridge_upstream::recordings::{self, Recording};

use crate::{
    case::{Case, Hands},
    reading::{Call, Reading, anthropic, chat},
    sse,
    verdict::{Verdict, check, fail, skip},
};

/// How many are under way at once.
const AT_ONCE: usize = 30;

/// The wires, and the provider behind which each is played.
const WIRES: &[(&str, &str)] = &[("openai-chat", "openai"), ("anthropic-messages", "anthropic")];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (wire, provider) in WIRES {
        cases.push(Case::new("recordings", format!("{wire}, whole"), move |hands| {
            all(hands, wire, provider, |recording| !recording.stream, "")
        }));
        for piece in ["", ".piece-17", ".piece-1000"] {
            let name = format!("{wire}, streams{}", piece.replace(".piece-", " in pieces of "));
            cases.push(Case::new("recordings", name, move |hands| {
                all(hands, wire, provider, |recording| recording.stream, piece)
            }));
        }
    }
    cases
}

async fn all(
    hands: Hands,
    wire: &'static str,
    provider: &'static str,
    wanted: fn(&Recording) -> bool,
    piece: &'static str,
) -> Verdict {
    let Some(folder) = &hands.world.recordings else { return skip("there is no folder of recordings") };
    let recordings = match recordings::read(folder, wire) {
        Ok(recordings) => recordings,
        Err(error) => return fail(format!("cannot read the recordings: {error}")),
    };
    let chosen: Vec<Recording> = recordings.into_iter().filter(wanted).collect();
    let count = chosen.len();
    let plays = chosen.into_iter().map(|recording| {
        let hands = hands.clone();
        async move {
            play(hands, provider, &recording, piece).await.err().map(|why| format!("{}: {why}", recording.id))
        }
    });
    let wrong: Vec<String> =
        stream::iter(plays).buffer_unordered(AT_ONCE).filter_map(|wrong| async { wrong }).collect().await;
    check(wrong.is_empty(), || format!("{} of {count} differ:\n{}", wrong.len(), wrong.join("\n")))
}

async fn play(hands: Hands, provider: &str, recording: &Recording, piece: &str) -> Verdict {
    // A key that is refused rests, so those answers have an instance to themselves.
    let denied = [401, 403, 429].contains(&recording.response.status);
    let instance = format!("{provider}-{}", if denied { "denied" } else { "faulty" });
    let model = format!("{instance}/replay.id-{}{piece}", recording.id);
    let hands = Hands::new(hands.world.clone(), usize::from_str_radix(&recording.id[..8], 16).unwrap_or(0));
    let body = recording.response.body.clone().unwrap_or_default();
    let answer = hands.chat_as_named(&model).streamed_if(recording.stream).send().await?;
    let expected = read(provider, recording, &body);
    if recording.response.status >= 400 {
        return refused(&answer, recording, &body);
    }
    let found = match recording.stream {
        true => chat::stream(&answer.text()),
        false => chat::whole(&answer.json()),
    };
    check(answer.status.as_u16() == 200, || format!("status {}: {}", answer.status, answer.text()))?;
    if provider == "openai" {
        unbent(recording.stream, &body, &answer.text())?;
    }
    let joined = provider == "anthropic" && anthropic::answers(&body) > 1;
    let differences = differences(&found, &expected, joined);
    check(differences.is_empty(), || differences.join("; "))
}

fn read(provider: &str, recording: &Recording, body: &str) -> Reading {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    match (provider, recording.stream) {
        ("anthropic", true) => anthropic::stream(body),
        ("anthropic", false) => anthropic::whole(&json),
        (_, true) => chat::stream(body),
        (_, false) => chat::whole(&json),
    }
}

/// On the caller's own wire every value comes back as it was, those that nobody here has heard of
/// included. A stream may gain a role in its first delta, and a `[DONE]`, an error at its end.
fn unbent(stream: bool, body: &str, found: &str) -> Verdict {
    if !stream {
        return check(body == found, || format!("the body was changed: {}", clip(found)));
    }
    let (body, found) = (sse::events(body), sse::events(found));
    let (sent, got) = (chat::chunks(&body), chat::chunks(&found));
    for (at, chunk) in sent.iter().enumerate() {
        let mut got = got.get(at).cloned().unwrap_or_default();
        let added = at == 0 && chunk.pointer("/choices/0/delta/role").is_none();
        let delta = got.pointer_mut("/choices/0/delta").and_then(Value::as_object_mut);
        delta.filter(|_| added).map(|delta| delta.remove("role"));
        check(*chunk == got || chunk.get("error").is_some(), || {
            format!("chunk {at} was changed from {} to {}", clip(&chunk.to_string()), clip(&got.to_string()))
        })?;
    }
    check(got.len() <= sent.len() + 1, || format!("{} chunks became {}", sent.len(), got.len()))
}

/// A recorded error keeps its status and its words.
fn refused(answer: &crate::client::Whole, recording: &Recording, body: &str) -> Verdict {
    let status = answer.status.as_u16();
    check(status == recording.response.status, || {
        format!("status {status}, expected {}", recording.response.status)
    })?;
    if [401, 403].contains(&status) {
        // The words are about the gateway's own key and may hold a piece of it.
        return super::shaped_error(answer).map(drop);
    }
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let words = [&json["error"]["message"], &json["error"], &json["message"]];
    let words = words.into_iter().find_map(Value::as_str).unwrap_or_default();
    let found = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    check(found.contains(words.trim()), || format!("message {found:?}, expected {words:?}"))
}

/// What differs, field by field. A few recordings join several answers in one stream, which no
/// documentation gives a meaning: there all that was said has to arrive, or, where one begins inside
/// another, what was said until then and an error.
fn differences(found: &Reading, expected: &Reading, joined: bool) -> Vec<String> {
    if joined {
        let whole = found.error.is_none();
        let text = match whole {
            true => expected.text == found.text,
            false => expected.text.starts_with(&found.text),
        };
        let (calls, all) = (plain(&found.calls).len(), expected.calls.len());
        let right = text && if whole { calls == all } else { calls <= all };
        return match right {
            true => vec![],
            false => vec![format!("joined answers: found {} and {calls} calls", clip(&found.text))],
        };
    }
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: String, expected: String| {
        if found != expected {
            differences.push(format!("{what}: expected {}, found {}", clip(&expected), clip(&found)));
        }
    };
    compare("text", found.text.clone(), expected.text.clone());
    compare("tool calls", format!("{:?}", plain(&found.calls)), format!("{:?}", plain(&expected.calls)));
    compare("reasoning", found.reasoning.clone(), expected.reasoning.clone());
    compare("refusal", found.refusal.clone(), expected.refusal.clone());
    compare("error", format!("{:?}", found.error), format!("{:?}", expected.error));
    compare("finish", found.finish.clone(), expected.finish.clone());
    if let Some(usage) = expected.usage {
        let found = found.usage.unwrap_or_default();
        compare("prompt tokens", found.prompt.to_string(), usage.prompt.to_string());
        compare("completion tokens", found.completion.to_string(), usage.completion.to_string());
        compare("cached", found.cached.unwrap_or(0).to_string(), usage.cached.unwrap_or(0).to_string());
        compare(
            "reasoning tokens",
            found.reasoning.unwrap_or(0).to_string(),
            usage.reasoning.unwrap_or(0).to_string(),
        );
    }
    differences
}

/// Arguments compare as JSON where they are JSON.
fn plain(calls: &[Call]) -> Vec<(String, String, String)> {
    let call = |call: &Call| {
        let arguments: Option<Value> = serde_json::from_str(&call.arguments).ok();
        let arguments = arguments.map_or(call.arguments.clone(), |value| value.to_string());
        (call.id.clone(), call.name.clone(), arguments)
    };
    calls.iter().map(call).collect()
}

fn clip(text: &str) -> String {
    text.chars().take(160).collect()
}
