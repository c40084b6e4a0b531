//! Real recorded answers: each is played by the stand-in, comes through the gateway, and has to
//! say what an independent reading of the recording says.

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tollbridge_upstream::recordings::{self, Recording};

use super::{PROVIDERS, manner};
use crate::{
    case::{Case, Hands},
    front::Front,
    reading::{Call, Reading, anthropic, chat, gemini},
    sse,
    verdict::{Verdict, check, fail, skip},
};

/// How many are under way at once.
const AT_ONCE: usize = 30;

/// The wires, and the provider behind which each is played.
const WIRES: &[(&str, &str)] =
    &[("openai-chat", "openai"), ("anthropic-messages", "anthropic"), ("gemini-generate", "gemini")];

/// Which recordings are played, through whom, and to whom.
#[derive(Clone, Copy)]
struct Way {
    front: Front,
    wire: &'static str,
    provider: &'static str,
    stream: bool,
    piece: &'static str,
}

impl Way {
    /// Whether the caller speaks as the provider does.
    fn is_relayed(self) -> bool {
        matches!((self.front, self.provider), (Front::Chat, "openai") | (Front::Messages, "anthropic"))
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for front in Front::ALL {
        for (wire, provider) in WIRES.iter().filter(|row| PROVIDERS.contains(&row.1)) {
            let whole = Way { front, wire, provider, stream: false, piece: "" };
            // Where bytes pass through, it matters how they come; the rest is for faster tests than these.
            let pieces: &[&str] = if whole.is_relayed() { &["", ".piece-17"] } else { &[".piece-17"] };
            let streams = pieces.iter().map(|piece| Way { stream: true, piece, ..whole });
            for way in std::iter::once(whole).chain(streams) {
                let pieces = way.piece.replace(".piece-", " in pieces of ");
                let name = format!("{wire} for {}, {}{pieces}", front.name(), manner(way.stream));
                cases.push(Case::new("recordings", name, move |hands| all(hands, way)));
            }
        }
    }
    cases
}

async fn all(hands: Hands, way: Way) -> Verdict {
    let Some(folder) = &hands.world.recordings else { return skip("there is no folder of recordings") };
    let recordings = match recordings::read(folder, way.wire) {
        Ok(recordings) => recordings,
        Err(error) => return fail(format!("cannot read the recordings: {error}")),
    };
    let chosen: Vec<Recording> =
        recordings.into_iter().filter(|recording| recording.stream == way.stream).collect();
    let count = chosen.len();
    let plays = chosen.into_iter().map(|recording| {
        let hands = hands.clone();
        async move { play(hands, way, &recording).await.err().map(|why| format!("{}: {why}", recording.id)) }
    });
    let wrong: Vec<String> =
        stream::iter(plays).buffer_unordered(AT_ONCE).filter_map(|wrong| async { wrong }).collect().await;
    check(wrong.is_empty(), || format!("{} of {count} differ:\n{}", wrong.len(), wrong.join("\n")))
}

async fn play(hands: Hands, way: Way, recording: &Recording) -> Verdict {
    // A key that is refused rests, so those answers have an instance to themselves.
    let denied = [401, 403, 429].contains(&recording.response.status);
    let instance = format!("{}-{}", way.provider, if denied { "denied" } else { "faulty" });
    let model = format!("{instance}/replay.id-{}{}", recording.id, way.piece);
    let hands = Hands::new(hands.world.clone(), usize::from_str_radix(&recording.id[..8], 16).unwrap_or(0));
    let body = recording.response.body.clone().unwrap_or_default();
    let answer = hands.asks_as_named(way.front, &model).streamed_if(recording.stream).send().await?;
    if recording.response.status >= 400 {
        return refused(way.front, &answer, recording, &body);
    }
    check(answer.status.as_u16() == 200, || format!("status {}: {}", answer.status, answer.text()))?;
    match way.front {
        Front::Chat if way.is_relayed() => unbent(recording.stream, &body, &answer.text())?,
        Front::Messages if way.is_relayed() => {
            let spliced = anthropic::answers(&body) > 1;
            check(spliced || answer.text().starts_with(body.trim_end()), || {
                format!("the body was changed: {}", clip(&answer.text()))
            })?;
        }
        _ => {}
    }
    let found = way.front.read(&answer, recording.stream);
    let expected = retold(way, read(way.provider, recording, &body));
    let joined = way.provider == "anthropic" && anthropic::answers(&body) > 1;
    let differences = differences(&found, &expected, joined);
    check(differences.is_empty(), || differences.join("; "))
}

fn read(provider: &str, recording: &Recording, body: &str) -> Reading {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    match (provider, recording.stream) {
        ("anthropic", true) => anthropic::stream(body),
        ("anthropic", false) => anthropic::whole(&json),
        ("gemini", true) => gemini::stream(body),
        ("gemini", false) => gemini::whole(&json),
        (_, true) => chat::stream(body),
        (_, false) => chat::whole(&json),
    }
}

/// What a caller of Messages has to read of a chat answer. It has a reason to stop where chat has a
/// field for refusals, inputs that are objects where chat has text, reasoning within the output's tokens
/// where some count it beside, and no words for the end but its own.
fn retold(way: Way, mut reading: Reading) -> Reading {
    if way.front == Front::Chat || way.provider != "openai" {
        return reading;
    }
    for call in &mut reading.calls {
        call.arguments = match serde_json::from_str(&call.arguments) {
            Ok(Value::Object(_)) => continue,
            _ if way.stream && !call.arguments.is_empty() => continue,
            Ok(Value::Null) => "{}".to_owned(),
            Err(_) if call.arguments.is_empty() => "{}".to_owned(),
            _ => json!({"_invalid_json": call.arguments}).to_string(),
        };
    }
    if let Some(usage) = &mut reading.usage
        && let Some(reasoning) = usage.reasoning
        && usage.total == Some(usage.prompt + usage.completion + reasoning)
    {
        usage.completion += reasoning;
    }
    let refused = !reading.refusal.is_empty();
    reading.text.push_str(&std::mem::take(&mut reading.refusal));
    reading.finish = match reading.finish.as_str() {
        _ if reading.error.is_some() => "",
        "length" | "model_length" => "length",
        "content_filter" | "error" => "content_filter",
        _ if !reading.calls.is_empty() => "tool_calls",
        _ if refused => "content_filter",
        _ => "stop",
    }
    .to_owned();
    reading
}

/// On the caller's own wire every value comes back as it was, those that nobody here has heard of
/// included. A stream may gain a role in its first delta, and a `[DONE]`, an error at its end.
fn unbent(stream: bool, body: &str, found: &str) -> Verdict {
    if !stream {
        return check(body == found, || format!("the body was changed: {}", clip(found)));
    }
    // What follows `[DONE]` (a price, from some proxies) no client reads.
    let body = body.split("data: [DONE]").next().unwrap_or_default();
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
fn refused(front: Front, answer: &crate::client::Whole, recording: &Recording, body: &str) -> Verdict {
    let status = answer.status.as_u16();
    // Google says so of a key that it does not know: the caller's request is not at fault.
    let expected = if body.contains("API_KEY_INVALID") { 401 } else { recording.response.status };
    check(status == expected, || format!("status {status}, expected {expected}"))?;
    if [401, 403].contains(&status) {
        // The words are about the gateway's own key and may hold a piece of it.
        return front.error(answer).map(drop);
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
    compare("text", ordered(&found.text), ordered(&expected.text));
    let ids = expected.calls.iter().any(|call| !call.id.is_empty());
    compare("tool calls", called(&found.calls, ids), called(&expected.calls, ids));
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

/// A text; a JSON object with its members in order, since some providers give it as an object.
fn ordered(text: &str) -> String {
    match serde_json::from_str::<serde_json::Map<String, Value>>(text) {
        Ok(object) => Value::Object(object).to_string(),
        Err(_) => text.to_owned(),
    }
}

/// Calls as text. Where the provider gives them no ids, the gateway's own are no difference.
fn called(calls: &[Call], ids: bool) -> String {
    let mut calls = plain(calls);
    if !ids {
        calls.iter_mut().for_each(|call| call.0.clear());
    }
    format!("{calls:?}")
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
